//! Destinations that alert people, and bodies of the user's own form: through an outage in which the host is killed, and
//! through single replies that break.

use std::path::Path;
use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault};

use crate::destinations::{arrivals, complete, output, told};
use crate::feed::{Feed, Sent};
use crate::host::{Alive, Host, with_each_host};
use crate::services::of_ten;
use crate::tally::tally_within;
use test_support::process::until;

/// What is meant, by the names of `destinations`.
const NAMES: [&str; 5] = ["eventbridge", "sns", "pagerduty", "teams", "template"];

const APIS: [Api; 5] =
    [Api::PutEvents, Api::PublishBatch, Api::PagerDutyEvents, Api::TeamsWebhook, Api::Http];

/// One message a second, and one event for each class and container.
const PATIENCE: Duration = Duration::from_secs(120);

/// All of it arrived, once; of messages, the records that they tell of are counted.
#[track_caller]
fn expect_once(scenario: &str, host: &Alive, cloud: &Cloud, sent: &Sent) {
    for name in NAMES {
        if told(name, cloud).is_none() {
            let arrived = || arrivals(name, cloud, Path::new(""));
            tally_within(PATIENCE, scenario, host, name, sent, arrived).expect_once(host);
            continue;
        }
        let lines = || told(name, cloud).unwrap_or_default();
        let expected = sent.records(host.joins());
        until(PATIENCE, || {
            std::thread::sleep(Duration::from_millis(200));
            (lines() >= *expected.start()).then_some(())
        });
        let lines = lines();
        println!("| {scenario} | {} | {name} | {} | {lines} | | |", host.name(), expected.start());
        assert!(expected.contains(&lines), "{name}: {lines} of {expected:?}\n{}", host.said());
    }
}

/// Nothing was taken before the kill, so that nothing comes twice; what the host keeps on its disk comes again.
#[test]
fn an_outage_with_a_kill_in_it() {
    with_each_host(|setup| {
        let cloud = complete(0);
        APIS.iter().for_each(|api| cloud.script_where(*api, |_| true, Fault::reply(503)));
        let host = Host::new(setup, output(&NAMES, cloud.port())).with_storage().back_off([1, 2]).start();
        let mut feed = Feed::default();
        for _ in 0..5 {
            feed.send(&host, 100);
            std::thread::sleep(Duration::from_millis(500));
        }
        feed.hang_up();
        let host = host.kill();
        cloud.clear_script();
        let mut host = host.start();
        feed.send(&host, 100);
        expect_once("outage with SIGKILL and restart", &host, &cloud, &feed.sent);
        host.end();
    });
}

/// A reply of a failure, and a connection that ends before there is one: all of it is sent again.
#[test]
fn three_of_ten_alerts_fail() {
    with_each_host(|setup| {
        let cloud = complete(0);
        for api in APIS {
            cloud.script_where(api, of_ten(2), Fault::reply(500));
            cloud.script_where(api, of_ten(1), Fault::reset());
        }
        let mut host = Host::new(setup, output(&NAMES, cloud.port())).back_off([1, 2]).start();
        let mut feed = Feed::default();
        for _ in 0..5 {
            feed.send(&host, 100);
            std::thread::sleep(Duration::from_millis(500));
        }
        expect_once("30 % of alerts fail", &host, &cloud, &feed.sent);
        host.end();
    });
}
