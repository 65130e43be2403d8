//! What destinations that alert people have in common: which entries are told, how a batch holds them, the words, and how
//! a report stays JSON within a limit.
//!
//! Owns: the filter by severity and by what is news of an incident, one JSON object per line from which `request` composes
//! a message once it has the whole batch, and texts without any markup. Does not own: how a message looks, and the
//! escaping of its markup.

pub(super) mod facts;
pub(super) mod incident;
pub(super) mod lines;
mod report;
pub(super) mod stop;
pub(super) mod text;

use http::Uri;

pub(super) use self::report::report_within;

use self::lines::{DigestLine, MAX_LINE_CHARS};
use self::stop::StopFields;
use super::{Encoded, content};
use crate::classify::classes::Entry;
use crate::config::{Common, KeyReader, Secret};
use crate::encode::run_cache::RunCache;
use crate::input::record::Value;
use crate::json::{self, Writer};
use crate::stop::{IncidentReport, Severity, StopEvent};

/// Bytes kept of a line: what a digest shows of it, at up to four bytes a character.
const MAX_LINE_BYTES: usize = 4 * (MAX_LINE_CHARS + 1);

/// The field that holds the application's line, unless `log_key` names another.
const LINE_FIELD: &[u8] = b"log";

/// Reads the key `min_severity`.
pub(super) fn min_severity(reader: &KeyReader<'_>) -> Severity {
    match reader.choice("min_severity") {
        Some("info") => Severity::Info,
        Some("error") => Severity::Error,
        _ => Severity::Warning,
    }
}

/// Whether people are to be told: it is severe enough, and it is not one more stop of an incident that they know.
pub(super) fn is_told(stop: &StopEvent, min: Severity) -> bool {
    stop.told_severity() >= min && stop.incident.as_ref().is_none_or(|incident| incident.is_news)
}

/// Decides what is told, and writes it for the message to come.
#[derive(Debug)]
pub(super) struct Teller {
    runs: RunCache,
    min_severity: Severity,
}

impl Teller {
    /// Reads the key `min_severity`; `who` is where a stop is told in words, whatever `stop_format` says.
    pub(super) fn read(common: &Common, reader: &KeyReader<'_>, who: &str) -> Self {
        if !common.enrich_stops {
            let problem = format!("has no effect on {who}, where a stop is a message");
            reader.problem("stop_format", problem);
        }
        Self { runs: RunCache::default(), min_severity: min_severity(reader) }
    }

    /// One JSON object per line.
    pub(super) fn encode(&self, common: &Common, entry: &Entry<'_, '_, '_>, out: &mut Vec<u8>) -> Encoded {
        let start = out.len();
        match entry.stop {
            Some(stop) if !is_told(stop, self.min_severity) => return Encoded::Filtered,
            Some(stop) => stop::write(stop, out),
            None => self.write_line(common, entry, out),
        }
        out.push(b'\n');
        Encoded::Complete { size: out.len() - start }
    }

    /// `{"class":"stderr","container":"web","line":"…"}`
    fn write_line(&self, common: &Common, entry: &Entry<'_, '_, '_>, out: &mut Vec<u8>) {
        let named = entry.record.text(b"container_name").unwrap_or_default();
        let container = entry.identity.container().unwrap_or(named);
        let mut writer = Writer::<false>::new(out);
        writer.raw(b"{\"class\":");
        writer.string(entry.class_name.as_bytes());
        writer.raw(b",\"container\":");
        writer.string(container.strip_prefix(b"/").unwrap_or(container));
        writer.raw(b",\"line\":");
        let key = common.log_key.as_deref().map_or(LINE_FIELD, str::as_bytes);
        match entry.record.get(key) {
            Some(Value::Text(text) | Value::Binary(text)) => writer.string(json::cut(text, MAX_LINE_BYTES)),
            _ => {
                let mut text = Vec::new();
                content::write(common, &self.runs, entry, &mut Writer::<false>::new(&mut text));
                writer.string(json::cut(&text, MAX_LINE_BYTES));
            }
        }
        writer.raw(b"}");
    }
}

/// What one line of a batch tells.
#[derive(Debug)]
pub(super) enum ToldEntry {
    /// A stop to be told in full.
    Stop(StopFields),
    /// News of an incident that people know of.
    News(StopFields, IncidentReport),
    /// An ordinary line.
    Line(DigestLine),
}

/// Reads a batch of JSON objects, one a line, as [`Teller`] writes them.
pub(super) fn entries(objects: &[u8]) -> Vec<ToldEntry> {
    let objects = objects.split(|byte| *byte == b'\n');
    objects.filter_map(|object| serde_json::from_slice(object).ok()).map(entry).collect()
}

fn entry(object: serde_json::Value) -> ToldEntry {
    match object {
        serde_json::Value::Object(fields) if fields.contains_key(stop::MARKER_FIELD) => {
            let stop = StopFields::new(fields);
            match incident::of(&stop) {
                Some(report) => ToldEntry::News(stop, report),
                None => ToldEntry::Stop(stop),
            }
        }
        value => ToldEntry::Line(DigestLine::new(value)),
    }
}

/// What a batch tells, by kind.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Stops to be told in full, in the order in which they came.
    pub(super) stops: Vec<StopFields>,
    /// News of incidents that people know of.
    pub(super) news: Vec<(StopFields, IncidentReport)>,
    /// Ordinary lines.
    pub(super) lines: Vec<DigestLine>,
}

impl Told {
    pub(super) fn read(objects: &[u8]) -> Self {
        let mut told = Self::default();
        for entry in entries(objects) {
            match entry {
                ToldEntry::Stop(stop) => told.stops.push(stop),
                ToldEntry::News(stop, report) => told.news.push((stop, report)),
                ToldEntry::Line(line) => told.lines.push(line),
            }
        }
        told
    }

    /// Puts the worst first; stops of one severity stay in the order in which they came.
    pub(super) fn sort(&mut self) {
        self.stops.sort_by_key(|stop| std::cmp::Reverse(stop.severity()));
    }

    /// The text for notifications and for clients that cannot show the rest: a line for each stop, unless they are more
    /// than `max_stops`.
    pub(super) fn titles(&self, max_stops: usize) -> String {
        let mut titles: Vec<String> = match self.stops.len() <= max_stops {
            true => self.stops.iter().map(StopFields::headline).collect(),
            false => vec![facts::title(&self.stops)],
        };
        titles.extend(self.news.iter().map(|(stop, report)| incident::headline(stop, report)));
        if !self.lines.is_empty() {
            titles.push(lines::title(&self.lines));
        }
        titles.join("\n")
    }
}

/// Reads the key `webhook_url`, which is a secret: over plain HTTP everyone on the way could read it, so only tests on
/// this machine may use that.
pub(super) fn webhook(reader: &KeyReader<'_>, problem: &str) -> Secret {
    let secret = reader.secret("webhook_url");
    let text = secret.reveal();
    // A missing address has been reported already.
    if !text.is_empty() && !text.parse().is_ok_and(is_webhook_url) {
        reader.problem("webhook_url", problem);
    }
    secret
}

fn is_webhook_url(uri: Uri) -> bool {
    match uri.scheme_str() {
        Some("https") => uri.host().is_some_and(|host| !host.is_empty()),
        Some("http") => uri.host() == Some("127.0.0.1"),
        _ => false,
    }
}
