//! For people: class, and for a stop the sentence, the hint and the facts in aligned lines.

use std::io::{self, Write};

use ecs_router::stop::{StopEvent, StoppedContainer};
use serde_json::{Map, Value};

use crate::adapter::classify::ClassifiedRecord;
use crate::terminal;

/// Facts in the order people ask for them; others follow.
const ORDER: [&str; 22] = [
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
    "region",
    "account",
    "created_at",
    "started_at",
    "stopped_at",
    "runtime_seconds",
];

/// Told in another way, or not worth a line.
const ELSEWHERE: [&str; 7] = ["summary", "hint", "expected", "containers", "last_lines", "event", "task_arn"];

/// The column the facts begin in, a blank behind the longest name.
const COLUMN: usize = 22;

/// Writes what was found out about one record.
pub(crate) fn print(
    out: &mut impl Write,
    number: usize,
    record: &Value,
    judged: &ClassifiedRecord,
) -> io::Result<()> {
    if judged.stops.is_empty() {
        return print_line(out, number, record, judged);
    }
    judged.stops.iter().try_for_each(|stop| print_stop(out, number, judged, stop))
}

fn print_line(
    out: &mut impl Write,
    number: usize,
    record: &Value,
    judged: &ClassifiedRecord,
) -> io::Result<()> {
    let head = format!("{number}. {}  ", judged.class);
    let text = match record.get("log").and_then(Value::as_str) {
        Some(log) => log.to_owned(),
        None => record.to_string(),
    };
    let room = terminal::width().saturating_sub(head.chars().count());
    writeln!(out, "{head}{}", terminal::cut(&text, room))
}

fn print_stop(
    out: &mut impl Write,
    number: usize,
    judged: &ClassifiedRecord,
    stop: &StopEvent,
) -> io::Result<()> {
    let planned = if stop.expected { ", planned" } else { "" };
    writeln!(out, "{number}. {}{planned}", judged.class)?;
    fact(out, "summary", &stop.summary)?;
    fact(out, "hint", &stop.hint)?;
    let Ok(Value::Object(facts)) = serde_json::to_value(stop) else { return Ok(()) };
    for (name, value) in sorted(&facts) {
        fact(out, name, &text_of(value))?;
    }
    print_list(out, "containers", stop.containers.iter().map(container))?;
    print_list(out, "last_lines", stop.last_lines.iter().map(|line| terminal::plain(line)))?;
    writeln!(out)
}

fn sorted(facts: &Map<String, Value>) -> impl Iterator<Item = (&str, &Value)> {
    let known = ORDER.into_iter().filter_map(|name| Some((name, facts.get(name)?)));
    let is_new = |name: &str| !ORDER.contains(&name) && !ELSEWHERE.contains(&name);
    known
        .chain(facts.iter().map(|(name, value)| (name.as_str(), value)).filter(move |(name, _)| is_new(name)))
}

fn fact(out: &mut impl Write, name: &str, text: &str) -> io::Result<()> {
    let room = terminal::width().saturating_sub(COLUMN);
    print_list(out, name, terminal::wrap(&terminal::plain(text), room).into_iter())
}

/// The name before the first line, blanks before the others.
fn print_list(out: &mut impl Write, name: &str, lines: impl Iterator<Item = String>) -> io::Result<()> {
    for (at, line) in lines.enumerate() {
        let name = if at == 0 { name } else { "" };
        writeln!(out, "   {name:<width$}{line}", width = COLUMN - 3)?;
    }
    Ok(())
}

fn container(container: &StoppedContainer) -> String {
    let exit = container.exit_code.map_or("no exit code".to_owned(), |code| format!("exit {code}"));
    let reason = container.reason.as_ref().map_or(String::new(), |reason| format!(", {reason}"));
    terminal::plain(&format!("{}: {exit}{reason}", container.name))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
