//! The dry run: a line per record, and totals.

use std::io::{self, Write};
use std::process::ExitCode;

use ecs_router::metrics::RecorderCounts;
use serde_json::{Value, json};

use super::budget::{self, Unlimited};
use super::cost::{self, Cost};
use super::matching::TagMatcher;
use super::resolve::Resolved;
use super::source::{self, Sink};
use super::tally::{ReplayTally, Total};
use super::{ReplayArguments, html, refuse_problems, target, warn};
use crate::adapter::pipeline::{DryRecord, DryRun, Recorded};
use crate::terminal;

/// Shows what would go where.
pub(super) fn run(
    arguments: &ReplayArguments,
    resolved: &Resolved,
    matcher: &TagMatcher,
) -> io::Result<ExitCode> {
    let dry = match DryRun::open(resolved) {
        Ok(dry) => dry,
        Err(problems) => return Ok(refuse_problems(arguments, &problems)),
    };
    let mut table = Table {
        dry: &dry,
        resolved,
        arguments,
        out: terminal::output(),
        tally: ReplayTally::new(&dry),
        unlimited: arguments.cost.then(|| Unlimited::open(resolved)).flatten(),
        has_errors: false,
    };
    source::read(arguments, matcher, !terminal::is_interactive(), &mut table)?;
    table.finish()
}

/// Writes what the flight recorder did.
pub(super) fn write_recorder(out: &mut impl Write, counts: &RecorderCounts) -> io::Result<()> {
    let RecorderCounts { held, released, evicted, .. } = counts;
    let kept = held.saturating_sub(*released);
    writeln!(
        out,
        "recorder: {held} held, {released} released, {kept} not released, {evicted} of them for lack of memory"
    )
}

struct Table<'t, W> {
    dry: &'t DryRun,
    resolved: &'t Resolved,
    arguments: &'t ReplayArguments,
    out: W,
    tally: ReplayTally,
    /// The same without limits and samples, where the difference is asked for.
    unlimited: Option<Unlimited>,
    has_errors: bool,
}

impl<W: Write> Sink for Table<'_, W> {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()> {
        let chunk = self.dry.process(tag, bytes);
        self.tally.applications.add_chunk(bytes);
        self.tally.unfinished.add_chunk(bytes);
        self.unlimited.iter_mut().for_each(|unlimited| unlimited.add_chunk(tag, bytes));
        for row in &chunk.rows {
            self.tally.count(row);
            if self.arguments.json { self.write_object(row)? } else { self.write_lines(row)? }
        }
        self.tally.count_requests(&chunk.batches);
        self.tally.count_redacted(chunk.redacted);
        self.tally.count_recorder(chunk.recorder);
        self.tally.count_joined(chunk.joined);
        if chunk.shapeless > 0 {
            self.error(format_args!("{} entries hold no record", chunk.shapeless))?;
        }
        match chunk.fault {
            Some(fault) => self.error(format_args!("{fault}")),
            None => Ok(()),
        }
    }

    fn unmatched(&mut self, tag: &str, records: u64, matcher: &TagMatcher) -> io::Result<()> {
        self.tally.unmatched += records;
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

impl<W: Write> Table<'_, W> {
    fn write_lines(&mut self, row: &DryRecord) -> io::Result<()> {
        if self.tally.records == 1 {
            let class = self.class_columns("class", Some("level"));
            writeln!(self.out, "{:>7}  {class}  {:<16}  {:>8}  where", "record", "destination", "bytes")?;
        }
        let mut number = match row.recorded {
            Recorded::Released => "earlier".to_owned(),
            Recorded::Held | Recorded::No => self.tally.records.to_string(),
        };
        let mut class = self.class_columns(&row.class, row.level);
        if row.copies.is_empty() {
            let what = match (row.recorded, &row.dropped_by) {
                (Recorded::Held, _) => "held by the recorder".to_owned(),
                (_, Some(key)) => format!("dropped by {key}"),
                (_, None) => "dropped on purpose".to_owned(),
            };
            return writeln!(self.out, "{number:>7}  {class}  {what}");
        }
        for copy in &row.copies {
            let Some((name, kind)) = self.dry.destinations().nth(copy.destination) else { continue };
            match &copy.sent {
                Some(sent) => {
                    let target = target::column(&target::fields(self.resolved, name, kind, &sent.target));
                    let bytes = sent.bytes;
                    let line = format!("{number:>7}  {class}  {name:<16}  {bytes:>8}  {target}");
                    writeln!(self.out, "{}", line.trim_end())?;
                }
                None => writeln!(self.out, "{number:>7}  {class}  {name:<16}  {:>8}  left out", "-")?,
            }
            number.clear();
            class = self.class_columns("", None);
        }
        Ok(())
    }

    /// The class, and the level where records have levels.
    fn class_columns(&self, class: &str, level: Option<&str>) -> String {
        match self.dry.has_levels() {
            true => format!("{class:<8}  {:<5}", level.unwrap_or_default()),
            false => format!("{class:<8}"),
        }
    }

    fn write_object(&mut self, row: &DryRecord) -> io::Result<()> {
        let copies = row.copies.iter().filter_map(|copy| {
            let (name, kind) = self.dry.destinations().nth(copy.destination)?;
            let (target, bytes) = match &copy.sent {
                Some(sent) => {
                    (target::json(target::fields(self.resolved, name, kind, &sent.target)), json!(sent.bytes))
                }
                None => (Value::Null, Value::Null),
            };
            Some(json!({"name": name, "type": kind.name(), "target": target, "bytes": bytes}))
        });
        let copies: Vec<Value> = copies.collect();
        let mut object = match row.recorded {
            Recorded::No => json!({"record": self.tally.records, "class": row.class, "destinations": copies}),
            Recorded::Held => {
                json!({"record": self.tally.records, "class": row.class, "destinations": copies, "held": true})
            }
            Recorded::Released => json!({"released": true, "class": row.class, "destinations": copies}),
        };
        if let (Value::Object(fields), Some(level)) = (&mut object, row.level) {
            fields.insert("level".to_owned(), json!(level));
        }
        if let (Value::Object(fields), Some(key)) = (&mut object, &row.dropped_by) {
            fields.insert("dropped_by".to_owned(), json!(key));
        }
        writeln!(self.out, "{}", terminal::json_line(&object))
    }

    fn finish(mut self) -> io::Result<ExitCode> {
        let cost = self.cost()?;
        if self.arguments.json {
            self.write_summary_object(cost.as_ref())?;
        } else {
            self.write_summary()?;
            if let Some(cost) = &cost {
                cost.write(&mut self.out)?;
            }
            writeln!(self.out, "Nothing was sent; --send delivers.")?;
        }
        if let Some(path) = &self.arguments.html {
            html::write(path, self.dry, &self.tally, cost.as_ref())?;
            warn(&mut self.out, format_args!("wrote {}", path.display()))?;
        }
        self.out.flush()?;
        Ok(if self.has_errors { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// The cost, if it was asked for and can be told.
    fn cost(&mut self) -> io::Result<Option<Cost>> {
        if !self.arguments.cost {
            return Ok(None);
        }
        let Some(seconds) = self.arguments.over.or_else(|| cost::seconds(&self.tally)) else {
            self.error(format_args!(
                "the records do not tell how long it took to write them; for the cost of a month give --over 1h"
            ))?;
            return Ok(None);
        };
        let cost = Cost::new(self.dry, self.resolved, &self.tally, seconds);
        Ok(Some(match &self.unlimited {
            Some(unlimited) => cost.beside_unlimited(&unlimited.cost(self.resolved, seconds)),
            None => cost,
        }))
    }

    fn write_summary(&mut self) -> io::Result<()> {
        let classes: Vec<String> =
            self.tally.classes.iter().map(|(class, count)| format!("{count} {class}")).collect();
        let ReplayTally { records, dropped, .. } = self.tally;
        let classes = if classes.is_empty() { String::new() } else { format!(": {}", classes.join(", ")) };
        writeln!(self.out, "\n{records} record(s){classes}; {dropped} dropped on purpose")?;
        self.tally.unfinished.note().iter().try_for_each(|note| writeln!(self.out, "{note}"))?;
        if let Some(lines) = self.tally.joined {
            writeln!(self.out, "joined: {lines} line(s) with the record before them")?;
        }
        if !self.tally.redacted.is_empty() {
            let masked: Vec<String> =
                self.tally.redacted.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
            writeln!(self.out, "masked: {}", masked.join(", "))?;
        }
        if let Some(counts) = &self.tally.recorder {
            write_recorder(&mut self.out, counts)?;
        }
        budget::write(&mut self.out, &self.dry.take_drops())?;
        writeln!(
            self.out,
            "{:<16}  {:<13}  {:>8}  {:>8}  {:>10}  {:>8}",
            "destination", "type", "records", "left out", "bytes", "requests"
        )?;
        for ((name, kind), total) in self.dry.destinations().zip(&self.tally.totals) {
            let Total { records, left_out, bytes, requests, .. } = total;
            let kind = kind.name();
            writeln!(
                self.out,
                "{name:<16}  {kind:<13}  {records:>8}  {left_out:>8}  {bytes:>10}  {requests:>8}"
            )?;
        }
        Ok(())
    }

    fn write_summary_object(&mut self, cost: Option<&Cost>) -> io::Result<()> {
        let total = |((name, kind), total): ((&str, ecs_router::config::keys::DestinationKind), &Total)| {
            json!({
                "name": name,
                "type": kind.name(),
                "records": total.records,
                "left_out": total.left_out,
                "bytes": total.bytes,
                "requests": total.requests,
            })
        };
        let destinations: Vec<Value> = self.dry.destinations().zip(&self.tally.totals).map(total).collect();
        let mut summary = json!({
            "records": self.tally.records,
            "unmatched": self.tally.unmatched,
            "classes": self.tally.classes,
            "dropped": self.tally.dropped,
            "masked": self.tally.redacted,
            "joined": self.tally.joined,
            "destinations": destinations,
            "cost": cost.map(Cost::object),
        });
        if let Some(RecorderCounts { held, released, expired, evicted, .. }) = self.tally.recorder {
            summary["recorder"] =
                json!({"held": held, "released": released, "expired": expired, "evicted": evicted});
        }
        if self.tally.unfinished.count() > 0 {
            summary["unfinished_tasks"] = json!(self.tally.unfinished.count());
        }
        let drops = self.dry.take_drops();
        if !drops.is_empty() {
            summary["dropped_by"] = budget::object(&drops);
        }
        writeln!(self.out, "{}", terminal::json_line(&json!({"summary": summary})))
    }
}
