//! The machine itself fails: its disk is full, its clock jumps, its memory is short.

use std::process::Command;
use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault};

use crate::feed::{Feed, Sent, Stream};
use crate::host::{Host, Output, with_each_host};
use crate::services::archived;
use crate::tally::{ARRIVAL, in_bucket, in_group, tally};
use test_support::process::until;

/// The spool is on a disk of three megabytes, and nothing can be uploaded while it fills.
#[test]
fn a_full_disk_under_the_spool() {
    if !may_mount() {
        return eprintln!(
            "skipped: a small disk of one's own takes a mount namespace, which is not allowed here"
        );
    }
    with_each_host(|setup| {
        let cloud = Cloud::builder().create_buckets(["archive"]).start();
        cloud.script_where(Api::PutObject, |_| true, Fault::reply(503));
        let output = archived(Output::to_groups(&cloud, ["-", "/errors"]), &cloud);
        let host = Host::new(setup, output.with("rest.upload_timeout", "3s"));
        let spool = host.folder("spool");
        let mount = format!("mount -t tmpfs -o size=3m tmpfs {}", spool.display());
        let mut host = host.with_key("rest.spool_dir", spool.to_str().unwrap()).prelude(mount).start();
        let mut feed = Feed::padded(1_000);
        feed.send(&host, 9_000);
        host.wait_for("No space left on device");
        cloud.clear_script();
        let rest = tally("disk full", &host, "s3", &feed.sent.stdout(), || in_bucket(&cloud, "archive"));
        let errors =
            tally("disk full", &host, "cloudwatch", &feed.sent.stderr(), || in_group(&cloud, "/errors"));
        [rest, errors].iter().for_each(|line| line.expect_once(&host));
        host.end();
    });
}

fn may_mount() -> bool {
    let folder = std::env::temp_dir();
    let mount = format!("mount -t tmpfs -o size=1m tmpfs {}", folder.display());
    Command::new("/usr/bin/unshare")
        .args(["-rm", "/bin/sh", "-c", &mount])
        .output()
        .is_ok_and(|output| output.status.success())
}

/// The service's clock and ours part by an hour and meet again, and so do the times of records. What is refused
/// meanwhile for its signature comes again; nothing inside counts on the machine's clock.
#[test]
fn clocks_jump_by_an_hour_and_back() {
    const HOUR: i64 = 3_600_000;
    with_each_host(|setup| {
        let cloud = Cloud::start();
        let mut host = Host::new(setup, Output::to_groups(&cloud, ["/rest", "/errors"])).start();
        let feed = Feed::behind(&[0, HOUR, -HOUR, 30 * HOUR]);
        let stream = Stream::start(feed, &host, Duration::from_millis(20));
        for jump in [HOUR, -HOUR] {
            std::thread::sleep(Duration::from_secs(1));
            cloud.set_clock_offset_ms(jump);
            std::thread::sleep(Duration::from_secs(1));
            cloud.set_clock_offset_ms(0);
        }
        std::thread::sleep(Duration::from_secs(1));
        let sent = stream.stop().sent;
        let line = |group, sent: &Sent| tally("clock jump", &host, group, sent, || in_group(&cloud, group));
        line("/rest", &sent.stdout()).expect_once(&host);
        line("/errors", &sent.stderr()).expect_once(&host);
        let refused =
            cloud.requests_for(Api::PutLogEvents).iter().filter(|put| put.status == Some(400)).count();
        assert!(refused > 0, "nobody minded the clock");
        host.end();
    });
}

/// What Fluent Bit may hold back in memory before it pauses its input.
const HELD_BACK: usize = 20_000_000;

/// How much more than that a whole process may take: the binaries themselves, chunks and batches under way.
const BESIDES: u64 = 100_000_000;

/// Fewer records say nothing of memory.
const LOAD: usize = 5_000;

/// Every endpoint is dead and the input as fast as it can be; the spool is full, chunks are held back by Fluent Bit.
#[test]
fn memory_stays_bounded_while_every_endpoint_is_dead() {
    with_each_host(|setup| {
        for on_disk in [false, true] {
            let cloud = Cloud::start();
            let output = archived(Output::to_groups(&cloud, ["-", "/errors"]), &cloud)
                .with("rest.endpoint", "http://127.0.0.1:9")
                .with("errors.endpoint", "http://127.0.0.1:9")
                .with("rest.spool_limit", "10M");
            let host = Host::new(setup, output).memory(HELD_BACK);
            let host = if on_disk { host.with_storage() } else { host };
            let spool = host.folder("spool");
            let host = host.with_key("rest.spool_dir", spool.to_str().unwrap()).start();
            let before = host.peak_memory();
            let stream = Stream::start(Feed::padded(500), &host, Duration::ZERO);
            std::thread::sleep(Duration::from_secs(6));
            until(ARRIVAL, || (stream.acknowledged() > LOAD).then_some(()));
            let peak = host.peak_memory();
            let name = host.name();
            drop(host.kill());
            let sent = stream.stop().sent.sure.len();
            let storage = if on_disk { "on disk" } else { "in memory" };
            println!(
                "| every endpoint dead, chunks {storage} | {name} | {sent} records | {} MB at start, {} MB at most |",
                before / 1_000_000,
                peak / 1_000_000
            );
            assert!(sent > LOAD, "that is no load: {sent}");
            assert!(peak < HELD_BACK as u64 + BESIDES, "{peak} bytes");
        }
    });
}
