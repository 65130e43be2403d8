//! Wrong paths, keys, regions, names and addresses at every destination at one time: what comes meanwhile is kept, and
//! arrives once the setting is right.
//!
//! It takes 20 seconds unless `FAULT_MINUTES` says how long settings are wrong. Every destination alone, each reply that
//! there is, and ten minutes of it on a turned clock are in `src/delivery/sender/wrong_settings.rs`.

use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use fake_cloud::{Api, Cloud, Fault};

use crate::feed::{Feed, Sent, Stream};
use crate::host::{Alive, Host, Output, kinds};
use crate::tally::{Arrivals, at_path, count, in_bucket, in_file, in_group, tally_within};

/// What Fluent Bit may hold back in memory before it pauses its input.
const HELD_BACK: usize = 3_000_000;

/// How much more than that the whole process may take: the binaries, one flush for every destination, the spool.
const BESIDES: u64 = 120_000_000;

/// Bytes added to each record, so that minutes fill the memory.
const PADDING: usize = 500;

const LICENSE_KEY: &str = "0123456789012345678901234567890123456789";
const API_KEY: &str = "0123456789abcdef0123456789abcdef";
const ACCESS_KEY: &str = "access-key";

const STREAM: &str = "ecs-logs";
const GROUP: &str = "/wrong";
const BUS: &str = "wrong";
const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:wrong";

/// Each with the name of its type; `spooled` is S3, too.
const REMOTE: [&str; 13] = [
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
            cloud.script_where(Api::SlackWebhook, |_| true, Fault::aws(403, "invalid_token"));
            cloud.script_where(Api::Http, |_| true, Fault::reply(401));
            cloud.script_where(Api::OtlpLogs, |_| true, Fault::reply(401));
            Some(cloud)
        },
        mend: |cloud, port| {
            let cloud = without_script(cloud, port);
            cloud.accept_credentials("AKIDEXAMPLE", "secret", None);
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

/// A bucket, a group, streams, a bus, a topic and a channel that do not exist.
#[test]
fn wrong_names() {
    expect_kept(&Wrong {
        name: "wrong bucket",
        destinations: &["cloudwatch", "s3", "spooled", "firehose", "kinesis", "eventbridge", "sns", "slack"],
        start: |port| {
            let cloud = Cloud::builder().port(port).start();
            cloud.script_where(Api::SlackWebhook, |_| true, Fault::aws(404, "channel_not_found"));
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

fn builder(port: u16) -> fake_cloud::Builder {
    Cloud::builder()
        .port(port)
        .create_groups([GROUP])
        .create_buckets(["archive", "spooled"])
        .create_delivery_streams([STREAM])
}

/// With everything that destinations need.
fn complete(port: u16) -> Cloud {
    furnished(builder(port).start())
}

fn furnished(cloud: Cloud) -> Cloud {
    cloud.kinesis().create_stream(STREAM);
    cloud.eventbridge().create_bus(BUS);
    cloud.sns().create_topic(TOPIC);
    cloud
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
            Pace { wrong_for: seconds(20), interval: seconds(1), back_off: [1, 2], patience: seconds(120) }
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
    for kind in kinds() {
        let pace = pace();
        let port = free_port();
        let cloud = (wrong.start)(port);
        let host = Host::new(&kind, output(wrong.destinations, port));
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
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn output(destinations: &[&str], port: u16) -> Output {
    let all = destinations.join(",");
    let usual = [("route.default", all.as_str()), ("flush_timeout", "4s"), ("exit_timeout", "15s")];
    let endpoint = format!("http://127.0.0.1:{port}");
    destinations.iter().fold(Output::new(usual), |output, name| {
        // A busy machine is no fault of the setting's.
        let patient = ("timeout", "60s".to_owned());
        keys(name, &endpoint)
            .into_iter()
            .chain((*name != "file").then_some(patient))
            .fold(output, |output, (key, value)| output.with(&format!("{name}.{key}"), &value))
    })
}

fn keys(destination: &str, endpoint: &str) -> Vec<(&'static str, String)> {
    let at = |path: &str| format!("{endpoint}{path}");
    let text = str::to_owned;
    let aws = [("region", text("us-east-1")), ("endpoint", text(endpoint))];
    let of_aws = |more: &[(&'static str, &str)]| {
        aws.iter().cloned().chain(more.iter().map(|(key, value)| (*key, text(value)))).collect()
    };
    match destination {
        "cloudwatch" => of_aws(&[
            ("log_group", GROUP),
            ("log_stream", "$(container_name)"),
            ("log_key", "log"),
            ("auto_create_group", "off"),
        ]),
        "s3" => of_aws(&[("bucket", "archive"), ("upload_timeout", "0")]),
        "spooled" => of_aws(&[("type", "s3"), ("bucket", "spooled"), ("upload_timeout", "1s")]),
        "firehose" => of_aws(&[("delivery_stream", STREAM)]),
        "kinesis" => of_aws(&[("stream", STREAM)]),
        "eventbridge" => of_aws(&[("event_bus", BUS)]),
        "sns" => of_aws(&[("topic_arn", TOPIC)]),
        "newrelic" => vec![("endpoint", at("")), ("license_key", text(LICENSE_KEY))],
        "datadog" => vec![("endpoint", at("")), ("api_key", text(API_KEY))],
        "http" => vec![("url", at("/http/x"))],
        "firehose_http" => vec![("url", at("/firehose/v1")), ("access_key", text(ACCESS_KEY))],
        "slack" => vec![("webhook_url", at("/services/T/B/x")), ("required", text("on"))],
        "otlp" => vec![("endpoint", at(""))],
        _ => Vec::new(),
    }
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
        if destination == "slack" {
            return self.expect_in_slack(host);
        }
        let arrivals = || arrivals(destination, self.cloud, self.file);
        let line = tally_within(self.patience, self.wrong.name, host, destination, self.sent, arrivals);
        line.expect_once(host);
    }

    /// A message shows a few of its lines and says how many there are.
    #[track_caller]
    fn expect_in_slack(&self, host: &Alive) {
        let Sent { sure, unsure } = self.sent;
        let posted = || -> usize {
            let messages = self.cloud.slack().messages();
            messages.iter().map(|message| lines_in(&message.text)).sum()
        };
        test_support::process::until(self.patience, || {
            std::thread::sleep(Duration::from_millis(200));
            (posted() >= sure.len()).then_some(())
        });
        let posted = posted();
        println!("| {} | {} | slack | {} | {posted} | | |", self.wrong.name, host.name(), sure.len());
        assert!((sure.len()..=sure.len() + unsure.len()).contains(&posted), "{posted} of {}", sure.len());
    }
}

/// `📄 3 log lines …` → 3
fn lines_in(text: &str) -> usize {
    let number = text.strip_prefix("📄 ").and_then(|rest| rest.split(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no number of lines in {text}"))
}

fn arrivals(destination: &str, cloud: &Cloud, file: &Path) -> Arrivals {
    match destination {
        "cloudwatch" => in_group(cloud, GROUP),
        "s3" => in_bucket(cloud, "archive"),
        "spooled" => in_bucket(cloud, "spooled"),
        "firehose" => count(cloud.firehose().lines(STREAM)),
        "kinesis" => count(cloud.kinesis().lines(STREAM)),
        "eventbridge" => {
            count(cloud.eventbridge().events(BUS).iter().map(|event| event["detail"].to_string()))
        }
        "sns" => count(cloud.sns().messages(TOPIC).into_iter().map(|message| message.text)),
        "newrelic" => count(cloud.newrelic().messages()),
        "datadog" => count(cloud.datadog().messages()),
        "http" => at_path(cloud, "/http/x"),
        "firehose_http" => count(cloud.firehose_http().lines()),
        "otlp" => count(cloud.otlp().messages()),
        "file" => in_file(file),
        other => panic!("{other}"),
    }
}

/// At most one line a minute for each destination, and one more where the destination is left alone because nobody
/// answers; one of them says what becomes of the records.
#[track_caller]
fn check_lines(wrong: &Wrong, host: &Alive, elapsed: Duration) {
    let said = host.said();
    let minutes = usize::try_from(elapsed.as_secs() / 60).unwrap() + 1;
    for name in wrong.destinations {
        let about = format!("destination {name}: ");
        let lines: Vec<&str> = said
            .lines()
            .filter(|line| line.contains(&about) && (line.contains("[ warn]") || line.contains("[error]")))
            .collect();
        println!(
            "| {} | {} | {name} | {} lines | {} s |",
            wrong.name,
            host.name(),
            lines.len(),
            elapsed.as_secs()
        );
        let breaker = usize::from(lines.iter().any(|line| line.contains("circuit breaker open")));
        let follows = lines.iter().any(|line| line.contains("now using region"));
        let least = if follows { 1 } else { minutes.div_ceil(2) };
        assert!((least..=minutes + breaker).contains(&lines.len()), "{lines:#?}");
        assert!(follows || lines.iter().any(|line| line.contains("Retry_Limit")), "{lines:#?}");
    }
}

#[track_caller]
fn check_memory(wrong: &Wrong, host: &Alive, before: u64) {
    let peak = host.peak_memory();
    let [before, peak_mb] = [before, peak].map(|bytes| bytes / 1_000_000);
    println!("| {} | {} | {before} MB at start, {peak_mb} MB at most |", wrong.name, host.name());
    assert!(peak < HELD_BACK as u64 + BESIDES, "{peak} bytes");
}
