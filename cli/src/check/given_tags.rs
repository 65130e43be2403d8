//! The tags that records have: those that inputs give, and those that filters give in their place.

use super::{inputs, tags};
use crate::config::{Configuration, Section, Setting};

/// Tags beside FireLens's own, as patterns.
pub(super) struct GivenTags {
    /// In the order of the file, those of inputs before those of filters.
    pub(super) patterns: Vec<String>,
    /// There are others, which are not known before deployment.
    pub(super) has_unknown: bool,
}

impl GivenTags {
    pub(super) fn of(configuration: &Configuration) -> Self {
        let is_unknown = |input: &Section| {
            input.open
                || input.get("tag").is_some_and(|tag| tag.value.text().is_none())
                || input.get("tag_regex").is_some()
        };
        let mut given = Self {
            patterns: configuration.inputs.iter().map(inputs::given_tags).collect(),
            has_unknown: configuration.inputs.iter().any(is_unknown),
        };
        for filter in retagging(configuration) {
            let new_tags: Vec<Option<String>> = new_tags(filter).map(|(_, tag)| tag).collect();
            given.has_unknown |= filter.open || new_tags.is_empty() || new_tags.contains(&None);
            given.patterns.extend(new_tags.into_iter().flatten());
        }
        given
    }

    /// Whether a record may have a tag that the pattern fits.
    pub(super) fn may_fit(&self, pattern: &str) -> bool {
        self.has_unknown || self.patterns.iter().any(|tag| tags::intersect(&[tag, pattern]))
    }
}

/// Filters that give records another tag.
pub(super) fn retagging(configuration: &Configuration) -> impl Iterator<Item = &Section> {
    configuration.filters.iter().filter(|filter| key_of_tag(filter).is_some())
}

/// The key that says which tag it gives.
fn key_of_tag(filter: &Section) -> Option<&'static str> {
    match filter.text("name")?.to_ascii_lowercase().as_str() {
        "rewrite_tag" => Some("rule"),
        "log_to_metrics" => Some("tag"),
        _ => None,
    }
}

/// The tags that such a filter gives, with `*` for what is filled in; `None` for one that is not known.
pub(super) fn new_tags(filter: &Section) -> impl Iterator<Item = (&Setting, Option<String>)> {
    let key = key_of_tag(filter).unwrap_or_default();
    let settings = filter.settings.iter().filter(move |setting| setting.key.eq_ignore_ascii_case(key));
    settings.map(move |setting| {
        let text = setting.value.text();
        // `Rule $log ^ERROR errors.web false`: the tag comes before the last word.
        let tag = match key {
            "rule" => text.and_then(|text| text.split_whitespace().rev().nth(1)),
            _ => text,
        };
        (setting, tag.map(as_pattern))
    })
}

/// The tag with `*` for what is filled in.
pub(super) fn as_pattern(tag: &str) -> String {
    let mut parts = tag.split('$');
    let mut pattern = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '[' | ']' | '\'' | '"');
        pattern.push('*');
        pattern.push_str(part.trim_start_matches(is_name));
    }
    pattern
}
