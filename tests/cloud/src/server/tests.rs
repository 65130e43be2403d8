//! Faults, authentication and the log of requests, over the wire.

use std::{
    io::ErrorKind,
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    Api, Cloud, Fault,
    testing::{Answer, Call},
};

fn put() -> Call {
    let now = crate::core::real_now_ms();
    let events = json!([{"timestamp": now, "message": "hello"}]);
    let body = json!({"logGroupName": "/g", "logStreamName": "s", "logEvents": events});
    Call::aws("1.1", "Logs_20140328.PutLogEvents", &body)
}

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream("/g", "s");
    cloud
}

fn stored(cloud: &Cloud) -> usize {
    cloud.cloudwatch().events("/g", "s").len()
}

fn failure(cloud: &Cloud) -> ErrorKind {
    put().patience(Duration::from_millis(500)).try_sign(cloud, "logs").expect_err("no reply").kind()
}

#[test]
fn replies_come_in_order_and_then_all_is_normal() {
    let cloud = ready();
    let throttled = json!({"__type": "ThrottlingException"});
    cloud.script(
        Api::PutLogEvents,
        [Fault::reply(400).body(throttled), Fault::ok(), Fault::reply(429).retry_after(7)],
    );
    let answers: Vec<Answer> = (0..4).map(|_| put().sign(&cloud, "logs")).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [400, 200, 429, 200]);
    assert_eq!(answers[0].error().1, "ThrottlingException");
    assert_eq!(answers[2].headers["retry-after"], "7");
    assert_eq!((stored(&cloud), cloud.attempts(Api::PutLogEvents)), (2, 4));
    cloud.assert_no_complaints();
}

#[test]
fn connections_break_in_every_way() {
    let cloud = ready();
    cloud.script(
        Api::PutLogEvents,
        [
            Fault::reset(),
            Fault::hang(),
            Fault::accept_then_cut(),
            Fault::accept_then_hang(),
            Fault::reset_mid_body(),
        ],
    );
    assert_eq!(failure(&cloud), ErrorKind::ConnectionReset);
    assert_eq!(failure(&cloud), ErrorKind::WouldBlock);
    assert_eq!(stored(&cloud), 0);
    assert_eq!(failure(&cloud), ErrorKind::UnexpectedEof);
    assert_eq!(stored(&cloud), 1);
    assert_eq!(failure(&cloud), ErrorKind::WouldBlock);
    assert_eq!(stored(&cloud), 2);
    assert_eq!(failure(&cloud), ErrorKind::ConnectionReset);
    assert_eq!(stored(&cloud), 3);
}

#[test]
fn an_empty_reply_breaks_off_too() {
    let cloud = Cloud::builder().create_buckets(["logs"]).start();
    cloud.script(Api::PutObject, [Fault::reset_mid_body()]);
    let error = Call::new("PUT", "/logs/k").body("x").try_sign(&cloud, "s3").expect_err("half a reply");
    assert_eq!((error.kind(), cloud.s3().keys("logs").len()), (ErrorKind::ConnectionReset, 1));
}

#[test]
fn a_sticky_fault_meets_only_what_it_matches() {
    let cloud = ready();
    cloud.script_where(
        Api::PutLogEvents,
        |request| request.text().contains("poison"),
        Fault::aws(400, "InvalidParameterException"),
    );
    assert_eq!(put().sign(&cloud, "logs").status, 200);
    let poison = put().body(r#"{"poison": 1}"#);
    assert_eq!(poison.clone().sign(&cloud, "logs").error().1, "InvalidParameterException");
    assert_eq!(poison.sign(&cloud, "logs").status, 400);
    cloud.assert_no_complaints();
}

#[test]
fn a_slow_reply_takes_its_time() {
    let cloud = ready();
    cloud.script(Api::PutLogEvents, [Fault::slow(Duration::from_millis(60))]);
    let before = Instant::now();
    put().sign(&cloud, "logs");
    assert!(before.elapsed() >= Duration::from_millis(60));
}

#[test]
fn keys_and_signatures_are_checked() {
    let cloud = ready();
    assert_eq!(
        put().key("AKIDOTHER", "secret").sign(&cloud, "logs").error(),
        (400, "UnrecognizedClientException".into())
    );
    assert_eq!(
        put().key("AKIDEXAMPLE", "wrong").sign(&cloud, "logs").error(),
        (400, "InvalidSignatureException".into())
    );
    assert_eq!(put().send(&cloud).unwrap().error().1, "MissingAuthenticationTokenException");
    assert_eq!(put().sign(&cloud, "s3").error().1, "InvalidSignatureException");
    assert_eq!((cloud.take_complaints().len(), stored(&cloud)), (4, 0));
}

#[test]
fn a_region_can_be_insisted_on() {
    let cloud = Cloud::builder().region("eu-west-1").create_groups(["/g"]).start();
    assert_eq!(put().sign(&cloud, "logs").error().1, "InvalidSignatureException");
    assert_eq!(put().region("eu-west-1").sign(&cloud, "logs").error().1, "ResourceNotFoundException");
}

#[test]
fn expired_keys_are_replaced() {
    let cloud = ready();
    cloud.expire_credentials();
    assert_eq!(put().sign(&cloud, "logs").error(), (400, "ExpiredTokenException".into()));
    cloud.accept_credentials("ASIANEW", "new", Some("token"));
    assert_eq!(put().sign(&cloud, "logs").error().1, "ExpiredTokenException");
    let renewed = put().key("ASIANEW", "new").header("x-amz-security-token", "token");
    assert_eq!(renewed.sign(&cloud, "logs").status, 200);
    cloud.assert_no_complaints();
}

#[test]
fn an_unknown_route_is_a_complaint() {
    let cloud = Cloud::start();
    assert_eq!(Call::new("GET", "/nowhere").send(&cloud).unwrap().status, 404);
    assert!(cloud.complaints()[0].contains("/nowhere"), "{:?}", cloud.complaints());
    assert_eq!(cloud.requests()[0].api, Api::Unknown);
}

#[test]
fn a_body_that_cannot_be_decompressed_is_a_complaint() {
    let cloud = ready();
    let broken = put().header("content-encoding", "gzip");
    assert_eq!(broken.sign(&cloud, "logs").error().1, "SerializationException");
    assert_eq!(cloud.complaints().len(), 1);
}

#[test]
fn counting_only_keeps_no_bodies() {
    let cloud = Cloud::builder().count_only().start();
    assert_eq!(put().send(&cloud).unwrap().status, 200);
    let request = &cloud.requests()[0];
    assert_eq!((request.body.len(), request.wire_len > 0), (0, true));
}
