//! Numbered records by the forward protocol, and what became of them.

use std::io::Write as _;
use std::time::Duration;

use fake_cloud::Cloud;

use super::host::Alive;
use test_support::chunk::{Chunk, Layout, TimeForm, value};
use test_support::process::until;
use test_support::record::{line, now_ms};

/// Records in one message; what Docker's log driver and Fluent Bit's own forward output send is smaller.
const BATCH: usize = 500;

/// How many containers they come from.
const CONTAINERS: usize = 4;

/// Numbered lines; every third is standard error.
pub(super) struct Feed {
    pub(super) tag: &'static str,
    pub(super) records: usize,
    /// Where standard output and standard error are expected.
    pub(super) groups: (&'static str, &'static str),
}

impl Feed {
    /// Writes all of them, and a health check, which is nobody's business.
    pub(super) fn send(&self, host: &Alive) {
        let mut connection = host.connect();
        let now = now_ms();
        connection
            .write_all(&message("firelens-healthcheck", &[line("health", "stdout", "check")], now))
            .unwrap();
        let numbers: Vec<usize> = (0..self.records).collect();
        for numbers in numbers.chunks(BATCH) {
            let records: Vec<_> = numbers.iter().map(|number| record(*number)).collect();
            connection.write_all(&message(self.tag, &records, now)).expect("Fluent Bit reads");
        }
    }

    /// Every one of them arrives, in its group and stream, and none twice.
    #[track_caller]
    pub(super) fn expect_once(&self, cloud: &Cloud, limit: Duration, host: &Alive) {
        let all = || (self.arrived(cloud).len() >= self.records).then_some(());
        let in_time = until(limit, || {
            std::thread::sleep(Duration::from_millis(100));
            all()
        });
        let mut arrived = self.arrived(cloud);
        arrived.sort_unstable();
        let said = if in_time.is_none() { host.said() } else { String::new() };
        assert_eq!(arrived.len(), self.records, "arrived of those sent\n{said}");
        assert!(
            arrived.iter().enumerate().all(|(number, arrived)| number == *arrived),
            "some twice, some never"
        );
    }

    /// The numbers of what is where it belongs.
    fn arrived(&self, cloud: &Cloud) -> Vec<usize> {
        let places = [(self.groups.0, "stdout"), (self.groups.1, "stderr")];
        let streams = (0..CONTAINERS).map(|container| format!("c{container}"));
        let mut arrived = Vec::new();
        for stream in streams {
            for (group, source) in places {
                let messages = cloud.cloudwatch().messages(group, &stream);
                let numbers = messages
                    .iter()
                    .filter_map(|text| text.strip_prefix("n=")?.split(' ').next()?.parse().ok());
                arrived.extend(numbers.filter(|number| place(*number) == (stream.clone(), source)));
            }
        }
        arrived
    }
}

fn place(number: usize) -> (String, &'static str) {
    (format!("c{}", number % CONTAINERS), if number.is_multiple_of(3) { "stderr" } else { "stdout" })
}

fn record(number: usize) -> serde_json::Value {
    let (container, source) = place(number);
    line(&container, source, &format!("n={number} GET /orders/{number} 200 12ms"))
}

/// Writes these records in one message.
pub(super) fn send_records(host: &Alive, tag: &str, records: &[serde_json::Value]) {
    host.connect().write_all(&message(tag, records, now_ms())).expect("Fluent Bit reads");
}

/// Writes these records as an application can, through the forward input on TCP.
pub(super) fn send_records_by_tcp(host: &Alive, tag: &str, records: &[serde_json::Value]) {
    host.connect_tcp().write_all(&message(tag, records, now_ms())).expect("Fluent Bit reads");
}

/// Forward mode: `[tag, [[time, record], …]]`.
fn message(tag: &str, records: &[serde_json::Value], at_ms: i64) -> Vec<u8> {
    let entries = Chunk::of(Layout::Legacy, TimeForm::Event);
    let entries = records.iter().fold(entries, |entries, record| entries.with(at_ms, record));
    let mut out = vec![0x92];
    value(&mut out, &tag.into());
    out.push(0xdd);
    out.extend(u32::try_from(records.len()).unwrap().to_be_bytes());
    out.extend(entries.bytes());
    out
}
