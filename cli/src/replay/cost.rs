//! `--cost`: what a month of such records costs at list prices, and what the log driver `awslogs` would cost.

use std::io::{self, Write};
use std::time::Duration;

use ecs_router::config::Lookup as _;
use ecs_router::config::keys::DestinationKind;
use serde_json::{Value, json};

use super::resolve::Resolved;
use super::tally::{ReplayTally, Total};
use crate::adapter::pipeline::DryRun;

/// Of which the prices are.
const REGION: &str = "us-east-1";
const AS_OF: &str = "2026";
const SOURCE: &str = "https://aws.amazon.com/cloudwatch/pricing/, https://aws.amazon.com/s3/pricing/, \
     https://aws.amazon.com/firehose/pricing/, https://aws.amazon.com/kinesis/data-streams/pricing/, https://aws.amazon.com/sns/pricing/, \
     https://aws.amazon.com/eventbridge/pricing/, https://newrelic.com/pricing, https://www.datadoghq.com/pricing/";

/// A month has 730 hours, as AWS counts.
const MONTH_SECONDS: f64 = 730.0 * 3_600.0;
const GIB: f64 = 1_073_741_824.0;

/// What CloudWatch Logs adds to the size of each event.
const EVENT_OVERHEAD_BYTES: u64 = 26;

/// About what is left of logs after gzip.
const GZIP_SHARE: f64 = 0.1;

/// Containers in the table; programs get all of them.
const MAX_CONTAINERS: usize = 20;

/// A shorter recording says nothing about a month.
const MIN_SECONDS: f64 = 1.0;

/// List prices in US dollars, without free tiers.
struct Price {
    /// For each GiB taken.
    taken: f64,
    /// For each GiB kept for a month.
    kept: f64,
    /// For a million records.
    million: f64,
}

const NOTHING: Price = Price { taken: 0.0, kept: 0.0, million: 0.0 };
const CLOUDWATCH: Price = Price { taken: 0.50, kept: 0.03, million: 0.0 };
const CLOUDWATCH_INFREQUENT_ACCESS: Price = Price { taken: 0.25, kept: 0.03, million: 0.0 };
const S3: Price = Price { taken: 0.0, kept: 0.023, million: 0.0 };
const FIREHOSE: Price = Price { taken: 0.029, kept: 0.0, million: 0.0 };
/// A stream on demand, without 0.04 for each hour and without what reading costs.
const KINESIS: Price = Price { taken: 0.08, kept: 0.0, million: 0.0 };
/// 0.50 for a million messages of 64 KiB, without what their delivery costs.
const SNS: Price = Price { taken: 0.008_192, kept: 0.0, million: 0.0 };
/// 1.00 for a million events of 64 KiB.
const EVENTBRIDGE: Price = Price { taken: 0.016_384, kept: 0.0, million: 0.0 };
const NEWRELIC: Price = Price { taken: 0.40, kept: 0.0, million: 0.0 };
const DATADOG: Price = Price { taken: 0.10, kept: 0.0, million: 1.70 };

/// One line of the bill.
struct Line {
    name: String,
    kind: &'static str,
    gigabytes: f64,
    taken: f64,
    kept: f64,
}

/// A month of records like those of the recording.
pub(super) struct Cost {
    /// How long the recording took.
    seconds: f64,
    destinations: Vec<Line>,
    /// The sum if no limit and no sample dropped anything; `None` where there are none.
    without_limits: Option<Line>,
    /// What each container costs at all destinations, the dearest first.
    containers: Vec<Line>,
    awslogs: Line,
}

/// How long the recording took, from the times of its records.
pub(super) fn seconds(tally: &ReplayTally) -> Option<Duration> {
    let applications = &tally.applications;
    let millis = applications.last?.checked_sub(applications.first?)?;
    let span = Duration::from_millis(u64::try_from(millis).ok()?);
    (span.as_secs_f64() >= MIN_SECONDS).then_some(span)
}

impl Cost {
    pub(super) fn new(dry: &DryRun, resolved: &Resolved, tally: &ReplayTally, span: Duration) -> Self {
        let seconds = span.as_secs_f64().max(0.001);
        let months = MONTH_SECONDS / seconds;
        let lines = |totals: &[Total]| -> Vec<Line> {
            let named = dry.destinations().zip(totals);
            named.map(|((name, kind), total)| line(name, kind, total, resolved, months)).collect()
        };
        let containers = tally.containers.iter().map(|(name, totals)| sum(name, "container", &lines(totals)));
        let applications = &tally.applications;
        let bytes = applications.bytes + applications.lines * EVENT_OVERHEAD_BYTES;
        Self {
            seconds,
            destinations: lines(&tally.totals),
            without_limits: None,
            containers: dearest_first(containers.collect()),
            awslogs: priced("awslogs", "all lines", &CLOUDWATCH, gigabytes(bytes, months), 0.0, 1.0),
        }
    }

    /// Shows beside it what the same records cost without limits and samples.
    pub(super) fn beside_unlimited(self, unlimited: &Self) -> Self {
        let without_limits = Line { name: "without limits".to_owned(), ..unlimited.total() };
        Self { without_limits: Some(without_limits), ..self }
    }

    /// The sum of ours.
    fn total(&self) -> Line {
        sum("total", "", &self.destinations)
    }

    /// Every line of the bill with its name, for a table.
    pub(super) fn rows(&self) -> Vec<[String; 5]> {
        let lines = self.destinations.iter().chain([&self.awslogs]);
        let own = lines.map(Line::cells);
        let mut rows: Vec<[String; 5]> = own.collect();
        let sums = [self.total().cells()].into_iter().chain(self.without_limits.iter().map(Line::cells));
        rows.splice(self.destinations.len()..self.destinations.len(), sums);
        rows
    }

    /// What the numbers are, in one sentence.
    pub(super) fn basis(&self) -> String {
        format!(
            "A month of such records, {:.0} seconds times {:.0}, at list prices of {REGION} as of {AS_OF} in US dollars \
             without free tiers; kept: for a month; S3 gzipped to about a tenth, its requests (0.005 for 1,000 objects) \
             not counted",
            self.seconds,
            MONTH_SECONDS / self.seconds
        )
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\n{}:", self.basis())?;
        writeln!(
            out,
            "{:<16}  {:<13}  {:>10}  {:>10}  {:>10}",
            "destination", "type", "GB a month", "taken", "kept"
        )?;
        // Of one container alone the sum says it all.
        let containers = self.containers.iter().filter(|_| self.containers.len() > 1).take(MAX_CONTAINERS);
        for [name, kind, gigabytes, taken, kept] in self.rows().into_iter().chain(containers.map(Line::cells))
        {
            writeln!(out, "{name:<16}  {kind:<13}  {gigabytes:>10}  {taken:>10}  {kept:>10}")?;
        }
        writeln!(out, "Prices: {SOURCE}")
    }

    pub(super) fn object(&self) -> Value {
        let mut object = json!({
            "seconds": self.seconds,
            "currency": "USD",
            "region": REGION,
            "as_of": AS_OF,
            "source": SOURCE,
            "destinations": self.destinations.iter().map(Line::object).collect::<Vec<_>>(),
            "total": self.total().object(),
            "containers": self.containers.iter().map(Line::object).collect::<Vec<_>>(),
            "awslogs": self.awslogs.object(),
        });
        if let Some(without_limits) = &self.without_limits {
            object["without_limits"] = without_limits.object();
        }
        object
    }
}

impl Line {
    fn cells(&self) -> [String; 5] {
        let money = |amount: f64| format!("{amount:.2}");
        [
            self.name.clone(),
            self.kind.to_owned(),
            format!("{:.3}", self.gigabytes),
            money(self.taken),
            money(self.kept),
        ]
    }

    fn object(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.kind,
            "gigabytes": self.gigabytes,
            "taken": self.taken,
            "kept": self.kept,
        })
    }
}

fn sum(name: &str, kind: &'static str, lines: &[Line]) -> Line {
    let sum = |of: fn(&Line) -> f64| lines.iter().map(of).sum();
    Line {
        name: name.to_owned(),
        kind,
        gigabytes: sum(|line| line.gigabytes),
        taken: sum(|line| line.taken),
        kept: sum(|line| line.kept),
    }
}

fn dearest_first(mut lines: Vec<Line>) -> Vec<Line> {
    lines.sort_by(|a, b| (b.taken + b.kept).total_cmp(&(a.taken + a.kept)));
    lines
}

fn line(name: &str, kind: DestinationKind, total: &Total, resolved: &Resolved, months: f64) -> Line {
    let setting = |key: &str| resolved.get(&format!("{name}.{key}"));
    let is_infrequent = setting("log_group_class").is_some_and(|class| class == "INFREQUENT_ACCESS");
    let price = price(kind, is_infrequent);
    let is_gzipped = kind == DestinationKind::S3 && setting("compress").is_none_or(|how| how == "gzip");
    let share = if is_gzipped { GZIP_SHARE } else { 1.0 };
    let millions = float(total.records) * months / 1e6;
    priced(name, kind.name(), &price, gigabytes(total.stepped, months), millions, share)
}

/// `share`: how much of what is taken has to be kept.
fn priced(name: &str, kind: &'static str, price: &Price, gigabytes: f64, millions: f64, share: f64) -> Line {
    Line {
        name: name.to_owned(),
        kind,
        gigabytes,
        taken: gigabytes * price.taken + millions * price.million,
        kept: gigabytes * share * price.kept,
    }
}

fn price(kind: DestinationKind, is_infrequent: bool) -> Price {
    match kind {
        DestinationKind::Cloudwatch if is_infrequent => CLOUDWATCH_INFREQUENT_ACCESS,
        DestinationKind::Cloudwatch => CLOUDWATCH,
        DestinationKind::S3 => S3,
        DestinationKind::Firehose => FIREHOSE,
        DestinationKind::Kinesis => KINESIS,
        DestinationKind::Sns => SNS,
        DestinationKind::Eventbridge => EVENTBRIDGE,
        DestinationKind::Newrelic => NEWRELIC,
        DestinationKind::Datadog => DATADOG,
        // The receiver's price, which nobody here knows.
        DestinationKind::Http
        | DestinationKind::FirehoseHttp
        | DestinationKind::Slack
        | DestinationKind::Pagerduty
        | DestinationKind::Teams
        | DestinationKind::Otlp
        | DestinationKind::File
        | DestinationKind::Stdout => NOTHING,
    }
}

fn gigabytes(bytes: u64, months: f64) -> f64 {
    float(bytes) * months / GIB
}

#[allow(clippy::cast_precision_loss, reason = "amounts of money are rounded anyway")]
fn float(number: u64) -> f64 {
    number as f64
}
