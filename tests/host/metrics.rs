//! The host's metrics: what is shown there, and that nobody touches them too early or too late.
//!
//! The stand-in ends the process by name when a metric or a series is made outside init, or touched after exit; so
//! every other scenario proves the same in passing.

use std::time::{SystemTime, UNIX_EPOCH};

use test_support::plugin::has_faults;

use crate::abi::VERSIONS;
use crate::harness::Host;
use crate::said::{OK, RETRY, Run};

/// Before the first is 1.9, whose instances lead to no metrics.
const WITH_METRICS: &[&str] = VERSIONS.split_at(1).1;

fn value(run: &Run, instance: usize, name: &str, labels: &str) -> i64 {
    let (name, instance) = (format!("fluentbit_ecs_router_{name}"), instance.to_string());
    let mut found = run
        .all("metric")
        .filter(|line| line.is("instance", &instance) && line.is("name", &name) && line.is("labels", labels));
    let line = found.next().unwrap_or_else(|| panic!("no {name} of {labels}\n{}", run.transcript()));
    assert!(found.next().is_none(), "{name} of {labels} twice\n{}", run.transcript());
    line.number("value")
}

#[test]
fn two_instances_show_their_own_counters_and_leave_them_alone_after_exit() {
    for version in WITH_METRICS {
        let host = Host::scenario("metrics").option("--abi", *version).option("--records", "10");
        let run = host.file_instance().file_instance().run_to_end();
        for (instance, name) in ["ecs_router.0", "ecs_router.1"].into_iter().enumerate() {
            let value =
                |family: &str, labels: &str| value(&run, instance, family, &format!("{name}{labels}"));
            assert_eq!(value("records_total", ",stderr"), 5, "{version}");
            assert_eq!(value("records_total", ",stdout"), 5);
            assert_eq!(value("records_total", ",stop"), 0, "shown before there is one");
            assert_eq!(value("chunks_total", ""), 1);
            assert_eq!(value("delivered_records_total", ",file"), 10);
            assert_eq!(value("lost_records_total", ",file,refused"), 0);
            assert!(value("delivered_bytes_total", ",file") > 1_000);
        }
    }
}

#[test]
fn metrics_are_made_once_with_their_labels_and_the_time_in_nanoseconds() {
    let run = Host::scenario("metrics").file_instance().run_to_end();
    let made = |name: &str| {
        let name = format!("fluentbit_ecs_router_{name}");
        let mut lines = run.all("made").filter(|line| line.is("name", &name));
        let line = lines.next().unwrap_or_else(|| panic!("no {name}\n{}", run.transcript()));
        assert!(lines.next().is_none(), "{name} was made twice");
        (line.text("kind").to_owned(), line.text("labels").to_owned())
    };
    let of = |kind: &str, labels: &str| (kind.to_owned(), labels.to_owned());
    assert_eq!(made("records_total"), of("counter", "name,class"));
    assert_eq!(made("repeated_stops_total"), of("counter", "name"));
    assert_eq!(made("lost_records_total"), of("counter", "name,destination,reason"));
    assert_eq!(made("breaker_state"), of("gauge", "name,destination"));
    assert_eq!(made("spool_bytes"), of("gauge", "name,destination"));
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
    run.assert_each("metric", "not of today", |line| (now - line.number("seconds")).abs() < 3_600);
}

#[test]
fn a_host_without_metrics_is_served_all_the_same() {
    let run = Host::scenario("metrics").option("--abi", "1.9").file_instance().run_to_end();
    assert_eq!(run.all("made").count() + run.all("metric").count(), 0);
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
}

/// A worker that does not end in time is left behind, and must know by itself that the metrics are gone. Only debug
/// builds can hang on demand: in the others the worker has to end like any other.
#[test]
fn a_worker_left_behind_does_not_touch_what_died_with_the_instance() {
    let keys = [
        ("route.default", "file"),
        ("file.path", "lines"),
        ("fault.hang", "worker"),
        ("flush_timeout", "100ms"),
        ("exit_timeout", "100ms"),
    ];
    let run = Host::scenario("metrics-stuck").instance(&keys).run_to_end();
    let (verdict, left_behind) = if has_faults() { (RETRY, 1) } else { (OK, 0) };
    run.assert_each("flush", "wrong verdict", |flush| flush.verdict() == verdict);
    assert!(
        run.all("threads").any(|line| line.is("at", "left-behind") && line.number("count") == left_behind)
    );
    assert!(run.all("threads").any(|line| line.is("at", "end") && line.number("count") == 0));
}
