//! Which class and level a line has by what it says itself: `level auto`.
//!
//! Owns: how a level and the stream make a class. Does not own how a level is read (`level`), nor the classes that come
//! before (`classes`).

use super::class::Class;
use super::provenance::Provenance;
use crate::input::record::{Record, Source};
use crate::level::{LevelReader, LogLevel};

/// Where the levels of records come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LevelMode {
    /// Records have no level.
    #[default]
    Off,
    /// From the stream: error for standard error, info for standard output. Classes stay what they are.
    Stream,
    /// From the record itself, or else from the stream.
    Auto(LevelReader),
}

/// How records get a level, and a class by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LevelRules {
    /// Where levels come from.
    pub mode: LevelMode,
    /// Whether warnings are a class of their own; otherwise they stay in that of their stream.
    pub separates_warnings: bool,
}

/// A line's class and level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GradedLine {
    /// The class that decides where the line goes.
    pub class: Class,
    /// The line's level, where there are levels.
    pub level: Option<LogLevel>,
}

impl LevelRules {
    /// Whether records have levels.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.mode != LevelMode::Off
    }

    /// Whether the level of a record decides about its class.
    #[must_use]
    pub fn reads_records(&self) -> bool {
        matches!(self.mode, LevelMode::Auto(_))
    }

    /// Grades a line of this class, which is its stream's or the user's own.
    #[must_use]
    #[inline]
    pub fn grade(&self, record: &Record<'_, '_>, provenance: &Provenance<'_>, class: Class) -> GradedLine {
        match &self.mode {
            LevelMode::Off => GradedLine { class, level: None },
            LevelMode::Stream => GradedLine { class, level: of_stream(provenance) },
            LevelMode::Auto(reader) => self.grade_by(reader, record, provenance, class),
        }
    }

    #[inline(never)]
    fn grade_by(
        &self,
        reader: &LevelReader,
        record: &Record<'_, '_>,
        provenance: &Provenance<'_>,
        class: Class,
    ) -> GradedLine {
        match reader.read(record) {
            Some(level) => GradedLine { class: self.class(class, level), level: Some(level) },
            None => GradedLine { class, level: of_stream(provenance) },
        }
    }

    /// The class of a line that tells this level, instead of its stream's class.
    fn class(&self, class: Class, level: LogLevel) -> Class {
        match (class, level) {
            (Class::Stderr | Class::Stdout | Class::Other, LogLevel::Error | LogLevel::Fatal) => Class::Error,
            (Class::Stderr | Class::Stdout | Class::Other, LogLevel::Warn) if self.separates_warnings => {
                Class::Warn
            }
            // A warning that has no class of its own stays where it was.
            (class, LogLevel::Warn) => class,
            (Class::Stderr, _) => Class::Stdout,
            (class, _) => class,
        }
    }
}

fn of_stream(provenance: &Provenance<'_>) -> Option<LogLevel> {
    provenance.stream().map(|stream| match stream {
        Source::Stderr => LogLevel::Error,
        Source::Stdout => LogLevel::Info,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::classify::provenance::ChunkOrigin;
    use crate::input::decode;

    fn graded(rules: &LevelRules, class: Class, record: &Json) -> (Class, Option<LogLevel>) {
        let chunk = rmp_serde::to_vec(&(1u64, record)).unwrap();
        let mut found = None;
        decode::records(&chunk, |record| {
            found = Some(rules.grade(record, &Provenance::new(record, ChunkOrigin::Untrusted), class));
        });
        let GradedLine { class, level } = found.unwrap();
        (class, level)
    }

    fn rules(mode: LevelMode, separates_warnings: bool) -> LevelRules {
        LevelRules { mode, separates_warnings }
    }

    fn line(stream: &str, log: &str) -> Json {
        json!({"source": stream, "log": log})
    }

    #[test]
    fn what_a_line_says_counts_more_than_its_stream() {
        let auto = rules(LevelMode::Auto(LevelReader::default()), true);
        let of = |class, stream, log| graded(&auto, class, &line(stream, log));
        assert_eq!(of(Class::Stdout, "stdout", "ERROR x"), (Class::Error, Some(LogLevel::Error)));
        assert_eq!(of(Class::Stdout, "stdout", "FATAL x"), (Class::Error, Some(LogLevel::Fatal)));
        assert_eq!(of(Class::Stderr, "stderr", "WARN x"), (Class::Warn, Some(LogLevel::Warn)));
        assert_eq!(of(Class::Stderr, "stderr", "INFO x"), (Class::Stdout, Some(LogLevel::Info)));
        assert_eq!(
            of(Class::Stderr, "stderr", "x"),
            (Class::Stderr, Some(LogLevel::Error)),
            "it says nothing"
        );
        assert_eq!(of(Class::Stdout, "stdout", "x"), (Class::Stdout, Some(LogLevel::Info)));
        assert_eq!(
            of(Class::Own(0), "stdout", "ERROR x"),
            (Class::Own(0), Some(LogLevel::Error)),
            "the user's own"
        );
        assert_eq!(
            graded(&auto, Class::Other, &json!({"log": "ERROR x"})),
            (Class::Error, Some(LogLevel::Error))
        );
        assert_eq!(
            graded(&auto, Class::Other, &json!({"log": "INFO x"})),
            (Class::Other, Some(LogLevel::Info))
        );
        assert_eq!(graded(&auto, Class::Other, &json!({"log": "x"})), (Class::Other, None));
    }

    #[test]
    fn a_warning_without_a_class_of_its_own_stays_in_its_streams() {
        let auto = rules(LevelMode::Auto(LevelReader::default()), false);
        for (class, stream) in [(Class::Stderr, "stderr"), (Class::Stdout, "stdout")] {
            assert_eq!(graded(&auto, class, &line(stream, "WARN x")), (class, Some(LogLevel::Warn)));
        }
    }

    #[test]
    fn with_stream_or_off_the_line_is_not_read() {
        for (mode, level) in [(LevelMode::Stream, Some(LogLevel::Info)), (LevelMode::Off, None)] {
            let found = graded(&rules(mode, true), Class::Stdout, &line("stdout", "ERROR x"));
            assert_eq!(found, (Class::Stdout, level));
        }
    }
}
