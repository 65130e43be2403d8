//! The keys about metrics in CloudWatch: where they go, under which namespace, and how often.

use std::time::Duration;

use super::keys::DestinationKind;
use super::reader::KeyReader;
use super::routes::{self, DestinationSettings};

/// How the counters become metrics in CloudWatch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmfSettings {
    /// The position of the destination that takes them, and nothing else.
    pub destination: usize,
    /// Namespace of the metrics.
    pub namespace: String,
    /// How often they are written.
    pub interval: Duration,
    /// How many services get metrics of their own about stops.
    pub max_services: usize,
}

/// CloudWatch keeps no finer resolution than this.
const MIN_INTERVAL: Duration = Duration::from_secs(1);

/// The longest namespace, in characters
/// (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html>, read 2026-11).
const MAX_NAMESPACE_CHARS: usize = 255;

/// What keeps a metric from being one, in the keys of the destination that takes metrics.
const NOT_FOR_METRICS: [&str; 3] = ["log_key", "include", "exclude"];

/// Reads `metrics.emf` and what belongs to it.
pub(super) fn read(
    reader: &KeyReader<'_>,
    destinations: &mut Vec<DestinationSettings>,
    is_routed: impl Fn(usize) -> bool,
) -> Option<EmfSettings> {
    let key = "metrics.destination";
    if !reader.flag("metrics.emf") {
        if reader.written(key).is_some() && reader.written("metrics.emf").is_none() {
            reader.problem(key, "has no effect unless metrics.emf is on; write: metrics.emf on");
        }
        return None;
    }
    let name = Some(reader.required(key)).filter(|name| !name.is_empty())?;
    let index = routes::destination_index(reader, key, &name, destinations)?;
    if is_routed(index) {
        let what = format!(
            "'{name}' is on a route too, and its counters would count metrics as records; name a destination of its own"
        );
        reader.problem(key, what);
    }
    check_metrics_destination(reader, destinations.get(index)?);
    Some(EmfSettings::read(reader, index))
}

fn check_metrics_destination(reader: &KeyReader<'_>, named: &DestinationSettings) {
    let DestinationSettings { name, kind } = named;
    if *kind != DestinationKind::Cloudwatch {
        let what = format!(
            "'{name}' is of type {}, but only CloudWatch makes metrics of log events; write {name}.type cloudwatch",
            kind.name()
        );
        return reader.problem("metrics.destination", what);
    }
    let reader = reader.for_destination(name, *kind);
    for key in NOT_FOR_METRICS.into_iter().filter(|key| reader.written(key).is_some()) {
        reader.problem(key, "would take metrics apart; leave it out where metrics go");
    }
    if reader.choice("log_group_class") == Some("INFREQUENT_ACCESS") {
        let what = "is a class of which CloudWatch reads no metrics; leave it out where metrics go";
        reader.problem("log_group_class", what);
    }
}

impl EmfSettings {
    fn read(reader: &KeyReader<'_>, destination: usize) -> Self {
        let interval = reader.duration("metrics.interval");
        if interval < MIN_INTERVAL {
            let what = "is shorter than 1s; write 1s or more, for example 1m";
            reader.problem("metrics.interval", what);
        }
        Self {
            destination,
            namespace: namespace(reader),
            interval: interval.max(MIN_INTERVAL),
            max_services: usize::try_from(reader.number("metrics.max_services")).unwrap_or(usize::MAX),
        }
    }
}

fn namespace(reader: &KeyReader<'_>) -> String {
    let text = reader.text("metrics.namespace").unwrap_or_default();
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || " .-_/#:".contains(c);
    let fault = if text.chars().count() > MAX_NAMESPACE_CHARS {
        "is longer than 255 characters; choose a shorter name"
    } else if !text.chars().all(is_allowed) || text.starts_with(':') {
        "is not a namespace of CloudWatch; use letters, digits, spaces and . - _ / # : (not first)"
    } else if text.starts_with("AWS/") {
        "begins with AWS/, which is for services of AWS; choose another name"
    } else {
        return text;
    };
    reader.problem("metrics.namespace", fault);
    text
}
