//! With `--send`: real delivery, chunk by chunk, with Fluent Bit's patience for RETRY, and the counters at the end.

use std::io::{self, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use ecs_router::Verdict;
use ecs_router::metrics::Snapshot;
use serde_json::{Map, Value, json};

use super::resolve::Resolved;
use super::source::{self, Sink};
use super::{Arguments, output, refuse_problems};
use crate::adapter::instance::LiveRun;

/// The first pause before a chunk comes again; it doubles each time.
const PAUSE: Duration = Duration::from_millis(500);

/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Delivers everything. Fails when a chunk was given up, or when something of the recording could not be read.
pub(super) fn run(arguments: &Arguments, resolved: &Resolved) -> io::Result<ExitCode> {
    let live = match LiveRun::start(resolved) {
        Ok(live) => live,
        Err(problems) => return Ok(refuse_problems(arguments, &problems)),
    };
    let mut delivery =
        Delivery { live: &live, retries: arguments.retries, answers: Answers::default(), faulty: false };
    let read = source::read(&arguments.records, arguments.tag.as_deref(), true, &mut delivery);
    let (answers, faulty) = (delivery.answers, delivery.faulty);
    // What arrived is told also when the recording ends badly.
    live.drain();
    let mut out = output();
    match arguments.json {
        true => writeln!(out, "{}", object(&live, &answers))?,
        false => table(&mut out, &live, &answers)?,
    }
    out.flush()?;
    read?;
    let lost = answers.retry > 0 || answers.error > 0 || faulty;
    Ok(if lost { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// The last answers to the chunks.
#[derive(Debug, Default)]
struct Answers {
    ok: u64,
    /// Given up.
    retry: u64,
    error: u64,
    /// How often a chunk was brought again.
    again: u64,
}

struct Delivery<'d> {
    live: &'d LiveRun,
    retries: u32,
    answers: Answers,
    faulty: bool,
}

impl Sink for Delivery<'_> {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()> {
        let mut pause = PAUSE;
        let mut left = self.retries;
        loop {
            match self.live.flush(tag, bytes) {
                Verdict::Ok => self.answers.ok += 1,
                Verdict::Error => self.answers.error += 1,
                Verdict::Retry if left == 0 => self.answers.retry += 1,
                Verdict::Retry => {
                    (left, self.answers.again) = (left - 1, self.answers.again + 1);
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(LONGEST_PAUSE);
                    continue;
                }
            }
            return Ok(());
        }
    }

    fn fault(&mut self, what: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.faulty = true;
        writeln!(io::stderr(), "{what}")
    }
}

fn table(out: &mut impl io::Write, live: &LiveRun, answers: &Answers) -> io::Result<()> {
    let Answers { ok, retry, error, again } = answers;
    writeln!(out, "chunks: {ok} OK, {retry} RETRY, {error} ERROR; {again} brought again")?;
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
    let destination = |counters: &Snapshot| {
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
    };
    let classes: Map<String, Value> =
        live.classes().into_iter().map(|(name, count)| (name, count.into())).collect();
    json!({
        "verdicts": {"ok": answers.ok, "retry": answers.retry, "error": answers.error},
        "brought_again": answers.again,
        "classes": classes,
        "destinations": live.counters().iter().map(destination).collect::<Vec<_>>(),
    })
}

fn lost(counters: &Snapshot) -> impl Iterator<Item = (&'static str, u64)> {
    counters.lost.iter().map(|(reason, count)| (reason.name(), *count))
}
