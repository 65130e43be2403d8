//! A record whose lines are in several chunks of Fluent Bit's.
//!
//! None of these chunks is confirmed before the record is: each keeps a reference, also for its replays, and whichever comes
//! first delivers it.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use tokio::sync::{Mutex, Notify};
use tokio::time::{Instant, timeout_at};

/// A record whose lines are in several chunks.
#[derive(Debug)]
pub(crate) struct SharedRecord {
    /// Its entry, once nothing can follow.
    entries: RefCell<Option<Arc<[u8]>>>,
    closed: Notify,
    /// Until when the next chunk may bring more.
    until: Instant,
    /// Its lines are among the last of their container already, because the container stopped.
    pub(crate) is_heard: Cell<bool>,
    /// Held by whoever delivers it; set once it is delivered.
    pub(crate) delivered: Mutex<bool>,
}

impl SharedRecord {
    pub(crate) fn new(until: Instant) -> Rc<Self> {
        let entries = RefCell::default();
        Rc::new(Self {
            entries,
            closed: Notify::new(),
            until,
            is_heard: Cell::new(false),
            delivered: Mutex::new(false),
        })
    }

    /// Nothing can follow any more.
    pub(crate) fn close(&self, entries: Vec<u8>) {
        self.entries.borrow_mut().get_or_insert(entries.into());
        self.closed.notify_waiters();
    }

    /// Returns its entries once nothing can follow, and `None` when the time is up.
    pub(crate) async fn closed(&self) -> Option<Arc<[u8]>> {
        let closed = self.closed.notified();
        if let Some(entries) = self.entries() {
            return Some(entries);
        }
        timeout_at(self.until, closed).await.ok();
        self.entries()
    }

    pub(crate) fn entries(&self) -> Option<Arc<[u8]>> {
        self.entries.borrow().clone()
    }
}

/// What a chunk shares with others.
#[derive(Debug, Default)]
pub struct SharedLines {
    /// The places of its entries that are in records of several chunks, in ascending order.
    absorbed: RefCell<Vec<u32>>,
    records: RefCell<Vec<Rc<SharedRecord>>>,
}

impl SharedLines {
    pub(crate) fn absorbed(&self) -> Vec<u32> {
        self.absorbed.borrow().clone()
    }

    pub(crate) fn records(&self) -> Vec<Rc<SharedRecord>> {
        self.records.borrow().clone()
    }

    pub(crate) fn note(&self, absorbed: Vec<u32>, records: Vec<Rc<SharedRecord>>) {
        self.absorbed.replace(absorbed);
        self.records.replace(records);
    }
}
