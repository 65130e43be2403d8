//! What record after record repeats, escaped once.
//!
//! FireLens writes the names of the container and the task into every record: two thirds of its bytes, and the same as
//! in the record before. Owns: finding the longest row of neighbouring fields that two records in a row share, and its
//! JSON, which is copied wherever the row comes again. Does not own: how a field is written; what is copied is what a
//! [`Writer`] wrote.
//!
//! The row may stand anywhere in a record: Docker's fluentd driver writes its own four fields in a different order each
//! time (a Go map), and FireLens's fields after them in the same.

use std::cell::RefCell;

use super::Writer;
use crate::record::{Field, Record, Value};

/// A row of fewer bytes is written as quickly as it is found.
const SHORT: usize = 32;

/// A field of more bytes is no name, and not kept.
const LONG: usize = 1 << 10;

/// Records without the row before another one is looked for.
const PATIENCE: u32 = 4;

/// Records with it that make up for looking in vain before.
const WORTH: u32 = 64;

/// Looking in vain doubles the records until the next look, up to 2 to this.
const LONGEST_PAUSE: u32 = 10;

/// The row of one destination's records.
#[derive(Debug, Clone, Default)]
pub struct Refrain(RefCell<State>);

#[derive(Debug, Clone, Default)]
struct State {
    row: Vec<Pair>,
    json: Vec<u8>,
    /// What escaping for an outer string added to `json`.
    added: usize,
    /// Whether `json` stands inside of an outer string.
    quoted: bool,
    hits: u32,
    misses: u32,
    /// The record before, while a row is looked for; `None` stands for a field that cannot be part of one.
    before: Vec<Option<Pair>>,
    looks: u32,
    pause: u32,
}

/// A field whose name and value are text.
#[derive(Debug, Clone)]
struct Pair {
    name: Vec<u8>,
    text: Vec<u8>,
}

impl Pair {
    fn of(field: &Field<'_>) -> Option<Self> {
        match (field.key, field.value) {
            (Value::Text(name), Value::Text(text)) if name.len() + text.len() <= LONG => {
                Some(Self { name: name.to_vec(), text: text.to_vec() })
            }
            _ => None,
        }
    }

    #[inline]
    fn is(&self, field: &Field<'_>) -> bool {
        match (field.key, field.value) {
            (Value::Text(name), Value::Text(text)) => text == self.text && name == self.name,
            _ => false,
        }
    }

    fn len(&self) -> usize {
        self.name.len() + self.text.len()
    }
}

impl Refrain {
    /// As [`Writer::record`], which writes the same text.
    #[inline]
    pub fn record<const QUOTED: bool>(
        &self,
        record: &Record<'_, '_>,
        out: &mut Writer<'_, QUOTED>,
        first: impl FnOnce(&mut Writer<'_, QUOTED>) -> bool,
    ) {
        let mut state = self.0.borrow_mut();
        let Some((head, tail)) = state.around(QUOTED, record.fields) else {
            state.look::<QUOTED>(record.fields);
            return out.record(record, first);
        };
        (state.hits, state.misses) = (state.hits.saturating_add(1), 0);
        out.object(record, |out| {
            let comma = first(out);
            if out.fields(head, comma) {
                out.raw(b",");
            }
            out.copy(&state.json, state.added);
            out.fields(tail, true);
        });
    }
}

impl State {
    /// The fields before and after the row, where it stands among these.
    #[inline]
    fn around<'f, 'c>(
        &self,
        quoted: bool,
        fields: &'f [Field<'c>],
    ) -> Option<(&'f [Field<'c>], &'f [Field<'c>])> {
        let (first, rest) = self.row.split_first().filter(|_| self.quoted == quoted)?;
        let (head, at) = fields.split_at(fields.iter().position(|field| first.is(field))?);
        let (row, tail) = at.split_at_checked(self.row.len())?;
        rest.iter().zip(row.iter().skip(1)).all(|(pair, field)| pair.is(field)).then_some((head, tail))
    }

    /// The row was not there: after a few such records another one is looked for in two that follow each other.
    #[cold]
    fn look<const QUOTED: bool>(&mut self, fields: &[Field<'_>]) {
        self.misses += 1;
        let patience = if self.row.is_empty() { 0 } else { PATIENCE };
        if self.misses <= patience.max(self.pause) {
            return;
        }
        if self.before.is_empty() {
            self.before = fields.iter().map(Pair::of).collect();
            return;
        }
        let row = longest_row(&std::mem::take(&mut self.before), fields);
        self.looks = if self.hits >= WORTH { 0 } else { LONGEST_PAUSE.min(self.looks + 1) };
        (self.hits, self.misses, self.pause) = (0, 0, 1 << self.looks);
        if !row.is_empty() {
            self.learn::<QUOTED>(row);
        }
    }

    fn learn<const QUOTED: bool>(&mut self, row: &[Field<'_>]) {
        self.row = row.iter().filter_map(Pair::of).collect();
        self.json.clear();
        let mut writer = Writer::<QUOTED>::new(&mut self.json);
        writer.fields(row, false);
        let inner = writer.inner_len();
        (self.added, self.quoted) = (self.json.len() - inner, QUOTED);
    }
}

/// The neighbouring fields of most bytes that stand where they stood before; none when that is not enough.
fn longest_row<'f, 'c>(before: &[Option<Pair>], fields: &'f [Field<'c>]) -> &'f [Field<'c>] {
    let (mut longest, mut most) = (0..0, SHORT - 1);
    let (mut start, mut bytes) = (0, 0);
    for (at, (pair, field)) in before.iter().zip(fields).enumerate() {
        match pair.as_ref().filter(|pair| pair.is(field)) {
            Some(pair) => bytes += pair.len(),
            None => (start, bytes) = (at + 1, 0),
        }
        if bytes > most {
            (longest, most) = (start..at + 1, bytes);
        }
    }
    fields.get(longest).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::decode;

    /// The fields of these records, through the same refrain and without one.
    fn written<const QUOTED: bool>(refrain: &Refrain, fields: &[(&str, &str)]) -> [(String, usize); 2] {
        let mut body = Vec::new();
        rmp::encode::write_map_len(&mut body, u32::try_from(fields.len()).unwrap()).unwrap();
        for (name, text) in fields {
            rmp::encode::write_str(&mut body, name).unwrap();
            rmp::encode::write_str(&mut body, text).unwrap();
        }
        let fields = decode::fields(&body);
        let record = Record { time: crate::record::Timestamp::default(), fields: &fields, body: &body };
        [true, false].map(|with| {
            let mut out = Vec::new();
            let mut writer = Writer::<QUOTED>::new(&mut out);
            match with {
                true => refrain.record(&record, &mut writer, |_| false),
                false => writer.record(&record, |_| false),
            }
            let inner = writer.inner_len();
            (String::from_utf8(out).unwrap(), inner)
        })
    }

    fn hits(refrain: &Refrain) -> u32 {
        refrain.0.borrow().hits
    }

    const ID: (&str, &str) =
        ("container_id", "d23f0824128b2f330c5c7fd0a6a3a4506513270e269e0d37f2a74de452e6b438");
    const NAME: (&str, &str) = ("container_name", "/ecs-web-42-\"app\"-c8d2a1");
    const TASK: [(&str, &str); 3] = [
        ("ecs_cluster", "prod"),
        ("ecs_task_arn", "arn:aws:ecs:eu-west-1:111122223333:task/prod/9531985d5d9dc9f81818e811892f902b"),
        ("ecs_task_definition", "web:42"),
    ];

    #[test]
    fn what_comes_again_is_copied_from_the_third_record_on() {
        let refrain = Refrain::default();
        for number in 0..10 {
            let log = number.to_string();
            let [with, without] =
                written::<true>(&refrain, &[&[ID, NAME], &TASK[..], &[("log", &log)]].concat());
            assert_eq!(with, without);
        }
        assert_eq!(hits(&refrain), 8);
    }

    #[test]
    fn the_drivers_fields_may_change_places() {
        let refrain = Refrain::default();
        let own = [ID, NAME, ("source", "stdout"), ("log", "line")];
        for turn in 0..100 {
            let mut fields = own.to_vec();
            fields.swap(0, turn % 4);
            fields.swap(1, turn / 4 % 4);
            let [with, without] = written::<false>(&refrain, &[&fields, &TASK[..]].concat());
            assert_eq!(with, without);
        }
        assert!(hits(&refrain) > 80, "{}", hits(&refrain));
    }

    #[test]
    fn another_container_is_learned_and_records_without_a_row_are_soon_left_alone() {
        let refrain = Refrain::default();
        let tell = |id: &str| {
            let [with, without] = written::<false>(&refrain, &[("container_id", id), NAME, ("log", "x")]);
            assert_eq!(with, without);
        };
        (0..100).for_each(|_| tell("a"));
        (0..100).for_each(|_| tell("b"));
        assert!(hits(&refrain) > 80, "{}", hits(&refrain));
        for number in 0..5_000 {
            written::<false>(&refrain, &[("log", &format!("{number:064}"))]);
        }
        assert_eq!(refrain.0.borrow().looks, LONGEST_PAUSE);
    }

    proptest! {
        #[test]
        fn a_refrain_changes_no_byte_and_no_length(
            records in proptest::collection::vec(proptest::collection::vec((0usize..4, 0usize..4), 0..6), 1..60)
        ) {
            let (names, texts) = (["a", "log", "container_id", "\"é"], ["", "x", "\\\n", "a name of thirty bytes or more \u{1}"]);
            let (plain, quoted) = (Refrain::default(), Refrain::default());
            let both = Refrain::default();
            for record in &records {
                let fields: Vec<_> = record.iter().map(|&(name, text)| (names[name], texts[text])).collect();
                for [with, without] in [
                    written::<false>(&plain, &fields), written::<true>(&quoted, &fields),
                    written::<false>(&both, &fields), written::<true>(&both, &fields),
                ] {
                    prop_assert_eq!(with, without);
                }
            }
        }
    }
}
