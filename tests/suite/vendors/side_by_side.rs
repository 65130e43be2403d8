//! Several destinations on one route.

use std::time::Duration;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault};

use super::intake::{SECRET, chunk_of, names};
use crate::router::{GROUP, Router};
use test_support::process::until;

/// New Relic, Datadog and CloudWatch get everything.
fn three(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    cloud.cloudwatch().create_stream(GROUP, "web");
    let endpoint = cloud.endpoint();
    let others = [
        ("route.default", "newrelic, datadog, cloudwatch"),
        ("newrelic.license_key", SECRET),
        ("newrelic.endpoint", endpoint.as_str()),
        ("datadog.api_key", SECRET),
        ("datadog.endpoint", endpoint.as_str()),
    ];
    Router::to(cloud, &[&others[..], more].concat())
}

#[test]
fn three_destinations_of_one_route_get_the_same_records() {
    let cloud = Cloud::start();
    let router = three(&cloud, &[]);
    let names = names(50);
    assert_eq!(router.bring(&chunk_of(&names)), Verdict::Ok);
    assert_eq!(cloud.newrelic().messages(), names);
    assert_eq!(cloud.datadog().messages(), names);
    assert_eq!(cloud.cloudwatch().messages(GROUP, "web"), names);
    ["newrelic", "datadog", "cloudwatch"].iter().for_each(|name| router.assert_adds_up(name));
    cloud.assert_no_complaints();
}

#[test]
fn a_dead_one_does_not_hold_the_others_and_gets_the_records_when_it_is_back() {
    let apis = [Api::NewRelicLogs, Api::DatadogLogs, Api::PutLogEvents];
    for dead in apis {
        let cloud = Cloud::start();
        cloud.script_where(dead, |_| true, Fault::hang());
        let timeouts = ["newrelic.timeout", "datadog.timeout", "cloudwatch.timeout"].map(|key| (key, "6s"));
        let router = three(&cloud, &[&[("flush_timeout", "8s")], &timeouts[..]].concat());
        let names = names(50);
        let chunk = chunk_of(&names);
        std::thread::scope(|scope| {
            let flush = scope.spawn(|| router.bring(&chunk));
            let living =
                || (arrived(&cloud).iter().filter(|found| **found == names).count() == 2).then_some(());
            until(Duration::from_secs(5), living).unwrap_or_else(|| panic!("{dead:?} holds the others"));
            assert_eq!(flush.join().unwrap(), Verdict::Retry, "{dead:?}");
        });
        cloud.clear_script();
        router.bring_until_ok(&chunk, 3);
        assert_eq!(arrived(&cloud), [names.clone(), names.clone(), names], "each once, {dead:?} was dead");
    }
}

#[test]
fn one_that_refuses_for_good_takes_nothing_from_the_others() {
    let cloud = Cloud::start();
    cloud.script_where(Api::NewRelicLogs, |_| true, Fault::reply(400));
    let router = three(&cloud, &[]);
    let names = names(9);
    assert_eq!(router.bring(&chunk_of(&names)), Verdict::Ok);
    assert_eq!(arrived(&cloud), [vec![], names.clone(), names]);
    ["newrelic", "datadog", "cloudwatch"].iter().for_each(|name| router.assert_adds_up(name));
}

fn arrived(cloud: &Cloud) -> [Vec<String>; 3] {
    [cloud.newrelic().messages(), cloud.datadog().messages(), cloud.cloudwatch().messages(GROUP, "web")]
}
