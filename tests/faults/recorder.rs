//! What the flight recorder holds and releases while things break: docs/flight-recorder.md says what is promised.

use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault, Received};

use crate::feed::{CONTAINERS, Feed, Sent, TRACE};
use crate::host::{Alive, Host, Output, Setup, with_each_host};
use crate::tally::{Tally, in_group, number_before, tally};

/// Lines before the errors.
const HELD: usize = 2_000;

/// Lines of the message with the errors.
const ERRORS: std::ops::Range<usize> = HELD..HELD + 100;

/// Standard output is held, and goes to a group of its own all the same; errors release it to theirs.
const KEYS: [(&str, &str); 3] =
    [("recorder.window", "5m"), ("recorder.after", "0s"), ("recorder.destination", "errors")];

struct RecorderScene {
    cloud: Cloud,
    host: Host,
    feed: Feed,
}

impl RecorderScene {
    fn new(setup: &Setup, is_error: fn(usize) -> bool) -> Self {
        let cloud = Cloud::start();
        let output = Output::to_groups(&cloud, ["/rest", "/errors"]).with("exit_timeout", "10s");
        let output = KEYS.iter().fold(output, |output, (key, value)| output.with(key, value));
        Self { cloud, host: Host::new(setup, output), feed: Feed::with_stderr(is_error) }
    }

    /// Sends what is held, waits until it is in its own group, and then sends the errors.
    #[track_caller]
    fn send_errors(&mut self, scenario: &str, host: &Alive, fault: Fault) {
        self.feed.send(host, HELD);
        self.rest(scenario, host, &self.feed.sent).expect_once(host);
        assert_eq!(
            self.cloud.cloudwatch().streams("/errors"),
            Vec::<String>::new(),
            "nothing is released yet"
        );
        let to_errors = |put: &Received| put.json()["logGroupName"] == "/errors";
        self.cloud.script_where(Api::PutLogEvents, to_errors, fault);
        self.feed.send(host, ERRORS.len());
    }

    #[track_caller]
    fn rest(&self, scenario: &str, host: &Alive, sent: &Sent) -> Tally {
        tally(scenario, host, "held, archive", sent, || in_group(&self.cloud, "/rest"))
    }

    #[track_caller]
    fn errors(&self, scenario: &str, host: &Alive, released: impl Fn(usize) -> bool) -> Tally {
        let sent = self.feed.sent.only(released);
        tally(scenario, host, "errors and released", &sent, || in_group(&self.cloud, "/errors"))
    }
}

/// The destination of errors throttles when they come: what they release waits with their chunk and arrives with it, once.
#[test]
fn released_lines_arrive_once_behind_a_service_that_throttles() {
    let name = "recorder, throttled";
    with_each_host(|setup| {
        let mut scene = RecorderScene::new(setup, |line| ERRORS.contains(&line));
        let mut host = scene.host.start();
        scene.send_errors(name, &host, Fault::throttled());
        std::thread::sleep(Duration::from_secs(3));
        scene.cloud.clear_script();
        scene.errors(name, &host, |_| true).expect_once(&host);
        // No error comes after these.
        scene.feed.send(&host, 500);
        let in_archive = scene.feed.sent.only(|line| !ERRORS.contains(&line));
        scene.rest(name, &host, &in_archive).expect_once(&host);
        host.end();
        scene.errors(name, &host, |line| line < ERRORS.end).expect_once(&host);
        let said = host.said();
        let [held, released] = ["lines held", "released,"].map(|words| number_before(&said, words));
        let records = |sent: &Sent| sent.records(host.joins());
        assert!(records(&in_archive).contains(&held), "{held} held\n{said}");
        assert!(
            records(&in_archive.only(|line| line < HELD)).contains(&released),
            "{released} released\n{said}"
        );
    });
}

fn is_error_of_one_container(line: usize) -> bool {
    ERRORS.contains(&line) && line / TRACE % CONTAINERS == 1
}

/// The end comes while released lines are on their way: they arrive, and what no error released stays where it is.
#[test]
fn sigterm_delivers_what_an_error_released_and_nothing_else() {
    let name = "recorder, SIGTERM";
    with_each_host(|setup| {
        let mut scene = RecorderScene::new(setup, is_error_of_one_container);
        let mut host = scene.host.start();
        scene.send_errors(name, &host, Fault::slow(Duration::from_millis(500)));
        host.end();
        let of_one =
            |line: usize| is_error_of_one_container(line) || (line < HELD && line / TRACE % CONTAINERS == 1);
        scene.errors(name, &host, of_one).expect_once(&host);
        let in_archive = scene.feed.sent.only(|line| !is_error_of_one_container(line));
        scene.rest(name, &host, &in_archive).expect_once(&host);
    });
}

/// A kill while an error waits: the error comes again, and what it had released is lost unless it was routed elsewhere.
#[test]
fn sigkill_loses_held_lines_and_no_others() {
    let name = "recorder, SIGKILL and restart";
    with_each_host(|setup| {
        let mut scene = RecorderScene::new(setup, |line| ERRORS.contains(&line));
        scene.host = scene.host.with_storage();
        let host = scene.host.start();
        // Chunks that were answered with OK leave the disk.
        scene.send_errors(name, &host, Fault::throttled());
        std::thread::sleep(Duration::from_secs(2));
        scene.feed.hang_up();
        let host = host.kill();
        scene.cloud.clear_script();
        let mut host = host.start();
        scene.errors(name, &host, |line| ERRORS.contains(&line)).expect_once(&host);
        let in_archive = scene.feed.sent.only(|line| !ERRORS.contains(&line));
        scene.rest(name, &host, &in_archive).expect_once(&host);
        host.end();
    });
}
