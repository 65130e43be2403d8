use super::*;
use crate::metrics::{BreakerState, Reason};

fn metrics() -> Metrics {
    let classes = ["stop", "stop", "stderr"].map(str::to_owned).to_vec();
    Metrics::new(classes, vec!["errors".to_owned(), "lines".to_owned()])
        .with_redaction_rules(vec!["email".to_owned(), "card".to_owned()])
}

/// As Prometheus would write it.
fn text(metrics: &Metrics) -> Vec<String> {
    let mut lines = Vec::new();
    for family in &FAMILIES {
        family.for_each_series(metrics, &mut |values, number| {
            assert_eq!(values.len(), family.labels().len(), "{}", family.name);
            let labels: Vec<_> =
                family.labels().iter().zip(values).map(|(name, value)| format!("{name}={value}")).collect();
            lines.push(format!("{}{{{}}} {number}", family.name, labels.join(",")));
        });
    }
    lines
}

#[test]
fn every_number_stands_under_its_labels() {
    let metrics = metrics();
    metrics.count_chunk(&[1, 2, 5], 0, 0, false);
    metrics.destination(1).count_lost(Reason::Refused, 3);
    metrics.count_redacted(&[4, 0]);
    metrics.destination(0).set_breaker(BreakerState::HalfOpen);
    metrics.destination(1).set_spool(4, 500);
    let text = text(&metrics);
    for line in [
        "records_total{class=stop} 3",
        "records_total{class=stderr} 5",
        "chunks_total{} 1",
        "redacted_values_total{rule=email} 4",
        "redacted_values_total{rule=card} 0",
        "lost_records_total{destination=lines,reason=refused} 3",
        "lost_records_total{destination=errors,reason=refused} 0",
        "breaker_state{destination=errors} 1",
        "breaker_state{destination=lines} 0",
        "spool_bytes{destination=lines} 500",
        "spool_objects{destination=lines} 4",
    ] {
        assert_eq!(text.iter().filter(|found| *found == line).count(), 1, "{line} in {text:#?}");
    }
}

#[test]
fn the_series_are_the_same_whatever_was_counted() {
    let without_numbers = |metrics: &Metrics| -> Vec<String> {
        text(metrics).iter().map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    let metrics = metrics();
    let before = without_numbers(&metrics);
    metrics.count_chunk(&[1, 2, 5], 1, 1, true);
    metrics.destination(0).count_lost(Reason::Empty, 3);
    assert_eq!(without_numbers(&metrics), before);
}

#[test]
fn names_keep_to_the_conventions() {
    for family in &FAMILIES {
        let word = |c: char| c.is_ascii_lowercase() || c == '_';
        assert!(family.name.chars().all(word), "{}", family.name);
        assert_eq!(family.kind == MetricKind::Counter, family.name.ends_with("_total"), "{}", family.name);
        assert!(family.help.ends_with('.'), "{}", family.name);
    }
}
