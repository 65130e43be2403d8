//! Has the logs of stopped containers, and the task definitions of deployments that failed, read before their reports are
//! made.
//!
//! Owns: which stops of a chunk that concerns, and how long their chunk waits. Does not own: reading (`log_reader`), which
//! revision failed (`incident`), or what a report shows (`stop`). What was read stays with the chunk, so that its replay makes the same reports.

use std::rc::Rc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::Router;
use super::entries::for_each_entry;
use super::incoming_chunk::IncomingChunk;
use super::pipeline::Stages;
use crate::classify::provenance::ChunkOrigin;
use crate::delivery::progress::Progress;
use crate::incident::IncidentTracker;
use crate::log_reader::LogReader;
use crate::stop::{LogPlace, StopEvent};

/// How long the reports of a chunk wait for what is read in all; of a short `flush_timeout` the half.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

/// When to look again for lines that did not come in time: pauses, from one look to the next.
const LATER: [Duration; 2] = [Duration::from_secs(12), Duration::from_secs(48)];

/// Logs that are looked for again at one time. Further ones are not looked for again.
const MAX_LATE: usize = 32;

/// A stop whose container's log is to be read.
struct WantedLog {
    /// Its place among the chunk's stop events.
    nth: usize,
    stop: StopEvent,
    place: Option<LogPlace>,
}

/// What is to be read for the stops of a chunk.
#[derive(Default)]
struct WantedReads {
    logs: Vec<WantedLog>,
    /// Deployments that failed, by their place among the chunk's stop events.
    deployments: Vec<(usize, StopEvent)>,
}

/// Reads again, and tells what came.
async fn bring_late_lines(reader: Rc<LogReader>, tracker: Rc<IncidentTracker>, wanted: WantedLog) {
    let WantedLog { mut stop, place, .. } = wanted;
    for pause in LATER {
        sleep(pause).await;
        let log = reader.read(&stop, place.clone(), Instant::now() + READ_TIMEOUT).await;
        match &log.lines {
            Some(Ok(_)) => {
                stop.note_log(log);
                return tracker.bring_lines(&stop);
            }
            Some(Err(why)) if why.may_pass() => {}
            _ => return,
        }
    }
}

impl Router {
    /// Reads what the chunk's reports are to show, unless the chunk came before.
    pub(super) async fn read_logs(self: &Rc<Self>, chunk: IncomingChunk<'_>, progress: &Progress) {
        let Some(reader) = self.log_reader.as_ref().filter(|_| chunk.origin == ChunkOrigin::Trusted) else {
            return;
        };
        if progress.is_replay() {
            return;
        }
        // Bytes that are gone are noticed by whoever reads them next.
        let wanted =
            chunk.bytes.read(|bytes| self.wanted_reads(chunk.origin, bytes, progress)).unwrap_or_default();
        let deadline = Instant::now() + READ_TIMEOUT.min(self.flush_timeout / 2);
        let lines = self.read_lines(reader, wanted.logs, progress, deadline);
        tokio::join!(lines, self.read_changes(reader, wanted.deployments, progress, deadline));
    }

    async fn read_lines(
        &self,
        reader: &Rc<LogReader>,
        wanted: Vec<WantedLog>,
        progress: &Progress,
        deadline: Instant,
    ) {
        let mut reading = JoinSet::new();
        for WantedLog { nth, stop, place } in wanted {
            let reader = Rc::clone(reader);
            reading.spawn_local(async move {
                let log = reader.read(&stop, place.clone(), deadline).await;
                (WantedLog { nth, stop, place }, log)
            });
        }
        while let Some(read) = reading.join_next().await {
            let Ok((wanted, log)) = read else { continue };
            let may_come = matches!(&log.lines, Some(Err(why)) if why.may_pass());
            progress.note_log(wanted.nth, log);
            if may_come {
                self.look_again(reader, wanted);
            }
        }
    }

    /// Asks ECS about each deployment that failed.
    async fn read_changes(
        &self,
        reader: &Rc<LogReader>,
        deployments: Vec<(usize, StopEvent)>,
        progress: &Progress,
        deadline: Instant,
    ) {
        let Some(tracker) = self.pipeline.incidents() else { return };
        for (nth, deployment) in deployments {
            let Some(failed) = tracker.failed_revision(&deployment) else { continue };
            let read = reader.read_changes(&deployment, failed, deadline).await;
            progress.note_changes(nth, read);
        }
    }

    /// Looks for lines once more in the background, if there is an incident whose news can bring them.
    fn look_again(&self, reader: &Rc<LogReader>, wanted: WantedLog) {
        let Some(tracker) = self.pipeline.incidents().map(Rc::clone) else { return };
        let mut late = self.late_logs.borrow_mut();
        while late.try_join_next().is_some() {}
        if late.len() < MAX_LATE {
            late.spawn_local(bring_late_lines(Rc::clone(reader), tracker, wanted));
        }
    }

    fn wanted_reads(&self, origin: ChunkOrigin<'_>, chunk: &[u8], progress: &Progress) -> WantedReads {
        let destinations = self.destinations();
        let stages = self.pipeline.stages(origin, &destinations);
        let mut wanted = WantedReads::default();
        let (Some(state), Some(reader)) = (stages.state, &self.log_reader) else { return wanted };
        let tracker = self.pipeline.incidents().filter(|_| reader.reads_changes());
        let mut nth = 0;
        for_each_entry(&Stages { state: None, ..stages }, chunk, progress, |_, entry| {
            let Some(stop) = entry.stop else { return };
            if reader.reads_lines() && state.lacks_lines(stop) {
                let place = state.log_place(entry.record, stop);
                wanted.logs.push(WantedLog { nth, stop: stop.clone(), place });
            }
            if let Some(tracker) = tracker {
                // What the chunk itself tells of revisions counts, too.
                tracker.note_revision(stop);
                if state.lacks_changes(stop) {
                    wanted.deployments.push((nth, stop.clone()));
                }
            }
            nth += 1;
        });
        wanted
    }

    /// Reads no more logs: the process ends, and reports go out as they are.
    pub(crate) fn stop_reading_logs(&self) {
        self.log_reader.iter().for_each(|reader| reader.close());
    }
}
