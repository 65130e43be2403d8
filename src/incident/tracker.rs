//! The incidents of one running instance: the state machine with its clock, shared by the chunks and the sender of news.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::incidents::Incidents;
use super::sighting::Sighting;
use crate::metrics::Metrics;
use crate::stop::{FailedRevision, ServiceRecovery, StopEvent};

/// What time it is, in milliseconds since 1970.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The machine's.
    #[default]
    System,
    /// One that is turned by hand, for recordings.
    Turned(Rc<Cell<i64>>),
}

impl Clock {
    /// Now.
    #[must_use]
    pub fn now(&self) -> i64 {
        match self {
            Clock::System => Timestamp::now().as_millisecond(),
            Clock::Turned(now) => now.get(),
        }
    }
}

/// Shares the incidents of one instance.
#[derive(Debug)]
pub struct IncidentTracker {
    incidents: RefCell<Incidents>,
    clock: Clock,
    metrics: Arc<Metrics>,
    changed: Notify,
}

impl IncidentTracker {
    /// Counts in `metrics`.
    #[must_use]
    pub fn new(incidents: Incidents, clock: Clock, metrics: Arc<Metrics>) -> Self {
        Self { incidents: RefCell::new(incidents), clock, metrics, changed: Notify::new() }
    }

    /// Works on the incidents.
    pub fn with<R>(&self, work: impl FnOnce(&mut Incidents, i64) -> R) -> R {
        let result = work(&mut self.incidents.borrow_mut(), self.clock.now());
        self.show_tally();
        result
    }

    /// Works on the incidents, and wakes those that wait for a change.
    fn change<R>(&self, work: impl FnOnce(&mut Incidents, i64) -> R) -> R {
        let result = self.with(work);
        self.changed.notify_one();
        result
    }

    fn show_tally(&self) {
        let tally = self.incidents.borrow().tally();
        let shown = &self.metrics.incidents;
        shown.opened.store(tally.opened, Relaxed);
        shown.resolved.store(tally.resolved, Relaxed);
        shown.evicted.store(tally.evicted, Relaxed);
        shown.open.store(tally.open, Relaxed);
        shown.dropped_news.store(tally.dropped_news, Relaxed);
    }

    /// Waits for a change by somebody else.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Reads the incidents.
    pub fn look<R>(&self, read: impl FnOnce(&Incidents) -> R) -> R {
        read(&self.incidents.borrow())
    }

    /// Notes that a service is well again.
    pub fn recover(&self, recovery: &ServiceRecovery) {
        self.change(|incidents, now| incidents.recover(recovery, now));
    }

    /// Tells last lines that came after their stop's report.
    pub fn bring_lines(&self, stop: &StopEvent) {
        self.change(|incidents, _| incidents.bring_lines(stop));
    }

    /// Notes which revision the stop's service ran.
    pub fn note_revision(&self, stop: &StopEvent) {
        self.incidents.borrow_mut().note_revision(stop);
    }

    /// The revision of a deployment that failed, as far as stops tell.
    #[must_use]
    pub fn failed_revision(&self, deployment: &StopEvent) -> Option<FailedRevision> {
        self.look(|incidents| incidents.failed_revision(deployment))
    }

    pub(super) fn observe(&self, stop: &StopEvent) -> Option<Sighting> {
        self.change(|incidents, now| incidents.observe(stop, now))
    }

    pub(super) fn arrive(&self, sighting: &Sighting) {
        self.change(|incidents, _| incidents.arrive(sighting));
    }

    pub(super) fn settle(&self, sighting: &Sighting, was_told: bool) {
        self.change(|incidents, _| incidents.settle(sighting, was_told));
    }

    pub(super) fn withdraw(&self, sighting: &Sighting) {
        self.change(|incidents, _| incidents.withdraw(sighting));
    }
}
