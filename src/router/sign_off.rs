//! The router's last words about itself: one line in the log, and one record for whoever wants it.
//!
//! Owns: when a chunk is late, what is counted at the end, and to whom the record goes. Does not own: what it says
//! (`metrics::sign_off`).

use std::rc::Rc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, timeout_at};

use super::Router;
use super::own_records::OwnNames;
use super::process::{OwnRecord, Processed};
use crate::delivery::progress::Progress;
use crate::encode::batch::Batch;
use crate::level::LogLevel;
use crate::log::Level;
use crate::metrics::{Reason, SignOff, SuspectedGaps};

/// What names may hold of the record.
const EXIT_NAMES: OwnNames<'static> = OwnNames { tag: b"ecs_router.exit", class: "router_exit" };

/// A chunk whose first record is older than this when it comes is late. Fluent Bit flushes each second, or each five, and
/// a batch of the FireLens driver is as young.
const LATE: Duration = Duration::from_secs(30);

/// The destinations that get the record about the router's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitRecordFor {
    /// Those that fill objects on disk, which take nothing once their last uploads began.
    Spools,
    /// All others.
    Services,
}

impl Router {
    /// Notes how late a chunk came that is here for the first time.
    pub(super) fn note_delay(&self, processed: &Processed) {
        // Lines of the flight recorder are old on purpose.
        let released_from = processed.first_released.unwrap_or(u32::MAX);
        let first_of =
            |batch: &'_ Batch| batch.items.iter().find(|item| item.ordinal < released_from).copied();
        let firsts = processed.batches.iter().flatten().filter_map(first_of);
        let Some(oldest) = firsts.map(|item| item.at_ms).min() else { return };
        let delay =
            u64::try_from(Timestamp::now().as_millisecond().saturating_sub(oldest)).unwrap_or_default();
        if u128::from(delay) > LATE.as_millis() {
            self.metrics.late_chunks.fetch_add(1, Relaxed);
            self.metrics.longest_delay_ms.fetch_max(delay, Relaxed);
        }
    }

    /// Sends the record about this router's end. `unfinished` chunks were not done in time.
    pub(crate) async fn send_exit_record(&self, whom: ExitRecordFor, unfinished: usize, deadline: Instant) {
        let is_meant = |index: &&usize| {
            let has_spool = self.spools.get(**index).is_some_and(Option::is_some);
            has_spool == (whom == ExitRecordFor::Spools)
        };
        let route: Vec<usize> = self.exit_route.iter().filter(is_meant).copied().collect();
        if route.is_empty() {
            return;
        }
        let sign_off = self.sign_off(unfinished);
        let level = if sign_off.needs_attention() { LogLevel::Warn } else { LogLevel::Info };
        let records = [OwnRecord {
            at_ms: sign_off.ended_at.as_millisecond(),
            content: sign_off.record(),
            level: self.pipeline.own_level(level),
        }];
        let progress = Progress::new(self.senders.len());
        let routes = self.pipeline.routes_to(&route);
        timeout_at(deadline, self.send_own(&routes, EXIT_NAMES, &records, &progress, deadline)).await.ok();
        self.report_missing_exit_record(&route, &progress);
    }

    fn report_missing_exit_record(&self, route: &[usize], progress: &Rc<Progress>) {
        for index in route.iter().copied().filter(|index| progress.missing(*index) > 0) {
            let counters = self.metrics.destination(index);
            counters.count_lost(Reason::BestEffort, 1);
            if let Some(sender) = self.senders.get(index) {
                let name = &sender.destination.common.name;
                let text = format_args!(
                    "destination {name}: the record of route.router_exit was not taken within exit_timeout and is lost; raise exit_timeout"
                );
                self.log.line(Level::Error, text);
            }
        }
    }

    /// Logs the line about this router's end.
    pub(crate) fn log_sign_off(&self, unfinished: usize) {
        let sign_off = self.sign_off(unfinished);
        let level = if sign_off.needs_attention() { Level::Warn } else { Level::Info };
        self.log.line(level, format_args!("signs off: {}", sign_off.summary()));
    }

    fn sign_off(&self, unfinished: usize) -> SignOff {
        self.update_spool_gauges();
        self.recount_waiting();
        let metrics = &self.metrics;
        let is_of_metrics = |index: usize| self.emf.as_ref().is_some_and(|emf| emf.destination == index);
        let all = metrics.snapshot().into_iter().enumerate();
        SignOff {
            source: self.own_source(),
            started_at: self.started_at,
            ended_at: Timestamp::now(),
            read: metrics.classes().iter().map(|(_, count)| count).sum(),
            dropped: metrics.dropped_on_purpose.load(Relaxed),
            recorder: self.pipeline.recorder().map(|_| metrics.recorder.counts()),
            over_limits: metrics.over_limits(),
            destinations: all.filter(|(index, _)| !is_of_metrics(*index)).map(|(_, one)| one).collect(),
            gaps: self.suspected_gaps(unfinished),
        }
    }

    fn suspected_gaps(&self, unfinished: usize) -> SuspectedGaps {
        let metrics = &self.metrics;
        let waiting = (0..self.senders.len()).map(|index| metrics.destination(index).waiting().0);
        SuspectedGaps {
            malformed_chunks: metrics.malformed_chunks.load(Relaxed),
            shapeless_entries: metrics.shapeless.load(Relaxed),
            late_chunks: metrics.late_chunks.load(Relaxed),
            longest_delay_seconds: metrics.longest_delay_ms.load(Relaxed) / 1_000,
            waiting_chunks: waiting.max().unwrap_or_default(),
            unfinished_chunks: unfinished as u64,
        }
    }
}
