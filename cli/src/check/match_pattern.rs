//! `Match` and `Match_Regex` that Fluent Bit reads otherwise than they were meant.

use super::finding::Finding;
use crate::config::{Section, Setting, tag_regex};

/// What containers write comes under tags like this.
const FIRELENS_TAG: &str = "app-firelens-0123456789abcdef0123456789abcdef";

/// What is wrong with a regular expression in every syntax.
const BROKEN: [&str; 4] = ["unclosed", "unopened", "repetition operator missing", "incomplete escape"];

/// Reports a pattern that Fluent Bit reads otherwise than it was meant.
pub(super) fn check(section: &Section) -> Option<Finding> {
    if let Some(regex) = section.get("match_regex") {
        return expression(regex);
    }
    let setting = section.get("match")?;
    let text = setting.value.text()?;
    let message = match text {
        _ if text.contains('"') => "has quotation marks, which Fluent Bit takes for a part of the tag",
        _ if text.contains([',', ' ']) => "is one pattern, not a list; no tag has a comma or a blank",
        _ if is_underlined(text) => "has underscores, where the tags of FireLens have hyphens",
        _ if is_firelens(text) => "never matches: FireLens writes its tags in small letters",
        _ => return None,
    };
    Some(Finding::warn_of(setting, message, "write Match *-firelens-*, or an [OUTPUT] for each pattern"))
}

fn expression(regex: &Setting) -> Option<Finding> {
    let text = regex.value.text()?;
    // Onigmo knows more than this engine; what both refuse is broken.
    if let Some(reason) = broken(text) {
        let message = format!("is not a valid regular expression: {reason}");
        let instead = "write Match *-firelens-*";
        return Some(Finding::error_of(regex, message, instead));
    }
    let message = match text {
        _ if text.contains('"') => "has quotation marks, which Fluent Bit takes for a part of the tag",
        _ if is_underlined(text) => "has underscores, where the tags of FireLens have hyphens",
        _ if is_firelens(text) => "never matches: FireLens writes its tags in small letters",
        _ if begins_inside(text) => {
            "is compared from the first character of the tag, so it takes nothing that containers write"
        }
        _ => return None,
    };
    Some(Finding::warn_of(regex, message, "write Match_Regex .*-firelens-.*, or Match *-firelens-*"))
}

/// Whether the expression fits inside a tag of FireLens, but not from its beginning.
fn begins_inside(pattern: &str) -> bool {
    let inside = regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(FIRELENS_TAG));
    inside && !takes(pattern, FIRELENS_TAG)
}

/// Whether an output with this `Match_Regex` takes the tag. A pattern that this engine cannot read is taken not to match.
pub(super) fn takes(pattern: &str, tag: &str) -> bool {
    tag_regex(pattern).is_ok_and(|regex| regex.is_match(tag))
}

/// Why a regular expression is none in any syntax.
pub(super) fn broken(pattern: &str) -> Option<String> {
    let error = regex::Regex::new(pattern).err()?.to_string();
    let reason = error.lines().last()?.trim_start_matches("error: ").to_owned();
    BROKEN.iter().any(|known| reason.contains(known)).then_some(reason)
}

/// A container's name may have underscores, but not what FireLens writes after it.
fn is_underlined(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    !lower.contains("-firelens-") && (lower.contains("_firelens_") || lower.ends_with("_firelens*"))
}

fn is_firelens(text: &str) -> bool {
    text.to_ascii_lowercase().contains("-firelens-") && !text.contains("-firelens-")
}
