use fake_cloud::Cloud;
use serde_json::{Value, json};

use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::testing::{self, Keys, batch_of, judged, reply, word};

const KEY: (&str, &str) = ("integration_key", "0123456789abcdef0123456789ABCDEF");

fn pagerduty(keys: Keys<'_>) -> Destination {
    let (pagerduty, problems) = testing::configure(DestinationKind::Pagerduty, &[&[KEY], keys].concat());
    assert_eq!(problems, [""; 0]);
    pagerduty
}

fn sent(records: &[Value]) -> Vec<Value> {
    let requests = testing::requests(&pagerduty(&[("min_severity", "info")]), records);
    requests.iter().map(|request| serde_json::from_slice(&request.body.to_bytes()).unwrap()).collect()
}

/// An object of a batch, as an incident's news would be encoded.
fn news(state: &str, count: u64) -> Value {
    json!({"ecs_event": "task_stopped", "severity": "error", "category": "app_error", "summary": "Exit 1.", "hint": "Look.",
        "service": "web", "cluster": "prod", "region": "eu-west-1", "task_id": "0123abcd", "container": "app",
        "exit_code": 1, "task_definition": "web:42", "stopped_at": "2026-11-19T23:23:40Z", "incident_id": "inc-1",
        "incident": {"state": state, "count": count, "first_at": "2026-11-19T21:13:34.795Z",
            "last_at": "2026-11-19T23:23:40Z", "revisions": ["42"]}})
}

fn composed(objects: &[Value]) -> Value {
    let wire: String = objects.iter().map(|object| format!("{object}\n")).collect();
    event::event("k", b"inc-1", event::first_run(&alert::entries(wire.as_bytes())))
}

#[test]
fn a_stop_opens_an_alert() {
    let events = sent(&[testing::event("oom-killed")]);
    assert_eq!(events.len(), 1);
    let event = &events[0];
    assert_eq!((&event["event_action"], &event["routing_key"]), (&json!("trigger"), &json!(KEY.1)));
    assert!(event["dedup_key"].as_str().unwrap().starts_with("arn:aws:ecs:"), "{event}");
    let payload = &event["payload"];
    assert_eq!(
        payload["summary"],
        "web in prod (eu-central-1): container app out of memory (exit 137), revision 42"
    );
    assert_eq!(payload["source"], "web in prod (eu-central-1)");
    assert_eq!(
        (&payload["severity"], &payload["component"], &payload["group"], &payload["class"]),
        (&json!("error"), &json!("app"), &json!("web"), &json!("oom"))
    );
    let details = &payload["custom_details"];
    assert_eq!((&details["exit_code"], &details["signal"]), (&json!(137), &json!("SIGKILL")));
    assert!(details["hint"].as_str().is_some_and(|hint| !hint.is_empty()) && details.get("event").is_none());
    assert!(payload["timestamp"].as_str().unwrap().ends_with('Z'));
    let links = event["links"].as_array().unwrap();
    assert!(
        links[0]["href"].as_str().unwrap().starts_with("https://eu-central-1.console.aws.amazon.com/ecs/")
    );
}

#[test]
fn versions_of_one_stop_are_one_alert() {
    let first = testing::event("oom-killed");
    let mut second = first.clone();
    second["id"] = "another".into();
    second["detail"]["version"] = 99.into();
    let events = sent(&[first, second, testing::event("essential-exit-137")]);
    assert_eq!(events.len(), 2, "{events:?}");
    assert_ne!(events[0]["dedup_key"], events[1]["dedup_key"]);
}

#[test]
fn an_incident_that_goes_on_is_critical_and_its_end_resolves() {
    let opened = composed(&[news("opened", 1)]);
    assert_eq!((&opened["payload"]["severity"], &opened["dedup_key"]), (&json!("error"), &json!("inc-1")));
    let continued = composed(&[news("continued", 30)]);
    assert_eq!(continued["payload"]["severity"], "critical");
    assert_eq!(
        continued["payload"]["summary"],
        "web in prod (eu-west-1): container app exits with 1: 30 stops since 21:13, last 23:23 UTC (about every 4 min), \
         revision 42"
    );
    let resolved = composed(&[news("resolved", 30)]);
    assert_eq!(resolved, json!({"routing_key": "k", "event_action": "resolve", "dedup_key": "inc-1"}));
    let mut planned = news("opened", 1);
    planned["severity"] = "info".into();
    assert_eq!(composed(&[planned])["payload"]["severity"], "info");
}

#[test]
fn what_a_batch_says_of_an_open_alert_is_one_event_with_the_last_lines() {
    let mut opened = news("opened", 1);
    opened["last_lines"] = json!(["first", "panic: \u{1b}[31mnil"]);
    let event = composed(&[opened, news("continued", 3)]);
    assert_eq!(event["payload"]["severity"], "critical");
    assert_eq!(event["payload"]["custom_details"]["last_lines"], "first\npanic:  [31mnil");
    assert_eq!(event["payload"]["custom_details"]["incident"]["count"], 3);
}

#[test]
fn an_end_is_told_after_what_it_ends() {
    let pagerduty = pagerduty(&[]);
    let mut partition = crate::encode::partition::Partitions::default();
    let target = partition.get_or_insert(b"inc-1");
    for (ordinal, state) in (0..).zip(["opened", "continued", "resolved"]) {
        let (place, ()) =
            target.write(0, |out| out.extend_from_slice(format!("{}\n", news(state, 3)).as_bytes()));
        let item = crate::encode::partition::BatchItem {
            ordinal,
            at_ms: 0,
            start: place.start,
            end: place.end,
            size: place.len(),
        };
        target.push(item);
    }
    let batch = pagerduty.pack(partition).remove(0);
    let accepted = reply(202, r#"{"status":"success","message":"Event processed","dedup_key":"inc-1"}"#);
    let action = pagerduty.classify_reply(Purpose::Deliver, &batch, &accepted);
    assert_eq!(action, ReplyAction::Partial { retry: vec![2], rejected: Vec::new() });
    let rest = batch.select(&[2]);
    let event: Value =
        serde_json::from_slice(&testing::request_of(&pagerduty, &rest).body.to_bytes()).unwrap();
    assert_eq!(event["event_action"], "resolve");
    assert_eq!(pagerduty.classify_reply(Purpose::Deliver, &rest, &accepted), ReplyAction::Delivered);
}

#[test]
fn lines_of_one_class_are_one_alert_whatever_they_call_themselves() {
    let line =
        |container: &str, log: &str| json!({"source": "stderr", "container_name": container, "log": log});
    let events = sent(&[line("/app", "it <broke>"), line("/app", "again"), line("/x", "other")]);
    assert_eq!(events.len(), 1);
    let payload = &events[0]["payload"];
    assert_eq!(events[0]["dedup_key"], "lines//stderr/");
    assert_eq!(payload["summary"], "3 log lines from 2 sources: it <broke>");
    assert_eq!(payload["custom_details"]["lines"], 3);
    assert_eq!(payload["severity"], "error");
}

#[test]
fn every_text_keeps_its_limit() {
    let long = "🔴\"".repeat(40_000);
    let mut stop = news("opened", 1);
    for field in ["summary", "hint", "service", "cluster", "container", "stopped_reason", "category", "image"]
    {
        stop[field] = long.clone().into();
    }
    stop["last_lines"] = vec![long.clone(); 100].into();
    stop["logs_url"] = format!("https://example.com/{long}").into();
    let event = composed(&[stop]);
    assert!(event.to_string().len() < 512_000, "{}", event.to_string().len());
    let summary = event["payload"]["summary"].as_str().unwrap();
    assert_eq!(summary.encode_utf16().count(), 1_024);
    assert!(event["links"].as_array().unwrap().is_empty(), "no name that may stand in an address");
}

#[test]
fn links_of_the_report_go_before_those_that_are_made_up() {
    let mut stop = news("opened", 1);
    stop["logs_url"] = "https://logs.example/x".into();
    stop["task_url"] = "javascript:alert(1)".into();
    let event = composed(&[stop]);
    assert_eq!(event["links"][0], json!({"href": "https://logs.example/x", "text": "Logs"}));
    assert!(event["links"][1]["href"].as_str().unwrap().starts_with("https://eu-west-1.console."));
}

#[test]
fn the_site_decides_the_host_and_the_key_stays_secret() {
    for (keys, url) in [
        (&[] as Keys<'_>, "https://events.pagerduty.com/v2/enqueue"),
        (&[("site", "eu")], "https://events.eu.pagerduty.com/v2/enqueue"),
        (&[("endpoint", "http://127.0.0.1:1/")], "http://127.0.0.1:1/v2/enqueue"),
    ] {
        let pagerduty = pagerduty(keys);
        assert_eq!(testing::requests(&pagerduty, &[testing::event("oom-killed")])[0].url, url);
        assert!(!format!("{pagerduty:?}").contains(KEY.1));
    }
}

#[test]
fn settings_are_checked() {
    let cases: [(Keys<'_>, &str); 5] = [
        (&[], "d.integration_key: is missing"),
        (
            &[("integration_key", "u+abcdefghijklmnopqr")],
            "d.integration_key: is not the 32 letters and digits",
        ),
        (&[KEY, ("site", "ap")], "d.site:"),
        (&[KEY, ("stop_format", "raw")], "d.stop_format: has no effect on PagerDuty"),
        (&[KEY, ("endpoint", "events.pagerduty.com")], "d.endpoint: must begin with https://"),
    ];
    for (keys, expected) in cases {
        let problems = testing::configure(DestinationKind::Pagerduty, keys).1;
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
        assert!(!problems[0].contains("u+abc"), "{problems:?}");
    }
}

#[test]
fn stops_below_the_severity_are_left_out() {
    let records = [testing::event("scale-in"), testing::event("oom-killed")];
    let filtered = |keys: Keys<'_>| -> Vec<bool> {
        let outcomes = testing::batches_of(&pagerduty(keys), &testing::chunk(&records)).1;
        outcomes.iter().map(|outcome| *outcome == Encoded::Filtered).collect()
    };
    assert_eq!(filtered(&[]), [true, false]);
    assert_eq!(filtered(&[("min_severity", "info")]), [false, false]);
}

const BAD_KEY: &str = r#"{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}"#;
const BAD_EVENT: &str = r#"{"status":"invalid event","message":"Event object is invalid","errors":["'payload.severity' is invalid: 'hunter2'"]}"#;

#[test]
fn every_reply_has_its_meaning() {
    let accepted = r#"{"status":"success","message":"Event processed","dedup_key":"x"}"#;
    for (status, body, meaning) in [
        (202, accepted, "Delivered"),
        (202, "", "Delivered"),
        (202, r#"{"status":"invalid event"}"#, "Rejected"),
        (202, "<html>", "NextFlush"),
        (200, accepted, "NextFlush"),
        (301, "", "NextFlush"),
        (400, BAD_KEY, "NextFlush"),
        (400, BAD_EVENT, "Rejected"),
        (400, "", "Rejected"),
        (401, "", "NextFlush"),
        (403, "", "NextFlush"),
        (404, "", "NextFlush"),
        (408, "", "Backoff"),
        (413, "", "Split"),
        (429, r#"{"status":"throttle exceeded"}"#, "Backoff"),
        (500, "", "Backoff"),
        (503, "", "Backoff"),
    ] {
        assert_eq!(word(&judged(&pagerduty(&[]), 1, &reply(status, body))), meaning, "{status} {body}");
    }
}

#[test]
fn a_refusal_says_what_pagerduty_said_and_nothing_of_the_record() {
    let said = |body| format!("{:?}", judged(&pagerduty(&[]), 1, &reply(400, body)));
    assert!(
        said(BAD_KEY).contains("Length of routing_key is incorrect (should be 32 characters)"),
        "{}",
        said(BAD_KEY)
    );
    assert!(
        said(BAD_KEY).contains("check that d.integration_key is the key of an Events API v2 integration")
    );
    let refused = said(BAD_EVENT);
    assert!(refused.contains("payload.severity is invalid") && !refused.contains("hunter2"), "{refused}");
}

#[test]
fn the_probe_opens_no_alert() {
    let pagerduty = pagerduty(&[]);
    let crate::destination::Endpoint::Http(probe) = pagerduty.probe().endpoint else { panic!() };
    let event: Value = serde_json::from_slice(&probe.body.to_bytes()).unwrap();
    assert_eq!(
        (&event["event_action"], &event["dedup_key"]),
        (&json!("resolve"), &json!("ecs-router-check"))
    );
}

#[test]
fn pagerduty_takes_what_every_known_event_becomes() {
    let cloud = Cloud::start();
    let pagerduty = pagerduty(&[("min_severity", "info")]);
    for event in testing::events() {
        for request in testing::requests(&pagerduty, &[event]) {
            assert_eq!(testing::post(cloud.port(), "/v2/enqueue", &request), 202);
        }
    }
    cloud.assert_no_complaints();
    assert!(batch_of(&pagerduty, &[testing::event("oom-killed")]).items.len() == 1);
}

#[test]
fn lines_that_came_late_are_told_to_the_same_alert() {
    let mut late = news("continued", 1);
    late["update"] = true.into();
    late["last_lines"] = json!(["panic: out of luck"]);
    let event = composed(&[late]);
    assert_eq!((&event["event_action"], &event["dedup_key"]), (&json!("trigger"), &json!("inc-1")));
    assert_eq!(event["payload"]["custom_details"]["last_lines"], "panic: out of luck");
    assert_eq!(event["payload"]["severity"], "error", "it happened once");
}

#[test]
fn why_there_are_no_last_lines_is_said() {
    let mut opened = news("opened", 1);
    opened["last_lines_missing"] = "timeout".into();
    let event = composed(&[opened]);
    assert_eq!(
        event["payload"]["custom_details"]["last_lines"],
        "No last lines: CloudWatch Logs did not answer in time."
    );
}

#[test]
fn links_lead_to_the_log_the_task_and_the_service() {
    let page = "https://eu-west-1.console.aws.amazon.com/x";
    let links = |changes: Value| {
        let mut opened = news("opened", 1);
        opened.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        let links = composed(&[opened])["links"].as_array().unwrap().clone();
        links.iter().map(|link| link["text"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let service = "Service in the ECS console";
    assert_eq!(
        links(json!({"logs_url": page, "task_url": page})),
        ["Logs", "Task in the ECS console", service]
    );
    assert_eq!(links(json!({})), [service]);
    assert_eq!(links(json!({"logs_url": "javascript:x", "task_url": "https://x/|<!here>"})), [service]);
}

#[test]
fn each_event_of_a_batch_has_its_headline() {
    let objects = [news("opened", 1), news("continued", 3), news("resolved", 3)];
    let wire: String = objects.iter().map(|object| format!("{object}\n")).collect();
    let headlines = event::headlines(&alert::entries(wire.as_bytes()));
    assert_eq!(headlines.len(), 2, "{headlines:?}");
    assert!(headlines[0].starts_with("web in prod (eu-west-1): container app exits with 1: 3 stops since "));
    assert!(headlines[1].contains("recovery not confirmed: 3 stops since"), "{headlines:?}");
    let line = json!({"class": "stderr", "container": "app", "line": "panic"}).to_string();
    assert!(event::headlines(&alert::entries(line.as_bytes()))[0].ends_with(": panic"));
    assert_eq!(event::headlines(&[]), [""; 0]);
}
