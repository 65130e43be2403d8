//! Shows what was counted: on the host's board each second, in the log each `stats_interval`.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::log::{Level, Log};
use crate::metrics::{Metrics, Place};
use crate::object::spool::Spool;

/// How often the board is written; the host reads its own as often (`src/flb_metrics_exporter.c`).
const EXPORT_INTERVAL: Duration = Duration::from_secs(1);

/// Shows the metrics of one instance.
pub(super) struct Statistics {
    pub(super) metrics: Arc<Metrics>,
    /// By destination.
    pub(super) spools: Vec<Option<Arc<Spool>>>,
    pub(super) log: Rc<Log>,
}

impl Statistics {
    /// Starts the tasks; they end when the set is dropped.
    pub(super) fn start(self, board: Place, log_interval: Option<Duration>) -> JoinSet<()> {
        let this = Rc::new(self);
        let mut tasks = JoinSet::new();
        tasks.spawn_local(Rc::clone(&this).export(board));
        if let Some(log_interval) = log_interval {
            tasks.spawn_local(this.summarise(log_interval));
        }
        tasks
    }

    /// As long as there is a board.
    async fn export(self: Rc<Self>, board: Place) {
        let mut ticks = interval(EXPORT_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.update_spool_gauges();
            if !board.show(&self.metrics) {
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
        for (index, spool) in self.spools.iter().enumerate() {
            if let Some(spool) = spool {
                let (objects, bytes) = spool.left();
                self.metrics.destination(index).set_spool(objects as u64, bytes);
            }
        }
    }
}
