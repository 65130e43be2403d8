//! The one table of keys: it drives reading, defaults, masking and the reference in the README.
//!
//! Owns: every row, in a file for the output, one for what types share, and one for each type's own; how they are
//! joined and found. Does not own: reading a value (`config::reader`), or what it leads to.

mod cloudwatch;
mod common;
mod datadog;
mod file;
mod firehose;
mod firehose_http;
mod http;
mod kind;
mod newrelic;
mod otlp;
mod output;
mod reference;
mod row;
mod s3;
mod slack;

pub use cloudwatch::RETENTION_DAYS;
pub use datadog::DATADOG_SITES;
pub use kind::DestinationKind;
pub use reference::{reference, reference_of};
pub use row::{Key, KeyForm, Scope};

/// In the order of the reference, which is that of a type's own table as well.
const PARTS: &[&[Key]] = &[
    output::KEYS,
    common::EVERY,
    common::REACHED,
    cloudwatch::KEYS,
    file::KEYS,
    common::SENT,
    s3::KEYS,
    firehose::KEYS,
    newrelic::KEYS,
    datadog::KEYS,
    common::POSTED,
    http::KEYS,
    firehose_http::KEYS,
    slack::KEYS,
    otlp::KEYS,
];

/// Every key there is.
pub const KEYS: &[Key] = &joined::<{ length(PARTS) }>(PARTS);

const fn length(parts: &[&[Key]]) -> usize {
    let (mut length, mut part) = (0, 0);
    while part < parts.len() {
        length += parts[part].len();
        part += 1;
    }
    length
}

/// Loops over positions, for iterators do not run at compile time.
const fn joined<const LENGTH: usize>(parts: &[&[Key]]) -> [Key; LENGTH] {
    let mut all = [parts[0][0]; LENGTH];
    let (mut at, mut part) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            all[at] = parts[part][row];
            at += 1;
            row += 1;
        }
        part += 1;
    }
    all
}

/// What the names of the output's own keys begin with; no destination can be called like that.
pub const GROUPS: [&str; 5] = ["route", "class", "stop", "task_metadata", "queue"];

/// Whether keys `<name>.…` are the output's own.
#[must_use]
pub fn is_group(name: &str) -> bool {
    GROUPS.contains(&name)
}

/// The row of a key of an output (`kind` is `None`) or of a destination of this type.
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
        assert_eq!(written.form, KeyForm::Choice(common::TYPES));
        assert_eq!(names, common::TYPES);
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
    fn names_and_texts_keep_the_house_style() {
        for key in KEYS {
            let plain = |c: char| c.is_ascii_lowercase() || matches!(c, '_' | '.' | '<' | '>');
            assert!(key.name.chars().all(plain), "{}", key.name);
            assert!(key.doc.ends_with('.') && !key.example.is_empty(), "{}", key.name);
        }
    }
}
