//! `classify`: what the plugin makes of one record.

use out_ecs_router::classify::Classifier;
use out_ecs_router::decode;
use out_ecs_router::stop::StopEvent;
use serde_json::Value;

/// What a record is.
pub(crate) struct Judged {
    /// As `$(class)` calls it.
    pub(crate) class: String,
    /// What it says, when it is a stop event.
    pub(crate) stop: Option<StopEvent>,
}

/// Judges a record as if Fluent Bit had brought it, without classes of the user's own. `None` for what is no record.
pub(crate) fn judge(record: &Value) -> Option<Judged> {
    let chunk = rmp_serde::to_vec(&(0u64, record)).ok()?;
    let classifier = Classifier::default();
    let mut judged = None;
    decode::records(&chunk, |record| {
        let (class, stop) = classifier.class_of(record);
        judged = Some(Judged { class: classifier.name(class).to_owned(), stop });
    });
    judged
}
