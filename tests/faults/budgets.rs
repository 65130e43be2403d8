//! What a limit drops while things break: docs/cost-control.md says what is promised. What is dropped is counted once and
//! told where it would have gone, and everything else arrives.

use std::ops::RangeInclusive;
use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault};

use crate::feed::{Feed, Sent, Stream};
use crate::host::{Alive, Host, Output, Setup, with_each_host};
use crate::tally::{Arrivals, count, in_group, number_before, tally};

/// Four containers write far more than this.
const LIMIT: &str = "50/s per container, burst 50";

/// How the record about dropped lines begins.
const NOTICE: &str = "ecs_router: ";

struct BudgetScene {
    cloud: Cloud,
    host: Host,
}

/// What became of standard output.
#[derive(Debug)]
struct LimitedLines {
    arrived: Arrivals,
    /// Dropped, as the records about it say.
    told: usize,
}

impl BudgetScene {
    fn new(setup: &Setup) -> Self {
        let cloud = Cloud::start();
        let output = Output::to_groups(&cloud, ["/rest", "/errors"]);
        let output = output.with("limit.stdout", LIMIT).with("exit_timeout", "10s");
        Self { host: Host::new(setup, output), cloud }
    }

    fn limited(&self) -> LimitedLines {
        let logs = self.cloud.cloudwatch();
        let messages = logs.streams("/rest").into_iter().flat_map(|stream| logs.messages("/rest", &stream));
        let (notices, lines): (Vec<String>, Vec<String>) =
            messages.partition(|message| message.starts_with(NOTICE));
        let told = notices.iter().map(|notice| number_before(notice, "lines of container")).sum();
        LimitedLines { arrived: count(lines), told }
    }

    #[track_caller]
    fn expect_errors(&self, scenario: &str, host: &Alive, sent: &Sent) {
        let errors = || in_group(&self.cloud, "/errors");
        tally(scenario, host, "not limited", &sent.stderr(), errors).expect_once(host);
    }

    /// Each line arrived once, or is one of those that were told and counted.
    #[track_caller]
    fn expect_all_told(&self, scenario: &str, host: &Alive, sent: &Sent) {
        let LimitedLines { arrived, told } = self.limited();
        let records = sent.stdout().records(host.joins());
        print(scenario, host, &records, &arrived, told);
        assert_eq!(arrived.twice(), 0, "{}", host.said());
        assert!(told > 0, "nothing was limited");
        let found = arrived.records + told;
        assert!(records.contains(&found), "{found} of {records:?}\n{}", host.said());
        let counted = number_before(&host.said(), "dropped by limits and samples");
        assert_eq!(told, counted, "{}", host.said());
    }
}

fn print(scenario: &str, host: &Alive, records: &RangeInclusive<usize>, arrived: &Arrivals, told: usize) {
    let arrived = arrived.records;
    println!(
        "| {scenario} | {} | limited | {records:?} | {arrived}, and {told} told as dropped | | |",
        host.name()
    );
}

/// Chunks that come again drop the same lines, and count none of them again.
#[test]
fn replays_under_throttling_drop_the_same_lines() {
    let name = "limited, throttled";
    with_each_host(|setup| {
        let scene = BudgetScene::new(setup);
        let mut host = scene.host.start();
        let mut feed = Feed::default();
        scene.cloud.script_where(Api::PutLogEvents, |_| true, Fault::throttled());
        for _ in 0..4 {
            feed.send(&host, 1_500);
            std::thread::sleep(Duration::from_secs(1));
        }
        scene.cloud.clear_script();
        scene.expect_errors(name, &host, &feed.sent);
        host.end();
        scene.expect_all_told(name, &host, &feed.sent);
    });
}

#[test]
fn what_was_dropped_is_told_at_sigterm() {
    let name = "limited, SIGTERM";
    with_each_host(|setup| {
        let scene = BudgetScene::new(setup);
        scene.cloud.script_where(Api::PutLogEvents, |_| true, Fault::slow(Duration::from_millis(300)));
        let mut host = scene.host.start();
        let stream = Stream::start(Feed::default(), &host, Duration::from_millis(20));
        std::thread::sleep(Duration::from_secs(3));
        host.end();
        let sent = stream.stop().sent;
        scene.expect_errors(name, &host, &sent);
        scene.expect_all_told(name, &host, &sent);
    });
}

/// Each container has its whole burst again. What the killed process had counted and not told yet is not told any more;
/// nothing is told that is not missing.
#[test]
fn sigkill_forgets_counts_and_no_lines_within_the_limit() {
    let name = "limited, SIGKILL and restart";
    with_each_host(|setup| {
        let mut scene = BudgetScene::new(setup);
        scene.host = scene.host.with_storage();
        scene.cloud.script_where(Api::PutLogEvents, |_| true, Fault::throttled());
        let host = scene.host.start();
        let mut feed = Feed::default();
        feed.send(&host, 3_000);
        std::thread::sleep(Duration::from_secs(1));
        feed.hang_up();
        let host = host.kill();
        scene.cloud.clear_script();
        let mut host = host.start();
        feed.send(&host, 3_000);
        scene.expect_errors(name, &host, &feed.sent);
        host.end();
        // Nothing was answered with OK before the kill: all of it came again, and was judged by the second process.
        scene.expect_all_told(name, &host, &feed.sent);
    });
}
