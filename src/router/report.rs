//! What a router tells: the counters and the log lines about a chunk, about losses, and about the whole run.
//!
//! Owns: what is said, and at which level. Reads the router and changes nothing but counters.

use std::sync::atomic::Ordering::Relaxed;

use super::Router;
use super::process::Processed;
use crate::classify::provenance::ChunkOrigin;
use crate::config::RecorderSettings;
use crate::delivery::progress::Progress;
use crate::log::Level;
use crate::metrics::{Reason, Snapshot};
use crate::watch::WatchConfig;

/// The most of a target that is shown in the log.
const MAX_SHOWN_CHARS: usize = 120;

impl Router {
    /// Warns when stop events have a route, but nothing that is trusted can bring one.
    pub(super) fn warn_without_events(&self, config: &WatchConfig) {
        let is_watching = config.task.is_some() || config.queue.is_some();
        if self.pipeline.wants_stops() && !is_watching && !self.pipeline.trusts_a_tag() {
            self.log.line(
                Level::Warn,
                "stop events have a route (route.stop or route.default), but no stop event can arrive: this is not an ECS \
                 task, and neither queue.url nor stop.trusted_tags is set; set one of them, or write: route.stop drop",
            );
        }
    }

    /// Says at the start what the flight recorder holds, and which of it is nowhere else.
    pub(super) fn announce_recorder(&self) {
        let Some(recorder) = self.pipeline.recorder() else { return };
        let RecorderSettings { window, max_bytes, .. } = recorder.settings();
        let names = |indices: &[usize]| {
            let names = indices.iter().filter_map(|index| self.senders.get(*index));
            names.map(|sender| sender.destination.common.name.as_str()).collect::<Vec<_>>().join(", ")
        };
        for class in &recorder.settings().classes {
            let name = self.pipeline.class_name(*class);
            let route = self.pipeline.routes().get(*class);
            let others = match route {
                [] => "the others are discarded, and those held are lost when this process ends: nothing else has them".to_owned(),
                [_] => format!("{} gets all of them", names(route)),
                _ => format!("{} get all of them", names(route)),
            };
            let text = format_args!(
                "recorder: lines of class {name} are held in memory for {} s, all together {max_bytes} bytes at most; those \
                 around an error or a stop go to {}; {others}",
                window.as_secs(),
                names(recorder.destinations()),
            );
            self.log.line(Level::Info, text);
        }
    }

    /// Counts what a chunk held, unless it came before.
    pub(super) fn count(&self, processed: &Processed, progress: &Progress) {
        if progress.is_replay() {
            self.metrics.replayed_chunks.fetch_add(1, Relaxed);
        } else {
            let Processed { tally, classes, dropped, limits, .. } = processed;
            let dropped = dropped + limits.total();
            self.metrics.count_chunk(classes, dropped, tally.shapeless as u64, tally.fault.is_some());
            self.metrics.count_limited(&limits.limited, &limits.sampled);
            self.metrics.repeated_stops.fetch_add(processed.repeated, Relaxed);
            self.metrics.unvouched_events.fetch_add(processed.unvouched, Relaxed);
            self.metrics.unmarked_records.fetch_add(processed.unmarked, Relaxed);
            self.metrics.unopened_envelopes.fetch_add(processed.unopened, Relaxed);
            self.metrics.count_redacted(&processed.redacted);
            self.metrics.recorder.add(&processed.recorder);
        }
    }

    /// Logs what is to be said of a chunk that came under this tag.
    pub(super) fn report(&self, tag: &[u8], origin: ChunkOrigin<'_>, processed: &Processed) {
        self.report_overflows(processed);
        self.report_contents(processed);
        self.report_provenance(tag, origin, processed);
    }

    /// Counts and logs names beyond a destination's limit of new ones.
    fn report_overflows(&self, processed: &Processed) {
        for (index, (sender, overflow)) in self.senders.iter().zip(&processed.overflows).enumerate() {
            let Some(overflow) = overflow else { continue };
            let Some(limit) = &sender.destination.name_limit else { continue };
            let name = &sender.destination.common.name;
            self.metrics.destination(index).overflowed.fetch_add(u64::from(overflow.records), Relaxed);
            let text = format_args!(
                "destination {name}: more than {} new names in a minute; {} records of a chunk went to '{}' instead, one of them from '{}'; use fields with fewer values in the name ({}), or raise {name}.name_limit",
                limit.per_minute.unwrap_or_default(),
                overflow.records,
                shown(&overflow.name),
                shown(&overflow.example),
                limit.templates,
            );
            self.log.once_a_minute(Level::Warn, &format!("{name}/name_limit"), text);
        }
    }

    /// Logs what was wrong with a chunk's records.
    fn report_contents(&self, processed: &Processed) {
        let Processed { tally, unopened, missing_field, .. } = processed;
        if let Some(fault) = &tally.fault {
            let text = format_args!(
                "{fault}; {} bytes were skipped and are lost, {} records of the chunk are delivered; find out who sends \
                 to Fluent Bit's forward input",
                tally.skipped_bytes, tally.records
            );
            self.log.once_a_minute(Level::Error, "malformed", text);
        }
        if tally.shapeless > 0 {
            let text = format_args!(
                "{} entries of a chunk are not records (no time, or no map) and were skipped; check the input that \
                 writes them",
                tally.shapeless
            );
            self.log.once_a_minute(Level::Warn, "shapeless", text);
        }
        if *unopened > 0 {
            let text = format_args!(
                "{unopened} records may hold ECS events, but opening them exceeds the limits of one chunk; they are \
                 delivered unopened; send smaller batches (Firehose's buffer, SQS's batch size), and check who can send \
                 records here"
            );
            self.log.once_a_minute(Level::Warn, "unopened", text);
        }
        if let Some(field) = missing_field {
            self.metrics.missing_fields.fetch_add(1, Relaxed);
            let text = format_args!(
                "$({field}) is used in a name but missing in a record; the name says 'unknown' there; write what it \
                 should say: $({field}:-…)"
            );
            self.log.once_a_minute(Level::Warn, "missing_field", text);
        }
    }

    /// Logs what nobody vouches for, and what to write.
    fn report_provenance(&self, tag: &[u8], origin: ChunkOrigin<'_>, processed: &Processed) {
        let tag = String::from_utf8_lossy(tag);
        let Processed { unvouched, unmarked, .. } = processed;
        if *unvouched > 0 {
            self.log.once_a_minute(
                Level::Warn,
                "unvouched",
                format_args!(
                    "{unvouched} records look like ECS events, but stop.trusted_tags does not name their tag {tag}; they \
                     are delivered as class 'other'; name the tag there if only ECS events arrive under it"
                ),
            );
        }
        if let (ChunkOrigin::Firelens(firelens), 1..) = (origin, *unmarked) {
            let container = String::from_utf8_lossy(firelens.container);
            self.log.once_a_minute(
                Level::Warn,
                "unmarked",
                format_args!(
                    "a filter removed FireLens's fields (container_id, container_name, source) from {unmarked} records of \
                     container {container}; stdout and stderr are unknown, and they are delivered as class 'other'; \
                     write Reserve_Data On in the parser filter, and do not change these fields in other filters"
                ),
            );
        }
    }

    /// The chunk will not come again: what a best-effort destination lacks now is lost, except for what is `owed` to those
    /// who alert people.
    pub(super) fn count_best_effort_losses(&self, progress: &Progress, owed: u32) {
        for (index, sender) in self.senders.iter().enumerate() {
            let owed = if self.pipeline.alerts(index) { owed } else { 0 };
            let missing = progress.missing(index).saturating_sub(owed);
            if missing > 0 {
                let name = &sender.destination.common.name;
                self.metrics.destination(index).count_lost(Reason::BestEffort, u64::from(missing));
                let text = format_args!(
                    "destination {name}: {missing} records lost: it is best effort (required off) and did not accept them in \
                     time; to retry them, write: {name}.required on"
                );
                self.log.once_a_minute(Level::Error, &format!("{name}/best_effort"), text);
            }
        }
    }

    /// Counts news of incidents that was never sent, for each destination that alerts people.
    pub(super) fn count_lost_news(&self, count: usize) {
        for (index, sender) in
            self.senders.iter().enumerate().filter(|(index, _)| self.pipeline.alerts(*index))
        {
            if count > 0 {
                let name = &sender.destination.common.name;
                self.metrics.destination(index).count_lost(Reason::BestEffort, count as u64);
                let text = format_args!(
                    "destination {name}: {count} messages about incidents lost: the process ends"
                );
                self.log.line(Level::Error, text);
            }
        }
    }

    /// Logs one line per destination: what became of its records since the start.
    pub(crate) fn log_summary(&self) {
        for counters in self.metrics.snapshot() {
            let Snapshot { name, delivered, requests, lost, .. } = &counters;
            let lost: u64 = lost.iter().filter(|(reason, _)| reason.is_loss()).map(|(_, count)| count).sum();
            let objects = match counters.objects {
                0 => String::new(),
                objects => format!(", {objects} objects uploaded"),
            };
            let text = format_args!(
                "destination {name}: {delivered} records delivered in {requests} requests, {lost} lost{}{objects}",
                counters.cut_words()
            );
            self.log.line(Level::Info, text);
        }
    }
}

/// A target as a line of the log may hold it.
fn shown(target: &[u8]) -> String {
    String::from_utf8_lossy(target).replace('\0', " ").chars().take(MAX_SHOWN_CHARS).collect()
}
