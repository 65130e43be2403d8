//! Stop events in a message: each as a report of its own, or many as a digest.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::blocks::{self, FENCES, MAX_SECTION};
use super::console;
use crate::stop::StopEvent;

/// The field that a stop event has and a line has not.
pub(super) const MARK: &str = "ecs_event";

/// Blocks of one report at most: header, summary, fields, reason, last lines, link.
pub(super) const BLOCKS_IN_FULL: usize = 6;
/// Stops that a digest shows.
const MOST_LISTED: usize = 5;
/// Blocks of a digest at most: header, two counts, the listed ones, the rest.
pub(super) const BLOCKS_IN_DIGEST: usize = 3 + MOST_LISTED + 1;
/// Rows of a count.
const MOST_COUNTED: usize = 12;

/// Characters of a sentence.
const MAX_SENTENCE: usize = 1_400;
/// Characters of a link: four names of 255, and what stands between them.
const MAX_LINK: usize = 1_200;
/// Characters of a name.
const MAX_NAME: usize = 120;
/// Characters of what an agent said.
const MAX_REASON: usize = 2_500;
/// Characters of a line the application wrote.
const MAX_LINE: usize = 400;

const _: () = assert!(2 * MAX_SENTENCE + 3 <= MAX_SECTION);
const _: () = assert!(MAX_SENTENCE + 1 + MAX_LINK <= MAX_SECTION);
const _: () = assert!(MAX_REASON + MAX_NAME + 10 <= MAX_SECTION);
const _: () = assert!((MOST_COUNTED + 1) * (MAX_NAME + 30) + 40 <= MAX_SECTION);

/// Appends what a message may show of the event; the original and the other containers stay behind.
pub(super) fn write(stop: &StopEvent, out: &mut Vec<u8>) {
    let mut fields = serde_json::to_value(stop).unwrap_or_default();
    if let Some(fields) = fields.as_object_mut() {
        fields.remove("event");
        fields.remove("containers");
    }
    out.extend_from_slice(fields.to_string().as_bytes());
}

/// One stop as the lane holds it.
#[derive(Debug)]
pub(super) struct Stop(Map<String, Value>);

impl Stop {
    pub(super) fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// 0 is planned, 2 is for a person to look at.
    pub(super) fn severity(&self) -> u8 {
        match self.text("severity") {
            Some("info") => 0,
            Some("warning") => 1,
            _ => 2,
        }
    }

    /// The sentence with its sign, as plain text.
    pub(super) fn headline(&self) -> String {
        format!("{} {}", self.sign(), self.text("summary").unwrap_or_default())
    }

    fn sign(&self) -> &'static str {
        match self.severity() {
            0 => "🟢",
            1 => "🟠",
            _ => "🔴",
        }
    }

    /// Service, else what it runs; and where.
    fn place(&self) -> String {
        let family = || self.text("task_definition").and_then(|name| name.split(':').next());
        let owner = self.text("service").or_else(family).or(self.text("group")).unwrap_or("ECS");
        match self.text("cluster") {
            Some(cluster) => format!("{owner} in {cluster}"),
            None => owner.to_owned(),
        }
    }

    fn link(&self) -> Option<String> {
        console::link(self).map(|address| format!("<{address}|Open in the ECS console>"))
    }
}

/// The report of one stop.
pub(super) fn in_full(stop: &Stop) -> Vec<Value> {
    let last = [stop.text("stopped_at").map(|at| blocks::escaped(at, MAX_NAME)), stop.link()];
    let last: Vec<String> = last.into_iter().flatten().collect();
    [
        Some(blocks::header(&format!("{} {}", stop.sign(), stop.place()))),
        Some(what_happened(stop)),
        blocks::fields(facts(stop)),
        reason(stop),
        last_lines(stop),
        (!last.is_empty()).then(|| blocks::context(&last.join(" · "))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn what_happened(stop: &Stop) -> Value {
    let sentence = |name| blocks::escaped(stop.text(name).unwrap_or_default(), MAX_SENTENCE);
    blocks::section(&format!("*{}*\n{}", sentence("summary"), sentence("hint")))
}

fn facts(stop: &Stop) -> impl Iterator<Item = (&'static str, String)> {
    let beside = |name: &str, detail: &str| {
        let value = match stop.0.get(name)? {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Some(stop.text(detail).map_or_else(|| value.clone(), |detail| format!("{value} ({detail})")))
    };
    let runtime = stop.0.get("runtime_seconds").and_then(Value::as_u64).map(duration);
    [
        ("Category", beside("category", "cause")),
        ("Stop code", beside("stop_code", "")),
        ("Exit code", beside("exit_code", "signal")),
        ("Task definition", beside("task_definition", "")),
        ("Launch type", beside("launch_type", "")),
        ("Runtime", runtime),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
}

/// The two largest units: 90 s, 5 min 3 s, 3 h 12 min, 2 d 4 h.
fn duration(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// What the agent said about the container to blame, or else ECS about the task.
fn reason(stop: &Stop) -> Option<Value> {
    let reason = stop.text("container_reason").or_else(|| stop.text("stopped_reason"))?;
    let container = match stop.text("container") {
        Some(name) => format!("*{}:* ", blocks::escaped(name, MAX_NAME)),
        None => String::new(),
    };
    Some(blocks::section(&format!("{container}{}", blocks::escaped(reason, MAX_REASON))))
}

/// The end matters most: lines are taken from there while there is room.
fn last_lines(stop: &Stop) -> Option<Value> {
    let lines = stop.0.get("last_lines")?.as_array()?;
    let mut room = MAX_SECTION - FENCES;
    let fits = |line: &String| {
        let rest = room.checked_sub(line.encode_utf16().count() + 1);
        room = rest.unwrap_or(0);
        rest.is_some()
    };
    let from_the_end = lines.iter().rev().filter_map(Value::as_str);
    let mut shown: Vec<String> =
        from_the_end.map(|line| blocks::escaped(line, MAX_LINE)).take_while(fits).collect();
    shown.reverse();
    (!shown.is_empty()).then(|| blocks::section(&blocks::code(&shown)))
}

/// Many stops in one line, the worst first.
pub(super) fn title(stops: &[Stop]) -> String {
    let sign = stops.first().map_or("", Stop::sign);
    format!("{sign} {} ECS stop events", stops.len())
}

/// Many stops as counts and the worst of them. They come sorted.
pub(super) fn digest(stops: &[Stop]) -> Vec<Value> {
    let category = |stop: &Stop| stop.text("category").unwrap_or("unknown").to_owned();
    let mut digest = vec![
        blocks::header(&title(stops)),
        counts("By category", stops.iter().map(category)),
        counts("By service", stops.iter().map(Stop::place)),
    ];
    digest.extend(stops.iter().take(MOST_LISTED).map(listed));
    let rest = stops.len().saturating_sub(MOST_LISTED);
    if rest > 0 {
        digest.push(blocks::context(&format!("and {rest} more")));
    }
    digest
}

fn listed(stop: &Stop) -> Value {
    let headline = blocks::escaped(&stop.headline(), MAX_SENTENCE);
    blocks::section(&stop.link().map_or_else(|| headline.clone(), |link| format!("{headline}\n{link}")))
}

fn counts(title: &str, names: impl Iterator<Item = String>) -> Value {
    let mut counted = BTreeMap::<String, usize>::new();
    names.for_each(|name| *counted.entry(name).or_default() += 1);
    let mut counted: Vec<(String, usize)> = counted.into_iter().collect();
    counted.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let (shown, rest) = counted.split_at(counted.len().min(MOST_COUNTED));
    let mut rows: Vec<String> =
        shown.iter().map(|(name, count)| format!("{count} × {}", blocks::escaped(name, MAX_NAME))).collect();
    if !rest.is_empty() {
        rows.push(format!("and {} others", rest.len()));
    }
    blocks::section(&format!("*{title}*\n{}", rows.join("\n")))
}
