//! `--send`: delivers chunk by chunk, repeats chunks that are answered with RETRY as Fluent Bit does, and shows the
//! counters at the end.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use ecs_router::Verdict;
use ecs_router::config::Lookup as _;
use ecs_router::metrics::Snapshot;
use serde_json::{Map, Value, json};

use super::left::Left;
use super::matching::TagMatcher;
use super::resolve::Resolved;
use super::source::{self, Sink};
use super::{ReplayArguments, dry, refuse_problems};
use crate::adapter::instance::LiveRun;
use crate::adapter::unfinished::UnfinishedTasks;
use crate::terminal;

/// Before the first repetition of a chunk; doubles each time.
const FIRST_RETRY_PAUSE: Duration = Duration::from_millis(500);

const MAX_RETRY_PAUSE: Duration = Duration::from_secs(30);

/// Delivers the recording. Fails when a chunk was given up, or when a part of the recording could not be read.
pub(super) fn run(
    arguments: &ReplayArguments,
    resolved: &Resolved,
    matcher: &TagMatcher,
) -> io::Result<ExitCode> {
    let live = match LiveRun::start(resolved) {
        Ok(live) => live,
        Err(problems) => return Ok(refuse_problems(arguments, &problems)),
    };
    let mut delivery = Delivery {
        live: &live,
        retries: arguments.retries,
        answers: Answers::default(),
        unfinished: UnfinishedTasks::default(),
        has_errors: false,
    };
    let read = source::read(arguments, matcher, true, &mut delivery);
    let Delivery { answers, unfinished, has_errors, .. } = delivery;
    // The counters are shown also when reading the recording fails.
    live.drain();
    let outcomes: Vec<Outcome> =
        live.counters().into_iter().map(|counters| Outcome::new(counters, resolved)).collect();
    let mut out = terminal::output();
    match arguments.json {
        true => writeln!(out, "{}", terminal::json_line(&object(&live, &outcomes, &answers, &unfinished)))?,
        false => table(&mut out, &live, &outcomes, &answers, &unfinished)?,
    }
    out.flush()?;
    read?;
    let is_spooled = outcomes.iter().any(Outcome::is_spooled);
    let lost = answers.retry > 0 || answers.error > 0 || has_errors || is_spooled;
    Ok(if lost { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Chunks by the last answer to them.
#[derive(Debug, Default)]
struct Answers {
    ok: u64,
    /// Chunks that were given up.
    retry: u64,
    error: u64,
    /// Repetitions of chunks.
    repeated: u64,
}

struct Delivery<'d> {
    live: &'d LiveRun,
    retries: u32,
    answers: Answers,
    unfinished: UnfinishedTasks,
    has_errors: bool,
}

impl Sink for Delivery<'_> {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()> {
        self.unfinished.add_chunk(bytes);
        let mut pause = FIRST_RETRY_PAUSE;
        let mut left = self.retries;
        loop {
            match self.live.flush(tag, bytes) {
                Verdict::Ok => self.answers.ok += 1,
                Verdict::Error => self.answers.error += 1,
                Verdict::Retry if left == 0 => self.answers.retry += 1,
                Verdict::Retry => {
                    left -= 1;
                    self.answers.repeated += 1;
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(MAX_RETRY_PAUSE);
                    continue;
                }
            }
            return Ok(());
        }
    }

    fn unmatched(&mut self, tag: &str, records: u64, matcher: &TagMatcher) -> io::Result<()> {
        self.error(format_args!("{}", source::unmatched_message(tag, records, matcher)))
    }

    fn error(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.has_errors = true;
        terminal::complain(message);
        Ok(())
    }
}

/// What became of the records of one destination.
struct Outcome {
    counters: Snapshot,
    left: Left,
}

impl Outcome {
    fn new(counters: Snapshot, resolved: &Resolved) -> Self {
        let spool = resolved.get(&format!("{}.spool_dir", counters.name));
        let left = spool.map(|spool| Left::of(Path::new(&spool), &counters.name)).unwrap_or_default();
        Self { counters, left }
    }

    fn is_spooled(&self) -> bool {
        self.left.objects > 0
    }

    /// Records that arrived. What lies in the spool has not; where a part of it was uploaded, nobody counts which.
    fn delivered(&self) -> u64 {
        if self.is_spooled() { 0 } else { self.counters.delivered }
    }

    fn write(&self, out: &mut impl io::Write) -> io::Result<()> {
        let delivered = self.delivered();
        let Snapshot { name, requests, retries, objects, cut, .. } = &self.counters;
        let lost: Vec<String> =
            lost(&self.counters).map(|(reason, count)| format!("{count} {reason}")).collect();
        let lost = if lost.is_empty() { "-".to_owned() } else { lost.join(", ") };
        writeln!(
            out,
            "{name:<16}  {delivered:>9}  {requests:>8}  {retries:>7}  {objects:>7}  {cut:>5}  {lost}"
        )
    }

    fn write_spooled(&self, out: &mut impl io::Write) -> io::Result<()> {
        let Snapshot { name, delivered, objects, .. } = &self.counters;
        let which = if *objects == 0 { "" } else { "some of " };
        writeln!(
            out,
            "{name}: {which}{delivered} record(s) in {} object(s) spooled, not uploaded; the spool ends with the replay, so \
             replay them again",
            self.left.objects
        )
    }

    fn object(&self) -> Value {
        let Self { counters, left } = self;
        let spooled = self
            .is_spooled()
            .then(|| json!({"records": counters.delivered, "objects": left.objects, "bytes": left.bytes}));
        let lost: Map<String, Value> =
            lost(counters).map(|(reason, count)| (reason.to_owned(), count.into())).collect();
        json!({
            "name": counters.name,
            "delivered": self.delivered(),
            "spooled": spooled,
            "requests": counters.requests,
            "retries": counters.retries,
            "objects": counters.objects,
            "cut": counters.cut,
            "lost": lost,
        })
    }
}

fn table(
    out: &mut impl io::Write,
    live: &LiveRun,
    outcomes: &[Outcome],
    answers: &Answers,
    unfinished: &UnfinishedTasks,
) -> io::Result<()> {
    let Answers { ok, retry, error, repeated } = answers;
    writeln!(out, "chunks: {ok} OK, {retry} RETRY, {error} ERROR; {repeated} brought again")?;
    let classes: Vec<String> = live.classes().iter().map(|(name, count)| format!("{count} {name}")).collect();
    writeln!(out, "records: {}", classes.join(", "))?;
    unfinished.note().iter().try_for_each(|note| writeln!(out, "{note}"))?;
    let masked: Vec<String> = live.redacted().iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    if !masked.is_empty() {
        writeln!(out, "masked: {}", masked.join(", "))?;
    }
    let joined = live.joined_lines();
    if joined > 0 {
        writeln!(out, "joined: {joined} line(s) with the record before them")?;
    }
    let dropped = live.over_limits();
    if dropped > 0 {
        writeln!(out, "dropped by limits and samples: {dropped}")?;
    }
    let recorder = live.recorder();
    if recorder.held > 0 {
        dry::write_recorder(out, &recorder)?;
    }
    writeln!(out)?;
    writeln!(
        out,
        "{:<16}  {:>9}  {:>8}  {:>7}  {:>7}  {:>5}  lost",
        "destination", "delivered", "requests", "retries", "objects", "cut"
    )?;
    outcomes.iter().try_for_each(|outcome| outcome.write(out))?;
    outcomes.iter().filter(|outcome| outcome.is_spooled()).try_for_each(|outcome| outcome.write_spooled(out))
}

fn object(live: &LiveRun, outcomes: &[Outcome], answers: &Answers, unfinished: &UnfinishedTasks) -> Value {
    let classes: Map<String, Value> =
        live.classes().into_iter().map(|(name, count)| (name, count.into())).collect();
    let recorder = live.recorder();
    json!({
        "verdicts": {"ok": answers.ok, "retry": answers.retry, "error": answers.error},
        "brought_again": answers.repeated,
        "classes": classes,
        "unfinished_tasks": unfinished.count(),
        "masked": live.redacted().into_iter().collect::<std::collections::BTreeMap<_, _>>(),
        "joined": live.joined_lines(),
        "over_limits": live.over_limits(),
        "recorder": {"held": recorder.held, "released": recorder.released, "evicted": recorder.evicted},
        "destinations": outcomes.iter().map(Outcome::object).collect::<Vec<_>>(),
    })
}

fn lost(counters: &Snapshot) -> impl Iterator<Item = (&'static str, u64)> {
    counters.lost.iter().map(|(reason, count)| (reason.name(), *count))
}
