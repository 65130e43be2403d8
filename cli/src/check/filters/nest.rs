//! `nest`: lifts the fields of a map to the top of the record, or moves fields from there into a map.

use super::{MARKS, exclude, touched};
use crate::check::finding::Finding;
use crate::config::{Section, matches};

pub(super) fn check(filter: &Section) -> Vec<Finding> {
    match filter.text("operation").unwrap_or_default().to_ascii_lowercase().as_str() {
        "lift" => lift(filter).into_iter().collect(),
        "nest" => nest(filter),
        _ => Vec::new(),
    }
}

fn lift(filter: &Section) -> Option<Finding> {
    let message = "lifts a map's fields to the top of the record, where an application can give them FireLens's names: \
                   it passes its errors off as output, or writes under another container's name";
    let instead =
        "write Add_prefix app_ in this filter, so that no lifted field is called like one of FireLens's";
    (filter.get("add_prefix").is_none() && !filter.open)
        .then(|| Finding::warn(filter, "Operation", message, instead))
}

/// Reports marks that are moved into a map.
fn nest(filter: &Section) -> Vec<Finding> {
    let wildcards = filter.settings.iter().filter(|setting| setting.key.eq_ignore_ascii_case("wildcard"));
    let moved = wildcards.filter_map(|setting| {
        let pattern = setting.value.text()?;
        let mark = MARKS.into_iter().find(|mark| matches(pattern, mark))?;
        Some(touched(setting, "moves into a map", mark, &exclude(mark)))
    });
    moved.collect()
}
