//! What a dry run adds up.

use std::collections::BTreeMap;

use ecs_router::config::keys::DestinationKind;
use ecs_router::metrics::RecorderCounts;

use crate::adapter::pipeline::{ApplicationLines, DryCopy, DryRecord, DryRun, Recorded};
use crate::adapter::unfinished::UnfinishedTasks;

/// Totals of one destination.
#[derive(Debug, Default, Clone)]
pub(super) struct Total {
    pub(super) records: u64,
    pub(super) left_out: u64,
    /// In the requests, before they are compressed.
    pub(super) bytes: u64,
    /// As the destination counts them.
    pub(super) counted: u64,
    /// The same, with every record as whole steps of the destination's price.
    pub(super) stepped: u64,
    pub(super) requests: u64,
    /// What the price counts a record in, in bytes.
    step: u64,
}

/// Records and their bytes.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Volume {
    pub(super) records: u64,
    pub(super) bytes: u64,
}

/// Where records of a class end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FlowEnd {
    /// A destination by its position.
    Destination(usize),
    /// A destination leaves them out.
    LeftOut,
    /// No route takes them.
    Dropped,
    /// No route takes them, but the flight recorder holds them for an error.
    Held,
}

/// Totals of a recording.
#[derive(Debug, Default)]
pub(super) struct ReplayTally {
    pub(super) records: u64,
    /// Records that never reach the output.
    pub(super) unmatched: u64,
    pub(super) classes: BTreeMap<String, u64>,
    pub(super) dropped: u64,
    /// By rule: values that were masked.
    pub(super) redacted: BTreeMap<String, u64>,
    /// What the flight recorder did; `None`: it is off.
    pub(super) recorder: Option<RecorderCounts>,
    /// Lines that became parts of the record before them; `None`: none can.
    pub(super) joined: Option<u64>,
    pub(super) totals: Vec<Total>,
    /// The same by container, of records that say which.
    pub(super) containers: BTreeMap<String, Vec<Total>>,
    /// Totals of nothing, by destination.
    no_totals: Vec<Total>,
    pub(super) flows: BTreeMap<(String, FlowEnd), Volume>,
    pub(super) applications: ApplicationLines,
    pub(super) unfinished: UnfinishedTasks,
}

/// What a record is counted in: <https://aws.amazon.com/firehose/pricing/>, <https://aws.amazon.com/sns/pricing/>,
/// <https://aws.amazon.com/eventbridge/pricing/>, <https://aws.amazon.com/kinesis/data-streams/pricing/>.
fn step(kind: DestinationKind) -> u64 {
    match kind {
        DestinationKind::Firehose => 5 * 1_024,
        DestinationKind::Kinesis => 1_024,
        DestinationKind::Sns | DestinationKind::Eventbridge => 64 * 1_024,
        _ => 1,
    }
}

impl ReplayTally {
    pub(super) fn new(dry: &DryRun) -> Self {
        let total = |(_, kind)| Total { step: step(kind), ..Total::default() };
        let no_totals: Vec<Total> = dry.destinations().map(total).collect();
        Self { totals: no_totals.clone(), no_totals, ..Self::default() }
    }

    pub(super) fn count(&mut self, row: &DryRecord) {
        if row.recorded != Recorded::Released {
            self.records += 1;
            *self.classes.entry(row.class.clone()).or_default() += 1;
        }
        if row.copies.is_empty() {
            let is_held = row.recorded == Recorded::Held;
            self.dropped += u64::from(!is_held);
            self.add_flow(&row.class, if is_held { FlowEnd::Held } else { FlowEnd::Dropped }, 0);
        }
        if let Some(container) = &row.container {
            let no_totals = &self.no_totals;
            let totals = self.containers.entry(container.clone()).or_insert_with(|| no_totals.clone());
            row.copies.iter().for_each(|copy| add_copy(totals, copy));
        }
        for copy in &row.copies {
            add_copy(&mut self.totals, copy);
            match &copy.sent {
                Some(sent) => {
                    self.add_flow(&row.class, FlowEnd::Destination(copy.destination), number(sent.bytes));
                }
                None => self.add_flow(&row.class, FlowEnd::LeftOut, 0),
            }
        }
    }

    fn add_flow(&mut self, class: &str, end: FlowEnd, bytes: u64) {
        let volume = self.flows.entry((class.to_owned(), end)).or_default();
        volume.records += 1;
        volume.bytes += bytes;
    }

    /// Adds what the flight recorder did in one chunk.
    pub(super) fn count_recorder(&mut self, counts: Option<RecorderCounts>) {
        let Some(counts) = counts else { return };
        let total = self.recorder.get_or_insert_default();
        total.held += counts.held;
        total.released += counts.released;
        total.expired += counts.expired;
        total.evicted += counts.evicted;
    }

    /// Adds the lines of one chunk that were joined.
    pub(super) fn count_joined(&mut self, lines: Option<u64>) {
        if let Some(lines) = lines {
            *self.joined.get_or_insert(0) += lines;
        }
    }

    /// Adds what one chunk's values were masked by.
    pub(super) fn count_redacted(&mut self, redacted: Vec<(String, u64)>) {
        for (rule, count) in redacted {
            *self.redacted.entry(rule).or_default() += count;
        }
    }

    /// Adds the requests of one chunk, by destination.
    pub(super) fn count_requests(&mut self, batches: &[usize]) {
        for (total, batches) in self.totals.iter_mut().zip(batches) {
            total.requests += number(*batches);
        }
    }
}

/// Adds a record to the total of its destination.
fn add_copy(totals: &mut [Total], copy: &DryCopy) {
    let Some(total) = totals.get_mut(copy.destination) else { return };
    let Some(sent) = &copy.sent else {
        total.left_out += 1;
        return;
    };
    let counted = number(sent.counted);
    total.records += 1;
    total.bytes += number(sent.bytes);
    total.counted += counted;
    total.stepped += counted.next_multiple_of(total.step);
}

fn number(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
