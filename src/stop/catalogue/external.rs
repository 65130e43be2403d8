//! Stops that came from outside the task: Spot, hosts, the service scheduler, health checks. One table of what
//! ECS says then at the task, never at a container.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html>

use super::reason;
use crate::stop::kind::Category;
use crate::stop::task::{StopCode, TaskEvent};

/// One way to be stopped from outside.
#[derive(Debug)]
pub(in crate::stop) struct ExternalStop {
    /// Lower-case parts of `stoppedReason`, any of which is enough.
    pub(in crate::stop) says: &'static [&'static str],
    pub(in crate::stop) category: Category,
    pub(in crate::stop) expected: bool,
    /// The second half of a summary.
    pub(in crate::stop) what: &'static str,
    pub(in crate::stop) hint: &'static str,
}

const SPOT: ExternalStop = ExternalStop {
    says: &["spot task was interrupted", "spot interruption"],
    category: Category::Spot,
    expected: false,
    what: "its Spot capacity was taken back",
    hint: "Nothing to fix in the task; if it hurts, keep a base of on-demand capacity in the capacity provider strategy and finish work within the two minutes of notice.",
};

const HOST: ExternalStop = ExternalStop {
    says: &["host ec2"],
    category: Category::Host,
    expected: false,
    what: "the machine below it was stopped or terminated",
    hint: "Check why the instance went away: Auto Scaling activity, Spot, or an EC2 status check; managed instance draining lets tasks leave first.",
};

const SCHEDULER: ExternalStop = ExternalStop {
    says: &[],
    category: Category::Deployment,
    expected: false,
    what: "the service scheduler stopped it, for a reason we do not know",
    hint: "Read `stopped_reason` and the service's events of that minute; the wording is new to us.",
};

/// What ends a task whatever its containers say.
const FORCED: [ExternalStop; 2] = [SPOT, HOST];

/// What the service scheduler does and says.
const SCHEDULED: [ExternalStop; 7] = [
    ExternalStop {
        says: &["scaling activity initiated", "zone rebalanc"],
        category: Category::Deployment,
        expected: true,
        what: "a deployment or scale-in took it out of service",
        hint: "Nothing to do if a deployment or scale-in was under way; a rollback by the circuit breaker looks the same, so compare the service's deployments.",
    },
    ExternalStop {
        says: &["performing maintenance", "task retirement", "scheduled for retirement"],
        category: Category::Host,
        expected: true,
        what: "AWS maintains the infrastructure below it",
        hint: "Nothing to fix; services are replaced by themselves, tasks of RunTask have to be started again.",
    },
    ExternalStop {
        says: &["draining state", "instance is draining"],
        category: Category::Host,
        expected: true,
        what: "its container instance is being drained",
        hint: "Nothing to fix if the instance was drained on purpose; check that its replacement has room for the task.",
    },
    ExternalStop {
        says: &["deregistration forced"],
        category: Category::Host,
        expected: false,
        what: "its container instance was deregistered by force",
        hint: "Find out who deregistered the instance; draining it first would have moved the task.",
    },
    ExternalStop {
        says: &["elb health", "load balancer health"],
        category: Category::HealthCheck,
        expected: false,
        what: "it failed the load balancer's health checks",
        hint: "Compare path, port and timeout of the target group's health check with the application's log, open the security group from the load balancer, and set a grace period longer than the start.",
    },
    ExternalStop {
        says: &["container health check"],
        category: Category::HealthCheck,
        expected: false,
        what: "it failed the health check of its container definition",
        hint: "Run the health check's command in the image: its tool (curl, wget) may be missing, or `startPeriod` is shorter than the start; a starved container fails it, too.",
    },
    ExternalStop {
        says: &["health check", "healthcheck", "unhealthy", "vpc lattice"],
        category: Category::HealthCheck,
        expected: false,
        what: "it was found unhealthy",
        hint: "Check what service discovery or VPC Lattice asks of the task, and what the application answered.",
    },
];

/// Spot and hosts: first by ECS's code, then by its words, for Spot stops have come without a code.
pub(in crate::stop) fn forced(task: &TaskEvent<'_>) -> Option<&'static ExternalStop> {
    let by_words = || said_in(task, &FORCED);
    match task.stop_code() {
        StopCode::SpotInterruption => Some(&SPOT),
        StopCode::TerminationNotice => {
            by_words().or_else(|| said_in(task, &SCHEDULED)).or_else(|| Some(nameless(task)))
        }
        StopCode::UserInitiated => None,
        StopCode::TaskFailedToStart | StopCode::EssentialContainerExited => by_words(),
        StopCode::ServiceSchedulerInitiated | StopCode::Other => by_words(),
    }
}

/// A notice without words: Spot if the capacity is, else the host.
fn nameless(task: &TaskEvent<'_>) -> &'static ExternalStop {
    if task.is_on_spot() { &SPOT } else { &HOST }
}

/// What the scheduler did. A task that ended by itself is not the scheduler's, whatever words occur in its reason.
pub(in crate::stop) fn scheduled(task: &TaskEvent<'_>) -> Option<&'static ExternalStop> {
    match task.stop_code() {
        StopCode::ServiceSchedulerInitiated | StopCode::Other => said_in(task, &SCHEDULED),
        StopCode::TaskFailedToStart | StopCode::EssentialContainerExited | StopCode::UserInitiated => None,
        StopCode::SpotInterruption | StopCode::TerminationNotice => None,
    }
}

/// The scheduler did it and says nothing we know: exit codes are consequences then, so they must not decide.
pub(in crate::stop) fn unexplained(task: &TaskEvent<'_>) -> Option<&'static ExternalStop> {
    (task.stop_code() == StopCode::ServiceSchedulerInitiated).then_some(&SCHEDULER)
}

fn said_in(task: &TaskEvent<'_>, table: &'static [ExternalStop]) -> Option<&'static ExternalStop> {
    let text = reason::plain(task.stopped_reason()?);
    table.iter().find(|outside| outside.says.iter().any(|words| text.contains(words)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stop::EventReader;

    #[test]
    fn words_are_lower_case_and_hints_are_sentences() {
        for outside in FORCED.iter().chain(&SCHEDULED).chain([&SCHEDULER]) {
            assert!(outside.says.iter().all(|words| *words == words.to_lowercase()), "{outside:?}");
            assert!(outside.hint.ends_with('.') && !outside.what.ends_with('.'), "{outside:?}");
        }
    }

    #[test]
    fn what_the_scheduler_says() {
        for (reason, category, expected) in [
            (
                "Scaling activity initiated by (deployment ecs-svc/1637086347952626779)",
                Category::Deployment,
                true,
            ),
            ("Scaling activity initiated by deployment ecs-svc/123", Category::Deployment, true),
            (
                "ECS is performing maintenance on the underlying infrastructure hosting the task",
                Category::Host,
                true,
            ),
            (
                "Service web: ECS is performing maintenance on the underlying infrastructure hosting the task",
                Category::Host,
                true,
            ),
            ("Service web: (task 0123) container instance is in DRAINING state", Category::Host, true),
            ("Container instance deregistration forced by user", Category::Host, false),
            ("Task failed ELB health checks in (target-group demo)", Category::HealthCheck, false),
            ("Task failed ELB health checks in (elb demo)", Category::HealthCheck, false),
            ("ELB healthcheck failed", Category::HealthCheck, false),
            ("Task failed container health checks", Category::HealthCheck, false),
            ("Service web: task is unhealthy in service discovery", Category::HealthCheck, false),
        ] {
            for code in ["ServiceSchedulerInitiated", ""] {
                let event = json!({ "detail": { "stopCode": code, "stoppedReason": reason } });
                let found = scheduled(&TaskEvent::from_event(&event, &EventReader::default()))
                    .map(|it| (it.category, it.expected));
                assert_eq!(found, Some((category, expected)), "{reason}");
            }
        }
    }

    #[test]
    fn a_notice_without_words_on_spot_capacity() {
        for (provider, category) in [("FARGATE_SPOT", Category::Spot), ("FARGATE", Category::Host)] {
            let event =
                json!({ "detail": { "stopCode": "TerminationNotice", "capacityProviderName": provider } });
            let found = forced(&TaskEvent::from_event(&event, &EventReader::default())).map(|it| it.category);
            assert_eq!(found, Some(category), "{provider}");
        }
    }

    #[test]
    fn codes_and_words_of_spot_and_hosts() {
        for (code, reason, category) in [
            ("SpotInterruption", "", Some(Category::Spot)),
            ("spotinterruption", "anything", Some(Category::Spot)),
            ("TerminationNotice", "Your Spot Task was interrupted.", Some(Category::Spot)),
            (
                "TerminationNotice",
                "Host EC2 (instance i-03dba81187d65ce7e) terminated.",
                Some(Category::Host),
            ),
            ("TerminationNotice", "", Some(Category::Host)),
            ("", "Your Spot Task was interrupted.", Some(Category::Spot)),
            ("", "Host EC2 (instance i-0abc) terminated. Spot interruption", Some(Category::Spot)),
            ("", "Host EC2 (instance i-0abc) stopped.", Some(Category::Host)),
            ("UserInitiated", "Your Spot Task was interrupted.", None),
            ("EssentialContainerExited", "Essential container in task exited", None),
        ] {
            let event = json!({ "detail": { "stopCode": code, "stoppedReason": reason } });
            let found = forced(&TaskEvent::from_event(&event, &EventReader::default())).map(|it| it.category);
            assert_eq!(found, category, "{code} {reason}");
        }
    }
}
