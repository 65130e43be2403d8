//! `rewrite_tag`: gives records another tag, by which the plugin no longer knows that an application wrote them.

use super::words;
use crate::check::finding::Finding;
use crate::check::given_tags::as_pattern;
use crate::check::tags;
use crate::config::{Configuration, Section, Setting};

pub(super) fn check(filter: &Section, configuration: &Configuration) -> Vec<Finding> {
    let rules = filter.settings.iter().filter(|setting| setting.key.eq_ignore_ascii_case("rule"));
    rules.filter_map(|rule| of_rule(rule, configuration)).collect()
}

/// `Rule $log ^ERROR errors.web false`: the tag comes before the last word.
fn of_rule(rule: &Setting, configuration: &Configuration) -> Option<Finding> {
    let tag = *words(rule).iter().rev().nth(1)?;
    let mut outputs = configuration.ours();
    let arrives = outputs.any(|output| tags::intersect(&[&as_pattern(tag), tags::pattern(output)]));
    if !arrives || keeps_shape(tag) {
        return None;
    }
    let message = format!(
        "gives lines of applications the tag {tag}, which no longer says that FireLens brought them: under a tag that \
         stop.trusted_tags names, an application could forge stops"
    );
    Some(Finding::warn_of(rule, message, format!("write a tag that holds the old one: {}.$TAG", stem(tag))))
}

/// Whether `-firelens-` stays in the tag; `$TAG[0]` is a part of it.
fn keeps_shape(tag: &str) -> bool {
    let holds_tag = tag.split("$TAG").skip(1).any(|rest| !rest.starts_with('['));
    holds_tag || tag.contains("-firelens-")
}

/// What comes before the first thing that is filled in.
fn stem(tag: &str) -> &str {
    let stem = tag.split('$').next().unwrap_or_default().trim_end_matches('.');
    if stem.is_empty() { "app" } else { stem }
}
