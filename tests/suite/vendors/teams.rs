//! Teams from chunk to channel: what is posted, what is left out, and every fault on the way.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault};
use std::time::Duration;

use super::intake::{SECRET, hello};
use crate::router::Router;
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};
use test_support::this_test;

/// Everything goes to the channel, and Fluent Bit is to hear of what does not arrive.
pub(super) fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let webhook = format!("{}/workflows/a/triggers/manual/paths/invoke?sig={SECRET}", cloud.endpoint());
    let keys = [("route.default", "teams"), ("teams.webhook_url", &*webhook), ("teams.required", "on")];
    Router::with(keys.iter().chain(more))
}

fn posted(cloud: &Cloud) -> (usize, usize) {
    (cloud.teams().messages().len(), cloud.attempts(Api::TeamsWebhook))
}

fn code(status: u16, code: &str) -> Fault {
    Fault::reply(status).body(format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#))
}

#[test]
fn a_stop_and_lines_are_one_card() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    let chunk =
        Chunk::now(&[stop(), line("web", "stderr", "[a](https://evil.example)"), line("web", "stdout", "x")]);
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    let messages = cloud.teams().messages();
    assert_eq!(messages.len(), 1);
    let text = messages[0].all_text();
    for expected in ["🔴 ", "[a](https://evil.example)", "1 × stderr", "1 × stdout"] {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
    cloud.assert_no_complaints();
    router.assert_adds_up("teams");
}

#[test]
fn throttling_is_waited_for_in_both_of_its_forms() {
    let said = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429";
    for fault in [Fault::reply(429).retry_after(1), Fault::reply(200).body(said)] {
        let cloud = Cloud::start();
        let what = format!("{fault:?}");
        cloud.script(Api::TeamsWebhook, [fault]);
        let router = router(&cloud, &[]);
        assert_eq!((router.bring(&hello()), posted(&cloud)), (Verdict::Ok, (1, 2)), "{what}");
        router.assert_adds_up("teams");
    }
}

#[test]
fn an_outage_means_retry_where_teams_is_required_and_the_replay_posts_once() {
    let cloud = Cloud::start();
    cloud.script_where(Api::TeamsWebhook, |_| true, code(502, "NoResponse"));
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    let (verdict, took) = router.timed(&chunk);
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(10), "{took:?}");
    cloud.clear_script();
    router.bring_until_ok(&chunk, 3);
    assert_eq!(cloud.teams().messages().len(), 1);
    cloud.assert_no_complaints();
    router.assert_adds_up("teams");
}

#[test]
fn a_slow_reply_is_waited_for_and_only_a_lost_one_costs_one_more_message() {
    for (fault, expected) in [
        (Fault::slow(Duration::from_millis(700)), (1, 1)),
        (Fault::reset(), (1, 2)),
        (Fault::hang(), (1, 2)),
        (Fault::accept_then_cut(), (2, 2)),
    ] {
        let cloud = Cloud::start();
        let what = format!("{fault:?}");
        cloud.script(Api::TeamsWebhook, [fault]);
        let router = router(&cloud, &[("teams.timeout", "3s")]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{what}");
        assert_eq!(posted(&cloud), expected, "{what}");
        router.assert_adds_up("teams");
    }
}

#[test]
fn a_card_that_is_too_long_becomes_two_and_a_refused_one_is_counted() {
    let cloud = Cloud::start();
    cloud.script(Api::TeamsWebhook, [code(413, "RequestEntityTooLarge")]);
    let first = router(&cloud, &[]);
    let chunk = Chunk::now(&["first", "second"].map(|log| line("web", "stdout", log)));
    assert_eq!((first.bring(&chunk), posted(&cloud)), (Verdict::Ok, (2, 3)));
    first.assert_adds_up("teams");
    let cloud = Cloud::start();
    cloud.script(Api::TeamsWebhook, [code(400, "TriggerInputSchemaMismatch")]);
    let second = router(&cloud, &[]);
    assert_eq!(second.bring(&hello()), Verdict::Ok);
    assert_eq!((second.lost("teams", Reason::Refused), posted(&cloud)), (1, (0, 1)));
    second.assert_adds_up("teams");
}

#[test]
fn a_flow_that_is_off_keeps_the_chunk_and_is_said_once_and_its_address_never() {
    let said = alone(
        this_test!("a_flow_that_is_off_keeps_the_chunk_and_is_said_once_and_its_address_never"),
        || {
            let cloud = Cloud::start();
            cloud.script_where(Api::TeamsWebhook, |_| true, code(400, "WorkflowTriggerIsNotEnabled"));
            let router = router(&cloud, &[]);
            let chunk = hello();
            assert_eq!((router.bring(&chunk), router.bring(&chunk)), (Verdict::Retry, Verdict::Retry));
            cloud.clear_script();
            router.bring_until_ok(&chunk, 3);
            assert_eq!(cloud.teams().messages().len(), 1);
        },
    );
    assert!(!said.contains(SECRET) && !said.contains("/workflows/"), "{said}");
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("turn it on")).collect();
    assert_eq!(lines.len(), 1, "{said}");
    assert!(lines[0].contains("teams.webhook_url"), "{}", lines[0]);
}
