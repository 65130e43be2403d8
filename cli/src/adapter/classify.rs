//! `classify`: the class of one record, as the plugin finds it.

use ecs_router::classify::classes::{Class, Classified, Classifier};
use ecs_router::classify::levels::{GradedLine, LevelMode, LevelRules};
use ecs_router::classify::provenance::{ChunkOrigin, Provenance};
use ecs_router::envelope;
use ecs_router::input::decode;
use ecs_router::input::record::Record;
use ecs_router::level::LevelReader;
use ecs_router::stop::{self, StopEvent};
use serde_json::Value;

/// A record's class and its stop events.
pub(crate) struct ClassifiedRecord {
    /// As `$(class)` calls it.
    pub(crate) class: String,
    /// The level that `level auto` reads in the record, and the class that it then has; `None` when the record tells no
    /// level.
    pub(crate) level: Option<(&'static str, String)>,
    /// The stop event that it is, or those in its envelope.
    pub(crate) stops: Vec<StopEvent>,
    /// The record is the detail of an event without its envelope, which only a queue reads as the event.
    pub(crate) lacks_envelope: bool,
    /// Why an event of ECS makes no report, in words.
    pub(crate) unreported: Option<String>,
}

/// Classifies a record as if it came through Fluent Bit, and the events in its envelope, without classes of the user's
/// own. `None` for what is not a record.
pub(crate) fn classify(record: &Value) -> Option<ClassifiedRecord> {
    let chunk = rmp_serde::to_vec(&(0u64, record)).ok()?;
    let whole = record;
    let text = &whole.to_string();
    let classifier = Classifier::default();
    let mut classified = None;
    decode::records(&chunk, |record| {
        let mut found = ClassifiedRecord {
            class: Class::Other.name().to_owned(),
            level: None,
            stops: Vec::new(),
            lacks_envelope: false,
            unreported: None,
        };
        let provenance = Provenance::new(record, ChunkOrigin::Trusted);
        match classifier.classify(record, &provenance, &envelope::Budget::default()) {
            Classified::Plain(class) => {
                found.class = classifier.name(class).to_owned();
                found.level = level_of(record, &provenance, class);
            }
            Classified::Unvouched(class) | Classified::Recovery(class, _) => {
                found.class = classifier.name(class).to_owned()
            }
            Classified::Stop(_, stop) => found.stops.push(*stop),
            Classified::Envelope(envelope) => {
                found.stops.extend(envelope.events.into_iter().filter_map(stop::read))
            }
        }
        if found.stops.is_empty() {
            found.stops = stops_without_envelope(text);
            found.lacks_envelope = !found.stops.is_empty();
        }
        if !found.stops.is_empty() {
            found.class = Class::Stop.name().to_owned();
            found.level = None;
        } else if found.class == Class::Other.name() {
            found.unreported = why_unreported(whole, text);
        }
        classified = Some(found);
    });
    classified
}

/// What `level auto` with routes for errors and warnings makes of a line of this class, if the line tells its level.
fn level_of(
    record: &Record<'_, '_>,
    provenance: &Provenance<'_>,
    class: Class,
) -> Option<(&'static str, String)> {
    let reader = LevelReader::default();
    let level = reader.read(record)?;
    let rules = LevelRules { mode: LevelMode::Auto(reader), separates_warnings: true };
    let GradedLine { class, .. } = rules.grade(record, provenance, class);
    Some((level.name(), class.name().to_owned()))
}

/// Why the event that the record is, or holds, makes no report.
fn why_unreported(record: &Value, text: &str) -> Option<String> {
    let wrapped = envelope::unwrap_vouched(text).map(|found| found.events).unwrap_or_default();
    std::iter::once(record).chain(&wrapped).find_map(stop::unreported)
}

/// The stops in details that lost their envelopes, as `queue.url` reads them.
fn stops_without_envelope(record: &str) -> Vec<StopEvent> {
    let events = envelope::unwrap_vouched(record).map(|found| found.events);
    events.into_iter().flatten().filter_map(stop::read).collect()
}
