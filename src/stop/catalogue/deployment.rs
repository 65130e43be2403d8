//! Deployments that were given up: what failed, read off ECS's reason or, where it gives none, the event's name.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/troubleshooting-blue-green-deployment.html>

use super::words::{self, Words};

/// What failed, and what to do first.
type Row = (Words, &'static str);

/// The innermost first: a rollback names what caused it.
#[rustfmt::skip]
const ROWS: &[Row] = &[
    (UNSERVED,
        "The rollback failed, too: deploy a revision that worked by hand, then look at the stopped tasks' reports."),
    (&["hook"],
        "Read the log of the lifecycle hook's Lambda function: it returned FAILED, timed out or could not be invoked."),
    (&["listener", "target group", "targetgroup", "rules not found", "networking configuration"],
        "Check the listener rules and the two target groups of the service: each target group has to belong to a production or a test listener rule."),
    (&["alarm"], "Look at the CloudWatch alarm that went off: it stopped the deployment, not a task."),
    (&["stopped by", "stop_requested", "user request", "requested by", "stopservicedeployment", "cancelled by", "canceled by"],
        "Somebody stopped the deployment: look up StopServiceDeployment in CloudTrail to learn who it was, if that is a surprise."),
    (&["bake"], "Something went wrong after the traffic had moved, during the bake time: look at alarms and the new revision's errors."),
    (&["traffic"], "Moving the traffic failed: check target groups, listener rules and Service Connect's test traffic, and the new tasks' health."),
    (&["health check", "unhealthy"], "The new tasks are not healthy: compare the health check with what the new revision answers, and how long it takes to start."),
    (&["service connect", "serviceconnect"], "Check the Service Connect configuration: namespace, port names and client aliases."),
    (&["inactive", "not active"], "The task definition has been deregistered: register a new revision and let the service use it."),
    (&["replaced by", "superseded", "newer deployment"], "Nothing to do if a newer deployment went through: it replaced this one."),
    (&["timed out", "timeout", "time out"], "The deployment took too long: look at the reports of its stopped tasks, and check that the cluster has room for the new ones."),
    (&["daemon_deployment_stopped"], "Look whether a newer deployment replaced it; if not, the daemon's stopped tasks say why it failed."),
    (&["daemon_deployment"], "Look at the daemon's stopped tasks: their reports say why the deployment did not go through."),
];

/// The circuit breaker, and everything else: the tasks say why.
const STOPPED_TASKS: &str = "Look at the stopped tasks of the new task definition: their reports say why the deployment did not become steady.";

/// What became of a deployment, by a part of the event's name, for events that give no reason.
const STATES: [(&str, &str); 4] = [
    ("ROLLBACK_FAILED", "it could not be rolled back"),
    ("ROLLBACK_IN_PROGRESS", "it is being rolled back"),
    ("DEPLOYMENT_STOPPED", "ECS stopped it, because it did not go through or a newer one replaced it"),
    ("DEPLOYMENT_FAILED", "ECS gives no reason"),
];

pub(in crate::stop) fn describe(name: &str) -> Option<&'static str> {
    STATES.iter().find(|(part, _)| name.contains(part)).map(|(_, description)| *description)
}

/// What to do first; takes a reason as `reason::normalize` makes it, and the event's name.
pub(in crate::stop) fn hint(reason: &str, name: &str) -> String {
    let row = row(reason, name);
    format!("{}{row}", serving(&format!("{reason} {}", name.to_ascii_lowercase())))
}

/// Whether production is served, the first question of whoever is on call.
fn serving(text: &str) -> &'static str {
    let table: [(Words, &str); 5] = [
        (UNSERVED, "The service stays on the failed deployment. "),
        (ENDED, ""),
        (&["rolled back", "rolling back", "rollback_in_progress", "roll back to"], ROLLED_BACK),
        (&["failed", "fail"], NOT_ROLLED_BACK),
        (&[], ""),
    ];
    table.iter().find(|(words, _)| words::any(words, text)).map_or("", |(_, text)| text)
}

const UNSERVED: Words = &[
    "rollback failed",
    "rollback_failed",
    "no rollback candidate",
    "unable to roll back",
    "could not be rolled back",
    "failed to roll back",
];
/// Somebody or a newer deployment ended it.
const ENDED: Words = &[
    "stopped by",
    "stop_requested",
    "user request",
    "requested by",
    "replaced by",
    "superseded",
    "newer deployment",
    "cancelled by",
    "canceled by",
    "daemon_deployment_stopped",
];
const ROLLED_BACK: &str = "ECS is rolling back; the previous revision keeps serving. Check running against desired count, then the cause. ";
const NOT_ROLLED_BACK: &str =
    "Unless ECS rolls back by itself, the service stays on the failed deployment: roll back now. ";

fn row(reason: &str, name: &str) -> &'static str {
    let by_reason = ROWS.iter().find(|(words, _)| words::any(words, reason));
    let name = name.to_ascii_lowercase();
    by_reason
        .or_else(|| ROWS.iter().find(|(words, _)| words::any(words, &name)))
        .map_or(STOPPED_TASKS, |row| row.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_row_is_hidden_by_those_before_it() {
        for (words, expected) in ROWS {
            assert!(words.iter().any(|words| row(words, "") == *expected), "{words:?}");
            assert!(expected.ends_with('.') && expected.len() <= 200, "{expected}");
        }
        assert_eq!(row("", "SERVICE_DEPLOYMENT_FAILED"), STOPPED_TASKS);
    }

    #[test]
    fn it_says_whether_production_is_served() {
        for (reason, name, expected) in [
            ("ecs deployment circuit breaker: rolling back to x", "SERVICE_DEPLOYMENT_FAILED", ROLLED_BACK),
            ("", "DAEMON_DEPLOYMENT_ROLLBACK_IN_PROGRESS", ROLLED_BACK),
            (
                "ecs deployment circuit breaker: tasks failed to start",
                "SERVICE_DEPLOYMENT_FAILED",
                NOT_ROLLED_BACK,
            ),
            ("", "SERVICE_DEPLOYMENT_ROLLBACK_FAILED", "The service stays on the failed deployment. "),
        ] {
            assert!(hint(reason, name).starts_with(expected), "{reason} {name}: {}", hint(reason, name));
        }
        assert!(
            hint("replaced by a newer deployment", "SERVICE_DEPLOYMENT_FAILED").starts_with("Nothing to do")
        );
    }
}
