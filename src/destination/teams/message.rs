//! The message for a batch: stops first, then news of incidents, then a digest of the ordinary lines.

use serde_json::Value;

use super::card::{self, Style, plain};
use crate::destination::alert::lines::{self, LineGroup};
use crate::destination::alert::stop::StopFields;
use crate::destination::alert::{Told, facts, incident};
use crate::stop::IncidentReport;

/// Teams takes 28 KB (<https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams>, read 2026-11).
pub(super) const MAX_MESSAGE_BYTES: usize = 28_000;

// Bytes in JSON of what a card shows.
const MAX_TITLE: usize = 300;
const MAX_SENTENCE: usize = 700;
const MAX_REASON: usize = 800;
const MAX_FACT: usize = 160;
const MAX_LINE: usize = 400;
const MAX_LINK: usize = 1_200;

/// Lines of what changed with a deployment.
const MAX_CHANGES: usize = 10;

/// More stops than these become a summary.
const MAX_FULL_STOPS: usize = 3;
/// Rows of a table of counts.
const MAX_COUNT_ROWS: usize = 8;
/// Stops that a summary lists.
const MAX_LISTED_STOPS: usize = 5;

/// How much of each part a card shows.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// Up to this many stops are told in full; more become a summary.
    full_stops: usize,
    /// Last lines of each stop.
    last_lines: usize,
    /// Incidents.
    news: usize,
    /// Groups of ordinary lines.
    groups: usize,
}

/// The first that makes a message short enough is taken: last lines make way first. The last one always does.
const ROOMS: [Room; 8] = [
    Room { full_stops: MAX_FULL_STOPS, last_lines: 20, news: 10, groups: 5 },
    Room { full_stops: MAX_FULL_STOPS, last_lines: 10, news: 10, groups: 5 },
    Room { full_stops: MAX_FULL_STOPS, last_lines: 5, news: 10, groups: 5 },
    Room { full_stops: MAX_FULL_STOPS, last_lines: 2, news: 10, groups: 5 },
    Room { full_stops: MAX_FULL_STOPS, last_lines: 0, news: 10, groups: 5 },
    Room { full_stops: 1, last_lines: 10, news: 6, groups: 3 },
    Room { full_stops: 1, last_lines: 2, news: 4, groups: 2 },
    Room { full_stops: 1, last_lines: 0, news: 2, groups: 1 },
];

/// The message for a batch of JSON objects, one a line.
pub(super) fn message(objects: &[u8]) -> String {
    let mut told = Told::read(objects);
    told.sort();
    let mut message = String::new();
    for room in ROOMS {
        message = card::message(&plain(&told.titles(room.full_stops), MAX_TITLE), &body(&told, room));
        if message.len() <= MAX_MESSAGE_BYTES {
            break;
        }
    }
    message
}

/// What people read first of the message, a line for each stop and incident.
pub(super) fn headline(objects: &[u8]) -> String {
    let mut told = Told::read(objects);
    told.sort();
    told.titles(MAX_FULL_STOPS)
}

fn body(told: &Told, room: Room) -> Vec<Value> {
    let mut body: Vec<Value> = match told.stops.len() <= room.full_stops {
        true => told.stops.iter().map(|stop| card::part(full(stop, room))).collect(),
        false => vec![card::part(summary(&told.stops))],
    };
    body.extend(news(&told.news, room));
    if !told.lines.is_empty() {
        body.push(card::part(digest(told, room)));
    }
    body
}

/// What a phone shows first comes first.
fn full(stop: &StopFields, room: Room) -> Vec<Value> {
    let sentence = |name| plain(stop.text(name).unwrap_or_default(), MAX_SENTENCE);
    let mut items = vec![
        card::paragraph(&[(&plain(&stop.headline(), MAX_TITLE), Style::Heading(stop.severity()))]),
        card::paragraph(&[(&sentence("summary"), Style::Bold)]),
        card::paragraph(&[(&sentence("hint"), Style::Plain)]),
    ];
    items.extend(changes(stop));
    items.extend(reason(stop));
    items.extend(last_lines(stop, room));
    items.extend(facts::facts(stop).map(|(name, value)| fact(name, &value)));
    items.extend(footer(stop));
    items.extend(card::buttons(&links(stop)));
    items
}

/// What changed with a deployment that failed, one below the other.
fn changes(stop: &StopFields) -> Vec<Value> {
    let Some(changes) = facts::changes(stop) else { return Vec::new() };
    let mut items = vec![card::paragraph(&[(&plain(&changes.title, MAX_FACT), Style::Bold)])];
    let lines = changes.lines.iter().take(MAX_CHANGES);
    items
        .extend(lines.map(|line| card::paragraph(&[(&plain(&format!("• {line}"), MAX_LINE), Style::Plain)])));
    let rest = changes.lines.len().saturating_sub(MAX_CHANGES);
    if rest > 0 {
        items.push(card::paragraph(&[(&format!("and {rest} more"), Style::Subtle)]));
    }
    items
}

fn fact(name: &str, value: &str) -> Value {
    let name = format!("{name}: ");
    card::paragraph(&[(&name, Style::Bold), (&plain(value, MAX_FACT), Style::Plain)])
}

fn reason(stop: &StopFields) -> Option<Value> {
    let reason = facts::reason(stop)?;
    let text = plain(reason.text, MAX_REASON);
    Some(match reason.container {
        Some(name) => {
            let name = format!("{}: ", plain(name, MAX_FACT));
            card::paragraph(&[(&name, Style::Bold), (&text, Style::Plain)])
        }
        None => card::paragraph(&[(&text, Style::Plain)]),
    })
}

/// The end matters most: when there is no room for all, the first lines are left out.
fn last_lines(stop: &StopFields, room: Room) -> Option<Value> {
    let missing = facts::missing_lines(stop).map(|text| card::paragraph(&[(&text, Style::Subtle)]));
    missing.or_else(|| end_of(&stop.last_lines(), room))
}

fn end_of(lines: &[&str], room: Room) -> Option<Value> {
    let skipped = lines.len().saturating_sub(room.last_lines);
    let shown: Vec<String> = lines.iter().skip(skipped).map(|line| plain(line, MAX_LINE)).collect();
    card::lines(&shown)
}

/// When the task stopped, whose it was, and the name under which all stops of the incident are stored.
fn footer(stop: &StopFields) -> Option<Value> {
    let shown = |name| stop.text(name).map(|text| plain(text, MAX_FACT));
    let at = stop.at().map(|at| plain(at, MAX_FACT));
    let account = shown("account").map(|account| format!("account {account}"));
    let task = shown("task_id").map(|task| format!("task {task}"));
    let parts: Vec<String> = [at, account, task, shown("incident_id")].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| card::paragraph(&[(&parts.join(" · "), Style::Subtle)]))
}

fn links(stop: &StopFields) -> Vec<(&'static str, String)> {
    let links =
        [("Logs", stop.logs_url().map(str::to_owned)), ("Open in the ECS console", stop.console_url())];
    let known = links.into_iter().filter_map(|(title, url)| Some((title, url?)));
    known.filter(|(_, url)| url.len() <= MAX_LINK).collect()
}

/// Many stops, sorted with the worst first: counts, then the first few one by one.
fn summary(stops: &[StopFields]) -> Vec<Value> {
    let severity = stops.first().map_or(crate::stop::Severity::Info, StopFields::severity);
    let categories = stops.iter().map(|stop| stop.text("category").unwrap_or("unknown").to_owned());
    let mut items = vec![card::paragraph(&[(&facts::title(stops), Style::Heading(severity))])];
    items.extend(counts("By category", categories));
    items.extend(counts("By service", stops.iter().map(StopFields::origin)));
    let listed = stops.iter().take(MAX_LISTED_STOPS);
    items.extend(listed.map(|stop| card::paragraph(&[(&plain(&stop.headline(), MAX_TITLE), Style::Plain)])));
    let rest = stops.len().saturating_sub(MAX_LISTED_STOPS);
    if rest > 0 {
        items.push(card::paragraph(&[(&format!("and {rest} more"), Style::Subtle)]));
    }
    items
}

fn counts(title: &str, names: impl Iterator<Item = String>) -> Vec<Value> {
    let counts = facts::counts(names);
    let (shown, rest) = counts.split_at(counts.len().min(MAX_COUNT_ROWS));
    let row = |(name, count): &(String, usize)| {
        card::paragraph(&[(&format!("{count} × {}", plain(name, MAX_FACT)), Style::Plain)])
    };
    let mut rows = vec![card::paragraph(&[(title, Style::Bold)])];
    rows.extend(shown.iter().map(row));
    if !rest.is_empty() {
        rows.push(card::paragraph(&[(&format!("and {} others", rest.len()), Style::Subtle)]));
    }
    rows
}

/// One part for each incident.
fn news(news: &[(StopFields, IncidentReport)], room: Room) -> Vec<Value> {
    let (shown, rest) = news.split_at(news.len().min(room.news));
    let mut parts: Vec<Value> =
        shown.iter().map(|(stop, report)| card::part(standing(stop, report, room))).collect();
    if !rest.is_empty() {
        let text = format!("and news of {} more incidents", rest.len());
        parts.push(card::paragraph(&[(&text, Style::Subtle)]));
    }
    parts
}

fn standing(stop: &StopFields, report: &IncidentReport, room: Room) -> Vec<Value> {
    let subject = plain(&incident::subject(stop, report), MAX_TITLE);
    let standing = plain(&incident::standing(stop, report), MAX_TITLE);
    let mut items =
        vec![card::paragraph(&[(&subject, Style::Bold)]), card::paragraph(&[(&standing, Style::Plain)])];
    if let Some(hint) = incident::hint(stop, report) {
        items.push(card::paragraph(&[(&plain(hint, MAX_SENTENCE), Style::Plain)]));
    }
    items.extend(end_of(&incident::late_lines(stop), room));
    let url = stop.service_url().or_else(|| stop.console_url()).filter(|url| url.len() <= MAX_LINK);
    let link: Vec<(&str, String)> = url.into_iter().map(|url| ("Open in the ECS console", url)).collect();
    items.extend(card::buttons(&link));
    items
}

/// Counts of lines by class and container, and the first lines of each.
fn digest(told: &Told, room: Room) -> Vec<Value> {
    let groups = lines::group_by_source(&told.lines);
    let (shown, rest) = groups.split_at(groups.len().min(room.groups));
    let mut items = vec![card::paragraph(&[(&plain(&lines::title(&told.lines), MAX_TITLE), Style::Bold)])];
    items.extend(shown.iter().flat_map(group));
    if !rest.is_empty() {
        let lines: usize = rest.iter().map(|group| group.count).sum();
        let text = format!("and {lines} lines of {} other sources", rest.len());
        items.push(card::paragraph(&[(&text, Style::Subtle)]));
    }
    items
}

fn group(group: &LineGroup<'_>) -> Vec<Value> {
    let (class, container) = group.source;
    let from = match container {
        "" => String::new(),
        name => format!(" from {}", plain(name, MAX_FACT)),
    };
    let title = format!("{} × {}", group.count, plain(class, MAX_FACT));
    let first_lines: Vec<String> = group.first_lines.iter().map(|line| plain(line, MAX_LINE)).collect();
    let runs = [(title.as_str(), Style::Bold), (from.as_str(), Style::Plain)];
    let runs: Vec<(&str, Style)> = runs.into_iter().filter(|(text, _)| !text.is_empty()).collect();
    let title = card::paragraph(&runs);
    [Some(title), card::lines(&first_lines)].into_iter().flatten().collect()
}
