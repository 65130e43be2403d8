//! What CloudWatch makes of a log event in the embedded metric format, written from the specification alone
//! (<https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>,
//! read 2026-11), and stricter where this project promises more: 9 dimensions, one value a metric.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One value of one metric.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Datum {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) dimensions: BTreeMap<String, String>,
    pub(super) value: f64,
}

impl Datum {
    pub(super) fn has(&self, (name, value): (&str, &str)) -> bool {
        self.dimensions.get(name).is_some_and(|found| found == value)
    }
}

/// As the specification spells them.
const UNITS: [&str; 27] = [
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
    "None",
];

const MAX_METRICS: usize = 100;
const MAX_DIMENSIONS: usize = 9;
const MAX_NAME: usize = 1_024;
const MAX_DIMENSION_NAME: usize = 250;
const MAX_DIMENSION_VALUE: usize = 1_024;

/// The values in a log event's message; what breaks a rule is told.
pub(super) fn data_of(message: &str) -> Result<Vec<Datum>, String> {
    let root: Value = serde_json::from_str(message).map_err(|error| error.to_string())?;
    let root = root.as_object().ok_or("the root is no object")?;
    let head = root.get("_aws").and_then(Value::as_object).ok_or("_aws is no object")?;
    head.get("Timestamp").and_then(Value::as_u64).ok_or("Timestamp is no whole number")?;
    let directives = list(head, "CloudWatchMetrics")?;
    let data: Result<Vec<_>, _> =
        directives.iter().map(|directive| data_of_directive(root, directive)).collect();
    Ok(data?.concat())
}

fn data_of_directive(root: &Map<String, Value>, directive: &Value) -> Result<Vec<Datum>, String> {
    let directive = directive.as_object().ok_or("a directive is no object")?;
    let namespace = text(directive, "Namespace", 1..=MAX_NAME)?;
    let sets = list(directive, "Dimensions")?;
    let metrics = list(directive, "Metrics")?;
    if sets.is_empty() || metrics.len() > MAX_METRICS {
        return Err(format!("{} dimension sets, {} metrics", sets.len(), metrics.len()));
    }
    let mut data = Vec::new();
    for set in sets {
        let dimensions = dimensions(root, set)?;
        for metric in metrics {
            let (name, value) = metric_of(root, metric)?;
            data.push(Datum { namespace: namespace.into(), name, dimensions: dimensions.clone(), value });
        }
    }
    Ok(data)
}

fn dimensions(root: &Map<String, Value>, set: &Value) -> Result<BTreeMap<String, String>, String> {
    let names = set.as_array().ok_or("a dimension set is no list")?;
    if names.len() > MAX_DIMENSIONS {
        return Err(format!("{} dimensions", names.len()));
    }
    let dimension = |name: &Value| {
        let name = name.as_str().filter(|name| (1..=MAX_DIMENSION_NAME).contains(&name.chars().count()));
        let name = name.ok_or("the name of a dimension is no text, or too long")?;
        Ok((name.to_owned(), text(root, name, 1..=MAX_DIMENSION_VALUE)?.to_owned()))
    };
    names.iter().map(dimension).collect()
}

fn metric_of(root: &Map<String, Value>, metric: &Value) -> Result<(String, f64), String> {
    let metric = metric.as_object().ok_or("a metric is no object")?;
    let name = text(metric, "Name", 1..=MAX_NAME)?;
    if metric.contains_key("Unit") && !UNITS.contains(&text(metric, "Unit", 1..=MAX_NAME)?) {
        return Err(format!("the unit of {name} does not exist"));
    }
    if metric.get("StorageResolution").is_some_and(|found| *found != 1 && *found != 60) {
        return Err(format!("the resolution of {name} does not exist"));
    }
    let value = root.get(name).and_then(Value::as_f64).ok_or_else(|| format!("{name} has no number"))?;
    Ok((name.to_owned(), value))
}

fn list<'v>(object: &'v Map<String, Value>, name: &str) -> Result<&'v Vec<Value>, String> {
    object.get(name).and_then(Value::as_array).ok_or_else(|| format!("{name} is no list"))
}

fn text<'v>(
    object: &'v Map<String, Value>,
    name: &str,
    length: std::ops::RangeInclusive<usize>,
) -> Result<&'v str, String> {
    let text = object.get(name).and_then(Value::as_str).ok_or_else(|| format!("{name} is no text"))?;
    if length.contains(&text.chars().count()) {
        Ok(text)
    } else {
        Err(format!("{name} is too long, or empty"))
    }
}
