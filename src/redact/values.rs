//! How far a secret goes that has a name before it: to its quotation mark, to the bracket that ends a list or what wraps it
//! (`Some("…")`), or to what separates it from the next.

use std::ops::Range;

use super::names;

/// A longer word before a bracket is none that wraps a value.
const MAX_WORD_BYTES: usize = 64;

/// Letters before a quotation mark that say what kind of text it is: `b'…'`, `u'…'`.
const MAX_PREFIX_LETTERS: usize = 2;

/// As far a bracket is searched for its end where no quotation mark follows it: whoever writes many must not hold us up.
const MAX_BRACKETED_BYTES: usize = 1 << 10;

/// Fewer bytes after `Bearer` are prose.
const MIN_TOKEN_BYTES: usize = 8;

/// A value behind this quotation mark.
pub(super) fn quoted(rest: &str, quote: &str) -> Range<usize> {
    if let Some(inside) = rest.strip_prefix(quote) {
        // `"""x"""`, and `""x""` in a text that doubles its quotation marks.
        let is_doubled = inside.starts_with(quote) || inside.starts_with(char::is_alphanumeric);
        let start = quote.len() + if inside.starts_with(quote) { quote.len() } else { 0 };
        let end = rest.get(start..).and_then(|rest| rest.find(&quote.repeat(2)));
        return end.filter(|_| is_doubled).map_or(0..0, |end| start..start + end);
    }
    0..end_of_quoted(rest, quote).unwrap_or(rest.len())
}

/// Where a quoted text ends; a mark with one backslash more than the first had is inside, and so are two side by side.
fn end_of_quoted(rest: &str, quote: &str) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + rest.get(from..)?.find(quote)?;
        let after = at + quote.len();
        from = match (rest.get(..at)?.ends_with('\\'), rest.get(after..)?.starts_with(quote)) {
            (true, _) => after,
            (false, true) => after + quote.len(),
            (false, false) => return Some(at),
        };
    }
}

/// Bytes of the value of a header: up to the end of the line, or to a quotation mark that was before it.
pub(super) fn header_length(rest: &str) -> usize {
    let mut from = 0;
    while let Some(found) = rest.get(from..).and_then(|rest| rest.find(['"', '\'', '\n', '\r'])) {
        let at = from + found;
        match rest.split_at_checked(at).map_or(0, |(before, rest)| parameter_length(before, rest)) {
            0 => return at,
            length => from = at + length,
        }
    }
    rest.len()
}

/// Bytes of a parameter's text with its quotation marks (`username="me"`), which begins here if one does; a line may be cut
/// within it.
fn parameter_length(before: &str, rest: &str) -> usize {
    let before = before.trim_end_matches('\\');
    let mut chars = rest.chars();
    let quote = chars.next().filter(|char| matches!(char, '"' | '\''));
    let inside = chars.as_str();
    // The mark ends a header behind `dXNlcg==` and in `-H "Authorization: Basic dXNlcjpwYXM=" url`.
    let is_begun = before.ends_with('=')
        && !before.ends_with("==")
        && !inside.is_empty()
        && !inside.starts_with(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | ')' | '}' | ']'));
    let Some(quote) = quote.filter(|_| is_begun) else { return 0 };
    match inside.find([quote, '\n', '\r']) {
        Some(end) if inside.get(end..).is_some_and(|rest| rest.starts_with(quote)) => end + 2,
        Some(end) => end + 1,
        None => rest.len(),
    }
}

/// Bytes of a value without a quotation mark before it.
pub(super) fn bare_length(rest: &str) -> usize {
    let wrapped = wrapped_length(rest);
    let length = wrapped + rest.get(wrapped..).map_or(0, word_length);
    // `authorization=Bearer …`
    let is_scheme = rest.get(..length).is_some_and(names::is_token_scheme);
    let token = rest.get(length..).and_then(|rest| rest.strip_prefix(' ')).map_or(0, word_length);
    if is_scheme && token >= MIN_TOKEN_BYTES { length + 1 + token } else { length }
}

/// Bytes up to what separates a value from the next.
fn word_length(rest: &str) -> usize {
    let is_end = |c: char| c.is_whitespace() || matches!(c, '&' | ';' | ',' | '"' | '\'' | ')' | '}');
    rest.find(is_end).unwrap_or(rest.len())
}

/// Bytes of a list, of a map or of what a word says about a value, at the beginning: `["a","b"]`, `Some("a")`, `b'a'`.
fn wrapped_length(rest: &str) -> usize {
    let is_part =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.' | b'@' | b'$');
    let word = rest.bytes().take(MAX_WORD_BYTES).take_while(is_part).count();
    let inside = rest.get(word..).unwrap_or_default();
    let length = match (quotation_mark(inside), inside.as_bytes().first()) {
        (Some(quote), _) if (1..=MAX_PREFIX_LETTERS).contains(&word) => {
            inside.get(quote.len()..).map(|text| match quoted(text, quote).end {
                end if end == text.len() => inside.len(),
                end => quote.len() + end + quote.len(),
            })
        }
        (None, Some(b'(' | b'[' | b'{')) => bracketed_length(inside),
        _ => None,
    };
    length.map_or(0, |length| word + length)
}

/// The quotation mark at the beginning, with the backslashes before it.
fn quotation_mark(text: &str) -> Option<&str> {
    let backslashes = text.len() - text.trim_start_matches('\\').len();
    let is_mark = matches!(text.as_bytes().get(backslashes), Some(b'"' | b'\''));
    text.get(..=backslashes).filter(|_| is_mark)
}

/// Bytes up to the bracket that ends what the first begins, which may be cut before it if it holds quoted texts.
fn bracketed_length(text: &str) -> Option<usize> {
    let inside = text.trim_start_matches(['[', '{', '(', ' ', '\n', '\t']);
    let holds_quoted = quotation_mark(inside).is_some();
    let most = if holds_quoted { text.len() } else { MAX_BRACKETED_BYTES };
    let mut depth = 0usize;
    let mut at = 0;
    let mut may_quote = false;
    while let Some(byte) = text.as_bytes().get(at).filter(|_| at < most) {
        let quote = text.get(at..).and_then(quotation_mark).filter(|_| may_quote);
        if let Some(quote) = quote {
            let start = at + quote.len();
            at = start
                + text
                    .get(start..)
                    .and_then(|rest| end_of_quoted(rest, quote))
                    .map_or(text.len(), |end| end + quote.len());
            may_quote = false;
            continue;
        }
        match byte {
            b'[' | b'{' | b'(' => depth += 1,
            b']' | b'}' | b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Some(at);
        }
        // Elsewhere it is an apostrophe.
        may_quote = matches!(byte, b'[' | b'{' | b'(' | b',' | b':' | b'=' | b' ' | b'\n' | b'\t');
    }
    holds_quoted.then_some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_where_what_they_stand_in_ends() {
        for (text, value) in [
            (r#"Some("a b") x"#, r#"Some("a b")"#),
            (r#"b'a b', x"#, "b'a b'"),
            (r#"["a]","b"] x"#, r#"["a]","b"]"#),
            (r#"["a","b"#, r#"["a","b"#),
            (r#"{"S":"a"}} x"#, r#"{"S":"a"}"#),
            (r#"{\"S\":\"a}\"}} x"#, r#"{\"S\":\"a}\"}"#),
            ("[a b] c", "[a b]"),
            ("[a b", "[a"),
            ("[it's b] c", "[it's b]"),
            ("f(a, b) c", "f(a, b)"),
            ("a(b c", "a(b"),
            ("[secret]&x=1", "[secret]"),
            ("Bearer abcdefgh1 x", "Bearer abcdefgh1"),
            ("Bearer of x", "Bearer"),
        ] {
            assert_eq!(text.get(..bare_length(text)), Some(value), "{text}");
        }
        for (text, value) in [
            (r#"it''s' x"#, "it''s"),
            (r#"a\'b' x"#, r"a\'b"),
            ("''a''' x", "a"),
            ("'a'',''b'", "a"),
            ("' x", ""),
            ("', 'b'", ""),
        ] {
            assert_eq!(text.get(quoted(text, "'")), Some(value), "{text}");
        }
    }

    #[test]
    fn headers_go_to_the_end_of_the_line_or_to_their_quotation_mark() {
        for (text, value) in [
            ("Digest username=\"me\", response=\"a b\"\nx", "Digest username=\"me\", response=\"a b\""),
            ("Digest response=\"a b", "Digest response=\"a b"),
            ("a=\"b\"; c=d", "a=\"b\"; c=d"),
            ("Basic dXNlcg==\", \"x\"", "Basic dXNlcg=="),
            ("Basic dXNlcjpwYXM=\" http://x", "Basic dXNlcjpwYXM="),
            ("Bearer abc' x", "Bearer abc"),
        ] {
            assert_eq!(text.get(..header_length(text)), Some(value), "{text}");
        }
    }
}
