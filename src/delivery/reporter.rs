//! Counts and logs for one destination.

use std::fmt;
use std::rc::Rc;
use std::sync::Arc;

use crate::log::{Level, Log};
use crate::metrics::{DestinationCounters, Metrics};

/// The counters of one destination, and log lines that begin with its name.
#[derive(Debug)]
pub(crate) struct Reporter {
    index: usize,
    name: String,
    metrics: Arc<Metrics>,
    log: Rc<Log>,
}

impl Reporter {
    /// `index` is the destination's place in the routes and counters.
    pub(super) fn new(index: usize, name: &str, metrics: Arc<Metrics>, log: Rc<Log>) -> Self {
        Self { index, name: name.to_owned(), metrics, log }
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    /// The destination's name, before the dot of its keys.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn counters(&self) -> &DestinationCounters {
        self.metrics.destination(self.index)
    }

    /// That what was not delivered is tried again, and how much of it waits at the host.
    pub(super) fn waiting(&self) -> String {
        match self.counters().waiting() {
            (0, _) => "will be retried".to_owned(),
            (chunks, records) => format!("will be retried: {records} records in {chunks} chunks wait"),
        }
    }

    /// Writes a line that must not be left out.
    pub(super) fn log_always(&self, level: Level, text: fmt::Arguments<'_>) {
        self.log.line(level, format_args!("destination {}: {text}", self.name));
    }

    /// Writes a line, once a minute per subject.
    pub(crate) fn log(&self, level: Level, subject: &str, text: &str) {
        let subject = format!("{}/{subject}", self.name);
        self.log.once_a_minute(level, &subject, format_args!("destination {}: {text}", self.name));
    }
}
