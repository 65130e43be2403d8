//! What ended a task that ran, and what is not a task's end.

use super::Row;
use crate::stop::kind::{Category, Cause};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    (Category::Oom, None, &[],
        "Raise the container's memory limit or fix the leak; compare MemoryUtilized in Container Insights, and tell runtimes such as the JVM or Node.js about the limit."),
    (Category::AppError, None, &[], "Read the container's last lines; the exit code is the application's own."),
    (Category::AppSignal, None, &[], "Read the container's last lines, and find out who sent the signal or which instruction raised it."),
    (Category::AppCompleted, None, &[], "Check whether the container was meant to end."),
    (Category::HealthCheck, None, &["target-group", "target group", "elb", "load balancer"],
        "Compare the target group's health check with what the application answers, and with how long it takes to start."),
    (Category::HealthCheck, None, &[], "Compare the health check's settings with what the application answers, and with how long it takes to start."),
    (Category::Deployment, None, &[], "Look at the stopped tasks of the new task definition: their reports say why the deployment did not become steady."),
    (Category::User, Some(Cause::Timeout), &[],
        "AWS Batch stopped the job because it ran longer than its timeout: raise the timeout, or find out in its last lines what took so long."),
    (Category::User, None, &["fault injection", "aws fis", "fis experiment", "fis-"],
        "An experiment of AWS Fault Injection Service stopped it on purpose: check that the service recovered."),
    (Category::User, None, &[], "Nothing to do if that was meant; otherwise look up StopTask in CloudTrail to learn who called it."),
    (Category::Spot, None, &[], "Keep a base of on-demand capacity if interruptions hurt."),
    (Category::Host, None, &[], "Check what happened to the instance."),

    (Category::ServiceEvent, None, &["service connect", "serviceconnect"],
        "Check the Service Connect configuration: namespace, port names and client aliases of the service."),
    (Category::ServiceEvent, None, &["cloud map", "service discovery", "servicediscovery", "route 53"],
        "Check the Cloud Map service that the service registers with: that it exists, and its quota of instances."),
    (Category::ServiceEvent, None, &["is unhealthy in", "health checks failed"],
        "Compare path, port and timeout of the target group's health check with the application's log, open the security group from the load balancer, and set a grace period longer than the start."),
    (Category::ServiceEvent, None, &["deployment configuration"],
        "Raise maximumPercent or lower minimumHealthyPercent of the service: with both as they are, no task may be stopped or started."),
    (Category::ServiceEvent, None, &["target-group", "target group", "targetgroup", "register targets", "load balancer", "elasticloadbalancing"],
        "Check the target group that the service names: that it exists and is used by a listener, and that ECS may register targets in it."),
    (Category::ServiceEvent, None, &["lattice"], "Check the VPC Lattice target group that the service names, and its health check."),
    (Category::ServiceEvent, None, &["assume", "role", "not authorized", "accessdenied"],
        "Check the service's role: the service-linked role AWSServiceRoleForECS, or the one that the text names."),
    (Category::ServiceEvent, None, &[], "Read the service's events, and the reports of its stopped tasks at that time."),
    (Category::Unknown, None, &[],
        "Read `stopped_reason` and the service's events of that minute, then the containers' last lines; exit codes can be missing when the host or the agent died."),
];
