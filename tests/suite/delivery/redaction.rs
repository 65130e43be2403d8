//! What leaves is masked wherever it goes: lines, names, reports, alerts, dead letters; what is exempt is whole.

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::chunk::Chunk;
use test_support::record::line;
use test_support::temp::TempDir;

const RULES: (&str, &str) = ("redact", "email, card, ipv4, order");
const ORDER: (&str, &str) = ("redact.order", "ORD-[0-9]+");

/// A file beside CloudWatch, as the destination `file`.
fn beside_a_file(folder: &TempDir) -> Vec<(&'static str, String)> {
    vec![
        ("route.default", "cloudwatch, file".to_owned()),
        ("file.path", folder.path().join("all.ndjson").to_str().unwrap().to_owned()),
    ]
}

fn router(cloud: &Cloud, keys: &[(&'static str, String)], more: &[(&str, &str)]) -> Router {
    let keys: Vec<(&str, &str)> = keys.iter().map(|(key, value)| (*key, value.as_str())).collect();
    Router::to(cloud, &[&keys, more].concat())
}

fn in_file(folder: &TempDir) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join("all.ndjson")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn counts(router: &Router) -> Vec<(String, u64)> {
    router.metrics().redacted().into_iter().filter(|(_, count)| *count > 0).collect()
}

fn of(counts: &[(&str, u64)]) -> Vec<(String, u64)> {
    counts.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[test]
fn one_destination_gets_masks_and_the_archive_everything() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let router = router(&cloud, &beside_a_file(&folder), &[RULES, ORDER, ("file.redact", "off")]);
    let logs = [
        "login of me@example.com from 203.0.113.7",
        r#"{"card":4111111111111111,"order":"ORD-7"}"#,
        "order 4111111111111112 in version 1.2.3.4-beta",
    ];
    let records = logs.map(|log| line("web", "stdout", log));
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    let expected = [
        "login of [email] from [ipv4]",
        r#"{"card":"[card]","order":"[order]"}"#,
        "order 4111111111111112 in version 1.2.3.4-beta",
    ];
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), expected);
    assert_eq!(in_file(&folder).iter().map(|record| &record["log"]).collect::<Vec<_>>(), logs);
    assert_eq!(counts(&router), of(&[("email", 1), ("card", 1), ("ipv4", 1), ("order", 1)]));
}

#[test]
fn destinations_with_the_same_rules_count_a_value_once_and_others_have_their_own() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let router =
        router(&cloud, &beside_a_file(&folder), &[("redact", "email"), ("file.redact", "ipv4, email")]);
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "me@example.com 10.0.0.1")])), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), ["[email] 10.0.0.1"]);
    assert_eq!(in_file(&folder)[0]["log"], "[email] [ipv4]");
    assert_eq!(counts(&router), of(&[("email", 2), ("ipv4", 1)]));
    let same = Router::to(&cloud, &[("redact", "email"), ("route.default", "cloudwatch, stdout")]);
    assert_eq!(same.bring(&Chunk::now(&[line("web", "stdout", "me@example.com")])), Verdict::Ok);
    assert_eq!(counts(&same), of(&[("email", 1)]));
}

#[test]
fn every_field_is_masked_and_no_name_of_a_stream_holds_what_the_record_does_not() {
    let cloud = Cloud::start();
    let keys = [RULES, ORDER, ("cloudwatch.log_stream", "u-$(user)"), ("cloudwatch.log_key", "")];
    let router = Router::to(&cloud, &keys);
    let mut record = line("web", "stdout", "hello");
    record["user"] = json!("me@example.com");
    record["http"] = json!({"client": "203.0.113.7", "cards": [4111111111111111u64, 12]});
    let records: Vec<Value> = (0..20).map(|_| record.clone()).collect();
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    let sent: Vec<String> =
        cloud.requests().iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    assert!(
        sent.iter().all(|body| !body.contains("me@example.com") && !body.contains("203.0.113.7")),
        "{sent:#?}"
    );
    let stored: Vec<String> = cloud.cloudwatch().messages(GROUP, "u-[email]");
    assert_eq!(stored.len(), 20);
    let first: Value = serde_json::from_str(&stored[0]).unwrap();
    assert_eq!(first["http"], json!({"client": "[ipv4]", "cards": ["[card]", 12]}));
    assert_eq!(first["user"], "[email]");
    assert_eq!(counts(&router), of(&[("email", 20), ("card", 20), ("ipv4", 20)]));
}

#[test]
fn a_chunk_that_comes_again_is_masked_to_the_same_bytes_and_counted_once() {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    cloud.script(Api::PutLogEvents, [Fault::aws(400, "AccessDeniedException"), Fault::ok()]);
    let hash = [RULES, ORDER, ("redact.mode", "hash"), ("redact.key", "0123456789abcdef")];
    let router = Router::to(&cloud, &hash);
    let chunk = Chunk::now(&[line("web", "stdout", "me@example.com with 4111 1111 1111 1111")]);
    assert!(router.bring_until_ok(&chunk, 5) > 1);
    let puts = cloud.requests_for(Api::PutLogEvents);
    assert_eq!(puts[0].json(), puts[1].json());
    let message = puts[0].json()["logEvents"][0]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("[email:089ef48eadbb3f0c] with [card:"), "{message}");
    assert_eq!(counts(&router), of(&[("email", 1), ("card", 1)]));
}

#[test]
fn dead_letters_are_masked_as_their_destination_wants() {
    for (redact, log) in
        [(&[][..], "poison [email]"), (&[("refused.redact", "off")], "poison me@example.com")]
    {
        let (cloud, folder) = (Cloud::start(), TempDir::new());
        let path = folder.path().join("all.ndjson");
        cloud.script(Api::PutLogEvents, [Fault::aws(400, "InvalidParameterException")]);
        cloud.cloudwatch().create_stream(GROUP, "web");
        let keys = [("refused.path", path.to_str().unwrap().to_owned())];
        let usual = [RULES, ORDER, ("route.dead_letter", "refused"), ("refused.type", "file")];
        let router = router(&cloud, &keys, &[&usual, redact].concat());
        assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "poison me@example.com")])), Verdict::Ok);
        assert_eq!(in_file(&folder)[0]["record"]["log"], log);
    }
}

#[test]
fn reports_with_their_last_lines_and_alerts_are_masked() {
    let cloud = Cloud::start();
    let webhook = format!("{}/services/T0/B0/x", cloud.endpoint());
    let router = Router::to(
        &cloud,
        &[
            RULES,
            ORDER,
            ("route.stop", "slack, cloudwatch"),
            ("slack.webhook_url", &webhook),
            ("cloudwatch.log_stream", "$(class)"),
            ("incident", "off"),
        ],
    );
    let mut last_words = line("app", "stderr", "cannot charge 4111111111111111 of me@example.com");
    last_words["container_id"] = json!("c0ffee");
    last_words["ecs_task_arn"] = json!("arn:aws:ecs:us-east-1:111122223333:task/prod/t1");
    assert_eq!(router.bring(&Chunk::now(&[last_words])), Verdict::Ok);
    let at = jiff::Timestamp::now().to_string();
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": "e1",
        "account": "111122223333", "region": "us-east-1", "time": at, "detail": {
        "taskArn": "arn:aws:ecs:us-east-1:111122223333:task/prod/t1", "version": 3,
        "clusterArn": "arn:aws:ecs:us-east-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": "service:web", "stopCode": "EssentialContainerExited",
        "stoppedReason": "Essential container in task exited: told me@example.com at 203.0.113.7",
        "containers": [{"name": "app", "exitCode": 1, "lastStatus": "STOPPED", "runtimeId": "c0ffee",
            "reason": "order ORD-7 of me@example.com"}]}});
    assert_eq!(router.bring(&Chunk::now(&[event])), Verdict::Ok);
    let told = cloud.slack().messages();
    assert!(told[0].all_text().contains("cannot charge [card] of [email]"), "{}", told[0].all_text());
    let stored = cloud.cloudwatch().messages(GROUP, "stop");
    let report: Value = serde_json::from_str(&stored[0]).unwrap();
    assert_eq!(report["last_lines"], json!(["cannot charge [card] of [email]"]));
    assert!(report["stopped_reason"].as_str().unwrap().ends_with("told [email] at [ipv4]"), "{report}");
    for request in cloud.requests() {
        let body = String::from_utf8_lossy(&request.body).into_owned();
        for value in ["me@example.com", "203.0.113.7", "4111111111111111", "ORD-7"] {
            assert!(!body.contains(value), "{value} in {body}");
        }
    }
}

#[test]
fn every_type_of_destination_sends_masks_only() {
    let cloud = Cloud::start();
    let endpoint = cloud.endpoint();
    let http = format!("{endpoint}/http/logs");
    let keys = [
        ("route.default", "cloudwatch, http, otlp"),
        ("http.url", &*http),
        ("otlp.endpoint", &*endpoint),
        RULES,
        ORDER,
        ("cloudwatch.log_key", ""),
    ];
    let router = Router::to(&cloud, &keys);
    let record = json!({"message": "of me@example.com", "deep": {"ip": "203.0.113.7"}});
    router.bring(&Chunk::now(&[record, line("web", "stderr", "of me@example.com")]));
    let bodies: Vec<String> =
        cloud.requests().iter().map(|one| String::from_utf8_lossy(&one.body).into_owned()).collect();
    assert!(bodies.len() >= 3, "{bodies:#?}");
    assert!(bodies.iter().any(|body| body.contains("[email]")), "{bodies:#?}");
    for body in bodies {
        assert!(!body.contains("me@example.com") && !body.contains("203.0.113.7"), "{body}");
    }
}
