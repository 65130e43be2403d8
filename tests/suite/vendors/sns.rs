//! SNS from chunk to topic: incidents as Slack gets them, and every fault on the way.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault, SnsMessage};

use super::intake::{chunk_of, hello, names};
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};

pub(super) const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alerts";

/// A cloud in which the topic exists.
pub(super) fn cloud() -> Cloud {
    let cloud = Cloud::start();
    cloud.sns().create_topic(TOPIC);
    cloud
}

/// Everything goes to the topic.
pub(super) fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let keys = [
        ("route.default", "sns"),
        ("sns.topic_arn", TOPIC),
        ("sns.endpoint", endpoint.as_str()),
        ("sns.timeout", "5s"),
        ("incident", "off"),
        ("flush_timeout", "45s"),
        ("exit_timeout", "2s"),
    ];
    Router::with(keys.iter().chain(more))
}

fn texts(cloud: &Cloud) -> Vec<String> {
    let mut texts: Vec<String> =
        cloud.sns().messages(TOPIC).into_iter().map(|message| message.text).collect();
    texts.sort_unstable();
    texts
}

fn sorted(count: usize) -> Vec<String> {
    let mut names = names(count);
    names.sort_unstable();
    names
}

#[test]
fn a_stop_and_lines_arrive_with_their_attributes() {
    let cloud = cloud();
    let chunk = Chunk::now(&[stop(), line("web", "stderr", "it broke")]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    let messages = cloud.sns().messages(TOPIC);
    let [stop, line] = messages.as_slice() else { panic!("{messages:?}") };
    assert!(stop.subject.starts_with("[error] ") && stop.text.contains("Exit code: 137"), "{stop:?}");
    assert_eq!((stop.attributes["severity"].as_str(), stop.attributes["class"].as_str()), ("error", "stop"));
    assert_eq!((line.text.as_str(), line.attributes["class"].as_str()), ("it broke", "stderr"));
    cloud.assert_no_complaints();
    router.assert_adds_up("sns");
}

/// Twelve stops of one crash loop: the first in full, then the third and the tenth, and the end.
#[test]
fn a_crash_loop_is_one_incident() {
    let cloud = cloud();
    let router = router(&cloud, &[("incident", "auto"), ("incident.quiet", "2s"), ("incident.remind", "0")]);
    for number in 0..12 {
        assert_eq!(router.bring(&Chunk::now(&[crash(number)])), Verdict::Ok);
    }
    let told = || (cloud.sns().messages(TOPIC).len() == 4).then(|| cloud.sns().messages(TOPIC));
    let messages =
        test_support::process::until(std::time::Duration::from_secs(60), told).expect("four messages");
    let states: Vec<&str> = messages.iter().map(|message| message.attributes["state"].as_str()).collect();
    assert_eq!(states, ["opened", "continued", "continued", "resolved"]);
    assert!(messages[1].subject.ends_with("(3 stops)"), "{}", messages[1].subject);
    assert!(messages[3].subject.starts_with("[quiet] "), "{}", messages[3].subject);
    assert!(messages[3].text.starts_with("Incident: Quiet for 2 s"), "{}", messages[3].text);
    router.drain();
    cloud.assert_no_complaints();
}

fn crash(number: usize) -> serde_json::Value {
    let mut event = stop();
    event["id"] = serde_json::json!(format!("event-{number}"));
    event["time"] = serde_json::json!(jiff::Timestamp::now().to_string());
    event["detail"]["stoppedAt"] = event["time"].clone();
    event["detail"]["taskArn"] =
        serde_json::json!(format!("arn:aws:ecs:us-east-1:111122223333:task/prod/{number:032x}"));
    event
}

#[test]
fn only_the_messages_that_failed_are_sent_again() {
    let cloud = cloud();
    cloud.script(Api::PublishBatch, [Fault::partial([1, 3]), Fault::partial([0])]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(5))), Verdict::Ok);
    assert_eq!((texts(&cloud), cloud.attempts(Api::PublishBatch)), (names(5), 3));
    cloud.assert_no_complaints();
    router.assert_adds_up("sns");
}

#[test]
fn a_message_that_is_refused_is_counted_and_the_others_arrive() {
    let cloud = cloud();
    cloud.script(Api::PublishBatch, [Fault::partial_with("InvalidParameter", [2])]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(4))), Verdict::Ok);
    assert_eq!(texts(&cloud), ["n0", "n1", "n3"]);
    assert_eq!((router.lost("sns", Reason::Refused), cloud.attempts(Api::PublishBatch)), (1, 1));
    router.assert_adds_up("sns");
}

#[test]
fn a_batch_that_is_refused_is_split_until_the_bad_message_is_found() {
    let cloud = cloud();
    let brings = |request: &fake_cloud::Received| request.text().contains(".Message=n7&");
    cloud.script_where(Api::PublishBatch, brings, Fault::aws(400, "InvalidParameter"));
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(10))), Verdict::Ok);
    let mut others = sorted(10);
    others.retain(|name| name != "n7");
    assert_eq!((texts(&cloud), router.lost("sns", Reason::Refused)), (others, 1));
    router.assert_adds_up("sns");
}

#[test]
fn ten_messages_fill_a_request() {
    let cloud = cloud();
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&chunk_of(&names(41))), Verdict::Ok);
    assert_eq!((texts(&cloud), cloud.attempts(Api::PublishBatch)), (sorted(41), 5));
    cloud.assert_no_complaints();
}

#[test]
fn throttling_and_outages_are_waited_for() {
    for fault in [
        Fault::aws(429, "Throttled"),
        Fault::aws(400, "KMSThrottling"),
        Fault::reply(503),
        Fault::aws(500, "InternalError"),
        Fault::reset(),
    ] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::PublishBatch, [fault]);
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{what}");
        assert_eq!((texts(&cloud).len(), cloud.attempts(Api::PublishBatch)), (1, 2), "{what}");
        router.assert_adds_up("sns");
    }
}

#[test]
fn a_missing_topic_or_permission_keeps_the_chunk_until_it_is_mended() {
    for fault in
        [Fault::aws(404, "NotFound"), Fault::aws(403, "AuthorizationError"), Fault::aws(400, "KMSDisabled")]
    {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::PublishBatch, [fault]);
        let router = router(&cloud, &[]);
        let chunk = hello();
        assert_eq!((router.bring(&chunk), texts(&cloud).len()), (Verdict::Retry, 0), "{what}");
        assert_eq!(router.lost("sns", Reason::Refused), 0, "{what}");
        router.bring_until_ok(&chunk, 3);
        assert_eq!(texts(&cloud).len(), 1, "{what}");
        router.assert_adds_up("sns");
    }
}

/// A standard topic tells a message twice when nobody knows whether it arrived, a FIFO topic does not.
#[test]
fn a_lost_reply_costs_a_duplicate_only_in_a_standard_topic() {
    let fifo = format!("{TOPIC}.fifo");
    for (topic, expected) in [(TOPIC, 2), (fifo.as_str(), 1)] {
        let cloud = cloud();
        cloud.sns().create_topic(topic);
        cloud.script(Api::PublishBatch, [Fault::accept_then_cut()]);
        let router = router(&cloud, &[("sns.topic_arn", topic)]);
        let chunk = Chunk::now(&[stop()]);
        assert_eq!(router.bring(&chunk), Verdict::Ok, "{topic}");
        let messages: Vec<SnsMessage> = cloud.sns().messages(topic);
        assert_eq!((messages.len(), cloud.attempts(Api::PublishBatch)), (expected, 2), "{topic}");
        cloud.assert_no_complaints();
        router.assert_adds_up("sns");
    }
}

/// In requests of their own, so that no request drops what another brought.
#[test]
fn equal_lines_of_one_moment_all_arrive_in_a_fifo_topic() {
    let cloud = cloud();
    let fifo = format!("{TOPIC}.fifo");
    cloud.sns().create_topic(&fifo);
    let router = router(&cloud, &[("sns.topic_arn", &fifo)]);
    assert_eq!(router.bring(&chunk_of(&vec!["again".to_owned(); 25])), Verdict::Ok);
    assert_eq!(cloud.sns().messages(&fifo).len(), 25);
    cloud.assert_no_complaints();
}
