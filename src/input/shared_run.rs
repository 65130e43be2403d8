//! Which fields record after record repeats.
//!
//! FireLens writes the names of the container and the task into every record: two thirds of its bytes, and the same as
//! in the record before. Owns: finding the longest row of neighbouring fields that two records of a chunk share, so that
//! it is read once; `json::Refrain` then writes it once. Does not own: how a field is read.
//!
//! The row may stand anywhere in a record: Docker's fluentd driver writes its own four fields in a different order each
//! time (a Go map), and FireLens's fields after them always in the same.

use super::decode::MsgpackReader;
use super::record::Field;

/// A row of fewer bytes is read as quickly as it is compared.
const SHORT: usize = 32;

/// A field of more bytes is no name.
const LONG: usize = 1 << 10;

/// Fields that are looked at in search of a row.
const FIELDS: usize = 64;

/// Records without the row before another one is looked for.
const PATIENCE: u32 = 4;

/// Records with the row that make up for looking in vain.
const WORTH: u32 = 64;

/// Looking again doubles the records until the next look, up to 2 to this.
const LONGEST_PAUSE: u32 = 10;

/// The row of one chunk, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct SharedRun<'a> {
    /// The row as it stands in the chunk; empty without one.
    pub(super) raw: &'a [u8],
    pub(super) fields: Vec<Field<'a>>,
    hits: u32,
    misses: u32,
    /// The body of the record before, while a row is looked for.
    before: Option<&'a [u8]>,
    looks: u32,
    pause: u32,
}

impl<'a> SharedRun<'a> {
    /// Whether the row stands at the beginning of `rest`. Its first eight bytes tell nearly every other field apart.
    #[inline]
    pub(super) fn is_at(&self, rest: &[u8]) -> bool {
        match (rest.first_chunk::<8>(), self.raw.first_chunk()) {
            (Some(here), Some(row)) => here == row && rest.starts_with(self.raw),
            _ => false,
        }
    }

    /// A record had it.
    #[inline]
    pub(super) fn met(&mut self) {
        (self.hits, self.misses) = (self.hits.saturating_add(1), 0);
    }

    /// A record did not: after a few of those another row is looked for in two records that follow each other.
    pub(super) fn missed(&mut self, body: &'a [u8]) {
        self.misses += 1;
        let patience = if self.raw.is_empty() { 0 } else { PATIENCE };
        if self.misses <= patience.max(self.pause) {
            return;
        }
        let Some(before) = self.before.take() else {
            self.before = Some(body);
            return;
        };
        self.looks = if self.hits >= WORTH { 0 } else { LONGEST_PAUSE.min(self.looks + 1) };
        (self.hits, self.misses, self.pause) = (0, 0, 1 << self.looks);
        self.learn(&Layout::new(before), &Layout::new(body));
    }

    /// Takes the neighbouring fields of most bytes that stand in both, at the same places.
    fn learn(&mut self, before: &Layout<'a>, layout: &Layout<'a>) {
        let (mut longest, mut most) = (0..0, SHORT - 1);
        let (mut start, mut bytes) = (0, 0);
        for at in 0..layout.fields.len() {
            let field = layout.raw(at..at + 1).filter(|field| field.len() <= LONG);
            match field.filter(|field| before.raw(at..at + 1) == Some(field)) {
                Some(field) => bytes += field.len(),
                None => (start, bytes) = (at + 1, 0),
            }
            if bytes > most {
                (longest, most) = (start..at + 1, bytes);
            }
        }
        if let (Some(raw), Some(fields)) = (layout.raw(longest.clone()), layout.fields.get(longest))
            && !fields.is_empty()
        {
            self.raw = raw;
            self.fields = fields.to_vec();
        }
    }
}

/// Where the fields of a record stand in its body.
struct Layout<'a> {
    body: &'a [u8],
    fields: Vec<Field<'a>>,
    /// Field `n` stands between edges `n` and `n + 1`.
    edges: Vec<usize>,
}

impl<'a> Layout<'a> {
    fn new(body: &'a [u8]) -> Self {
        let mut reader = MsgpackReader { bytes: body, at: 0 };
        let count = reader.map_header().ok().flatten().unwrap_or_default();
        let (mut fields, mut edges) = (Vec::new(), vec![reader.at]);
        for _ in 0..FIELDS.min(count as usize) {
            let (Ok(key), Ok(value)) = (reader.value(), reader.value()) else { break };
            fields.push(Field { key, value });
            edges.push(reader.at);
        }
        Self { body, fields, edges }
    }

    fn raw(&self, fields: std::ops::Range<usize>) -> Option<&'a [u8]> {
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

    /// Each record as it was read, and the names of the fields of its row.
    fn read(chunk: &[u8]) -> Vec<(Json, Vec<String>)> {
        let text = |bytes: Option<&[u8]>| String::from_utf8_lossy(bytes.unwrap()).into_owned();
        let mut seen = Vec::new();
        let tally = records(chunk, |record| {
            let fields = record.fields.iter();
            let read: Map<_, _> =
                fields.map(|field| (text(field.key.text()), text(field.value.text()).into())).collect();
            let row = record.around().map(|around| around.row).unwrap_or_default();
            assert_eq!(Json::Object(read.clone()), rmp_serde::from_slice::<Json>(record.body).unwrap());
            seen.push((read.into(), row.iter().map(|field| text(field.key.text())).collect()));
        });
        assert_eq!(tally.fault, None);
        seen
    }

    fn with_names(own: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
        own.into_iter().chain(NAMES.map(|(name, text)| (name, text.to_owned()))).collect()
    }

    #[test]
    fn two_records_show_the_row_of_all_that_follow() {
        let seen = read(&chunk((0..9).map(|number| with_names(vec![("log", number.to_string())]))));
        for (number, (record, row)) in seen.iter().enumerate() {
            assert_eq!(record["log"], json!(number.to_string()));
            let names: &[&str] = if number < 2 { &[] } else { &NAMES.map(|(name, _)| name) };
            assert_eq!(row, names, "record {number}");
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
        let with_row = seen.iter().filter(|(_, row)| row.ends_with(&["ecs_task_definition".to_owned()]));
        assert!(with_row.count() > 80);
    }

    #[test]
    fn another_container_has_its_own_row() {
        let of = |at: usize| {
            let container = if at < 100 { "a" } else { "b" };
            vec![("container_id", container.repeat(64)), ("log", at.to_string())]
        };
        let seen = read(&chunk((0..200).map(of)));
        assert!(seen.iter().skip(110).all(|(_, row)| *row == ["container_id"]));
        assert_eq!(seen[150].0["container_id"], "b".repeat(64));
    }

    #[test]
    fn records_that_share_nothing_are_soon_left_alone() {
        let mut rows = super::SharedRun::default();
        let bodies: Vec<Vec<u8>> = (0..5_000)
            .map(|number| rmp_serde::to_vec(&json!({"log": format!("{number:064}")})).unwrap())
            .collect();
        bodies.iter().for_each(|body| rows.missed(body));
        assert_eq!((rows.looks, rows.raw.len()), (super::LONGEST_PAUSE, 0));
    }

    #[test]
    fn a_row_is_not_read_where_the_map_ends_before_it() {
        let names = chunk((0..3).map(|_| with_names(vec![("log", "x".to_owned())])));
        // A map of one field, and behind it, as an entry that is no record, what would go on as the row does.
        let row_less = [&[0x92, 7, 0x81][..], &chunk([with_names(Vec::new())])[3..]].concat();
        let seen = read_leniently(&[names, row_less].concat());
        assert_eq!(seen, [4, 4, 4, 1]);
    }

    /// How many fields each record has, up to where reading ends.
    fn read_leniently(chunk: &[u8]) -> Vec<usize> {
        let mut seen = Vec::new();
        records(chunk, |record| seen.push(record.fields.len()));
        seen
    }
}
