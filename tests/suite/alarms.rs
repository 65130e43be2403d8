//! The alarms and dashboards of `examples/alarms`: each filter finds the reports that it is for, and every field, metric,
//! dimension and label that a query names exists.
//!
//! - `filter` – a filter pattern as CloudWatch Logs reads it

mod filter;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use ecs_router::metrics::{EmfSource, FAMILIES, MetricKind, SignOff};
use ecs_router::stop;
use regex::Regex;
use serde_json::Value;
use test_support::root;

use self::filter::Filter;

fn folder() -> PathBuf {
    root().join("examples/alarms")
}

fn text(name: &str) -> String {
    let path = folder().join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All captures of an expression in a text.
fn found(pattern: &str, text: &str) -> Vec<Vec<String>> {
    let pattern = Regex::new(pattern).unwrap();
    let capture = |captures: regex::Captures<'_>| {
        let groups = captures.iter().skip(1);
        groups.map(|group| group.map_or_else(String::new, |group| group.as_str().to_owned())).collect()
    };
    pattern.captures_iter(text).map(capture).collect()
}

/// The first capture of each.
fn firsts(pattern: &str, text: &str) -> BTreeSet<String> {
    found(pattern, text).into_iter().map(|mut groups| groups.remove(0)).collect()
}

/// The reports of every known stop, as a log service gets them.
fn reports() -> Vec<Value> {
    let entries = std::fs::read_dir(root().join("tests/fixtures/events")).unwrap();
    let events = entries.map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let stops = events.filter_map(|event| stop::read(serde_json::from_str(&event).ok()?));
    let told: Vec<_> = stops.collect();
    assert!(told.len() > 100, "the events are gone");
    let again = told.iter().cloned().map(|mut stop| {
        stop.update = true;
        stop
    });
    told.iter().cloned().chain(again).map(|stop| serde_json::to_value(stop).unwrap()).collect()
}

/// A record about a router's end, of one that lost this many records.
fn exit_record(lost: u64) -> Value {
    let mut snapshot = ecs_router::metrics::Snapshot { name: "errors".into(), ..<_>::default() };
    if lost > 0 {
        snapshot.lost = vec![(ecs_router::metrics::Reason::TooOld, lost)];
    }
    let named = |text: &str| Some(text.to_owned());
    let source =
        EmfSource { cluster: named("prod"), service: named("web"), task_id: named("1"), ..<_>::default() };
    SignOff { source, destinations: vec![snapshot], ..SignOff::default() }.record()
}

#[test]
fn each_filter_finds_what_it_is_for_and_nothing_else() {
    let is = |report: &Value, key: &str, value: &str| report[key] == value;
    let is_first = |report: &Value| report.get("update").is_none();
    let wanted = |name: &str, record: &Value| match name {
        "FailedStops" => is(record, "severity", "error") && is_first(record),
        "CrashedTasks" => {
            (is(record, "severity", "error") || is(record, "category", "app_completed"))
                && is(record, "ecs_event", "task_stopped")
                && is_first(record)
                && record.get("service").is_some()
        }
        "FailedPulls" => is(record, "category", "image_pull") && is_first(record),
        "OutOfMemory" => is(record, "category", "oom") && is_first(record),
        "FailedDeployments" => is(record, "ecs_event", "deployment_failed"),
        "LostAtExit" => is(record, "router_event", "exit") && record["records_lost"] != 0,
        other => panic!("say what {other} is for"),
    };
    let mut records = reports();
    records.extend([exit_record(0), exit_record(3)]);
    let template = text("cloudwatch/template.yaml");
    let filters = found(r"(?s)\n  (\w+)Filter:\n.*?FilterPattern: '(.*?)'\n", &template);
    assert_eq!(filters.len(), 6, "{filters:?}");
    for filter in filters {
        let [name, pattern] = &*filter else { panic!("{filter:?}") };
        let parsed = Filter::parse(pattern).unwrap_or_else(|fault| panic!("{pattern}: {fault}"));
        let matching = records.iter().filter(|record| parsed.matches(record)).count();
        assert!((1..records.len() / 2).contains(&matching), "{name} finds {matching} of {}", records.len());
        for record in &records {
            assert_eq!(parsed.matches(record), wanted(name, record), "{name}: {}", record["summary"]);
        }
    }
}

/// Top-level names in reports and in the record about a router's end.
fn fields() -> BTreeSet<String> {
    let records = reports().into_iter().chain([exit_record(1)]);
    records.flat_map(|record| record.as_object().unwrap().keys().cloned().collect::<Vec<_>>()).collect()
}

/// What is in a query of NRQL and is not an attribute.
const NRQL_WORDS: [&str; 19] = [
    "SELECT",
    "FROM",
    "WHERE",
    "AND",
    "OR",
    "IS",
    "NOT",
    "NULL",
    "FACET",
    "LIMIT",
    "TIMESERIES",
    "Log",
    "count",
    "sum",
    "timestamp",
    "message",
    "route_class",
    "50",
    "in",
];

#[test]
fn every_field_that_a_query_names_is_in_a_record() {
    let fields = fields();
    let mut named = BTreeSet::new();
    for file in ["cloudwatch/template.yaml", "cloudwatch/main.tf"] {
        named.extend(firsts(r"\$\.(\w+)", &text(file)));
    }
    for file in ["datadog/main.tf", "datadog/dashboard.json"] {
        let words = firsts(r"[^\w@]@(\w+)[: \x22]", &text(file));
        assert!(words.len() > 1, "{file}");
        named.extend(words);
    }
    for file in ["newrelic/main.tf", "newrelic/dashboard.json"] {
        let queries = firsts(r#"(SELECT [^"]+)""#, &text(file));
        assert!(queries.len() >= 5, "{file}: {queries:?}");
        // Every second part is between quotation marks.
        let unquoted = queries.iter().flat_map(|query| query.split('\'').step_by(2));
        let words = unquoted.flat_map(|part| firsts(r"(\w+)", part));
        named.extend(words.filter(|word| !NRQL_WORDS.contains(&&**word)));
    }
    let insights = firsts(r"fields @timestamp, ([\w, ]+)", &text("cloudwatch/dashboard.json"));
    named.extend(insights.iter().flat_map(|names| names.trim().split(", ").map(str::to_owned)));
    let unknown: Vec<_> = named.difference(&fields).collect();
    assert!(unknown.is_empty() && named.len() >= 8, "{unknown:?} of {named:?}");
}

/// Names of metrics in the documents on file, each with its dimensions.
fn emf_metrics() -> BTreeMap<String, BTreeSet<String>> {
    let documents = std::fs::read_to_string(root().join("tests/suite/emf/documents.json")).unwrap();
    let documents: Vec<Value> = serde_json::from_str(&documents).unwrap();
    let mut metrics = BTreeMap::new();
    for document in &documents {
        let directive = &document["_aws"]["CloudWatchMetrics"][0];
        let dimensions: BTreeSet<String> =
            serde_json::from_value(directive["Dimensions"][0].clone()).unwrap();
        for metric in directive["Metrics"].as_array().unwrap() {
            metrics.insert(metric["Name"].as_str().unwrap().to_owned(), dimensions.clone());
        }
    }
    metrics
}

const GAUGES: [&str; 5] = ["OpenIncidents", "WaitingRecords", "BreakerState", "SpoolObjects", "SpoolBytes"];

#[test]
fn every_query_of_metrics_insights_asks_for_a_metric_that_there_is() {
    let emf = emf_metrics();
    let pattern = r#"SELECT (\w+)\((\w+)\) FROM SCHEMA\("([^"]+)", ([\w, ]+)\)(?: GROUP BY ([\w, ]+))?"#;
    let mut asked = 0;
    for file in ["cloudwatch/template.yaml", "cloudwatch/main.tf", "cloudwatch/dashboard.json"] {
        for query in found(pattern, &text(file).replace("\\\"", "\"")) {
            let [function, metric, namespace, dimensions, groups] = &*query else { panic!("{query:?}") };
            let set =
                |names: &str| names.split(", ").filter(|one| !one.is_empty()).map(str::to_owned).collect();
            let dimensions: BTreeSet<String> = set(dimensions);
            let groups: BTreeSet<String> = set(groups);
            let expected = match namespace.as_str() {
                "ecs_router/reports" => &["Cluster", "Service"].map(str::to_owned).into(),
                _ => emf.get(metric).unwrap_or_else(|| panic!("{file}: there is no metric {metric}")),
            };
            assert_eq!(&dimensions, expected, "{file}: {query:?}");
            assert!(groups.is_subset(&dimensions), "{file}: {query:?}");
            assert_eq!(function == "MAX", GAUGES.contains(&metric.as_str()), "{file}: {query:?}");
            asked += 1;
        }
    }
    assert!(asked >= 20, "{asked} queries");
}

/// The labels of a metric of Prometheus, and whether it only grows.
fn family(name: &str) -> (Vec<&'static str>, bool) {
    let family = FAMILIES.iter().find(|family| family.name == name);
    let family = family.unwrap_or_else(|| panic!("there is no counter {name}"));
    let own = family.labels().iter().copied();
    (own.chain(["name", "instance"]).collect(), family.kind == MetricKind::Counter)
}

/// Holds one expression against the counters.
fn check_promql(expression: &str) {
    let names = firsts(r"fluentbit_ecs_router_(\w+)", expression);
    assert!(!names.is_empty(), "{expression}");
    let grouped = found(r"by \(([\w, ]+)\)", expression).concat().join(", ");
    let matched = firsts(r#"(\w+)(?:=~|!~|=|!=)""#, expression);
    let labels = grouped.split(", ").filter(|label| !label.is_empty()).map(str::to_owned).chain(matched);
    let labels: Vec<String> = labels.collect();
    let rated = firsts(r"(?:rate|increase)\(fluentbit_ecs_router_(\w+)", expression);
    for name in names {
        let (known, is_counter) = family(&name);
        assert!(labels.iter().all(|label| known.contains(&label.as_str())), "{labels:?} in {expression}");
        assert!(is_counter == rated.contains(&name) || expression.starts_with("absent("), "{expression}");
    }
}

#[test]
fn every_rule_and_panel_asks_for_a_counter_that_there_is() {
    let rules = firsts(r"expr: '(.*)'\n", &text("prometheus/rules.yaml"));
    assert!(rules.len() >= 10, "{rules:?}");
    rules.iter().for_each(|rule| check_promql(rule));
    let dashboard: Value = serde_json::from_str(&text("grafana/dashboard.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let expressions: Vec<&str> = targets.map(|target| target["expr"].as_str().unwrap()).collect();
    assert!(expressions.len() >= 12, "{expressions:?}");
    expressions.into_iter().for_each(check_promql);
    for file in ["datadog/main.tf", "datadog/dashboard.json"] {
        let queries =
            found(r"(?:sum|max|min):ecs_router\.(\w+)(\.count)?\{([^}]*)\} by \{(\w+)\}", &text(file));
        assert!(queries.len() >= 3, "{file}");
        for query in queries {
            let [metric, count, matched, grouped] = &*query else { panic!("{query:?}") };
            let is_count = !count.is_empty();
            let (labels, is_counter) =
                family(&if is_count { format!("{metric}_total") } else { metric.clone() });
            let matched = firsts(r"!?(\w+):", matched);
            let mut named = matched.iter().chain([grouped]);
            assert!(
                is_counter == is_count && named.all(|label| labels.contains(&label.as_str())),
                "{query:?}"
            );
        }
    }
}
