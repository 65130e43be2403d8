//! Decides what a record is: a stop event, a class of the user's own, stderr, stdout, or something else.
//!
//! Owns the order in which classes are tried. Does not own whom to trust (`provenance`), where a class goes (`routes`),
//! nor what a stop event says (`stop`).

use regex::bytes::Regex;

pub use super::class::{BUILT_IN, Class};
use super::levels::{GradedLine, LevelRules};
use super::provenance::{ChunkOrigin, ContainerIdentity, Provenance};
use crate::envelope::{self, Envelope};
use crate::input::record::{Record, Source};
use crate::level::LogLevel;
use crate::stop::{self, ServiceRecovery, Severity, StopEvent};

/// A class by content: `class.<name>.match <field> <pattern>`.
#[derive(Debug, Clone)]
pub struct OwnClass {
    /// The name in `route.<name>`.
    pub name: String,
    /// The top-level field to match.
    pub field: String,
    /// The pattern that the field's text must match.
    pub pattern: Regex,
}

/// One record to deliver, and its class.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e, 'a, 'f> {
    /// The record as it is in the chunk.
    pub record: &'e Record<'a, 'f>,
    /// The record's class.
    pub class: Class,
    /// The name of `class`, also when it is the user's own.
    pub class_name: &'e str,
    /// The report, if the record is a stop event.
    pub stop: Option<&'e StopEvent>,
    /// Which container and task wrote the record, as its tag says.
    pub identity: ContainerIdentity<'e>,
    /// How grave the record is; `None` with `level off`, and where nothing tells.
    pub level: Option<LogLevel>,
}

impl<'e, 'a, 'f> Entry<'e, 'a, 'f> {
    /// An entry whose own fields say which container and task it is from.
    #[must_use]
    pub fn new(
        record: &'e Record<'a, 'f>,
        class: Class,
        class_name: &'e str,
        stop: Option<&'e StopEvent>,
    ) -> Self {
        Self { record, class, class_name, stop, identity: ContainerIdentity::default(), level: None }
    }
}

/// The result of classifying one record.
#[derive(Debug)]
pub enum Classified {
    /// A record that is neither a stop event nor an envelope.
    Plain(Class),
    /// A stop event, and its report.
    Stop(Class, Box<StopEvent>),
    /// An event of this class that says that a service is well again.
    Recovery(Class, Box<ServiceRecovery>),
    /// An envelope, and the events inside.
    Envelope(Envelope),
    /// A record of this class that reads like an event or an envelope, but came in a way that nobody vouches for.
    Unvouched(Class),
}

/// Classifies records.
#[derive(Debug, Default)]
pub struct Classifier {
    own: Vec<OwnClass>,
    reader: stop::EventReader,
    levels: LevelRules,
}

impl Classifier {
    /// `own` are tried in order, after stop events and before stderr and stdout.
    #[must_use]
    pub fn new(own: Vec<OwnClass>) -> Self {
        Self { own, ..Self::default() }
    }

    /// Reads stop events with these options.
    #[must_use]
    pub fn with_reader(self, reader: stop::EventReader) -> Self {
        Self { reader, ..self }
    }

    /// Gives lines a level, and a class by it, by these rules.
    #[must_use]
    pub fn with_levels(self, levels: LevelRules) -> Self {
        Self { levels, ..self }
    }

    /// The class and the level of a line that is plainly of this class.
    #[must_use]
    #[inline]
    pub fn grade(&self, record: &Record<'_, '_>, provenance: &Provenance<'_>, class: Class) -> GradedLine {
        self.levels.grade(record, provenance, class)
    }

    /// The level of a stop event: its severity.
    #[must_use]
    pub fn stop_level(&self, stop: &StopEvent) -> Option<LogLevel> {
        self.levels.is_on().then_some(match stop.severity {
            Severity::Info => LogLevel::Info,
            Severity::Warning => LogLevel::Warn,
            Severity::Error => LogLevel::Error,
        })
    }

    /// Whether records have levels.
    #[must_use]
    pub fn has_levels(&self) -> bool {
        self.levels.is_on()
    }

    /// Classifies a record as it is in a chunk; `budget` is what the chunk has left for opening envelopes.
    #[must_use]
    #[inline]
    pub fn classify(
        &self,
        record: &Record<'_, '_>,
        provenance: &Provenance<'_>,
        budget: &envelope::Budget,
    ) -> Classified {
        if provenance.has_no_mark()
            && let Some(classified) = self.classify_unmarked(record, provenance, budget)
        {
            return classified;
        }
        Classified::Plain(self.plain_class(record, provenance))
    }

    /// The class of a record whose origin is trusted and, for a stop event, its report. An envelope gets the class of the
    /// record around it.
    #[must_use]
    pub fn class_of(&self, record: &Record<'_, '_>) -> (Class, Option<StopEvent>) {
        let provenance = Provenance::new(record, ChunkOrigin::Trusted);
        match self.classify(record, &provenance, &envelope::Budget::default()) {
            Classified::Plain(class) | Classified::Unvouched(class) | Classified::Recovery(class, _) => {
                (class, None)
            }
            Classified::Stop(class, stop) => (class, Some(*stop)),
            Classified::Envelope(_) => (self.plain_class(record, &provenance), None),
        }
    }

    /// Classifies an event that came out of an envelope: it is not unwrapped again.
    #[must_use]
    pub fn classify_event(&self, record: &Record<'_, '_>) -> Classified {
        let plain = || self.plain_class(record, &Provenance::new(record, ChunkOrigin::Trusted));
        self.read_event(record).unwrap_or_else(|| Classified::Plain(plain()))
    }

    /// The class of a record that is to be delivered as it is, even if it is an event or an envelope.
    #[must_use]
    #[inline]
    pub fn plain_class(&self, record: &Record<'_, '_>, provenance: &Provenance<'_>) -> Class {
        self.own_class(record).unwrap_or_else(|| stream_class(provenance))
    }

    /// A record without a mark of a container may be an event, or an envelope of some, if somebody vouches for it.
    #[cold]
    fn classify_unmarked(
        &self,
        record: &Record<'_, '_>,
        provenance: &Provenance<'_>,
        budget: &envelope::Budget,
    ) -> Option<Classified> {
        match provenance.origin() {
            ChunkOrigin::Firelens(_) => None,
            ChunkOrigin::Trusted if provenance.is_event() => self.read_event(record),
            ChunkOrigin::Trusted => envelope::unwrap(record, budget).map(Classified::Envelope),
            ChunkOrigin::Untrusted => {
                let is_unvouched = provenance.is_event() || envelope::may_be_envelope(record);
                is_unvouched.then(|| Classified::Unvouched(self.plain_class(record, provenance)))
            }
        }
    }

    /// `None`: no readable event, or none that says something stopped or is well again.
    fn read_event(&self, record: &Record<'_, '_>) -> Option<Classified> {
        let event = rmp_serde::from_slice(record.body).ok()?;
        if let Some(recovery) = stop::recovery(&event) {
            let class = self.plain_class(record, &Provenance::new(record, ChunkOrigin::Trusted));
            return Some(Classified::Recovery(class, Box::new(recovery)));
        }
        let stop = self.reader.read(event)?;
        let class = if stop.expected { Class::ExpectedStop } else { Class::Stop };
        Some(Classified::Stop(class, Box::new(stop)))
    }

    /// The name of a class, as users write it in `route.<class>`.
    #[must_use]
    pub fn name(&self, class: Class) -> &str {
        match class {
            Class::Own(position) => self.own.get(usize::from(position)).map_or("own", |own| &own.name),
            built_in => built_in.name(),
        }
    }

    fn own_class(&self, record: &Record<'_, '_>) -> Option<Class> {
        let position = self.own.iter().position(|own| {
            record.text(own.field.as_bytes()).is_some_and(|text| own.pattern.is_match(text))
        })?;
        u8::try_from(position).ok().map(Class::Own)
    }
}

fn stream_class(provenance: &Provenance<'_>) -> Class {
    match provenance.stream() {
        Some(Source::Stderr) => Class::Stderr,
        Some(Source::Stdout) => Class::Stdout,
        None => Class::Other,
    }
}

#[cfg(test)]
mod tests;
