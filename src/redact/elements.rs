//! Secrets in elements of XML: `<wsse:Password Type="…">…</wsse:Password>`.

use std::ops::Range;

use super::names;

/// How a text begins that holds signs of XML, and how it ends.
const CDATA: &str = "<![CDATA[";
const END_OF_CDATA: &str = "]]>";

/// The tags of a text, each looked for once: there may be as many names before one as the text has room for.
#[derive(Default)]
pub(super) struct Tags {
    /// Where the next begins; none begins between there and the place that was asked for last.
    next: Option<usize>,
}

impl Tags {
    /// The content of the element that begins at `at`, if its name says that it is a secret.
    pub(super) fn secret(&mut self, text: &str, at: usize) -> Option<Range<usize>> {
        let start = content_start(text, at)?;
        let content = text.get(start..)?;
        if let Some(inside) = content.strip_prefix(CDATA) {
            let start = start + CDATA.len();
            return Some(start..start + inside.find(END_OF_CDATA).unwrap_or(inside.len()));
        }
        let next = self.next_tag(text, start);
        let is_ended = text.get(next..)?.starts_with("</");
        let is_cut = text.len() - next <= 1 && content.starts_with(begins_value);
        match is_cut {
            true => Some(start..start + content.find(['\n', '\r']).unwrap_or(next - start)),
            false => is_ended.then_some(start..next),
        }
    }

    fn next_tag(&mut self, text: &str, start: usize) -> usize {
        let next = self.next.filter(|next| *next >= start).unwrap_or_else(|| {
            let rest = text.get(start..).unwrap_or_default();
            start + rest.find('<').unwrap_or(rest.len())
        });
        self.next = Some(next);
        next
    }
}

/// Where the content of an element that is named so begins, behind its attributes.
fn content_start(text: &str, at: usize) -> Option<usize> {
    let inside = text.get(at + 1..)?;
    let is_in_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b':');
    let name = inside.get(..inside.bytes().take_while(|byte| is_in_name(byte)).count())?;
    let local = name.rsplit(':').next().filter(|name| names::is_secret_field(name))?;
    let attributes = inside.get(name.len()..)?;
    let is_name = !local.is_empty() && attributes.starts_with(|c: char| c == '>' || c.is_whitespace());
    let end = attributes.find(['<', '>']).filter(|_| is_name)?;
    let start = at + 1 + name.len() + end;
    text.get(start..)?.starts_with('>').then_some(start + 1)
}

/// Behind a word in angle brackets, as "give <password>, then" has one, stands no value.
fn begins_value(c: char) -> bool {
    !c.is_whitespace() && !matches!(c, ',' | '.' | ';' | ':' | ')' | ']' | '}' | '"' | '\'' | '`' | '|' | '/')
}
