//! `auth oauth2`: a token endpoint that refuses what a real one refuses.

use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};
use serde_json::Value;
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::record::{line, stop};
use test_support::this_test;

use super::{SECRET, hello, logs_of, oauth2, router};
use crate::router::Router;

const PATH: &str = "/oauth2/http/logs";

fn token_url(cloud: &Cloud) -> String {
    format!("{}/oauth2/token", cloud.endpoint())
}

fn http(cloud: &Cloud, keys: &[(&str, &str)]) -> Router {
    router(cloud, "http", PATH, &oauth2(&token_url(cloud), keys))
}

fn lines(cloud: &Cloud) -> Vec<String> {
    logs_of(&cloud.http().values(PATH)).into_iter().map(str::to_owned).collect()
}

#[test]
fn each_way_to_ask_for_a_token_is_understood() {
    for keys in [
        &[][..],
        &[("client_auth", "post")],
        &[("audience", "https://logs.example.com"), ("scope", "logs.read logs.write")],
    ] {
        let cloud = Cloud::start();
        assert_eq!(http(&cloud, keys).bring(&hello()), Verdict::Ok, "{keys:?}");
        assert_eq!(lines(&cloud), ["hello"]);
        cloud.assert_no_complaints();
    }
    let cloud = Cloud::start();
    let otlp = router(&cloud, "otlp", "/oauth2", &oauth2(&token_url(&cloud), &[]));
    assert_eq!(otlp.bring(&Chunk::now(&[line("web", "stdout", "hello"), stop()])), Verdict::Ok);
    assert_eq!(cloud.otlp().logs().len(), 2);
    cloud.assert_no_complaints();
}

#[test]
fn many_requests_at_one_time_share_one_token() {
    let cloud = Cloud::start();
    cloud.script(Api::Token, [Fault::slow(Duration::from_millis(200))]);
    let router = http(&cloud, &[("batch_records", "1")]);
    let records: Vec<Value> = (0..20).map(|number| line("web", "stdout", &number.to_string())).collect();
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    assert_eq!((lines(&cloud).len(), cloud.attempts(Api::Token)), (20, 1));
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.attempts(Api::Token), 1);
}

#[test]
fn a_token_is_renewed_before_it_expires() {
    let cloud = Cloud::start();
    cloud.oauth2().set_lifetime(Duration::from_secs(5));
    let router = http(&cloud, &[]);
    for _ in 0..5 {
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        std::thread::sleep(Duration::from_millis(1_500));
    }
    let refused = cloud.requests_for(Api::Http).iter().filter(|request| request.status == Some(401)).count();
    assert_eq!((refused, cloud.oauth2().issued()), (0, 2));
}

#[test]
fn a_token_that_is_refused_is_replaced_once() {
    let cloud = Cloud::start();
    let router = http(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    cloud.oauth2().expire_tokens();
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!((lines(&cloud).len(), cloud.oauth2().issued(), cloud.attempts(Api::Http)), (2, 2, 3));
    cloud.assert_no_complaints();
}

/// The service takes no token at all: the token endpoint is not asked for one again and again.
#[test]
fn a_service_that_refuses_every_token_is_told_of() {
    let said = alone(this_test!("a_service_that_refuses_every_token_is_told_of"), || {
        let cloud = Cloud::start();
        cloud.script_where(Api::Http, |_| true, Fault::reply(401));
        let router = http(&cloud, &[("flush_timeout", "2s")]);
        let chunk = hello();
        assert_eq!(router.bring(&chunk), Verdict::Retry);
        assert_eq!(router.bring(&chunk), Verdict::Retry);
        assert_eq!(cloud.oauth2().issued(), 2);
        cloud.clear_script();
        assert_eq!(router.bring_until_ok(&chunk, 20), 1);
        assert_eq!(lines(&cloud), ["hello"]);
    });
    assert!(
        said.contains("fresh credentials are refused, too: check http.scope and http.audience"),
        "{said}"
    );
    assert!(!said.contains("token-") && !said.contains(SECRET), "{said}");
}

#[test]
fn a_refused_client_loses_nothing_and_is_told_of_without_its_secret() {
    let said = alone(this_test!("a_refused_client_loses_nothing_and_is_told_of_without_its_secret"), || {
        for keys in [
            &[("client_secret", "wr0ng-s3cret")][..],
            &[("client_secret", "wr0ng-s3cret"), ("client_auth", "post")],
            &[("scope", "admin")],
            &[("audience", "https://other.example")],
        ] {
            let cloud = Cloud::start();
            let router = http(&cloud, keys);
            let chunk = hello();
            for _ in 0..5 {
                assert_eq!(router.bring(&chunk), Verdict::Retry, "{keys:?}");
            }
            assert_eq!(cloud.attempts(Api::Token), 1, "a client that asks too often is locked out");
            assert_eq!(cloud.attempts(Api::Http), 0, "nothing goes out without a token");
        }
    });
    for expected in [
        "no access token: 127.0.0.1 answered 401 Unauthorized, invalid_client; check http.client_id, http.client_secret",
        "invalid_scope; check http.scope",
        "access_denied; check http.audience",
    ] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn a_token_that_does_not_permit_it_is_told_of() {
    let said = alone(this_test!("a_token_that_does_not_permit_it_is_told_of"), || {
        let cloud = Cloud::start();
        let router = http(&cloud, &[("scope", "logs.read")]);
        assert_eq!((router.bring(&hello()), cloud.attempts(Api::Http)), (Verdict::Retry, 1));
    });
    assert!(said.contains("the token does not permit this: check http.scope and http.audience"), "{said}");
}

#[test]
fn an_outage_of_the_token_endpoint_loses_nothing() {
    let said = alone(this_test!("an_outage_of_the_token_endpoint_loses_nothing"), || {
        for fault in [Fault::reply(503), Fault::reply(429), Fault::reset_mid_body(), Fault::reset()] {
            let cloud = Cloud::start();
            cloud.script_where(Api::Token, |_| true, fault.clone());
            let router = http(&cloud, &[("flush_timeout", "2s")]);
            let chunk = hello();
            assert_eq!(router.bring(&chunk), Verdict::Retry, "{fault:?}");
            assert_eq!(cloud.attempts(Api::Http), 0);
            cloud.clear_script();
            assert_eq!(router.bring_until_ok(&chunk, 3), 1, "{fault:?}");
            assert_eq!(lines(&cloud), ["hello"]);
        }
    });
    assert!(said.contains("no access token: 127.0.0.1 answered 503"), "{said}");
    assert!(said.contains("check http.token_url if it goes on"), "{said}");
}

/// What lasts is used while the endpoint is away.
#[test]
fn a_token_that_lasts_outlives_its_endpoint() {
    let cloud = Cloud::start();
    cloud.oauth2().set_lifetime(Duration::from_secs(8));
    let router = http(&cloud, &[]);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    cloud.script_where(Api::Token, |_| true, Fault::reply(500));
    std::thread::sleep(Duration::from_millis(6_300));
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(router.bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.attempts(Api::Token), 2, "it is left alone for a while");
}
