//! Firehose's protocol over HTTP: the request's id is what keeps duplicates away.

use std::collections::HashSet;
use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use super::intake::{Intake, PASSING, SECRET, Secret, chunk_of, hello, line_of_text, lines_in_base64, names};
use test_support::chunk::Chunk;
use test_support::record::{line, now_ms, stop};

const ID: &str = "x-amz-firehose-request-id";

pub(super) const INTAKE: Intake = Intake {
    kind: "firehose_http",
    api: Api::FirehoseHttp,
    keys: &[
        ("firehose_http.url", "{endpoint}/firehose/v1"),
        ("firehose_http.access_key", SECRET),
        ("firehose_http.timeout", "60s"),
    ],
    brought: |request| lines_in_base64(&request.json()["records"], "data"),
    arrived: |cloud| cloud.firehose_http().lines().iter().map(|text| line_of_text(text)).collect(),
    // The only refusal the protocol has; everything else is to be tried again.
    refusal: || Fault::reply(413),
    secret: Some(Secret {
        key: "firehose_http.access_key",
        accept_only_another: |cloud| cloud.firehose_http().accept_only("another"),
    }),
    knows_repeats: true,
    status_decides: false,
    retried: PASSING,
    room: 1,
    cuts: true,
};

fn ids(cloud: &Cloud) -> Vec<String> {
    let requests = cloud.requests_for(Api::FirehoseHttp);
    requests.iter().map(|request| request.header(ID).unwrap().to_owned()).collect()
}

#[test]
fn stops_errors_and_lines_arrive_with_what_the_protocol_wants() {
    let cloud = Cloud::start();
    let keys = [
        ("firehose_http.common_attributes", "env=prod, team=wéb"),
        ("firehose_http.source_arn", "arn:aws:firehose:eu-west-1:111122223333:deliverystream/ecs"),
    ];
    let router = INTAKE.router(&cloud, &keys);
    let records = [stop(), line("web", "stderr", "it broke"), line("web", "stdout", "GET /")];
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    let arrived = cloud.firehose_http().records();
    let values: Vec<Value> =
        arrived.iter().map(|record| serde_json::from_slice(&record.data).unwrap()).collect();
    assert_eq!((&values[0]["severity"], &values[0]["exit_code"]), (&json!("error"), &json!(137)));
    assert_eq!((&values[1]["log"], &values[1]["source"]), (&json!("it broke"), &json!("stderr")));
    assert_eq!((&values[2]["log"], &values[2]["ecs_cluster"]), (&json!("GET /"), &json!("prod")));
    assert!(values[1]["date"].is_string());
    assert!(arrived.iter().all(|record| record.source_arn.ends_with(":deliverystream/ecs")));
    assert_eq!(Value::from(arrived[0].attributes.clone()), json!({"env": "prod", "team": "wéb"}));
    cloud.assert_no_complaints();
    router.assert_adds_up("firehose_http");
}

#[test]
fn both_vendors_paths_are_understood() {
    for path in ["/firehose/v1", "/v1/input", "/api/v2/logs?dd-protocol=aws-kinesis-firehose"] {
        let cloud = Cloud::start();
        let url = cloud.endpoint() + path;
        let router = INTAKE.router(&cloud, &[("firehose_http.url", &url)]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{path}");
        INTAKE.assert_arrived(&cloud, &router, &["hello".to_owned()]);
    }
}

#[test]
fn a_request_keeps_its_id_over_retries_and_replays() {
    let cloud = Cloud::start();
    cloud.script_where(Api::FirehoseHttp, |_| true, Fault::reply(503));
    let router = INTAKE.router(&cloud, &[("flush_timeout", "2s")]);
    let chunk = chunk_of(&names(9));
    assert_eq!((router.bring(&chunk), router.bring(&chunk)), (Verdict::Retry, Verdict::Retry));
    cloud.clear_script();
    router.bring_until_ok(&chunk, 5);
    assert!(ids(&cloud).len() >= 5);
    assert_eq!(ids(&cloud).into_iter().collect::<HashSet<_>>().len(), 1);
    INTAKE.assert_arrived(&cloud, &router, &names(9));
}

#[test]
fn replies_that_are_lost_until_the_deadline_cost_no_duplicate() {
    let cloud = Cloud::start();
    cloud.script_where(Api::FirehoseHttp, |_| true, Fault::accept_then_cut());
    let router = INTAKE.router(&cloud, &[("flush_timeout", "2s")]);
    let chunk = chunk_of(&names(1_500));
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    cloud.clear_script();
    router.bring_until_ok(&chunk, 5);
    assert!(cloud.firehose_http().duplicates() >= 2, "the endpoint saw every request twice");
    INTAKE.assert_arrived(&cloud, &router, &names(1_500));
}

/// A restart forgets what was confirmed, but not what the ids are.
#[test]
fn another_router_gives_the_same_chunk_the_same_ids() {
    let cloud = Cloud::start();
    let chunk = chunk_of(&names(1_500));
    for _ in 0..2 {
        assert_eq!(INTAKE.router(&cloud, &[]).bring(&chunk), Verdict::Ok);
    }
    assert_eq!((INTAKE.arrived)(&cloud).len(), 1_500);
    assert_eq!(cloud.firehose_http().duplicates() * 2, ids(&cloud).len());
}

/// Three requests, of which the first is accepted without a reply, the second confirmed, the third not taken. The
/// replay lacks the first and the third, which together would fit one request of a new id.
#[test]
fn a_replay_of_some_requests_does_not_mix_their_records() {
    let cloud = Cloud::start();
    let [first, second, third] = [("a", 6_000), ("b", 7_000), ("c", 1_000)].map(|(c, n)| c.repeat(n));
    let leak = |text: &String| -> &'static str { Box::leak(text.clone().into_boxed_str()) };
    INTAKE.script_for(&cloud, leak(&first), Fault::accept_then_cut());
    INTAKE.script_for(&cloud, leak(&third), Fault::reply(503));
    let keys =
        [("flush_timeout", "2s"), ("firehose_http.batch_bytes", "10k"), ("firehose_http.log_key", "log")];
    let router = INTAKE.router(&cloud, &keys);
    let chunk = chunk_of(&[first.clone(), second.clone(), third.clone()]);
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    assert_eq!(ids(&cloud).into_iter().collect::<HashSet<_>>().len(), 3, "three requests");
    cloud.clear_script();
    router.bring_until_ok(&chunk, 5);
    INTAKE.assert_arrived(&cloud, &router, &[first, second, third]);
}

#[test]
fn the_same_line_of_two_tasks_or_two_moments_is_no_repeat() {
    let cloud = Cloud::start();
    let router = INTAKE.router(&cloud, &[("firehose_http.log_key", "log")]);
    let (now, record) = (now_ms(), line("web", "stdout", "hello"));
    for (tag, time) in [("web-firelens-1", now), ("web-firelens-2", now), ("web-firelens-1", now + 1)] {
        let chunk = Chunk::new().with(time, &record);
        assert_eq!(router.flush(tag.as_bytes(), chunk.bytes()), Verdict::Ok);
    }
    INTAKE.assert_arrived(&cloud, &router, &vec!["hello".to_owned(); 3]);
    assert_eq!(cloud.firehose_http().duplicates(), 0);
}

#[test]
fn a_reply_without_the_requests_id_is_no_acceptance() {
    let bodies = [
        json!({"requestId": "another", "timestamp": 1}).to_string(),
        json!({"timestamp": 1}).to_string(),
        "a proxy's words".to_owned(),
        String::new(),
    ];
    for body in bodies {
        let cloud = Cloud::start();
        cloud.script(Api::FirehoseHttp, [Fault::reply(200).body(&body)]);
        let router = INTAKE.router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{body}");
        assert_eq!(ids(&cloud).len(), 2, "{body}");
        INTAKE.assert_arrived(&cloud, &router, &["hello".to_owned()]);
    }
}

#[test]
fn what_other_protocols_mean_for_good_is_tried_again_here() {
    for status in [202, 400, 409, 422] {
        let cloud = Cloud::start();
        cloud.script(Api::FirehoseHttp, [Fault::reply(status).after(Duration::from_millis(1))]);
        let router = INTAKE.router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{status}");
        INTAKE.assert_arrived(&cloud, &router, &["hello".to_owned()]);
    }
}

#[test]
fn batches_keep_the_sizes_asked_for() {
    let cloud = Cloud::start();
    let router =
        INTAKE.router(&cloud, &[("firehose_http.batch_records", "7"), ("firehose_http.batch_bytes", "5k")]);
    assert_eq!(router.bring(&chunk_of(&names(20))), Verdict::Ok);
    let requests = cloud.requests_for(Api::FirehoseHttp);
    assert!(
        requests.iter().all(|request| request.body.len() <= 5_000 && (INTAKE.brought)(request).len() <= 7)
    );
    INTAKE.assert_arrived(&cloud, &router, &names(20));
}
