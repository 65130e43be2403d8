//! Words a report as one sentence for a pager. Diagnoses nothing.
//!
//! Text from the event is quoted only where it is the best there is, shortened and without line breaks.

use super::catalogue::{exit_code, phrase, reason, wrapper};
use super::event::StopEvent;
use super::kind::{Category, Cause, EcsEvent};
use crate::printable::is_unprintable;

/// Enough to recognise a reason; the whole one is in `stopped_reason`.
const MAX_QUOTE_CHARS: usize = 120;
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
        EcsEvent::ServiceEvent => format!("{} is in trouble: {description}.", capitalize(&service(stop))),
        EcsEvent::DeploymentFailed => format!("The deployment of {} failed: {description}.", service(stop)),
    }
}

fn task(stop: &StopEvent) -> String {
    let id =
        stop.task_id.as_deref().map_or_else(|| "a task".to_owned(), |id| format!("task {}", shorten(id, 8)));
    let owner = match (&stop.service, stop.family()) {
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
    let cause = cause(stop);
    match category {
        Category::ImagePull => format!("the image of {container} could not be pulled{cause}"),
        Category::Secret => format!("a secret could not be read{}", cause_or_quote(stop)),
        Category::Logging => format!("the log driver could not be set up{}", cause_or_quote(stop)),
        Category::Storage => {
            format!("a volume or environment file could not be set up{}", cause_or_quote(stop))
        }
        Category::Network => format!("it got no network interface{}", cause_or_quote(stop)),
        Category::Capacity => format!("there was no room for it{cause}{}", quote(stop)),
        Category::ContainerStart => format!("{container} would not start{}", cause_or_quote(stop)),
        Category::Platform => format!("the container runtime or ECS itself failed{cause}{}", quote(stop)),
        Category::Oom => format!("{container} ran out of memory{}", exit(stop)),
        Category::AppError => format!("{container} failed{}", exit(stop)),
        Category::AppSignal => {
            format!("{container} was ended by {}{}", stop.signal.unwrap_or("a signal"), exit(stop))
        }
        Category::AppCompleted if stop.expected => format!("{container} is done{}", exit(stop)),
        Category::AppCompleted => format!("{container} ended by itself{}", exit(stop)),
        Category::HealthCheck => "it was found unhealthy".to_owned(),
        Category::Deployment => format!("a deployment did not go through{}", quote(stop)),
        Category::User if stop.cause == Some(Cause::Timeout) => {
            "AWS Batch gave it up because it ran longer than its timeout".to_owned()
        }
        Category::User => format!("somebody asked for it{}", quote(stop)),
        Category::Spot => "its Spot capacity was taken back".to_owned(),
        Category::Host => "the machine below it went away".to_owned(),
        Category::ServiceEvent | Category::Unknown => unexplained(stop),
    }
}

fn unexplained(stop: &StopEvent) -> String {
    let quote = quote(stop);
    if quote.is_empty() {
        "the event does not say why".to_owned()
    } else {
        format!("ECS gives a reason that is new to us{quote}")
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

fn cause(stop: &StopEvent) -> String {
    let reasons = [&stop.container_reason, &stop.stopped_reason, &stop.attachment_reason];
    let statements: Vec<_> = reasons.into_iter().flatten().map(|reason| reason::normalize(reason)).collect();
    stop.cause
        .map_or_else(String::new, |cause| format!(": {}", phrase::find(stop.category, cause, &statements)))
}

/// The cause or, where the text tells none that we know, the text.
fn cause_or_quote(stop: &StopEvent) -> String {
    if stop.cause.is_some() { cause(stop) } else { quote(stop) }
}

/// The task's reason or, unless somebody else stopped the task, the container's, in brackets.
fn quote(stop: &StopEvent) -> String {
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
    format!("\"{}\"", shorten(wrapper::strip(text, MAX_QUOTE_CHARS), MAX_QUOTE_CHARS))
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

fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::stop::{StopEvent, read};

    fn event(group: &str, stop_code: &str, reason: &str, container: &serde_json::Value) -> StopEvent {
        read(json!({ "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {
            "lastStatus": "STOPPED", "startedAt": "2026-11-19T20:38:27Z", "group": group, "stopCode": stop_code, "stoppedReason": reason,
            "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod",
            "taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/0123456789abcdef0123456789abcdef",
            "taskDefinitionArn": "arn:aws:ecs:us-east-1:111122223333:task-definition/web:7",
            "containers": [container],
        } }))
        .unwrap()
    }

    #[test]
    fn no_separator_of_lines_gets_through() {
        let container = json!({ "name": "a\u{2028}p\u{85}p\u{2029}", "exitCode": 1 });
        let stop = event(
            "service:web",
            "EssentialContainerExited",
            "Essential container in task exited",
            &container,
        );
        assert!(stop.summary.contains("container a p p failed"), "{}", stop.summary);
    }

    #[test]
    fn a_pager_can_be_read() {
        for (group, code, reason, container, summary) in [
            (
                "service:web",
                "EssentialContainerExited",
                "Essential container in task exited",
                json!({ "name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage" }),
                "Task 01234567 of service web (cluster prod) stopped: container app ran out of memory (exit 137).",
            ),
            (
                "service:web",
                "EssentialContainerExited",
                "Essential container in task exited",
                json!({ "name": "app", "exitCode": 139 }),
                "Task 01234567 of service web (cluster prod) stopped: container app was ended by SIGSEGV (exit 139).",
            ),
            (
                "family:web",
                "EssentialContainerExited",
                "Essential container in task exited",
                json!({ "name": "app", "exitCode": 0 }),
                "Task 01234567 of web (cluster prod) stopped: container app is done (exit 0).",
            ),
            (
                "service:web",
                "UserInitiated",
                "Cancelled by pipeline\n#42.",
                json!({ "name": "app", "exitCode": 143 }),
                "Task 01234567 of service web (cluster prod) stopped: somebody asked for it (\"Cancelled by pipeline #42\").",
            ),
            (
                "service:web",
                "ServiceSchedulerInitiated",
                "Scaling activity initiated by (deployment ecs-svc/1)",
                json!({ "name": "app", "exitCode": 0 }),
                "Task 01234567 of service web (cluster prod) stopped: a deployment or scale-in took it out of service.",
            ),
        ] {
            assert_eq!(event(group, code, reason, &container).summary, summary);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let summary =
            event("service:web", "UserInitiated", &"störung ".repeat(10_000), &json!({ "name": "app" }))
                .summary;
        assert!(summary.chars().count() < 300 && summary.contains('…'), "{summary}");
    }
}
