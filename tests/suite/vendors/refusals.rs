//! What is too much for one request or one record, and what is refused for good.

use ecs_router::Verdict;
use ecs_router::metrics::Reason;
use fake_cloud::{Cloud, Fault, Received};

use super::intake::{Intake, chunk_of, cloud, each, names};
use test_support::chunk::Chunk;
use test_support::record::line;

/// Answers with 413 to more than this many records.
fn takes_at_most(intake: &Intake, cloud: &Cloud, most: usize) {
    let brought = intake.brought;
    cloud.script_where(intake.api, move |request| brought(request).len() > most, Fault::reply(413));
}

#[test]
fn what_is_too_large_is_split_until_it_fits() {
    each(|intake| {
        let cloud = cloud();
        takes_at_most(intake, &cloud, 3);
        let router = intake.router(&cloud, &[]);
        assert_eq!(router.bring(&chunk_of(&names(20))), Verdict::Ok);
        assert!(cloud.attempts(intake.api) <= 16, "halves, not one by one");
        intake.assert_arrived(&cloud, &router, &names(20));
    });
}

#[test]
fn one_record_too_large_by_itself_is_counted_and_the_others_arrive() {
    each(|intake| {
        let cloud = cloud();
        intake.script_for(&cloud, "n5", Fault::reply(413));
        let router = intake.router(&cloud, &[]);
        assert_eq!(router.bring(&chunk_of(&names(16))), Verdict::Ok);
        assert_eq!(router.lost(intake.kind, Reason::Refused), 1);
        let mut others = names(16);
        others.remove(5);
        intake.assert_arrived(&cloud, &router, &others);
    });
}

#[test]
fn what_is_refused_for_good_is_counted_and_not_asked_for_again() {
    each(|intake| {
        let cloud = cloud();
        cloud.script_where(intake.api, |_| true, (intake.refusal)());
        let router = intake.router(&cloud, &[]);
        assert_eq!(router.bring(&chunk_of(&names(5))), Verdict::Ok);
        assert_eq!(router.lost(intake.kind, Reason::Refused), 5);
        intake.assert_arrived(&cloud, &router, &[]);
    });
}

#[test]
fn one_refused_record_is_singled_out_and_the_others_arrive() {
    each(|intake| {
        let cloud = cloud();
        intake.script_for(&cloud, "n37", (intake.refusal)());
        let router = intake.router(&cloud, &[]);
        assert_eq!(router.bring(&chunk_of(&names(100))), Verdict::Ok);
        assert_eq!(router.lost(intake.kind, Reason::Refused), 1);
        assert!(cloud.attempts(intake.api) <= 16, "halves, not one by one");
        let mut others = names(100);
        others.remove(37);
        intake.assert_arrived(&cloud, &router, &others);
    });
}

#[test]
fn more_records_than_one_request_holds_arrive_in_several() {
    each(|intake| {
        let cloud = cloud();
        let router = intake.router(&cloud, &[]);
        let names = names(5_001 * intake.room);
        assert_eq!(router.bring(&chunk_of(&names)), Verdict::Ok);
        assert!(cloud.attempts(intake.api) >= 2);
        intake.assert_arrived(&cloud, &router, &names);
    });
}

#[test]
fn more_bytes_than_one_request_holds_arrive_in_several() {
    each(|intake| {
        let cloud = cloud();
        let lines: Vec<String> =
            ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| name.repeat(660_000)).to_vec();
        let router = intake.router(&cloud, &[]);
        assert_eq!(router.bring(&chunk_of(&lines)), Verdict::Ok);
        assert!(cloud.attempts(intake.api) >= 2);
        assert_eq!(router.counters(intake.kind).cut, 0);
        intake.assert_arrived(&cloud, &router, &lines);
    });
}

#[test]
fn a_record_beyond_the_limit_is_cut_with_a_marker_and_its_neighbours_stay_whole() {
    each(|intake| {
        if !intake.cuts {
            return;
        }
        let cloud = cloud();
        let router = intake.router(&cloud, &[]);
        let texts = ["before".to_owned(), "é\"".repeat(500_000), "behind".to_owned()];
        let chunk = Chunk::now(&texts.map(|text| line("web", "stdout", &text)));
        assert_eq!(router.bring(&chunk), Verdict::Ok);
        let mut arrived = (intake.arrived)(&cloud);
        arrived.sort_by_key(String::len);
        assert_eq!(arrived[..2], ["before", "behind"]);
        let (kept, marker) = arrived[2].split_once(" [truncated ").expect("a marker");
        assert!(kept.trim_start_matches("é\"").len() <= "é".len() && kept.len() > 500_000, "{}", kept.len());
        let lost: usize = marker.trim_end_matches(" bytes]").parse().expect("a number");
        assert_eq!(kept.len() + lost, 1_500_000);
        assert_eq!(router.counters(intake.kind).cut, 1);
        cloud.assert_no_complaints();
        router.assert_adds_up(intake.kind);
    });
}

/// In more requests than one: where repeats are known, the second thousand is not a repeat of the first, nor one half of
/// the other.
#[test]
fn equal_lines_of_one_moment_all_arrive() {
    each(|intake| {
        for (count, most) in [(2_000, usize::MAX), (8, 3)] {
            let cloud = cloud();
            takes_at_most(intake, &cloud, most);
            let router = intake.router(&cloud, &[]);
            let lines = vec!["connection refused, trying again".to_owned(); count];
            assert_eq!(router.bring(&chunk_of(&lines)), Verdict::Ok);
            intake.assert_arrived(&cloud, &router, &lines);
        }
    });
}

#[test]
fn a_replay_does_not_bring_refused_records_again() {
    each(|intake| {
        let cloud = cloud();
        let refused = |cloud: &Cloud| intake.script_for(cloud, "n3", (intake.refusal)());
        takes_at_most(intake, &cloud, 1);
        refused(&cloud);
        intake.script_for(&cloud, "n7", Fault::reply(503).retry_after(600));
        let router = intake.router(&cloud, &[]);
        let chunk = chunk_of(&names(8));
        assert_eq!(router.bring(&chunk), Verdict::Retry);
        cloud.clear_script();
        refused(&cloud);
        let before = cloud.attempts(intake.api);
        assert_eq!(router.bring(&chunk), Verdict::Ok);
        let brings = |request: &Received| (intake.brought)(request);
        let again: Vec<String> = cloud.requests_for(intake.api)[before..].iter().flat_map(brings).collect();
        assert_eq!(again, ["n7"]);
        assert_eq!(router.lost(intake.kind, Reason::Refused), 1, "counted once");
        let mut others = names(8);
        others.remove(3);
        intake.assert_arrived(&cloud, &router, &others);
    });
}
