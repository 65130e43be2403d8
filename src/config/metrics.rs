//! The keys about metrics in CloudWatch: where they go, under which namespace, and how often.

use std::time::Duration;

use super::reader::KeyReader;

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

impl EmfSettings {
    pub(super) fn read(reader: &KeyReader<'_>, destination: usize) -> Self {
        let interval = reader.duration("metrics.interval");
        if interval < MIN_INTERVAL {
            let what = "is shorter than 1s; write 1s or more, for example 1m";
            reader.problem("metrics.interval", what.to_owned());
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
    reader.problem("metrics.namespace", fault.to_owned());
    text
}
