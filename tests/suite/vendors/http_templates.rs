//! The configurations of docs/http.md, each received by a stand-in with the rules of its service.

use std::collections::BTreeSet;

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};

const PAGE: &str = include_str!("../../../docs/http.md");

/// A section of the page, its service at the stand-in, and whether it is for stops alone.
const RECIPES: [(&str, &str, bool); 10] = [
    ("Splunk HEC", "splunk", false),
    ("Loki and Grafana Cloud", "loki", false),
    ("OpenSearch and Elasticsearch", "bulk", false),
    ("Honeycomb", "honeycomb", false),
    ("Better Stack", "betterstack", false),
    ("Axiom", "axiom", false),
    ("Sumo Logic", "sumo", false),
    ("Opsgenie", "opsgenie", true),
    ("Google Chat", "chat", true),
    ("Discord", "discord", true),
];

/// The keys of a section's configuration, with the stand-in's address and something for each variable.
pub(crate) fn keys_of(section: &str, url: &str) -> Vec<(String, String)> {
    let text =
        PAGE.split(&format!("\n## {section}\n")).nth(1).unwrap_or_else(|| panic!("no section {section}"));
    let block = text.split("```conf\n").nth(1).unwrap().split("```").next().unwrap();
    let pair = |line: &str| {
        let (key, value) = line.trim().split_once(char::is_whitespace).unwrap();
        let value = value.trim();
        let value = match (key, value.split_once("${")) {
            ("logs.url", _) => url.to_owned(),
            (_, Some((before, _))) => format!("{before}s3cr3t"),
            (_, None) => value.to_owned(),
        };
        (key.to_owned(), value)
    };
    block.lines().map(pair).collect()
}

fn router(cloud: &Cloud, section: &str, service: &str, more: &[(&str, &str)]) -> Router {
    let keys = keys_of(section, &format!("{}/http/{service}", cloud.endpoint()));
    let keys: Vec<(&str, &str)> = keys.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let usual = [("route.default", "logs"), ("flush_timeout", "20s")];
    Router::with(usual.iter().chain(&keys).chain(more))
}

/// Everything that could break a string or a template.
pub(crate) fn evil() -> Value {
    line("web\"},{\"x\":\"", "stderr", "\"}]}\n\\ $(summary) \u{1}\u{2028} grüße {{ }} </script>")
}

#[test]
fn every_recipe_is_taken_by_its_service() {
    for (section, service, is_for_stops) in RECIPES {
        let cloud = Cloud::start();
        let router = router(&cloud, section, service, &[]);
        let records: Vec<Value> = match is_for_stops {
            true => vec![stop()],
            false => {
                vec![stop(), evil(), line("web", "stdout", ""), json!({"n": 1, "nested": {"a": [1, null]}})]
            }
        };
        assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok, "{section}");
        let taken = cloud.http().values(&format!("/http/{service}"));
        assert_eq!(taken.len(), records.len(), "{section}: {taken:?}");
        cloud.assert_no_complaints();
        router.assert_adds_up("logs");
    }
}

#[test]
fn every_section_with_a_configuration_is_tried() {
    let sections: BTreeSet<&str> =
        PAGE.split("\n## ").skip(1).filter_map(|section| section.lines().next()).collect();
    assert_eq!(sections, RECIPES.iter().map(|(section, ..)| *section).collect());
}

fn lines(count: usize) -> Chunk {
    let records: Vec<Value> = (0..count).map(|number| line("web", "stdout", &format!("n{number}"))).collect();
    Chunk::now(&records)
}

#[test]
fn what_a_success_says_of_single_records_is_heard() {
    let statuses = |statuses: &[u16]| -> Value {
        statuses.iter().map(|status| json!({"create": {"status": status}})).collect()
    };
    let cloud = Cloud::start();
    let body = json!({"errors": true, "items": statuses(&[201, 429, 400, 409])});
    cloud.script(Api::Http, [Fault::reply(200).body(body.to_string())]);
    let router = router(&cloud, "OpenSearch and Elasticsearch", "bulk", &[]);
    assert_eq!(router.bring(&lines(4)), Verdict::Ok);
    let again = cloud.http().values("/http/bulk");
    assert_eq!(again.len(), 1, "only what was busy is sent again");
    assert_eq!(again[0]["record"]["log"], "n1");
    assert_eq!(router.lost("logs", Reason::Refused), 1);
    router.assert_adds_up("logs");
}

#[test]
fn records_that_failed_without_a_name_are_counted() {
    let cloud = Cloud::start();
    let body = json!({"ingested": 2, "failed": 1, "failures": []});
    cloud.script(Api::Http, [Fault::reply(200).body(body.to_string())]);
    let router = router(&cloud, "Axiom", "axiom", &[]);
    assert_eq!(router.bring(&lines(3)), Verdict::Ok);
    assert_eq!((router.lost("logs", Reason::Refused), router.counters("logs").delivered), (1, 2));
}

#[test]
fn a_message_of_one_record_each_is_sent_one_by_one() {
    let cloud = Cloud::start();
    let router = router(&cloud, "Discord", "discord", &[("stop.once", "off")]);
    assert_eq!(router.bring(&Chunk::now(&[stop(), stop()])), Verdict::Ok);
    assert_eq!(cloud.requests().len(), 2);
    let content = cloud.http().values("/http/discord")[0]["content"].as_str().unwrap().to_owned();
    assert_eq!(content.lines().count(), 2, "{content}");
    cloud.assert_no_complaints();
}
