//! Stops that came from outside the task: Spot, hosts, the service scheduler, health checks. The tables of what ECS
//! says then at the task, never at a container. When each table applies is the diagnosis's business.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-errors.html>

use super::reason;
use super::words::{self, Words};
use crate::stop::kind::Category;

/// One way to be stopped from outside.
#[derive(Debug)]
pub(in crate::stop) struct ExternalStop {
    /// Words of `stoppedReason`.
    patterns: Words,
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
    description: "Spot interruption: AWS reclaimed the capacity",
    hint: "Nothing to fix in the task; if it hurts, keep a base of on-demand capacity in the capacity provider strategy and finish work within the two minutes of notice.",
};

pub(in crate::stop) const HOST: ExternalStop = ExternalStop {
    patterns: &["host ec2", "instance & was terminated", "instance & been terminated"],
    category: Category::Host,
    expected: false,
    description: "its EC2 host was stopped or terminated",
    hint: "Find out why the instance went away: Auto Scaling, Spot, or a failed status check; managed instance draining lets tasks leave first.",
};

/// The same where there is no EC2 instance that anybody could look at.
pub(in crate::stop) const FARGATE_HOST: ExternalStop = ExternalStop {
    patterns: &[],
    category: Category::Host,
    expected: false,
    description: "AWS took its host away",
    hint: "Nothing to fix in the task: on Fargate the host is AWS's. A service starts it elsewhere; retry a task of RunTask.",
};

/// What the scheduler did for a reason that no row knows; the summary quotes it.
pub(in crate::stop) const UNKNOWN_SCHEDULER_ACTION: ExternalStop = ExternalStop {
    patterns: &[],
    category: Category::Deployment,
    expected: false,
    description: "the service scheduler stopped it",
    hint: "Read `stopped_reason` and the service's events of that minute; exit codes are consequences of the stop.",
};

/// Stops that end a task whatever its containers say.
pub(in crate::stop) const FORCED: [ExternalStop; 2] = [SPOT, HOST];

const DRAINING: ExternalStop = ExternalStop {
    patterns: &[
        "draining state",
        "instance is draining",
        "instance draining",
        "instance was drained",
        "instance is being drained",
        "drain & managed instance",
    ],
    category: Category::Host,
    expected: true,
    description: "its container instance is being drained",
    hint: "Nothing to fix in the task: its instance is being drained, by hand or because AWS replaces Managed Instances after 14 days. A service starts it elsewhere; retry a job of RunTask or Batch.",
};

const REPLACED: ExternalStop = ExternalStop {
    patterns: &[
        "instance & lifetime",
        "instance & being replaced",
        "instance & replacement",
        "instance & refresh",
        "instance & patching",
        "instance & patched",
        "instance & maximum age",
        "instance & retire",
        "instance & 14 days",
        "instance & day 14",
    ],
    category: Category::Host,
    expected: true,
    description: "its EC2 host is being replaced",
    hint: "Nothing to fix in the task: its instance is being replaced (AWS renews Managed Instances after 14 days). A service starts it elsewhere; retry a job of RunTask or Batch.",
};

const MAINTENANCE: ExternalStop = ExternalStop {
    patterns: &[
        "performing maintenance",
        "task retirement",
        "scheduled for retirement",
        "task is being retired",
    ],
    category: Category::Host,
    expected: true,
    description: "AWS maintenance on the underlying host",
    hint: "Nothing to fix: a service replaces the task by itself; retry a task of RunTask.",
};

/// ECS's own words for what it plans for the machine below a task. They count whatever stop code comes with them.
pub(in crate::stop) const PLANNED_FOR_HOST: [ExternalStop; 3] = [MAINTENANCE, DRAINING, REPLACED];

/// Whole sentences of ECS about a plan for the machine: no person writes them into a `StopTask`.
pub(in crate::stop) const SENTENCES: [ExternalStop; 1] =
    [ExternalStop { patterns: &["=task stopped during instance draining"], ..DRAINING }];

const LOAD_BALANCER_CHECK: ExternalStop = ExternalStop {
    patterns: &["elb health", "load balancer health", "target-group", "elb & unhealthy"],
    category: Category::HealthCheck,
    expected: false,
    description: "it failed the load balancer's health checks",
    hint: "Compare path, port and timeout of the target group's health check with the application's log, open the security group from the load balancer, and set a grace period longer than the start.",
};

pub(in crate::stop) const CONTAINER_CHECK: ExternalStop = ExternalStop {
    patterns: &["container health check"],
    category: Category::HealthCheck,
    expected: false,
    description: "it failed the health check of its container definition",
    hint: "Run the health check's command in the image: its tool (curl, wget) may be missing, or `startPeriod` is shorter than the start; a container short of CPU fails it, too.",
};

const LATTICE_CHECK: ExternalStop = ExternalStop {
    patterns: &["vpc lattice", "lattice"],
    category: Category::HealthCheck,
    expected: false,
    description: "VPC Lattice found it unhealthy",
    hint: "Compare the health check of the VPC Lattice target group with what the application answers.",
};

/// Health checks that ECS names as its reason, whatever the stop code: how the containers ended is a consequence.
pub(in crate::stop) const FAILED_CHECKS: [ExternalStop; 3] =
    [LOAD_BALANCER_CHECK, CONTAINER_CHECK, LATTICE_CHECK];

/// Stops by the service scheduler, whose words mean nothing where the task ended by itself.
pub(in crate::stop) const SCHEDULED: [ExternalStop; 13] = [
    ExternalStop {
        patterns: &["zone rebalanc", "az rebalanc", "rebalancing"],
        category: Category::Deployment,
        expected: true,
        description: "ECS moved it to another zone",
        hint: "Nothing to do: Availability Zone rebalancing starts a task in another zone before it stops this one.",
    },
    ExternalStop {
        patterns: &["scaling activity initiated"],
        category: Category::Deployment,
        expected: true,
        description: "a deployment or scale-in took it out of service",
        hint: "Nothing to do if a deployment or scale-in was under way; a rollback by the circuit breaker looks the same, so compare the service's deployments.",
    },
    ExternalStop {
        patterns: &["service & was deleted", "service & being deleted", "service deletion"],
        category: Category::Deployment,
        expected: true,
        description: "its service was deleted",
        hint: "Nothing to do if the service was deleted on purpose; CloudTrail (DeleteService) says by whom.",
    },
    ExternalStop {
        patterns: &["task set & deleted"],
        category: Category::Deployment,
        expected: true,
        description: "its task set was removed after a deployment",
        hint: "Nothing to do if a deployment was under way: its task set has been replaced by a newer one.",
    },
    MAINTENANCE,
    DRAINING,
    REPLACED,
    ExternalStop {
        patterns: &["deregistration forced"],
        category: Category::Host,
        expected: false,
        description: "its container instance was deregistered by force",
        hint: "Look up DeregisterContainerInstance in CloudTrail to learn who deregistered the instance; draining it first would have moved the task.",
    },
    ExternalStop {
        patterns: &[
            "container instance & unhealthy",
            "container instance & impaired",
            "unhealthy instance",
            "managed instance & unhealthy",
        ],
        category: Category::Host,
        expected: false,
        description: "its container instance is unhealthy",
        hint: "Drain and replace the instance: look at its status checks, its agent and its disk.",
    },
    LOAD_BALANCER_CHECK,
    CONTAINER_CHECK,
    LATTICE_CHECK,
    ExternalStop {
        patterns: &["health check", "healthcheck", "unhealthy"],
        category: Category::HealthCheck,
        expected: false,
        description: "it was found unhealthy",
        hint: "Check what Cloud Map's health check (service discovery) or Service Connect asks of the task, and what the application answered.",
    },
];

/// The row of `table` that knows ECS's `reason`.
pub(in crate::stop) fn find(table: &'static [ExternalStop], reason: &str) -> Option<&'static ExternalStop> {
    let reason = reason::normalize(reason);
    table.iter().find(|stop| words::any(stop.patterns, &reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_hints_are_sentences() {
        for stop in
            FORCED.iter().chain(&SCHEDULED).chain(&PLANNED_FOR_HOST).chain([&UNKNOWN_SCHEDULER_ACTION])
        {
            assert!(stop.patterns.iter().all(|words| *words == words.to_lowercase()), "{stop:?}");
            assert!(stop.hint.ends_with('.') && !stop.description.ends_with('.'), "{stop:?}");
        }
    }
}
