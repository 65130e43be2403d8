//! `modify`: removes, renames and sets fields.

use super::{MARKS, exclude, mark, touched, words};
use crate::check::finding::Finding;
use crate::config::{Section, Setting};

pub(super) fn check(filter: &Section) -> Vec<Finding> {
    filter.settings.iter().filter_map(of_rule).collect()
}

fn of_rule(rule: &Setting) -> Option<Finding> {
    let words = words(rule);
    let first = *words.first()?;
    let second = words.get(1).copied().unwrap_or_default();
    match rule.key.to_ascii_lowercase().as_str() {
        "remove" => removed(rule, mark(first)?),
        "remove_wildcard" => {
            let start = first.trim_end_matches('*');
            removed(rule, MARKS.into_iter().find(|mark| mark.starts_with(start))?)
        }
        "remove_regex" => {
            let regex = regex::Regex::new(first).ok()?;
            removed(rule, MARKS.into_iter().find(|mark| regex.is_match(mark))?)
        }
        "set" => Some(touched(rule, "writes over", mark(first)?, "give the field a name of its own")),
        "rename" => renamed(rule, mark(first)?),
        "hard_rename" => match mark(first) {
            Some(mark) => renamed(rule, mark),
            None => overwritten(rule, mark(second)?),
        },
        "hard_copy" => overwritten(rule, mark(second)?),
        _ => None,
    }
}

fn removed(rule: &Setting, mark: &str) -> Option<Finding> {
    Some(touched(rule, "removes", mark, &exclude(mark)))
}

fn renamed(rule: &Setting, mark: &str) -> Option<Finding> {
    Some(touched(rule, "renames", mark, "leave the line out"))
}

fn overwritten(rule: &Setting, mark: &str) -> Option<Finding> {
    Some(touched(rule, "lets an application's field write over", mark, "give the field a name of its own"))
}
