//! Patterns with `*`, in tags and in file names.

use ecs_router::classify::provenance::TagPattern;

/// Whether the pattern matches the whole text; `*` matches any text, including none.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    TagPattern::new(pattern).matches(text.as_bytes())
}

/// A `Match_Regex` as Fluent Bit reads it: from the tag's first character, and not to its last (`onig_match` in
/// `src/flb_router.c`).
///
/// # Errors
/// When this engine cannot read the expression; Fluent Bit's, Onigmo, knows more.
pub(crate) fn tag_regex(pattern: &str) -> Result<regex::Regex, regex::Error> {
    regex::Regex::new(&format!("^(?:{pattern})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_anything_and_nothing() {
        for (pattern, text, covered) in [
            ("*", "firelens-healthcheck", true),
            ("*-firelens-*", "firelens-healthcheck", false),
            ("*-firelens-*", "web-firelens-0123", true),
            ("firelens*", "firelens-healthcheck", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b", "a-b-c", false),
            ("", "", true),
            ("**", "", true),
            ("x", "", false),
        ] {
            assert_eq!(matches(pattern, text), covered, "{pattern} {text}");
        }
    }
}
