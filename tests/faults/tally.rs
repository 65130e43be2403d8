//! What became of numbered lines at one destination, as a line of the table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use fake_cloud::{Api, Cloud};
use serde_json::Value;

use crate::feed::{Sent, TRACE};
use crate::host::Alive;
use test_support::process::until;

/// For records to arrive, in a debug build on a busy machine, after the longest pause of a circuit breaker.
pub(crate) const ARRIVAL: Duration = Duration::from_secs(180);

/// What arrived.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    /// Line → how often it arrived.
    pub(crate) lines: BTreeMap<usize, usize>,
    pub(crate) records: usize,
    /// Traces of which all lines arrived as one record, and nothing else with them.
    whole_traces: BTreeSet<usize>,
}

/// The lines in these texts, of which each is a record.
pub(crate) fn count<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> Arrivals {
    let mut arrivals = Arrivals::default();
    for text in texts {
        arrivals.add(&lines_of(text.as_ref()));
    }
    arrivals
}

/// The numbers in a record with lines of [`crate::feed`], bare or inside JSON.
fn lines_of(text: &str) -> Vec<usize> {
    let number = |rest: &str| rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok();
    let numbers: Vec<usize> = text.split(" n=").skip(1).filter_map(number).collect();
    assert!(!numbers.is_empty(), "no number in {text}");
    numbers
}

/// The number that comes before these words.
pub(crate) fn number_before(text: &str, words: &str) -> usize {
    let before = text.split_once(words).map(|(before, _)| before.trim_end());
    let number = before.and_then(|before| before.rsplit(' ').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no number before '{words}' in {text}"))
}

impl Arrivals {
    /// How often lines came that had come before.
    pub(crate) fn twice(&self) -> usize {
        self.lines.values().map(|times| times - 1).sum()
    }

    fn add(&mut self, record: &[usize]) {
        self.records += 1;
        record.iter().for_each(|line| *self.lines.entry(*line).or_default() += 1);
        let first = record[0];
        if first.is_multiple_of(TRACE) && record.iter().copied().eq(first..first + TRACE) {
            self.whole_traces.insert(first / TRACE);
        }
    }
}

/// What a log group holds.
pub(crate) fn in_group(cloud: &Cloud, group: &str) -> Arrivals {
    let logs = cloud.cloudwatch();
    count(logs.streams(group).iter().flat_map(|stream| logs.messages(group, stream)))
}

/// What a log group took, whether or not somebody deleted it since.
pub(crate) fn taken_by_group(cloud: &Cloud, group: &str) -> Arrivals {
    let taken = cloud.requests_for(Api::PutLogEvents).into_iter().filter(|put| put.status == Some(200));
    let bodies: Vec<Value> =
        taken.map(|put| put.json()).filter(|body| body["logGroupName"] == group).collect();
    count(bodies.iter().flat_map(events).map(|event| event["message"].as_str().unwrap()))
}

/// The events of a PutLogEvents.
fn events(body: &Value) -> &[Value] {
    body["logEvents"].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The lines in a PutLogEvents.
pub(crate) fn lines_in(body: &Value) -> Vec<usize> {
    events(body).iter().flat_map(|event| lines_of(event["message"].as_str().unwrap())).collect()
}

/// What the objects of a bucket hold.
pub(crate) fn in_bucket(cloud: &Cloud, bucket: &str) -> Arrivals {
    count(cloud.s3().all_lines(bucket))
}

/// What arrived at a path under `/http`.
pub(crate) fn at_path(cloud: &Cloud, path: &str) -> Arrivals {
    count(cloud.http().values(path).iter().map(|value| value["log"].as_str().unwrap().to_owned()))
}

/// The lines of a file.
pub(crate) fn in_file(path: &Path) -> Arrivals {
    count(std::fs::read_to_string(path).unwrap_or_default().lines())
}

/// One line of the table.
#[derive(Debug)]
pub(crate) struct Tally {
    what: String,
    sent: usize,
    arrived: usize,
    pub(crate) missing: usize,
    pub(crate) twice: usize,
}

/// Waits until everything of `expected` has arrived, or for [`ARRIVAL`]; then prints and answers with the line.
/// What nobody sent, or not there, is a failure of its own.
#[track_caller]
pub(crate) fn tally(
    scenario: &str,
    host: &Alive,
    destination: &str,
    sent: &Sent,
    arrivals: impl Fn() -> Arrivals,
) -> Tally {
    tally_within(ARRIVAL, scenario, host, destination, sent, arrivals)
}

/// The same with another time to wait.
#[track_caller]
pub(crate) fn tally_within(
    patience: Duration,
    scenario: &str,
    host: &Alive,
    destination: &str,
    sent: &Sent,
    arrivals: impl Fn() -> Arrivals,
) -> Tally {
    let lacks =
        |arrived: &Arrivals| sent.sure.iter().filter(|line| !arrived.lines.contains_key(line)).count();
    until(patience, || {
        std::thread::sleep(Duration::from_millis(50));
        (lacks(&arrivals()) == 0).then_some(())
    });
    let arrived = arrivals();
    let known: BTreeSet<usize> = sent.sure.union(&sent.unsure).copied().collect();
    let strangers: Vec<_> = arrived.lines.keys().filter(|line| !known.contains(line)).collect();
    assert_eq!(strangers, Vec::<&usize>::new(), "nobody sent these to {destination}");
    let torn = sent.uncut_traces().filter(|trace| !arrived.whole_traces.contains(trace)).count();
    let tally = Tally {
        what: format!("{scenario} | {} | {destination}", host.name()),
        sent: sent.sure.len(),
        arrived: arrived.lines.values().sum(),
        missing: lacks(&arrived),
        twice: arrived.twice(),
    };
    tally.print();
    assert!(!host.joins() || tally.missing > 0 || torn == 0, "{torn} traces are in pieces: {tally:?}");
    tally
}

impl Tally {
    /// Everything arrived, once.
    #[track_caller]
    pub(crate) fn expect_once(&self, host: &Alive) {
        assert_eq!((self.missing, self.twice), (0, 0), "{self:?}\n{}", host.said());
    }

    fn print(&self) {
        static HEAD: Once = Once::new();
        HEAD.call_once(|| {
            println!("| scenario | host | destination | sent | arrived | missing | twice |");
        });
        let Self { what, sent, arrived, missing, twice } = self;
        println!("| {what} | {sent} | {arrived} | {missing} | {twice} |");
    }
}
