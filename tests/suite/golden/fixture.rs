//! The records of `tests/fixtures/records`.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::router::TAG;
use test_support::record::event;

/// One fixture.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) records: Vec<(i64, Value)>,
    pub(crate) tag: String,
    pub(crate) keys: Vec<(String, String)>,
}

/// All of them, by name.
pub(crate) fn all() -> Vec<Case> {
    super::on_file::files(&folder(), "json").iter().map(|path| read(path)).collect()
}

/// The one of this name.
pub(crate) fn named(name: &str) -> Case {
    read(&folder().join(name).with_extension("json"))
}

fn read(path: &Path) -> Case {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let json: Value =
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let pairs = json["keys"].as_object().into_iter().flatten();
    Case {
        name: super::on_file::stem(path),
        records: json["records"].as_array().expect("records").iter().map(record).collect(),
        tag: json["tag"].as_str().unwrap_or(TAG).to_owned(),
        keys: pairs.map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned())).collect(),
    }
}

/// A record written out, or an event of `tests/fixtures/events`.
fn record(json: &Value) -> (i64, Value) {
    let record = json["event"].as_str().map_or_else(|| json["record"].clone(), event);
    (json["time_ms"].as_i64().expect("time_ms"), record)
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records")
}
