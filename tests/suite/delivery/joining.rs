//! `join`: lines that are one record, also across chunks, with the promises that hold for every record.

use std::time::{Duration, Instant};

use ecs_router::Verdict;
use ecs_router::join::chunk::join_alone;
use ecs_router::join::rules::{JoinRules, LineRule};
use fake_cloud::{Api, Cloud, Fault};
use serde_json::{Value, json};

use crate::router::{GROUP, Router};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::process::until;
use test_support::record::{line, now_ms};
use test_support::this_test;

const HEAD: &str = "java.lang.IllegalStateException: boom";
const FRAME: &str = "\tat com.example.Orders.place(Orders.java:42)";

fn router(cloud: &Cloud, more: &[(&str, &str)]) -> Router {
    let router = Router::to(cloud, &[&[("join", "both")][..], more].concat());
    // Fluent Bit has two workers.
    router.bring(&chunk(&["hello"]));
    std::thread::scope(|scope| scope.spawn(|| router.bring(&chunk(&["world"]))).join().unwrap());
    router
}

fn chunk(lines: &[&str]) -> Chunk {
    Chunk::now(&lines.iter().map(|text| line("web", "stderr", text)).collect::<Vec<_>>())
}

/// What arrived, in the order of the alphabet, without the two lines of [`router`].
fn arrived(cloud: &Cloud) -> Vec<String> {
    let mut messages = cloud.cloudwatch().messages(GROUP, "web");
    messages.retain(|message| message != "hello" && message != "world");
    messages.sort();
    messages
}

fn wait_for(cloud: &Cloud, message: &str) {
    let found = || arrived(cloud).iter().any(|one| one == message).then_some(());
    until(Duration::from_secs(60), found).unwrap_or_else(|| panic!("{message} does not arrive"));
}

#[test]
fn a_trace_and_the_pieces_of_a_line_are_one_record_each() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[]);
    let piece = |text: &str, ordinal: u32, last: bool| {
        let mut piece = line("web", "stdout", text);
        let fields = json!({"partial_message": "true", "partial_id": "p", "partial_ordinal": ordinal.to_string(),
            "partial_last": last.to_string()});
        piece.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        piece
    };
    let mut records: Vec<Value> =
        [HEAD, FRAME, "after"].iter().map(|text| line("web", "stderr", text)).collect();
    records.extend([piece("{\"a\":", 1, false), piece("1}", 2, true)]);
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    assert_eq!(arrived(&cloud), ["after".to_owned(), format!("{HEAD}\n{FRAME}"), "{\"a\":1}".to_owned()]);
    assert_eq!(router.joined_lines(), 2);
    cloud.assert_no_complaints();
}

#[test]
fn the_next_chunk_brings_the_rest_and_neither_is_confirmed_before_it_arrived() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("join.wait", "5s")]);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| router.bring(&chunk(&["before", HEAD])));
        // What is whole does not wait.
        wait_for(&cloud, "before");
        std::thread::sleep(Duration::from_millis(100));
        assert!(!first.is_finished(), "the first chunk is confirmed before its last record arrived");
        let start = Instant::now();
        assert_eq!(router.bring(&chunk(&[FRAME, "after"])), Verdict::Ok);
        assert_eq!(first.join().unwrap(), Verdict::Ok);
        assert!(start.elapsed() < Duration::from_millis(4_500), "the rest was there: {:?}", start.elapsed());
    });
    assert_eq!(arrived(&cloud), ["after".to_owned(), "before".to_owned(), format!("{HEAD}\n{FRAME}")]);
}

#[test]
fn when_nothing_comes_the_record_is_delivered_as_it_is() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("join.wait", "1s")]);
    let (verdict, took) = router.timed(&chunk(&["before", HEAD]));
    assert_eq!(verdict, Verdict::Ok);
    assert!((1_000..10_000).contains(&took.as_millis()), "{took:?}");
    assert_eq!(arrived(&cloud), ["before", HEAD]);
}

#[test]
fn an_only_worker_does_not_wait_for_itself() {
    let cloud = Cloud::start();
    let router = Router::to(&cloud, &[("join", "both"), ("join.wait", "5s")]);
    let (verdict, took) = router.timed(&chunk(&[HEAD]));
    assert_eq!(verdict, Verdict::Ok);
    assert!(took < Duration::from_millis(4_500), "{took:?}");
    assert_eq!(arrived(&cloud), [HEAD]);
}

#[test]
fn both_chunks_come_again_until_their_record_has_arrived_and_nothing_comes_twice() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("join.wait", "2s"), ("flush_timeout", "5s")]);
    let is_joined = |put: &fake_cloud::Received| {
        put.json()["logEvents"][0]["message"].as_str().is_some_and(|text| text.starts_with(HEAD))
    };
    cloud.script_where(Api::PutLogEvents, is_joined, Fault::reply(503));
    let chunks = [chunk(&["before", HEAD]), chunk(&[FRAME, "after"])];
    let both = || {
        std::thread::scope(|scope| {
            let first = scope.spawn(|| router.bring(&chunks[0]));
            wait_for(&cloud, "before");
            [router.bring(&chunks[1]), first.join().unwrap()]
        })
    };
    assert_eq!(both(), [Verdict::Retry, Verdict::Retry]);
    assert_eq!(both(), [Verdict::Retry, Verdict::Retry], "also when they come again");
    cloud.clear_script();
    assert_eq!(both(), [Verdict::Ok, Verdict::Ok]);
    let joined = format!("{HEAD}\n{FRAME}");
    assert_eq!(arrived(&cloud), ["after".to_owned(), "before".to_owned(), joined]);
    assert_eq!(router.joined_lines(), 1);
    router.assert_adds_up("cloudwatch");
}

#[test]
fn the_second_chunk_alone_delivers_the_record_when_the_first_never_comes_again() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("join.wait", "2s"), ("flush_timeout", "5s")]);
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::reply(503));
    let chunks = [chunk(&[HEAD]), chunk(&[FRAME, "after"])];
    std::thread::scope(|scope| {
        let first = scope.spawn(|| router.bring(&chunks[0]));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(router.bring(&chunks[1]), Verdict::Retry);
        assert_eq!(first.join().unwrap(), Verdict::Retry);
    });
    cloud.clear_script();
    assert_eq!(router.bring(&chunks[1]), Verdict::Ok);
    assert_eq!(arrived(&cloud), ["after".to_owned(), format!("{HEAD}\n{FRAME}")]);
}

/// Its lines stay as they are, and the record that waits finds its rest in the chunk that comes next.
#[test]
fn a_chunk_that_was_overtaken_is_joined_with_nothing_of_later_ones() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("join.wait", "5s")]);
    let now = now_ms();
    let at = |second: i64, lines: &[&str]| {
        lines
            .iter()
            .fold(Chunk::new(), |chunk, text| chunk.with(now + 1_000 * second, &line("web", "stderr", text)))
    };
    std::thread::scope(|scope| {
        let later = scope.spawn(|| router.bring(&at(1, &["later", HEAD])));
        wait_for(&cloud, "later");
        assert_eq!(router.bring(&at(0, &[FRAME, "earlier"])), Verdict::Ok);
        assert_eq!(
            router.bring(&at(2, &["\tat com.example.Orders.post(Orders.java:7)", "next"])),
            Verdict::Ok
        );
        assert_eq!(later.join().unwrap(), Verdict::Ok);
    });
    let joined = format!("{HEAD}\n\tat com.example.Orders.post(Orders.java:7)");
    assert_eq!(arrived(&cloud), [FRAME, "earlier", &joined, "later", "next"]);
}

#[test]
fn the_end_of_the_process_ends_the_waiting() {
    let cloud = Cloud::start();
    let router = router(&cloud, &[("join.wait", "7s"), ("exit_timeout", "6s")]);
    std::thread::scope(|scope| {
        let flush = scope.spawn(|| router.bring(&chunk(&["before", HEAD])));
        wait_for(&cloud, "before");
        let start = Instant::now();
        router.drain();
        assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
        assert_eq!(flush.join().unwrap(), Verdict::Ok);
    });
    assert_eq!(arrived(&cloud), ["before", HEAD]);
}

/// The most memory that this process has used, in bytes.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
    peak.trim_end_matches("kB").trim().parse::<usize>().expect("a number") * 1_024
}

/// In a process of its own, because the memory is measured.
#[test]
fn entries_that_are_small_take_little_memory() {
    alone(this_test!("entries_that_are_small_take_little_memory"), || {
        let rules = JoinRules {
            pieces: true,
            lines: Some(LineRule::Traces),
            wait: Duration::from_secs(2),
            max_bytes: 1 << 20,
        };
        let empty_map = [0x92, 1, 0x80];
        let chunk = empty_map.repeat(2_000_000);
        let before = peak_memory();
        assert_eq!(join_alone(&rules, &chunk).lines, 0);
        let took = peak_memory() - before;
        assert!(took < 10 << 20, "{took} bytes");
    });
}
