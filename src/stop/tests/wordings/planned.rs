//! Stops from outside: hosts, the scheduler, people.

use super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Agent, Exited, Scheduler, User};
use Category::{Deployment, HealthCheck, Host};

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    (Exited(143), "Task stopped during instance draining", Host, None, "drain"),
    (Scheduler, "Task stopped during instance draining", Host, None, "drain"),
    (User, "Task stopped during instance draining", Host, None, "drain"),
    (Agent, "the instance is in DRAINING state", Host, None, "drain"),
    (Scheduler, "Service web: (task 0123) managed instance i-0123 reached the end of its lifetime and is being replaced", Host, None, "replace"),
    (Exited(137), "ECS is performing maintenance on the underlying infrastructure hosting the task", Host, None, "service"),
    (Scheduler, "Task stopped: container instance i-0123 is unhealthy", Host, None, "instance"),
    (Scheduler, "Availability Zone rebalancing: task stopped to balance the service across zones", Deployment, None, "rebalanc"),
    (Scheduler, "Task failed ELB health checks in (target-group arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/1)", HealthCheck, None, "target group"),
    (Scheduler, "(task 0123) (port 8080) is unhealthy in (target-group web) due to (reason Health checks failed with these codes: [502])", HealthCheck, None, "target group"),
    (Scheduler, "Service web: task is unhealthy in service discovery", HealthCheck, None, "Cloud Map"),
    (Scheduler, "Service web: task is unhealthy in VPC Lattice target group", HealthCheck, None, "Lattice"),
    (User, "Job attempt duration exceeded timeout", Category::User, Some(Cause::Timeout), "Batch"),
    (User, "Stopped by AWS Fault Injection Service experiment EXP123", Category::User, None, "experiment"),
    (User, "deploy #42", Category::User, None, "CloudTrail"),
    (Scheduler, "Something that nobody knows", Deployment, None, "stopped_reason"),
];
