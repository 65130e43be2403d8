//! What a destination refuses for good is stored where `route.dead_letter` says, once.

use std::os::unix::fs::PermissionsExt as _;

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault, Received};
use serde_json::{Value, json};

use crate::router::{GROUP, Router, TAG};
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms, stop};
use test_support::temp::TempDir;

/// Refused records go to a file.
fn router(cloud: &Cloud, folder: &TempDir, more: &[(&str, &str)]) -> Router {
    let path = folder.path().join("letters.ndjson");
    let usual = [
        ("route.dead_letter", "refused"),
        ("refused.type", "file"),
        ("refused.path", path.to_str().unwrap()),
        ("cloudwatch.log_stream", "s"),
    ];
    Router::to(cloud, &[&usual, more].concat())
}

fn letters(folder: &TempDir) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.path().join("letters.ndjson")).unwrap_or_default();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn holds(text: &'static str) -> impl Fn(&Received) -> bool {
    move |put| put.json()["logEvents"].as_array().unwrap().iter().any(|event| event["message"] == text)
}

#[test]
fn the_refused_record_is_kept_as_it_was_and_the_others_arrive() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    cloud.script_where(Api::PutLogEvents, holds("poison"), Fault::aws(400, "InvalidParameterException"));
    let router = router(&cloud, &folder, &[]);
    let poison = line("web", "stderr", "poison");
    let chunk = Chunk::now(&[line("web", "stdout", "a"), poison.clone(), line("web", "stdout", "b")]);
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "s"), ["a", "b"]);
    let letter = letters(&folder).remove(0);
    assert_eq!(letters(&folder).len(), 1);
    assert_eq!(letter["record"], poison);
    let head = &letter["dead_letter"];
    assert_eq!(
        (&head["destination"], &head["reason"], &head["tag"]),
        (&json!("cloudwatch"), &json!("refused"), &json!(TAG))
    );
    assert!(head["why"].as_str().unwrap().contains("InvalidParameterException"), "{head}");
    assert!(head["time"].as_str().unwrap().ends_with('Z'), "{head}");
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 1);
    let mode = std::fs::metadata(folder.path().join("letters.ndjson")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn events_too_old_are_kept_with_their_reason() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    let router = router(&cloud, &folder, &[]);
    let old = now_ms() - 30 * 86_400_000;
    let chunk =
        Chunk::new().with(old, &line("web", "stdout", "old")).with(now_ms(), &line("web", "stdout", "new"));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(letters(&folder)[0]["dead_letter"]["reason"], "too_old");
    assert_eq!(letters(&folder)[0]["record"]["log"], "old");
    assert_eq!(cloud.cloudwatch().messages(GROUP, "s"), ["new"]);
}

/// Letters that cannot be stored bring the chunk back, for them alone.
#[test]
fn a_letter_that_cannot_be_stored_is_not_lost_and_nothing_else_comes_twice() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    cloud.script_where(Api::PutLogEvents, holds("poison"), Fault::aws(400, "InvalidParameterException"));
    let path = folder.path().join("letters.ndjson");
    std::fs::create_dir_all(&path).unwrap();
    let router = router(&cloud, &folder, &[("flush_timeout", "2s")]);
    let chunk = Chunk::now(&[line("web", "stdout", "a"), line("web", "stderr", "poison")]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    std::fs::remove_dir(&path).unwrap();
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(letters(&folder).len(), 1);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "s"), ["a"]);
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 1, "counted once");
}

#[test]
fn a_stop_out_of_a_carrier_is_kept_as_the_event_it_is() {
    let (cloud, folder) = (Cloud::start(), TempDir::new());
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::aws(400, "InvalidParameterException"));
    let router = router(&cloud, &folder, &[]);
    let sns = json!({"Type": "Notification", "Message": stop().to_string()});
    assert_eq!(router.bring(&Chunk::now(&[json!({"log": "x"}), sns])), Verdict::Ok);
    let kept: Vec<Value> = letters(&folder).into_iter().map(|letter| letter["record"].clone()).collect();
    assert_eq!(kept, [json!({"log": "x"}), stop()]);
}

#[test]
fn a_letter_that_is_refused_itself_makes_no_other() {
    let cloud = Cloud::start();
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::aws(400, "InvalidParameterException"));
    let router = Router::to(&cloud, &[("route.dead_letter", "cloudwatch")]);
    assert_eq!(router.bring(&Chunk::now(&[line("web", "stdout", "a")])), Verdict::Ok);
    assert_eq!(router.lost("cloudwatch", Reason::Refused), 2, "the record and its letter");
    assert!(cloud.attempts(Api::PutLogEvents) <= 4);
}
