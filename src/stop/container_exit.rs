//! One container's exit, which its task may survive: told by the task's own metadata, by Docker or by the agent's
//! log, never by EventBridge. Such an event bears our own source, so nothing of ECS can be mistaken for it.
//!
//! There is nobody else to blame here; what decides is whether the container was asked to end.

use serde_json::Value;

use super::catalogue::{exit_code, hint, reason};
use super::container::{EventContainer, Evidence};
use super::diagnosis::{self, Diagnosis};
use super::event::StopEvent;
use super::kind::{Category, EcsEvent, Severity};
use super::task::{self, TaskEvent};
use super::{EventReader, field, summary};

/// Source and detail type of such an event.
pub(super) const SOURCE: &str = "ecs_router";
pub(super) const DETAIL_TYPE: &str = "ECS Container Exit";

const KILLED_ALONE: &str = "It was killed, nobody asked the task to stop, and no reason is given: on Fargate this mostly means memory, so compare the task's MemoryUtilized with its limits; on EC2 check the host's kernel log, too.";
const TOO_SLOW: &str = "It did not end within its `stopTimeout`: let its process handle SIGTERM (a shell as the first process does not pass it on), or give it more time.";
const FAILED_IN_STOPPING: &str = "Its task was being stopped anyway; if it should end cleanly, read its last lines and let it handle SIGTERM.";
const AS_ASKED: &str = "Nothing to do: its task was being stopped.";
const OF_ITSELF: &str = "Nothing to do if this container was meant to end before the others.";
const CHILD: &str = "The kernel took one process, and the container may go on without it: look for a worker that is missing, and raise the container's memory limit or fix the leak.";
const NO_CODE: &str =
    "Read the container's last lines, and check the host: without an exit code its runtime may have failed.";

/// What an event says of one exit.
struct Exit<'e> {
    container: EventContainer<'e>,
    asked: bool,
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
            asked: says("askedToStop"),
            restarted: says("restarted"),
            restarts: field::integer(source, "restartCount"),
            source,
        }
    }

    /// Which run of the container it was that ended: by its number or, where nobody counts, by its end.
    fn run(&self) -> i64 {
        let counted = self.restarts.map(|restarts| restarts.saturating_sub(i64::from(self.restarted)));
        let ended = || field::text(self.source, "stoppedAt").and_then(super::time::millis);
        counted.or_else(ended).unwrap_or_default()
    }
}

/// Whether an event names the container that ended, without which it says nothing.
pub(super) fn names_one(detail: &Value) -> bool {
    detail.get("container").is_some_and(|container| field::text(container, "name").is_some())
}

/// The report of one container's exit.
pub(super) fn report(event: &Value, reader: &EventReader) -> StopEvent {
    let (task, exit) = (TaskEvent::from_event(event, reader), Exit::from_event(event, reader));
    let finding = judge(&exit);
    let severity = severity(&exit, &finding);
    let mut stop = StopEvent::blank(event, EcsEvent::ContainerExited, severity, finding.category);
    task::identify(&mut stop, &task);
    task::date(&mut stop, exit.source);
    task::blame(&mut stop, &exit.container);
    describe(&mut stop, &task, &exit);
    (stop.cause, stop.expected) = (finding.cause, finding.expected);
    stop.hint = finding.hint.unwrap_or_else(|| hint::find(&stop)).to_owned();
    let what = worded(&stop, &exit);
    stop.summary = summary::summarize(&stop, Some(&what));
    stop
}

fn describe(stop: &mut StopEvent, task: &TaskEvent<'_>, exit: &Exit<'_>) {
    stop.containers = task.containers.iter().map(EventContainer::report).collect();
    if stop.containers.is_empty() {
        stop.containers.push(exit.container.report());
    }
    stop.health = field::word(exit.source, "healthStatus");
    stop.restarts = exit.restarts;
    let runtime_id = field::word(exit.source, "runtimeId");
    let in_task = || Some(format!("{}/{}", stop.task_arn.as_deref()?, exit.container.name));
    stop.run = runtime_id.or_else(in_task).map(|container| (container, exit.run()));
}

fn judge<'t>(exit: &'t Exit<'t>) -> Diagnosis<'t> {
    let container = &exit.container;
    match container.evidence {
        Evidence::OutOfMemory => {
            let hint = container.exit_code.is_none().then_some(CHILD);
            Diagnosis { hint, ..Diagnosis::new(Category::Oom, Some(container)) }
        }
        _ if exit.asked => asked(container),
        _ => told(container).or_else(|| ended(container)).unwrap_or_else(|| Diagnosis {
            hint: Some(NO_CODE),
            ..Diagnosis::new(Category::Unknown, Some(container))
        }),
    }
}

/// Its task was being stopped, so this is a consequence, whatever the code.
fn asked<'t>(container: &'t EventContainer<'t>) -> Diagnosis<'t> {
    let category = container.exit_code.map_or(Category::Unknown, |code| exit_code::read(code).category);
    let hint = match ending(container) {
        Ending::AsAsked => AS_ASKED,
        Ending::Killed => TOO_SLOW,
        Ending::Failed => FAILED_IN_STOPPING,
    };
    Diagnosis { expected: true, hint: Some(hint), ..Diagnosis::new(category, Some(container)) }
}

/// How a container ended that was asked to.
enum Ending {
    AsAsked,
    Killed,
    Failed,
}

fn ending(container: &EventContainer<'_>) -> Ending {
    match container.exit_code {
        None | Some(0) => Ending::AsAsked,
        Some(exit_code::KILLED) => Ending::Killed,
        Some(code) if exit_code::is_polite(code) => Ending::AsAsked,
        Some(_) => Ending::Failed,
    }
}

fn told<'t>(container: &'t EventContainer<'t>) -> Option<Diagnosis<'t>> {
    let said = container.reason.map(reason::plain).filter(|said| !reason::is_hollow(said));
    diagnosis::by_statements(&Vec::from_iter(said), Some(container))
}

fn ended<'t>(container: &'t EventContainer<'t>) -> Option<Diagnosis<'t>> {
    let finding = diagnosis::by_exit_code(container)?;
    Some(match container.evidence {
        Evidence::Killed => Diagnosis { hint: Some(KILLED_ALONE), ..finding },
        Evidence::Finished => Diagnosis { expected: true, hint: Some(OF_ITSELF), ..finding },
        _ => finding,
    })
}

/// A stop that did not go well is still a planned one, yet worth a look; a bystander never wakes anybody up.
fn severity(exit: &Exit<'_>, finding: &Diagnosis<'_>) -> Severity {
    let went_well = !exit.asked || matches!(ending(&exit.container), Ending::AsAsked);
    let severity = if finding.expected && !went_well { Severity::Warning } else { finding.severity() };
    if exit.container.bystander { severity.min(Severity::Warning) } else { severity }
}

fn worded(stop: &StopEvent, exit: &Exit<'_>) -> String {
    let (name, code) = (summary::container(stop), summary::exit(stop));
    let what = match (stop.category, ending(&exit.container)) {
        (Category::Oom, _) if stop.exit_code.is_none() => {
            format!("a process in {name} was killed for its memory")
        }
        (Category::Oom, _) => summary::said(stop),
        (_, Ending::AsAsked) if exit.asked => format!("{name} ended as it was asked to{code}"),
        (_, Ending::Killed) if exit.asked => format!("{name} did not end in time and was killed{code}"),
        (_, Ending::Failed) if exit.asked => format!("{name} failed while it was being stopped{code}"),
        (Category::Unknown, _) => format!("{name} ended and nothing says why"),
        (Category::AppCompleted, _) if exit.restarted => format!("{name} ended{code}"),
        _ => summary::said(stop),
    };
    if exit.restarted { format!("{what} and was restarted") } else { what }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stop::{StopEvent, read};

    const TASK: &str = "arn:aws:ecs:eu-central-1:111122223333:task/prod/0123456789abcdef0123456789abcdef";

    fn exited(detail: &Value, container: &Value) -> StopEvent {
        let mut event = json!({ "source": SOURCE, "detail-type": DETAIL_TYPE, "id": "an-id", "resources": [TASK], "detail": {
            "taskArn": TASK, "container": { "name": "app" },
        } });
        for (target, more) in [("/detail", detail), ("/detail/container", container)] {
            let target = event.pointer_mut(target).unwrap().as_object_mut().unwrap();
            target.extend(more.as_object().unwrap().clone());
        }
        read(event).unwrap()
    }

    #[test]
    fn whether_it_was_asked_decides() {
        let oom =
            json!({ "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage" });
        for (asked, container, category, severity, expected, hint) in [
            (false, json!({ "exitCode": 0 }), Category::AppCompleted, Severity::Info, true, OF_ITSELF),
            (false, json!({ "exitCode": 137 }), Category::AppSignal, Severity::Error, false, KILLED_ALONE),
            (false, json!({}), Category::Unknown, Severity::Error, false, NO_CODE),
            (true, json!({ "exitCode": 0 }), Category::AppCompleted, Severity::Info, true, AS_ASKED),
            (true, json!({ "exitCode": 143 }), Category::AppSignal, Severity::Info, true, AS_ASKED),
            (true, json!({ "exitCode": 137 }), Category::AppSignal, Severity::Warning, true, TOO_SLOW),
            (true, json!({ "exitCode": 1 }), Category::AppError, Severity::Warning, true, FAILED_IN_STOPPING),
            (true, json!({}), Category::Unknown, Severity::Info, true, AS_ASKED),
            (true, oom, Category::Oom, Severity::Error, false, hint::for_pair(Category::Oom, None)),
        ] {
            let stop = exited(&json!({ "askedToStop": asked }), &container);
            assert_eq!(
                (stop.category, stop.severity, stop.expected, stop.hint.as_str()),
                (category, severity, expected, hint),
                "{asked} {container}"
            );
        }
    }

    #[test]
    fn a_bystander_wakes_nobody_up() {
        for name in ["log_router", "aws-guardduty-agent-x"] {
            let stop = exited(&json!({}), &json!({ "name": name, "exitCode": 139 }));
            assert_eq!((stop.severity, stop.expected), (Severity::Warning, false), "{name}");
        }
    }

    #[test]
    fn what_is_known_is_reported() {
        let detail = json!({ "group": "service:web", "launchType": "FARGATE", "availabilityZone": "eu-central-1a", "taskDefinitionArn": "web:42" });
        let container = json!({
            "image": "shop/app:1.7", "runtimeId": "0123-4", "exitCode": 1, "restartCount": 2, "healthStatus": "UNHEALTHY",
            "startedAt": "2026-11-19T20:38:27.975Z", "stoppedAt": "2026-11-19T21:13:34.102Z",
        });
        let stop = serde_json::to_value(exited(&detail, &container)).unwrap();
        for (key, value) in [
            ("ecs_event", json!("container_exited")),
            ("container", json!("app")),
            ("cluster", json!("prod")),
            ("region", json!("eu-central-1")),
            ("account", json!("111122223333")),
            ("service", json!("web")),
            ("task_definition", json!("web:42")),
            ("launch_type", json!("FARGATE")),
            ("availability_zone", json!("eu-central-1a")),
            ("image", json!("shop/app:1.7")),
            ("image_tag", json!("1.7")),
            ("health", json!("UNHEALTHY")),
            ("restarts", json!(2)),
            ("runtime_seconds", json!(2106)),
            (
                "containers",
                json!([{ "name": "app", "image": "shop/app:1.7", "exit_code": 1, "runtime_id": "0123-4" }]),
            ),
        ] {
            assert_eq!(stop[key], value, "{key}");
        }
        assert!(stop.get("run").is_none(), "that is for the key only");
    }

    #[test]
    fn a_run_has_one_key() {
        let end = "2026-11-19T21:13:34.102Z";
        for (detail, container, key) in [
            (json!({}), json!({ "runtimeId": "r", "restartCount": 2, "stoppedAt": end }), ("r", 2)),
            (json!({ "restarted": true }), json!({ "runtimeId": "r", "restartCount": 3 }), ("r", 2)),
            (json!({ "restarted": true }), json!({ "runtimeId": "r", "restartCount": 2 }), ("r", 1)),
            (json!({}), json!({ "runtimeId": "r", "stoppedAt": end }), ("r", 1_795_122_814_102)),
            (json!({}), json!({ "runtimeId": "r" }), ("r", 0)),
            (json!({}), json!({ "restartCount": 1 }), (&*format!("{TASK}/app"), 1)),
            (json!({ "taskArn": null }), json!({ "restartCount": 1 }), ("an-id", 0)),
        ] {
            assert_eq!(exited(&detail, &container).key(), Some(key), "{detail} {container}");
        }
    }
}
