//! Stops that came from outside the task: Spot, hosts, the service scheduler, health checks. The tables of what ECS
//! says then at the task, never at a container. When each table applies is the diagnosis's business.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html>

use super::reason;
use crate::stop::kind::Category;

/// One way to be stopped from outside.
#[derive(Debug)]
pub(in crate::stop) struct ExternalStop {
    /// Lower-case parts of `stoppedReason`, any of which matches.
    patterns: &'static [&'static str],
    pub(in crate::stop) category: Category,
    pub(in crate::stop) expected: bool,
    /// The second half of the summary.
    pub(in crate::stop) description: &'static str,
    pub(in crate::stop) hint: &'static str,
}

pub(in crate::stop) const SPOT: ExternalStop = ExternalStop {
    patterns: &["spot task was interrupted", "spot interruption"],
    category: Category::Spot,
    expected: false,
    description: "its Spot capacity was taken back",
    hint: "Nothing to fix in the task; if it hurts, keep a base of on-demand capacity in the capacity provider strategy and finish work within the two minutes of notice.",
};

pub(in crate::stop) const HOST: ExternalStop = ExternalStop {
    patterns: &["host ec2"],
    category: Category::Host,
    expected: false,
    description: "the machine below it was stopped or terminated",
    hint: "Check why the instance went away: Auto Scaling activity, Spot, or an EC2 status check; managed instance draining lets tasks leave first.",
};

/// What the scheduler did for a reason that no row knows.
pub(in crate::stop) const UNKNOWN_SCHEDULER_ACTION: ExternalStop = ExternalStop {
    patterns: &[],
    category: Category::Deployment,
    expected: false,
    description: "the service scheduler stopped it, for a reason we do not know",
    hint: "Read `stopped_reason` and the service's events of that minute; the wording is new to us.",
};

/// Stops that end a task whatever its containers say.
pub(in crate::stop) const FORCED: [ExternalStop; 2] = [SPOT, HOST];

/// Stops by the service scheduler.
pub(in crate::stop) const SCHEDULED: [ExternalStop; 7] = [
    ExternalStop {
        patterns: &["scaling activity initiated", "zone rebalanc"],
        category: Category::Deployment,
        expected: true,
        description: "a deployment or scale-in took it out of service",
        hint: "Nothing to do if a deployment or scale-in was under way; a rollback by the circuit breaker looks the same, so compare the service's deployments.",
    },
    ExternalStop {
        patterns: &["performing maintenance", "task retirement", "scheduled for retirement"],
        category: Category::Host,
        expected: true,
        description: "AWS maintains the infrastructure below it",
        hint: "Nothing to fix; services are replaced by themselves, tasks of RunTask have to be started again.",
    },
    ExternalStop {
        patterns: &["draining state", "instance is draining"],
        category: Category::Host,
        expected: true,
        description: "its container instance is being drained",
        hint: "Nothing to fix if the instance was drained on purpose; check that its replacement has room for the task.",
    },
    ExternalStop {
        patterns: &["deregistration forced"],
        category: Category::Host,
        expected: false,
        description: "its container instance was deregistered by force",
        hint: "Find out who deregistered the instance; draining it first would have moved the task.",
    },
    ExternalStop {
        patterns: &["elb health", "load balancer health"],
        category: Category::HealthCheck,
        expected: false,
        description: "it failed the load balancer's health checks",
        hint: "Compare path, port and timeout of the target group's health check with the application's log, open the security group from the load balancer, and set a grace period longer than the start.",
    },
    ExternalStop {
        patterns: &["container health check"],
        category: Category::HealthCheck,
        expected: false,
        description: "it failed the health check of its container definition",
        hint: "Run the health check's command in the image: its tool (curl, wget) may be missing, or `startPeriod` is shorter than the start; a starved container fails it, too.",
    },
    ExternalStop {
        patterns: &["health check", "healthcheck", "unhealthy", "vpc lattice"],
        category: Category::HealthCheck,
        expected: false,
        description: "it was found unhealthy",
        hint: "Check what service discovery or VPC Lattice asks of the task, and what the application answered.",
    },
];

/// The row of `table` that knows ECS's `reason`.
pub(in crate::stop) fn find(table: &'static [ExternalStop], reason: &str) -> Option<&'static ExternalStop> {
    let reason = reason::normalize(reason);
    table.iter().find(|stop| stop.patterns.iter().any(|pattern| reason.contains(pattern)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_hints_are_sentences() {
        for stop in FORCED.iter().chain(&SCHEDULED).chain([&UNKNOWN_SCHEDULER_ACTION]) {
            assert!(stop.patterns.iter().all(|words| *words == words.to_lowercase()), "{stop:?}");
            assert!(stop.hint.ends_with('.') && !stop.description.ends_with('.'), "{stop:?}");
        }
    }
}
