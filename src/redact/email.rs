//! Addresses of e-mail: ASCII before the sign, a name of a host with a dot behind it.

use std::ops::Range;

/// Ends of names of files, not of hosts: `logo@2x.png`.
const FILE_ENDINGS: [&[u8]; 12] =
    [b"png", b"jpg", b"jpeg", b"gif", b"svg", b"webp", b"ico", b"css", b"js", b"mjs", b"html", b"json"];

/// Hands every address in the text to `found`.
pub(super) fn find(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let signs = text.iter().enumerate().filter(|(_, byte)| **byte == b'@');
    signs.filter_map(|(at, _)| around(text, at)).for_each(found);
}

/// The address whose sign stands at `at`.
fn around(text: &[u8], at: usize) -> Option<Range<usize>> {
    let before = text.get(..at)?;
    let local = before.iter().rev().take_while(|byte| is_local(**byte)).count();
    let local = before.get(at - local..)?;
    let leading = local.iter().take_while(|byte| !byte.is_ascii_alphanumeric() && **byte != b'_').count();
    if leading == local.len() {
        return None;
    }
    let host = host(text.get(at + 1..)?)?;
    Some(at - local.len() + leading..at + 1 + host)
}

const fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-' | b'\'')
}

/// Bytes of the name of a host at the beginning of `rest`: labels and a last one of letters.
fn host(rest: &[u8]) -> Option<usize> {
    let length =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')).count();
    let name = rest.get(..length)?;
    let trailing = name.iter().rev().take_while(|byte| !byte.is_ascii_alphanumeric()).count();
    let name = name.get(..length - trailing)?;
    let dot = name.iter().rposition(|byte| *byte == b'.')?;
    let last = name.get(dot + 1..)?;
    let is_name = last.len() >= 2 && last.iter().all(u8::is_ascii_alphabetic) || last.starts_with(b"xn--");
    let is_file = FILE_ENDINGS.iter().any(|ending| last.eq_ignore_ascii_case(ending));
    let begins = name.first().is_some_and(u8::is_ascii_alphanumeric);
    (is_name && !is_file && begins && dot > 0).then_some(name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        find(text.as_bytes(), &mut |range| all.extend(text.get(range)));
        all
    }

    #[test]
    fn addresses_are_found_in_any_surroundings() {
        for (text, address) in [
            ("me@example.com", "me@example.com"),
            ("login of <First.Last+tag@mail.example.co.uk>, ok", "First.Last+tag@mail.example.co.uk"),
            ("user=me@example.com&x=1", "me@example.com"),
            ("write to me@example.com.", "me@example.com"),
            ("'me@example.com'", "me@example.com"),
            ("メールはme@example.comです", "me@example.com"),
            ("o'brien@example.ie", "o'brien@example.ie"),
            ("mailto:me@xn--bcher-kva.example", "me@xn--bcher-kva.example"),
            ("me@xn--p1ai.xn--p1ai", "me@xn--p1ai.xn--p1ai"),
        ] {
            assert_eq!(found(text), [address], "{text}");
        }
        assert_eq!(found("a@b.co,c@d.org"), ["a@b.co", "c@d.org"]);
    }

    #[test]
    fn what_only_looks_like_one_is_left() {
        for text in [
            "npm install @scope/name lodash@4.17.21 react@18",
            "logo@2x.png",
            "com.example.Order@1a2b3c4d",
            "web:1.2@sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "root@localhost",
            "admin@10.0.0.1",
            "@app.route @Override a @ b.com",
            "x@.com x@-.com x@a. x@a.c",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}
