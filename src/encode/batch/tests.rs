use proptest::prelude::*;

use super::*;
use crate::encode::buffer_pool::BufferPool;

fn partition(records: &[(i64, usize)]) -> Partition {
    partition_to(b"", records)
}

fn partition_to(target: &'static [u8], records: &[(i64, usize)]) -> Partition {
    let mut partition = Partition::new(target, &BufferPool::default());
    for (ordinal, &(at_ms, size)) in records.iter().enumerate() {
        let (range, ()) = partition.write(0, |out| out.extend(format!("{ordinal},").bytes()));
        let ordinal = u32::try_from(ordinal).unwrap();
        partition.push(BatchItem { ordinal, at_ms, start: range.start, end: range.end, size });
    }
    partition
}

fn wire(batch: &Batch) -> String {
    let payload = batch.payload().to_bytes().to_vec();
    assert_eq!(payload.len(), batch.wire_len());
    String::from_utf8(payload).unwrap()
}

const LIMITS: Limits = Limits { bytes: 100, records: 3, span_ms: Some(1_000), ordered: true };

#[test]
fn each_limit_ends_a_batch_at_its_exact_edge() {
    let counts = |records: &[(i64, usize)]| -> Vec<usize> {
        pack(partition(records), &LIMITS).iter().map(|batch| batch.items.len()).collect()
    };
    assert_eq!(counts(&[(0, 50), (0, 50), (0, 1)]), [2, 1], "bytes");
    assert_eq!(counts(&[(0, 50), (0, 51)]), [1, 1], "one byte more");
    assert_eq!(counts(&[(0, 1); 7]), [3, 3, 1], "records");
    assert_eq!(counts(&[(0, 1), (1_000, 1), (1_001, 1)]), [2, 1], "span");
    assert_eq!(counts(&[(0, 101), (0, 1)]), [1, 1], "too large alone still goes alone");
    assert_eq!(counts(&[]), [0; 0]);
}

#[test]
fn sorting_by_time_is_stable_and_ranges_follow() {
    let batches = pack(partition(&[(5, 1), (3, 1), (5, 1)]), &LIMITS);
    assert_eq!(wire(&batches[0]), "1,0,2,");
}

#[test]
fn halves_and_subsets_share_the_buffer() {
    let batch = pack(partition(&[(0, 1), (0, 1), (0, 1)]), &LIMITS).remove(0);
    let (left, right) = batch.halves().unwrap();
    assert_eq!((wire(&left), wire(&right)), ("0,".into(), "1,2,".into()));
    assert!(left.halves().is_none());
    assert_eq!(wire(&batch.select(&[0, 2])), "0,2,");
}

#[test]
fn a_digest_knows_the_same_records_of_the_same_moments_again() {
    let batch = |records: &[(i64, usize)]| pack(partition(records), &LIMITS).remove(0);
    let one = batch(&[(1, 1), (2, 1)]);
    assert_eq!(one.digest(), batch(&[(1, 1), (2, 1)]).digest());
    assert_ne!(one.digest(), batch(&[(1, 1), (3, 1)]).digest(), "another moment");
    assert_ne!(one.digest(), one.select(&[0]).digest(), "fewer records");
    let elsewhere = partition_to(b"t", &[(1, 1), (2, 1)]);
    assert_ne!(one.digest(), pack(elsewhere, &LIMITS)[0].digest(), "another target");
}

proptest! {
    #[test]
    fn every_record_comes_out_once_in_order_and_no_batch_is_over(
        records in proptest::collection::vec((0i64..3_000, 0usize..130), 0..60)
    ) {
        let batches = pack(partition(&records), &LIMITS);
        let mut seen: Vec<u32> = batches.iter().flat_map(|batch| batch.items.iter().map(|item| item.ordinal)).collect();
        let times: Vec<i64> = batches.iter().flat_map(|batch| batch.items.iter().map(|item| item.at_ms)).collect();
        prop_assert!(times.is_sorted());
        seen.sort_unstable();
        prop_assert_eq!(seen, (0..u32::try_from(records.len()).unwrap()).collect::<Vec<_>>());
        for batch in &batches {
            let bytes: usize = batch.items.iter().map(|item| item.size).sum();
            prop_assert!(batch.items.len() <= 3 && (bytes <= 100 || batch.items.len() == 1));
            let span = batch.items.last().unwrap().at_ms - batch.items[0].at_ms;
            prop_assert!(span <= 1_000);
        }
    }
}
