//! Wrong paths, keys, regions, names and addresses at every destination at one time: what comes meanwhile is kept, and
//! arrives once the setting is right.
//!
//! It takes 20 seconds unless `FAULT_MINUTES` says how long settings are wrong. Every destination alone, each reply that
//! there is, and ten minutes of it on a turned clock are in `src/delivery/sender/wrong_settings.rs`.

use std::path::Path;
use std::time::{Duration, Instant};

use fake_cloud::{Api, Cloud, Fault};

use crate::destinations::{
    ACCESS_KEY, API_KEY, GROUP, LICENSE_KEY, PAGER_KEY, STREAM, arrivals, builder, complete, furnished,
    output, told,
};
use crate::feed::{Feed, Sent, Stream};
use crate::host::{Alive, Host, with_each_host};
use crate::tally::tally_within;
use test_support::port::free_port;
use test_support::process::until;

/// What Fluent Bit may hold back in memory before it pauses its input.
const HELD_BACK: usize = 3_000_000;

/// How much more than that the whole process may take: the binaries, one flush for every destination, the spool.
const BESIDES: u64 = 120_000_000;

/// Bytes added to each record, so that minutes fill the memory.
const PADDING: usize = 500;

/// Each with the name of its type; `spooled` is S3, too, and `template` HTTP.
const REMOTE: [&str; 16] = [
    "cloudwatch",
    "s3",
    "spooled",
    "firehose",
    "kinesis",
    "eventbridge",
    "sns",
    "newrelic",
    "datadog",
    "http",
    "firehose_http",
    "slack",
    "otlp",
    "pagerduty",
    "teams",
    "template",
];

/// A setting that is wrong.
struct Wrong {
    name: &'static str,
    destinations: &'static [&'static str],
    /// The cloud as it answers to the wrong setting at this port; none where nobody does.
    start: fn(u16) -> Option<Cloud>,
    /// From now on the setting is right.
    mend: fn(Option<Cloud>, u16) -> Cloud,
}

#[test]
fn wrong_paths() {
    const PAGE: &str = "<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>";
    expect_kept(&Wrong {
        name: "wrong path",
        destinations: &[
            "cloudwatch",
            "s3",
            "spooled",
            "firehose",
            "kinesis",
            "eventbridge",
            "sns",
            "newrelic",
            "datadog",
            "http",
            "firehose_http",
            "slack",
            "otlp",
            "pagerduty",
            "teams",
            "template",
            "file",
        ],
        start: |port| {
            let cloud = complete(port);
            for api in [
                Api::PutLogEvents,
                Api::PutObject,
                Api::PutRecordBatch,
                Api::PutRecords,
                Api::PutEvents,
                Api::PublishBatch,
                Api::Http,
                Api::FirehoseHttp,
                Api::PagerDutyEvents,
                Api::TeamsWebhook,
            ] {
                cloud.script_where(api, |_| true, Fault::reply(404).body(PAGE));
            }
            for api in [Api::NewRelicLogs, Api::DatadogLogs, Api::OtlpLogs] {
                cloud.script_where(api, |_| true, Fault::reply(404));
            }
            cloud.script_where(Api::SlackWebhook, |_| true, Fault::aws(404, "no_service"));
            Some(cloud)
        },
        mend: without_script,
    });
}

#[test]
fn wrong_keys() {
    expect_kept(&Wrong {
        name: "wrong key",
        destinations: &REMOTE,
        start: |port| {
            let cloud = furnished(builder(port).credentials("AKIDOTHER", "other").start());
            cloud.newrelic().accept_only("another");
            cloud.datadog().accept_only("another");
            cloud.firehose_http().accept_only("another");
            cloud.pagerduty().accept_only("0123456789abcdef0123456789abcdef");
            cloud.script_where(Api::TeamsWebhook, |_| true, of_flow(401, "AuthorizationFailed"));
            cloud.script_where(Api::SlackWebhook, |_| true, Fault::aws(403, "invalid_token"));
            cloud.script_where(Api::Http, |_| true, Fault::reply(401));
            cloud.script_where(Api::OtlpLogs, |_| true, Fault::reply(401));
            Some(cloud)
        },
        mend: |cloud, port| {
            let cloud = without_script(cloud, port);
            cloud.accept_credentials("AKIDEXAMPLE", "secret", None);
            cloud.pagerduty().accept_only(PAGER_KEY);
            cloud.newrelic().accept_only(LICENSE_KEY);
            cloud.datadog().accept_only(API_KEY);
            cloud.firehose_http().accept_only(ACCESS_KEY);
            cloud
        },
    });
}

/// S3 says which region is right, and is followed there.
#[test]
fn wrong_regions() {
    expect_kept(&Wrong {
        name: "wrong region",
        destinations: &["cloudwatch", "s3", "spooled", "firehose", "kinesis", "newrelic", "datadog"],
        start: |port| {
            let cloud = Cloud::builder().port(port).create_groups([GROUP]).start();
            let elsewhere = || {
                Fault::aws(400, "InvalidSignatureException")
                    .body("Credential should be scoped to a valid region.")
            };
            cloud.script_where(Api::PutLogEvents, |_| true, elsewhere());
            ["archive", "spooled"].iter().for_each(|name| cloud.s3().create_bucket_in(name, "eu-west-3"));
            cloud.script_where(Api::NewRelicLogs, |_| true, Fault::reply(403));
            cloud.script_where(Api::DatadogLogs, |_| true, Fault::reply(403));
            Some(cloud)
        },
        mend: |cloud, port| {
            let cloud = without_script(cloud, port);
            cloud.firehose().create_stream(STREAM);
            furnished(cloud)
        },
    });
}

/// A bucket, a group, streams, a bus, a topic, a channel and a flow that do not exist.
#[test]
fn wrong_names() {
    expect_kept(&Wrong {
        name: "wrong bucket",
        destinations: &[
            "cloudwatch",
            "s3",
            "spooled",
            "firehose",
            "kinesis",
            "eventbridge",
            "sns",
            "slack",
            "teams",
        ],
        start: |port| {
            let cloud = Cloud::builder().port(port).start();
            cloud.script_where(Api::SlackWebhook, |_| true, Fault::aws(404, "channel_not_found"));
            cloud.script_where(Api::TeamsWebhook, |_| true, of_flow(404, "WorkflowNotFound"));
            Some(cloud)
        },
        mend: |cloud, port| {
            let cloud = without_script(cloud, port);
            cloud.cloudwatch().create_stream(GROUP, "c0");
            ["archive", "spooled"].iter().for_each(|name| cloud.s3().create_bucket(name));
            cloud.firehose().create_stream(STREAM);
            furnished(cloud)
        },
    });
}

#[test]
fn addresses_where_nobody_listens() {
    expect_kept(&Wrong {
        name: "wrong address",
        destinations: &REMOTE,
        start: |_| None,
        mend: |_, port| complete(port),
    });
}

/// An error of the flow behind a Teams webhook.
fn of_flow(status: u16, code: &str) -> Fault {
    Fault::reply(status).body(format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#))
}

fn without_script(cloud: Option<Cloud>, _: u16) -> Cloud {
    let cloud = cloud.expect("somebody listens");
    cloud.clear_script();
    cloud
}

/// How long settings are wrong, and how often a hundred records come meanwhile.
struct Pace {
    wrong_for: Duration,
    interval: Duration,
    /// Fluent Bit's own: at first, and at most.
    back_off: [u64; 2],
    /// How long it may take until everything has arrived: Slack takes one message a second.
    patience: Duration,
}

fn pace() -> Pace {
    let seconds = Duration::from_secs;
    let minutes = std::env::var("FAULT_MINUTES").map(|text| text.parse::<u64>().expect("whole minutes"));
    match minutes {
        Err(_) => {
            Pace { wrong_for: seconds(20), interval: seconds(1), back_off: [1, 2], patience: seconds(300) }
        }
        Ok(minutes) => Pace {
            wrong_for: seconds(60 * minutes),
            interval: seconds(5),
            back_off: [10, 60],
            patience: seconds(600),
        },
    }
}

fn expect_kept(wrong: &Wrong) {
    with_each_host(|setup| {
        let pace = pace();
        let port = free_port();
        let cloud = (wrong.start)(port);
        let host = Host::new(setup, output(wrong.destinations, port));
        let spool = host.folder("spool");
        let blocked = host.folder("files").join("blocked");
        std::fs::write(&blocked, "no folder").unwrap();
        let file = blocked.join("out.log");
        let host = host.with_key("spooled.spool_dir", spool.to_str().unwrap());
        let host = host.with_key("file.path", file.to_str().unwrap());
        let mut host = host.memory(HELD_BACK).back_off(pace.back_off).start();
        let before = host.peak_memory();
        let stream = Stream::start(Feed::padded(PADDING), &host, pace.interval);
        let start = Instant::now();
        std::thread::sleep(pace.wrong_for);
        let all_told = || wrong.destinations.iter().all(|name| is_told(&lines_about(name, &host.said())));
        until(pace.patience, || all_told().then_some(()));
        check_lines(wrong, &host, start.elapsed());
        let cloud = (wrong.mend)(cloud, port);
        std::fs::remove_file(&blocked).unwrap();
        let sent = stream.stop().sent;
        let arrived = Arrived { wrong, cloud: &cloud, file: &file, sent: &sent, patience: pace.patience };
        wrong
            .destinations
            .iter()
            .filter(|name| **name != "spooled")
            .for_each(|name| arrived.expect_once(name, &host));
        check_memory(wrong, &host, before);
        // An object that could not be uploaded waits for a minute, and the end does not.
        host.end();
        wrong
            .destinations
            .iter()
            .filter(|name| **name == "spooled")
            .for_each(|name| arrived.expect_once(name, &host));
    });
}

/// What must have arrived, and where to look for it.
struct Arrived<'a> {
    wrong: &'a Wrong,
    cloud: &'a Cloud,
    file: &'a Path,
    sent: &'a Sent,
    patience: Duration,
}

impl Arrived<'_> {
    #[track_caller]
    fn expect_once(&self, destination: &str, host: &Alive) {
        if told(destination, self.cloud).is_some() {
            return self.expect_told(destination, host);
        }
        let arrivals = || arrivals(destination, self.cloud, self.file);
        let line = tally_within(self.patience, self.wrong.name, host, destination, self.sent, arrivals);
        line.expect_once(host);
    }

    /// A message shows a few of its lines and says how many there are.
    #[track_caller]
    fn expect_told(&self, destination: &str, host: &Alive) {
        let expected = self.sent.records(host.joins());
        let posted = || told(destination, self.cloud).unwrap_or_default();
        until(self.patience, || {
            std::thread::sleep(Duration::from_millis(200));
            (posted() >= *expected.start()).then_some(())
        });
        let posted = posted();
        let least = expected.start();
        println!("| {} | {} | {destination} | {least} | {posted} | | |", self.wrong.name, host.name());
        assert!(expected.contains(&posted), "{destination}: {posted} of {expected:?}");
    }
}

/// One line a minute at most for each destination, and one more where the destination is left alone because nobody
/// answers; one of them says what becomes of the records.
#[track_caller]
fn check_lines(wrong: &Wrong, host: &Alive, elapsed: Duration) {
    let said = host.said();
    let minutes = usize::try_from(elapsed.as_secs() / 60).unwrap() + 1;
    for name in wrong.destinations {
        let lines = lines_about(name, &said);
        println!(
            "| {} | {} | {name} | {} lines | {} s |",
            wrong.name,
            host.name(),
            lines.len(),
            elapsed.as_secs()
        );
        let breaker = usize::from(lines.iter().any(|line| line.contains("circuit breaker open")));
        assert!(lines.len() <= minutes + breaker, "{lines:#?}");
        assert!(is_told(&lines), "{lines:#?}");
    }
}

/// The router mends a wrong region by itself.
const FOLLOWS: &str = "now using region";

fn lines_about<'a>(destination: &str, said: &'a str) -> Vec<&'a str> {
    let about = format!("destination {destination}: ");
    let is_complaint = |line: &&str| line.contains("[ warn]") || line.contains("[error]");
    said.lines().filter(|line| line.contains(&about)).filter(is_complaint).collect()
}

/// Whether one of the lines says what becomes of the records.
fn is_told(lines: &[&str]) -> bool {
    lines.iter().any(|line| line.contains(FOLLOWS) || line.contains("Retry_Limit"))
}

#[track_caller]
fn check_memory(wrong: &Wrong, host: &Alive, before: u64) {
    let peak = host.peak_memory();
    let [before, peak_mb] = [before, peak].map(|bytes| bytes / 1_000_000);
    println!("| {} | {} | {before} MB at start, {peak_mb} MB at most |", wrong.name, host.name());
    assert!(peak < HELD_BACK as u64 + BESIDES, "{peak} bytes");
}
