//! Patterns with `*`, in tags and in file names.

/// Whether the pattern matches the whole text; `*` matches any text, including none.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.as_bytes();
    let text = text.as_bytes();
    let mut at = 0;
    let mut seen = 0;
    // Position of the last star in the pattern, and how much of the text it and what is before it have matched.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(byte) if Some(byte) == text.get(seen) => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((position, matched)) => {
                    star = Some((position, matched + 1));
                    at = position + 1;
                    seen = matched + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
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
