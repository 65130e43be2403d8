//! The user's regular expressions, which read what applications write.

/// The longest compiled form of a pattern. A match never takes exponential time, but a hostile line can make it take as
/// many steps for each byte as the form has states: a megabyte took `\w{100}` 20 s, and the worst within this limit 0.7 s.
const MAX_COMPILED_BYTES: usize = 256 << 10;

/// Blanks with which the library draws a pattern.
const INDENT: usize = 4;

/// Compiles a pattern for text.
///
/// # Errors
/// What is wrong with it, for the user.
pub(super) fn compile(pattern: &str) -> Result<regex::Regex, String> {
    let built = regex::RegexBuilder::new(pattern).size_limit(MAX_COMPILED_BYTES).build();
    built.map_err(|error| describe(pattern, &error))
}

/// Compiles a pattern for bytes, which need not be UTF-8.
///
/// # Errors
/// What is wrong with it, for the user.
pub(super) fn compile_for_bytes(pattern: &str) -> Result<regex::bytes::Regex, String> {
    let built = regex::bytes::RegexBuilder::new(pattern).size_limit(MAX_COMPILED_BYTES).build();
    built.map_err(|error| describe(pattern, &error))
}

fn describe(pattern: &str, error: &regex::Error) -> String {
    match error {
        regex::Error::CompiledTooBig(_) => format!(
            "'{pattern}' takes too long to match on a hostile line; write smaller repetitions than {{100}}, and [0-9] or [A-Za-z0-9_] instead of \\d or \\w in them"
        ),
        error => format!("'{pattern}' is not a regular expression: {}", with_place(&error.to_string())),
    }
}

/// The library draws the pattern and marks the place below it: in one line, that place is a number.
fn with_place(drawn: &str) -> String {
    let place = drawn.lines().find(|line| line.contains('^') && line.trim_matches([' ', '^']).is_empty());
    let what = drawn.lines().find_map(|line| line.strip_prefix("error: "));
    match (place.and_then(|line| line.find('^')), what) {
        (Some(column), Some(what)) => format!("{what} at character {}", column.saturating_sub(INDENT) + 1),
        _ => drawn.to_owned(),
    }
}
