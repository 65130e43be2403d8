//! Large batches begin one at a time, and small ones before them.
//!
//! The thread of an instance compresses, hashes and encrypts. What a stop's report takes of that is nothing beside the
//! megabytes of lines in the same chunk and in those of other workers: it must not wait in line with them.

use tokio::sync::Mutex;

use crate::encode::batch::Batch;
use crate::threads::LARGE_BYTES;

/// Who may begin to send a large batch; each gets its turn, in the order of asking.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<()>);

impl Turns {
    /// Waits until the batch may begin: a small one at once, a large one after everything that can go on now, connections
    /// included, and not together with another.
    pub(super) async fn wait(&self, batch: &Batch) {
        if batch.wire_len() >= LARGE_BYTES {
            self.wait_for_others().await;
        }
    }

    async fn wait_for_others(&self) {
        let turn = self.0.lock().await;
        tokio::task::yield_now().await;
        // Whoever is next yields as well, so what the caller does up to its next pause is done by then.
        drop(turn);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use tokio::task::{LocalSet, spawn_local};

    use super::*;
    use crate::encode::batch::{Limits, pack};
    use crate::encode::buffer_pool::BufferPool;
    use crate::encode::partition::{BatchItem, Partition};

    fn batch(bytes: usize) -> Batch {
        let mut partition = Partition::new(&b"t"[..], &BufferPool::default());
        let (range, ()) = partition.write(bytes, |out| out.resize(bytes, b'x'));
        partition.push(BatchItem { ordinal: 0, at_ms: 0, start: range.start, end: range.end, size: bytes });
        let limits = Limits { bytes: usize::MAX, records: 1, span_ms: None, ordered: false };
        pack(partition, &limits).remove(0)
    }

    /// The names of what was done, in order: batches of these sizes that were begun together, and what each of them had
    /// a connection write.
    fn order(sizes: &[usize]) -> Vec<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let done = Rc::new(RefCell::new(Vec::new()));
        let local = LocalSet::new();
        let turns = Rc::new(Turns::default());
        for (number, size) in sizes.iter().enumerate() {
            let batch = batch(*size);
            let turns = Rc::clone(&turns);
            let done = Rc::clone(&done);
            local.spawn_local(async move {
                turns.wait(&batch).await;
                done.borrow_mut().push(format!("begin {number}"));
                let written = tokio::spawn(std::future::ready(()));
                let done = Rc::clone(&done);
                spawn_local(async move {
                    written.await.unwrap();
                    done.borrow_mut().push(format!("written {number}"));
                });
            });
        }
        runtime.block_on(local);
        done.take()
    }

    #[test]
    fn a_small_batch_is_written_before_a_large_one_begins() {
        let order = order(&[LARGE_BYTES, LARGE_BYTES, 100]);
        assert_eq!(order.first().map(String::as_str), Some("begin 2"));
        let at = |what: &str| order.iter().position(|done| done == what).unwrap();
        assert!(at("written 2") < at("begin 1"), "{order:?}");
        assert!(at("written 0") < at("begin 1"), "one at a time: {order:?}");
    }

    #[test]
    fn every_batch_gets_its_turn_in_order() {
        let order = order(&[LARGE_BYTES; 5]);
        let begun: Vec<&String> = order.iter().filter(|done| done.starts_with("begin")).collect();
        assert_eq!(begun, ["begin 0", "begin 1", "begin 2", "begin 3", "begin 4"]);
        assert_eq!(order.len(), 10);
    }
}
