//! The dry run: a line per record, and totals.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::process::ExitCode;

use serde_json::{Value, json};

use super::resolve::Resolved;
use super::source::{self, Sink};
use super::{ReplayArguments, refuse_problems, target, warn};
use crate::adapter::pipeline::{DryRecord, DryRun};
use crate::terminal;

/// Shows what would go where.
pub(super) fn run(arguments: &ReplayArguments, resolved: &Resolved) -> io::Result<ExitCode> {
    let dry = match DryRun::open(resolved) {
        Ok(dry) => dry,
        Err(problems) => return Ok(refuse_problems(arguments, &problems)),
    };
    let totals = dry.destinations().map(|_| Total::default()).collect();
    let mut table = Table {
        dry: &dry,
        resolved,
        json: arguments.json,
        out: terminal::output(),
        records: 0,
        classes: BTreeMap::new(),
        dropped: 0,
        totals,
        has_errors: false,
    };
    source::read(&arguments.records, arguments.tag.as_deref(), !terminal::is_interactive(), &mut table)?;
    table.finish()
}

/// Totals of one destination.
#[derive(Default)]
struct Total {
    records: u64,
    left_out: u64,
    bytes: u64,
    requests: u64,
}

struct Table<'t, W> {
    dry: &'t DryRun,
    resolved: &'t Resolved,
    json: bool,
    out: W,
    records: u64,
    classes: BTreeMap<String, u64>,
    dropped: u64,
    totals: Vec<Total>,
    has_errors: bool,
}

impl<W: Write> Sink for Table<'_, W> {
    fn chunk(&mut self, tag: &str, bytes: &[u8]) -> io::Result<()> {
        let chunk = self.dry.process(tag, bytes);
        for row in &chunk.rows {
            self.count(row);
            if self.json { self.write_object(row)? } else { self.write_lines(row)? }
        }
        for (total, batches) in self.totals.iter_mut().zip(&chunk.batches) {
            total.requests += u64::try_from(*batches).unwrap_or_default();
        }
        if chunk.shapeless > 0 {
            self.error(format_args!("{} entries hold no record", chunk.shapeless))?;
        }
        match chunk.fault {
            Some(fault) => self.error(format_args!("{fault}")),
            None => Ok(()),
        }
    }

    fn error(&mut self, message: std::fmt::Arguments<'_>) -> io::Result<()> {
        self.has_errors = true;
        warn(&mut self.out, message)
    }
}

impl<W: Write> Table<'_, W> {
    fn count(&mut self, row: &DryRecord) {
        self.records += 1;
        *self.classes.entry(row.class.clone()).or_default() += 1;
        self.dropped += u64::from(row.copies.is_empty());
        for copy in &row.copies {
            let Some(total) = self.totals.get_mut(copy.destination) else { continue };
            match &copy.sent {
                Some((_, bytes)) => {
                    total.records += 1;
                    total.bytes += u64::try_from(*bytes).unwrap_or_default();
                }
                None => total.left_out += 1,
            }
        }
    }

    fn write_lines(&mut self, row: &DryRecord) -> io::Result<()> {
        if self.records == 1 {
            writeln!(
                self.out,
                "{:>7}  {:<8}  {:<16}  {:>8}  where",
                "record", "class", "destination", "bytes"
            )?;
        }
        let mut number = self.records.to_string();
        let mut class = row.class.as_str();
        if row.copies.is_empty() {
            return writeln!(self.out, "{number:>7}  {class:<8}  dropped on purpose");
        }
        for copy in &row.copies {
            let Some((name, kind)) = self.dry.destinations().nth(copy.destination) else { continue };
            match &copy.sent {
                Some((target, bytes)) => {
                    let target = target::column(&target::fields(self.resolved, name, kind, target));
                    let line = format!("{number:>7}  {class:<8}  {name:<16}  {bytes:>8}  {target}");
                    writeln!(self.out, "{}", line.trim_end())?;
                }
                None => writeln!(self.out, "{number:>7}  {class:<8}  {name:<16}  {:>8}  left out", "-")?,
            }
            number.clear();
            class = "";
        }
        Ok(())
    }

    fn write_object(&mut self, row: &DryRecord) -> io::Result<()> {
        let copies = row.copies.iter().filter_map(|copy| {
            let (name, kind) = self.dry.destinations().nth(copy.destination)?;
            let (target, bytes) = match &copy.sent {
                Some((target, bytes)) => {
                    (target::json(target::fields(self.resolved, name, kind, target)), json!(bytes))
                }
                None => (Value::Null, Value::Null),
            };
            Some(json!({"name": name, "type": kind.name(), "target": target, "bytes": bytes}))
        });
        let copies: Vec<Value> = copies.collect();
        let row = json!({"record": self.records, "class": row.class, "destinations": copies});
        writeln!(self.out, "{}", terminal::json_line(&row))
    }

    fn finish(mut self) -> io::Result<ExitCode> {
        if self.json {
            self.write_summary_object()?
        } else {
            self.write_summary()?
        }
        self.out.flush()?;
        Ok(if self.has_errors { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    fn write_summary(&mut self) -> io::Result<()> {
        let classes: Vec<String> =
            self.classes.iter().map(|(class, count)| format!("{count} {class}")).collect();
        let Self { records, dropped, .. } = *self;
        writeln!(self.out, "\n{records} record(s): {}; {dropped} dropped on purpose", classes.join(", "))?;
        writeln!(
            self.out,
            "{:<16}  {:<13}  {:>8}  {:>8}  {:>10}  {:>8}",
            "destination", "type", "records", "left out", "bytes", "requests"
        )?;
        for ((name, kind), total) in self.dry.destinations().zip(&self.totals) {
            let Total { records, left_out, bytes, requests } = total;
            let kind = kind.name();
            writeln!(
                self.out,
                "{name:<16}  {kind:<13}  {records:>8}  {left_out:>8}  {bytes:>10}  {requests:>8}"
            )?;
        }
        writeln!(self.out, "Nothing was sent; --send delivers.")
    }

    fn write_summary_object(&mut self) -> io::Result<()> {
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
        let destinations: Vec<Value> = self.dry.destinations().zip(&self.totals).map(total).collect();
        let summary = json!({
            "records": self.records,
            "classes": self.classes,
            "dropped": self.dropped,
            "destinations": destinations,
        });
        writeln!(self.out, "{}", terminal::json_line(&json!({"summary": summary})))
    }
}
