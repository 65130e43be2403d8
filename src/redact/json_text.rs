//! JSON as text: where it begins in a line, its texts and numbers.

use std::ops::Range;

use serde::de::IgnoredAny;

/// A text, without its quotation marks, or a number.
pub(super) struct JsonScalar {
    /// The name of the field, without its quotation marks; in a list, that of the list, if it has one.
    pub(super) key: Option<Range<usize>>,
    pub(super) range: Range<usize>,
    pub(super) is_number: bool,
    /// It stands in a list, and has that one's name.
    pub(super) is_item: bool,
}

impl JsonScalar {
    fn of(key: Option<Range<usize>>, lists: &Lists, range: Range<usize>, is_number: bool) -> Self {
        let is_item = key.is_none();
        Self { key: key.or_else(|| lists.name()), range, is_number, is_item }
    }
}

/// Whether the text looks like JSON from its beginning on.
pub(super) fn begins(text: &[u8]) -> bool {
    matches!(text.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// Whether JSON may be somewhere in the text. `false` is certain.
pub(super) fn may_hold(text: &[u8]) -> bool {
    begins(text) || memchr::memchr(b'{', text).is_some()
}

/// Where JSON begins that goes on to the end of the text: at the text's beginning, or at its first brace.
pub(super) fn start(text: &[u8]) -> Option<usize> {
    let blanks = text.len() - text.trim_ascii_start().len();
    let brace = text.iter().position(|byte| *byte == b'{');
    let mut starts =
        [Some(blanks).filter(|_| begins(text)), brace.filter(|at| *at > blanks)].into_iter().flatten();
    starts.find(|at| text.get(*at..).is_some_and(is_json))
}

fn is_json(text: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Visits every text that is not a name, and every number, of JSON that is well-formed.
pub(super) fn for_each_scalar(json: &[u8], visit: &mut dyn FnMut(JsonScalar)) {
    let mut key = None;
    let mut lists = Lists::default();
    let mut at = 0;
    while let Some(byte) = json.get(at) {
        match byte {
            b'"' => {
                let range = at + 1..end_of_text(json, at + 1);
                at = range.end + 1;
                match colon(json, at) {
                    Some(colon) => {
                        key = Some(range);
                        at = colon + 1;
                    }
                    None => visit(JsonScalar::of(key.take(), &lists, range, false)),
                }
            }
            b'-' | b'0'..=b'9' => {
                let range = at..end_of_number(json, at);
                at = range.end;
                visit(JsonScalar::of(key.take(), &lists, range, true));
            }
            b'{' | b'[' => {
                lists.open(key.take().filter(|_| *byte == b'['));
                at += 1;
            }
            b'}' | b']' => {
                lists.close();
                at += 1;
            }
            b',' => {
                key = None;
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// The lists around a value that have a name, the innermost last: `{"cookie":["a","b"]}`.
#[derive(Default)]
struct Lists {
    depth: usize,
    /// Each with its depth.
    named: Vec<(usize, Range<usize>)>,
}

impl Lists {
    fn open(&mut self, name: Option<Range<usize>>) {
        self.depth += 1;
        self.named.extend(name.map(|name| (self.depth, name)));
    }

    fn close(&mut self) {
        self.named.pop_if(|(depth, _)| *depth == self.depth);
        self.depth = self.depth.saturating_sub(1);
    }

    fn name(&self) -> Option<Range<usize>> {
        self.named.last().map(|(_, name)| name.clone())
    }
}

/// Where the text's quotation mark stands.
fn end_of_text(json: &[u8], start: usize) -> usize {
    let mut at = start;
    while let Some(byte) = json.get(at).filter(|byte| **byte != b'"') {
        at += if *byte == b'\\' { 2 } else { 1 };
    }
    at.min(json.len())
}

fn end_of_number(json: &[u8], start: usize) -> usize {
    let is_part = |byte: &&u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
    start + json.get(start..).map_or(0, |rest| rest.iter().take_while(is_part).count())
}

/// Where the colon stands that makes the text before it a name.
fn colon(json: &[u8], at: usize) -> Option<usize> {
    let rest = json.get(at..)?;
    let blanks = rest.len() - rest.trim_ascii_start().len();
    (rest.get(blanks) == Some(&b':')).then_some(at + blanks)
}

/// A number without a fraction of zeros: many write `4111111111111111.0`.
pub(super) fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().rev().take_while(|digit| **digit == b'0').count();
    let (head, _) = number.split_at_checked(number.len() - zeros).unwrap_or((number, number));
    head.strip_suffix(b".").unwrap_or(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_visited_with_their_names() {
        let json = br#" {"a":"x","b" : [1,"y\"z",{"c":-2.5e3}],"d":null,"e":true,"f":""} "#;
        let mut seen = Vec::new();
        for_each_scalar(json, &mut |scalar| {
            let text = |range: Range<usize>| String::from_utf8(json[range].to_vec()).unwrap();
            seen.push((scalar.key.map(text).unwrap_or_default(), text(scalar.range), scalar.is_number));
        });
        let expected = [
            ("a", "x", false),
            ("b", "1", true),
            ("b", "y\\\"z", false),
            ("c", "-2.5e3", true),
            ("f", "", false),
        ];
        assert_eq!(seen, expected.map(|(key, text, is_number)| (key.to_owned(), text.to_owned(), is_number)));
    }

    #[test]
    fn json_is_found_at_the_beginning_or_behind_words() {
        for (text, at) in [
            (r#"{"a":1}"#, Some(0)),
            (r#"  [1]"#, Some(2)),
            (r#"[error] got {"a":1}"#, Some(12)),
            (r#"got {"a":1} and more"#, None),
            (r#"{"a":"#, None),
            ("plain", None),
        ] {
            assert_eq!(start(text.as_bytes()), at, "{text}");
        }
    }
}
