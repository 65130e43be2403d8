//! The lines of `stats_interval`: what each destination did since the last one, and nothing of the records themselves.

use std::time::Duration;

use fake_cloud::Cloud;

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::process::until;
use test_support::record::{line, now_ms};
use test_support::temp::TempDir;
use test_support::this_test;

/// Two destinations of which one gets everything: a line, one that is too old, one that is empty.
fn deliver(stats_interval: &str) {
    let cloud = Cloud::start();
    cloud.cloudwatch().create_stream(GROUP, "web");
    let router = Router::to(&cloud, &[("route.stderr", "stdout"), ("stats_interval", stats_interval)]);
    let record = |log: &str| line("web", "stdout", log);
    let chunk = Chunk::new()
        .with(now_ms() - 30 * 24 * 3_600_000, &record("hunter2 of last month"))
        .with(now_ms(), &record("hunter2"))
        .with(now_ms(), &record(""));
    router.bring_until_ok(&chunk, 3);
    std::thread::sleep(Duration::from_millis(1_500));
    router.drain();
}

fn lines(said: &str) -> Vec<&str> {
    said.lines().filter(|line| line.contains(", last ")).collect()
}

/// The numbers before a word, one per line.
fn sum(lines: &[&str], word: &str) -> u64 {
    let number = |line: &str| line.split_once(word)?.0.rsplit([' ', '(']).next()?.parse::<u64>().ok();
    lines.iter().filter_map(|line| number(line)).sum()
}

#[test]
fn a_destination_with_traffic_has_a_line_and_a_silent_one_has_none() {
    let test = this_test!("a_destination_with_traffic_has_a_line_and_a_silent_one_has_none");
    let said = alone(test, || deliver("500ms"));
    let lines = lines(&said);
    // What is certain to be refused takes no request; a turn may fall between it and the other, or before a reply.
    assert!((1..=3).contains(&lines.len()), "{said}");
    for line in &lines {
        assert!(
            line.contains("[ info] [output:ecs_router:#0] destination cloudwatch, last 500ms: "),
            "{line}"
        );
    }
    assert_eq!(sum(&lines, " records delivered"), 1, "{said}");
    assert_eq!(sum(&lines, " requests"), 1, "{said}");
    assert!(sum(&lines, " bytes)") > 20, "{said}");
    for words in [", 1 lost (too_old 1)", ", 1 left out (empty 1)"] {
        assert_eq!(lines.iter().filter(|line| line.contains(words)).count(), 1, "{words} in {said}");
    }
    assert!(!said.contains("hunter2"), "{said}");
}

#[test]
fn no_interval_no_lines() {
    let said = alone(this_test!("no_interval_no_lines"), || deliver("0"));
    assert_eq!(lines(&said), [""; 0], "{said}");
    assert!(said.contains("destination cloudwatch: 1 records delivered in 1 requests, 1 lost"), "{said}");
}

#[test]
fn what_waits_in_the_spool_is_known_and_counts_as_sent_only_when_it_was() {
    let cloud = Cloud::builder().create_buckets(["logs"]).start();
    let (spool, endpoint) = (TempDir::new(), cloud.endpoint());
    let router = Router::with(&[
        ("route.default", "s3"),
        ("s3.bucket", "logs"),
        ("s3.region", "us-east-1"),
        ("s3.endpoint", &endpoint),
        ("s3.spool_dir", spool.path().to_str().unwrap()),
        ("s3.compress", "none"),
        ("stats_interval", "100ms"),
    ]);
    let text = "x".repeat(500);
    router.bring_until_ok(&Chunk::now(&[line("web", "stdout", &text)]), 1);
    let counters = || router.counters("s3");
    let spooled = until(Duration::from_secs(60), || (counters().spool_objects == 1).then(counters));
    let spooled = spooled.expect("an object in the spool");
    assert!((500..2_000).contains(&spooled.spool_bytes), "{spooled:?}");
    assert_eq!((spooled.delivered, spooled.bytes), (1, 0));
    router.drain();
    assert!((500..2_000).contains(&counters().bytes), "{:?}", counters());
    assert_eq!(counters().objects, 1);
}
