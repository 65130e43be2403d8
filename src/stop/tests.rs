//! Whole events in, reports out: what a report contains, and that no event, however mangled, panics or leaks. The
//! verdict on each fixture is in `fixtures`; single decisions are tested beside their code.

#![allow(clippy::unwrap_used)]

mod fixtures;
mod hostile;
mod several;
mod wordings;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Category, EventReader, Severity, StopEvent, read};

use Category::{
    AppError, AppSignal, ContainerStart, Deployment, HealthCheck, Host, ImagePull, Oom, Platform, Spot,
    Unknown, User,
};
use Severity::{Error, Info, Warning};

pub(super) fn directory() -> PathBuf {
    Path::new(file!()).with_file_name("../../tests/fixtures/events")
}

pub(super) fn fixture(name: &str) -> Value {
    let path = directory().join(name).with_extension("json");
    serde_json::from_slice(&fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .unwrap()
}

pub(super) fn all_fixtures() -> impl Iterator<Item = (&'static str, Value)> {
    fixtures::rows().map(|(name, _)| (*name, fixture(name)))
}

fn stop(name: &str) -> StopEvent {
    read(fixture(name)).unwrap_or_else(|| panic!("{name} is no stop"))
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
    assert_eq!(stop.availability_zone.as_deref(), Some("eu-central-1a"));
    assert!(stop.image.as_deref().unwrap().ends_with("shop/app:2026-11-19.1"));
    assert_eq!((stop.health.as_deref(), stop.restarts), (None, None), "unknown of a task");
    assert_eq!(stop.containers.len(), 3);
    assert_eq!(stop.key(), Some((stop.task_arn.as_deref().unwrap(), 6)));
}

#[test]
fn a_version_may_be_text() {
    assert_eq!(stop("exit-code-as-text").key().unwrap().1, 6);
}

#[test]
fn what_an_attachment_says_is_in_the_report() {
    let stop = stop("ebs-attachment-unknown-reason");
    assert_eq!(stop.attachment_reason.as_deref(), Some("Volume could not be attached: quux declined"));
    assert!(stop.summary.contains("(\"Volume could not be attached: quux declined\")"), "{}", stop.summary);
    assert_eq!(self::stop("oom-killed").attachment_reason, None);
}

/// A layer says where something went wrong, and the cut comes at the end, where it went wrong.
#[test]
fn a_quote_ends_with_its_point() {
    let text = "CannotStartContainerError: Error response from daemon: failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: unable to init seccomp: errno 524";
    let stop = read(wordings::event(wordings::At::Container, text)).unwrap();
    assert!(
        stop.summary.ends_with("could not be started (\"unable to init seccomp: errno 524\")."),
        "{}",
        stop.summary
    );
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
    let reader = EventReader {
        user_stop_is_error: Some(regex::Regex::new("(?i)timeout").unwrap()),
        ..EventReader::default()
    };
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
fn the_log_routers_own_death_is_not_the_applications() {
    for name in
        ["router-exit-1", "router-crash-139", "router-named-139", "router-oom", "container-exit-router-139"]
    {
        let stop = stop(name);
        for word in ["log router", "its own log", "configuration", "memory limit"] {
            assert!(stop.hint.contains(word), "{name}: {word}: {}", stop.hint);
        }
        assert!(!stop.hint.contains("native") && !stop.hint.contains("JVM"), "{name}: {}", stop.hint);
    }
}

#[test]
fn a_task_of_routers_only_is_an_application() {
    let mut event = fixture("router-crash-139");
    event["detail"]["containers"].as_array_mut().unwrap().remove(0);
    assert_eq!(read(event).unwrap().category, AppSignal);
}

/// Neither container may be blamed flatly: the killed one may only have been too slow to follow the other.
#[test]
fn a_kill_beside_a_container_that_ended_is_told_with_caution() {
    for name in ["job-beside-killed-sidecar", "service-beside-killed-sidecar"] {
        let stop = stop(name);
        assert!(stop.hint.contains("ECS does not say which ended first"), "{name}: {}", stop.hint);
        assert!(stop.hint.contains("stopTimeout") && !stop.expected, "{name}: {}", stop.hint);
    }
}

#[test]
fn a_user_may_name_bystanders() {
    let mut event = fixture("job-failed");
    event["detail"]["containers"][1]["name"] = "cache".into();
    event["detail"]["containers"][1]["exitCode"] = 9.into();
    event["detail"]["containers"][0]["exitCode"] = 0.into();
    assert_eq!(read(event.clone()).unwrap().container.as_deref(), Some("cache"));
    let reader = EventReader { ignore_containers: vec!["importer".into()], ..EventReader::default() };
    assert_eq!(reader.read(event).unwrap().container.as_deref(), Some("cache"));
}

/// One field decides; everything before it in the order of judgement has to be silent for that.
#[test]
fn the_order_of_judgement() {
    const OOM: &str = "OutOfMemoryError: Container killed due to memory usage";
    const PULL: &str = "CannotPullContainerError: toomanyrequests";
    const STUCK: &str = "CannotStopContainerError: failed sending SIGTERM to container";
    const SPOT: &str = "Your Spot Task was interrupted.";
    const SCALE: &str = "Scaling activity initiated by (deployment ecs-svc/1)";
    const WAITED: &str = "CannotStartContainerError: dependency graph: container ordering dependency [db] for target [app] has timed out.";
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
        ("TaskFailedToStart", "the instance is in DRAINING state", json!({}), Host),
        ("EssentialContainerExited", "Task stopped during instance draining", json!({ "exitCode": 1 }), Host),
        ("UserInitiated", "Task stopped during instance draining", json!({ "exitCode": 1 }), Host),
        ("UserInitiated", "draining: Task stopped during instance draining", json!({ "exitCode": 1 }), User),
        ("SpotInterruption", "Task stopped during instance draining", json!({ "exitCode": 1 }), Spot),
        (
            "EssentialContainerExited",
            "Task stopped during instance draining",
            json!({ "exitCode": 137, "reason": OOM }),
            Oom,
        ),
        ("TaskFailedToStart", PULL, json!({}), ImagePull),
        ("TaskFailedToStart", "new words", json!({}), Unknown),
        ("TaskFailedToStart", "", json!({ "reason": "new words" }), Unknown),
        ("TaskFailedToStart", "new words", json!({ "exitCode": 1 }), AppError),
        ("EssentialContainerExited", "", json!({ "exitCode": 1, "reason": "new words" }), AppError),
        ("EssentialContainerExited", "", json!({ "exitCode": 1, "reason": STUCK }), AppError),
        ("EssentialContainerExited", "", json!({ "reason": STUCK }), Platform),
        ("EssentialContainerExited", "", json!({ "reason": WAITED, "exitCode": 143 }), ContainerStart),
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
                assert!(stop.expected || stop.severity > Info, "{}", stop.summary);
                assert!(!stop.expected || stop.severity <= Warning, "{}", stop.summary);
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

#[test]
fn no_text_of_a_report_holds_a_secret_of_the_event() {
    let event = json!({
        "id": "1", "source": "aws.ecs", "detail-type": "ECS Task State Change",
        "detail": {
            "lastStatus": "STOPPED", "stopCode": "UserInitiated", "startedAt": "2026-11-19T20:38:27Z",
            "stoppedReason": "cancelled: deploy --password hunter2 postgres://web:hunter2@db/app",
            "containers": [{ "name": "app", "exitCode": 1, "reason": "CannotStartContainerError: token=hunter2" }],
        },
    });
    let report = serde_json::to_string(&read(event).unwrap()).unwrap();
    assert!(!report.contains("hunter2"), "{report}");
}

#[test]
fn the_event_can_be_left_out_of_reports_and_is_still_known_again() {
    let event = test_support::record::event("oom-killed");
    let reader = EventReader { include_event: false, ..EventReader::default() };
    let with = read(event.clone()).unwrap();
    let without = reader.read(event).unwrap();
    assert_eq!(without.key(), with.key());
    let mut expected = serde_json::to_value(&with).unwrap();
    assert!(expected.as_object_mut().unwrap().remove("event").is_some());
    assert_eq!(serde_json::to_value(&without).unwrap(), expected);
}
