//! What 100,000 lines are at Firehose: records, billed bytes and requests, with and without `aggregate`, and beside them
//! Fluent Bit's own `kinesis_firehose` with and without `simple_aggregation`, all in one process. The table is printed:
//!
//!     FLUENT_BIT=/opt/fluent-bit/bin/fluent-bit cargo test --test suite -- fluent_bit::firehose --nocapture

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use fake_cloud::{Api, Cloud};

use super::binaries;
use super::feed::send_records;
use super::host::{Alive, Host};
use crate::network::{TlsStream, tls_port};
use test_support::process::until;
use test_support::record::line;
use test_support::temp::TempDir;

const LINES: usize = 100_000;

/// Lines in one message of the forward protocol.
const BATCH: usize = 500;

/// In a debug build on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);

/// Firehose bills each record as a multiple of this (<https://aws.amazon.com/firehose/pricing/>, read 2026-11).
const BILLING_UNIT: usize = 5 * 1024;

/// The first version whose own output has `simple_aggregation`, and a port that is not 443.
const AGGREGATES_SINCE: u32 = 5;

/// Versions before it crash at their end when a process has two outputs of a plugin.
const TWO_OUTPUTS_SINCE: u32 = 2;

/// A delivery stream of its own for each row of the table.
const PLAIN: &str = "plain";
const AGGREGATED: &str = "aggregated";
const BUILT_IN: &str = "built-in";
const BUILT_IN_AGGREGATED: &str = "built-in-aggregated";

/// What came to one stream.
#[derive(Debug, Default, PartialEq, Eq)]
struct Bill {
    records: usize,
    bytes: usize,
    billed_bytes: usize,
    requests: usize,
}

#[test]
fn a_hundred_thousand_lines_are_billed_as_few_records_with_aggregate() {
    for binary in binaries() {
        let (cloud, folder) = (Cloud::start(), TempDir::new());
        let host = plugin_outputs(Host::new(&binary), &cloud);
        if host.version() < TWO_OUTPUTS_SINCE {
            eprintln!("skipped: {} crashes at its end with two outputs of a plugin", binary.display());
            continue;
        }
        let has_aggregation = host.version() >= AGGREGATES_SINCE;
        let mut host = match has_aggregation {
            true => built_in_outputs(host, &cloud, &folder).start(),
            false => host.start(),
        };
        let streams = [PLAIN, AGGREGATED, BUILT_IN, BUILT_IN_AGGREGATED];
        let streams = if has_aggregation { &streams[..] } else { &streams[..2] };
        send(&host);
        let bills: Vec<Bill> = streams.iter().map(|stream| bill_of_all(&cloud, stream, &host)).collect();
        println!("{}", table(&binary.display().to_string(), streams, &bills));
        assert_eq!(bills[0].records, LINES, "a record for each line");
        assert!(bills[1].records < LINES / 500, "{bills:#?}");
        assert!(bills[0].billed_bytes > 10 * bills[1].billed_bytes, "{bills:#?}");
        if has_aggregation {
            assert!(bills[1].billed_bytes <= bills[3].billed_bytes * 101 / 100, "{bills:#?}");
            // Behind the output for health checks.
            expect_counter(&host, 1, &bills[0]);
            expect_counter(&host, 2, &bills[1]);
        }
        host.assert_ends_well();
        cloud.assert_no_complaints();
    }
}

fn plugin_outputs(host: Host, cloud: &Cloud) -> Host {
    [(PLAIN, "off"), (AGGREGATED, "newline")].into_iter().fold(host, |host, (stream, aggregate)| {
        cloud.firehose().create_stream(stream);
        let keys = [
            ("route.default", "firehose"),
            ("firehose.region", "us-east-1"),
            ("firehose.endpoint", &cloud.endpoint()),
            ("firehose.delivery_stream", stream),
            ("firehose.aggregate", aggregate),
            ("firehose.date_key", "off"),
        ];
        host.output("app.*", &keys.map(|(key, value)| (key.to_owned(), value.to_owned())))
    })
}

/// Fluent Bit's own output speaks TLS only.
fn built_in_outputs(host: Host, cloud: &Cloud, folder: &TempDir) -> Host {
    let cloud_port = cloud.port();
    let (authority, port) = tls_port(folder, move |stream| {
        std::thread::spawn(move || relay(stream, cloud_port));
    });
    [(BUILT_IN, "false"), (BUILT_IN_AGGREGATED, "true")].into_iter().fold(host, |host, (stream, aggregates)| {
        cloud.firehose().create_stream(stream);
        host.other_output(&format!(
            "    Name kinesis_firehose\n    Match app.*\n    Retry_Limit no_limits\n    region us-east-1\n    \
             delivery_stream {stream}\n    endpoint localhost\n    port {port}\n    tls.ca_file {}\n    \
             simple_aggregation {aggregates}",
            authority.display()
        ))
    })
}

/// Passes requests on to the cloud, and its replies back.
fn relay(stream: TlsStream, cloud_port: u16) -> Option<()> {
    let mut client = BufReader::new(stream);
    loop {
        let request = message(&mut client)?;
        let mut cloud = TcpStream::connect(("127.0.0.1", cloud_port)).ok()?;
        cloud.write_all(&request).ok()?;
        let reply = message(&mut BufReader::new(cloud))?;
        client.get_mut().write_all(&reply).ok()?;
        client.get_mut().flush().ok()?;
    }
}

/// One message of HTTP/1.1 whose body has a length.
fn message(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut length = 0;
    loop {
        let start = bytes.len();
        if from.read_until(b'\n', &mut bytes).ok()? <= 2 {
            break;
        }
        let header = String::from_utf8_lossy(&bytes[start..]).to_ascii_lowercase();
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    if bytes.len() <= 2 {
        return None;
    }
    from.take(length).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn send(host: &Alive) {
    let text = |number: usize| format!("n={number:06} GET /orders/{number} 200 12ms");
    for start in (0..LINES).step_by(BATCH) {
        let records: Vec<_> =
            (start..start + BATCH).map(|number| line("web", "stdout", &text(number))).collect();
        send_records(host, "app.0123", &records);
    }
}

/// The bill of a stream, once every line has come, none of them twice.
#[track_caller]
fn bill_of_all(cloud: &Cloud, stream: &str, host: &Alive) -> Bill {
    let all = || {
        std::thread::sleep(Duration::from_millis(200));
        (lines_of(cloud, stream).len() >= LINES).then_some(())
    };
    let in_time = until(LIMIT, all).is_some();
    let mut lines = lines_of(cloud, stream);
    assert!(in_time, "{} of {LINES} lines in {stream}\n{}", lines.len(), host.said());
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), LINES, "{stream}: some twice, some never");
    let records = cloud.firehose().records(stream);
    let requests = cloud.requests_for(Api::PutRecordBatch).into_iter();
    Bill {
        records: records.len(),
        bytes: records.iter().map(|record| record.len()).sum(),
        billed_bytes: records.iter().map(|record| record.len().next_multiple_of(BILLING_UNIT)).sum(),
        requests: requests.filter(|request| request.json()["DeliveryStreamName"] == stream).count(),
    }
}

/// Without the empty line after each record that `simple_aggregation` makes.
fn lines_of(cloud: &Cloud, stream: &str) -> Vec<String> {
    let lines = cloud.firehose().lines(stream).into_iter();
    lines.filter(|line| !line.is_empty()).collect()
}

/// The plugin's own count is what Firehose would bill.
#[track_caller]
fn expect_counter(host: &Alive, output: usize, bill: &Bill) {
    let line = format!(
        "fluentbit_ecs_router_billed_bytes_total{{name=\"ecs_router.{output}\",destination=\"firehose\"}} {}",
        bill.billed_bytes
    );
    host.wait_for_metrics(&[line]);
}

fn table(binary: &str, streams: &[&str], bills: &[Bill]) -> String {
    let mut table =
        format!("{LINES} lines through {binary}\n| stream | records | bytes | billed bytes | requests |\n");
    table.push_str("|---|--:|--:|--:|--:|\n");
    for (stream, bill) in streams.iter().zip(bills) {
        let Bill { records, bytes, billed_bytes, requests } = bill;
        writeln!(table, "| {stream} | {records} | {bytes} | {billed_bytes} | {requests} |").unwrap();
    }
    table
}
