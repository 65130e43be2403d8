//! More than one of something: instances of the plugin, and workers of one.

use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault, Received};

use crate::feed::{Feed, Sent, Stream};
use crate::host::{Host, Kind, Output, with_each_host, with_each_host_that};
use crate::services::of_ten;
use crate::tally::{in_group, tally};

/// Each gets every record, and one in trouble does not disturb the other.
#[test]
fn two_instances_in_one_process() {
    with_each_host_that(Kind::bears_two_outputs, |setup| {
        let cloud = Cloud::start();
        let fails = |put: &Received| put.json()["logStreamName"] == "c1";
        cloud.script_where(Api::PutLogEvents, fails, Fault::throttled());
        let output = |group: &str| Output::to_groups(&cloud, [group, group]);
        let calm = output("/two").with("rest.log_stream", "calm").with("errors.log_stream", "calm");
        let mut host = Host::new(setup, output("/one")).output(calm).start();
        let mut feed = Feed::default();
        feed.send(&host, setup.lines(6_000));
        let line = |group| tally("two instances", &host, group, &feed.sent, || in_group(&cloud, group));
        line("/two").expect_once(&host);
        cloud.clear_script();
        line("/one").expect_once(&host);
        host.end();
        cloud.assert_no_complaints();
    });
}

/// Equal chunks and replays of chunks are under way at one time, at a service that throttles now and then.
#[test]
fn four_workers_against_a_service_that_throttles() {
    with_each_host(|setup| {
        let cloud = Cloud::start();
        cloud.script_where(Api::PutLogEvents, of_ten(3), Fault::throttled());
        cloud.script_where(Api::PutLogEvents, |_| true, Fault::slow(Duration::from_millis(400)));
        let output = Output::to_groups(&cloud, ["/rest", "/errors"]).with("flush_timeout", "1s").workers(4);
        let mut host = Host::new(setup, output).start();
        let stream = Stream::start(Feed::default(), &host, Duration::from_millis(20));
        std::thread::sleep(Duration::from_secs(5));
        let sent = stream.stop().sent;
        let line = |group, sent: &Sent| tally("four workers", &host, group, sent, || in_group(&cloud, group));
        line("/rest", &sent.stdout()).expect_once(&host);
        line("/errors", &sent.stderr()).expect_once(&host);
        host.end();
    });
}
