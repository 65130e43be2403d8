//! What a destination may see of an entry: the record, and the report of a stop, without what its rules mask.
//!
//! An entry is masked once for all destinations with the same rules, and before anything is made of it, so that neither a
//! name nor a message holds what the record does not. Does not own: what matches (`redact`).

use crate::classify::classes::Entry;
use crate::input::decode;
use crate::redact::{RecordSearch, Redaction, Redactor};
use crate::stop::StopEvent;

/// The masks of one chunk.
pub(super) struct Masking<'p> {
    redaction: &'p Redaction,
    /// By redactor: what it keeps from record to record.
    searches: Vec<RecordSearch>,
    /// By rule: values that were masked.
    counts: Vec<u64>,
}

impl<'p> Masking<'p> {
    pub(super) fn new(redaction: &'p Redaction) -> Self {
        Self {
            redaction,
            searches: vec![RecordSearch::default(); redaction.redactors.len()],
            counts: vec![0; redaction.rules.len()],
        }
    }

    /// Hands the entry to each destination of its route as that may see it.
    pub(super) fn for_each_copy(
        &mut self,
        entry: &Entry<'_, '_, '_>,
        route: &[usize],
        push: &mut dyn FnMut(usize, &Entry<'_, '_, '_>),
    ) {
        let redaction = self.redaction;
        let sees_all = |index: &&usize| redaction.position(**index).is_none();
        route.iter().filter(sees_all).for_each(|index| push(*index, entry));
        for (position, redactor) in redaction.redactors.iter().enumerate() {
            let has_it = |index: &&usize| redaction.position(**index) == Some(position);
            let mut takers = route.iter().filter(has_it).peekable();
            if takers.peek().is_some() {
                self.mask(position, redactor, entry, &mut |entry| {
                    takers.by_ref().for_each(|index| push(*index, entry))
                });
            }
        }
    }

    fn mask(
        &mut self,
        position: usize,
        redactor: &Redactor,
        entry: &Entry<'_, '_, '_>,
        push: &mut dyn FnMut(&Entry<'_, '_, '_>),
    ) {
        let Some(search) = self.searches.get_mut(position) else { return };
        let body = redactor.record(entry.record, search, &mut self.counts);
        let stop = entry.stop.map(|stop| masked_stop(redactor, stop, &mut self.counts));
        let Some(body) = body else { return push(&Entry { stop: stop.as_ref(), ..*entry }) };
        let fields = decode::fields(&body);
        let record = entry.record.rewritten(&fields, &body, search.keeps_run());
        push(&Entry { record: &record, stop: stop.as_ref(), ..*entry });
    }

    /// By rule: values that were masked.
    pub(super) fn into_counts(self) -> Vec<u64> {
        self.counts
    }
}

fn masked_stop(redactor: &Redactor, stop: &StopEvent, counts: &mut [u64]) -> StopEvent {
    let mut masked = stop.clone();
    masked.for_each_text(&mut |text| redactor.mask_string(text, counts));
    masked
}
