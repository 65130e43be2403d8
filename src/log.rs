//! How the plugin speaks: lines on standard error in Fluent Bit's own format.
//!
//! The host's `log_print` is out of reach (its place in `flb_api` differs between releases). Never called per
//! record, never with a record's contents: the router's own output is a container log and may come back to it.
//! Levels: `warn` is unexpected but nothing is lost, `error` is loss or needs a person.

use std::collections::HashMap;
use std::fmt;
use std::io::Write as _;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// For the curious.
    Info,
    /// Unexpected, nothing lost.
    Warn,
    /// Loss, or a person must act.
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

/// Speaks for one instance, each subject at most once a minute.
#[derive(Debug)]
pub struct Log {
    instance: String,
    said: Mutex<HashMap<String, Said>>,
}

#[derive(Debug)]
struct Said {
    at: Instant,
    silent: u64,
}

/// One line per subject in this time.
const QUIET: Duration = Duration::from_secs(60);

/// Subjects remembered; a record's text never makes a subject, so this is far more than there are.
const MAX_SUBJECTS: usize = 1_000;

impl Log {
    /// `instance` is the number of the plugin's instance, counted from 0 in the order they start.
    #[must_use]
    pub fn new(instance: usize) -> Self {
        Self { instance: format!("output:ecs_router:#{instance}"), said: Mutex::default() }
    }

    /// Writes a line.
    pub fn line(&self, level: Level, text: impl fmt::Display) {
        write_line(level, &self.instance, &text);
    }

    /// Writes a line unless the subject was spoken of within the last minute; then it is only counted.
    pub fn once_a_minute(&self, level: Level, subject: &str, text: impl fmt::Display) {
        if let Some(silent) = self.due(subject) {
            match silent {
                0 => self.line(level, text),
                silent => self.line(level, format_args!("{text} (and {silent} more in the last minute)")),
            }
        }
    }

    /// How often the subject came up in silence, if it may be spoken of now.
    fn due(&self, subject: &str) -> Option<u64> {
        let mut said = self.said.lock().ok()?;
        let now = Instant::now();
        if let Some(last) = said.get_mut(subject) {
            if now.duration_since(last.at) < QUIET {
                last.silent += 1;
                return None;
            }
            let silent = std::mem::take(&mut last.silent);
            last.at = now;
            return Some(silent);
        }
        if said.len() >= MAX_SUBJECTS {
            said.clear();
        }
        said.insert(subject.to_owned(), Said { at: now, silent: 0 });
        Some(0)
    }
}

/// A line for when there is no instance: while one starts.
pub fn start_line(level: Level, text: impl fmt::Display) {
    write_line(level, "output:ecs_router", &text);
}

fn write_line(level: Level, who: &str, text: &dyn fmt::Display) {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC);
    let time = now.strftime("%Y/%m/%d %H:%M:%S");
    let line = format!("[{time}] {} [{who}] {text}\n", level.tag());
    // Nobody is left to tell when standard error is gone.
    std::io::stderr().write_all(line.as_bytes()).ok();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_spoken_of_once_a_minute() {
        let log = Log::new(0);
        assert_eq!(log.due("a"), Some(0));
        assert_eq!(log.due("a"), None);
        assert_eq!(log.due("b"), Some(0));
    }

    #[test]
    fn subjects_are_bounded() {
        let log = Log::new(0);
        for subject in 0..3 * MAX_SUBJECTS {
            log.due(&subject.to_string());
        }
        assert!(log.said.lock().unwrap().len() <= MAX_SUBJECTS);
    }

    #[test]
    fn what_stayed_unsaid_is_counted() {
        let log = Log::new(0);
        log.due("a");
        log.due("a");
        log.said.lock().unwrap().get_mut("a").unwrap().at -= QUIET;
        assert_eq!(log.due("a"), Some(1));
    }
}
