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
mod tests {
    use serde_json::{Map, Value as Json, json};

    use crate::input::decode::records;

    const NAMES: [(&str, &str); 3] = [
        ("ecs_cluster", "prod"),
        ("ecs_task_arn", "arn:aws:ecs:eu-west-1:111122223333:task/prod/9531985d5d9dc9f81818e811892f902b"),
        ("ecs_task_definition", "web:42"),
    ];

    /// A chunk of records with these fields, in this order.
    fn chunk<'f>(all: impl IntoIterator<Item = Vec<(&'f str, String)>>) -> Vec<u8> {
        let mut chunk = Vec::new();
        for fields in all {
            chunk.extend([0x92, 7]);
            rmp::encode::write_map_len(&mut chunk, u32::try_from(fields.len()).unwrap()).unwrap();
            for (name, text) in fields {
                rmp::encode::write_str(&mut chunk, name).unwrap();
                rmp::encode::write_str(&mut chunk, &text).unwrap();
            }
        }
        chunk
    }

    /// Each record as it was read, and the names of the fields of its run.
    fn read(chunk: &[u8]) -> Vec<(Json, Vec<String>)> {
        let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap()).into_owned();
        let mut seen = Vec::new();
        let tally = records(chunk, |record| {
            let fields = record.fields.iter();
            let read: Map<_, _> =
                fields.map(|field| (text(field.key.text()), text(field.value.text()).into())).collect();
            let run = record.split_at_run().map(|split| split.run).unwrap_or_default();
            assert_eq!(Json::Object(read.clone()), rmp_serde::from_slice::<Json>(record.body).unwrap());
            seen.push((read.into(), run.iter().map(|field| text(field.key.text())).collect()));
        });
        assert_eq!(tally.fault, None);
        seen
    }

    fn with_names(own: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
        own.into_iter().chain(NAMES.map(|(name, text)| (name, text.to_owned()))).collect()
    }

    #[test]
    fn two_records_show_the_run_of_all_that_follow() {
        let seen = read(&chunk((0..9).map(|number| with_names(vec![("log", number.to_string())]))));
        for (number, (record, run)) in seen.iter().enumerate() {
            assert_eq!(record["log"], json!(number.to_string()));
            let names: &[&str] = if number < 2 { &[] } else { &NAMES.map(|(name, _)| name) };
            assert_eq!(run, names, "record {number}");
        }
    }

    #[test]
    fn the_drivers_own_fields_may_change_places() {
        let own = ["container_id", "container_name", "source", "log"];
        let turned = |turn: usize| {
            let mut fields = own.map(|name| (name, name.repeat(3)));
            fields.swap(0, turn % 4);
            fields.swap(1, turn / 4 % 4);
            with_names(fields.to_vec())
        };
        let seen = read(&chunk((0..100).map(turned)));
        let with_run = seen.iter().filter(|(_, run)| run.ends_with(&["ecs_task_definition".to_owned()]));
        assert!(with_run.count() > 80);
    }

    #[test]
    fn another_container_has_its_own_run() {
        let fields = |at: usize| {
            let container = if at < 100 { "a" } else { "b" };
            vec![("container_id", container.repeat(64)), ("log", at.to_string())]
        };
        let seen = read(&chunk((0..200).map(fields)));
        assert!(seen.iter().skip(110).all(|(_, run)| *run == ["container_id"]));
        assert_eq!(seen[150].0["container_id"], "b".repeat(64));
    }

    #[test]
    fn records_that_share_nothing_are_soon_left_alone() {
        let mut run = super::SharedRun::default();
        let bodies: Vec<Vec<u8>> = (0..5_000)
            .map(|number| rmp_serde::to_vec(&json!({"log": format!("{number:064}")})).unwrap())
            .collect();
        bodies.iter().for_each(|body| run.record_miss(body));
        assert_eq!((run.searches, run.raw.len()), (super::MAX_PAUSE_EXPONENT, 0));
    }

    #[test]
    fn a_run_is_not_read_where_the_map_ends_before_it() {
        let names = chunk((0..3).map(|_| with_names(vec![("log", "x".to_owned())])));
        // A map of one field, and after it, as an entry that is not a record, what would go on as the run does.
        let without_run = [&[0x92, 7, 0x81][..], &chunk([with_names(Vec::new())])[3..]].concat();
        let seen = read_leniently(&[names, without_run].concat());
        assert_eq!(seen, [4, 4, 4, 1]);
    }

    /// How many fields each record has, up to where reading ends.
    fn read_leniently(chunk: &[u8]) -> Vec<usize> {
        let mut seen = Vec::new();
        records(chunk, |record| seen.push(record.fields.len()));
        seen
    }
}
