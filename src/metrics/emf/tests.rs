use super::*;
use crate::metrics::Reason;

fn metrics() -> Metrics {
    let names = ["errors", "archive", "metrics_log"].map(str::to_owned).to_vec();
    Metrics::new(vec!["stop".into(), "stderr".into()], names)
}

const SCOPES: [EmfScope; 3] = [EmfScope::WithoutSpool, EmfScope::Whole, EmfScope::Hidden];

fn source() -> EmfSource {
    EmfSource {
        namespace: "ecs_router".into(),
        cluster: Some("prod".into()),
        service: Some("web".into()),
        task_id: Some("0123".into()),
    }
}

fn documents(now: &MetricsReading, before: &MetricsReading) -> Vec<Value> {
    now.documents(before, &source(), &SCOPES, 1_795_000_000_000)
}

/// The document about this destination.
fn about<'d>(documents: &'d [Value], destination: &str) -> &'d Value {
    documents.iter().find(|document| document["Destination"] == destination).unwrap()
}

fn series(service: &str) -> StopSeries {
    StopSeries { cluster: "prod".into(), service: service.into(), category: "oom".into() }
}

#[test]
fn values_are_what_was_counted_since_and_gauges_what_they_are() {
    let metrics = metrics();
    let start = metrics.reading();
    metrics.count_chunk(&[1, 4], 0, 0, true);
    metrics.destination(0).delivered.fetch_add(5, Relaxed);
    metrics.destination(1).set_spool(2, 700);
    let then = metrics.reading();
    metrics.count_chunk(&[0, 3], 0, 0, false);
    metrics.destination(0).delivered.fetch_add(2, Relaxed);
    let now = metrics.reading();
    let first = documents(&then, &start);
    assert_eq!((&first[0]["ReadRecords"], &first[0]["MalformedChunks"]), (&5.into(), &1.into()));
    assert_eq!(about(&first, "errors")["DeliveredRecords"], 5);
    assert_eq!(about(&first, "archive")["SpoolBytes"], 700);
    let second = documents(&now, &then);
    assert_eq!((&second[0]["ReadRecords"], &second[0]["MalformedChunks"]), (&3.into(), &0.into()));
    assert_eq!(about(&second, "errors")["DeliveredRecords"], 2);
    assert_eq!(about(&second, "archive")["SpoolBytes"], 700);
}

#[test]
fn lost_is_what_is_missing_somewhere_and_each_reason_is_told() {
    let metrics = metrics();
    let start = metrics.reading();
    metrics.destination(0).count_lost(Reason::TooOld, 2);
    metrics.destination(0).count_lost(Reason::Filtered, 7);
    let documents = documents(&metrics.reading(), &start);
    let errors = about(&documents, "errors");
    assert_eq!(errors["LostRecords"], 2);
    assert_eq!(errors["lost"], json!({"too_old": 2, "filtered": 7}));
    assert!(about(&documents, "archive").get("lost").is_none());
}

#[test]
fn only_stops_that_happened_have_a_document() {
    let metrics = metrics();
    metrics.stops.count(series("web"), true);
    let then = metrics.reading();
    metrics.stops.count(series("web"), false);
    metrics.stops.count(series("api"), true);
    metrics.stops.count(series("web"), true);
    let documents = documents(&metrics.reading(), &then);
    let stops = documents.iter().filter(|document| document.get("Stops").is_some());
    let stops: Vec<_> =
        stops.map(|one| json!([one["Service"], one["Category"], one["Stops"], one["FailedStops"]])).collect();
    assert_eq!(stops, [json!(["api", "oom", 1, 1]), json!(["web", "oom", 2, 1])]);
}

#[test]
fn a_destination_shows_its_spool_only_if_it_has_one_and_that_of_metrics_nothing() {
    let now = metrics().reading();
    let documents = documents(&now, &now);
    assert!(about(&documents, "errors").get("SpoolBytes").is_none());
    assert_eq!(about(&documents, "archive")["SpoolBytes"], 0);
    assert_eq!(documents.len(), 3, "the router, and two destinations");
}

#[test]
fn a_dimension_has_a_value_that_cloudwatch_takes() {
    for (text, value) in [
        ("web", "web"),
        ("", "unknown"),
        (" :web ", "web"),
        ("naïve\nservice", "na_ve_service"),
        ("::", "unknown"),
        ("family:web", "family:web"),
    ] {
        assert_eq!(dimension(text), value, "{text:?}");
    }
    assert_eq!(dimension(&"x".repeat(5_000)).len(), 255);
}
