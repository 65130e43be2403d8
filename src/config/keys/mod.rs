//! The one table of keys: it drives reading, defaults, masking and the reference in docs/keys.md.
//!
//! Owns: every key, in a file for the output, one for what types of destination share, and one for each type's own; how
//! they are joined and found. Does not own: reading a value (`config::reader`), or what it leads to.

mod auth;
mod channel;
mod cloudwatch;
mod common;
mod datadog;
mod eventbridge;
mod file;
mod firehose;
mod http;
mod incident;
mod join;
mod key;
mod kind;
mod kinesis;
mod limit;
mod metrics;
mod newrelic;
mod otlp;
mod output;
mod recorder;
mod redact;
mod reference;
mod s3;
mod sns;

pub use cloudwatch::RETENTION_DAYS;
pub use datadog::DATADOG_SITES;
pub use key::{Key, KeyForm, Scope};
pub use kind::DestinationKind;
pub use reference::{reference, reference_for};

/// In the order of the reference.
const TABLES: &[&[Key]] = &[
    output::KEYS,
    join::KEYS,
    limit::KEYS,
    redact::KEYS,
    recorder::KEYS,
    incident::KEYS,
    metrics::KEYS,
    common::COMMON_KEYS,
    common::NETWORK_KEYS,
    cloudwatch::KEYS,
    file::KEYS,
    common::NAME_KEYS,
    common::SENDING_KEYS,
    s3::KEYS,
    firehose::FIREHOSE_KEYS,
    kinesis::KEYS,
    newrelic::KEYS,
    datadog::KEYS,
    common::POST_KEYS,
    http::KEYS,
    auth::KEYS,
    firehose::FIREHOSE_HTTP_KEYS,
    channel::KEYS,
    sns::KEYS,
    eventbridge::KEYS,
    otlp::KEYS,
];

/// Every key.
pub const KEYS: &[Key] = &concat::<{ total_len(TABLES) }>(TABLES);

const fn total_len(tables: &[&[Key]]) -> usize {
    let mut length = 0;
    let mut table = 0;
    while table < tables.len() {
        length += tables[table].len();
        table += 1;
    }
    length
}

/// Loops over positions, for iterators do not run at compile time.
const fn concat<const LENGTH: usize>(tables: &[&[Key]]) -> [Key; LENGTH] {
    let mut all = [tables[0][0]; LENGTH];
    let mut at = 0;
    let mut table = 0;
    while table < tables.len() {
        let mut row = 0;
        while row < tables[table].len() {
            all[at] = tables[table][row];
            at += 1;
            row += 1;
        }
        table += 1;
    }
    all
}

/// First parts of the names of the output's own keys; no destination can have such a name.
pub const OUTPUT_KEY_GROUPS: [&str; 13] = [
    "route",
    "class",
    "level",
    "join",
    "limit",
    "sample",
    "redact",
    "recorder",
    "stop",
    "incident",
    "metrics",
    "task_metadata",
    "queue",
];

/// Whether keys `<name>.…` are the output's own.
#[must_use]
pub fn is_group(name: &str) -> bool {
    OUTPUT_KEY_GROUPS.contains(&name)
}

/// Finds a key of an output (`kind` is `None`) or of a destination of this type.
#[must_use]
pub fn find(kind: Option<DestinationKind>, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name && key.applies_to(kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_can_be_written() {
        let written = find(Some(DestinationKind::File), "type").unwrap();
        let names: Vec<_> = DestinationKind::ALL.into_iter().map(DestinationKind::name).collect();
        assert_eq!(written.form, KeyForm::Choice(common::TYPE_NAMES));
        assert_eq!(names, common::TYPE_NAMES);
    }

    #[test]
    fn no_key_stands_twice_for_one_type() {
        for kind in DestinationKind::ALL.into_iter().map(Some).chain([None]) {
            let mut names: Vec<_> =
                KEYS.iter().filter(|key| key.applies_to(kind)).map(|key| key.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{kind:?}");
        }
    }

    #[test]
    fn every_group_is_known() {
        let grouped =
            KEYS.iter().filter(|key| key.scope == Scope::Output).filter_map(|key| key.name.split_once('.'));
        assert!(grouped.map(|(group, _)| group).all(is_group));
    }

    #[test]
    fn names_and_texts_keep_one_style() {
        for key in KEYS {
            let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '.' | '<' | '>');
            assert!(key.name.chars().all(plain), "{}", key.name);
            assert!(key.doc.ends_with('.') && !key.example.is_empty(), "{}", key.name);
        }
    }
}
