//! Writes the counters as metrics to CloudWatch.
//!
//! Owns: when the documents are made, and that each is sent until it has arrived. Does not own: what they say
//! (`metrics::emf`), or how they are delivered (`delivery`).

use std::cell::RefCell;
use std::rc::Rc;

use jiff::Timestamp;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout_at};

use super::own_records::OwnNames;
use super::process::OwnRecord;
use super::{Router, join_all};
use crate::classify::routes::Routes;
use crate::config::EmfSettings;
use crate::delivery::progress::Progress;
use crate::log::{Level, Log};
use crate::metrics::{EmfScope, MetricsReading, Reason};

/// What names may hold of the documents.
const METRICS_NAMES: OwnNames<'static> = OwnNames { tag: b"ecs_router.metrics", class: "metrics" };

/// Writes the metrics of one instance.
pub(crate) struct MetricsWriter {
    router: Rc<Router>,
    settings: EmfSettings,
    routes: Routes,
    scopes: Vec<EmfScope>,
    log: Rc<Log>,
    /// What the last documents told.
    told: RefCell<MetricsReading>,
    /// Documents that have not arrived. What is counted meanwhile is for the next ones.
    unsent: RefCell<Option<Rc<Documents>>>,
    end: watch::Sender<bool>,
    running: RefCell<JoinSet<()>>,
}

/// The documents of one moment. They stay the same until all have arrived, so that no count is written twice.
struct Documents {
    records: Vec<OwnRecord>,
    progress: Rc<Progress>,
}

impl MetricsWriter {
    /// Writes from now on; `None` where that is not wanted.
    pub(crate) fn start(router: &Rc<Router>, log: &Rc<Log>) -> Option<Rc<Self>> {
        let settings = router.emf.clone()?;
        let scopes = router.spools.iter().enumerate().map(|(index, spool)| match spool {
            _ if index == settings.destination => EmfScope::Hidden,
            Some(_) => EmfScope::Whole,
            None => EmfScope::WithoutSpool,
        });
        let writer = Rc::new(Self {
            scopes: scopes.collect(),
            routes: router.pipeline.routes_to(&[settings.destination]),
            router: Rc::clone(router),
            settings,
            log: Rc::clone(log),
            told: RefCell::default(),
            unsent: RefCell::default(),
            end: watch::Sender::new(false),
            running: RefCell::default(),
        });
        let running = Rc::clone(&writer).run();
        writer.running.borrow_mut().spawn_local(running);
        Some(writer)
    }

    /// Writes each interval, also when nothing happens, until the end.
    async fn run(self: Rc<Self>) {
        let mut end = self.end.subscribe();
        let every = self.settings.interval;
        let mut ticks = interval_at(Instant::now() + every, every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*end.borrow_and_update() {
            tokio::select! {
                changed = end.changed() => if changed.is_err() { return },
                _ = ticks.tick() => self.write(Instant::now() + self.router.flush_timeout).await,
            }
        }
    }

    /// Sends what is left of the last documents, and only then new ones.
    async fn write(&self, deadline: Instant) {
        let unsent = self.unsent.borrow().clone();
        if let Some(unsent) = unsent
            && !self.send(&unsent, deadline).await
        {
            return;
        }
        let documents = Rc::new(self.next_documents());
        self.unsent.replace(Some(Rc::clone(&documents)));
        self.send(&documents, deadline).await;
    }

    fn next_documents(&self) -> Documents {
        self.router.update_spool_gauges();
        let now = self.router.metrics.reading();
        let at_ms = Timestamp::now().as_millisecond();
        let contents = now.documents(&self.told.borrow(), &self.router.own_source(), &self.scopes, at_ms);
        self.told.replace(now);
        let records = contents.into_iter().map(|content| OwnRecord { at_ms, content, level: None });
        Documents { records: records.collect(), progress: Progress::new(self.router.senders.len()) }
    }

    /// Sends documents as far as they have not arrived. `false`: some have to be sent again.
    async fn send(&self, documents: &Documents, deadline: Instant) -> bool {
        let Documents { records, progress } = documents;
        let sent = self.router.send_own(&self.routes, METRICS_NAMES, records, progress, deadline);
        sent.await;
        let has_arrived = progress.missing(self.settings.destination) == 0;
        if has_arrived {
            self.unsent.take();
        }
        has_arrived
    }

    /// Writes what was counted since, and ends.
    pub(crate) async fn finish(&self, deadline: Instant) {
        self.end.send_replace(true);
        let mut running = self.running.take();
        let last = async {
            join_all(&mut running).await;
            self.write(deadline).await;
        };
        timeout_at(deadline, last).await.ok();
        self.give_up();
    }

    fn give_up(&self) {
        let Some(unsent) = self.unsent.take() else { return };
        let missing = unsent.progress.missing(self.settings.destination);
        let counters = self.router.metrics.destination(self.settings.destination);
        counters.count_lost(Reason::BestEffort, u64::from(missing));
        let text =
            format_args!("{missing} metrics documents were not delivered within exit_timeout and are lost");
        self.log.line(Level::Error, text);
    }
}
