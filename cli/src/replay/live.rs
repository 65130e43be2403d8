//! `--send`: delivers chunk by chunk, repeats chunks that are answered with RETRY as Fluent Bit does, and shows the
//! counters at the end.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use ecs_router::Verdict;
use ecs_router::metrics::Snapshot;
use serde_json::{Map, Value, json};

use super::resolve::Resolved;
use super::source::{self, Sink};
use super::{ReplayArguments, refuse_problems};
use crate::adapter::instance::LiveRun;
use crate::terminal;

/// Before the first repetition of a chunk; doubles each time.
const FIRST_RETRY_PAUSE: Duration = Duration::from_millis(500);

const MAX_RETRY_PAUSE: Duration = Duration::from_secs(30);

/// Delivers the recording. Fails when a chunk was given up, or when a part of the recording could not be read.
pub(super) fn run(arguments: &ReplayArguments, resolved: &Resolved) -> io::Result<ExitCode> {
    let live = match LiveRun::start(resolved) {
        Ok(live) => live,
        Err(problems) => return Ok(refuse_problems(arguments, &problems)),
    };
    let mut delivery =
        Delivery { live: &live, retries: arguments.retries, answers: Answers::default(), has_errors: false };
    let read = source::read(&arguments.records, arguments.tag.as_deref(), true, &mut delivery);
    let Delivery { answers, has_errors, .. } = delivery;
    // The counters are shown also when reading the recording fails.
    live.drain();
    let mut out = terminal::output();
    match arguments.json {
        true => writeln!(out, "{}", terminal::json_line(&object(&live, &answers)))?,
        false => table(&mut out, &live, &answers)?,
    }
    out.flush()?;
    read?;
    let lost = answers.retry > 0 || answers.error > 0 || has_errors;
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
    has_errors: bool,
}

impl Sink for Delivery<'_> {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()> {
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

    fn error(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.has_errors = true;
        terminal::complain(message);
        Ok(())
    }
}

fn table(out: &mut impl io::Write, live: &LiveRun, answers: &Answers) -> io::Result<()> {
    let Answers { ok, retry, error, repeated } = answers;
    writeln!(out, "chunks: {ok} OK, {retry} RETRY, {error} ERROR; {repeated} brought again")?;
    let classes: Vec<String> = live.classes().iter().map(|(name, count)| format!("{count} {name}")).collect();
    writeln!(out, "records: {}\n", classes.join(", "))?;
    writeln!(
        out,
        "{:<16}  {:>9}  {:>8}  {:>7}  {:>7}  {:>5}  lost",
        "destination", "delivered", "requests", "retries", "objects", "cut"
    )?;
    for counters in live.counters() {
        let Snapshot { name, delivered, requests, retries, objects, cut, .. } = &counters;
        let lost: Vec<String> = lost(&counters).map(|(reason, count)| format!("{count} {reason}")).collect();
        let lost = if lost.is_empty() { "-".to_owned() } else { lost.join(", ") };
        writeln!(
            out,
            "{name:<16}  {delivered:>9}  {requests:>8}  {retries:>7}  {objects:>7}  {cut:>5}  {lost}"
        )?;
    }
    Ok(())
}

fn object(live: &LiveRun, answers: &Answers) -> Value {
    let classes: Map<String, Value> =
        live.classes().into_iter().map(|(name, count)| (name, count.into())).collect();
    json!({
        "verdicts": {"ok": answers.ok, "retry": answers.retry, "error": answers.error},
        "brought_again": answers.repeated,
        "classes": classes,
        "destinations": live.counters().iter().map(destination_object).collect::<Vec<_>>(),
    })
}

fn destination_object(counters: &Snapshot) -> Value {
    let lost: Map<String, Value> =
        lost(counters).map(|(reason, count)| (reason.to_owned(), count.into())).collect();
    json!({
        "name": counters.name,
        "delivered": counters.delivered,
        "requests": counters.requests,
        "retries": counters.retries,
        "objects": counters.objects,
        "cut": counters.cut,
        "lost": lost,
    })
}

fn lost(counters: &Snapshot) -> impl Iterator<Item = (&'static str, u64)> {
    counters.lost.iter().map(|(reason, count)| (reason.name(), *count))
}
