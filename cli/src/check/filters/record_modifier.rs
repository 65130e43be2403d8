//! `record_modifier`: adds fields, removes some, or keeps only some.

use super::{MARKS, exclude, loss, mark, touched, words};
use crate::check::finding::Finding;
use crate::config::{Section, Setting};

pub(super) fn check(filter: &Section) -> Vec<Finding> {
    filter.settings.iter().filter_map(of_rule).chain(not_allowed(filter)).collect()
}

fn of_rule(rule: &Setting) -> Option<Finding> {
    let mark = mark(words(rule).first()?)?;
    match rule.key.to_ascii_lowercase().as_str() {
        "remove_key" => Some(touched(rule, "removes", mark, &exclude(mark))),
        "record" => Some(touched(rule, "writes over", mark, "give the field a name of its own")),
        _ => None,
    }
}

/// Reports a list of allowed keys without the marks.
fn not_allowed(filter: &Section) -> Option<Finding> {
    let is_list = |rule: &&Setting| {
        ["allowlist_key", "whitelist_key"].iter().any(|name| rule.key.eq_ignore_ascii_case(name))
    };
    let rules: Vec<&Setting> = filter.settings.iter().filter(is_list).collect();
    let first = *rules.first()?;
    let is_allowed =
        |mark: &&str| rules.iter().any(|rule| rule.value.text().is_none_or(|text| text == *mark));
    let missing: Vec<&str> = MARKS.into_iter().filter(|mark| !is_allowed(mark)).collect();
    let lost = missing.first()?;
    let message = format!("removes {}, FireLens's own: {}", missing.join(", "), loss(lost));
    Some(Finding::warn_of(first, message, format!("allow {} as well", missing.join(", "))))
}
