//! Which fields record after record repeats.
//!
//! FireLens writes the names of the container and the task into every record: two thirds of its bytes, and equal to those
//! of the record before. Owns: finding the longest run of neighbouring fields that two records of a chunk share, so that
//! it is read once; `encode::run_cache` then writes it once. Does not own: how a field is read.
//!
//! The run may be anywhere in a record: Docker's fluentd driver writes its own four fields in a different order each
//! time (a Go map), and FireLens's fields after them always in the same.

use std::ops::Range;

use super::distinct::{KeyBits, has_key};
use super::msgpack::MsgpackReader;
use super::record::Field;

/// A run of fewer bytes is read as quickly as it is compared.
const MIN_RUN_BYTES: usize = 32;

/// A field of more bytes is not a name.
const MAX_FIELD_BYTES: usize = 1 << 10;

/// Fields of a record that are searched for a run.
const MAX_SEARCHED_FIELDS: usize = 64;

/// Records without the run before another one is looked for.
const MISSES_BEFORE_SEARCH: u32 = 4;

/// Records with the run that make up for earlier searches in vain.
const HITS_TO_RESET_PAUSE: u32 = 64;

/// Each search in vain doubles the records until the next, up to 2 to the power of this.
const MAX_PAUSE_EXPONENT: u32 = 10;

/// The run of one chunk, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct SharedRun<'a> {
    /// The run as it is in the chunk; empty while none is known.
    pub(super) raw: &'a [u8],
    /// Their keys differ from each other.
    pub(super) fields: Vec<Field<'a>>,
    pub(super) keys: KeyBits,
    hits: u32,
    misses: u32,
    /// The body of the previous record, while a run is looked for.
    previous: Option<&'a [u8]>,
    /// Searches in vain, at most [`MAX_PAUSE_EXPONENT`].
    searches: u32,
    /// Records without the run until the next search.
    pause: u32,
}

impl<'a> SharedRun<'a> {
    /// Whether `rest` starts with the run. The first eight bytes tell nearly every other field apart.
    #[inline]
    pub(super) fn starts(&self, rest: &[u8]) -> bool {
        match (rest.first_chunk::<8>(), self.raw.first_chunk()) {
            (Some(here), Some(run)) => here == run && rest.starts_with(self.raw),
            _ => false,
        }
    }

    #[inline]
    pub(super) fn record_hit(&mut self) {
        self.hits = self.hits.saturating_add(1);
        self.misses = 0;
    }

    /// Notes a record without the run: after a few of those, two records that follow each other are searched for another.
    pub(super) fn record_miss(&mut self, body: &'a [u8]) {
        self.misses += 1;
        let tolerated = if self.raw.is_empty() { 0 } else { MISSES_BEFORE_SEARCH };
        if self.misses <= tolerated.max(self.pause) {
            return;
        }
        let Some(previous) = self.previous.take() else {
            self.previous = Some(body);
            return;
        };
        self.searches =
            if self.hits >= HITS_TO_RESET_PAUSE { 0 } else { MAX_PAUSE_EXPONENT.min(self.searches + 1) };
        self.pause = 1 << self.searches;
        self.hits = 0;
        self.misses = 0;
        self.learn(&Layout::new(previous), &Layout::new(body));
    }

    /// Takes the neighbouring fields of most bytes that both records have at the same positions.
    fn learn(&mut self, previous: &Layout<'a>, layout: &Layout<'a>) {
        let mut longest = 0..0;
        let mut longest_bytes = MIN_RUN_BYTES - 1;
        let mut start = 0;
        let mut bytes = 0;
        for at in 0..layout.fields.len() {
            let field = layout.raw(at..at + 1).filter(|field| field.len() <= MAX_FIELD_BYTES);
            let is_shared =
                |field: &&[u8]| previous.raw(at..at + 1) == Some(field) && !layout.repeats(start, at);
            match field.filter(is_shared) {
                Some(field) => bytes += field.len(),
                None => {
                    start = at + 1;
                    bytes = 0;
                }
            }
            if bytes > longest_bytes {
                longest = start..at + 1;
                longest_bytes = bytes;
            }
        }
        if let (Some(raw), Some(fields)) = (layout.raw(longest.clone()), layout.fields.get(longest))
            && !fields.is_empty()
        {
            self.raw = raw;
            self.fields = fields.to_vec();
            self.keys = KeyBits::of_fields(fields);
        }
    }
}

/// Where the fields of a record are in its body.
struct Layout<'a> {
    body: &'a [u8],
    fields: Vec<Field<'a>>,
    /// Field `n` is between edges `n` and `n + 1`.
    edges: Vec<usize>,
}

impl<'a> Layout<'a> {
    fn new(body: &'a [u8]) -> Self {
        let mut reader = MsgpackReader::new(body);
        let count = reader.map_header().ok().flatten().unwrap_or_default();
        let mut fields = Vec::new();
        let mut edges = vec![reader.position()];
        for _ in 0..MAX_SEARCHED_FIELDS.min(count as usize) {
            let (Ok(key), Ok(value)) = (reader.value(), reader.value()) else { break };
            fields.push(Field { key, value });
            edges.push(reader.position());
        }
        Self { body, fields, edges }
    }

    /// Whether the key of a field comes before it too, from `start` on.
    fn repeats(&self, start: usize, at: usize) -> bool {
        match (self.fields.get(start..at), self.fields.get(at)) {
            (Some(earlier), Some(field)) => has_key(earlier, field.key),
            _ => false,
        }
    }

    fn raw(&self, fields: Range<usize>) -> Option<&'a [u8]> {
        self.body.get(*self.edges.get(fields.start)?..*self.edges.get(fields.end)?)
    }
}

#[cfg(test)]
mod tests;
