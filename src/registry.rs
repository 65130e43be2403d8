//! Which instances exist, by the handle that the host knows each of them by.
//!
//! The host knows an instance by a number, never by an address: Fluent Bit 1.9.10 calls exit once with the last
//! instance's context and newer releases once for each, so the first exit drains every instance of its load and a
//! number that is gone is simply not there any more. Touches no raw pointer. Does not own: what an instance does
//! (`instance`).

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Lookup;
use crate::delivery::verdict::Verdict;
use crate::input::chunk::Chunk;
use crate::instance::Instance;
use crate::log::{self, Level};
use crate::metrics::{Exporter, Metrics};
use crate::version;

static INSTANCES: Mutex<Table> = Mutex::new(Table { next: 0, load: 0, live: BTreeMap::new() });

struct Table {
    /// Numbers are not used twice, so that a stale one never names somebody else.
    next: usize,
    /// Which load of the library by the host this is. A hot reload loads it again beside the running one, and when
    /// the new configuration is refused, only what belongs to the new load may end.
    load: usize,
    live: BTreeMap<usize, Live>,
}

struct Live {
    load: usize,
    instance: Arc<Instance>,
}

fn table() -> MutexGuard<'static, Table> {
    INSTANCES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The host loads the library, for the first time or again.
pub fn load() {
    table().load += 1;
    log::start_line(Level::Info, format_args!("ecs_router {}", version::DESCRIPTION));
}

/// Starts an instance and returns its handle, which is never 0. Problems are written to the log, all of them.
/// `open_exporter` gives the host's exporter for the metrics of the instance, if the host has one.
pub fn init(
    lookup: &dyn Lookup,
    open_exporter: impl FnOnce(&Metrics) -> Option<Box<dyn Exporter>>,
) -> Option<usize> {
    let (number, load, others_report) = {
        let mut table = table();
        table.next += 1;
        let reports = |live: &Live| live.load == table.load && live.instance.reports_exits();
        (table.next - 1, table.load, table.live.values().any(reports))
    };
    match Instance::start_with(number, lookup, open_exporter, others_report) {
        Ok(instance) => {
            table().live.insert(number + 1, Live { load, instance: Arc::new(instance) });
            Some(number + 1)
        }
        Err(problems) => {
            let count = problems.len();
            log::start_line(
                Level::Error,
                format_args!("cannot start: {count} problem(s) in the configuration"),
            );
            problems.iter().for_each(|problem| log::start_line(Level::Error, problem));
            None
        }
    }
}

/// Flushes a chunk to the instance of this handle. One that is gone cannot deliver: come again.
pub fn flush(handle: usize, tag: &[u8], chunk: Arc<dyn Chunk>) -> Verdict {
    let instance = table().live.get(&handle).map(|live| Arc::clone(&live.instance));
    instance.map_or(Verdict::Retry, |instance| instance.flush_chunk(tag, chunk))
}

/// The handle of the only instance, for hosts that flush without a context.
#[must_use]
pub fn only() -> Option<usize> {
    let table = table();
    table.live.keys().next().copied().filter(|_| table.live.len() == 1)
}

/// Drains every instance of the load that this handle belongs to: on 1.9.10 no second exit comes. A handle that is
/// not known does nothing: its instances are drained already, or never started.
pub fn exit(handle: usize) {
    let mut table = table();
    let Some(load) = table.live.get(&handle).map(|live| live.load) else { return };
    let ending =
        table.live.extract_if(.., |_, live| live.load == load).map(|(_, live)| live.instance).collect();
    drop(table);
    drain(ending);
}

/// Drains every instance there is.
pub fn exit_all() {
    let ending = std::mem::take(&mut table().live);
    drain(ending.into_values().map(|live| live.instance).collect());
}

/// All at one time: the budget of each begins when the first is closed. No exporter of any is touched after that.
fn drain(ending: Vec<Arc<Instance>>) {
    ending.iter().for_each(|instance| instance.close());
    ending.iter().for_each(|instance| instance.drain());
}
