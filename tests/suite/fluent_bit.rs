//! Real Fluent Bit binaries: what goes in by the forward protocol comes out at the cloud, each record once.
//!
//! `FLUENT_BIT` holds paths of binaries, separated by colons. Without it the tests say that they are
//! skipped. The plugin is the one of this build, which cargo leaves beside the test binary.
//!
//! - `host` – one running Fluent Bit, configured as FireLens does it
//! - `watching` – exits seen in the task's metadata, events from a queue
//! - `incidents` – two collectors on one queue, and a kill in between
//! - `recorded` – the same with the recorded crash loop and moto's queue; one is killed, or both; needs `MOTO_SERVER`, too
//! - `metrics` – the counters at its own endpoint
//! - `examples` – every configuration of `examples/`, as it is there
//! - `provenance` – what applications can write, by every way they have, under the filters that people use
//! - `receivers` – Fluent Bit's own inputs take what the recipes of docs/http.md send
//! - `firehose` – what 100,000 lines cost there, with and without `aggregate`, beside Fluent Bit's own output
//! - `feed` – numbered records by the forward protocol, and what became of them

use std::path::PathBuf;
use std::time::Duration;

use fake_cloud::{Api, Cloud, Fault, Received};

mod examples;
mod feed;
mod firehose;
mod host;
mod incidents;
mod metrics;
mod provenance;
mod receivers;
mod recorded;
mod watching;

use feed::Feed;
use host::Host;

/// For records to arrive, in a debug build on a busy machine.
const ARRIVAL: Duration = Duration::from_secs(60);

#[test]
fn a_hundred_thousand_records_come_out_once_each_class_in_its_group() {
    for binary in binaries() {
        let cloud = Cloud::start();
        let mut host = Host::new(&binary).output("app.*", &endpoint(&cloud, "/app", "/errors")).start();
        let feed = Feed { tag: "app.0123", records: 100_000, groups: ("/app", "/errors") };
        feed.send(&host);
        feed.expect_once(&cloud, ARRIVAL, &host);
        host.assert_ends_well();
        cloud.assert_no_complaints();
    }
}

/// At an endpoint that reads gzip, and at one that refuses it.
#[test]
fn compressed_requests_bring_each_record_once() {
    let is_compressed = |request: &Received| request.header("content-encoding").is_some();
    for binary in binaries() {
        for refuses in [false, true] {
            let cloud = Cloud::start();
            if refuses {
                cloud.script_where(Api::PutLogEvents, is_compressed, Fault::reply(415));
            }
            let compress = ["rest", "errors"].map(|name| (format!("{name}.compress"), "auto".to_owned()));
            let keys = [endpoint(&cloud, "/app", "/errors"), compress.to_vec()].concat();
            let mut host = Host::new(&binary).output("app.*", &keys).start();
            let feed = Feed { tag: "app.0123", records: 50_000, groups: ("/app", "/errors") };
            feed.send(&host);
            feed.expect_once(&cloud, ARRIVAL, &host);
            host.assert_ends_well();
            let puts = cloud.requests_for(Api::PutLogEvents);
            assert!(puts.iter().any(is_compressed), "none of {} requests", puts.len());
            let taken = puts.iter().filter(|put| put.status == Some(200));
            assert_eq!(taken.filter(|put| is_compressed(put)).count() == 0, refuses);
            assert_eq!(host.said().contains("the endpoint does not read gzip"), refuses);
        }
    }
}

/// 1.9.10 frees what both share when the first one ends, whatever the plugin does.
#[test]
fn two_outputs_live_side_by_side() {
    for binary in binaries() {
        let cloud = Cloud::start();
        let host = Host::new(&binary)
            .output("app.*", &endpoint(&cloud, "/app", "/errors"))
            .output("proxy.*", &endpoint(&cloud, "/proxy", "/proxy-errors"));
        if host.version() < 2 {
            continue;
        }
        let mut host = host.start();
        let app = Feed { tag: "app.0123", records: 5_000, groups: ("/app", "/errors") };
        let proxy = Feed { tag: "proxy.0123", records: 5_000, groups: ("/proxy", "/proxy-errors") };
        app.send(&host);
        proxy.send(&host);
        app.expect_once(&cloud, ARRIVAL, &host);
        proxy.expect_once(&cloud, ARRIVAL, &host);
        host.assert_ends_well();
        cloud.assert_no_complaints();
    }
}

/// One stream is refused for seconds while the others are taken: chunks come again, and nothing comes twice.
#[test]
fn chunks_that_come_again_after_throttling_make_no_duplicates() {
    for binary in binaries() {
        let cloud = Cloud::start();
        cloud.script_where(Api::PutLogEvents, |put| put.json()["logStreamName"] == "c1", Fault::throttled());
        let mut host = Host::new(&binary).output("app.*", &endpoint(&cloud, "/app", "/errors")).start();
        let feed = Feed { tag: "app.0123", records: 20_000, groups: ("/app", "/errors") };
        feed.send(&host);
        host.wait_for("failed to flush chunk");
        cloud.clear_script();
        feed.expect_once(&cloud, ARRIVAL, &host);
        host.assert_ends_well();
        cloud.assert_no_complaints();
    }
}

/// Two destinations in one cloud: standard error and the rest.
fn endpoint(cloud: &Cloud, stdout: &str, stderr: &str) -> Vec<(String, String)> {
    let mut keys =
        vec![("route.default".to_owned(), "rest".to_owned()), ("route.stderr".into(), "errors".into())];
    keys.push(("flush_timeout".into(), "2s".into()));
    for (name, group) in [("rest", stdout), ("errors", stderr)] {
        let settings = [
            ("type", "cloudwatch"),
            ("region", "us-east-1"),
            ("endpoint", &cloud.endpoint()),
            ("log_group", group),
            ("log_stream", "$(container_name)"),
            ("log_key", "log"),
            ("auto_create_group", "on"),
        ];
        keys.extend(settings.map(|(key, value)| (format!("{name}.{key}"), value.to_owned())));
    }
    keys
}

fn binaries() -> Vec<PathBuf> {
    match std::env::var_os("FLUENT_BIT") {
        Some(paths) => std::env::split_paths(&paths).collect(),
        None => {
            eprintln!("skipped: FLUENT_BIT is not set to the paths of fluent-bit binaries");
            Vec::new()
        }
    }
}
