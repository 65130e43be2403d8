//! How far a secret goes that has a name before it: to its quotation mark, to the bracket that ends a list or what wraps it
//! (`Some("…")`), or to what separates it from the next.

use std::ops::Range;

use super::{forms, names};

/// A longer word before a bracket is none that wraps a value.
const MAX_WORD_BYTES: usize = 64;

/// Letters before a quotation mark that say what kind of text it is: `b'…'`, `u'…'`.
const MAX_PREFIX_LETTERS: usize = 2;

/// As far a bracket is searched for its end where no quotation mark follows it: whoever writes many must not hold us up.
const MAX_BRACKETED_BYTES: usize = 1 << 10;

/// Brackets behind a type that say more about a value before it comes.
const MAX_TYPE_BRACKETS: usize = 3;

/// The end of a quotation of people is not looked for further.
const MAX_MARKED_CHARS: usize = 128;

/// Quotation marks of people, and what ends each.
const MARKS: [(char, char); 6] = [('`', '`'), ('“', '”'), ('„', '“'), ('‘', '’'), ('«', '»'), ('「', '」')];

/// A header's value has blanks in it, others end at the first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Header,
    Word,
}

/// Up to the value's quotation mark, or up to what separates it from the next.
pub(super) fn value(rest: &str, kind: Kind) -> Range<usize> {
    if let Some(quote) = quotation_mark(rest) {
        return quoted_value(rest, quote);
    }
    if let Some(length) = forms::pem_length(rest) {
        return 0..length;
    }
    match kind {
        Kind::Header => 0..header_length(rest),
        Kind::Word => 0..bare_length(rest),
    }
}

/// What is between quotation marks; with them where it goes on behind the second: `'a'b`.
fn quoted_value(rest: &str, quote: &str) -> Range<usize> {
    let inside = rest.get(quote.len()..).unwrap_or_default();
    let value = quoted(inside, quote);
    let (start, end) = (quote.len() + value.start, quote.len() + value.end);
    let behind = rest.get(end..).and_then(|rest| rest.strip_prefix(quote)).unwrap_or_default();
    match pieces_length(behind) {
        0 => start..end,
        more => 0..rest.len() - behind.len() + more,
    }
}

/// Bytes of what a shell joins to a quoted text, with quotation marks or without: `'a'"b"c`.
fn pieces_length(behind: &str) -> usize {
    let mut length = 0;
    while let Some(rest) = behind.get(length..).filter(|rest| !rest.is_empty()) {
        let quote = quotation_mark(rest);
        let is_quoted =
            |quote: &str| rest.get(quote.len()..).is_some_and(|text| text.starts_with(char::is_alphanumeric));
        length += match quote.filter(|quote| is_quoted(quote)) {
            Some(quote) => quoted_length(rest, quote),
            None if rest.starts_with(ends_word) => break,
            None => word_length(rest),
        };
    }
    length
}

/// A blank of any width.
pub(super) const fn is_blank(c: char) -> bool {
    matches!(
        c,
        ' ' | '\t' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Where the value begins behind a separator that ends at `end`, and the text from there. One that `may_go_on` in the next line
/// has it there in quotation marks, or behind blanks.
pub(super) fn start(text: &str, end: usize, may_go_on: bool) -> (usize, &str) {
    let rest = text.get(end..).unwrap_or_default().trim_start_matches(is_blank);
    let below = rest.trim_start_matches(['\n', '\r', ' ', '\t']);
    let gap = rest.get(..rest.len() - below.len()).unwrap_or_default();
    let is_below =
        gap.starts_with(['\n', '\r']) && (gap.ends_with([' ', '\t']) || quotation_mark(below).is_some());
    let rest = if may_go_on && is_below && !begins_map(below) { below } else { rest };
    (text.len() - rest.len(), rest)
}

/// Whether a name of its own stands at the beginning, as in a map within a map of YAML.
fn begins_map(text: &str) -> bool {
    let line = text.get(..line_length(text)).unwrap_or_default();
    let word = line.trim_start_matches(['-', ' ']).split(' ').next().unwrap_or_default();
    word.ends_with([':', '=']) && !word.starts_with(['{', '['])
}

/// The value at `start`, if it is one of lines in YAML: those of a block (`|`, `>-`), or one below its name, which `separator`
/// is behind.
pub(super) fn lines(text: &str, separator: Range<usize>, start: usize) -> Option<Range<usize>> {
    let rest = text.get(start..)?;
    let between = text.get(separator.end..start)?;
    if between.contains('\n') && quotation_mark(rest).is_none() && wrapped_length(rest) == 0 {
        return Some(start..start + rest.get(..line_length(rest))?.trim_end().len());
    }
    let header = rest
        .strip_prefix(['|', '>'])?
        .trim_start_matches(|c: char| c == '+' || c == '-' || c.is_ascii_digit());
    let body = header.trim_start_matches([' ', '\t', '\r']).strip_prefix('\n')?;
    let before = text.get(..separator.start)?;
    let line = before.get(before.rfind('\n').map_or(0, |end| end + 1)..)?;
    let length = deeper_length(body, indent(line));
    let start = text.len() - body.len();
    (length > 0).then_some(start + indent(body)..start + length)
}

/// Bytes of the lines at the beginning that are indented deeper than this, without what is blank at their end.
fn deeper_length(body: &str, depth: usize) -> usize {
    let is_inside = |line: &&str| line.trim().is_empty() || indent(line) > depth;
    let length = body.split_inclusive('\n').take_while(is_inside).map(str::len).sum();
    body.get(..length).map_or(0, |lines| lines.trim_end().len())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}

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
    let new = rest.strip_prefix("new ").map_or(0, |object| rest.len() - object.len());
    let wrapped = new + rest.get(new..).map_or(0, |rest| wrapped_length(rest).max(marked_length(rest)));
    let length = wrapped + rest.get(wrapped..).map_or(0, word_length);
    length + rest.split_at_checked(length).map_or(0, |(word, rest)| credentials_length(word, rest))
}

/// Bytes of what belongs to `word`, if that is a scheme of authentication: `AUTH=Token …`.
fn credentials_length(word: &str, rest: &str) -> usize {
    let credentials = rest.trim_start_matches(is_blank);
    let blanks = rest.len() - credentials.len();
    let word = word.trim_end_matches([':', '=']);
    if blanks == 0 || !names::is_scheme(word) {
        return 0;
    }
    let length = match quotation_mark(credentials) {
        _ if names::takes_parameters(word) => header_length(credentials),
        Some(quote) => quoted_length(credentials, quote),
        // `auth=basic user=me`
        None if begins_pair(credentials) => 0,
        None => word_length(credentials),
    };
    if length > 0 { blanks + length } else { 0 }
}

/// Bytes up to what separates a value from the next. A sign that may separate them is within the value where neither a blank
/// nor another name follows: `a;b`.
fn word_length(rest: &str) -> usize {
    let behind = |at: usize| rest.get(at + 1..).unwrap_or_default();
    let is_end = |(at, c): &(usize, char)| match c {
        '&' | ';' | ',' => {
            behind(*at).chars().next().is_none_or(char::is_whitespace) || begins_pair(behind(*at))
        }
        '"' | '\'' | ')' | '}' => behind(*at).chars().next().is_none_or(ends_word),
        ' ' => !is_escaped(rest, *at),
        c => c.is_whitespace(),
    };
    let end = rest.char_indices().find(is_end).map_or(rest.len(), |(at, _)| at);
    let word = rest.get(..end).unwrap_or_default();
    match rest.get(end..).is_some_and(|rest| rest.starts_with(['"', '\''])) {
        true => word.trim_end_matches('\\').len(),
        false => end,
    }
}

/// Whether a shell reads what is at `at` as a letter.
fn is_escaped(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    (before.len() - before.trim_end_matches('\\').len()) % 2 == 1
}

/// Bytes of what is between quotation marks that are no programming language's, and on one line: `“a b”`.
fn marked_length(rest: &str) -> usize {
    let mut chars = rest.char_indices().take(MAX_MARKED_CHARS).take_while(|(_, c)| !matches!(c, '\n' | '\r'));
    let mark = chars.next().and_then(|(_, first)| MARKS.into_iter().find(|(begin, _)| *begin == first));
    let end = mark.and_then(|(_, end)| chars.find(|(_, c)| *c == end));
    end.map_or(0, |(at, mark)| at + mark.len_utf8())
}

/// Whether a word ends between a quotation mark or bracket and this.
fn ends_word(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '"' | '\'' | ')' | '}' | ']' | '>' | '<' | ',' | ';' | '&' | '.' | ':' | '|' | '\\' | '/' | '='
        )
}

/// Whether another name with its value is at the beginning: `b=c`, `User Id=c`, `"b":`.
fn begins_pair(text: &str) -> bool {
    let quote = quotation_mark(text).unwrap_or_default();
    let name = text.get(quote.len()..).unwrap_or_default();
    let behind = name.get(pair_name_length(name)..).filter(|behind| behind.len() < name.len());
    match behind {
        Some(behind) if quote.is_empty() => behind.strip_prefix('=').is_some_and(begins_value),
        Some(behind) => {
            let behind = behind.strip_prefix(quote).unwrap_or_default();
            behind.trim_start_matches(is_blank).starts_with([':', '='])
        }
        None => false,
    }
}

/// Bytes of a name that begins with a letter; if that is a capital, also of further words with one.
fn pair_name_length(text: &str) -> usize {
    let is_part =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'[' | b']');
    let word = |text: &str| text.bytes().take_while(is_part).count();
    let is_capital = |text: &&str| text.starts_with(|c: char| c.is_ascii_uppercase());
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return 0;
    }
    let mut length = word(text);
    while is_capital(&text)
        && let Some(next) = text.get(length..).and_then(|rest| rest.strip_prefix(' ')).filter(is_capital)
    {
        length += 1 + word(next);
    }
    length
}

/// Whether a value is behind an equals sign, which also ends base64: `YWI=`.
fn begins_value(text: &str) -> bool {
    let quote = quotation_mark(text).unwrap_or_default();
    let value = text.get(quote.len()..).unwrap_or_default();
    value.starts_with(|c| c == '>' || !ends_word(c))
}

/// Bytes of a list, of a map or of what words say about a value, at the beginning: `["a","b"]`, `Some("a")`, `b'a'`,
/// `Password { text: "a" }`, `string(1) "a"`.
fn wrapped_length(rest: &str) -> usize {
    let signs = rest.len() - rest.trim_start_matches(['&', '*']).len();
    let is_part =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':' | b'.' | b'@' | b'$' | b'#');
    let word = signs + rest.bytes().skip(signs).take(MAX_WORD_BYTES).take_while(is_part).count();
    let inside = rest.get(word..).unwrap_or_default();
    let length = match (quotation_mark(inside), inside.as_bytes().first()) {
        (Some(quote), _) if (1..=MAX_PREFIX_LETTERS).contains(&word) => Some(quoted_length(inside, quote)),
        (None, Some(b'(' | b'[' | b'{')) => bracketed_length(inside),
        (None, Some(b' ')) if rest.starts_with(char::is_uppercase) => fields_length(inside),
        _ => None,
    };
    let length = length.map_or(0, |length| word + length);
    match rest.get(..length).is_some_and(|wrapped| wrapped.ends_with(')')) {
        true => typed_length(rest, length),
        false => length,
    }
}

/// Bytes of a quoted text with its quotation marks.
fn quoted_length(text: &str, quote: &str) -> usize {
    let inside = text.get(quote.len()..).unwrap_or_default();
    match quoted(inside, quote).end {
        end if end == inside.len() => text.len(),
        end => quote.len() + end + quote.len(),
    }
}

/// Bytes of the fields in braces behind a name of a type; where they are cut, all of the line.
fn fields_length(inside: &str) -> Option<usize> {
    let fields = inside.strip_prefix(' ').filter(|fields| fields.starts_with('{'))?;
    Some(1 + bracketed_length(fields).unwrap_or_else(|| line_length(fields)))
}

/// Bytes with the value behind its type, which goes up to `length`: `string(1) "a"`, `(string) (len=1) "a"`.
fn typed_length(text: &str, mut length: usize) -> usize {
    for _ in 0..MAX_TYPE_BRACKETS {
        let Some(rest) = text.get(length..).and_then(|rest| rest.strip_prefix(' ')) else { break };
        length += match (quotation_mark(rest), rest.as_bytes().first()) {
            (Some(quote), _) => return length + 1 + quoted_length(rest, quote),
            (None, Some(b'(' | b'{')) => 1 + bracketed_length(rest).unwrap_or_else(|| line_length(rest)),
            _ => break,
        };
    }
    length
}

fn line_length(text: &str) -> usize {
    text.find(['\n', '\r']).unwrap_or(text.len())
}

/// The quotation mark at the beginning, with the backslashes before it.
pub(super) fn quotation_mark(text: &str) -> Option<&str> {
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
        let quote = text.get(at..).filter(|_| may_quote).and_then(quotation_mark);
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
            ("Bearer abc x", "Bearer abc"),
            ("Token  \"a b\" x", "Token  \"a b\""),
            ("Basic dXNlcg== x", "Basic dXNlcg=="),
            ("Digest a=\"b c\", d=e\nx", "Digest a=\"b c\", d=e"),
            ("basic user=me", "basic"),
            ("Bearer", "Bearer"),
            ("Bearer ; x", "Bearer"),
            ("Bearer: abc x", "Bearer: abc"),
            (r"a\ b c", r"a\ b"),
            (r"a\\ b", r"a\\"),
            ("“a b” c", "“a b”"),
            ("“a b", "“a"),
            ("`a b`c d", "`a b`c"),
            ("a;b x", "a;b"),
            ("a,b&c; x", "a,b&c"),
            ("a;b=c", "a"),
            ("a;Data Source=c", "a"),
            ("a&b[]=c", "a"),
            ("a,\"b\":1", "a"),
            ("a,\\\"b\\\": 1", "a"),
            ("a,YWI= x", "a,YWI="),
            ("a,YWI==", "a,YWI=="),
            ("a,b,", "a,b"),
            ("a)!b) x", "a)!b"),
            ("abc').x", "abc"),
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
