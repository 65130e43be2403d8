//! CloudWatch, ECS, S3, SNS, EventBridge, Kinesis, SQS, and Firehose with a bucket behind it, as somebody else wrote them:
//! moto, read back through its own API.
//!
//! `MOTO_SERVER` is the path of `moto_server` (PyPI `moto[server]`). Without it the test is skipped, except where
//! `CI=true` promises that it is there.

mod accounts;
mod bucket;
mod changes;
mod eventbridge;
mod firehose;
mod kinesis;
mod last_lines;
mod s3;
mod sns;
pub(crate) mod sqs;

use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ecs_router::Verdict;
use serde_json::{Value, json};

use crate::router::{Router, TAG};
use test_support::chunk::Chunk;
use test_support::environment::{STRANGERS, VARIABLES};
use test_support::plain_http::aws_call;
use test_support::process::{Running, until};
use test_support::record::{line, now_ms, stop};

pub(crate) const GROUP: &str = "/ecs/web";

#[test]
fn what_goes_in_comes_out_of_a_cloud_that_nobody_here_wrote() {
    let Some(moto) = Moto::start() else { return };
    let router =
        moto.router(&[("cloudwatch.retention_days", "14"), ("cloudwatch.log_group_tags", "team=web")]);
    let now = now_ms();
    let texts = ["plain", "quotes \" and \\", "grüße 日本語 👩‍👩‍👧", "two\nlines", "{\"level\":\"info\"}", " "];
    let chunk = texts.iter().zip(0..).fold(Chunk::new(), |chunk, (text, number)| {
        chunk.with(now + number, &line(&format!("c{}", number % 2), "stdout", text))
    });
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    let expected = |stream: i64| -> Vec<Value> {
        let ours = texts.iter().zip(0..).filter(|(_, number)| number % 2 == stream);
        ours.map(|(text, number)| json!([now + number, text])).collect()
    };
    assert_eq!(moto.events("c0"), expected(0));
    assert_eq!(moto.events("c1"), expected(1));
    let groups = moto.call("DescribeLogGroups", &json!({"logGroupNamePrefix": GROUP}));
    assert_eq!(groups["logGroups"][0]["retentionInDays"], 14);
    let tags = moto.call("ListTagsLogGroup", &json!({"logGroupName": GROUP}));
    assert_eq!(tags["tags"], json!({"team": "web"}));
}

/// Whether this moto reads gzip or breaks down over it: 5.2.1 unpacks a request twice and answers 500.
#[test]
fn what_goes_in_compressed_comes_out_as_it_was() {
    let Some(moto) = Moto::start() else { return };
    let router = moto.router(&[]);
    let now = now_ms();
    let texts: Vec<String> = (0..2_000).map(|number| format!("grüße \"{number}\"")).collect();
    let chunk = texts
        .iter()
        .zip(0..)
        .fold(Chunk::new(), |chunk, (text, number)| chunk.with(now + number, &line("c0", "stdout", text)));
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    let expected: Vec<Value> =
        texts.iter().zip(0..).map(|(text, number)| json!([now + number, text])).collect();
    assert_eq!(moto.events("c0"), expected);
}

#[test]
fn whole_records_and_stop_events_come_out_as_json() {
    let Some(moto) = Moto::start() else { return };
    let router = moto.router(&[("cloudwatch.log_key", ""), ("cloudwatch.log_stream", "$(class)")]);
    let record = line("c", "stderr", "say \"hi\"");
    assert_eq!(router.bring(&Chunk::now(&[record.clone(), stop()])), Verdict::Ok);
    let message = |stream: &str| -> Value {
        serde_json::from_str(moto.events(stream)[0][1].as_str().unwrap()).unwrap()
    };
    assert_eq!(message("stderr"), record);
    assert_eq!(message("stop")["exit_code"], 137);
}

#[test]
fn ten_thousand_events_of_fifty_streams_come_out_once_each() {
    let Some(moto) = Moto::start() else { return };
    let router = moto.router(&[("flush_timeout", "30s"), ("cloudwatch.timeout", "20s")]);
    let now = now_ms();
    let chunk = (0..10_000).fold(Chunk::new(), |chunk, number| {
        chunk.with(now, &line(&format!("c{}", number % 50), "stdout", &format!("{number}")))
    });
    assert_eq!(router.flush(TAG.as_bytes(), chunk.bytes()), Verdict::Ok);
    let counts = (0..50).map(|stream| moto.events(&format!("c{stream}")).len());
    assert_eq!(counts.sum::<usize>(), 10_000);
}

/// A running moto server.
pub(crate) struct Moto {
    port: u16,
    _server: Running,
}

impl Moto {
    pub(crate) fn start() -> Option<Self> {
        let Some(program) = std::env::var_os("MOTO_SERVER") else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI promises MOTO_SERVER, and it is not set"
            );
            eprintln!("skipped: MOTO_SERVER is not set to the path of moto_server");
            return None;
        };
        let moto = Self::run(Path::new(&program));
        let answers = || TcpStream::connect(("127.0.0.1", moto.port)).ok();
        until(Duration::from_secs(60), answers).expect("moto listens");
        Some(moto)
    }

    fn run(program: &Path) -> Self {
        let port = test_support::port::free_port();
        let mut command = Command::new(program);
        command
            .args(["-H", "127.0.0.1", "-p", &port.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        for name in STRANGERS {
            command.env_remove(name);
        }
        Self { port, _server: Running::start(command.envs(VARIABLES)) }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A router in front of it; nothing exists beforehand.
    fn router(&self, more: &[(&str, &str)]) -> Router {
        let endpoint = self.endpoint();
        let usual = [
            ("route.default", "cloudwatch"),
            ("cloudwatch.region", "us-east-1"),
            ("cloudwatch.endpoint", &endpoint),
            ("cloudwatch.log_group", GROUP),
            ("cloudwatch.log_stream", "$(container_name)"),
            ("cloudwatch.log_key", "log"),
            ("cloudwatch.auto_create_group", "on"),
        ];
        Router::with(usual.iter().chain(more))
    }

    fn call(&self, operation: &str, body: &Value) -> Value {
        aws_call(self.port, &format!("Logs_20140328.{operation}"), body).unwrap()
    }

    /// Time and message of each event, oldest first.
    fn events(&self, stream: &str) -> Vec<Value> {
        self.events_so_far(stream).expect("events")
    }

    /// `None`: there is no such stream yet.
    pub(crate) fn events_so_far(&self, stream: &str) -> Option<Vec<Value>> {
        let body =
            json!({"logGroupName": GROUP, "logStreamName": stream, "startFromHead": true, "limit": 10_000});
        let reply = self.call("GetLogEvents", &body);
        let events = reply["events"].as_array()?;
        Some(events.iter().map(|event| json!([event["timestamp"], event["message"]])).collect())
    }
}
