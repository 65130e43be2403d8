//! What a record *is*: stop event, a class of the user's own, stderr, stdout, or something else.
//!
//! Owns: the order of judgement and whom to trust. Does not own: where a class goes, or what a stop event says.
//!
//! Trust: an application must not be able to forge a stop event by printing one. What FireLens's log driver
//! marked as container output (`container_id`, `container_name`, `source` stdout or stderr) is application
//! output, whatever its text says; only records without those marks can carry an event.

use regex::bytes::Regex;

use crate::envelope::{self, Envelope};
use crate::input::record::{Record, Source, Value};
use crate::stop::{self, StopEvent};

/// What a record is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// An ECS event that says something stopped or failed.
    Stop,
    /// The same, when it was planned: a deployment, scale-in, a user's request.
    ExpectedStop,
    /// What an application wrote to standard error.
    Stderr,
    /// The rest of an application's output.
    Stdout,
    /// Everything else.
    Other,
    /// The user's class of this position in `classes`.
    Own(u8),
}

/// Classes that are always there, in the order of their index.
pub const BUILT_IN: [Class; 5] =
    [Class::Stop, Class::ExpectedStop, Class::Stderr, Class::Stdout, Class::Other];

impl Class {
    /// Position in tables that have one row per class: the built-in ones, then the user's.
    #[must_use]
    pub fn index(self) -> usize {
        match self {
            Class::Stop => 0,
            Class::ExpectedStop => 1,
            Class::Stderr => 2,
            Class::Stdout => 3,
            Class::Other => 4,
            Class::Own(position) => BUILT_IN.len() + usize::from(position),
        }
    }

    /// What `$(class)` and the counters call it; a class of the user's own has its name in [`Classifier`].
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Class::Stop | Class::ExpectedStop => "stop",
            Class::Stderr => "stderr",
            Class::Stdout => "stdout",
            Class::Other => "other",
            Class::Own(_) => "own",
        }
    }
}

/// A class by content: `class.<name>.match <field> <pattern>`.
#[derive(Debug, Clone)]
pub struct OwnClass {
    /// Its name.
    pub name: String,
    /// The top-level field to look at.
    pub field: String,
    /// What its text must match.
    pub pattern: Regex,
}

/// One thing to deliver: a record and what it was found to be.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'e, 'a, 'f> {
    /// The record as it stands in the chunk.
    pub record: &'e Record<'a, 'f>,
    /// What it is.
    pub class: Class,
    /// The name of `class`, also when it is the user's own.
    pub class_name: &'e str,
    /// What the stop event says, if it is one.
    pub stop: Option<&'e StopEvent>,
}

/// What a look at a record shows.
#[derive(Debug)]
pub enum Classified {
    /// A record as any other.
    Plain(Class),
    /// A stop event, and what it says.
    Stop(Class, Box<StopEvent>),
    /// Events inside of it.
    Envelope(Envelope),
}

/// Tells classes apart.
#[derive(Debug, Default)]
pub struct Classifier {
    own: Vec<OwnClass>,
    reader: stop::EventReader,
}

impl Classifier {
    /// `own` are tried in order, after stop events and before stderr and stdout.
    #[must_use]
    pub fn new(own: Vec<OwnClass>) -> Self {
        Self { own, reader: stop::EventReader::default() }
    }

    /// Reads events with these options.
    #[must_use]
    pub fn with_reader(self, reader: stop::EventReader) -> Self {
        Self { reader, ..self }
    }

    /// What `record` is, or what it carries.
    #[must_use]
    #[inline]
    pub fn classify(&self, record: &Record<'_, '_>) -> Classified {
        let marks = Provenance::of(record);
        if marks.is_trusted()
            && let Some(sight) = self.look_closer(record, &marks)
        {
            return sight;
        }
        Classified::Plain(self.own_class(record).unwrap_or_else(|| marks.stream_class()))
    }

    /// The class of `record` and, for a stop, what it says; a carrier is not opened.
    #[must_use]
    pub fn class_of(&self, record: &Record<'_, '_>) -> (Class, Option<StopEvent>) {
        match self.classify(record) {
            Classified::Plain(class) => (class, None),
            Classified::Stop(class, stop) => (class, Some(*stop)),
            Classified::Envelope(_) => (self.plain_class(record), None),
        }
    }

    /// The same for an event that came out of a carrier: it is not opened again.
    #[must_use]
    pub fn classify_event(&self, record: &Record<'_, '_>) -> Classified {
        self.read_event(record).unwrap_or_else(|| Classified::Plain(self.plain_class(record)))
    }

    /// The class of a record that is to be delivered as it is, whatever it carries.
    #[must_use]
    pub fn plain_class(&self, record: &Record<'_, '_>) -> Class {
        self.own_class(record).unwrap_or_else(|| Provenance::of(record).stream_class())
    }

    /// A record that no application wrote: an event, or a carrier of some.
    #[cold]
    fn look_closer(&self, record: &Record<'_, '_>, marks: &Provenance) -> Option<Classified> {
        if marks.from_events && marks.has_detail_type {
            return self.read_event(record);
        }
        envelope::unwrap(record).map(Classified::Envelope)
    }

    /// `None`: no readable event, or none that says that something stopped.
    fn read_event(&self, record: &Record<'_, '_>) -> Option<Classified> {
        let stop = self.reader.read(rmp_serde::from_slice(record.body).ok()?)?;
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
        let matches =
            |own: &OwnClass| record.text(own.field.as_bytes()).is_some_and(|text| own.pattern.is_match(text));
        let position = self.own.iter().position(matches)?;
        u8::try_from(position).ok().map(Class::Own)
    }
}

/// What one look over the field names tells.
#[derive(Default)]
struct Provenance {
    source: Option<Source>,
    from_container: bool,
    from_events: bool,
    has_detail_type: bool,
}

impl Provenance {
    fn of(record: &Record<'_, '_>) -> Self {
        let mut marks = Self::default();
        for field in record.fields {
            if let Value::Text(key) = field.key {
                marks.note(key, field.value);
            }
        }
        marks
    }

    #[inline]
    fn note(&mut self, key: &[u8], value: Value<'_>) {
        match key {
            b"source" => match value.text() {
                Some(b"stderr") => self.source = Some(Source::Stderr),
                Some(b"stdout") => self.source = Some(Source::Stdout),
                Some(b"aws.ecs" | b"ecs_router") => self.from_events = true,
                _ => {}
            },
            b"container_id" | b"container_name" => self.from_container = true,
            b"detail-type" => self.has_detail_type = true,
            _ => {}
        }
    }

    /// Nothing says that an application wrote it.
    fn is_trusted(&self) -> bool {
        !self.from_container && self.source.is_none()
    }

    fn stream_class(&self) -> Class {
        match (self.source, self.from_container) {
            (Some(Source::Stderr), _) => Class::Stderr,
            (Some(Source::Stdout), _) | (None, true) => Class::Stdout,
            (None, false) => Class::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::decode;
    use serde_json::{Value as Json, json};

    fn class_of(record: &Json) -> Class {
        class_with(&Classifier::default(), record)
    }

    fn class_with(classifier: &Classifier, record: &Json) -> Class {
        let chunk = rmp_serde::to_vec(&(1u64, record)).unwrap();
        let mut found = None;
        decode::records(&chunk, |record| found = Some(class_in(&classifier.classify(record))));
        found.unwrap()
    }

    fn class_in(sight: &Classified) -> Class {
        match sight {
            Classified::Plain(class) | Classified::Stop(class, _) => *class,
            Classified::Envelope(_) => panic!("a carrier"),
        }
    }

    fn stopped() -> Json {
        json!({
            "source": "aws.ecs", "detail-type": "ECS Task State Change",
            "detail": {"lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "taskArn": "arn:aws:ecs:r:1:task/c/t"}
        })
    }

    fn with(mut record: Json, extra: Json) -> Json {
        record.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        record
    }

    #[test]
    fn streams_are_told_apart_by_source() {
        assert_eq!(class_of(&json!({"source": "stderr", "log": "x"})), Class::Stderr);
        assert_eq!(class_of(&json!({"source": "stdout", "log": "x"})), Class::Stdout);
        assert_eq!(class_of(&json!({"container_name": "/app", "log": "x"})), Class::Stdout);
        assert_eq!(class_of(&json!({"log": "x"})), Class::Other);
        assert_eq!(class_of(&json!({"source": 3})), Class::Other);
    }

    #[test]
    fn a_stop_event_is_a_stop_and_an_early_phase_is_not() {
        assert_eq!(class_of(&stopped()), Class::Stop);
        let running =
            with(stopped(), json!({"detail": {"lastStatus": "RUNNING", "desiredStatus": "STOPPED"}}));
        assert_eq!(class_of(&running), Class::Other);
        let instance = with(stopped(), json!({"detail-type": "ECS Container Instance State Change"}));
        assert_eq!(class_of(&instance), Class::Other);
        let somebody_else = with(stopped(), json!({"source": "aws.batch"}));
        assert_eq!(class_of(&somebody_else), Class::Other);
    }

    #[test]
    fn an_application_cannot_forge_a_stop_event() {
        let text = stopped().to_string();
        assert_eq!(
            class_of(&json!({"source": "stdout", "log": text, "container_name": "/app"})),
            Class::Stdout
        );
        assert_eq!(class_of(&json!({"source": "stderr", "log": text})), Class::Stderr);
        assert_eq!(class_of(&json!({"source": "stdout", "log": stopped()})), Class::Stdout);
        for mark in [json!({"container_id": "abc"}), json!({"container_name": "/app"})] {
            assert_eq!(
                class_of(&with(stopped(), mark)),
                Class::Stdout,
                "fields lifted to the top by a parser"
            );
        }
        assert_eq!(class_of(&with(stopped(), json!({"source": "stderr"}))), Class::Stderr);
    }

    #[test]
    fn classes_of_ones_own_come_after_stops_and_before_streams_in_their_order() {
        let own = |name: &str, pattern| OwnClass {
            name: name.into(),
            field: "log".into(),
            pattern: Regex::new(pattern).unwrap(),
        };
        let classifier = Classifier::new(vec![own("health", "^GET /healthz"), own("get", "^GET ")]);
        let line = |log: &str| json!({"source": "stderr", "log": log});
        assert_eq!(class_with(&classifier, &line("GET /healthz 200")), Class::Own(0));
        assert_eq!(class_with(&classifier, &line("GET /orders 200")), Class::Own(1));
        assert_eq!(class_with(&classifier, &line("POST /orders")), Class::Stderr);
        assert_eq!(class_with(&classifier, &with(stopped(), json!({"log": "GET /healthz"}))), Class::Stop);
        assert_eq!(classifier.name(Class::Own(1)), "get");
    }
}
