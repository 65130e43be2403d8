//! However lines are split over chunks, and however often a chunk comes, a budget drops the same ones.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use ecs_router::config::{AwsEnvironments, KeyReader, Settings};
use ecs_router::delivery::progress::Progress;
use ecs_router::destination::{self, Destination};
use ecs_router::encode::template::RenderContext;
use ecs_router::router::pipeline::{Pipeline, new_metrics};
use ecs_router::router::process::process_chunk;
use proptest::prelude::*;

use test_support::chunk::Chunk;
use test_support::record::line;

/// An output in front of nothing.
struct Output {
    pipeline: Pipeline,
    destinations: Vec<Destination>,
}

impl Output {
    fn new() -> Self {
        let keys = [
            ("route.default", "a"),
            ("a.type", "stdout"),
            ("limit.stdout", "4/s per container, burst 6"),
            ("sample.stderr", "50%"),
        ];
        let keys: BTreeMap<String, String> =
            keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let problems = RefCell::default();
        let settings = Settings::read(&keys, &problems);
        let reader = KeyReader::new(&keys, &problems);
        let open = |named| destination::open(named, &reader, &AwsEnvironments::in_region("eu-west-1"));
        let destinations = settings.destinations.iter().map(open).collect();
        assert_eq!(*problems.borrow(), []);
        let metrics = Arc::new(new_metrics(&settings));
        Self { pipeline: Pipeline::new(settings, metrics), destinations }
    }

    /// The places of the lines that would be sent, and how many were dropped.
    fn process(&self, chunk: &Chunk, progress: &Rc<Progress>) -> (Vec<u32>, u64) {
        let destinations: Vec<&Destination> = self.destinations.iter().collect();
        let stages = self.pipeline.stages(self.pipeline.origin(b"app"), &destinations);
        let context = RenderContext { tag: b"app", uuid: "", chunk: "", task: None, overflow: None };
        let processed = process_chunk(&stages, &context, chunk.bytes(), progress);
        let items = processed.batches.iter().flatten().flat_map(|batch| batch.items.iter());
        let mut sent: Vec<u32> = items.map(|item| item.ordinal).collect();
        sent.sort_unstable();
        (sent, processed.limits.total())
    }
}

/// A line: its container, whether it is on standard error, and the milliseconds since the one before.
type Line = (usize, bool, i64);

fn chunk_of(lines: &[(i64, Line)]) -> Chunk {
    lines.iter().fold(Chunk::new(), |chunk, (at_ms, (container, is_error, _))| {
        let source = if *is_error { "stderr" } else { "stdout" };
        let mut line = line("app", source, "x");
        line["container_id"] = format!("app-{container}").into();
        chunk.with(*at_ms, &line)
    })
}

proptest! {
    #[test]
    fn a_chunk_that_comes_again_has_the_same_lines_whatever_came_meanwhile(
        lines in proptest::collection::vec((0usize..3, any::<bool>(), 0i64..200), 1..60),
        size in 1usize..20,
        replays in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let mut at_ms = 1_795_000_000_000;
        let timed: Vec<(i64, Line)> = lines.iter().map(|line| { at_ms += line.2; (at_ms, *line) }).collect();
        let output = Output::new();
        let chunks: Vec<Chunk> = timed.chunks(size).map(chunk_of).collect();
        let progresses: Vec<_> = chunks.iter().map(|_| Progress::new(1)).collect();
        let mut first: Vec<Option<Vec<u32>>> = vec![None; chunks.len()];
        for (at, chunk) in chunks.iter().enumerate() {
            let (sent, dropped) = output.process(chunk, &progresses[at]);
            let lines = timed.chunks(size).nth(at).map_or(0, <[_]>::len);
            prop_assert_eq!(sent.len() as u64 + dropped, lines as u64);
            first[at] = Some(sent);
            for replay in replays.iter().skip(at).step_by(chunks.len()) {
                let earlier = replay.index(at + 1);
                let (sent, dropped) = output.process(&chunks[earlier], &progresses[earlier]);
                prop_assert_eq!(Some(&sent), first[earlier].as_ref());
                prop_assert_eq!(dropped, 0, "it was counted the first time");
            }
        }
    }

    #[test]
    fn a_limit_does_not_depend_on_where_chunks_end(
        lines in proptest::collection::vec((0usize..3, Just(false), 0i64..200), 1..60),
        size in 1usize..20,
    ) {
        let mut at_ms = 1_795_000_000_000;
        let timed: Vec<(i64, Line)> = lines.iter().map(|line| { at_ms += line.2; (at_ms, *line) }).collect();
        let whole = Output::new().process(&chunk_of(&timed), &Progress::new(1)).0;
        let output = Output::new();
        let mut split = Vec::new();
        for (number, lines) in timed.chunks(size).enumerate() {
            let sent = output.process(&chunk_of(lines), &Progress::new(1)).0;
            split.extend(sent.iter().map(|ordinal| ordinal + (number * size) as u32));
        }
        prop_assert_eq!(whole, split);
    }
}
