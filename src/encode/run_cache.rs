//! What record after record repeats, written once.
//!
//! Owns: the JSON of the row of fields that a chunk's records share, copied wherever the row comes again. Does not own:
//! which fields those are (`decode::rows`), or how a field is written; what is copied is what a [`Writer`] wrote.

use std::cell::RefCell;

use crate::input::record::{Field, Record};
use crate::json::Writer;

/// The last row of one destination's records.
#[derive(Debug, Clone, Default)]
pub struct RunCache(RefCell<Known>);

#[derive(Debug, Clone, Default)]
struct Known {
    raw: Vec<u8>,
    json: Vec<u8>,
    /// Whether `json` stands inside of an outer string, and what escaping for that added to it.
    quoted: bool,
    added: usize,
}

impl RunCache {
    /// As [`Writer::record`], which writes the same text.
    #[inline]
    pub fn record<const QUOTED: bool>(
        &self,
        record: &Record<'_, '_>,
        out: &mut Writer<'_, QUOTED>,
        first: impl FnOnce(&mut Writer<'_, QUOTED>) -> bool,
    ) {
        let Some(around) = record.around() else { return out.record(record, first) };
        let mut known = self.0.borrow_mut();
        if known.quoted != QUOTED || known.raw != around.raw {
            known.learn::<QUOTED>(around.raw, around.row);
        }
        out.object(record, |out| {
            let comma = first(out);
            if out.fields(around.head, comma) {
                out.raw(b",");
            }
            out.copy(&known.json, known.added);
            out.fields(around.tail, true);
        });
    }
}

impl Known {
    #[cold]
    fn learn<const QUOTED: bool>(&mut self, raw: &[u8], row: &[Field<'_>]) {
        self.raw.clear();
        self.raw.extend_from_slice(raw);
        self.json.clear();
        let mut writer = Writer::<QUOTED>::new(&mut self.json);
        writer.fields(row, false);
        let inner = writer.inner_len();
        (self.added, self.quoted) = (self.json.len() - inner, QUOTED);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::input::decode;

    /// The records of a chunk, through the refrain and without one: text, and length when unescaped once.
    fn written<const QUOTED: bool>(refrain: &RunCache, records: &[Json]) -> [Vec<(String, usize)>; 2] {
        let chunk: Vec<u8> =
            records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
        [true, false].map(|with| {
            let mut texts = Vec::new();
            decode::records(&chunk, |record| {
                let mut out = Vec::new();
                let mut writer = Writer::<QUOTED>::new(&mut out);
                match with {
                    true => refrain.record(record, &mut writer, |_| false),
                    false => writer.record(record, |_| false),
                }
                let inner = writer.inner_len();
                texts.push((String::from_utf8(out).unwrap(), inner));
            });
            texts
        })
    }

    #[test]
    fn one_refrain_serves_records_of_any_chunk_in_either_form() {
        let refrain = RunCache::default();
        let of = |container: &str| -> Vec<Json> {
            let record =
                |number| json!({"container_id": container.repeat(40), "log": number, "source": "stdout"});
            (0..9).map(record).collect()
        };
        for container in ["a", "b\"", "a"] {
            let [with, without] = written::<true>(&refrain, &of(container));
            assert_eq!(with, without);
            let [with, without] = written::<false>(&refrain, &of(container));
            assert_eq!(with, without);
            assert!(refrain.0.borrow().json.starts_with(b"\"container_id\":"));
        }
    }

    proptest! {
        #[test]
        fn a_refrain_changes_no_byte_and_no_length(
            records in proptest::collection::vec(proptest::collection::btree_map(0usize..4, 0usize..4, 0..4), 1..60)
        ) {
            let names = ["a", "log", "container_id", "\"é"];
            let texts = [json!(""), json!(7), json!("\\\n"), json!("a name of thirty bytes or more \u{1}")];
            let named = |record: &std::collections::BTreeMap<usize, usize>| -> Json {
                record.iter().map(|(&name, &text)| (names[name].to_owned(), texts[text].clone())).collect()
            };
            let records: Vec<Json> = records.iter().map(named).collect();
            let refrain = RunCache::default();
            let [with, without] = written::<false>(&refrain, &records);
            prop_assert_eq!(with, without);
            let [with, without] = written::<true>(&refrain, &records);
            prop_assert_eq!(with, without);
        }
    }
}
