use super::*;
use crate::delivery::verdict::{Verdict, verdict};

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(1)
}

#[tokio::test(start_paused = true)]
async fn a_replay_finds_what_was_settled() {
    let ledger = Ledger::default();
    let first = ledger.begin(Some(1), 2, soon()).await.unwrap();
    assert!(!first.is_replay());
    first.expect(0, 3);
    first.settle(0, [0, 2, 2]);
    assert_eq!(verdict(&first, [true, true]), Verdict::Retry);
    assert_eq!(verdict(&first, [false, true]), Verdict::Ok, "best effort does not count");
    ledger.keep(1, &first);
    first.stop();
    assert_eq!((ledger.waiting(0), ledger.waiting(1)), ((1, 1), (0, 0)));
    let again = ledger.begin(Some(1), 2, soon()).await.unwrap();
    assert!(again.is_replay() && ledger.is_empty());
    assert!(again.settled(0).unwrap().contains(2) && !again.settled(0).unwrap().contains(1));
    again.settle(0, [1]);
    assert_eq!(verdict(&again, [true, true]), Verdict::Ok);
}

#[tokio::test(start_paused = true)]
async fn a_replay_waits_for_work_that_still_runs() {
    let ledger = Ledger::default();
    let first = ledger.begin(Some(1), 1, soon()).await.unwrap();
    ledger.keep(1, &first);
    assert!(ledger.begin(Some(1), 1, soon()).await.is_none(), "still running at the deadline");
    let finish = async {
        tokio::time::sleep(Duration::from_millis(10)).await;
        first.stop();
    };
    let (found, ()) = tokio::join!(ledger.begin(Some(1), 1, soon()), finish);
    assert!(found.unwrap().is_replay());
}

#[tokio::test(start_paused = true)]
async fn two_equal_chunks_are_two_entries() {
    let ledger = Ledger::default();
    let a = ledger.begin(Some(1), 1, soon()).await.unwrap();
    ledger.keep(1, &a);
    let b = Progress::new(1);
    ledger.keep(1, &b);
    a.stop();
    b.stop();
    assert!(ledger.begin(Some(1), 1, soon()).await.unwrap().is_replay());
    assert!(ledger.begin(Some(1), 1, soon()).await.unwrap().is_replay());
    assert!(!ledger.begin(Some(1), 1, soon()).await.unwrap().is_replay());
}

#[tokio::test(start_paused = true)]
async fn the_ledger_is_bounded_in_entries_and_age() {
    let ledger = Ledger::default();
    for digest in 0..2 * MAX_OPEN as u128 {
        ledger.keep(digest, &Progress::new(1));
    }
    assert!(ledger.open.borrow().len() <= MAX_OPEN && ledger.order.borrow().len() <= MAX_OPEN);
    tokio::time::advance(MAX_AGE + Duration::from_secs(1)).await;
    ledger.keep(1 << 100, &Progress::new(1));
    assert_eq!(ledger.open.borrow().len(), 1);
}

#[test]
fn tag_and_bytes_both_count() {
    let host = |tag, chunk| digest(ChunkMaker::Host, tag, chunk);
    assert_ne!(host(b"a", b"bc"), host(b"ab", b"c"));
    assert_eq!(host(b"a", b"bc"), host(b"a", b"bc"));
}

#[test]
fn a_chunk_of_an_application_is_no_replay_of_a_watchers() {
    let by = |maker| digest(maker, b"ecs_router.queue", b"the same event");
    assert_ne!(by(ChunkMaker::Host), by(ChunkMaker::Watcher));
    assert_ne!(by(ChunkMaker::Host), by(ChunkMaker::DeadLetter));
}
