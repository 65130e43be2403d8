//! Whole events in, verdicts out: every fixture against the table, what is carried along, and that no event,
//! however mangled, panics or leaks. Single decisions are tested beside their code.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Category, Cause, EcsEvent, Reader, Severity, StopEvent, read};

use Category::{
    AppCompleted, AppError, AppSignal, Capacity, ContainerStart, Deployment, HealthCheck, Host, ImagePull,
    Logging, Network, Oom, Platform, Secret, ServiceEvent, Spot, Storage, Unknown, User,
};
use EcsEvent::{DeploymentFailed, TaskStartFailed, TaskStopped};
use Severity::{Error, Info, Warning};

struct Verdict {
    ecs_event: EcsEvent,
    category: Category,
    cause: Option<Cause>,
    severity: Severity,
    container: Option<&'static str>,
    exit_code: Option<i64>,
}

/// Planned and info are the same thing, so the table has one column for both.
const fn verdict(
    ecs_event: EcsEvent,
    (category, cause): (Category, Option<Cause>),
    severity: Severity,
    (container, exit_code): (Option<&'static str>, Option<i64>),
) -> Option<Verdict> {
    Some(Verdict { ecs_event, category, cause, severity, container, exit_code })
}

const NONE: (Option<&str>, Option<i64>) = (None, None);
const APP: (Option<&str>, Option<i64>) = (Some("app"), None);
const DAEMON: EcsEvent = EcsEvent::ServiceEvent;
const SERVICE: EcsEvent = EcsEvent::ServiceEvent;

const fn exit(name: &'static str, code: i64) -> (Option<&'static str>, Option<i64>) {
    (Some(name), Some(code))
}

#[rustfmt::skip]
const FIXTURES: &[(&str, Option<Verdict>)] = &[
    // Containers that ended by themselves.
    ("essential-exit-137",                   verdict(TaskStopped, (AppSignal, None), Error, exit("app", 137))),
    ("essential-exit-1",                     verdict(TaskStopped, (AppError, None), Error, exit("app", 1))),
    ("essential-exit-0-service",             verdict(TaskStopped, (AppCompleted, None), Warning, exit("app", 0))),
    ("essential-exit-no-code",               verdict(TaskStopped, (Unknown, None), Error, APP)),
    ("segfault-139",                         verdict(TaskStopped, (AppSignal, None), Error, exit("app", 139))),
    ("sigterm-143",                          verdict(TaskStopped, (AppSignal, None), Warning, exit("app", 143))),
    ("command-not-found-127",                verdict(TaskStopped, (AppError, Some(Cause::NotFound)), Error, exit("app", 127))),
    ("exit-code-as-text",                    verdict(TaskStopped, (AppError, None), Error, exit("app", 1))),
    ("job-completed",                        verdict(TaskStopped, (AppCompleted, None), Info, exit("importer", 0))),
    ("job-completed-before-sidecar",         verdict(TaskStopped, (AppCompleted, None), Info, exit("importer", 0))),
    ("job-failed",                           verdict(TaskStopped, (AppError, None), Error, exit("importer", 3))),
    ("job-beside-killed-sidecar",            verdict(TaskStopped, (AppCompleted, None), Warning, exit("importer", 0))),
    ("init-container-exit-1",                verdict(TaskStopped, (AppError, None), Error, exit("migrate", 1))),
    ("windows-access-violation",             verdict(TaskStopped, (AppSignal, None), Error, exit("api", -1_073_741_819))),

    // Memory.
    ("oom-killed",                           verdict(TaskStopped, (Oom, None), Error, exit("app", 137))),
    ("oom-killed-fargate-lowercase",         verdict(TaskStopped, (Oom, None), Error, exit("app", 137))),
    ("oom-during-scale-in",                  verdict(TaskStopped, (Oom, None), Error, exit("app", 137))),

    // Containers beside the application.
    ("router-oom",                           verdict(TaskStopped, (Oom, None), Error, exit("log_router", 137))),
    ("router-crash-139",                     verdict(TaskStopped, (AppSignal, None), Error, exit("log_router", 139))),
    ("router-not-culprit",                   verdict(TaskStopped, (AppError, None), Error, exit("app", 1))),
    ("guardduty-first",                      verdict(TaskStopped, (AppError, None), Error, exit("app", 1))),
    ("guardduty-beside-done-job",            verdict(TaskStopped, (AppCompleted, None), Info, exit("importer", 0))),
    ("guardduty-alone-failed",               verdict(TaskStartFailed, (ImagePull, None), Error, (Some("aws-guardduty-agent-mfjGLB"), None))),

    // Planned, or from outside.
    ("scale-in",                             verdict(TaskStopped, (Deployment, None), Info, NONE)),
    ("old-arn-format",                       verdict(TaskStopped, (Deployment, None), Info, exit("app", 137))),
    ("windows-ctrl-c",                       verdict(TaskStopped, (Deployment, None), Info, exit("api", 3_221_225_786))),
    ("maintenance",                          verdict(TaskStopped, (Host, None), Info, exit("app", 137))),
    ("draining",                             verdict(TaskStopped, (Host, None), Info, exit("app", 143))),
    ("spot-interruption",                    verdict(TaskStopped, (Spot, None), Warning, exit("app", 137))),
    ("spot-terminationnotice",               verdict(TaskStopped, (Spot, None), Warning, exit("app", 143))),
    ("spot-no-stopcode",                     verdict(TaskStopped, (Spot, None), Warning, exit("app", 1))),
    ("host-terminated",                      verdict(TaskStopped, (Host, None), Warning, NONE)),
    ("host-stopped",                         verdict(TaskStopped, (Host, None), Warning, APP)),
    ("elb-health-check",                     verdict(TaskStopped, (HealthCheck, None), Error, exit("app", 0))),
    ("container-health-check",               verdict(TaskStopped, (HealthCheck, None), Error, exit("app", 137))),
    ("user-initiated",                       verdict(TaskStopped, (User, None), Info, exit("app", 143))),
    ("user-initiated-with-misleading-text",  verdict(TaskStopped, (User, None), Info, exit("app", 137))),
    ("scheduler-unknown-wording",            verdict(TaskStopped, (Deployment, None), Warning, exit("app", 1))),

    // Never started: image.
    ("image-pull-not-found-fargate",         verdict(TaskStartFailed, (ImagePull, Some(Cause::NotFound)), Error, APP)),
    ("image-pull-cut-fargate",               verdict(TaskStartFailed, (ImagePull, None), Error, APP)),
    ("image-pull-rate-limit-ec2",            verdict(TaskStartFailed, (ImagePull, Some(Cause::RateLimit)), Error, APP)),
    ("image-pull-permission-ec2",            verdict(TaskStartFailed, (ImagePull, Some(Cause::Permission)), Error, APP)),
    ("image-pull-network",                   verdict(TaskStartFailed, (ImagePull, Some(Cause::Network)), Error, APP)),
    ("image-pull-disk-full-ec2",             verdict(TaskStartFailed, (ImagePull, Some(Cause::DiskFull)), Error, APP)),
    ("image-pull-platform",                  verdict(TaskStartFailed, (ImagePull, Some(Cause::PlatformMismatch)), Error, APP)),
    ("image-pull-registry-login",            verdict(TaskStartFailed, (ImagePull, Some(Cause::Network)), Error, APP)),

    // Never started: secrets, logging, storage.
    ("secret-permission",                    verdict(TaskStartFailed, (Secret, Some(Cause::Permission)), Error, APP)),
    ("secret-network",                       verdict(TaskStartFailed, (Secret, Some(Cause::Network)), Error, APP)),
    ("secret-missing-ssm",                   verdict(TaskStartFailed, (Secret, Some(Cause::NotFound)), Error, APP)),
    ("secret-json-key",                      verdict(TaskStartFailed, (Secret, Some(Cause::Invalid)), Error, APP)),
    ("secret-ec2-no-prefix",                 verdict(TaskStartFailed, (Secret, Some(Cause::Permission)), Error, APP)),
    ("logger-init-permission",               verdict(TaskStartFailed, (Logging, Some(Cause::Permission)), Error, APP)),
    ("logger-init-ec2",                      verdict(TaskStartFailed, (Logging, Some(Cause::NotFound)), Error, exit("app", 128))),
    ("logger-init-nested-prefixes",          verdict(TaskStartFailed, (Logging, Some(Cause::NotFound)), Error, APP)),
    ("logger-init-router-socket",            verdict(TaskStartFailed, (Logging, Some(Cause::Network)), Error, exit("app", 128))),
    ("efs-mount",                            verdict(TaskStartFailed, (Storage, Some(Cause::Network)), Error, APP)),
    ("ebs-attachment-status-reason",         verdict(TaskStartFailed, (Storage, Some(Cause::Permission)), Error, APP)),
    ("env-file-permission",                  verdict(TaskStartFailed, (Storage, Some(Cause::Permission)), Error, APP)),
    ("ephemeral-storage-timeout",            verdict(TaskStartFailed, (Storage, Some(Cause::Timeout)), Error, APP)),

    // Never started: network, room, start, platform.
    ("eni-timeout",                          verdict(TaskStartFailed, (Network, Some(Cause::Timeout)), Error, NONE)),
    ("eni-no-address",                       verdict(TaskStartFailed, (Network, None), Error, NONE)),
    ("capacity-resource-cpu",                verdict(TaskStartFailed, (Capacity, None), Error, APP)),
    ("capacity-agent",                       verdict(TaskStartFailed, (Capacity, None), Error, APP)),
    ("start-executable-not-found",           verdict(TaskStartFailed, (ContainerStart, Some(Cause::NotFound)), Error, exit("app", 127))),
    ("start-file-mode",                      verdict(TaskStartFailed, (ContainerStart, Some(Cause::Permission)), Error, APP)),
    ("start-runtime-deadline",               verdict(TaskStartFailed, (Platform, Some(Cause::Timeout)), Error, APP)),
    ("runtime-timeout",                      verdict(TaskStartFailed, (Platform, Some(Cause::Timeout)), Error, APP)),
    ("internal-error",                       verdict(TaskStartFailed, (Platform, None), Error, NONE)),
    ("empty-containers",                     verdict(TaskStartFailed, (ContainerStart, None), Error, NONE)),

    // Services, daemons, deployments.
    ("service-action-error",                 verdict(SERVICE, (Capacity, None), Error, NONE)),
    ("service-action-warn",                  verdict(SERVICE, (ServiceEvent, None), Warning, NONE)),
    ("service-action-throttled",             verdict(SERVICE, (ServiceEvent, Some(Cause::RateLimit)), Error, NONE)),
    ("deployment-failed",                    verdict(DeploymentFailed, (Deployment, None), Error, NONE)),
    ("daemon-task-failed",                   verdict(DAEMON, (ImagePull, None), Warning, NONE)),
    ("daemon-task-not-created",              verdict(DAEMON, (Capacity, None), Warning, NONE)),
    ("daemon-deployment-rollback-failed",    verdict(DeploymentFailed, (Deployment, None), Error, NONE)),

    // Nothing stopped, or not yet, or it is not ECS's own word.
    ("non-essential-exit", None),
    ("deprovisioning-early", None),
    ("running-spot-warning", None),
    ("service-action-info", None),
    ("deployment-completed", None),
    ("container-instance-change", None),
    ("cloudtrail-stop-task", None),
];

fn directory() -> PathBuf {
    Path::new(file!()).with_file_name("../../tests/fixtures/events")
}

fn fixture(name: &str) -> Value {
    let path = directory().join(name).with_extension("json");
    serde_json::from_slice(&fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .unwrap()
}

fn all_fixtures() -> impl Iterator<Item = (&'static str, Value)> {
    FIXTURES.iter().map(|(name, _)| (*name, fixture(name)))
}

fn stop(name: &str) -> StopEvent {
    read(fixture(name)).unwrap_or_else(|| panic!("{name} is no stop"))
}

#[test]
fn every_fixture_gets_its_verdict() {
    for (name, expected) in FIXTURES {
        let found = read(fixture(name));
        let Some((found, expected)) = found.as_ref().zip(expected.as_ref()) else {
            assert_eq!(found.is_some(), expected.is_some(), "{name}");
            continue;
        };
        assert_eq!(found.ecs_event, expected.ecs_event, "{name}");
        assert_eq!((found.category, found.cause), (expected.category, expected.cause), "{name}");
        assert_eq!(
            (found.severity, found.expected),
            (expected.severity, expected.severity == Info),
            "{name}"
        );
        assert_eq!(
            (found.container.as_deref(), found.exit_code),
            (expected.container, expected.exit_code),
            "{name}"
        );
    }
}

#[test]
fn every_file_is_in_the_table() {
    let files = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap().path());
    let files: BTreeSet<_> =
        files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(files, FIXTURES.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn every_report_reads_well() {
    for (name, event) in all_fixtures() {
        let Some(stop) = read(event) else { continue };
        assert!(stop.summary.ends_with('.') && !stop.summary.ends_with(".."), "{name}: {}", stop.summary);
        assert!(stop.summary.chars().count() < 300, "{name}: {}", stop.summary);
        assert!(stop.hint.ends_with('.') && stop.hint.len() > 20, "{name}: {}", stop.hint);
    }
}

#[test]
fn a_report_carries_who_where_and_when() {
    let stop = stop("oom-killed");
    assert_eq!(
        stop.summary,
        format!(
            "Task {} of service web (cluster prod) stopped: container app ran out of memory (exit 137).",
            stop.task_id.as_deref().unwrap().chars().take(8).collect::<String>()
        )
    );
    assert_eq!((stop.cluster.as_deref(), stop.service.as_deref()), (Some("prod"), Some("web")));
    assert_eq!((stop.family(), stop.revision()), (Some("web"), Some("42")));
    assert_eq!(stop.image_tag(), Some("2026-11-19.1"));
    assert_eq!(
        (stop.region.as_deref(), stop.account.as_deref()),
        (Some("eu-central-1"), Some("111122223333"))
    );
    assert_eq!(stop.runtime_seconds, Some(2130));
    assert_eq!(stop.signal, Some("SIGKILL"));
    assert_eq!(stop.containers.len(), 3);
    assert_eq!(stop.key(), Some((stop.task_arn.as_deref().unwrap(), 6)));
}

#[test]
fn a_version_may_be_text() {
    assert_eq!(stop("exit-code-as-text").key().unwrap().1, 6);
}

#[test]
fn old_arns_lack_a_cluster_and_nothing_else() {
    let stop = stop("old-arn-format");
    assert_eq!(stop.cluster.as_deref(), Some("prod"));
    assert_eq!(stop.task_id.as_deref().unwrap().len(), 36);
    assert_eq!(stop.stop_code, None);
}

#[test]
fn services_and_daemons_are_named() {
    for (name, service) in [
        ("service-action-warn", "web"),
        ("deployment-failed", "web"),
        ("daemon-task-failed", "node-agent"),
        ("daemon-deployment-rollback-failed", "node-agent"),
    ] {
        let stop = stop(name);
        assert_eq!(
            (stop.service.as_deref(), stop.cluster.as_deref()),
            (Some(service), Some("prod")),
            "{name}"
        );
        assert_eq!(stop.key(), Some((stop.event["id"].as_str().unwrap(), 0)), "{name}");
    }
}

#[test]
fn what_cannot_be_known_again_has_no_key() {
    let event = json!({ "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": { "lastStatus": "STOPPED" } });
    assert_eq!(read(event).unwrap().key(), None);
}

#[test]
fn a_report_is_flat_snake_case_and_without_nulls() {
    for (name, event) in all_fixtures() {
        let Some(stop) = read(event) else { continue };
        let Value::Object(fields) = serde_json::to_value(&stop).unwrap() else { panic!("{name}") };
        for (key, value) in &fields {
            assert!(key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_'), "{name}: {key}");
            assert!(!value.is_null(), "{name}: {key}");
            assert!(!value.is_object() || key == "event", "{name}: {key}");
        }
    }
}

#[test]
fn words_on_the_wire() {
    let stop = serde_json::to_value(stop("image-pull-rate-limit-ec2")).unwrap();
    assert_eq!(stop["ecs_event"], "task_start_failed");
    assert_eq!(stop["severity"], "error");
    assert_eq!(stop["category"], "image_pull");
    assert_eq!(stop["cause"], "rate_limit");
    assert_eq!(stop["containers"][0]["name"], "app");
    assert!(stop.get("exit_code").is_none());
}

#[test]
fn no_environment_value_leaves() {
    let before = fixture("job-completed").to_string();
    let after = serde_json::to_string(&stop("job-completed")).unwrap();
    assert!(
        before.contains("correct-horse-battery-staple") && !after.contains("correct-horse-battery-staple")
    );
    assert!(after.contains("DATABASE_PASSWORD") && after.contains("[redacted]"));
}

#[test]
fn a_user_may_call_some_stops_by_hand_an_error() {
    let reader =
        Reader { user_stop_is_error: Some(regex::Regex::new("(?i)timeout").unwrap()), ..Reader::default() };
    for (reason, severity) in [("Step exceeded 720s TIMEOUT", Error), ("cleanup", Info)] {
        let mut event = fixture("user-initiated");
        event["detail"]["stoppedReason"] = reason.into();
        let stop = reader.read(event).unwrap();
        assert_eq!(
            (stop.category, stop.severity, stop.expected),
            (User, severity, severity == Info),
            "{reason}"
        );
    }
}

#[test]
fn a_user_may_name_bystanders() {
    let mut event = fixture("job-failed");
    event["detail"]["containers"][1]["exitCode"] = 9.into();
    event["detail"]["containers"][0]["exitCode"] = 0.into();
    assert_eq!(read(event.clone()).unwrap().container.as_deref(), Some("otel-collector"));
    let reader = Reader { ignore_containers: vec!["importer".into()], ..Reader::default() };
    assert_eq!(reader.read(event).unwrap().container.as_deref(), Some("otel-collector"));
}

/// One field decides; everything before it in the order of judgement has to be silent for that.
#[test]
fn the_order_of_judgement() {
    const OOM: &str = "OutOfMemoryError: Container killed due to memory usage";
    const PULL: &str = "CannotPullContainerError: toomanyrequests";
    const STUCK: &str = "CannotStopContainerError: failed sending SIGTERM to container";
    const SPOT: &str = "Your Spot Task was interrupted.";
    const SCALE: &str = "Scaling activity initiated by (deployment ecs-svc/1)";
    const HEALTH: &str = "Task failed ELB health checks in (target-group t)";
    for (code, reason, container, category) in [
        ("UserInitiated", SPOT, json!({ "exitCode": 137, "reason": OOM }), User),
        ("SpotInterruption", SCALE, json!({ "exitCode": 137, "reason": OOM }), Spot),
        ("", SPOT, json!({ "exitCode": 1 }), Spot),
        ("TerminationNotice", "", json!({ "exitCode": 137, "reason": OOM }), Host),
        ("ServiceSchedulerInitiated", SCALE, json!({ "exitCode": 137, "reason": OOM }), Oom),
        ("ServiceSchedulerInitiated", SCALE, json!({ "exitCode": 1, "reason": PULL }), Deployment),
        ("ServiceSchedulerInitiated", HEALTH, json!({ "exitCode": 137, "reason": OOM }), Oom),
        ("ServiceSchedulerInitiated", HEALTH, json!({ "exitCode": 0 }), HealthCheck),
        ("ServiceSchedulerInitiated", "", json!({ "exitCode": 1 }), Deployment),
        ("ServiceSchedulerInitiated", "new words", json!({ "exitCode": 1, "reason": PULL }), ImagePull),
        ("EssentialContainerExited", SCALE, json!({ "exitCode": 1 }), AppError),
        ("TaskFailedToStart", "the instance is in DRAINING state", json!({}), ContainerStart),
        ("TaskFailedToStart", PULL, json!({}), ImagePull),
        ("TaskFailedToStart", "new words", json!({}), ContainerStart),
        ("TaskFailedToStart", "new words", json!({ "exitCode": 1 }), AppError),
        ("EssentialContainerExited", "", json!({ "exitCode": 1, "reason": "new words" }), AppError),
        ("EssentialContainerExited", "", json!({ "exitCode": 1, "reason": STUCK }), AppError),
        ("EssentialContainerExited", "", json!({ "reason": STUCK }), Platform),
        ("EssentialContainerExited", "", json!({}), Unknown),
        ("ANewStopCode", "new words", json!({ "exitCode": 139 }), AppSignal),
        ("ANewStopCode", "new words", json!({}), Unknown),
    ] {
        let mut container = container;
        container["name"] = "app".into();
        let event = json!({ "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {
            "lastStatus": "STOPPED", "group": "service:web", "stopCode": code, "stoppedReason": reason, "containers": [container],
        } });
        assert_eq!(read(event).unwrap().category, category, "{code} / {reason} / {container}");
    }
}

/// The same for every run: xorshift64.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit).unwrap()).unwrap()
    }

    /// What should not be where it is put.
    fn junk(&mut self) -> Value {
        match self.below(16) {
            0 => Value::Null,
            1 => json!(true),
            2 => json!(-1),
            3 => json!(u64::MAX),
            4 => json!(i64::MIN),
            5 => json!(1e308),
            6 => json!(""),
            7 => json!("🦀’ßİ\u{0}\n"),
            8 => json!("arn:aws:ecs:::task//"),
            9 => json!("2026-13-99T99:99:99.999999999+99:99"),
            10 => json!("x".repeat(5_000)),
            11 => json!([]),
            12 => json!([null, [[]], {}, "app", 1]),
            13 => json!({}),
            14 => json!({ "name": ["app"], "value": {}, "environment": 1 }),
            _ => json!("137"),
        }
    }

    /// Puts junk in the place of one node, or drops it: the deeper the walk, the likelier it ends.
    fn mutate(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) if !fields.is_empty() && self.below(8) > 0 => {
                let key = fields.keys().nth(self.below(fields.len())).unwrap().clone();
                if self.below(6) == 0 { drop(fields.remove(&key)) } else { self.mutate(&mut fields[&key]) }
            }
            Value::Array(items) if !items.is_empty() && self.below(4) > 0 => {
                let index = self.below(items.len());
                if self.below(6) == 0 { drop(items.remove(index)) } else { self.mutate(&mut items[index]) }
            }
            node => *node = self.junk(),
        }
    }
}

#[test]
fn no_mangled_event_panics() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let (mut read_anyway, mut rounds) = (0, 0);
    for (_, original) in all_fixtures() {
        for _ in 0..100 {
            let mut event = original.clone();
            for _ in 0..=dice.below(6) {
                // The envelope stays, else most of them would be refused at the door.
                dice.mutate(&mut event["detail"]);
            }
            rounds += 1;
            if let Some(stop) = read(event) {
                read_anyway += 1;
                assert!(stop.summary.chars().count() < 400 && !stop.hint.is_empty(), "{}", stop.summary);
                assert_eq!(stop.expected, stop.severity == Info);
                serde_json::to_string(&stop).unwrap();
            }
        }
    }
    assert!(rounds > 5_000 && read_anyway > rounds / 3, "{read_anyway} of {rounds}");
}

#[test]
fn no_other_json_is_a_stop() {
    let mut dice = Dice(7);
    for _ in 0..2_000 {
        assert!(read(dice.junk()).is_none());
        let mut event = fixture("oom-killed");
        dice.mutate(&mut event);
        drop(read(event));
    }
}

#[test]
fn depth_is_no_danger() {
    let mut deep = json!({ "environment": [{ "name": "A", "value": "secret" }] });
    for _ in 0..500 {
        deep = json!([deep]);
    }
    let mut event = fixture("oom-killed");
    event["detail"]["tags"] = deep;
    assert!(read(event).is_some());
}
