//! Stops in which several containers have a say, or one that the event does not list.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use super::{Category, StopEvent, fixture, read};
use crate::stop::Cause;

fn stop(code: &str, reason: &str, containers: Value, more: &Value) -> StopEvent {
    let mut detail = json!({ "lastStatus": "STOPPED", "group": "service:web", "stopCode": code,
        "stoppedReason": reason, "launchType": "FARGATE", "containers": containers });
    let fields = more.as_object().unwrap().clone();
    detail.as_object_mut().unwrap().extend(fields);
    read(json!({ "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail })).unwrap()
}

fn ended(reason: &str, containers: Value) -> StopEvent {
    stop("EssentialContainerExited", reason, containers, &json!({ "startedAt": "2026-11-19T20:38:27Z" }))
}

const EXITED: &str = "Essential container in task exited";

#[test]
fn every_failure_is_named() {
    let app_and = |app: i64, name: &str, code: i64| json!([{ "name": "app", "exitCode": app }, { "name": name, "exitCode": code }]);
    for (containers, words) in [
        (
            app_and(137, "nginx", 1),
            "container nginx failed (exit 1); app was killed (exit 137); ECS does not say which was first.",
        ),
        (
            app_and(1, "nginx", 1),
            "container app failed (exit 1); nginx failed (exit 1); ECS does not say which was first.",
        ),
        (
            app_and(143, "log_router", 0),
            "container app was ended by SIGTERM (exit 143); log_router ended by itself (exit 0); ECS does not say which was first.",
        ),
        (
            app_and(137, "nginx", 0),
            "container app was killed (SIGKILL, exit 137); nginx ended by itself (exit 0); ECS does not say which was first.",
        ),
        (app_and(1, "nginx", 0), "container app failed (exit 1)."),
        (app_and(1, "nginx", 143), "container app failed (exit 1)."),
    ] {
        let stop = ended(EXITED, containers);
        assert!(stop.summary.ends_with(words), "{}", stop.summary);
    }
}

#[test]
fn a_reason_counts_more_than_the_codes_of_a_task_that_did_not_start() {
    for (reason, code, category, words) in [
        (
            "Something that ECS never said before",
            143,
            Category::Unknown,
            "Something that ECS never said before",
        ),
        (
            "Something that ECS never said before",
            0,
            Category::Unknown,
            "Something that ECS never said before",
        ),
        (
            "Container dependency timed out: app waiting for HEALTHY on db",
            137,
            Category::ContainerStart,
            "was not ready in time",
        ),
        (
            "Task failed container health checks",
            137,
            Category::HealthCheck,
            "health check of its container definition",
        ),
    ] {
        let containers = json!([{ "name": "db", "exitCode": code }, { "name": "app" }]);
        let stop = stop("TaskFailedToStart", reason, containers, &json!({}));
        assert_eq!(stop.category, category, "{reason}");
        assert!(stop.summary.contains(words), "{}", stop.summary);
        assert!(!stop.hint.contains("not by ECS"), "{}", stop.hint);
    }
    let silent = stop(
        "TaskFailedToStart",
        "Task failed to start",
        json!([{ "name": "app", "exitCode": 143 }]),
        &json!({}),
    );
    assert!(!silent.hint.contains("not by ECS") && silent.hint.contains("did not start"), "{}", silent.hint);
}

#[test]
fn the_image_tells_the_container() {
    let containers = |images: [&str; 2]| json!([{ "name": "app", "image": images[0] }, { "name": "side", "image": images[1] }]);
    let side = stop(
        "TaskFailedToStart",
        "CannotPullContainerError: failed to resolve ref docker.io/acme/side@sha256:0123: not found",
        containers(["acme/app:1", "acme/side:5"]),
        &json!({}),
    );
    assert_eq!(side.container.as_deref(), Some("side"));
    let bare = stop(
        "TaskFailedToStart",
        "CannotPullContainerError: manifest for side@sha256:0123 not found",
        containers(["app:1", "side:5"]),
        &json!({}),
    );
    assert_eq!(bare.container.as_deref(), Some("side"));
    let injected = "CannotPullContainerError: failed to resolve ref 593207742271.dkr.ecr.us-east-1.amazonaws.com/aws-guardduty-agent-fargate:v1: not found";
    let app = json!([{ "name": "app", "image": "111122223333.dkr.ecr.us-east-1.amazonaws.com/app:1" }]);
    let other = stop("TaskFailedToStart", injected, app, &json!({}));
    assert_eq!(other.container, None);
    assert!(other.summary.contains("(aws-guardduty-agent-fargate:v1)"), "{}", other.summary);
}

#[test]
fn what_the_task_says_of_itself_counts() {
    let both = json!([{ "name": "app", "exitCode": 137 }, { "name": "side", "exitCode": 137 }]);
    let oom = ended("OutOfMemoryError: Container killed due to memory usage", both);
    assert!(oom.hint.contains("task's `memory`"), "{}", oom.hint);

    let app = json!([{ "name": "app", "exitCode": 143, "healthStatus": "UNHEALTHY" }]);
    let unhealthy = stop("ServiceSchedulerInitiated", "", app.clone(), &json!({}));
    assert_eq!((unhealthy.category, unhealthy.container.as_deref()), (Category::HealthCheck, Some("app")));

    let daemon = stop("EssentialContainerExited", EXITED, app, &json!({ "group": "daemon:agent" }));
    assert!(daemon.summary.contains("of daemon agent"), "{}", daemon.summary);

    let spot = stop(
        "TaskFailedToStart",
        "Capacity is unavailable at this time. Please try again later",
        json!([]),
        &json!({ "capacityProviderName": "FARGATE_SPOT" }),
    );
    assert!(spot.hint.contains("add FARGATE"), "{}", spot.hint);
}

#[test]
fn a_service_that_gets_no_spot_capacity_is_told_to_fall_back() {
    let mut event = fixture("service-action-placement-fargate");
    let on_demand = read(event.clone()).unwrap();
    assert!(!on_demand.hint.contains("add FARGATE"), "{}", on_demand.hint);
    event["detail"]["capacityProviderArns"] =
        json!(["arn:aws:ecs:eu-central-1:111122223333:capacity-provider/FARGATE_SPOT"]);
    let spot = read(event).unwrap();
    assert_eq!(spot.capacity_provider.as_deref(), Some("FARGATE_SPOT"));
    assert!(spot.hint.contains("add FARGATE"), "{}", spot.hint);
}

#[test]
fn who_started_a_task_and_where_it_ran_are_told() {
    let of = |starter: &str| {
        let more = json!({
            "startedBy": starter, "capacityProviderName": "on-demand", "availabilityZone": "eu-central-1b",
            "containerInstanceArn": "arn:aws:ecs:eu-central-1:111122223333:container-instance/prod/0123abcd",
        });
        stop("EssentialContainerExited", EXITED, json!([]), &more)
    };
    let job = of("events-rule/nightly");
    assert_eq!(job.started_by.as_deref(), Some("events-rule/nightly"));
    assert_eq!(job.capacity_provider.as_deref(), Some("on-demand"));
    assert_eq!(job.container_instance.as_deref(), Some("0123abcd"));
    assert_eq!(of("ecs-svc/1234567890").started_by, None);
}

#[test]
fn the_summary_names_what_is_broken() {
    for (reason, words) in [
        (
            "ECS was unable to assume the role 'arn:aws:iam::111122223333:role/web-exec' that was provided for this task.",
            "ECS may not assume the role web-exec.",
        ),
        (
            "ResourceInitializationError: unable to pull secrets or registry auth: unable to retrieve secret from asm: AccessDeniedException: not authorized on arn:aws:secretsmanager:eu-central-1:1:secret:prod/db-AbCdEf",
            "permission was denied (prod/db-AbCdEf).",
        ),
        (
            "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: Failed to resolve \"fs-0123abcd.efs.eu-central-1.amazonaws.com\"",
            "the EFS file system could not be mounted: no connection could be made (fs-0123abcd).",
        ),
        (
            "Unexpected EC2 error while attempting to Create Network Interface with public IP assignment disabled in subnet 'subnet-0123abcd': InsufficientFreeAddressesInSubnet",
            "the subnet has no free addresses (subnet-0123abcd).",
        ),
        ("AGENT", "the agent on the instance is disconnected (\"AGENT\")."),
        ("open /etc/passwd: no such file or directory", "the image has no /etc/passwd."),
    ] {
        let stop = stop("TaskFailedToStart", reason, json!([{ "name": "app" }]), &json!({}));
        assert!(stop.summary.ends_with(words), "{}", stop.summary);
    }
    let passwd =
        stop("TaskFailedToStart", "open /etc/passwd: no such file or directory", json!([]), &json!({}));
    assert_eq!(passwd.stopped_reason.as_deref(), Some("open /etc/passwd: no such file or directory"));
    let unknown = stop(
        "ServiceSchedulerInitiated",
        "Because of the weather",
        json!([{ "name": "app", "exitCode": 143 }]),
        &json!({}),
    );
    assert!(
        unknown.summary.ends_with("the service scheduler stopped it (\"Because of the weather\")."),
        "{}",
        unknown.summary
    );
}

const NETNS: &str = "ContainerNetworkingError: container resource provisioning: failed to setup network namespace: cni setup: invoke eni plugin failed: getInterfaceDeviceName engine: unable to get device with hardware address 0a:58:a9:fe:ac:08";
const BRIDGE: &str = "CannotStartContainerError: failed to start firelens container: Bridge IP not available to use for firelens";
const NO_IMAGE: &str = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: not found";
const REFUSED: &str = "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref x: unexpected status from HEAD request to https://x: 403 Forbidden";
const WAITS: &str = "CannotStartContainerError: dependency graph: container ordering dependency [log_router] for target [app] does not exist.";

#[test]
fn a_start_is_explained_by_the_only_container_that_gives_a_reason() {
    for (name, reason, code, app, category) in [
        ("~internal~ecs~pause", NETNS, None, json!({}), Category::Network),
        ("~internal~ecs~pause", NETNS, Some(137), json!({ "exitCode": 137 }), Category::Network),
        ("log_router", BRIDGE, None, json!({}), Category::Logging),
        ("log_router", NO_IMAGE, None, json!({ "reason": WAITS }), Category::ImagePull),
        ("aws-guardduty-agent-xa1b2c", REFUSED, None, json!({}), Category::ImagePull),
        ("ecs-service-connect-k3Fd", REFUSED, None, json!({ "exitCode": 143 }), Category::ImagePull),
    ] {
        let mut app = app;
        app["name"] = "app".into();
        let containers = json!([app, { "name": name, "reason": reason, "exitCode": code }]);
        let stop = stop("TaskFailedToStart", "Task failed to start", containers, &json!({}));
        assert_eq!((stop.category, stop.container.as_deref()), (category, Some(name)), "{}", stop.summary);
        assert!(stop.summary.contains("could not start"), "{}", stop.summary);
    }
}

#[test]
fn an_injected_container_explains_nothing_beside_a_better_reason() {
    let volume = json!({ "attachments": [{ "type": "AmazonElasticBlockStorage",
        "details": [{ "name": "statusReason", "value": "The snapshot 'snap-1' does not exist." }] }] });
    let no_more = json!({});
    let started = json!({ "startedAt": "2026-11-19T20:38:27Z" });
    for (reason, app, more, category) in [
        ("Task failed to start", json!({ "reason": NO_IMAGE }), &no_more, Category::ImagePull),
        ("Task failed to start", json!({ "exitCode": 3 }), &no_more, Category::AppError),
        ("RESOURCE:MEMORY", json!({}), &no_more, Category::Capacity),
        ("Task failed to start", json!({}), &volume, Category::Storage),
        ("Task failed to start", json!({ "exitCode": 0 }), &no_more, Category::AppCompleted),
        ("Task failed to start", json!({ "exitCode": 137 }), &started, Category::AppSignal),
    ] {
        let mut app = app;
        app["name"] = "app".into();
        let containers = json!([app, { "name": "~internal~ecs~pause", "reason": NETNS }]);
        let stop = stop("TaskFailedToStart", reason, containers, more);
        assert_eq!(stop.category, category, "{}", stop.summary);
    }
}

#[test]
fn a_job_that_the_agent_lost_sight_of_is_not_called_done() {
    let lost = "CannotInspectContainerError: Could not transition to inspecting; timed out after waiting 30s";
    let containers = json!([{ "name": "default", "exitCode": 0, "reason": lost }]);
    let more = json!({ "group": "family:job", "startedAt": "2026-11-19T20:38:27Z" });
    let stop = stop("EssentialContainerExited", EXITED, containers, &more);
    assert_eq!((stop.category, stop.cause), (Category::Platform, Some(Cause::Timeout)), "{}", stop.summary);
    assert!(!stop.expected && stop.hint.contains("exit code of 0"), "{}", stop.hint);
}

#[test]
fn a_kill_by_spot_is_not_one_for_memory() {
    for (code, reason) in [
        ("SpotInterruption", "Your Spot Task was interrupted."),
        ("SpotInterruption", ""),
        ("TerminationNotice", ""),
    ] {
        let app = json!([{ "name": "app", "exitCode": 137 }, { "name": "side", "exitCode": 137 }]);
        let more = json!({ "startedAt": "2026-11-19T20:38:27Z", "capacityProviderName": "FARGATE_SPOT" });
        let spot = stop(code, reason, app, &more);
        assert_eq!(spot.category, Category::Spot, "{code} {reason}");
        assert!(!spot.hint.contains("memory") && spot.hint.contains("on-demand"), "{}", spot.hint);
        assert!(!spot.summary.contains("memory"), "{}", spot.summary);
    }
}

#[test]
fn the_container_that_was_out_of_memory_is_named() {
    let killed = |name: &str| json!({ "name": name, "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage" });
    for app in [
        json!({ "name": "app", "exitCode": 143 }),
        json!({ "name": "app", "exitCode": 0 }),
        json!({ "name": "app", "exitCode": 137 }),
        json!({ "name": "app" }),
    ] {
        let oom = ended(EXITED, json!([app, killed("worker")]));
        assert_eq!((oom.category, oom.container.as_deref()), (Category::Oom, Some("worker")), "{app}");
        assert!(oom.summary.contains("container worker ran out of memory"), "{}", oom.summary);
    }
}
