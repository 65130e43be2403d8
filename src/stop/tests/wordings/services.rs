//! Services, daemons and their deployments.

use super::{At, Wording};
use crate::stop::{Category, Cause};

use At::{Action, Rollout};
use Category::{Capacity, ContainerStart, Deployment, HealthCheck, ImagePull, Platform, ServiceEvent};
use Cause::{Invalid, Permission, Quota, RateLimit};

const FAILED: At = Rollout("SERVICE_DEPLOYMENT_FAILED");
const PLACEMENT: At = Action("SERVICE_TASK_PLACEMENT_FAILURE");

#[rustfmt::skip]
pub(super) const WORDINGS: &[Wording] = &[
    (FAILED, "ECS deployment circuit breaker: tasks failed to start.", Deployment, None, "stopped tasks"),
    (FAILED, "Service deployment rolled back because the circuit breaker threshold was exceeded.", Deployment, None, "stopped tasks"),
    (FAILED, "Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed. Lifecycle hook target arn:aws:lambda:us-west-2:111122223333:function:hook returned FAILED status.", Deployment, None, "hook"),
    (FAILED, "deployment failed: hook execution failure(s) detected.", Deployment, None, "hook"),
    (FAILED, "Service deployment rolled back because of invalid networking configuration: Target group arn:aws:elasticloadbalancing:us-west-2:111122223333:targetgroup/alt/abc is not associated with either productionListenerRule or testListenerRule.", Deployment, None, "listener"),
    (FAILED, "Service deployment rolled back because of invalid networking configuration. One or more rules not found", Deployment, None, "listener"),
    (FAILED, "Service deployment rolled back because CloudWatch alarm(s) web-5xx were triggered.", Deployment, None, "alarm"),
    (FAILED, "ECS deployment alarm detected: rolling back to deploymentId ecs-svc/1.", Deployment, None, "alarm"),
    (FAILED, "Service deployment failed during bake time", Deployment, None, "bake"),
    (FAILED, "Service deployment failed at stage PRODUCTION_TRAFFIC_SHIFT", Deployment, None, "traffic"),
    (FAILED, "Service deployment stopped by user request", Deployment, None, "StopServiceDeployment"),
    (FAILED, "Rollback failed: no rollback candidate was found to run the rollback.", Deployment, None, "by hand"),
    (Rollout("DAEMON_DEPLOYMENT_ROLLBACK_FAILED"), "", Deployment, None, "by hand"),
    (Rollout("DAEMON_DEPLOYMENT_ROLLBACK_IN_PROGRESS"), "", Deployment, None, "daemon"),

    (PLACEMENT, "RESOURCE:FARGATE_SPOT", Capacity, None, "Spot"),
    (PLACEMENT, "(service web) was unable to place a task. Reason: ResourceInitializationError: Unable to launch instance(s) for capacity provider acme-managed. MaxSpotInstanceCountExceeded: Max spot instance count exceeded.", Capacity, Some(Quota), "quota"),
    (PLACEMENT, "(service web) was unable to place a task. Reason: CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref docker.io/acme/api:7: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed", ImagePull, Some(Permission), "pull"),
    (PLACEMENT, "(service web) was unable to place a task. Reason: Unable to assume the service linked role. Please verify that the ECS service linked role exists.", Platform, Some(Permission), "create-service-linked-role"),
    (PLACEMENT, "(service web) was unable to place a task. Reason: AccessDeniedException: User: arn:aws:sts::111122223333:assumed-role/deploy/x is not authorized to perform: ecs:RunTask on resource: arn:aws:ecs:eu-central-1:111122223333:task-definition/web:7", Platform, Some(Permission), "Grant"),
    (PLACEMENT, "(service web) was unable to place a task. Reason: ECS was unable to assume the role 'arn:aws:iam::111122223333:role/web' that was provided for this task.", Platform, Some(Permission), "trust"),
    (PLACEMENT, "AccessDeniedException", Capacity, Some(Permission), "Grant"),
    (PLACEMENT, "RESOURCE:DISK", Capacity, None, "free disk"),
    (PLACEMENT, "You've reached the limit on the number of vCPUs you can run concurrently", Capacity, Some(Quota), "quota"),
    (Action("SERVICE_TASK_CONFIGURATION_FAILURE"), "The task definition web:42 is INACTIVE", ContainerStart, Some(Invalid), "register"),
    (Action("SERVICE_DISCOVERY_OPERATION_THROTTLED"), "", ServiceEvent, Some(RateLimit), "Cloud Map"),
    (Action("ECS_OPERATION_THROTTLED"), "", ServiceEvent, Some(RateLimit), "deployments"),
    (Action("SERVICE_DISCOVERY_INSTANCE_UNHEALTHY"), "", HealthCheck, None, "Cloud Map"),
    (Action("VPC_LATTICE_TARGET_UNHEALTHY"), "", HealthCheck, None, "Lattice"),
    (Action("SERVICE_SOMETHING_NEW"), "failed to register targets in (target-group web) with (error TargetGroupNotFound)", ServiceEvent, None, "target group"),
    (Action("DAEMON_TASK_START_IMPAIRED"), "RESOURCE:MEMORY - Unable to place daemon task on container instance: insufficient memory", Capacity, None, "memory"),
];
