//! Incidents of a recording, as a timeline: the clock is turned from event to event, and each message that people would
//! get is a line. What is stored is counted.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::ExitCode;

use ecs_router::input::decode;
use jiff::Timestamp;
use serde_json::json;

use super::matching::TagMatcher;
use super::resolve::Resolved;
use super::source::{self, Sink};
use super::{ReplayArguments, refuse, refuse_problems, warn};
use crate::adapter::pipeline::{TimedRun, TimedSent};
use crate::adapter::unfinished::UnfinishedTasks;
use crate::terminal;

/// How far the clock is turned at one time.
const STEP_MS: i64 = 60_000;

/// What comes within one of these arrives in one chunk: the interval in which FireLens has Fluent Bit flush.
const CHUNK_MS: i64 = 1_000;

/// After the last event the clock is turned until all is over, but no further than this.
const MAX_STEPS_AFTER: u32 = 30 * 24 * 60;

/// Shows who would be told what, and when.
pub(super) fn run(
    arguments: &ReplayArguments,
    resolved: &Resolved,
    matcher: &TagMatcher,
) -> io::Result<ExitCode> {
    let run = match TimedRun::open(resolved) {
        Ok(Some(run)) => run,
        Ok(None) => return Ok(refuse(&[NO_INCIDENTS.to_owned()])),
        Err(problems) => return Ok(refuse_problems(arguments, &problems)),
    };
    let counts = vec![Count::default(); run.destinations().count()];
    let mut timeline = Timeline {
        run,
        json: arguments.json,
        out: terminal::output(),
        counts,
        stops: 0,
        named: BTreeSet::new(),
        unfinished: UnfinishedTasks::default(),
        has_errors: false,
    };
    source::read(arguments, matcher, !terminal::is_interactive(), &mut timeline)?;
    timeline.finish()
}

const NO_INCIDENTS: &str = "stops become no incidents in this output: none goes to a destination that alerts people (such as slack or sns), or incident is off";

/// What one destination got.
#[derive(Debug, Clone, Copy, Default)]
struct Count {
    records: usize,
    messages: usize,
}

struct Timeline<W> {
    run: TimedRun,
    json: bool,
    out: W,
    /// By destination.
    counts: Vec<Count>,
    /// Stops that belong to an incident.
    stops: usize,
    /// The incidents' names.
    named: BTreeSet<String>,
    unfinished: UnfinishedTasks,
    has_errors: bool,
}

/// The chunk in which a record of this time arrives, in milliseconds since 1970.
fn chunk_number(at: i64) -> i64 {
    at.div_euclid(CHUNK_MS)
}

impl<W: Write> Sink for Timeline<W> {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()> {
        self.unfinished.add_chunk(bytes);
        let mut records = Vec::new();
        let tally =
            decode::records(bytes, |record| records.push((record.time.millis(), record.body.to_vec())));
        for chunk in records.chunk_by(|(one, _), (next, _)| chunk_number(*one) == chunk_number(*next)) {
            let [(at, _), ..] = chunk else { continue };
            self.turn_to(*at)?;
            let sent = self.run.bring(tag, chunk);
            self.stops += sent.incidents.len();
            self.named.extend(sent.incidents);
            self.write(&sent.sent)?;
            // What stops of this chunk add to an opening that is out now.
            self.pass(self.run.now())?;
        }
        match tally.fault {
            Some(fault) => self.error(format_args!("{fault}")),
            None => Ok(()),
        }
    }

    fn unmatched(&mut self, tag: &str, records: u64, matcher: &TagMatcher) -> io::Result<()> {
        self.error(format_args!("{}", source::unmatched_message(tag, records, matcher)))
    }

    fn note(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()> {
        warn(&mut self.out, message)
    }

    fn error(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.has_errors = true;
        warn(&mut self.out, message)
    }
}

impl<W: Write> Timeline<W> {
    /// Lets the time pass up to the next event.
    fn turn_to(&mut self, at: i64) -> io::Result<()> {
        while self.run.now().saturating_add(STEP_MS) < at && !self.run.is_idle() {
            self.pass(self.run.now() + STEP_MS)?;
        }
        if at > self.run.now() { self.pass(at) } else { Ok(()) }
    }

    fn pass(&mut self, now: i64) -> io::Result<()> {
        let sent = self.run.pass_time(now);
        self.write(&sent)
    }

    fn write(&mut self, sent: &[TimedSent]) -> io::Result<()> {
        for TimedSent { destination, records, text } in sent {
            if let Some(count) = self.counts.get_mut(*destination) {
                count.records += records;
                count.messages += usize::from(text.is_some());
            }
            if let Some(text) = text {
                self.write_message(*destination, text)?;
            }
        }
        Ok(())
    }

    fn write_message(&mut self, destination: usize, text: &str) -> io::Result<()> {
        let at = Timestamp::from_millisecond(self.run.now()).unwrap_or_default();
        let name = self.run.destinations().nth(destination).map_or("", |(name, _)| name);
        if self.json {
            let line = json!({"at": at.to_string(), "destination": name, "text": text});
            return writeln!(self.out, "{}", terminal::json_line(&line));
        }
        for text in text.lines() {
            writeln!(self.out, "{}  {name:<12}  {text}", at.strftime("%Y-%m-%d %H:%M:%S"))?;
        }
        Ok(())
    }

    fn finish(mut self) -> io::Result<ExitCode> {
        for _ in 0..MAX_STEPS_AFTER {
            if self.run.is_idle() {
                break;
            }
            self.pass(self.run.now() + STEP_MS)?;
        }
        self.write_summary()?;
        self.out.flush()?;
        Ok(if self.has_errors { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn write_summary(&mut self) -> io::Result<()> {
        let rows: Vec<(String, &str, Count)> = self
            .run
            .destinations()
            .zip(&self.counts)
            .map(|((name, kind), count)| (name.to_owned(), kind.name(), *count))
            .collect();
        let incidents = self.named.len();
        if self.json {
            let row = |(name, kind, count): &(String, &str, Count)| json!({"name": name, "type": kind, "records": count.records, "messages": count.messages});
            let destinations: Vec<_> = rows.iter().map(row).collect();
            let unfinished = self.unfinished.count();
            let summary = json!({"stops": self.stops, "incidents": incidents, "unfinished_tasks": unfinished, "destinations": destinations});
            return writeln!(self.out, "{}", terminal::json_line(&json!({"summary": summary})));
        }
        writeln!(self.out, "\n{} stop(s) in {incidents} incident(s)", self.stops)?;
        self.unfinished.note().iter().try_for_each(|note| writeln!(self.out, "{note}"))?;
        writeln!(self.out, "{:<16}  {:<13}  {:>8}  {:>8}", "destination", "type", "records", "messages")?;
        for (name, kind, Count { records, messages }) in rows {
            let messages = if messages == 0 { "-".to_owned() } else { messages.to_string() };
            writeln!(self.out, "{name:<16}  {kind:<13}  {records:>8}  {messages:>8}")?;
        }
        writeln!(self.out, "Nothing was sent.")
    }
}
