//! Fluent Bit's own inputs for Splunk and Elasticsearch, which nobody here wrote, take what the recipes of docs/http.md
//! send.

use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ecs_router::Verdict;
use serde_json::Value;

use super::binaries;
use super::host::version_of;
use crate::router::Router;
use crate::vendors::http_templates::{evil, keys_of};
use test_support::chunk::Chunk;
use test_support::port::free_port;
use test_support::process::{Running, until};
use test_support::record::{line, stop};
use test_support::temp::TempDir;

const START: Duration = Duration::from_secs(20);

/// A section of the page, the input that stands in for its service, more keys of that, the path, and where the record is.
const RECEIVERS: [(&str, &str, &str, &str, &str); 2] = [
    ("Splunk HEC", "splunk", "splunk_token s3cr3t", "/services/collector/event", "event"),
    ("OpenSearch and Elasticsearch", "elasticsearch", "hostname search", "/_bulk", "record"),
];

#[test]
fn the_recipes_are_taken_by_inputs_that_nobody_here_wrote() {
    for binary in binaries().iter().filter(|binary| version_of(binary) >= 3) {
        for (section, input, more, path, member) in RECEIVERS {
            let folder = TempDir::new();
            let port = free_port();
            let _receiver = start(binary, &folder, &format!("{input}\n    {more}"), port);
            let keys = keys_of(section, &format!("http://127.0.0.1:{port}{path}"));
            let keys = keys.iter().map(|(key, value)| (key.as_str(), value.as_str()));
            let usual = [("route.default", "logs"), ("flush_timeout", "20s")];
            let router = Router::with(&usual.into_iter().chain(keys).collect::<Vec<_>>());
            let sent = [line("web", "stdout", "hello"), stop(), evil()];
            assert_eq!(router.bring(&Chunk::now(&sent)), Verdict::Ok, "{section}");
            let taken = taken(folder.path(), sent.len());
            assert_eq!(taken.len(), sent.len(), "{section}: {taken:?}");
            assert_eq!(taken[0][member]["log"], "hello", "{section}");
            assert!(taken[1][member]["summary"].is_string(), "{section}: {}", taken[1]);
            assert_eq!(taken[2][member]["log"], sent[2]["log"], "{section}");
            router.assert_adds_up("logs");
        }
    }
}

/// A Fluent Bit that writes to a file what this input takes.
fn start(binary: &Path, folder: &TempDir, input: &str, port: u16) -> Running {
    let path = folder.path().display();
    let text = format!(
        "[SERVICE]\n    Flush 0.2\n    Grace 1\n[INPUT]\n    Name {input}\n    Listen 127.0.0.1\n    Port {port}\n\
         [OUTPUT]\n    Name file\n    Match *\n    Path {path}\n    File out.log\n    Format plain\n"
    );
    let file = folder.file("receiver.conf", &text);
    let running = Running::start(Command::new(binary).arg("-q").arg("-c").arg(file));
    until(START, || TcpStream::connect(("127.0.0.1", port)).ok()).expect("the receiver listens");
    running
}

/// The records in the file, once there are this many.
fn taken(folder: &Path, count: usize) -> Vec<Value> {
    let read = || -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join("out.log")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    };
    until(START, || Some(read()).filter(|records| records.len() >= count)).unwrap_or_else(read)
}
