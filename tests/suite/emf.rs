//! Metrics in CloudWatch: the documents against an independent reading of the format, and a running instance whose metrics
//! add up to what it counted.
//!
//! - `reading` – what CloudWatch would make of a log event, by the specification

mod reading;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use ecs_router::Verdict;
use ecs_router::metrics::{BreakerState, EmfScope, EmfSource, Metrics, Reason, StopSeries};
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use self::reading::{Datum, data_of};
use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::process::until;
use test_support::record::line;
use test_support::root;

/// The group and the stream of metrics.
const METRICS_GROUP: &str = "/metrics";
const METRICS_STREAM: &str = "router";

/// Metrics go to a cloud of their own, so that faults can be told apart.
fn router(cloud: &Cloud, metrics: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = metrics.endpoint();
    let keys = [
        ("metrics.emf", "on"),
        ("metrics.destination", "metrics_log"),
        ("metrics.interval", "1s"),
        ("metrics_log.type", "cloudwatch"),
        ("metrics_log.region", "us-east-1"),
        ("metrics_log.endpoint", &endpoint),
        ("metrics_log.log_group", METRICS_GROUP),
        ("metrics_log.log_stream", METRICS_STREAM),
        ("metrics_log.auto_create_group", "on"),
    ];
    Router::to(cloud, &[&keys, more].concat())
}

/// Everything that CloudWatch would make of what arrived.
fn data(metrics: &Cloud) -> Vec<Datum> {
    let messages = metrics.cloudwatch().messages(METRICS_GROUP, METRICS_STREAM);
    messages.iter().flat_map(|text| data_of(text).unwrap_or_else(|fault| panic!("{fault}: {text}"))).collect()
}

/// The sum of a metric over all documents, of those with this dimension.
fn sum(data: &[Datum], metric: &str, dimension: (&str, &str)) -> f64 {
    let is_of = |datum: &&Datum| datum.name == metric && datum.has(dimension);
    data.iter().filter(is_of).map(|datum| datum.value).sum()
}

fn count(data: &[Datum], metric: &str) -> usize {
    data.iter().filter(|datum| datum.name == metric).count()
}

/// A task of this service that ran out of memory.
fn out_of_memory(task: u32, service: &str) -> Chunk {
    Chunk::now([&stop_event(task, service)])
}

fn stop_event(task: u32, service: &str) -> Value {
    let at = jiff::Timestamp::now().to_string();
    json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("e{task}"),
        "account": "111122223333", "region": "us-east-1", "time": at, "detail": {
        "taskArn": format!("arn:aws:ecs:us-east-1:111122223333:task/prod/t{task}"), "version": 3,
        "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": format!("service:{service}"), "stopCode": "EssentialContainerExited",
        "startedAt": at, "stoppedAt": at, "containers": [{"name": "app", "exitCode": 137,
        "reason": "OutOfMemoryError: Container killed due to memory usage", "lastStatus": "STOPPED"}]}})
}

/// One of everything that documents can tell.
fn counted() -> Metrics {
    let classes = ["stop", "stderr", "stdout"].map(str::to_owned).to_vec();
    let metrics = Metrics::new(classes, ["errors", "archive", "metrics_log"].map(str::to_owned).to_vec());
    metrics.count_chunk(&[1, 20, 300], 0, 0, true);
    metrics.unvouched_events.fetch_add(2, Relaxed);
    metrics.incidents.open.store(1, Relaxed);
    let errors = metrics.destination(0);
    errors.delivered.fetch_add(18, Relaxed);
    errors.bytes.fetch_add(4_096, Relaxed);
    errors.requests.fetch_add(5, Relaxed);
    errors.retries.fetch_add(2, Relaxed);
    errors.misconfigured.fetch_add(1, Relaxed);
    errors.count_lost(Reason::TooOld, 2);
    errors.count_lost(Reason::Filtered, 1);
    errors.set_breaker(BreakerState::Open);
    errors.set_waiting(1, 7);
    metrics.destination(1).set_spool(3, 70_000);
    for (service, category, failed) in
        [("web", "oom", true), ("web", "deployment", false), ("web", "oom", true)]
    {
        let series =
            StopSeries { cluster: "prod".into(), service: service.into(), category: category.into() };
        metrics.stops.count(series, failed);
    }
    metrics
}

fn golden() -> PathBuf {
    root().join("tests/suite/emf/documents.json")
}

#[test]
fn the_documents_are_those_on_file_and_each_keeps_to_the_format() {
    let source = EmfSource {
        namespace: "ecs_router".into(),
        cluster: Some("prod".into()),
        service: Some("collector".into()),
        task_id: Some("0123456789abcdef0123456789abcdef".into()),
    };
    let scopes = [EmfScope::WithoutSpool, EmfScope::Whole, EmfScope::Hidden];
    let reading = counted().reading();
    let documents = reading.documents(&Metrics::default().reading(), &source, &scopes, 1_795_000_000_000);
    for document in &documents {
        assert!(!data_of(&document.to_string()).unwrap().is_empty(), "{document}");
    }
    let written = serde_json::to_string_pretty(&documents).unwrap() + "\n";
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(golden(), &written).unwrap();
    }
    assert_eq!(written, std::fs::read_to_string(golden()).unwrap(), "UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn what_the_reading_refuses_is_refused() {
    let good: Value = serde_json::from_str(&std::fs::read_to_string(golden()).unwrap()).unwrap();
    let directive = "/1/_aws/CloudWatchMetrics/0";
    let long: Vec<String> = (0..31).map(|nth| format!("d{nth}")).collect();
    for (place, value) in [
        ("/1/_aws/Timestamp".to_owned(), json!("now")),
        ("/1/Service".to_owned(), json!(7)),
        ("/1/Service".to_owned(), json!("x".repeat(1_025))),
        ("/1/Retries".to_owned(), json!("many")),
        (format!("{directive}/Namespace"), json!("")),
        (format!("{directive}/Dimensions/0"), json!(long)),
        (format!("{directive}/Dimensions/0/0"), json!("Nowhere")),
        (format!("{directive}/Metrics/0/Unit"), json!("Records")),
        (format!("{directive}/Metrics/0/Name"), json!("Nowhere")),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(&place).unwrap() = value;
        assert!(data_of(&bad[1].to_string()).is_err(), "{place}");
    }
    assert!(data_of(&format!("{} more", good[1])).is_err());
}

#[test]
fn the_metrics_of_a_run_add_up_to_its_counters() {
    let (cloud, metrics) = (Cloud::start(), Cloud::start());
    let router = router(&cloud, &metrics, &[]);
    let lines = [line("web", "stdout", "a"), line("web", "stderr", "b"), line("web", "stdout", "")];
    assert_eq!(router.bring(&Chunk::now(&lines)), Verdict::Ok);
    assert_eq!(router.bring(&out_of_memory(1, "web")), Verdict::Ok);
    let written =
        until(Duration::from_secs(60), || (count(&data(&metrics), "ReadRecords") > 0).then_some(()));
    written.expect("metrics within an interval");
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "c")])), Verdict::Ok);
    assert_eq!(router.bring(&out_of_memory(2, "web")), Verdict::Ok);
    assert_eq!(router.bring(&out_of_memory(2, "web")), Verdict::Ok, "the same stop again");
    router.drain();
    let data = data(&metrics);
    let of = ("Destination", "cloudwatch");
    assert_eq!(sum(&data, "ReadRecords", ("Service", "unknown")), 7.0);
    assert_eq!(sum(&data, "DeliveredRecords", of), router.counters("cloudwatch").delivered as f64);
    assert_eq!(sum(&data, "Requests", of), router.counters("cloudwatch").requests as f64);
    assert_eq!(sum(&data, "LostRecords", of), 0.0);
    assert_eq!(sum(&data, "FailedStops", ("Category", "oom")), 2.0);
    assert!(data.iter().all(|datum| datum.namespace == "ecs_router" && datum.dimensions.len() <= 3));
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["a", "b", "c"]);
    metrics.assert_no_complaints();
}

#[test]
fn metrics_are_written_when_no_chunk_comes_and_at_exit() {
    let (cloud, metrics) = (Cloud::start(), Cloud::start());
    let idle = router(&cloud, &metrics, &[]);
    let twice = || (count(&data(&metrics), "LostRecords") >= 2).then_some(());
    until(Duration::from_secs(60), twice).expect("metrics while nothing happens");
    idle.drain();
    let (cloud, metrics) = (Cloud::start(), Cloud::start());
    let short = router(&cloud, &metrics, &[("metrics.interval", "1h")]);
    assert_eq!(short.bring(&Chunk::now(&[line("web", "stdout", "a")])), Verdict::Ok);
    short.drain();
    assert_eq!(sum(&data(&metrics), "DeliveredRecords", ("Destination", "cloudwatch")), 1.0);
}

#[test]
fn what_could_not_be_written_is_written_later_and_once() {
    let (cloud, metrics) = (Cloud::start(), Cloud::start());
    metrics.cloudwatch().create_stream(METRICS_GROUP, METRICS_STREAM);
    metrics.script(Api::PutLogEvents, std::iter::repeat_n(Fault::reply(500), 4));
    let router = router(&cloud, &metrics, &[("flush_timeout", "2s")]);
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "a")])), Verdict::Ok);
    std::thread::sleep(Duration::from_millis(1_500));
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "b")])), Verdict::Ok);
    let all_there = || {
        let delivered = sum(&data(&metrics), "DeliveredRecords", ("Destination", "cloudwatch"));
        (delivered >= 2.0).then_some(())
    };
    until(Duration::from_secs(60), all_there).expect("metrics after the outage");
    router.drain();
    assert!(metrics.attempts(Api::PutLogEvents) > 4);
    assert_eq!(sum(&data(&metrics), "DeliveredRecords", ("Destination", "cloudwatch")), 2.0);
}

#[test]
fn metrics_that_hang_hold_up_no_record_and_no_exit() {
    let (cloud, metrics) = (Cloud::start(), Cloud::start());
    metrics.script(Api::PutLogEvents, std::iter::repeat_n(Fault::hang(), 8));
    let router = router(&cloud, &metrics, &[("exit_timeout", "500ms")]);
    let attempted = || (metrics.attempts(Api::PutLogEvents) > 0).then_some(());
    until(Duration::from_secs(60), attempted).expect("metrics on their way");
    let (verdict, time) = router.timed(&Chunk::now(&[line("web", "stdout", "a")]));
    assert_eq!(verdict, Verdict::Ok);
    assert!(time < Duration::from_secs(10), "{time:?}");
    let start = Instant::now();
    router.drain();
    assert!(start.elapsed() < Duration::from_millis(4_500), "{:?}", start.elapsed());
    assert!(router.lost("metrics_log", Reason::BestEffort) > 0, "what was not written is counted");
}

#[test]
fn a_stop_in_a_chunk_that_comes_again_is_counted_once() {
    let (cloud, metrics) = (Cloud::start(), Cloud::start());
    cloud.cloudwatch().create_stream(GROUP, "unknown");
    cloud.script(Api::PutLogEvents, std::iter::repeat_n(Fault::reply(500), 6));
    let router = router(&cloud, &metrics, &[("flush_timeout", "2s")]);
    let flushes = router.bring_until_ok(&out_of_memory(7, "web"), 20);
    assert!(flushes > 1, "no retry was needed");
    router.drain();
    assert_eq!(sum(&data(&metrics), "Stops", ("Service", "web")), 1.0);
}

/// CloudWatch bills each combination of dimensions as a metric of its own.
#[test]
fn ten_thousand_services_make_no_more_metrics_than_the_limit_and_none_is_missing_in_the_sum() {
    const SERVICES: u32 = 10_000;
    const LIMIT: usize = 50;
    let (cloud, metrics) = (Cloud::start(), Cloud::start());
    let keys = [
        ("metrics.max_services", "50"),
        ("route.stop", "drop"),
        ("metrics.interval", "1h"),
        ("incident", "off"),
    ];
    let router = router(&cloud, &metrics, &keys);
    for first in (0..SERVICES).step_by(500) {
        let events = (first..first + 500).map(|nth| stop_event(nth, &format!("service-{nth}")));
        assert_eq!(router.bring(&Chunk::now(&events.collect::<Vec<_>>())), Verdict::Ok);
    }
    router.drain();
    let data = data(&metrics);
    let of_stops = data.iter().filter(|datum| datum.name == "Stops");
    let names: BTreeSet<_> = of_stops.clone().map(|datum| &datum.dimensions).collect();
    let services: BTreeSet<_> = names.iter().filter_map(|one| one.get("Service")).collect();
    assert_eq!(services.len(), LIMIT + 1, "those of their own, and all others");
    let by_service = of_stops.filter(|datum| datum.dimensions.contains_key("Service"));
    assert_eq!(by_service.map(|datum| datum.value).sum::<f64>(), f64::from(SERVICES));
    assert!(names.len() <= 2 * (LIMIT + 1), "{}", names.len());
    metrics.assert_no_complaints();
}
