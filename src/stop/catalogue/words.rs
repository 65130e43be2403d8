//! Matches statements, as `reason::normalize` makes them, against the words of a table.

/// Lower-case parts of a statement, any of which matches; `=a` asks for the whole statement, `a & b` for both parts.
pub(super) type Words = &'static [&'static str];

pub(super) fn any(words: Words, statement: &str) -> bool {
    words.iter().any(|pattern| matches(pattern, statement))
}

fn matches(pattern: &str, statement: &str) -> bool {
    match pattern.strip_prefix('=') {
        Some(whole) => statement == whole,
        None => pattern.split(" & ").all(|part| statement.contains(part)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pattern_has_to_match_as_a_whole() {
        for (words, statement, is_match) in [
            (&["agent", "=port"] as Words, "the agent", true),
            (&["=agent"], "the agent", false),
            (&["=agent"], "agent", true),
            (&["task definition & inactive"], "the task definition web:1 is inactive", true),
            (&["task definition & inactive"], "the task definition web:1 is active", false),
            (&[], "agent", false),
        ] {
            assert_eq!(any(words, statement), is_match, "{words:?} {statement}");
        }
    }
}
