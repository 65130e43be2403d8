//! Output for people: the class, and for a stop the summary, the hint and the facts in aligned lines.

use std::collections::BTreeMap;
use std::io::{self, Write};

use ecs_router::printable;
use ecs_router::stop::{StopEvent, StoppedContainer};
use serde_json::{Map, Value};

use crate::adapter::classify::ClassifiedRecord;
use crate::adapter::lines::LineFate;
use crate::adapter::sampling::SampleVerdict;
use crate::terminal;

/// Facts by importance; others follow.
const FACT_ORDER: [&str; 28] = [
    "ecs_event",
    "severity",
    "category",
    "cause",
    "container",
    "exit_code",
    "signal",
    "container_reason",
    "stop_code",
    "stopped_reason",
    "cluster",
    "service",
    "group",
    "task_definition",
    "task_id",
    "launch_type",
    "capacity_provider",
    "container_instance",
    "availability_zone",
    "started_by",
    "region",
    "account",
    "created_at",
    "started_at",
    "stopped_at",
    "runtime_seconds",
    "task_url",
    "logs_url",
];

/// Facts that other lines show, or that are not worth a line.
const SHOWN_ELSEWHERE: [&str; 7] =
    ["summary", "hint", "expected", "containers", "last_lines", "event", "task_arn"];

/// What to do about an event without its envelope.
const WITHOUT_ENVELOPE: &str = "Only queue.url reads such a record as a stop; for any other input let the EventBridge rule send the whole event: remove InputPath or the input transformer from its target.";

/// The column in which values begin: one blank after the longest name.
const VALUE_COLUMN: usize = 22;

/// Writes the explanation of one record.
pub(crate) fn print(
    out: &mut impl Write,
    number: usize,
    record: &Value,
    judged: &ClassifiedRecord,
) -> io::Result<()> {
    if judged.stops.is_empty() {
        return print_record(out, number, record, judged);
    }
    judged.stops.iter().try_for_each(|stop| print_stop(out, number, judged, stop))
}

/// Writes by which rules how many values were masked.
pub(crate) fn print_masked(out: &mut impl Write, counts: &BTreeMap<String, u64>) -> io::Result<()> {
    let counts: Vec<String> = counts.iter().map(|(rule, count)| format!("{count} {rule}")).collect();
    let text = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
    print_fact(out, "masked", &text)
}

/// Writes whether a sample has the line.
pub(crate) fn print_sample(out: &mut impl Write, verdict: SampleVerdict) -> io::Result<()> {
    print_fact(out, "sample", verdict.describe())
}

/// Writes that the record was several.
pub(crate) fn print_joined(out: &mut impl Write, record: &Value) -> io::Result<()> {
    let lines = record.get("log").and_then(Value::as_str).map_or(0, |text| text.lines().count());
    let text = match lines {
        0 | 1 => "the pieces of one line".to_owned(),
        lines => format!("{lines} lines"),
    };
    print_fact(out, "joined", &text)
}

/// Writes what a limit and the flight recorder do with the line.
pub(crate) fn print_fate(out: &mut impl Write, fate: LineFate) -> io::Result<()> {
    let LineFate { is_dropped, is_held, released } = fate;
    match is_dropped {
        Some(true) => print_fact(out, "limit", "dropped: its container has used up its budget")?,
        Some(false) => print_fact(out, "limit", "kept: within the budget of its container")?,
        None => {}
    }
    match (is_held, released) {
        (_, 1..) => {
            print_fact(out, "recorder", &format!("releases {released} line(s), held before it or now"))
        }
        (true, 0) => {
            print_fact(out, "recorder", "held until an error of its container, or a stop, releases it")
        }
        (false, 0) => Ok(()),
    }
}

fn print_record(
    out: &mut impl Write,
    number: usize,
    record: &Value,
    judged: &ClassifiedRecord,
) -> io::Result<()> {
    let head = format!("{number}. {}{}  ", judged.class, level(judged));
    let text = match record.get("log").and_then(Value::as_str) {
        Some(log) => log.to_owned(),
        None => record.to_string(),
    };
    let width = terminal::width().saturating_sub(head.chars().count());
    writeln!(out, "{head}{}", terminal::truncate(&text, width))?;
    judged.unreported.iter().try_for_each(|why| print_fact(out, "note", why))
}

/// `, level error (class error with level auto)`
fn level(judged: &ClassifiedRecord) -> String {
    match &judged.level {
        Some((level, class)) if *class == judged.class => format!(", level {level}"),
        Some((level, class)) => format!(", level {level} ({class} with level auto)"),
        None => String::new(),
    }
}

fn print_stop(
    out: &mut impl Write,
    number: usize,
    judged: &ClassifiedRecord,
    stop: &StopEvent,
) -> io::Result<()> {
    let planned = if stop.expected { ", planned" } else { "" };
    let origin = if judged.lacks_envelope { ", read from an event without its envelope" } else { "" };
    writeln!(out, "{number}. {}{planned}{origin}", judged.class)?;
    if judged.lacks_envelope {
        print_fact(out, "note", WITHOUT_ENVELOPE)?;
    }
    print_fact(out, "summary", &stop.summary)?;
    print_fact(out, "hint", &stop.hint)?;
    let Ok(Value::Object(facts)) = serde_json::to_value(stop) else { return Ok(()) };
    for (name, value) in in_order(&facts) {
        print_fact(out, name, &text_of(value))?;
    }
    print_list(out, "containers", stop.containers.iter().map(container))?;
    print_list(out, "last_lines", stop.last_lines.iter().map(|line| printable::line(line).into_owned()))?;
    writeln!(out)
}

fn in_order(facts: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let first = FACT_ORDER.into_iter().filter_map(|name| Some((name, facts.get(name)?)));
    let rest = facts.iter().map(|(name, value)| (name.as_str(), value));
    first.chain(rest.filter(|(name, _)| !FACT_ORDER.contains(name) && !SHOWN_ELSEWHERE.contains(name)))
}

fn print_fact(out: &mut impl Write, name: &str, text: &str) -> io::Result<()> {
    let width = terminal::width().saturating_sub(VALUE_COLUMN);
    print_list(out, name, terminal::wrap(&printable::line(text), width).into_iter())
}

/// Writes the name before the first line, and blanks before the others.
fn print_list(out: &mut impl Write, name: &str, lines: impl Iterator<Item = String>) -> io::Result<()> {
    for (at, line) in lines.enumerate() {
        let name = if at == 0 { name } else { "" };
        writeln!(out, "   {name:<width$}{line}", width = VALUE_COLUMN - 3)?;
    }
    Ok(())
}

fn container(container: &StoppedContainer) -> String {
    let exit = container.exit_code.map_or("no exit code".to_owned(), |code| format!("exit {code}"));
    let reason = container.reason.as_ref().map_or(String::new(), |reason| format!(", {reason}"));
    printable::line(&format!("{}: {exit}{reason}", container.name)).into_owned()
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
