//! The process ends, or begins anew, while records keep coming.

use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault};

use crate::feed::{Feed, Sent, Stream};
use crate::host::{Alive, Host, Kind, Output, Setup, with_each_host, with_each_host_that};
use crate::services::archived;
use crate::tally::{Arrivals, Tally, in_bucket, in_group, tally};
use test_support::process::until;

/// Errors to a group, the rest to a bucket by way of the spool.
struct Scene {
    cloud: Cloud,
    host: Host,
}

impl Scene {
    fn new(setup: &Setup, keys: &[(&str, &str)]) -> Self {
        let cloud = Cloud::builder().create_buckets(["archive"]).start();
        let output = archived(Output::to_groups(&cloud, ["-", "/errors"]), &cloud);
        let host = Host::new(setup, output);
        let spool = host.folder("spool");
        let host = host.with_key("rest.spool_dir", spool.to_str().unwrap());
        let host = keys.iter().fold(host, |host, (key, value)| host.with_key(key, value));
        Self { cloud, host }
    }

    fn arrived(&self) -> [Arrivals; 2] {
        [in_group(&self.cloud, "/errors"), in_bucket(&self.cloud, "archive")]
    }

    #[track_caller]
    fn both(&self, scenario: &str, host: &Alive, sent: &Sent) -> [Tally; 2] {
        let errors = tally(scenario, host, "cloudwatch", &sent.stderr(), || in_group(&self.cloud, "/errors"));
        [errors, tally(scenario, host, "s3", &sent.stdout(), || in_bucket(&self.cloud, "archive"))]
    }
}

/// Each request to these takes a while, so that some are under way when the signal comes.
fn slow<const N: usize>(cloud: &Cloud, apis: [Api; N]) {
    for api in apis {
        cloud.script_where(api, |_| true, Fault::slow(Duration::from_millis(300)));
    }
}

/// Whatever the host has acknowledged before it ends arrives, the spool's last objects too.
#[test]
fn sigterm_while_records_come() {
    with_each_host(|setup| {
        let scene = Scene::new(setup, &[("rest.upload_timeout", "10m"), ("exit_timeout", "10s")]);
        slow(&scene.cloud, [Api::PutLogEvents, Api::PutObject]);
        let mut host = scene.host.start();
        let stream = Stream::start(Feed::default(), &host, Duration::from_millis(10));
        std::thread::sleep(Duration::from_secs(3));
        host.end();
        let sent = stream.stop().sent;
        assert!(sent.sure.len() >= 2_000, "that is no load: {}", sent.sure.len());
        scene.both("SIGTERM under load", &host, &sent).iter().for_each(|line| line.expect_once(&host));
        assert_eq!(scene.cloud.s3().uploads("archive"), [], "nobody pays for parts");
    });
}

/// The spool is half full and the rest waits in Fluent Bit's storage when it is killed. What was under way at that
/// moment comes again, because nobody is left who knows that it arrived: at most the chunks that were being flushed.
#[test]
fn sigkill_with_a_half_full_spool_and_a_restart() {
    with_each_host(|setup| {
        // The feed's padding would be packed to nothing.
        let limits = [
            ("rest.spool_limit", "10M"),
            ("rest.compress", "none"),
            ("rest.upload_timeout", "10m"),
            ("flush_timeout", "1s"),
        ];
        let mut scene = Scene::new(setup, &limits);
        scene.host = scene.host.with_storage();
        slow(&scene.cloud, [Api::PutLogEvents]);
        scene.cloud.script_where(Api::PutObject, |_| true, Fault::reply(503));
        let host = scene.host.start();
        let mut feed = Feed::padded(3_000);
        for _ in 0..6 {
            feed.send(&host, 1_000);
            std::thread::sleep(Duration::from_millis(300));
        }
        host.wait_for("the spool is full");
        let before = scene.arrived();
        let (errors, objects) = (before[0].lines.len(), before[1].lines.len());
        assert!(errors > 0 && objects == 0, "half of it is on its way: {errors} errors, {objects} lines");
        feed.hang_up();
        let host = host.kill();
        scene.cloud.clear_script();
        let mut host = host.with_key("rest.upload_timeout", "1s").start();
        feed.send(&host, 1_000);
        let lines = scene.both("SIGKILL and restart", &host, &feed.sent);
        assert!(lines.iter().all(|line| line.missing == 0), "{lines:?}\n{}", host.said());
        // Two workers, each with the chunk of one interval, or with the one that waits for room in the spool.
        let most = [feed.sent.stderr(), feed.sent.stdout()].map(|sent| sent.sure.len() / 2);
        lines
            .iter()
            .zip(most)
            .for_each(|(line, most)| assert!(line.twice <= most, "{line:?}\n{}", host.said()));
        host.end();
    });
}

/// Since 2.1, SIGHUP loads the configuration again: new instances, a new load of the plugin, the old ones drained.
/// Without workers: from 2.2 to 5.1.1 the host starts a plugin's workers twice, stops one set, and the rest read what is
/// freed at the next reload (`src/flb_plugin_proxy.c` and `flb_output_init_all`), whatever the plugin does.
#[test]
fn reloads_while_records_come() {
    with_each_host_that(Kind::reloads, |setup| {
        let scene = Scene::new(setup, &[("rest.upload_timeout", "10m"), ("exit_timeout", "10s")]);
        slow(&scene.cloud, [Api::PutLogEvents, Api::PutObject]);
        let mut host = scene.host.clone().without_workers().start();
        let stream = Stream::start(Feed::default(), &host, Duration::from_millis(10));
        for reload in 1..=2 {
            std::thread::sleep(Duration::from_secs(2));
            host.signal("HUP");
            let ended = || (host.said().matches("destination errors: ").count() >= reload).then_some(());
            until(Duration::from_secs(30), ended).unwrap_or_else(|| panic!("no reload\n{}", host.said()));
        }
        std::thread::sleep(Duration::from_secs(2));
        let sent = stream.stop().sent;
        host.end();
        scene.both("reload under load, twice", &host, &sent).iter().for_each(|line| line.expect_once(&host));
    });
}
