//! `classify`: the class of one record, as the plugin finds it.

use ecs_router::classify::classes::{Class, Classified, Classifier};
use ecs_router::classify::provenance::{ChunkOrigin, Provenance};
use ecs_router::envelope;
use ecs_router::input::decode;
use ecs_router::stop::{self, StopEvent};
use serde_json::Value;

/// A record's class and its stop events.
pub(crate) struct ClassifiedRecord {
    /// As `$(class)` calls it.
    pub(crate) class: String,
    /// The stop event that it is, or those in its envelope.
    pub(crate) stops: Vec<StopEvent>,
    /// The record is the detail of an event without its envelope, which only a queue reads as the event.
    pub(crate) lacks_envelope: bool,
}

/// Classifies a record as if it came through Fluent Bit, and the events in its envelope, without classes of the user's
/// own. `None` for what is no record.
pub(crate) fn classify(record: &Value) -> Option<ClassifiedRecord> {
    let chunk = rmp_serde::to_vec(&(0u64, record)).ok()?;
    let text = &record.to_string();
    let classifier = Classifier::default();
    let mut classified = None;
    decode::records(&chunk, |record| {
        let mut found = ClassifiedRecord {
            class: Class::Other.name().to_owned(),
            stops: Vec::new(),
            lacks_envelope: false,
        };
        match classifier.classify(
            record,
            &Provenance::new(record, ChunkOrigin::Trusted),
            &envelope::Budget::default(),
        ) {
            Classified::Plain(class) | Classified::Unvouched(class) | Classified::Recovery(class, _) => {
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
        }
        classified = Some(found);
    });
    classified
}

/// The stops in details that lost their envelopes, as `queue.url` reads them.
fn stops_without_envelope(record: &str) -> Vec<StopEvent> {
    let events = envelope::unwrap_vouched(record).map(|found| found.events);
    events.into_iter().flatten().filter_map(stop::read).collect()
}
