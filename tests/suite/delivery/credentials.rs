//! Expired, wrong, and assumed.

use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::record::line;
use test_support::this_test;

fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

/// In a process of its own, because the endpoint of the credentials is in the process's environment.
#[test]
fn expired_credentials_are_fetched_again_from_the_container_endpoint() {
    alone(this_test!("expired_credentials_are_fetched_again_from_the_container_endpoint"), || {
        let cloud = Cloud::start();
        environment::of_the_container(&cloud.credentials_uri());
        let router = Router::to(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(cloud.attempts(Api::Credentials), 1, "kept as long as they last");
        cloud.expire_credentials();
        cloud.accept_credentials("ASIASECOND", "second", Some("token"));
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(cloud.attempts(Api::Credentials), 2);
        assert_eq!(cloud.cloudwatch().messages(GROUP, "web").len(), 3);
        cloud.assert_no_complaints();
    });
}

#[test]
fn credentials_about_to_end_are_fetched_before_they_do() {
    alone(this_test!("credentials_about_to_end_are_fetched_before_they_do"), || {
        let cloud = Cloud::start();
        environment::of_the_container(&cloud.credentials_uri());
        cloud.set_credentials_lifetime(Duration::from_secs(200));
        let router = Router::to(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        cloud.set_credentials_lifetime(Duration::from_secs(3_600));
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        let fetched = cloud.attempts(Api::Credentials);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!(cloud.attempts(Api::Credentials), fetched);
    });
}

#[test]
fn many_requests_at_once_fetch_new_credentials_once() {
    alone(this_test!("many_requests_at_once_fetch_new_credentials_once"), || {
        let cloud = Cloud::start();
        environment::of_the_container(&cloud.credentials_uri());
        let records: Vec<_> = (0..20).map(|number| line(&format!("c{number}"), "stdout", "hello")).collect();
        let router = Router::to(&cloud, &[]);
        assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
        cloud.expire_credentials();
        cloud.accept_credentials("ASIASECOND", "second", Some("token"));
        assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
        assert_eq!(cloud.attempts(Api::Credentials), 2);
    });
}

#[test]
fn a_credentials_endpoint_that_fails_means_retry_and_recovers() {
    alone(this_test!("a_credentials_endpoint_that_fails_means_retry_and_recovers"), || {
        let cloud = Cloud::start();
        environment::of_the_container(&cloud.credentials_uri());
        for fault in [Fault::reply(500), Fault::reset_mid_body()] {
            cloud.script_where(Api::Credentials, |_| true, fault);
            let router = Router::to(&cloud, &[]);
            let chunk = hello();
            let before = cloud.attempts(Api::PutLogEvents);
            assert_eq!(router.bring(&chunk), Verdict::Retry);
            assert_eq!(cloud.attempts(Api::PutLogEvents), before, "nothing goes out unsigned");
            cloud.clear_script();
            assert_eq!(router.bring_until_ok(&chunk, 3), 1);
        }
    });
}

/// The old ones are good for minutes yet; a hiccup of the endpoint is no reason to stop.
#[test]
fn credentials_that_still_last_are_used_while_the_endpoint_fails() {
    alone(this_test!("credentials_that_still_last_are_used_while_the_endpoint_fails"), || {
        let cloud = Cloud::start();
        environment::of_the_container(&cloud.credentials_uri());
        cloud.set_credentials_lifetime(Duration::from_secs(200));
        let router = Router::to(&cloud, &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        cloud.script_where(Api::Credentials, |_| true, Fault::reply(500));
        assert_eq!(router.bring(&hello()), Verdict::Ok);
    });
}

#[test]
fn a_wrong_secret_means_retry_without_a_storm() {
    let cloud = Cloud::builder().credentials("AKIDEXAMPLE", "another secret").start();
    let router = Router::to(&cloud, &[("flush_timeout", "2s")]);
    let (verdict, took) = router.timed(&hello());
    assert_eq!(verdict, Verdict::Retry);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!((2..=10).contains(&cloud.attempts(Api::PutLogEvents)), "{}", cloud.attempts(Api::PutLogEvents));
    assert!(cloud.take_complaints()[0].contains("InvalidSignatureException"));
}

#[test]
fn a_role_is_assumed_and_its_credentials_sign() {
    let cloud = Cloud::start();
    let endpoint = cloud.endpoint();
    let keys = [
        ("cloudwatch.role_arn", "arn:aws:iam::111122223333:role/logs"),
        ("cloudwatch.external_id", "logs-7f3a"),
        ("cloudwatch.sts_endpoint", endpoint.as_str()),
    ];
    let router = Router::to(&cloud, &keys);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    let roles = cloud.assumed_roles();
    assert_eq!(roles.len(), 1, "kept as long as its credentials last");
    assert_eq!(roles[0].role_arn, "arn:aws:iam::111122223333:role/logs");
    assert_eq!(roles[0].external_id.as_deref(), Some("logs-7f3a"));
    let put = &cloud.requests_for(Api::PutLogEvents)[0];
    assert!(put.header("authorization").unwrap().contains(&roles[0].access_key_id));
    assert!(put.header("x-amz-security-token").is_some());
    cloud.assert_no_complaints();
}

#[test]
fn an_expired_role_is_assumed_again() {
    let cloud = Cloud::start();
    let endpoint = cloud.endpoint();
    let keys =
        [("cloudwatch.role_arn", "arn:aws:iam::1:role/logs"), ("cloudwatch.sts_endpoint", endpoint.as_str())];
    let router = Router::to(&cloud, &keys);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    cloud.expire_credentials();
    cloud.accept_credentials("AKIDEXAMPLE", "secret", None);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.assumed_roles().len(), 2);
}
