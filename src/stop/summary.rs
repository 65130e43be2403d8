//! Words a report as one sentence for a pager. Diagnoses nothing.
//!
//! Text from the event is quoted only where it is the best there is, shortened and without line breaks.

use super::catalogue::{exit_code, phrase, reason, subject, wrapper};
use super::event::StopEvent;
use super::kind::{Category, Cause, EcsEvent};
use crate::printable::is_unprintable;

/// Enough to recognise a reason; the whole one is in `stopped_reason`.
const MAX_QUOTE_CHARS: usize = 120;
/// Stands before the cause in sentences of ECS, which name the target group and its like first.
const BEFORE_CAUSE: &str = " due to ";
/// Characters kept of what stands before the cause.
const MIN_EFFECT_CHARS: usize = 40;
/// Where the agent's errors go on with the functions that they went through.
const STACK_TRACE: &str = "\ngithub.com/";
/// Names may be 255 characters long.
const MAX_NAME_CHARS: usize = 60;

/// The sentence; a `description` replaces its second half.
pub(super) fn summarize(stop: &StopEvent, description: Option<&str>) -> String {
    let description = description.map_or_else(|| describe(stop), String::from);
    match stop.ecs_event {
        EcsEvent::TaskStopped => format!("{} stopped: {description}.", capitalize(&task(stop))),
        EcsEvent::TaskStartFailed => format!("{} could not start: {description}.", capitalize(&task(stop))),
        EcsEvent::ContainerExited if stop.task_id.is_none() => format!("{}.", capitalize(&description)),
        EcsEvent::ContainerExited => format!("In {}, {description}.", task(stop)),
        EcsEvent::ServiceEvent => format!("{}: {description}.", capitalize(&service(stop))),
        EcsEvent::DeploymentFailed => format!("The deployment of {} failed: {description}.", service(stop)),
    }
}

/// `task 0c1009ba of service web (cluster prod)`
pub(super) fn task(stop: &StopEvent) -> String {
    let id =
        stop.task_id.as_deref().map_or_else(|| "a task".to_owned(), |id| format!("task {}", shorten(id, 8)));
    let owner = match (&stop.service, stop.family()) {
        (Some(name), _) if stop.is_daemon => format!(" of daemon {}", shorten_name(name)),
        (Some(service), _) => format!(" of service {}", shorten_name(service)),
        (None, Some(family)) => format!(" of {}", shorten_name(family)),
        (None, None) => String::new(),
    };
    format!("{id}{owner}{}", cluster(stop))
}

fn service(stop: &StopEvent) -> String {
    let noun = if stop.is_daemon { "daemon" } else { "service" };
    let name = stop
        .service
        .as_deref()
        .map_or_else(|| format!("a {noun}"), |name| format!("{noun} {}", shorten_name(name)));
    format!("{name}{}", cluster(stop))
}

fn cluster(stop: &StopEvent) -> String {
    stop.cluster.as_deref().map_or_else(String::new, |name| format!(" (cluster {})", shorten_name(name)))
}

/// The second half of the sentence, by category.
pub(super) fn describe(stop: &StopEvent) -> String {
    describe_as(stop, stop.category)
}

/// The second half of the sentence, as if the category were another one.
pub(super) fn describe_as(stop: &StopEvent, category: Category) -> String {
    let container = container(stop);
    match category {
        Category::ImagePull => format!("the image of {container} could not be pulled{}", cause(stop)),
        Category::Secret => format!("a secret could not be read{}", cause_or_quote(stop)),
        Category::Logging => format!("the log driver could not be set up{}", cause_or_quote(stop)),
        Category::Storage | Category::Network => format!("{}{}", failure(stop), cause_or_quote(stop)),
        Category::Capacity => format!("{}{}{}", failure(stop), cause(stop), quote(stop)),
        Category::ContainerStart => format!("{container} could not be started{}", cause_or_quote(stop)),
        Category::Platform => platform(stop),
        Category::Oom => format!("{container} ran out of memory{}", exit(stop)),
        Category::AppError => format!("{container} failed{}", exit(stop)),
        Category::AppSignal => {
            format!("{container} {}{}", ended_by(stop), unknown_reason(stop))
        }
        Category::AppCompleted if stop.expected => format!("{container} is done{}", exit(stop)),
        Category::AppCompleted => {
            format!("{container} ended by itself{}{}", exit(stop), unknown_reason(stop))
        }
        Category::HealthCheck => "it was found unhealthy".to_owned(),
        Category::Deployment => format!("a deployment did not go through{}", quote(stop)),
        Category::User if stop.cause == Some(Cause::Timeout) => {
            "AWS Batch ended it, because it ran longer than its timeout".to_owned()
        }
        Category::User => format!("StopTask was called{}", quote(stop)),
        Category::Spot => "Spot interruption: AWS reclaimed the capacity".to_owned(),
        Category::Host => "its host went away".to_owned(),
        Category::ServiceEvent | Category::Unknown => unexplained(stop),
    }
}

fn unexplained(stop: &StopEvent) -> String {
    let quote = quote(stop);
    if quote.is_empty() {
        "the event does not say why".to_owned()
    } else {
        format!("ECS gives this reason{quote}")
    }
}

pub(super) fn container(stop: &StopEvent) -> String {
    stop.container
        .as_deref()
        .map_or_else(|| "a container".to_owned(), |name| format!("container {}", shorten_name(name)))
}

pub(super) fn exit(stop: &StopEvent) -> String {
    let name = |code| exit_code::read(code).name.map_or_else(String::new, |name| format!(", {name}"));
    stop.exit_code.map_or_else(String::new, |code| format!(" (exit {code}{})", name(code)))
}

fn ended_by(stop: &StopEvent) -> String {
    match (stop.signal, stop.exit_code) {
        (Some("SIGKILL"), Some(code)) => format!("was killed (SIGKILL, exit {code})"),
        (signal, _) => format!("was ended by {}{}", signal.unwrap_or("a signal"), exit(stop)),
    }
}

fn platform(stop: &StopEvent) -> String {
    let failure = failure(stop);
    match subject(stop).filter(|_| failure.ends_with("the role")) {
        Some(role) => format!("{failure} {role}"),
        None => format!("{failure}{}{}", cause(stop), quote(stop)),
    }
}

fn reasons(stop: &StopEvent) -> impl Iterator<Item = &String> {
    [&stop.container_reason, &stop.stopped_reason, &stop.attachment_reason].into_iter().flatten()
}

fn statements(stop: &StopEvent) -> Vec<String> {
    // The only attachments with a volume are those of EBS.
    let is_ebs = stop.category == Category::Storage && stop.attachment_reason.is_some();
    let volume = is_ebs.then(|| "ebs volume".to_owned());
    reasons(stop).map(|reason| reason::normalize(reason)).chain(volume).collect()
}

/// What could not be done, as the text tells.
fn failure(stop: &StopEvent) -> &'static str {
    phrase::failure(stop.category, &statements(stop))
}

/// What the text names as broken: a secret, an image, a role, the id of a resource.
fn subject(stop: &StopEvent) -> Option<String> {
    reasons(stop).find_map(|reason| subject::find(stop.category, reason)).map(|name| shorten_name(&name))
}

/// The cause in words, with what is broken in brackets.
fn cause(stop: &StopEvent) -> String {
    let Some(phrase) = phrase::find(stop.category, stop.cause, &statements(stop)) else {
        return String::new();
    };
    let subject = subject(stop).map_or_else(String::new, |name| format!(" ({name})"));
    format!(": {phrase}{subject}")
}

/// The cause or, where the text tells none that we know, the text.
fn cause_or_quote(stop: &StopEvent) -> String {
    Some(cause(stop)).filter(|cause| !cause.is_empty()).unwrap_or_else(|| quote(stop))
}

/// A reason of the task that the catalogue does not know: beside an exit it may be what explains it.
fn unknown_reason(stop: &StopEvent) -> String {
    let reason = stop.stopped_reason.as_deref();
    let told = reason.filter(|reason| !reason::is_uninformative(&reason::normalize(reason)));
    told.map_or_else(String::new, |reason| format!(" ({})", quoted(reason)))
}

/// The task's reason or, unless somebody else stopped the task, the container's, in brackets.
pub(super) fn quote(stop: &StopEvent) -> String {
    let by_others = matches!(stop.category, Category::User | Category::Deployment);
    let container_reason = stop.container_reason.as_deref().filter(|_| !by_others);
    let attachment_reason = stop.attachment_reason.as_deref().filter(|_| !by_others);
    let mut reasons =
        stop.stopped_reason.as_deref().into_iter().chain(container_reason).chain(attachment_reason);
    let reason = reasons.find(|reason| !reason::is_uninformative(&reason::normalize(reason)));
    reason.map_or_else(String::new, |reason| format!(" ({})", quoted(reason)))
}

/// A name as the event gives it, at a bounded length.
pub(super) fn shorten_name(text: &str) -> String {
    shorten(text, MAX_NAME_CHARS)
}

/// A reason in quotation marks, at a bounded length: without the layers that wrap its point.
pub(super) fn quoted(text: &str) -> String {
    let told = text.split(STACK_TRACE).next().unwrap_or(text);
    let bare = subject::with_tails_of_arns(told);
    format!("\"{}\"", with_cause(wrapper::strip(&bare, MAX_QUOTE_CHARS)))
}

/// A reason at a bounded length; where it is too long, what is before its cause is cut first.
fn with_cause(reason: &str) -> String {
    let Some((effect, cause)) = reason.split_once(BEFORE_CAUSE).filter(|_| is_too_long(reason)) else {
        return shorten(reason, MAX_QUOTE_CHARS);
    };
    let end = format!("…{BEFORE_CAUSE}{cause}").chars().count();
    let room = MAX_QUOTE_CHARS.saturating_sub(end).max(MIN_EFFECT_CHARS);
    shorten(&format!("{}{BEFORE_CAUSE}{cause}", shorten(effect, room)), MAX_QUOTE_CHARS)
}

fn is_too_long(reason: &str) -> bool {
    reason.chars().count() > MAX_QUOTE_CHARS
}

/// At most `max_chars` characters, none of which breaks a line or controls anything.
fn shorten(text: &str, max_chars: usize) -> String {
    let cleaned = text.trim().trim_end_matches('.').chars().map(|c| if is_unprintable(c) { ' ' } else { c });
    let mut shortened: String = cleaned.take(max_chars).collect();
    // An id is known by its beginning; a name or reason that was cut should say so.
    if max_chars > 8 && text.chars().count() > max_chars {
        shortened.push('…');
    }
    shortened
}

pub(super) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests;
