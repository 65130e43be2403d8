//! Writes what record after record repeats only once.
//!
//! Owns: the JSON of the run of fields that a chunk's records share, copied wherever the run comes again. Does not own:
//! which fields those are (`input::shared_run`), or how a field is written; what is copied is what a [`Writer`] wrote.

use std::cell::RefCell;

use crate::input::record::{Field, Record};
use crate::json::Writer;

/// The last run of one destination's records.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunCache(RefCell<CachedRun>);

#[derive(Debug, Clone, Default)]
struct CachedRun {
    raw: Vec<u8>,
    json: Vec<u8>,
    /// Whether `json` is inside an outer string.
    quoted: bool,
    /// Bytes that escaping for the outer string added to `json`.
    added: usize,
}

impl RunCache {
    /// Writes the same text as [`Writer::record`].
    #[inline]
    pub(crate) fn write_record<const QUOTED: bool>(
        &self,
        record: &Record<'_, '_>,
        out: &mut Writer<'_, QUOTED>,
        first: impl FnOnce(&mut Writer<'_, QUOTED>) -> bool,
    ) {
        let Some(split) = record.split_at_run() else { return out.record(record, first) };
        let mut cached = self.0.borrow_mut();
        if cached.quoted != QUOTED || cached.raw != split.raw {
            cached.update::<QUOTED>(split.raw, split.run);
        }
        out.object(record, |out| {
            let comma = first(out);
            if out.fields(split.before, comma) {
                out.raw(b",");
            }
            out.copy(&cached.json, cached.added);
            out.fields(split.after, true);
        });
    }
}

impl CachedRun {
    #[cold]
    fn update<const QUOTED: bool>(&mut self, raw: &[u8], run: &[Field<'_>]) {
        self.raw.clear();
        self.raw.extend_from_slice(raw);
        self.json.clear();
        let mut writer = Writer::<QUOTED>::new(&mut self.json);
        writer.fields(run, false);
        let inner = writer.inner_len();
        self.added = self.json.len() - inner;
        self.quoted = QUOTED;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::input::decode;

    /// The records of a chunk, through the cache and without it: text, and length when unescaped once.
    fn written<const QUOTED: bool>(cache: &RunCache, records: &[Json]) -> [Vec<(String, usize)>; 2] {
        let chunk: Vec<u8> =
            records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
        [true, false].map(|with| {
            let mut texts = Vec::new();
            decode::records(&chunk, |record| {
                let mut out = Vec::new();
                let mut writer = Writer::<QUOTED>::new(&mut out);
                match with {
                    true => cache.write_record(record, &mut writer, |_| false),
                    false => writer.record(record, |_| false),
                }
                let inner = writer.inner_len();
                texts.push((String::from_utf8(out).unwrap(), inner));
            });
            texts
        })
    }

    #[test]
    fn one_cache_serves_records_of_any_chunk_in_either_form() {
        let cache = RunCache::default();
        let records = |container: &str| -> Vec<Json> {
            let record =
                |number| json!({"container_id": container.repeat(40), "log": number, "source": "stdout"});
            (0..9).map(record).collect()
        };
        for container in ["a", "b\"", "a"] {
            let [with, without] = written::<true>(&cache, &records(container));
            assert_eq!(with, without);
            let [with, without] = written::<false>(&cache, &records(container));
            assert_eq!(with, without);
            assert!(cache.0.borrow().json.starts_with(b"\"container_id\":"));
        }
    }

    proptest! {
        #[test]
        fn a_cache_changes_no_byte_and_no_length(
            records in proptest::collection::vec(proptest::collection::btree_map(0usize..4, 0usize..4, 0..4), 1..60)
        ) {
            let names = ["a", "log", "container_id", "\"é"];
            let texts = [json!(""), json!(7), json!("\\\n"), json!("a name of thirty bytes or more \u{1}")];
            let named = |record: &std::collections::BTreeMap<usize, usize>| -> Json {
                record.iter().map(|(&name, &text)| (names[name].to_owned(), texts[text].clone())).collect()
            };
            let records: Vec<Json> = records.iter().map(named).collect();
            let cache = RunCache::default();
            let [with, without] = written::<false>(&cache, &records);
            prop_assert_eq!(with, without);
            let [with, without] = written::<true>(&cache, &records);
            prop_assert_eq!(with, without);
        }
    }
}
