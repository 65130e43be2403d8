use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::classify::classes::{Classifier, Entry};
use crate::input::decode;
use crate::input::record::{Record, Timestamp};
use crate::level::LogLevel;
use crate::metrics::RecorderCounts;
use crate::stop::StopEvent;

/// Seconds since 1970 at which the tests begin.
const START: i64 = 1_700_000_000;

const APP: &[u8] = b"app-firelens-0123";
const SIDE: &[u8] = b"side-firelens-0123";

/// Five minutes, and ten seconds after.
fn recorder(max_bytes: usize, container_max_bytes: usize) -> Recorder {
    Recorder::new(RecorderSettings {
        window: Duration::from_secs(300),
        after: Duration::from_secs(10),
        destinations: vec![0],
        classes: vec![Class::Stdout],
        max_bytes,
        container_max_bytes,
    })
}

fn roomy() -> Recorder {
    recorder(10_000_000, 10_000_000)
}

/// A line of standard output, or an error, this many seconds after the start.
fn info(at: i64, text: &str) -> (i64, Class, Json) {
    (at, Class::Stdout, json!({"log": text}))
}

fn error(at: i64) -> (i64, Class, Json) {
    (at, Class::Stderr, json!({"log": "failed"}))
}

/// What a chunk releases: the texts, and the whole as it is kept for the chunk's replay.
fn bring(
    recorder: &Recorder,
    tag: &[u8],
    lines: &[(i64, Class, Json)],
) -> (Vec<String>, ReleasedLines, RecorderCounts) {
    let arrived_at = START + lines.iter().map(|(at, ..)| *at).max().unwrap_or_default();
    let mut recording = recorder.begin_chunk(tag, ChunkOrigin::from_tag(tag, &[]), arrived_at);
    for (ordinal, (at, class, fields)) in (0..).zip(lines) {
        let body = rmp_serde::to_vec(fields).unwrap();
        let fields = decode::fields(&body);
        let record = Record::new(Timestamp { seconds: START + at, nanos: 0 }, &fields, &body);
        recording.observe(ordinal, &Entry::new(&record, *class, "any", None), false);
    }
    let (released, counts) = recording.finish();
    (texts(&released), released, counts)
}

fn released(recorder: &Recorder, tag: &[u8], lines: &[(i64, Class, Json)]) -> Vec<String> {
    bring(recorder, tag, lines).0
}

fn texts(released: &ReleasedLines) -> Vec<String> {
    released.lines().map(|released| text(released.line.body)).collect()
}

fn text(body: &[u8]) -> String {
    let fields = decode::fields(body);
    let record = Record::new(Timestamp::default(), &fields, body);
    String::from_utf8(record.text(b"log").unwrap().to_vec()).unwrap()
}

/// A container's exit as the task's metadata tells it.
fn exit(container: &str, code: i64, at: i64) -> StopEvent {
    let event = json!({
        "source": "ecs_router", "detail-type": "ECS Container Exit", "time": "2023-11-14T22:13:20Z",
        "detail": {
            "taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123", "lastStatus": "RUNNING",
            "container": {
                "name": container, "runtimeId": format!("id-of-{container}"), "exitCode": code, "lastStatus": "STOPPED",
                "stoppedAt": jiff::Timestamp::from_second(START + at).unwrap().to_string(),
            },
        },
    });
    let body = rmp_serde::to_vec(&event).unwrap();
    let fields = decode::fields(&body);
    let record = Record::new(Timestamp { seconds: START + at, nanos: 0 }, &fields, &body);
    Classifier::default().class_of(&record).1.expect("a stop")
}

/// What the news of a stop releases.
fn released_by_stop(recorder: &Recorder, stop: &StopEvent, class: Class) -> Vec<String> {
    let mut recording = recorder.begin_chunk(b"ecs_router.task", ChunkOrigin::Trusted, START + 110);
    let record = Record::new(Timestamp { seconds: START + 110, nanos: 0 }, &[], &[0x80]);
    recording.observe(0, &Entry::new(&record, class, "stop", Some(stop)), false);
    texts(&recording.finish().0)
}

#[test]
fn an_error_releases_the_lines_of_the_window_before_it_once() {
    let recorder = roomy();
    assert_eq!(released(&recorder, APP, &[info(0, "old"), info(100, "a"), info(399, "b")]), [""; 0]);
    assert_eq!(released(&recorder, APP, &[info(400, "c"), error(400)]), ["a", "b", "c"]);
    assert_eq!(released(&recorder, APP, &[error(401)]), [""; 0], "they are released already");
}

#[test]
fn lines_that_follow_an_error_pass_until_its_time_is_over() {
    let recorder = roomy();
    let lines = [error(0), info(1, "a"), info(10, "b"), info(11, "held"), error(20), info(25, "c")];
    assert_eq!(released(&recorder, APP, &lines), ["a", "b", "held", "c"]);
    assert_eq!(released(&recorder, APP, &[info(29, "d"), info(31, "held again")]), ["d"]);
}

#[test]
fn only_the_container_with_the_error_is_released() {
    let recorder = roomy();
    assert_eq!(released(&recorder, APP, &[info(0, "of app")]), [""; 0]);
    assert_eq!(released(&recorder, SIDE, &[info(0, "of side"), error(1)]), ["of side"]);
    assert_eq!(released(&recorder, APP, &[error(2)]), ["of app"]);
}

#[test]
fn a_record_chooses_its_container_only_where_no_tag_names_it() {
    let recorder = roomy();
    let of = |id: &str, at, class| (at, class, json!({"log": id, "container_id": id}));
    let forged = [of("a", 0, Class::Stdout), of("b", 1, Class::Stderr)];
    assert_eq!(released(&recorder, APP, &forged), ["a"], "FireLens names one container");
    assert_eq!(released(&recorder, b"docker.x", &forged), [""; 0], "two containers of a host");
    assert_eq!(released(&recorder, b"docker.x", &[of("a", 2, Class::Stderr)]), ["a"]);
}

#[test]
fn what_says_by_its_level_that_it_is_no_error_releases_nothing() {
    let recorder = roomy();
    let mut recording = recorder.begin_chunk(APP, ChunkOrigin::from_tag(APP, &[]), START);
    let body = rmp_serde::to_vec(&json!({"log": "x"})).unwrap();
    let fields = decode::fields(&body);
    let record = Record::new(Timestamp { seconds: START, nanos: 0 }, &fields, &body);
    let of = |class, level| Entry { level, ..Entry::new(&record, class, "any", None) };
    assert!(recording.observe(0, &of(Class::Stdout, Some(LogLevel::Info)), false));
    assert!(!recording.observe(1, &of(Class::Stderr, Some(LogLevel::Warn)), false));
    assert!(!recording.observe(2, &of(Class::Own(0), Some(LogLevel::Error)), true), "nobody wants it");
    let (nothing, _) = recording.finish();
    assert!(nothing.is_empty());
    let mut recording = recorder.begin_chunk(APP, ChunkOrigin::from_tag(APP, &[]), START);
    recording.observe(0, &of(Class::Own(0), Some(LogLevel::Fatal)), false);
    assert_eq!(texts(&recording.finish().0), ["x"]);
}

#[test]
fn released_lines_are_numbered_behind_the_entries_of_the_chunk() {
    let recorder = roomy();
    let (_, lines, counts) = bring(&recorder, APP, &[info(0, "a"), info(1, "b"), error(2), info(3, "c")]);
    assert_eq!(lines.first_ordinal(), 4);
    assert_eq!(lines.lines().map(|line| line.ordinal).collect::<Vec<_>>(), [4, 5, 6]);
    assert!(lines.lines().all(|line| line.tag == APP && line.line.class == Class::Stdout));
    assert_eq!((counts.held, counts.released, counts.remaining()), (3, 3, 0));
}

#[test]
fn a_stop_releases_the_container_to_blame_and_what_it_still_brings() {
    let recorder = roomy();
    released(&recorder, APP, &[info(100, "of app")]);
    released(&recorder, SIDE, &[info(100, "of side")]);
    let stop = exit("app", 1, 101);
    assert_eq!(released_by_stop(&recorder, &stop, Class::ExpectedStop), [""; 0], "it was planned");
    assert_eq!(released_by_stop(&recorder, &stop, Class::Stop), ["of app"]);
    assert_eq!(released(&recorder, APP, &[info(102, "its last"), info(112, "of the next")]), ["its last"]);
    assert_eq!(released(&recorder, SIDE, &[info(102, "of side too")]), [""; 0]);
}

#[test]
fn a_stop_that_is_known_before_the_first_line_releases_it() {
    let recorder = roomy();
    assert_eq!(released_by_stop(&recorder, &exit("app", 1, 101), Class::Stop), [""; 0]);
    assert_eq!(released(&recorder, APP, &[info(100, "first and last")]), ["first and last"]);
    let other_task: &[u8] = b"app-firelens-4567";
    assert_eq!(released(&recorder, other_task, &[info(100, "of another task")]), [""; 0]);
}

#[test]
fn beyond_its_memory_a_container_loses_its_oldest_lines() {
    let recorder = recorder(10_000_000, 256 * 1_024);
    let long = "x".repeat(1_000);
    let lines: Vec<_> = (0..1_000).map(|at| info(at / 10, &format!("{at:04}{long}"))).collect();
    let (_, _, counts) = bring(&recorder, APP, &lines);
    assert!(counts.evicted > 700 && counts.memory_bytes <= 256 * 1_024, "{counts:?}");
    assert!(counts.evicted_bytes >= counts.evicted * 1_004, "{counts:?}");
    let kept = released(&recorder, APP, &[error(100)]);
    assert_eq!(kept.len() as u64, counts.remaining());
    assert!(kept.last().unwrap().starts_with("0999") && kept.len() > 100, "{}", kept.len());
}

#[test]
fn beyond_all_memory_the_noisy_container_loses_lines_and_the_quiet_one_none() {
    let recorder = recorder(512 * 1_024, 512 * 1_024);
    released(&recorder, SIDE, &[info(0, "quiet")]);
    let long = "x".repeat(1_000);
    let lines: Vec<_> = (0..1_000).map(|at| info(at / 10, &long)).collect();
    let (_, _, counts) = bring(&recorder, APP, &lines);
    assert!(counts.evicted > 0 && counts.memory_bytes <= 512 * 1_024, "{counts:?}");
    assert_eq!(released(&recorder, SIDE, &[error(100)]), ["quiet"]);
}

#[test]
fn what_waits_for_its_delivery_counts_and_bounds_what_passes() {
    let recorder = recorder(512 * 1_024, 512 * 1_024);
    let long = "x".repeat(1_000);
    let mut lines = vec![error(0)];
    lines.extend((0..1_000).map(|at| info(at / 200, &long)));
    let (passed, waiting, counts) = bring(&recorder, APP, &lines);
    assert!(counts.memory_bytes <= 512 * 1_024, "{counts:?}");
    assert_eq!(passed.len() as u64, counts.released);
    assert_eq!(counts.held, counts.released + counts.evicted);
    assert!(bring(&recorder, SIDE, &[info(0, "a")]).2.memory_bytes > 300_000, "the chunk is not done");
    drop(waiting);
    assert!(bring(&recorder, SIDE, &[info(0, "b")]).2.memory_bytes < 10_000);
}

/// What waits for a destination that is down belongs to the container that wrote it.
#[test]
fn a_container_whose_errors_wait_pushes_out_its_own_lines() {
    let recorder = recorder(2_000_000, 500_000);
    let quiet: Vec<_> = (0..100).map(|at| info(0, &format!("quiet {at}"))).collect();
    released(&recorder, SIDE, &quiet);
    let long = "x".repeat(1_000);
    let mut noisy = vec![error(0)];
    noisy.extend((0..60).map(|_| info(1, &long)));
    let waiting: Vec<_> = (0..60).map(|_| bring(&recorder, APP, &noisy)).collect();
    let bytes = waiting.last().map(|(.., counts)| counts.memory_bytes).unwrap();
    assert!((400_000..=550_000).contains(&bytes), "{bytes}");
    released(&recorder, SIDE, &[info(2, "the last")]);
    assert_eq!(released(&recorder, SIDE, &[error(3)]).len(), 101);
}

#[test]
fn a_line_that_is_too_old_to_be_released_is_not_evicted_as_well() {
    let recorder = recorder(512 * 1_024, 512 * 1_024);
    let long = "x".repeat(1_000);
    let (mut held, mut expired) = (0, 0);
    let mut count = |counts: RecorderCounts| {
        held += counts.held;
        expired += counts.released + counts.expired + counts.evicted;
    };
    count(bring(&recorder, APP, &[info(0, "too old"), info(290, "in the window")]).2);
    let mut lines = vec![error(301)];
    lines.extend((0..1_000).map(|_| info(302, &long)));
    count(bring(&recorder, APP, &lines).2);
    assert_eq!(held, expired);
}

#[test]
fn a_container_that_fell_silent_is_forgotten() {
    let recorder = roomy();
    released(&recorder, APP, &[info(0, "a"), info(0, "b")]);
    let (_, _, counts) = bring(&recorder, SIDE, &[info(1_000, "c")]);
    assert_eq!((counts.held, counts.expired), (1, 2));
    assert_eq!(recorder.rings.borrow().all_keys(), [SIDE]);
}

#[test]
fn ids_that_are_made_up_take_no_memory_beyond_the_bound() {
    let recorder = recorder(512 * 1_024, 512 * 1_024);
    for container in 0..300 {
        let id = format!("{container:0>60000}");
        let line = (0, Class::Stdout, json!({"container_id": id, "log": "x"}));
        let (_, _, counts) = bring(&recorder, b"docker.x", &[line]);
        assert!(counts.memory_bytes <= 512 * 1_024, "{counts:?}");
    }
    let rings = recorder.rings.borrow();
    let names: usize = (0..256).filter_map(|at| rings.key(at)).map(|key| key.container_id.len()).sum();
    assert!(names <= 64 * 1_024, "{names} bytes of ids");
}

#[test]
fn a_time_in_the_future_pushes_nothing_out() {
    let recorder = roomy();
    let mut recording = recorder.begin_chunk(APP, ChunkOrigin::from_tag(APP, &[]), START);
    for (ordinal, (at, class)) in
        (0..).zip([(0, Class::Stdout), (900_000, Class::Stdout), (0, Class::Stderr)])
    {
        let body = rmp_serde::to_vec(&json!({"log": "x"})).unwrap();
        let fields = decode::fields(&body);
        let record = Record::new(Timestamp { seconds: START + at, nanos: 0 }, &fields, &body);
        recording.observe(ordinal, &Entry::new(&record, class, "any", None), false);
    }
    assert_eq!(texts(&recording.finish().0).len(), 2);
}

proptest! {
    #[test]
    fn every_line_is_released_once_or_accounted_for(
        steps in prop::collection::vec((0..3usize, 0..60i64, prop::bool::weighted(0.1), 1..400usize), 1..120),
        cuts in prop::collection::vec(1..10usize, 1..20),
    ) {
        let recorder = recorder(256 * 1_024, 256 * 1_024);
        let tags: [&[u8]; 3] = [APP, SIDE, b"docker.x"];
        let mut now = 0;
        let mut all = RecorderCounts::default();
        let mut seen: Vec<String> = Vec::new();
        let mut cuts = cuts.into_iter().cycle();
        let mut rest = steps.as_slice();
        while !rest.is_empty() {
            let (chunk, later) = rest.split_at(cuts.next().unwrap().min(rest.len()));
            let lines: Vec<_> = chunk.iter().map(|(_, wait, is_error, size)| {
                now += wait;
                let text = format!("{now}/{}/{}", rest.len(), "x".repeat(*size));
                if *is_error { error(now) } else { info(now, &text) }
            }).collect();
            let (texts, _, counts) = bring(&recorder, tags[chunk[0].0], &lines);
            seen.extend(texts);
            all.held += counts.held;
            all.released += counts.released;
            all.expired += counts.expired;
            all.evicted += counts.evicted;
            rest = later;
        }
        prop_assert_eq!(seen.len() as u64, all.released);
        prop_assert_eq!(all.remaining(), recorder.rings.borrow().lines());
    }
}
