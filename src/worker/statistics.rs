//! Shows what was counted: through the host's exporter each second, in the log each `stats_interval`.
//!
//! Owns: when to export, and that nobody touches the exporter once the instance is closed.

use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::log::{Level, Log};
use crate::metrics::{Exporter, Metrics};
use crate::object::spool::Spool;
use crate::router::update_spool_gauges;

/// How often the metrics are exported; the host reads its own as often (`src/flb_metrics_exporter.c`).
const EXPORT_INTERVAL: Duration = Duration::from_secs(1);

/// The host's exporter, if it has one, until the instance is closed. Whoever uses it holds the lock, so that it is in
/// nobody's hands when [`close`] returns, on whatever thread.
pub(super) type SharedExporter = Arc<Mutex<Option<Box<dyn Exporter>>>>;

/// Waits until nobody exports, then drops the exporter.
pub(super) fn close(exporter: &SharedExporter) {
    lock(exporter).take();
}

/// Exports the current values. `false`: there is no exporter, nor will there be one again.
fn export(exporter: &SharedExporter, metrics: &Metrics) -> bool {
    let mut exporter = lock(exporter);
    let Some(exporter) = exporter.as_mut() else { return false };
    exporter.export(metrics);
    true
}

fn lock(exporter: &SharedExporter) -> MutexGuard<'_, Option<Box<dyn Exporter>>> {
    exporter.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shows the metrics of one instance.
pub(super) struct Statistics {
    pub(super) metrics: Arc<Metrics>,
    /// By destination.
    pub(super) spools: Vec<Option<Arc<Spool>>>,
    pub(super) log: Rc<Log>,
}

impl Statistics {
    /// Starts the tasks; they end when the set is dropped.
    pub(super) fn start(self, exporter: SharedExporter, log_interval: Option<Duration>) -> JoinSet<()> {
        let this = Rc::new(self);
        let mut tasks = JoinSet::new();
        tasks.spawn_local(Rc::clone(&this).export(exporter));
        if let Some(log_interval) = log_interval {
            tasks.spawn_local(this.summarise(log_interval));
        }
        tasks
    }

    /// Exports as long as there is an exporter.
    async fn export(self: Rc<Self>, exporter: SharedExporter) {
        let mut ticks = interval(EXPORT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.update_spool_gauges();
            if !export(&exporter, &self.metrics) {
                return;
            }
        }
    }

    /// Logs one line per destination that had traffic since the last line.
    async fn summarise(self: Rc<Self>, every: Duration) {
        let mut before = self.metrics.snapshot();
        let mut ticks = interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        loop {
            ticks.tick().await;
            self.update_spool_gauges();
            let now = self.metrics.snapshot();
            for (now, before) in now.iter().zip(&before) {
                let since = now.since(before);
                if since.has_traffic() {
                    let name = &since.name;
                    let summary = since.summary();
                    self.log.line(Level::Info, format_args!("destination {name}, last {every:?}: {summary}"));
                }
            }
            before = now;
        }
    }

    fn update_spool_gauges(&self) {
        update_spool_gauges(&self.spools, &self.metrics);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

    use super::*;

    #[derive(Debug)]
    struct CountExports(Arc<AtomicU64>);

    impl Exporter for CountExports {
        fn export(&mut self, _metrics: &Metrics) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    #[test]
    fn an_exporter_that_was_closed_is_not_touched() {
        let exports = Arc::new(AtomicU64::new(0));
        let exporter: Box<dyn Exporter> = Box::new(CountExports(Arc::clone(&exports)));
        let exporter = Arc::new(Mutex::new(Some(exporter)));
        let elsewhere = Arc::clone(&exporter);
        assert!(export(&exporter, &Metrics::default()));
        close(&elsewhere);
        assert!(!export(&exporter, &Metrics::default()));
        assert_eq!(exports.load(Relaxed), 1);
    }
}
