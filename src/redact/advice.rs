//! What is odd about a pattern of the user's although it compiles.

use regex::bytes::Regex;

use super::forms::matches;

/// Lines without anything that most rules are for.
const ORDINARY: [&str; 5] = [
    "GET /api/v1/orders HTTP/1.1 200 1234",
    "2026-11-28T11:28:25.123Z INFO started in 4.2 seconds",
    "connection to upstream timed out, will retry",
    r#"{"level":"info","msg":"cache miss","latency_ms":12}"#,
    "Exception in thread main: java.lang.IllegalStateException",
];

/// Why a pattern would not do what is wanted, and what to do; `None` when nothing is wrong with it, or when it does not
/// compile.
#[must_use]
pub fn advice(pattern: &str) -> Option<&'static str> {
    let regex = Regex::new(pattern).ok()?;
    if regex.is_match(b"") {
        return Some(
            "also matches where nothing stands, and masks nothing there; write + instead of *, or leave out the ? behind the whole",
        );
    }
    let groups: Vec<&str> = regex.capture_names().flatten().collect();
    if !groups.is_empty() && !groups.contains(&"mask") {
        return Some(
            "has named groups, but none is called mask, so that all of the match is masked; write (?P<mask>…), or leave out the names",
        );
    }
    let masked = |line: &str| {
        let mut bytes = 0;
        matches(&regex, line.as_bytes(), &mut |range| bytes += range.len());
        bytes
    };
    let total: usize = ORDINARY.iter().map(|line| line.len()).sum();
    let masked: usize = ORDINARY.iter().map(|line| masked(line)).sum();
    (masked * 2 > total).then_some(
        "masks most of every line; say what stands before or behind the value, and put the value into (?P<mask>…)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_match_nothing_or_everything_are_told_apart_from_the_others() {
        for pattern in ["x*", "(a|b)?", "", "^"] {
            assert!(advice(pattern).is_some_and(|text| text.contains("where nothing stands")), "{pattern}");
        }
        for pattern in [".+", r"\w+", "[^ ]+", r"\S{3,}"] {
            assert!(advice(pattern).is_some_and(|text| text.contains("most of every line")), "{pattern}");
        }
        let other = "user=(?P<masked>[a-z]+)";
        assert!(advice(other).is_some_and(|text| text.contains("none is called mask")), "{other}");
        for pattern in ["ORD-[0-9]+", r"user=(?P<mask>\w+)", r"\b\d{10}\b", "("] {
            assert_eq!(advice(pattern), None, "{pattern}");
        }
    }
}
