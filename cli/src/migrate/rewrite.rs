//! `rewrite_tag` filters, whose work the classes do here.

use regex::Regex;

use super::outputs::raw;
use crate::config::{Section, matches};

/// One rule of a filter that gives other tags.
#[derive(Debug, Clone)]
pub(super) struct RewriteRule {
    pub(super) field: String,
    pub(super) regex: String,
    /// What stands for any tag that it gives.
    pub(super) example: String,
    /// Whether the record also goes on under its own tag.
    pub(super) is_kept: bool,
}

/// A filter whose rules are all understood.
#[derive(Debug, Clone)]
pub(super) struct RewriteFilter {
    /// What stands for any tag that it takes.
    pub(super) example: String,
    pub(super) pattern: String,
    pub(super) rules: Vec<RewriteRule>,
}

/// Whether it is such a filter.
pub(super) fn is_rewrite(section: &Section) -> bool {
    section.text("name").is_some_and(|name| name.eq_ignore_ascii_case("rewrite_tag"))
}

/// Reads a filter; `None` when a rule has no counterpart.
pub(super) fn read(section: &Section) -> Option<RewriteFilter> {
    let pattern = section.text("match")?.to_owned();
    let example = example_of(&pattern);
    let rules = section.settings.iter().filter(|setting| setting.key.eq_ignore_ascii_case("rule"));
    let rules: Option<Vec<RewriteRule>> = rules.map(|setting| rule(raw(setting)?, &example)).collect();
    let rules = rules.filter(|rules| !rules.is_empty())?;
    Some(RewriteFilter { example, pattern, rules })
}

/// A tag that the pattern takes.
pub(super) fn example_of(pattern: &str) -> String {
    pattern.replace('*', "x")
}

/// `$source ^stderr$ errors.$TAG false`
fn rule(text: &str, tag: &str) -> Option<RewriteRule> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [field, regex @ .., new_tag, keep] = words.as_slice() else { return None };
    let field = field.strip_prefix('$').filter(|field| is_plain(field))?.to_owned();
    let regex = regex.join(" ").trim_matches('"').to_owned();
    // Fluent Bit's expressions are Ruby's; what both read is enough.
    if regex.is_empty() || Regex::new(&regex).is_err() {
        return None;
    }
    let is_kept = ["true", "on", "yes"].iter().any(|word| keep.eq_ignore_ascii_case(word));
    Some(RewriteRule { field, regex, example: example_tag(new_tag, tag), is_kept })
}

fn is_plain(field: &str) -> bool {
    !field.is_empty() && field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// The new tag with something in the place of every name.
fn example_tag(new_tag: &str, tag: &str) -> String {
    let replaced = new_tag.replace("$TAG", tag);
    let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '[' | ']' | '\'');
    let mut parts = replaced.split('$');
    let mut example = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        example.push('x');
        example.push_str(part.trim_start_matches(name));
    }
    example
}

impl RewriteRule {
    /// The class of these records, when it is a built-in one.
    pub(super) fn built_in_class(&self) -> Option<&'static str> {
        let word = self.regex.trim_start_matches('^').trim_end_matches('$').trim_matches(['(', ')']);
        match (self.field.as_str(), word) {
            ("source", "stderr") => Some("stderr"),
            ("source", "stdout") => Some("stdout"),
            _ => None,
        }
    }

    /// Whether an output with this pattern gets the records.
    pub(super) fn reaches(&self, pattern: &str) -> bool {
        matches(pattern, &self.example)
    }

    /// A name for a class, from the beginning of the tag.
    pub(super) fn class_name(&self) -> String {
        let word = self.example.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next();
        let word = word.unwrap_or_default().to_ascii_lowercase();
        match word.as_str() {
            "" | "stop" | "stderr" | "stdout" | "other" | "default" | "x" => format!("is_{word}"),
            _ => word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_with_their_class() {
        let read = rule("$source ^stderr$ errors.$TAG false", "x-firelens-x").unwrap();
        assert_eq!((read.built_in_class(), read.example.as_str()), (Some("stderr"), "errors.x-firelens-x"));
        assert!(!read.is_kept && read.reaches("errors.*") && read.reaches("*-firelens-*"));
        let own = rule("$log ^GET /health health.$TAG[1].$x true", "a").unwrap();
        assert_eq!(
            (own.class_name().as_str(), own.regex.as_str(), own.is_kept),
            ("health", "^GET /health", true)
        );
        for unknown in ["$kubernetes['x'] y z.$TAG false", "$log (?<=a)b c false", "$log x"] {
            assert!(rule(unknown, "a").is_none(), "{unknown}");
        }
    }
}
