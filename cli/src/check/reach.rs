//! Whether any record has a tag that an output or a filter takes: FireLens's tags, those of the inputs in the file, and
//! those that filters give.

use strsim::osa_distance;

use super::finding::Finding;
use super::given_tags::{GivenTags, new_tags, retagging};
use super::{inputs, match_pattern, tags};
use crate::config::{Configuration, Origin, Section, Setting};

/// Reports an output or a filter whose `Match` fits nothing.
pub(super) fn check(section: &Section, configuration: &Configuration) -> Option<Finding> {
    let is_open = section.open || configuration.routes_by_name || !configuration.errors.is_empty();
    if section.origin != Origin::FluentBit || is_open {
        return None;
    }
    let setting = section.get("match")?;
    let pattern = setting.value.text().filter(|_| match_pattern::check(section).is_none())?;
    let given = GivenTags::of(configuration);
    if let Some(finding) = misspelt(setting, pattern, &given) {
        return Some(finding);
    }
    if tags::takes_firelens(pattern) || given.may_fit(pattern) {
        return None;
    }
    let others = match given.patterns.as_slice() {
        [] => String::new(),
        tags => format!(", and the inputs of the file give {}", tags.join(", ")),
    };
    let message = format!(
        "'{pattern}' fits no record: the tags of FireLens are <container>-firelens-<task id>{others}"
    );
    let near = crate::suggest::closest(pattern, given.patterns.iter().map(String::as_str));
    // What reads a queue is a collector, which FireLens does not include.
    let of_input = given.patterns.first().filter(|_| section.get("queue.url").is_some()).map(String::as_str);
    let meant = near.or(of_input).unwrap_or(tags::FIRELENS_TAGS);
    if given.patterns.is_empty() && section.get("queue.url").is_some() {
        let instead =
            "add the [INPUT] of examples/collector/fluent-bit.conf, for Fluent Bit does not run without one";
        return Some(Finding::warn_of(setting, message, instead));
    }
    Some(Finding::warn_of(setting, message, format!("write Match {meant}")))
}

/// Reports filters whose `Match` fits nothing, in a file with an output of the plugin.
pub(super) fn check_filters(configuration: &Configuration, findings: &mut Vec<Finding>) {
    if configuration.ours().any(|output| output.origin == Origin::FluentBit) {
        findings.extend(configuration.filters.iter().filter_map(|filter| check(filter, configuration)));
    }
}

/// Reports a pattern that was meant for FireLens's tags: it would only fit a container of that odd name.
fn misspelt(setting: &Setting, pattern: &str, given: &GivenTags) -> Option<Finding> {
    // A forward input without a tag may bring any.
    let is_given = given.patterns.iter().any(|tag| tag != "*" && tags::intersect(&[tag, pattern]));
    if given.has_unknown || is_given || pattern.contains("-firelens-") {
        return None;
    }
    let is_split = !pattern.contains(FIRELENS) && pattern.replace('-', "").contains(FIRELENS);
    let near = pattern.split('*').enumerate().find_map(|(index, literal)| near_word(literal, index > 0));
    let message = match pattern.chars().find(|c| !c.is_ascii()) {
        Some(odd) => {
            format!("'{pattern}' fits no tag of FireLens, for none has '{odd}' (U+{:04X})", u32::from(odd))
        }
        None if is_split || near.is_some() => {
            format!("'{pattern}' is not how the tags of FireLens are spelt: <container>-firelens-<task id>")
        }
        None => return None,
    };
    let start = near.and_then(|word| pattern.split_once(word)).map(|(start, _)| start.trim_end_matches('-'));
    let start = start.filter(|start| !start.is_empty() && start.is_ascii()).unwrap_or("*");
    Some(Finding::warn_of(setting, message, format!("write Match {start}-firelens-*")))
}

/// A word between hyphens that is almost `firelens`. What begins a pattern may be the name of a container, and what
/// stands beside a star may be a part of the word.
fn near_word(literal: &str, follows_star: bool) -> Option<&str> {
    let words: Vec<&str> = literal.split('-').collect();
    let is_near = |index: usize, word: &str| {
        let is_first = index == 0;
        let is_last = index + 1 == words.len();
        let is_part = (is_first && FIRELENS.ends_with(word)) || (is_last && FIRELENS.starts_with(word));
        let may_be_near = !is_part && word.len() >= 6 && word != FIRELENS && (!is_first || follows_star);
        let most = if is_first || is_last { 1 } else { 2 };
        may_be_near && osa_distance(&word.to_ascii_lowercase(), FIRELENS) <= most
    };
    words.iter().enumerate().find(|(index, word)| is_near(*index, word)).map(|(_, word)| *word)
}

/// What FireLens writes between the name of a container and the id of its task.
const FIRELENS: &str = "firelens";

/// Reports an input whose records no output of the file takes: Fluent Bit drops them. The same for tags that filters give.
pub(super) fn check_inputs(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let is_open = |section: &Section| {
        section.open || section.get("match_regex").is_some() || section.text("match").is_none()
    };
    let is_known = configuration.errors.is_empty() && !configuration.routes_by_name;
    // Of an output that takes nothing, its own finding tells.
    let is_told = |section: &Section| {
        check(section, configuration).is_some() || match_pattern::check(section).is_some()
    };
    let has_ours = configuration.ours().next().is_some() && !configuration.ours().any(is_told);
    let mut takers = configuration.outputs.iter().chain(retagging(configuration));
    if !is_known || !has_ours || takers.any(is_open) {
        return;
    }
    findings.extend(configuration.inputs.iter().filter_map(|input| unheard(input, configuration)));
    let rules = retagging(configuration).flat_map(new_tags);
    findings.extend(rules.filter_map(|(rule, tag)| lost(rule, &tag?, configuration)));
}

fn unheard(input: &Section, configuration: &Configuration) -> Option<Finding> {
    let setting = input.get("tag").or_else(|| input.get("name"))?;
    let name = input.text("name").unwrap_or_default();
    // The input of a collector that reads its queue alone: Fluent Bit does not run without one.
    let is_unknown = name.eq_ignore_ascii_case("dummy")
        || input.open
        || input.get("tag_regex").is_some()
        || setting.value.text().is_none();
    let tag = inputs::given_tags(input);
    if is_unknown || is_heard(&tag, configuration) {
        return None;
    }
    let message = format!("no output takes what this input {name} brings under {tag}, so that it is dropped");
    Some(Finding::warn_of(setting, message, format!("write Match {tag} in the output that is meant")))
}

/// Whether an output takes the tag, or a filter that gives another.
fn is_heard(tag: &str, configuration: &Configuration) -> bool {
    let mut takers = configuration.outputs.iter().chain(retagging(configuration));
    takers.any(|taker| tags::intersect(&[tag, tags::pattern(taker)]))
}

/// Reports a filter that moves records to a tag of which nobody hears. FireLens may have outputs for tags like its own.
fn lost(rule: &Setting, tag: &str, configuration: &Configuration) -> Option<Finding> {
    let is_rewritten_again = |filter: &Section| {
        let is_own = filter.settings.iter().any(|setting| std::ptr::eq(setting, rule));
        !is_own && tags::intersect(&[tag, tags::pattern(filter)])
    };
    let takes = |output: &Section| tags::intersect(&[tag, tags::pattern(output)]);
    let is_taken =
        configuration.outputs.iter().any(takes) || retagging(configuration).any(is_rewritten_again);
    if is_taken || tag.contains(['*', '{']) || tag.contains("-firelens-") {
        return None;
    }
    let message = format!("no output takes the tag {tag}, so that what this rule moves there is dropped");
    Some(Finding::warn_of(rule, message, format!("write Match {tag} in the output that is meant")))
}

#[cfg(test)]
mod tests;
