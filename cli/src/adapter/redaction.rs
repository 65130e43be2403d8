//! `redact`: a record without what some rules mask, and how much that was.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ecs_router::config::{Problem, Settings};
use ecs_router::input::decode;
use ecs_router::redact::{RecordSearch, Redaction};
use ecs_router::stop::StopEvent;
use serde_json::Value;

/// Rules by their names, as in the key `redact`.
pub(crate) struct MaskingRules(Redaction);

/// A record as it would leave.
pub(crate) struct MaskedRecord {
    pub(crate) record: Value,
    /// By rule: values that were masked, none of them 0.
    pub(crate) counts: BTreeMap<String, u64>,
}

impl MaskingRules {
    pub(crate) fn read(names: &str) -> Result<Self, Vec<Problem>> {
        let keys = BTreeMap::from([
            ("route.default".to_owned(), "stdout".to_owned()),
            ("redact".to_owned(), names.to_owned()),
        ]);
        let problems = RefCell::new(Vec::new());
        let settings = Settings::read(&keys, &problems);
        let problems = problems.into_inner();
        if problems.is_empty() { Ok(Self(settings.redaction)) } else { Err(problems) }
    }

    /// Masks the record, and its stops.
    pub(crate) fn mask(&self, record: &Value, stops: &mut [StopEvent]) -> MaskedRecord {
        let mut counts = vec![0; self.0.rules.len()];
        let mut masked = record.clone();
        // A JSON value always has a msgpack form.
        let chunk = rmp_serde::to_vec(&(0u64, record)).unwrap_or_default();
        for redactor in &self.0.redactors {
            decode::records(&chunk, |record| {
                let body = redactor.record(record, &mut RecordSearch::default(), &mut counts);
                let body = body.and_then(|body| rmp_serde::from_slice(&body).ok());
                body.into_iter().for_each(|body| masked = body);
            });
            // What a report says is in the record already.
            let mut known = counts.clone();
            for stop in stops.iter_mut() {
                stop.for_each_text(&mut |text| redactor.mask_string(text, &mut known));
            }
        }
        let counts = self.0.rules.iter().cloned().zip(counts).filter(|(_, count)| *count > 0);
        MaskedRecord { record: masked, counts: counts.collect() }
    }
}
