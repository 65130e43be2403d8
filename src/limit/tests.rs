//! What the limiter decides, of whom, and what it tells of it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::classify::classes::BUILT_IN;
use crate::classify::provenance::{ChunkOrigin, Provenance};
use crate::input::decode;
use crate::input::record::{Record, Timestamp};

fn limiter(class: Class, limits: ClassLimits) -> LineLimiter {
    let mut by_class = vec![None; BUILT_IN.len() + 1];
    by_class[class.index()] = Some(limits);
    let trace = TraceFields::new(vec!["trace_id".to_owned()]);
    LineLimiter::new(LimitRules { by_class, trace }).unwrap()
}

fn rate(count: u64, burst: u64) -> ClassLimits {
    ClassLimits { rate: Some(RateLimit { count, unit: RateUnit::Second, burst }), sample: None }
}

fn sample(percent: u32) -> ClassLimits {
    ClassLimits { rate: None, sample: Some(SampleShare { millionths: percent * 10_000 }) }
}

/// What becomes of a line of this class under this tag.
fn judge(
    limiter: &LineLimiter,
    class: Class,
    tag: &str,
    at_ms: i64,
    record: &Value,
    ordinal: u32,
) -> Option<DropRule> {
    let body = rmp_serde::to_vec(record).unwrap();
    let fields = decode::fields(&body);
    let nanos = (at_ms.rem_euclid(1_000) * 1_000_000) as u32;
    let record = Record::new(Timestamp { seconds: at_ms.div_euclid(1_000), nanos }, &fields, &body);
    let identity = Provenance::new(&record, ChunkOrigin::from_tag(tag.as_bytes(), &[])).identity();
    let entry = Entry { identity, ..Entry::new(&record, class, class.name(), None) };
    limiter.judge(&entry, ordinal, tag.as_bytes())
}

fn line(id: &str) -> Value {
    json!({"container_id": id, "container_name": format!("/{id}"), "source": "stdout", "log": "x"})
}

fn kept(limiter: &LineLimiter, tag: &str, record: &Value, lines: usize) -> usize {
    (0..lines).filter(|_| judge(limiter, Class::Stdout, tag, 1_000, record, 0).is_none()).count()
}

#[test]
fn each_container_has_its_own_budget_and_each_class_its_own() {
    let limiter = limiter(Class::Stdout, rate(1, 10));
    assert_eq!(kept(&limiter, "app", &line("noisy"), 1_000), 10);
    assert_eq!(kept(&limiter, "app", &line("quiet"), 5), 5);
    for class in [Class::Stderr, Class::Error, Class::Warn, Class::Other, Class::Stop] {
        assert_eq!(judge(&limiter, class, "app", 1_000, &line("noisy"), 0), None, "{class:?}");
    }
}

#[test]
fn under_a_tag_of_firelens_no_field_makes_another_container() {
    let limiter = limiter(Class::Stdout, rate(1, 10));
    let made_up = (0..1_000).filter(|number| {
        let record = line(&format!("made-up-{number}"));
        judge(&limiter, Class::Stdout, "web-firelens-0123", 1_000, &record, 0).is_none()
    });
    assert_eq!(made_up.count(), 10);
    assert_eq!(kept(&limiter, "web-firelens-4567", &line("web"), 100), 10, "another task");
}

#[test]
fn what_was_dropped_is_told_once_by_container_the_most_first() {
    let limiter = limiter(Class::Stdout, rate(1, 10));
    kept(&limiter, "app", &line("a"), 15);
    kept(&limiter, "app", &line("b"), 100);
    kept(&limiter, "app", &line("c"), 10);
    let notices = limiter.take_notices();
    let told: Vec<(&str, u64)> = notices
        .iter()
        .map(|notice| (notice.source.as_ref().unwrap().container.as_str(), notice.span.count))
        .collect();
    assert_eq!(told, [("b", 90), ("a", 5)]);
    assert_eq!(notices[0].source.as_ref().unwrap().fields[1], ("container_name", "/b".to_owned()));
    assert_eq!(limiter.take_notices(), []);
}

#[test]
fn memory_is_bounded_and_no_drop_goes_untold() {
    let limiter = limiter(Class::Stdout, rate(1, 1));
    for container in 0..5_000 {
        kept(&limiter, "app", &line(&container.to_string()), 3);
    }
    let notices = limiter.take_notices();
    assert!(notices.len() <= 51, "{}", notices.len());
    assert_eq!(notices.iter().map(|notice| notice.span.count).sum::<u64>(), 10_000);
    assert_eq!(notices.last().unwrap().source, None, "the others as one sum");
    assert!(limiter.meters.borrow().len() <= 1_024);
}

#[test]
fn a_container_in_use_is_not_forgotten_for_ids_that_are_made_up() {
    let limiter = limiter(Class::Stdout, rate(1, 10));
    let mut passed = 0;
    for made_up in 0..5_000 {
        kept(&limiter, "app", &line(&made_up.to_string()), 1);
        passed += kept(&limiter, "app", &line("web"), 1);
    }
    assert_eq!(passed, 10);
}

#[test]
fn the_lines_of_a_container_that_stopped_are_kept() {
    let limiter = limiter(Class::Stdout, rate(1, 10));
    let event = json!({
        "source": "aws.ecs", "detail-type": "ECS Task State Change", "time": "2026-11-19T21:00:00Z",
        "detail": {
            "lastStatus": "STOPPED", "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123",
            "containers": [
                {"name": "web", "exitCode": 137, "lastStatus": "STOPPED", "runtimeId": "web-id"},
                {"name": "sidecar", "lastStatus": "RUNNING", "runtimeId": "sidecar-id"},
            ],
        },
    });
    let stop = crate::stop::read(event).expect("a stop");
    limiter.spare(&stop, 1_000);
    let limit = |tag: &str, id: &str| kept(&limiter, tag, &line(id), 100);
    assert_eq!((limit("web-firelens-0123", "web-id"), limit("app", "web-id")), (100, 100));
    assert_eq!((limit("sidecar-firelens-0123", "sidecar-id"), limit("app", "sidecar-id")), (10, 10));
    assert_eq!(limit("web-firelens-9999", "web-id"), 10, "another task");
    let later = |_: &usize| {
        let at_ms = 1_000 + SPARED_AFTER_STOP_MS + 1;
        judge(&limiter, Class::Stdout, "app", at_ms, &line("web-id"), 0).is_none()
    };
    assert_eq!((0..100).filter(later).count(), 10, "it may be one that was started again");
}

#[test]
fn a_trace_is_kept_or_dropped_as_a_whole_by_every_router() {
    let keeps = |limiter: &LineLimiter, trace: usize, line: usize| {
        let record = json!({"log": format!(r#"{{"n":{line},"trace_id":"{trace:032x}"}}"#)});
        let tag = format!("app-{line}");
        judge(limiter, Class::Stdout, &tag, line as i64, &record, line as u32).is_none()
    };
    let here = limiter(Class::Stdout, sample(10));
    let there = limiter(Class::Stdout, sample(10));
    let half = limiter(Class::Stdout, sample(50));
    let mut kept = 0;
    for trace in 1..2_000 {
        let keeps_first = keeps(&here, trace, 0);
        kept += usize::from(keeps_first);
        assert!((1..5).all(|line| keeps(&here, trace, line) == keeps_first), "{trace}");
        assert!((5..9).all(|line| keeps(&there, trace, line) == keeps_first), "{trace}");
        assert!(!keeps_first || keeps(&half, trace, 0), "a larger sample has the smaller one in it");
    }
    assert!((160..240).contains(&kept), "{kept} of 2,000");
}

#[test]
fn lines_without_a_trace_are_sampled_one_by_one() {
    let limiter = limiter(Class::Stdout, sample(10));
    let keeps =
        |ordinal: &u32| judge(&limiter, Class::Stdout, "app", 1_000, &line("web"), *ordinal).is_none();
    let kept = (0..10_000).filter(keeps).count();
    assert!((900..1_100).contains(&kept), "{kept}");
}

#[test]
fn a_line_outside_of_the_sample_takes_nothing_from_the_rate() {
    let both = ClassLimits { sample: sample(10).sample, ..rate(1, 50) };
    let limiter = limiter(Class::Stdout, both);
    let mut counts = [0; 3];
    for ordinal in 0..10_000 {
        match judge(&limiter, Class::Stdout, "app", 1_000, &line("web"), ordinal) {
            None => counts[0] += 1,
            Some(DropRule::Limit) => counts[1] += 1,
            Some(DropRule::Sample) => counts[2] += 1,
        }
    }
    assert_eq!(counts[0], 50);
    assert!((800..1_050).contains(&counts[1]), "{counts:?}");
    assert_eq!(limiter.take_notices().len(), 2, "each rule is told by itself");
}

proptest! {
    /// What others write changes nothing for a container, in whatever order the lines come.
    #[test]
    fn a_container_is_judged_by_its_own_lines(
        lines in proptest::collection::vec((0usize..4, 0i64..100), 1..200),
    ) {
        let together = limiter(Class::Stdout, rate(5, 8));
        let alone: Vec<LineLimiter> = (0..4).map(|_| limiter(Class::Stdout, rate(5, 8))).collect();
        let mut at_ms = 0;
        for (container, step) in lines {
            at_ms += step;
            let judge = |limiter| {
                judge(limiter, Class::Stdout, "app", at_ms, &line(&container.to_string()), 0)
            };
            prop_assert_eq!(judge(&together), judge(&alone[container]));
        }
    }
}
