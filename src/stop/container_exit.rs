//! Diagnoses and reports one container's exit, which its task may survive. Such an event comes from the task's own
//! metadata, from Docker or from the agent's log, never from EventBridge. It bears our own source, so no event of ECS
//! can be mistaken for it.
//!
//! The culprit is known here; what decides is whether the container was asked to stop.

use serde_json::Value;

use super::catalogue::{exit_code, reason};
use super::container::{EventContainer, Evidence};
use super::diagnosis::{self, Description, Diagnosis};
use super::event::StopEvent;
use super::kind::{Category, EcsEvent, Severity};
use super::memory::MemoryUse;
use super::task::TaskEvent;
use super::{EventReader, field, report, summary, time};

/// Source of such an event.
pub(super) const SOURCE: &str = "ecs_router";
pub(super) const DETAIL_TYPE: &str = "ECS Container Exit";

const UNEXPLAINED_KILL_HINT: &str = "Compare its memory with the limit: it was killed, nobody asked the task to stop, and no reason is given. On EC2 read the host's kernel log, too.";
const KILLED_NEAR_LIMIT_HINT: &str = "Raise the container's memory limit or fix the leak: it used nearly all of its memory, and nobody asked the task to stop.";
const STOP_TIMEOUT_HINT: &str = "Let its process handle SIGTERM (a shell as the first process does not pass it on), or give it more time: it did not end within its `stopTimeout`.";
const FAILED_WHILE_STOPPING_HINT: &str = "Its task was being stopped anyway; if it should end cleanly, read its last lines and let it handle SIGTERM.";
const REQUESTED_STOP_HINT: &str = "Nothing to do: its task was being stopped.";
const COMPLETED_HINT: &str = "Nothing to do if this container was meant to end before the others.";
const CHILD_KILLED_HINT: &str = "Raise the container's memory limit or fix the leak: the kernel killed one of its processes, and the container may go on without it.";
const NO_EXIT_CODE_HINT: &str = "Read the container's last lines: without an exit code its runtime may have failed. On EC2 check the host.";

/// What an event says about one exit.
struct Exit<'e> {
    container: EventContainer<'e>,
    stop_requested: bool,
    restarted: bool,
    /// How often it had been restarted by the time the event was made.
    restarts: Option<i64>,
    source: &'e Value,
}

impl<'e> Exit<'e> {
    fn from_event(event: &'e Value, reader: &EventReader) -> Self {
        let detail = event.get("detail").unwrap_or(&Value::Null);
        let source = detail.get("container").unwrap_or(&Value::Null);
        let says = |key| detail.get(key).and_then(Value::as_bool).unwrap_or_default();
        Self {
            container: EventContainer::from_json(source, reader),
            stop_requested: says("askedToStop"),
            restarted: says("restarted"),
            restarts: field::integer(source, "restartCount"),
            source,
        }
    }

    /// Identifies the run that ended: by its number or, where nobody counts restarts, by the time of its end.
    fn run(&self) -> i64 {
        self.restarts
            .map(|restarts| restarts.saturating_sub(i64::from(self.restarted)))
            .or_else(|| field::text(self.source, "stoppedAt").and_then(time::millis))
            .unwrap_or_default()
    }
}

/// Whether an event names the container that ended; without a name it is of no use.
pub(super) fn names_container(detail: &Value) -> bool {
    detail.get("container").is_some_and(|container| field::text(container, "name").is_some())
}

pub(super) fn report(event: &Value, reader: &EventReader) -> StopEvent {
    let task = TaskEvent::from_event(event, reader);
    let exit = Exit::from_event(event, reader);
    let diagnosis = diagnose(&exit);
    let severity = severity(&exit, &diagnosis);
    let mut stop = StopEvent::new(event, EcsEvent::ContainerExited, severity, diagnosis.category);
    report::identify(&mut stop, &task);
    report::date(&mut stop, exit.source);
    report::blame(&mut stop, &exit.container);
    add_containers(&mut stop, &task, &exit);
    stop.cause = diagnosis.cause;
    stop.expected = diagnosis.expected;
    stop.hint = report::hint(&diagnosis, &stop, &task);
    if diagnosis.hint == Some(UNEXPLAINED_KILL_HINT)
        && stop.memory.as_ref().is_some_and(MemoryUse::is_near_limit)
    {
        KILLED_NEAR_LIMIT_HINT.clone_into(&mut stop.hint);
    }
    let description = describe(&stop, &exit, category_in_words(&diagnosis));
    stop.summary = summary::summarize(&stop, Some(&description));
    stop
}

fn add_containers(stop: &mut StopEvent, task: &TaskEvent<'_>, exit: &Exit<'_>) {
    stop.containers = task.containers.iter().map(EventContainer::report).collect();
    if stop.containers.is_empty() {
        stop.containers.push(exit.container.report());
    }
    stop.health = field::string(exit.source, "healthStatus");
    stop.restarts = exit.restarts;
    let was_killed = matches!(exit.container.evidence, Evidence::Killed | Evidence::OutOfMemory);
    stop.memory = MemoryUse::from_container(exit.source).filter(|_| was_killed);
    stop.run = field::string(exit.source, "runtimeId")
        .or_else(|| Some(format!("{}/{}", stop.task_arn.as_deref()?, exit.container.name)))
        .map(|container| (container, exit.run()));
}

fn diagnose<'t>(exit: &'t Exit<'t>) -> Diagnosis<'t> {
    let container = &exit.container;
    match container.evidence {
        Evidence::OutOfMemory => {
            let hint = container.exit_code.is_none().then_some(CHILD_KILLED_HINT);
            diagnosis::of_helper(Diagnosis { hint, ..Diagnosis::new(Category::Oom, Some(container)) })
        }
        _ if exit.stop_requested => diagnose_requested_stop(container),
        _ => diagnosis::of_helper(unexpected(container)),
    }
}

fn unexpected<'t>(container: &'t EventContainer<'t>) -> Diagnosis<'t> {
    from_reason(container).or_else(|| from_exit_code(container)).unwrap_or_else(|| Diagnosis {
        hint: Some(NO_EXIT_CODE_HINT),
        ..Diagnosis::new(Category::Unknown, Some(container))
    })
}

/// The category that the words are about: of the log router's death, that of its exit.
fn category_in_words(diagnosis: &Diagnosis<'_>) -> Category {
    match diagnosis.description {
        Some(Description::RouterDied(exit) | Description::ProxyDied(exit)) => exit,
        _ => diagnosis.category,
    }
}

/// The task was being stopped, so the exit is a consequence, whatever its code.
fn diagnose_requested_stop<'t>(container: &'t EventContainer<'t>) -> Diagnosis<'t> {
    let category = container.exit_code.map_or(Category::Unknown, |code| exit_code::read(code).category);
    let hint = match ending(container) {
        Ending::Clean => REQUESTED_STOP_HINT,
        Ending::Killed => STOP_TIMEOUT_HINT,
        Ending::Failed => FAILED_WHILE_STOPPING_HINT,
    };
    Diagnosis { expected: true, hint: Some(hint), ..Diagnosis::new(category, Some(container)) }
}

/// How a container ended, if it was asked to.
enum Ending {
    Clean,
    Killed,
    Failed,
}

fn ending(container: &EventContainer<'_>) -> Ending {
    match container.exit_code {
        None | Some(0) => Ending::Clean,
        Some(exit_code::KILLED) => Ending::Killed,
        Some(code) if exit_code::is_told_to_end(code) => Ending::Clean,
        Some(_) => Ending::Failed,
    }
}

fn from_reason<'t>(container: &'t EventContainer<'t>) -> Option<Diagnosis<'t>> {
    let statement =
        container.reason.map(reason::normalize).filter(|statement| !reason::is_uninformative(statement));
    diagnosis::from_statements(&Vec::from_iter(statement), Some(container))
}

fn from_exit_code<'t>(container: &'t EventContainer<'t>) -> Option<Diagnosis<'t>> {
    let diagnosis = diagnosis::from_container_exit(container)?;
    Some(match container.evidence {
        Evidence::Killed => Diagnosis { hint: Some(UNEXPLAINED_KILL_HINT), ..diagnosis },
        Evidence::Finished => Diagnosis { expected: true, hint: Some(COMPLETED_HINT), ..diagnosis },
        _ => diagnosis,
    })
}

/// A planned stop that did not go well is a warning; a bystander is never more than one.
fn severity(exit: &Exit<'_>, diagnosis: &Diagnosis<'_>) -> Severity {
    let went_well = !exit.stop_requested || matches!(ending(&exit.container), Ending::Clean);
    let severity = if diagnosis.expected && !went_well { Severity::Warning } else { diagnosis.severity() };
    if exit.container.is_bystander { severity.min(Severity::Warning) } else { severity }
}

fn describe(stop: &StopEvent, exit: &Exit<'_>, category: Category) -> String {
    let name = summary::container(stop);
    let code = summary::exit(stop);
    let description = match (category, ending(&exit.container)) {
        (Category::Oom, _) if stop.exit_code.is_none() => {
            format!("a process in {name} was killed for its memory")
        }
        (Category::Oom, _) => summary::describe_as(stop, category),
        (_, Ending::Clean) if exit.stop_requested => format!("{name} ended as it was asked to{code}"),
        (_, Ending::Killed) if exit.stop_requested => {
            format!("{name} did not end in time and was killed{code}")
        }
        (_, Ending::Failed) if exit.stop_requested => {
            format!("{name} failed while it was being stopped{code}")
        }
        (Category::Unknown, _) => format!("{name} ended and nothing says why"),
        (Category::AppCompleted, _) if exit.restarted => format!("{name} ended{code}"),
        _ => summary::describe_as(stop, category),
    };
    let description = if exit.restarted { format!("{description} and was restarted") } else { description };
    match &stop.memory {
        Some(memory) => format!("{description}; {}", memory.describe(stop.stopped_at.as_deref())),
        None => description,
    }
}

#[cfg(test)]
mod tests;
