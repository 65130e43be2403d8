//! Which records a batch holds, as a part of a list that all batches of a lane share.

use std::ops::{Deref, Range};
use std::sync::Arc;

use super::partition::BatchItem;

/// Items in the order they are sent.
#[derive(Debug, Clone)]
pub struct BatchItems {
    all: Arc<Vec<BatchItem>>,
    part: Range<usize>,
}

impl BatchItems {
    /// The same list, of which only `part` counts, as positions in this one.
    pub(super) fn part(&self, part: Range<usize>) -> Self {
        let start = self.part.start;
        Self { all: Arc::clone(&self.all), part: start + part.start..start + part.end }
    }
}

impl From<Vec<BatchItem>> for BatchItems {
    fn from(all: Vec<BatchItem>) -> Self {
        Self { part: 0..all.len(), all: Arc::new(all) }
    }
}

impl Deref for BatchItems {
    type Target = [BatchItem];

    fn deref(&self) -> &[BatchItem] {
        self.all.get(self.part.clone()).unwrap_or_default()
    }
}
