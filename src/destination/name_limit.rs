//! How many new names a destination may use in a minute, for those that make something of each name.

use crate::config::KeyReader;

/// The limit, and what names are made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NameLimit {
    /// New names a minute; `None` is no limit.
    pub per_minute: Option<u64>,
    /// The keys that names are made from, as the user wrote them.
    pub templates: String,
}

impl NameLimit {
    /// Reads the limit of the destination `name`, whose names are made from these keys.
    pub(super) fn read(name: &str, reader: &KeyReader<'_>, keys: &[&str]) -> Self {
        let written = |key: &&str| format!("{name}.{key} {}", reader.text(key).unwrap_or_default());
        let per_minute = Some(reader.number("name_limit")).filter(|limit| *limit > 0);
        Self { per_minute, templates: keys.iter().map(written).collect::<Vec<_>>().join(", ") }
    }
}
