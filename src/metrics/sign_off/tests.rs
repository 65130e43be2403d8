use super::*;
use crate::metrics::Reason;

fn sign_off() -> SignOff {
    let errors = Snapshot {
        name: "errors".into(),
        delivered: 300,
        lost: vec![(Reason::TooOld, 2), (Reason::Filtered, 7)],
        ..Snapshot::default()
    };
    let archive =
        Snapshot { name: "archive".into(), delivered: 900, spool_objects: 1, ..Snapshot::default() };
    SignOff {
        source: EmfSource {
            cluster: Some("prod".into()),
            service: Some("web".into()),
            task_id: Some("0123".into()),
            ..EmfSource::default()
        },
        started_at: Timestamp::from_second(1_795_000_000).unwrap(),
        ended_at: Timestamp::from_second(1_795_000_060).unwrap(),
        read: 1_209,
        destinations: vec![errors, archive],
        ..SignOff::default()
    }
}

#[test]
fn what_was_lost_is_named_with_destination_and_reason() {
    let lossy = sign_off();
    let said = "1209 records read, 1200 delivered, 2 lost (errors: too_old 2); gaps suspected: none";
    assert_eq!(lossy.summary(), said);
    assert!(lossy.needs_attention());
    let record = lossy.record();
    assert_eq!(record["summary"], format!("Router of task 0123 of web (cluster prod) ended: {said}."));
    assert_eq!(record["runtime_seconds"], 60);
    assert_eq!((&record["records_lost"], &record["records_left_out"]), (&2.into(), &7.into()));
    assert_eq!(record["destinations"][0]["reasons"], json!({"too_old": 2, "filtered": 7}));
    assert_eq!(record["destinations"][1]["spool_objects"], 1);
    assert_eq!(record["gaps_suspected"], false);
}

#[test]
fn lines_that_the_recorder_kept_back_are_told_and_are_no_loss() {
    let counts =
        RecorderCounts { held: 900, released: 120, expired: 700, evicted: 30, ..RecorderCounts::default() };
    let recorded = SignOff { recorder: Some(counts), destinations: Vec::new(), ..sign_off() };
    assert!(!recorded.needs_attention());
    let said = recorded.summary();
    let part = "; recorder: 900 lines held, 120 released, 780 not released on purpose (30 of them for lack of memory); gaps";
    assert!(said.contains(part), "{said}");
    let object = json!({"held": 900, "released": 120, "expired": 700, "evicted": 30, "held_at_the_end": 50});
    assert_eq!(recorded.record()["recorder"], object);
    assert!(sign_off().record().get("recorder").is_none(), "it is off");
}

#[test]
fn a_gap_that_is_suspected_is_told_although_nothing_is_lost() {
    let gaps = SuspectedGaps {
        late_chunks: 3,
        longest_delay_seconds: 95,
        waiting_chunks: 1,
        ..SuspectedGaps::default()
    };
    let late = SignOff { destinations: Vec::new(), gaps, ..sign_off() };
    assert!(late.needs_attention());
    let said = late.summary();
    assert!(
        said.ends_with("gaps suspected: 3 late chunks (up to 95 s), 1 chunks handed back to Fluent Bit"),
        "{said}"
    );
    assert_eq!(late.record()["gaps_suspected"], true);
    let only_late = SuspectedGaps { waiting_chunks: 0, ..gaps };
    assert!(
        !SignOff { gaps: only_late, ..late }.needs_attention(),
        "it may be an old time of the record's own"
    );
}
