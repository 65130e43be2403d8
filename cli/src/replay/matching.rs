//! Whether Fluent Bit would hand records of a tag to the output.

use regex::Regex;

use crate::config::{Location, Origin, Section, SettingValue, matches, tag_regex};

/// `Match` and `Match_Regex` of an output. Source: `flb_router_match` in `src/flb_router.c`: one of them is enough.
#[derive(Debug)]
pub(super) struct TagMatcher {
    /// As the file writes it, for people.
    pub(super) written: String,
    pub(super) location: Location,
    pattern: Option<String>,
    regex: Option<Regex>,
    /// What the file does not tell may match anything.
    is_known: bool,
}

impl TagMatcher {
    pub(super) fn new(section: &Section) -> Self {
        let pattern = section.get("match");
        let regex = section.get("match_regex");
        let is_known = [pattern, regex].into_iter().flatten().all(|one| one.value.text().is_some());
        let text = |setting: Option<&crate::config::Setting>| match setting.map(|setting| &setting.value) {
            Some(SettingValue::Text(text)) => Some(text.clone()),
            _ => None,
        };
        let pattern = text(pattern).or_else(|| firelens_pattern(section));
        let regex = text(regex);
        let written = pattern.as_deref().or(regex.as_deref()).unwrap_or_default().to_owned();
        let compiled = regex.as_deref().map(tag_regex);
        let is_readable = !matches!(compiled, Some(Err(_)));
        Self {
            written,
            location: section.location.clone(),
            pattern,
            regex: compiled.and_then(Result::ok),
            is_known: is_known && is_readable && !section.open,
        }
    }

    /// Whether records of this tag come to the output.
    pub(super) fn takes(&self, tag: &str) -> bool {
        // An output without either takes what an input routes to it by name.
        !self.is_known
            || (self.pattern.is_none() && self.regex.is_none())
            || self.pattern.as_deref().is_some_and(|pattern| matches(pattern, tag))
            || self.regex.as_ref().is_some_and(|regex| regex.is_match(tag))
    }
}

/// The pattern that FireLens writes for the options of a container's log driver.
fn firelens_pattern(section: &Section) -> Option<String> {
    let container = section.container.as_deref().filter(|_| section.origin == Origin::FireLens)?;
    Some(format!("{container}-firelens*"))
}
