use fake_cloud::Cloud;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::alert::stop::StopFields;
use crate::destination::{RetryTiming, testing};
use crate::stop::Severity;

const HOOK: (&str, &str) = ("webhook_url", "https://hooks.slack.com/services/T0/B0/secret");

fn slack(keys: &[(&str, &str)]) -> Destination {
    let (slack, problems) = testing::configure(DestinationKind::Slack, &[&[HOOK], keys].concat());
    assert_eq!(problems, [""; 0]);
    slack
}

fn message(records: &[Value]) -> Value {
    let requests = testing::requests(&slack(&[("min_severity", "info")]), records);
    assert_eq!(requests.len(), 1);
    serde_json::from_slice(&requests[0].body.to_bytes()).unwrap()
}

fn stop(service: &str, severity: &str, category: &str) -> Value {
    json!({"ecs_event": "task_stopped", "severity": severity, "category": category, "expected": false,
        "summary": format!("Task of service {service} stopped."), "hint": "Look.", "service": service,
        "cluster": "prod", "region": "eu-west-1", "task_id": "0123abcd"})
}

fn composed(objects: &[Value]) -> Value {
    let wire: String = objects.iter().map(|object| format!("{object}\n")).collect();
    request::message(wire.as_bytes())
}

fn kinds(message: &Value) -> Vec<&str> {
    message["blocks"].as_array().unwrap().iter().map(|block| block["type"].as_str().unwrap()).collect()
}

/// Texts of all blocks, each with its limit.
fn texts(message: &Value) -> Vec<(String, usize)> {
    let text = |value: &Value| value["text"].as_str().unwrap().to_owned();
    let mut texts = vec![(text(message), 40_000)];
    for block in message["blocks"].as_array().unwrap() {
        match block["type"].as_str().unwrap() {
            "header" => texts.push((text(&block["text"]), 150)),
            "context" => texts.push((text(&block["elements"][0]), 2_000)),
            "section" if block.get("fields").is_some() => {
                let fields = block["fields"].as_array().unwrap();
                assert!((1..=10).contains(&fields.len()));
                texts.extend(fields.iter().map(|field| (text(field), 2_000)));
            }
            "section" => texts.push((text(&block["text"]), 3_000)),
            "divider" => {}
            other => panic!("{other}"),
        }
    }
    texts
}

fn assert_within_limits(message: &Value) {
    assert!(message["blocks"].as_array().unwrap().len() <= 50);
    for (text, limit) in texts(message) {
        let length = text.encode_utf16().count();
        assert!((1..=limit).contains(&length), "{length} of {limit}: {text}");
    }
}

#[test]
fn the_webhook_is_a_secret_https_address() {
    for (url, expected) in [
        ("", "d.webhook_url: is missing"),
        ("http://hooks.slack.com/services/x", "d.webhook_url: must be the https:// address"),
        ("http://127.0.0.1.evil.example/x", "d.webhook_url: must be"),
        ("hooks.slack.com/services/x", "d.webhook_url: must be"),
        ("https:///services/x", "d.webhook_url: must be"),
    ] {
        let (_, problems) = testing::configure(DestinationKind::Slack, &[("webhook_url", url)]);
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{url}: {problems:?}");
        assert!(url.is_empty() || !problems[0].contains(url), "a secret is shown");
    }
    assert!(!format!("{:?}", slack(&[])).contains("hooks.slack.com"));
    assert_eq!(
        testing::configure(DestinationKind::Slack, &[("webhook_url", "http://127.0.0.1:9/services/x")]).1,
        [""; 0]
    );
}

#[test]
fn other_keys_are_checked_and_have_their_own_defaults() {
    let (_, problems) = testing::configure(
        DestinationKind::Slack,
        &[HOOK, ("min_severity", "fatal"), ("stop_format", "raw")],
    );
    assert_eq!(
        problems,
        [
            "d.stop_format: has no effect on Slack, where a stop is a message; leave d.stop_format out",
            "d.min_severity: 'fatal' is not one of info, warning, error; for example: d.min_severity error",
        ]
    );
    assert!(!slack(&[]).common.required);
    assert!(slack(&[("required", "on")]).common.required);
    let one_a_second = slack(&[]).network.clone().unwrap();
    assert_eq!((one_a_second.min_interval, one_a_second.concurrency), (Some(MIN_REQUEST_INTERVAL), 1));
}

#[test]
fn only_slacks_ok_is_delivery() {
    for (status, body, expected) in [
        (200, "ok", "Delivered"),
        (200, "ok\n", "Delivered"),
        (200, "", "Backoff"),
        (200, "<html>", "NextFlush"),
        (408, "", "Backoff"),
        (429, "rate_limited", "Backoff"),
        (500, "rollup_error", "Backoff"),
        (503, "", "Backoff"),
        (302, "", "NextFlush"),
        (400, "invalid_blocks", "Rejected"),
        (400, "<html>", "NextFlush"),
        (403, "action_prohibited", "NextFlush"),
        (400, "action_prohibited", "NextFlush"),
        (400, "posting_to_general_channel_denied", "NextFlush"),
        (400, "user_not_found", "NextFlush"),
        (404, "no_service", "NextFlush"),
        (405, "", "NextFlush"),
        (410, "channel_is_archived", "NextFlush"),
        (413, "", "Split"),
        (400, "msg_too_long", "Split"),
        (400, "msg_blocks_too_long", "Split"),
        (418, "", "Rejected"),
    ] {
        let action = testing::judged(&slack(&[]), 2, &testing::reply(status, body));
        assert_eq!(testing::word(&action), expected, "{status} {body}");
    }
}

#[test]
fn a_refusal_names_the_error_and_the_key_to_look_at() {
    let reason = |status, body: &str| match testing::judged(
        &slack(&[]),
        1,
        &testing::reply(status, body.to_owned()),
    ) {
        ReplyAction::Rejected { reason } | ReplyAction::Retry { timing: RetryTiming::NextFlush, reason } => {
            reason
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(
        reason(404, "no_service"),
        "Slack answered 404 no_service; the webhook was disabled or deleted; create another for d.webhook_url"
    );
    assert!(reason(403, "action_prohibited").contains("does not allow d.webhook_url to post"));
    assert!(reason(403, "invalid_token").contains("copy it again"), "no permission helps");
    assert!(reason(400, "user_not_found").contains("create another for d.webhook_url"));
    assert!(reason(410, "channel_is_archived").contains("the channel is archived"));
    assert!(reason(400, "Bad & long").starts_with("Slack answered 400 without a reason"));
    assert!(reason(302, "").contains("d.webhook_url"));
}

#[test]
fn stops_below_the_severity_are_left_out() {
    let records = [testing::event("scale-in"), testing::event("oom-killed"), json!({"log": "a line"})];
    let skipped = |keys: &[(&str, &str)]| -> Vec<bool> {
        let outcomes = testing::batches_of(&slack(keys), &testing::chunk(&records)).1;
        outcomes.iter().map(|outcome| *outcome == Encoded::Filtered).collect()
    };
    assert_eq!(skipped(&[]), [true, false, false]);
    assert_eq!(skipped(&[("min_severity", "info")]), [false; 3]);
    assert_eq!(skipped(&[("min_severity", "error")]), [true, false, false]);
}

#[test]
fn one_stop_becomes_a_report() {
    let message = message(&[testing::event("oom-killed")]);
    assert_eq!(kinds(&message), ["header", "section", "section", "context", "section", "context"]);
    let blocks = &message["blocks"];
    assert_eq!(
        blocks[0]["text"]["text"],
        "🔴 web in prod (eu-central-1): container app out of memory (exit 137), revision 42"
    );
    let facts: Vec<_> =
        blocks[4]["fields"].as_array().unwrap().iter().map(|field| field["text"].as_str().unwrap()).collect();
    assert!(facts.contains(&"*Category*\noom") && facts.contains(&"*Exit code*\n137 (SIGKILL)"), "{facts:?}");
    assert!(facts.iter().any(|fact| fact.starts_with("*Task definition*\nweb:")), "{facts:?}");
    assert!(blocks[2]["text"]["text"].as_str().unwrap().starts_with("*app:* OutOfMemoryError"), "{blocks}");
    assert_eq!(
        blocks[3]["elements"][0]["text"],
        "No last lines: set stop.fetch_logs on to read them, or run a router in the task."
    );
    assert!(blocks[5]["elements"][0]["text"].as_str().unwrap().contains("|Open in the ECS console>"));
    assert!(message["text"].as_str().unwrap().starts_with("🔴 web in prod "), "{message}");
}

#[test]
fn the_first_reason_that_tells_something_is_shown_as_whose_it_is() {
    let mut stop = stop("web", "error", "storage");
    stop["container"] = "app".into();
    stop["stopped_reason"] = "Task failed to start".into();
    stop["attachment_reason"] = "EBS: no such volume".into();
    let shown = |stop: &Value| composed(std::slice::from_ref(stop))["blocks"][2]["text"]["text"].clone();
    assert_eq!(shown(&stop), "EBS: no such volume");
    stop["stopped_reason"] = "Task stopped by a person".into();
    assert_eq!(shown(&stop), "Task stopped by a person", "it is the task's, not the container's");
    stop["container_reason"] = "CannotPull".into();
    assert_eq!(shown(&stop), "*app:* CannotPull");
}

#[test]
fn the_containers_of_a_task_are_one_line() {
    let mut event = testing::event("oom-killed");
    event["detail"]["containers"] = json!([{"name": "app", "exitCode": 137, "reason": "OutOfMemoryError: killed"},
        {"name": "envoy", "exitCode": 0}, {"name": "init"}]);
    let message = message(&[event]);
    assert!(
        message.to_string().contains("*Containers*\\napp exit 137, envoy exit 0, init without an exit code"),
        "{message}"
    );
}

#[test]
fn a_harmless_stop_that_repeats_passes_for_an_error() {
    let mut stop = stop("web", "warning", "app_completed");
    stop["incident"] = json!({"state": "continued", "escalated": true});
    assert_eq!(StopFields::new(stop.as_object().unwrap().clone()).severity(), Severity::Error);
}

#[test]
fn last_lines_are_a_code_block_that_keeps_the_end() {
    let mut stop = stop("web", "error", "app_error");
    stop["last_lines"] = json!(["```rm <x> & y```", ""]);
    let code = |stop: &Value| composed(std::slice::from_ref(stop))["blocks"][2]["text"]["text"].clone();
    assert_eq!(code(&stop), "```\n'''rm &lt;x&gt; &amp; y'''\n\n```");
    stop["last_lines"] = (0..100).map(|line| format!("line {line} {}", "x".repeat(100))).collect();
    let text = code(&stop);
    assert!(text.as_str().unwrap().contains("line 99 ") && !text.as_str().unwrap().contains("line 0 "));
}

#[test]
fn links_lead_to_the_task_and_its_log() {
    let task = "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/tasks/0123abcd/configuration";
    let log = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home#logsV2:log-groups/log-group/$252Fecs";
    let service =
        "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/services/web/health?region=eu-west-1";
    let footer = |changes: Value| {
        let mut stop = stop("web", "error", "oom");
        stop.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        composed(&[stop])["blocks"].as_array().unwrap().last().unwrap()["elements"][0]["text"].to_string()
    };
    let both = footer(json!({"task_url": task, "logs_url": log}));
    assert!(both.contains(&format!("<{task}|Open in the ECS console> · <{log}|Logs>")), "{both}");
    let none = footer(json!({}));
    assert!(
        none.contains(&format!("<{service}|Open in the ECS console>")) && !none.contains("|Logs>"),
        "{none}"
    );
    for bad in ["https://x/|<!channel>", "javascript:x", &format!("https://{}", "x".repeat(1_100))] {
        let text = footer(json!({"logs_url": bad, "task_url": bad}));
        assert!(!text.contains("|Logs>") && text.contains(service), "{text}");
    }
    assert!(
        !footer(json!({"cluster": "prod|<!channel>"})).contains("|Open"),
        "it would stand in markup unescaped"
    );
}

#[test]
fn what_keeps_last_lines_away_is_said() {
    let said = |why: Value| {
        let mut stop = stop("web", "error", "oom");
        stop["container"] = "app".into();
        stop["last_lines_missing"] = why;
        composed(&[stop]).to_string()
    };
    assert!(
        said(json!("permission"))
            .contains("No last lines: the task role is not allowed to read them (ecs:DescribeTaskDefinition")
    );
    assert!(said(json!("timeout")).contains("No last lines: CloudWatch Logs did not answer in time."));
    assert!(
        said(Value::Null)
            .contains("No last lines: set stop.fetch_logs on to read them, or run a router in the task.")
    );
    let mut exit = stop("web", "error", "oom");
    exit["container"] = "app".into();
    exit["ecs_event"] = "container_exited".into();
    assert!(composed(&[exit]).to_string().contains("No last lines: the router heard none."));
}

#[test]
fn text_is_escaped_and_clipped_between_characters() {
    assert_eq!(blocks::escaped("a < b & c > d", 100), "a &lt; b &amp; c &gt; d");
    assert_eq!(blocks::escaped("abcdef", 6), "abcdef");
    assert_eq!(blocks::escaped("abcdefg", 6), "abcde…");
    assert_eq!(blocks::escaped("abc&&&", 10), "abc&amp;…", "an entity is whole or not there");
    assert_eq!(blocks::escaped("🔴🔴🔴", 5), "🔴🔴…", "an emoji counts twice");
}

/// What an application writes to be noticed by more people, to show a page, or to look like the product's own words.
const FORGED: &str = "<!channel> <@U123> <https://evil.example|Open in the ECS console> @here https://evil.example/x.png \u{202e}\u{9b}31m\u{1b}[0m";

/// All objects of a type, wherever they are.
fn of_type<'v>(value: &'v Value, kind: &str) -> Vec<&'v Value> {
    let inside = match value {
        Value::Array(items) => items.iter().flat_map(|item| of_type(item, kind)).collect(),
        Value::Object(fields) => fields.values().flat_map(|field| of_type(field, kind)).collect(),
        _ => Vec::new(),
    };
    let own = Some(value).filter(|value| value["type"] == kind);
    own.into_iter().chain(inside).collect()
}

#[test]
fn nothing_an_application_writes_mentions_links_or_unfolds() {
    let mut stop = stop("web", "error", "app_error");
    for field in
        ["summary", "hint", "stopped_reason", "container_reason", "container", "service", "stop_code"]
    {
        stop[field] = FORGED.into();
    }
    stop["last_lines"] = json!([FORGED]);
    let line = json!({"class": FORGED, "container": FORGED, "line": FORGED});
    let many = [vec![stop.clone(); 5], vec![line.clone()]].concat();
    for message in [composed(&[stop]), composed(&[line]), composed(&many)] {
        assert_eq!((&message["unfurl_links"], &message["unfurl_media"]), (&json!(false), &json!(false)));
        let markup = of_type(&message, "mrkdwn");
        assert!(!markup.is_empty());
        for text in markup {
            assert_eq!(text["verbatim"], true, "{text}");
            let shown = text["text"].as_str().unwrap().replace("|Open in the ECS console>", "");
            assert!(
                !shown.contains("<!") && !shown.contains("<@") && !shown.contains("<https://evil"),
                "{shown}"
            );
        }
        let fallback = message["text"].as_str().unwrap();
        assert!(!fallback.contains(['<', '>']), "{fallback}");
        for (text, _) in texts(&message) {
            assert!(!text.chars().any(|c| c != '\n' && crate::printable::is_unprintable(c)), "{text:?}");
        }
    }
}

#[test]
fn many_stops_become_a_digest_with_the_worst_first() {
    let mut stops = vec![stop("web", "warning", "spot"); 4];
    stops.extend([
        stop("shop", "error", "oom"),
        stop("web", "info", "deployment"),
        stop("shop", "error", "oom"),
    ]);
    let message = composed(&stops);
    assert_eq!(kinds(&message).len(), report::MAX_SUMMARY_BLOCKS);
    let blocks = &message["blocks"];
    assert_eq!(blocks[0]["text"]["text"], "🔴 7 ECS stop events");
    assert_eq!(blocks[1]["text"]["text"], "*By category*\n4 × spot\n2 × oom\n1 × deployment");
    assert_eq!(blocks[2]["text"]["text"], "*By service*\n5 × web in prod\n2 × shop in prod");
    assert!(
        blocks[3]["text"]["text"]
            .as_str()
            .unwrap()
            .starts_with("🔴 shop in prod (eu-west-1): out of memory\n<https://")
    );
    assert!(blocks[5]["text"]["text"].as_str().unwrap().starts_with("🟠 "));
    assert_eq!(blocks[8]["elements"][0]["text"], "and 2 more");
    assert_eq!(message["text"], "🔴 7 ECS stop events");
    assert_eq!(
        composed(&stops[..3])["blocks"].as_array().unwrap().len(),
        3 * 4 + 2,
        "three are told one by one"
    );
}

#[test]
fn lines_become_counts_and_the_first_of_them() {
    let line = |source: &str, log: &str| json!({"source": source, "container_name": "/app", "log": log});
    let mut records = vec![line("stdout", "ready")];
    records.extend((0..9).map(|number| line("stderr", &format!("failed\n<{number}>"))));
    records.push(json!({"cpu": 7}));
    let message = message(&records);
    assert_eq!(message["text"], "📄 11 log lines from 3 sources");
    let blocks = &message["blocks"];
    assert_eq!(blocks[0]["text"]["text"], "📄 11 log lines from 3 sources");
    assert_eq!(
        blocks[1]["text"]["text"],
        "*9 × stderr* from app\n```\nfailed &lt;0&gt;\nfailed &lt;1&gt;\nfailed &lt;2&gt;\n```"
    );
    assert_eq!(blocks[2]["text"]["text"], "*1 × stdout* from app\n```\nready\n```");
    assert_eq!(blocks[3]["text"]["text"], "*1 × other*\n```\n{\"cpu\":7}\n```");
}

/// Whoever writes to the forward input chooses the container's name.
#[test]
fn a_name_does_not_look_like_a_message_of_its_own() {
    let line = json!({"log": "hi", "source": "stdout", "container_name": "web\n*✅ db in prod*\nOver."});
    let message = message(&[line]);
    let blocks = message["blocks"].as_array().unwrap();
    let mut texts = blocks.iter().filter_map(|block| block["text"]["text"].as_str());
    let first = texts.find(|text| text.starts_with("*1 × ")).unwrap().lines().next().unwrap();
    assert_eq!(first, "*1 × stdout* from web  ✅ db in prod  Over.");
}

#[test]
fn more_sources_than_a_message_holds_are_counted_together() {
    let line = |number: usize| json!({"class": "stdout", "container": format!("c{number}"), "line": "x"});
    let message = composed(&(0..20).map(line).collect::<Vec<_>>());
    assert_eq!(kinds(&message).len(), digest::MAX_DIGEST_BLOCKS);
    assert_eq!(message["blocks"][9]["elements"][0]["text"], "and 12 lines of 12 other sources");
}

#[test]
fn slack_takes_what_every_known_event_becomes() {
    let cloud = Cloud::start();
    let slack = slack(&[("min_severity", "info")]);
    for event in testing::events() {
        for request in testing::requests(&slack, &[event]) {
            assert_eq!(testing::post(cloud.port(), "/services/T/B/x", &request), 200);
        }
    }
    for request in testing::requests(&slack, &testing::events()) {
        assert_eq!(testing::post(cloud.port(), "/services/T/B/x", &request), 200);
    }
    cloud.assert_no_complaints();
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => ".{0,40}",
        1 => ("[&<>`🔴a\n\u{0}]{1,8}", 1usize..2_000).prop_map(|(piece, times)| piece.repeat(times)),
    ]
}

fn any_stop() -> impl Strategy<Value = Value> {
    let names = vec![
        "summary",
        "hint",
        "category",
        "cause",
        "service",
        "cluster",
        "group",
        "task_id",
        "task_definition",
        "launch_type",
        "region",
        "stop_code",
        "stopped_reason",
        "container",
        "signal",
        "container_reason",
        "stopped_at",
        "severity",
    ];
    let fields = proptest::collection::vec((proptest::sample::select(names), any_text()), 0..12);
    (fields, proptest::collection::vec(any_text(), 0..30), any::<i64>(), any::<u64>()).prop_map(
        |(fields, last_lines, exit_code, runtime)| {
            let mut stop = json!({"ecs_event": "task_stopped", "last_lines": last_lines, "exit_code": exit_code,
                "runtime_seconds": runtime});
            fields.into_iter().for_each(|(name, text)| stop[name] = text.into());
            stop
        },
    )
}

fn any_line() -> impl Strategy<Value = Value> {
    (any_text(), any_text(), any_text())
        .prop_map(|(class, container, line)| json!({"class": class, "container": container, "line": line}))
}

#[test]
fn a_title_that_is_cut_leaves_no_code_block_open() {
    let stop = json!({"ecs_event": "task_stopped", "summary": "x", "service": "```🔴".repeat(60)});
    for (text, _) in texts(&composed(&[stop])).iter().skip(1) {
        assert!(text.matches("```").count().is_multiple_of(2), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn any_batch_is_a_message_within_all_limits(
        stops in proptest::collection::vec(any_stop(), 0..9),
        lines in proptest::collection::vec(any_line(), 0..30),
    ) {
        let objects: Vec<Value> = stops.into_iter().chain(lines).collect();
        prop_assume!(!objects.is_empty());
        let message = composed(&objects);
        assert_within_limits(&message);
        for (text, _) in texts(&message).iter().skip(1) {
            prop_assert!(text.matches("```").count() % 2 == 0, "{text}");
        }
    }

    #[test]
    fn any_chunk_of_lines_can_be_encoded(logs in proptest::collection::vec(any::<Vec<u8>>(), 1..20)) {
        let text = |log: &Vec<u8>| [&[0xdb], u32::try_from(log.len()).unwrap().to_be_bytes().as_slice(), log].concat();
        let record = |log: &Vec<u8>| [b"\x92\x01\x81\xa3log".as_slice(), &text(log)].concat();
        let chunk: Vec<u8> = logs.iter().flat_map(record).collect();
        let slack = slack(&[]);
        let batches = testing::batches_of(&slack, &chunk).0;
        prop_assert_eq!(batches.len(), 1);
        let message: Value = serde_json::from_slice(&testing::request_of(&slack, &batches[0]).body.to_bytes()).unwrap();
        assert_within_limits(&message);
        let expected = format!("📄 {} log line{}: other", logs.len(), if logs.len() == 1 { "" } else { "s" });
        prop_assert_eq!(message["text"].as_str(), Some(expected.as_str()));
    }
}

#[test]
fn a_reason_makes_no_line_of_its_own() {
    let mut stop = stop("web", "error", "container_start");
    stop["container"] = json!("web");
    stop["container_reason"] = json!("done\n*Incident over*");
    let message = composed(&[stop]);
    assert!(texts(&message).iter().any(|(text, _)| text == "*web:* done *Incident over*"), "{message}");
}
