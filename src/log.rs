//! The plugin's own log: lines on standard error in Fluent Bit's own format.
//!
//! The host's `log_print` is out of reach (its place in `flb_api` differs between releases). Never called per
//! record, never with a record's contents: the router's own output is a container log and may come back to it.
//! Levels: `warn` is unexpected but nothing is lost, `error` is loss or needs a person.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use crate::printable;

/// How serious a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Normal operation.
    Info,
    /// Unexpected, nothing lost.
    Warn,
    /// Data is lost, or a person must act.
    Error,
}

impl Level {
    const fn tag(self) -> &'static str {
        match self {
            Level::Info => "[ info]",
            Level::Warn => "[ warn]",
            Level::Error => "[error]",
        }
    }
}

/// The log of one instance.
#[derive(Debug)]
pub struct Log {
    instance: String,
    /// By subject.
    written: Mutex<HashMap<String, LastLine>>,
    /// Every line, for the tests that count them.
    #[cfg(test)]
    pub(crate) lines: Mutex<Vec<String>>,
}

#[derive(Debug)]
struct LastLine {
    at: Instant,
    /// The moment `at`, as people read it.
    time: Timestamp,
    /// Lines that were left out since.
    suppressed: u64,
}

/// Lines that were left out.
#[derive(Debug, Clone, Copy)]
struct Suppressed {
    count: u64,
    since: Timestamp,
}

impl fmt::Display for Suppressed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = self.since.strftime("%H:%M");
        write!(formatter, "{} more since {since} UTC", self.count)
    }
}

/// One line per subject in this time.
const QUIET_INTERVAL: Duration = Duration::from_secs(60);

/// Longer lines are cut: what a service says may be in one, and it says as much as it likes.
const MAX_LINE_BYTES: usize = 16 << 10;

/// Subjects remembered. A record's text is never a subject, so there are far fewer.
const MAX_SUBJECTS: usize = 1_000;

impl Log {
    /// `instance` counts the plugin's instances from 0 in the order they start.
    #[must_use]
    pub fn new(instance: usize) -> Self {
        Self {
            instance: format!("output:ecs_router:#{instance}"),
            written: Mutex::default(),
            #[cfg(test)]
            lines: Mutex::default(),
        }
    }

    /// Writes a line.
    pub fn line(&self, level: Level, text: impl fmt::Display) {
        #[cfg(test)]
        self.lines.lock().expect("no panic with the lock").push(text.to_string());
        write_line(level, &self.instance, &text);
    }

    /// Writes a line unless one about the subject was written within the last minute; then the line is only counted.
    pub fn once_a_minute(&self, level: Level, subject: &str, text: impl fmt::Display) {
        if let Some(suppressed) = self.due(subject) {
            match suppressed.count {
                0 => self.line(level, text),
                _ => self.line(level, format_args!("{text} (and {suppressed})")),
            }
        }
    }

    /// How many lines about the subject were suppressed, if one may be written now.
    fn due(&self, subject: &str) -> Option<Suppressed> {
        let mut written = self.written.lock().ok()?;
        let now = Instant::now();
        if let Some(last) = written.get_mut(subject) {
            if now.duration_since(last.at) < QUIET_INTERVAL {
                last.suppressed += 1;
                return None;
            }
            let suppressed = Suppressed { count: last.suppressed, since: last.time };
            *last = LastLine { at: now, time: Timestamp::now(), suppressed: 0 };
            return Some(suppressed);
        }
        if written.len() >= MAX_SUBJECTS {
            written.clear();
        }
        let time = Timestamp::now();
        written.insert(subject.to_owned(), LastLine { at: now, time, suppressed: 0 });
        Some(Suppressed { count: 0, since: time })
    }
}

/// Writes a line without an instance, while one starts.
pub fn start_line(level: Level, text: impl fmt::Display) {
    write_line(level, "output:ecs_router", &text);
}

fn write_line(level: Level, who: &str, text: &dyn fmt::Display) {
    let now = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let time = now.strftime("%Y/%m/%d %H:%M:%S");
    let line = format!("[{time}] {} [{who}] {}\n", level.tag(), shown(text));
    // Without standard error there is nowhere to report to.
    std::io::stderr().write_all(line.as_bytes()).ok();
}

/// The text on one line of the log.
fn shown(text: &dyn fmt::Display) -> String {
    let text = text.to_string();
    match text.get(..text.floor_char_boundary(MAX_LINE_BYTES)) {
        Some(kept) if kept.len() < text.len() => format!("{}…", printable::line(kept)),
        _ => printable::line(&text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_logged_once_a_minute() {
        let log = Log::new(0);
        assert_eq!(log.due("a").unwrap().count, 0);
        assert!(log.due("a").is_none());
        assert_eq!(log.due("b").unwrap().count, 0);
    }

    #[test]
    fn a_text_begins_no_line_of_its_own_and_controls_no_terminal() {
        assert_eq!(shown(&"a\n[error] \u{1b}[31mb\u{9b}c\u{202e}d"), "a [error]  [31mb c d");
    }

    #[test]
    fn a_line_has_an_end() {
        let shown = shown(&"é".repeat(MAX_LINE_BYTES));
        assert!(shown.ends_with("é…") && shown.len() < MAX_LINE_BYTES + 4, "{}", shown.len());
    }

    #[test]
    fn subjects_are_bounded() {
        let log = Log::new(0);
        for subject in 0..3 * MAX_SUBJECTS {
            log.due(&subject.to_string());
        }
        assert!(log.written.lock().unwrap().len() <= MAX_SUBJECTS);
    }

    #[test]
    fn suppressed_lines_are_counted() {
        let log = Log::new(0);
        log.due("a");
        log.due("a");
        let mut written = log.written.lock().unwrap();
        let last = written.get_mut("a").unwrap();
        last.at -= QUIET_INTERVAL;
        last.time = "2026-11-19T21:13:34Z".parse().unwrap();
        drop(written);
        assert_eq!(
            log.due("a").unwrap().to_string(),
            "1 more since 21:13 UTC",
            "not only of the last minute"
        );
    }
}
