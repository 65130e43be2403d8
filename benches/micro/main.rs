//! The cost of each stage and of each feature by itself, for one 2 MB chunk: `cargo bench --bench micro`.
//!
//! With the name of a case it runs only that case, a fixed number of times, for `valgrind --tool=callgrind`, whose count of
//! instructions is the same on every machine of one kind: `benches/instructions`. Without one it also compares each feature
//! with the same work without it, alternately in one run.

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may stop at what cannot be")]

#[path = "../common/mod.rs"]
mod common;
mod features;
mod redaction;
mod stages;

use std::rc::Rc;
use std::time::Duration;

use common::{BenchRouter, TO_CLOUDWATCH, chunk, json_chunk, median, time};

const ROUNDS: usize = 40;

/// Rounds under callgrind: two, so that what happens only once does not count for half.
const COUNTED_ROUNDS: usize = 2;

/// A case: its name, the bytes that one round works on, and the round.
type Case = (&'static str, usize, Box<dyn Fn()>);

/// What most cases work on.
struct Input {
    /// FireLens's records.
    chunk: Rc<[u8]>,
    /// The same with JSON in every line.
    json: Rc<[u8]>,
    /// Every feature is off.
    router: Rc<BenchRouter>,
}

/// Cases and those without what they add.
const COMPARED: [(&str, &str); 9] = [
    ("level", "json"),
    ("recorder", "json"),
    ("limit", "encode"),
    ("sample", "encode"),
    ("traces", "json"),
    ("joining", "encode"),
    ("masking", "encode"),
    ("masking_10", "encode"),
    ("masking_all", "encode"),
];

fn main() {
    let input = Input {
        chunk: chunk().into(),
        json: json_chunk().into(),
        router: Rc::new(BenchRouter::new(TO_CLOUDWATCH)),
    };
    let mut cases = stages::cases(&input);
    cases.extend(features::cases(&input));
    cases.extend(redaction::cases(&input));
    // `cargo bench` passes `--bench`.
    match std::env::args().nth(1).filter(|name| !name.starts_with('-')) {
        // An unknown name such as `nothing` measures the set-up alone.
        Some(name) => find(&cases, &name)
            .into_iter()
            .for_each(|(_, _, round)| (0..COUNTED_ROUNDS).for_each(|_| round())),
        None => {
            cases.iter().for_each(measure);
            COMPARED.iter().for_each(|(with, without)| compare(&cases, with, without));
        }
    }
}

fn find<'c>(cases: &'c [Case], name: &str) -> Option<&'c Case> {
    cases.iter().find(|(known, ..)| *known == name)
}

fn measure((name, bytes, round): &Case) {
    let duration = median((0..ROUNDS).map(|_| time(round)).collect());
    println!("{name:<12} {:>8.0} MB/s", *bytes as f64 / 1e6 / duration.as_secs_f64());
}

/// Prints how much longer a case takes than the one without what it adds, byte by byte.
fn compare(cases: &[Case], with: &str, without: &str) {
    let (_, bytes_with, round_with) = find(cases, with).unwrap();
    let (_, bytes_without, round_without) = find(cases, without).unwrap();
    let turns: Vec<(Duration, Duration)> =
        (0..ROUNDS).map(|_| (time(round_with), time(round_without))).collect();
    let each = |side: fn(&(Duration, Duration)) -> Duration| median(turns.iter().map(side).collect());
    let per_byte = |duration: Duration, bytes: &usize| duration.as_secs_f64() / *bytes as f64;
    let ratio = per_byte(each(|turn| turn.0), bytes_with) / per_byte(each(|turn| turn.1), bytes_without);
    println!("{with:<12} {ratio:>8.2} of {without}");
}
