//! S3 without a spool: each chunk is an object, whatever the service does in between.

use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault};
use out_ecs_router::Verdict;
use out_ecs_router::metrics::Reason;

use super::intake::hello;
use crate::support::alone::{alone, this_test};
use crate::support::environment;
use crate::support::router::Router;

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
        ("flush_timeout", "15s"),
        ("exit_timeout", "2s"),
    ];
    Router::with(usual.iter().chain(more))
}

/// One line is in one object, which was written once.
#[track_caller]
fn assert_one_object(cloud: &Cloud, router: &Router) {
    let objects = cloud.s3().objects(BUCKET);
    assert_eq!(objects.values().map(|object| object.writes).collect::<Vec<_>>(), [1]);
    assert_eq!(cloud.s3().all_lines(BUCKET).len(), 1);
    cloud.assert_no_complaints();
    router.assert_adds_up("s3");
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
fn an_outage_means_retry_and_the_replay_makes_one_object() {
    for status in [500, 503] {
        let cloud = cloud();
        cloud.script_where(Api::PutObject, |_| true, Fault::reply(status));
        let router = router(&cloud, &[("flush_timeout", "1s")]);
        let chunk = hello();
        let (verdict, took) = router.timed(&chunk);
        assert_eq!(verdict, Verdict::Retry, "{status}");
        assert!(took < Duration::from_millis(2_500), "{took:?}");
        cloud.clear_script();
        router.bring_until_ok(&chunk, 3);
        assert_one_object(&cloud, &router);
    }
}

#[test]
fn a_slow_reply_is_waited_for_and_a_lost_one_makes_no_second_object() {
    for (fault, attempts) in [(Fault::slow(Duration::from_millis(700)), 1), (Fault::accept_then_cut(), 2)] {
        let cloud = cloud();
        let what = format!("{fault:?}");
        cloud.script(Api::PutObject, [fault]);
        let router = router(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{what}");
        let requests = cloud.requests_for(Api::PutObject);
        assert_eq!(requests.len(), attempts, "{what}");
        assert_eq!(requests[attempts - 1].status, Some(if attempts == 1 { 200 } else { 412 }), "{what}");
        assert_one_object(&cloud, &router);
    }
}

/// The reply has no body to be reset in, so it arrives or it does not; either way there is one object.
#[test]
fn a_reset_at_the_reply_makes_no_second_object() {
    let cloud = cloud();
    cloud.script(Api::PutObject, [Fault::reset_mid_body()]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_one_object(&cloud, &router);
}

#[test]
fn a_refusal_for_good_is_counted_and_not_asked_for_again() {
    let cloud = cloud();
    cloud.script(Api::PutObject, [Fault::aws(400, "InvalidArgument")]);
    let router = router(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!((router.lost("s3", Reason::Refused), cloud.attempts(Api::PutObject)), (1, 1));
    assert_eq!(cloud.s3().keys(BUCKET), [""; 0]);
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
