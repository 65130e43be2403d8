use fake_cloud::Cloud;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::testing::{self, Keys, judged, reply, word};

const HOOK: (&str, &str) =
    ("webhook_url", "https://prod-1.westeurope.logic.azure.com:443/workflows/a/paths/invoke?sig=hunter2");

fn teams(keys: Keys<'_>) -> Destination {
    let (teams, problems) = testing::configure(DestinationKind::Teams, &[&[HOOK], keys].concat());
    assert_eq!(problems, [""; 0]);
    teams
}

fn stop(service: &str, severity: &str, category: &str) -> Value {
    json!({"ecs_event": "task_stopped", "severity": severity, "category": category, "expected": false,
        "summary": format!("Task of service {service} stopped."), "hint": "Look.", "service": service,
        "cluster": "prod", "region": "eu-west-1", "task_id": "0123abcd"})
}

fn composed(objects: &[Value]) -> Value {
    let wire: String = objects.iter().map(|object| format!("{object}\n")).collect();
    let message = message::message(wire.as_bytes());
    assert!(message.len() <= message::MAX_MESSAGE_BYTES, "{}", message.len());
    serde_json::from_str(&message).unwrap()
}

fn card(message: &Value) -> &Value {
    let attachment = &message["attachments"][0];
    assert_eq!(attachment["contentType"], "application/vnd.microsoft.card.adaptive");
    &attachment["content"]
}

/// All values under a name, from the top down.
fn all<'v>(value: &'v Value, name: &str) -> Vec<&'v str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get(name).and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(|field| all(field, name))).collect()
        }
        Value::Array(items) => items.iter().flat_map(|item| all(item, name)).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn a_stop_is_told_from_the_headline_to_the_button() {
    let mut stop = stop("web", "error", "app_error");
    for (name, value) in [
        ("container", json!("app")),
        ("exit_code", json!(1)),
        ("task_definition", json!("web:42")),
        ("container_reason", json!("it gave up")),
        ("last_lines", json!(["panic: nil", "  at main.go:7"])),
    ] {
        stop[name] = value;
    }
    let message = composed(&[stop]);
    let headline = "🔴 web in prod (eu-west-1): container app exits with 1, revision 42";
    assert_eq!((&message["type"], &message["summary"]), (&json!("message"), &json!(headline)));
    let card = card(&message);
    assert_eq!((&card["type"], &card["version"]), (&json!("AdaptiveCard"), &json!("1.4")));
    let texts = all(&card["body"], "text");
    let order = [
        headline,
        "Task of service web stopped.",
        "Look.",
        "app: ",
        "it gave up",
        "panic: nil",
        "Category: ",
    ];
    let found: Vec<usize> =
        order.iter().map(|text| texts.iter().position(|shown| shown == text).unwrap()).collect();
    assert!(found.is_sorted(), "{texts:?}");
    assert_eq!(all(&card["body"], "color"), ["Attention"]);
    assert_eq!(
        all(card, "url"),
        [
            "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/web/health?region=eu-west-1"
        ]
    );
}

#[test]
fn news_of_an_incident_is_short_and_an_end_says_why() {
    let news = |state: &str, ended_by: Value| {
        let mut news = stop("web", "error", "oom");
        news["incident"] = json!({"state": state, "count": 30, "first_at": "2026-11-19T21:13:34.795Z",
            "last_at": "2026-11-19T23:23:40Z", "revisions": ["42"], "ended_by": ended_by});
        composed(&[news])
    };
    let going_on = news("continued", Value::Null);
    let texts = all(&going_on, "text");
    assert_eq!(texts[0], "🔴 web in prod (eu-west-1): out of memory");
    assert_eq!(texts[1], "30 stops since 21:13, last 23:23 UTC (about every 4 min), revision 42");
    assert_eq!(texts[2], "Look.");
    let over = news("resolved", json!("steady_state"));
    assert!(all(&over, "text")[0].starts_with("✅ web in prod"), "{over}");
    assert!(all(&over, "text")[1].starts_with("Over, the service is steady: 30 stops"), "{over}");
}

/// What an application writes to be noticed by more people, to show a link, or to look like the product's own words.
const FORGED: &str = "<at>everyone</at> [Open in the ECS console](https://evil.example) **bold** {{DATE(2026-01-01T00:00:00Z)}} {{{TIME(2026-01-01T00:00:00Z)}}} \u{202e}\u{1b}[0m";

/// Markdown is read in a `TextBlock` and a `Fact`, so that no text of a container may get into one.
#[test]
fn nothing_an_application_writes_is_read_as_markup() {
    let mut stop = stop("web", "error", "app_error");
    for field in
        ["summary", "hint", "stopped_reason", "container_reason", "container", "service", "stop_code"]
    {
        stop[field] = FORGED.into();
    }
    stop["last_lines"] = json!([FORGED]);
    let line = json!({"class": FORGED, "container": FORGED, "line": FORGED});
    for objects in [vec![stop.clone()], vec![line.clone()], [vec![stop; 5], vec![line]].concat()] {
        let message = composed(&objects);
        let types = all(&message, "type");
        assert!(types.contains(&"TextRun"));
        for name in ["TextBlock", "FactSet", "mention", "Image", "Media"] {
            assert!(!types.contains(&name), "{name}");
        }
        assert!(!message.to_string().contains("\"entities\""));
        for text in all(&message, "text").into_iter().chain([message["summary"].as_str().unwrap()]) {
            assert!(!text.contains("{{") && !text.contains("<at"), "{text}");
            assert!(!text.chars().any(crate::printable::is_unprintable), "{text:?}");
        }
        for url in all(&message, "url") {
            assert!(url.starts_with("https://eu-west-1.console.aws.amazon.com/"), "{url}");
        }
    }
}

#[test]
fn last_lines_make_way_first() {
    let mut stop = stop("web", "error", "app_error");
    stop["last_lines"] = (0..50).map(|number| format!("{number} {}", "x".repeat(900))).collect();
    let message = composed(&vec![stop.clone(); 3]);
    let shown = |message: &Value| all(message, "fontType").len();
    assert!((1..=30).contains(&shown(&message)), "{}", shown(&message));
    assert!(all(&message, "text").iter().any(|text| text.starts_with("49 ")), "the end matters most");
    assert_eq!(all(&message, "text").iter().filter(|text| **text == "Look.").count(), 3);
    assert_eq!(shown(&composed(&[stop])), 20);
}

#[test]
fn many_stops_become_a_summary_and_lines_a_digest() {
    let mut objects = vec![stop("web", "warning", "spot"); 4];
    objects.extend([stop("shop", "error", "oom"), stop("shop", "error", "oom"), stop("web", "info", "user")]);
    objects.extend(
        (0..9).map(|number| json!({"class": "stderr", "container": "app", "line": format!("l{number}")})),
    );
    let message = composed(&objects);
    let texts = all(card(&message), "text");
    for expected in
        ["🔴 7 ECS stop events", "4 × spot", "5 × web in prod", "and 2 more", "9 × stderr", " from app", "l2"]
    {
        assert!(texts.contains(&expected), "{expected}: {texts:?}");
    }
    assert!(!texts.contains(&"l3"));
    assert_eq!(message["summary"], "🔴 7 ECS stop events 📄 9 log lines: stderr from app");
}

#[test]
fn settings_are_checked_and_the_address_is_secret() {
    for (url, expected) in [
        ("", "d.webhook_url: is missing"),
        ("http://prod-1.westeurope.logic.azure.com/x", "d.webhook_url: must be the whole https:// address"),
        ("prod-1.westeurope.logic.azure.com/x", "d.webhook_url: must be"),
    ] {
        let problems = testing::configure(DestinationKind::Teams, &[("webhook_url", url)]).1;
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
    }
    let problems = testing::configure(DestinationKind::Teams, &[HOOK, ("stop_format", "raw")]).1;
    assert_eq!(
        problems,
        ["d.stop_format: has no effect on Teams, where a stop is a message; leave d.stop_format out"]
    );
    assert!(!format!("{:?}", teams(&[])).contains("hunter2"));
}

#[test]
fn every_reply_has_its_meaning() {
    let code = |code: &str| format!(r#"{{"error":{{"code":"{code}","message":"hunter2"}}}}"#);
    for (status, body, meaning) in [
        (202, String::new(), "Delivered"),
        (200, "1".to_owned(), "Delivered"),
        (200, String::new(), "Delivered"),
        (200, "<html>".to_owned(), "NextFlush"),
        (
            200,
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429 with ContextId x".to_owned(),
            "Backoff",
        ),
        (
            200,
            "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 413 with ContextId x".to_owned(),
            "Split",
        ),
        (400, code("InvalidRequestContent"), "Rejected"),
        (400, code("TriggerInputSchemaMismatch"), "Rejected"),
        (400, code("WorkflowTriggerIsNotEnabled"), "NextFlush"),
        (400, code("MissingApiVersionParameter"), "NextFlush"),
        (401, code("DirectApiAuthorizationRequired"), "NextFlush"),
        (403, String::new(), "NextFlush"),
        (404, code("WorkflowNotFound"), "NextFlush"),
        (410, String::new(), "NextFlush"),
        (413, code("RequestEntityTooLarge"), "Split"),
        (429, code("WorkflowRunRateLimit"), "Backoff"),
        (502, code("NoResponse"), "Backoff"),
        (504, String::new(), "Backoff"),
    ] {
        let action = judged(&teams(&[]), 1, &reply(status, body.clone()));
        assert_eq!(word(&action), meaning, "{status} {body}");
        assert!(!format!("{action:?}").contains("hunter2"), "{action:?}");
    }
}

#[test]
fn a_hint_says_what_to_do_about_the_flow() {
    let said = |status, code: &str| {
        let body = format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#);
        format!("{:?}", judged(&teams(&[]), 1, &reply(status, body)))
    };
    assert!(
        said(404, "WorkflowNotFound").contains(
            "404 Not Found: WorkflowNotFound; the flow was deleted; create another for d.webhook_url"
        )
    );
    assert!(said(400, "WorkflowTriggerIsNotEnabled").contains("turned off"));
    assert!(said(401, "Unknown").contains("the signature at the end of d.webhook_url is wrong"));
    assert!(said(302, "x").contains("d.webhook_url is not the address of a flow"));
}

#[test]
fn teams_takes_what_every_known_event_becomes() {
    let cloud = Cloud::start();
    let teams = teams(&[("min_severity", "info")]);
    let path = "/workflows/a/triggers/manual/paths/invoke";
    for event in testing::events() {
        for request in testing::requests(&teams, &[event]) {
            assert_eq!(testing::post(cloud.port(), path, &request), 202);
        }
    }
    for request in testing::requests(&teams, &testing::events()) {
        assert_eq!(testing::post(cloud.port(), path, &request), 202);
    }
    cloud.assert_no_complaints();
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => ".{0,40}",
        1 => ("[&<{\"\\\\🔴a\n\u{0}]{1,8}", 1usize..2_000).prop_map(|(piece, times)| piece.repeat(times)),
    ]
}

fn any_object() -> impl Strategy<Value = Value> {
    let names = vec![
        "summary",
        "hint",
        "category",
        "service",
        "cluster",
        "task_id",
        "task_definition",
        "region",
        "stop_code",
        "stopped_reason",
        "container",
        "container_reason",
        "stopped_at",
        "severity",
        "account",
        "incident_id",
        "image",
    ];
    let fields = proptest::collection::vec((proptest::sample::select(names), any_text()), 0..12);
    let lines = proptest::collection::vec(any_text(), 0..30);
    (fields, lines, 0..4).prop_map(|(fields, last_lines, form)| {
        let mut object = match form {
            0 => json!({"class": "stderr"}),
            1 => json!({"ecs_event": "task_stopped", "last_lines": last_lines, "incident": {"state": "continued",
                "count": 7, "first_at": "2026-11-19T21:13:34Z", "last_at": "2026-11-19T23:23:40Z"}}),
            _ => json!({"ecs_event": "task_stopped", "last_lines": last_lines, "exit_code": 1}),
        };
        let line = last_lines.first().cloned().unwrap_or_default();
        object["line"] = line.into();
        fields.into_iter().for_each(|(name, text)| object[name] = text.into());
        object
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_batch_is_a_message_within_the_limit(objects in proptest::collection::vec(any_object(), 1..40)) {
        let message = composed(&objects);
        prop_assert!(!card(&message)["body"].as_array().unwrap().is_empty());
        prop_assert!(all(&message, "text").iter().all(|text| !text.is_empty()));
    }
}

#[test]
fn lines_that_came_late_stand_below_their_incident() {
    let mut late = stop("web", "error", "app_error");
    late["incident"] = json!({"state": "continued", "count": 1, "first_at": "2026-11-19T21:13:34.795Z",
        "last_at": "2026-11-19T21:13:34.795Z", "revisions": []});
    late["last_lines"] = json!(["panic: out of luck"]);
    late["update"] = true.into();
    let shows = |late: &Value| {
        all(card(&composed(std::slice::from_ref(late))), "text").contains(&"panic: out of luck")
    };
    assert!(shows(&late));
    late["update"] = false.into();
    assert!(!shows(&late), "the 3rd stop's own are not shown");
}

#[test]
fn buttons_lead_to_the_log_and_the_task() {
    let task = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/tasks/0123abcd/configuration";
    let log = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home#logsV2:log-groups/log-group/$252Fecs";
    let mut stop = stop("web", "error", "oom");
    stop["task_url"] = task.into();
    stop["logs_url"] = log.into();
    assert_eq!(all(card(&composed(&[stop.clone()])), "url"), [log, task]);
    stop["logs_url"] = "javascript:x".into();
    assert_eq!(all(card(&composed(&[stop])), "url"), [task]);
}

#[test]
fn why_there_are_no_last_lines_is_said() {
    let mut stop = stop("web", "error", "oom");
    stop["container"] = "app".into();
    stop["last_lines_missing"] = "permission".into();
    assert!(
        composed(&[stop])
            .to_string()
            .contains("No last lines: the task role is not allowed to read them (ecs:Describe")
    );
}
