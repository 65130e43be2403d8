//! What was counted, told: on the host's board each second, in the log each `stats_interval`.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::log::{Level, Log};
use crate::metrics::{Metrics, Place};
use crate::object::spool::Spool;

/// How often the board is written; the host reads its own as often (`src/flb_metrics_exporter.c`).
const SHOW: Duration = Duration::from_secs(1);

/// Tells of one instance.
pub(crate) struct Statistics {
    pub(crate) metrics: Arc<Metrics>,
    /// By destination.
    pub(crate) spools: Vec<Option<Arc<Spool>>>,
    pub(crate) log: Rc<Log>,
}

impl Statistics {
    /// Begins; all of it ends when the set is dropped.
    pub(crate) fn begin(self, board: Place, every: Option<Duration>) -> JoinSet<()> {
        let this = Rc::new(self);
        let mut telling = JoinSet::new();
        telling.spawn_local(Rc::clone(&this).show(board));
        if let Some(every) = every {
            telling.spawn_local(this.summarise(every));
        }
        telling
    }

    /// As long as there is a board.
    async fn show(self: Rc<Self>, board: Place) {
        let mut second = interval(SHOW);
        second.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            second.tick().await;
            self.look_into_spools();
            if !board.show(&self.metrics) {
                return;
            }
        }
    }

    /// One line per destination that had traffic since the last line.
    async fn summarise(self: Rc<Self>, every: Duration) {
        let mut before = self.metrics.snapshot();
        let mut turn = interval(every);
        turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
        turn.tick().await;
        loop {
            turn.tick().await;
            self.look_into_spools();
            let now = self.metrics.snapshot();
            for (now, before) in now.iter().zip(&before) {
                let since = now.since(before);
                if since.has_traffic() {
                    let (name, what) = (&since.name, since.in_words());
                    self.log.line(Level::Info, format_args!("destination {name}, last {every:?}: {what}"));
                }
            }
            before = now;
        }
    }

    fn look_into_spools(&self) {
        for (index, spool) in self.spools.iter().enumerate() {
            if let Some(spool) = spool {
                let (objects, bytes) = spool.left();
                self.metrics.destination(index).set_spool(objects as u64, bytes);
            }
        }
    }
}
