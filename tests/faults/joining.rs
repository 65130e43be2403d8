//! Lines that are one record, while chunks of the host begin and end anywhere in it.

use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault};

use crate::feed::{Feed, Sent, Stream};
use crate::host::{Alive, Host, Output, Setup, with_each_plain_host};
use crate::tally::{Tally, in_group, tally};

/// The lines of a stream up to the next trace whose number ends with two or seven are one record.
const KEYS: [(&str, &str); 3] =
    [("join", "both"), ("join.start_pattern", "n=[0-9]*[27] GET"), ("join.wait", "1500ms")];

struct JoiningScene {
    cloud: Cloud,
    host: Host,
}

impl JoiningScene {
    fn new(setup: &Setup, more: &[(&str, &str)]) -> Self {
        let cloud = Cloud::start();
        let host = Host::new(setup, Output::to_groups(&cloud, ["/rest", "/errors"]));
        let host = KEYS.iter().chain(more).fold(host, |host, (key, value)| host.with_key(key, value));
        Self { cloud, host }
    }

    #[track_caller]
    fn both(&self, scenario: &str, host: &Alive, sent: &Sent) -> [Tally; 2] {
        let in_group = |group: &'static str| move || in_group(&self.cloud, group);
        [
            tally(scenario, host, "errors", &sent.stderr(), in_group("/errors")),
            tally(scenario, host, "rest", &sent.stdout(), in_group("/rest")),
        ]
    }

    /// Records of several lines arrived, or nothing was tested.
    fn assert_joined(&self) {
        let logs = self.cloud.cloudwatch();
        let streams = logs.streams("/rest");
        let messages: Vec<String> =
            streams.iter().flat_map(|stream| logs.messages("/rest", stream)).collect();
        let joined = messages.iter().filter(|message| message.contains('\n')).count();
        assert!(2 * joined > messages.len(), "{joined} of {} are joined", messages.len());
    }
}

#[test]
fn records_in_several_chunks_under_throttling() {
    with_each_plain_host(|setup| {
        let scene = JoiningScene::new(setup, &[("flush_timeout", "4s")]);
        let mut host = scene.host.clone().back_off([1, 2]).start();
        let stream = Stream::start(Feed::default(), &host, Duration::from_millis(20));
        std::thread::sleep(Duration::from_secs(2));
        scene.cloud.script_where(Api::PutLogEvents, |_| true, Fault::throttled());
        std::thread::sleep(Duration::from_secs(5));
        scene.cloud.clear_script();
        std::thread::sleep(Duration::from_secs(2));
        let sent = stream.stop().sent;
        scene.both("joining under throttling", &host, &sent).iter().for_each(|line| line.expect_once(&host));
        scene.assert_joined();
        host.end();
    });
}

#[test]
fn joined_lines_survive_sigterm() {
    with_each_plain_host(|setup| {
        let scene = JoiningScene::new(setup, &[("exit_timeout", "10s")]);
        let mut host = scene.host.start();
        let stream = Stream::start(Feed::default(), &host, Duration::from_millis(10));
        std::thread::sleep(Duration::from_secs(3));
        host.end();
        let sent = stream.stop().sent;
        scene.both("joining, SIGTERM", &host, &sent).iter().for_each(|line| line.expect_once(&host));
        scene.assert_joined();
    });
}

#[test]
fn joined_lines_survive_sigkill_and_a_restart() {
    with_each_plain_host(|setup| {
        let mut scene = JoiningScene::new(setup, &[]);
        scene.host = scene.host.with_storage();
        scene.cloud.script_where(Api::PutLogEvents, |_| true, Fault::slow(Duration::from_millis(300)));
        let host = scene.host.start();
        let mut feed = Feed::default();
        for _ in 0..6 {
            feed.send(&host, 1_000);
            std::thread::sleep(Duration::from_millis(300));
        }
        feed.hang_up();
        let host = host.kill();
        scene.cloud.clear_script();
        let mut host = host.start();
        feed.send(&host, 1_000);
        let lines = scene.both("joining, SIGKILL and restart", &host, &feed.sent);
        assert!(lines.iter().all(|line| line.missing == 0), "{lines:?}\n{}", host.said());
        scene.assert_joined();
        host.end();
    });
}
