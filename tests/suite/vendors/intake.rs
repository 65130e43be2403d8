//! The destinations as a table.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fake_cloud::{Api, Cloud, Fault, Received};
use serde_json::Value;

use super::{datadog, firehose, firehose_http, http, kinesis, newrelic, otlp};
use crate::router::Router;
use test_support::chunk::Chunk;
use test_support::record::line;

/// One type of destination in front of the fake cloud. The destination has its type's name.
pub(super) struct Intake {
    pub(super) kind: &'static str,
    pub(super) api: Api,
    /// Its keys; `{endpoint}` stands for the cloud's address.
    pub(super) keys: &'static [(&'static str, &'static str)],
    /// The lines of the application that a request brings.
    pub(super) brought: fn(&Received) -> Vec<String>,
    /// The lines that arrived, in order of arrival.
    pub(super) arrived: fn(&Cloud) -> Vec<String>,
    /// How it says that it will never take these records.
    pub(super) refusal: fn() -> Fault,
    /// `None`: AWS's own credentials, which are not a key of the destination.
    pub(super) secret: Option<Secret>,
    /// Whether it knows a request again when it comes twice.
    pub(super) knows_repeats: bool,
    /// Whether the status says it all, so that a reply may break off after it.
    pub(super) status_decides: bool,
    /// The statuses that it tries again.
    pub(super) retried: &'static [u16],
    /// How much more one request holds than those of the others.
    pub(super) room: usize,
    /// Whether it cuts a record that is longer than it takes.
    pub(super) cuts: bool,
}

/// What a destination shows to be let in.
pub(super) struct Secret {
    /// The key that holds it.
    pub(super) key: &'static str,
    /// From now on the cloud lets only `another` in.
    pub(super) accept_only_another: fn(&Cloud),
}

/// The secret of every row that has one.
pub(super) const SECRET: &str = "hunter2-of-the-tests";

/// What all but OTLP try again.
pub(super) const PASSING: &[u16] = &[408, 429, 500, 502, 503, 504];

/// The name of what `firehose` and `kinesis` deliver to.
pub(super) const STREAM: &str = "ecs-logs";

const ALL: [Intake; 7] = [
    newrelic::INTAKE,
    datadog::INTAKE,
    http::INTAKE,
    firehose::INTAKE,
    kinesis::INTAKE,
    firehose_http::INTAKE,
    otlp::INTAKE,
];

/// Tries something with each of them, side by side.
#[track_caller]
pub(super) fn each(promise: impl Fn(&Intake) + Sync) {
    let failed: Vec<&str> = std::thread::scope(|scope| {
        let promise = &promise;
        let start = |intake: &'static Intake| {
            let thread = std::thread::Builder::new().name(intake.kind.to_owned());
            (intake.kind, thread.spawn_scoped(scope, move || promise(intake)).expect("a thread"))
        };
        const { &ALL }
            .iter()
            .map(start)
            .collect::<Vec<_>>()
            .into_iter()
            .filter_map(|(kind, thread)| thread.join().is_err().then_some(kind))
            .collect()
    });
    assert!(failed.is_empty(), "it does not hold for {}", failed.join(", "));
}

/// A cloud in which the streams exist.
pub(super) fn cloud() -> Cloud {
    let cloud = Cloud::builder().create_delivery_streams([STREAM]).start();
    cloud.kinesis().create_stream(STREAM);
    cloud
}

impl Intake {
    /// Everything goes there; `more` adds to its keys or changes them.
    pub(super) fn router(&self, cloud: &Cloud, more: &[(&str, &str)]) -> Router {
        self.router_at(&cloud.endpoint(), more)
    }

    pub(super) fn router_at(&self, endpoint: &str, more: &[(&str, &str)]) -> Router {
        let keys: Vec<(&str, String)> =
            self.keys.iter().map(|(key, value)| (*key, value.replace("{endpoint}", endpoint))).collect();
        let usual = [("route.default", self.kind), ("flush_timeout", "60s"), ("exit_timeout", "2s")];
        let keys = keys.iter().map(|(key, value)| (*key, value.as_str()));
        let all: Vec<(&str, &str)> = usual.into_iter().chain(keys).chain(more.iter().copied()).collect();
        Router::with(&all)
    }

    /// A cloud that treats every request that brings this line so, and those alone.
    pub(super) fn script_for(&self, cloud: &Cloud, line: &'static str, fault: Fault) {
        let brought = self.brought;
        let brings = move |request: &Received| brought(request).iter().any(|found| found == line);
        cloud.script_where(self.api, brings, fault);
    }

    /// These lines arrived, in any order and each once, nothing was out of order, and the counters agree.
    #[track_caller]
    pub(super) fn assert_arrived(&self, cloud: &Cloud, router: &Router, expected: &[String]) {
        let (mut arrived, mut expected) = ((self.arrived)(cloud), expected.to_vec());
        arrived.sort_unstable();
        expected.sort_unstable();
        let first = arrived.iter().zip(&expected).find(|(found, expected)| found != expected);
        assert_eq!(
            arrived.len(),
            expected.len(),
            "{}: how many arrived; first difference {first:?}",
            self.kind
        );
        assert_eq!(first, None, "{}", self.kind);
        cloud.assert_no_complaints();
        router.assert_adds_up(self.kind);
    }
}

/// One line.
pub(super) fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

/// `n0`, `n1`, …
pub(super) fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("n{number}")).collect()
}

/// A line per name.
pub(super) fn chunk_of(names: &[String]) -> Chunk {
    let records: Vec<Value> = names.iter().map(|name| line("web", "stdout", name)).collect();
    Chunk::now(&records)
}

/// The application's line in a record that is sent as JSON.
pub(super) fn line_of(record: &Value) -> String {
    record["log"].as_str().map_or_else(|| record.to_string(), str::to_owned)
}

/// The same of JSON text.
pub(super) fn line_of_text(text: &str) -> String {
    serde_json::from_str(text).map_or_else(|_| text.to_owned(), |record| line_of(&record))
}

/// The same of records in base64.
pub(super) fn lines_in_base64(records: &Value, member: &str) -> Vec<String> {
    let data = records.as_array().into_iter().flatten().filter_map(|record| record[member].as_str());
    data.map(|data| line_of_text(&String::from_utf8(STANDARD.decode(data).unwrap()).unwrap())).collect()
}
