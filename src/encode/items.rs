//! Which records a batch holds, as a part of a list that all batches of a lane share.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::partition::Item;

/// Items in the order they are sent.
#[derive(Debug, Clone)]
pub struct Items {
    all: Arc<Vec<Item>>,
    part: Range<usize>,
}

impl Items {
    /// The same list, of which only `part` counts, as positions in this one.
    pub(super) fn part(&self, part: Range<usize>) -> Self {
        let start = self.part.start;
        Self { all: Arc::clone(&self.all), part: start + part.start..start + part.end }
    }
}

impl From<Vec<Item>> for Items {
    fn from(all: Vec<Item>) -> Self {
        Self { part: 0..all.len(), all: Arc::new(all) }
    }
}

impl Deref for Items {
    type Target = [Item];

    fn deref(&self) -> &[Item] {
        self.all.get(self.part.clone()).unwrap_or_default()
    }
}
