//! `classify`: what the plugin makes of one record.

use ecs_router::classify::classes::{Class, Classified, Classifier};
use ecs_router::input::decode;
use ecs_router::stop::{self, StopEvent};
use serde_json::Value;

/// What a record is.
pub(crate) struct Judged {
    /// As `$(class)` calls it.
    pub(crate) class: String,
    /// What it says, when it is a stop event; several when it carries them.
    pub(crate) stops: Vec<StopEvent>,
}

/// Judges a record as if Fluent Bit had brought it, and what it carries, without classes of the user's own. `None` for what is no record.
pub(crate) fn judge(record: &Value) -> Option<Judged> {
    let chunk = rmp_serde::to_vec(&(0u64, record)).ok()?;
    let classifier = Classifier::default();
    let mut judged = None;
    decode::records(&chunk, |record| {
        let mut found = Judged { class: Class::Other.name().to_owned(), stops: Vec::new() };
        match classifier.classify(record) {
            Classified::Plain(class) => found.class = classifier.name(class).to_owned(),
            Classified::Stop(_, stop) => found.stops.push(*stop),
            Classified::Envelope(carried) => {
                found.stops.extend(carried.events.into_iter().filter_map(stop::read))
            }
        }
        if !found.stops.is_empty() {
            found.class = Class::Stop.name().to_owned();
        }
        judged = Some(found);
    });
    judged
}
