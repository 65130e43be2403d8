//! S3 without a spool: each chunk is an object, whatever the service does in between.
//!
//! Two faults of the others make no sense here: S3 takes an object or it does not, so there is no partial reply, and
//! an object that is too large is never split, because its halves would need names of their own. With a spool:
//! `tests/s3.rs`.

use std::time::Duration;

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Api, Cloud, Fault, Received};

use super::intake::hello;
use crate::router::Router;
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::record::line;
use test_support::this_test;

const BUCKET: &str = "my-logs";

/// A cloud in which the bucket exists.
pub(super) fn cloud() -> Cloud {
    Cloud::builder().create_buckets([BUCKET]).start()
}

pub(super) fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let endpoint = cloud.endpoint();
    let usual = [
        ("route.default", "s3"),
        ("s3.region", "us-east-1"),
        ("s3.endpoint", endpoint.as_str()),
        ("s3.bucket", BUCKET),
        ("s3.upload_timeout", "0"),
        ("s3.compress", "none"),
        ("s3.key", "logs/$(container_name).json"),
        ("flush_timeout", "45s"),
        ("exit_timeout", "2s"),
    ];
    Router::with(usual.iter().chain(more))
}

/// One line is in one object, which was written once.
#[track_caller]
fn assert_one_object(cloud: &Cloud, router: &Router) {
    assert_eq!(writes(cloud), [1]);
    assert_eq!(cloud.s3().all_lines(BUCKET).len(), 1);
    cloud.assert_no_complaints();
    router.assert_adds_up("s3");
}

/// How often each object was written.
fn writes(cloud: &Cloud) -> Vec<usize> {
    cloud.s3().objects(BUCKET).values().map(|object| object.writes).collect()
}

fn puts(cloud: &Cloud) -> usize {
    cloud.attempts(Api::PutObject)
}

#[test]
fn every_passing_trouble_is_tried_again_within_the_flush() {
    let troubles = [
        Fault::aws(500, "InternalError"),
        Fault::aws(503, "SlowDown"),
        Fault::aws(503, "ServiceUnavailable"),
        Fault::aws(400, "RequestTimeout"),
        Fault::aws(400, "IncompleteBody"),
        Fault::aws(409, "OperationAborted"),
        Fault::reply(429),
        Fault::reply(408),
        Fault::reply(502).body("<html>bad gateway</html>"),
        Fault::reply(504),
        Fault::reply(200).body("<html>a proxy's page</html>"),
        Fault::aws(503, "SlowDown").retry_after(0),
        Fault::reset(),
    ];
    for trouble in troubles {
        let cloud = cloud();
        let what = format!("{trouble:?}");
        cloud.script(Api::PutObject, [trouble]);
        let router = router(&cloud, &[]);
        assert_eq!((router.bring(&hello()), puts(&cloud)), (Verdict::Ok, 2), "{what}");
        assert_eq!(router.counters("s3").retries, 1, "{what}");
        assert_one_object(&cloud, &router);
    }
}

#[test]
fn slowing_down_is_obeyed_for_as_long_as_it_is_asked() {
    let cloud = cloud();
    cloud.script(Api::PutObject, [Fault::aws(503, "SlowDown").retry_after(1)]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    let requests = cloud.requests_for(Api::PutObject);
    assert_eq!(requests.len(), 2);
    assert!(requests[1].at - requests[0].at >= Duration::from_secs(1));
    assert_one_object(&cloud, &router);
}

#[test]
fn a_pause_beyond_the_deadline_is_answered_at_once_and_the_replay_delivers() {
    let cloud = cloud();
    cloud.script(Api::PutObject, [Fault::aws(503, "SlowDown").retry_after(60)]);
    let router = router(&cloud, &[]);
    let chunk = hello();
    let (verdict, took) = router.timed(&chunk);
    assert_eq!((verdict, puts(&cloud)), (Verdict::Retry, 1));
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_one_object(&cloud, &router);
}

#[test]
fn an_outage_means_retry_and_the_replay_makes_one_object() {
    for status in [500, 503] {
        let cloud = cloud();
        cloud.script_where(Api::PutObject, |_| true, Fault::reply(status));
        let router = router(&cloud, &[("flush_timeout", "2s")]);
        let chunk = hello();
        let (verdict, took) = router.timed(&chunk);
        assert_eq!(verdict, Verdict::Retry, "{status}");
        assert!(took < Duration::from_secs(10), "{took:?}");
        cloud.clear_script();
        router.bring_until_ok(&chunk, 3);
        assert_one_object(&cloud, &router);
    }
}

#[test]
fn nobody_listening_means_retry() {
    let port = test_support::port::free_port();
    let endpoint = format!("http://127.0.0.1:{port}");
    let router = router(&cloud(), &[("s3.endpoint", &endpoint), ("flush_timeout", "2s")]);
    assert_eq!(router.bring(&hello()), Verdict::Retry);
    assert_eq!(router.counters("s3").delivered, 0);
}

#[test]
fn a_slow_reply_is_waited_for_and_a_lost_one_makes_no_second_object() {
    for (fault, statuses) in [
        (Fault::slow(Duration::from_millis(700)), vec![200]),
        (Fault::accept_then_cut(), vec![412]),
        (Fault::accept_then_hang(), vec![412]),
        (Fault::hang(), vec![200]),
        // The status and the entity tag have come; what breaks off says nothing.
        (Fault::reset_mid_body(), vec![200]),
    ] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::PutObject, [fault]);
        let router = router(&cloud, &[("s3.timeout", "3s")]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{what}");
        let requests = cloud.requests_for(Api::PutObject);
        let answered: Vec<u16> = requests.iter().filter_map(|request| request.status).collect();
        assert_eq!(answered, statuses, "{what}");
        assert_one_object(&cloud, &router);
    }
}

/// The answer has gone out at the deadline, but the request is still under way and succeeds: the replay knows.
#[test]
fn a_success_after_the_deadline_is_known_to_the_replay() {
    let cloud = cloud();
    cloud.script(Api::PutObject, [Fault::slow(Duration::from_secs(5))]);
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    let chunk = hello();
    assert_eq!(router.bring(&chunk), Verdict::Retry);
    router.bring_until_ok(&chunk, 5);
    assert_eq!(puts(&cloud), 1);
    assert_one_object(&cloud, &router);
}

#[test]
fn a_replay_uploads_only_the_objects_that_are_missing() {
    let cloud = cloud();
    let of_db = |request: &Received| request.path.contains("/db-");
    cloud.script_where(Api::PutObject, of_db, Fault::aws(503, "SlowDown"));
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    let chunk = Chunk::now(&["web", "db", "web", "db"].map(|name| line(name, "stdout", name)));
    assert_eq!((router.bring(&chunk), router.bring(&chunk)), (Verdict::Retry, Verdict::Retry));
    cloud.clear_script();
    router.bring_until_ok(&chunk, 3);
    let requests = cloud.requests_for(Api::PutObject);
    assert_eq!(requests.iter().filter(|request| !of_db(request)).count(), 1, "arrived the first time");
    assert_eq!((writes(&cloud), cloud.s3().all_lines(BUCKET).len()), (vec![1, 1], 4));
    router.assert_adds_up("s3");
}

#[test]
fn a_refusal_for_good_is_counted_and_not_asked_for_again() {
    for code in ["InvalidArgument", "KeyTooLongError"] {
        let cloud = cloud();
        cloud.script(Api::PutObject, [Fault::aws(400, code)]);
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!((router.lost("s3", Reason::Refused), puts(&cloud)), (1, 1), "{code}");
        assert_eq!(cloud.s3().keys(BUCKET), [""; 0]);
        router.assert_adds_up("s3");
    }
}

/// Also what is too large: whoever says so may be persuaded to take more.
#[test]
fn what_a_person_must_mend_is_tried_once_per_flush_and_loses_nothing() {
    for fault in [
        Fault::aws(403, "AccessDenied"),
        Fault::aws(404, "NoSuchBucket"),
        Fault::aws(400, "EntityTooLarge"),
        Fault::reply(413).body("<html>Request Entity Too Large</html>"),
    ] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script_where(Api::PutObject, |_| true, fault);
        let router = router(&cloud, &[]);
        let chunk = hello();
        for flushes in 1..=2 {
            let (verdict, took) = router.timed(&chunk);
            assert_eq!((verdict, puts(&cloud)), (Verdict::Retry, flushes), "{what}");
            assert!(took < Duration::from_secs(10), "{took:?}");
        }
        cloud.clear_script();
        assert_eq!(router.bring(&chunk), Verdict::Ok, "{what}");
        assert_one_object(&cloud, &router);
    }
}

#[test]
fn a_store_that_does_not_know_if_none_match_is_named_the_key_and_then_written_to() {
    let test = this_test!("a_store_that_does_not_know_if_none_match_is_named_the_key_and_then_written_to");
    let said = alone(test, || {
        let cloud = cloud();
        let conditional = |request: &Received| request.header("if-none-match").is_some();
        cloud.script_where(Api::PutObject, conditional, Fault::aws(501, "NotImplemented"));
        assert_eq!(router(&cloud, &[]).bring(&hello()), Verdict::Retry);
        let off = router(&cloud, &[("s3.if_none_match", "off")]);
        assert_eq!(off.bring(&hello()), Verdict::Ok);
        assert_one_object(&cloud, &off);
    });
    let lines: Vec<&str> = said.lines().filter(|line| line.contains("[error]")).collect();
    assert!(lines.len() == 1 && lines[0].contains("501") && lines[0].contains("if_none_match off"), "{said}");
}

/// The price of doing without `If-None-Match`: a second version where the bucket keeps versions, and no second object.
#[test]
fn without_if_none_match_a_lost_reply_writes_the_same_object_again() {
    let cloud = cloud();
    cloud.script(Api::PutObject, [Fault::accept_then_cut()]);
    let router = router(&cloud, &[("s3.if_none_match", "off")]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!((writes(&cloud), cloud.s3().all_lines(BUCKET).len()), (vec![2], 1));
    let [first, second] = &cloud.requests_for(Api::PutObject)[..] else { panic!("two attempts") };
    assert_eq!((&first.path, &first.body), (&second.path, &second.body));
    router.assert_adds_up("s3");
}

#[test]
fn expired_credentials_are_fetched_again() {
    alone(this_test!("expired_credentials_are_fetched_again"), || {
        let cloud = cloud();
        environment::of_the_container(&cloud.credentials_uri());
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        cloud.expire_credentials();
        cloud.accept_credentials("ASIASECOND", "second", Some("token"));
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(cloud.attempts(Api::Credentials), 2);
        assert_eq!(cloud.s3().all_lines(BUCKET).len(), 2);
        cloud.assert_no_complaints();
    });
}

#[test]
fn a_wrong_secret_means_retry_without_a_storm() {
    let cloud =
        Cloud::builder().credentials("AKIDEXAMPLE", "another secret").create_buckets([BUCKET]).start();
    let router = router(&cloud, &[("flush_timeout", "2s")]);
    let (verdict, took) = router.timed(&hello());
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!((2..=10).contains(&puts(&cloud)), "{}", puts(&cloud));
    assert!(cloud.take_complaints()[0].contains("SignatureDoesNotMatch"));
}
