//! A text without its escapes, and what is to be written in the text with them.

use std::borrow::Cow;
use std::ops::Range;

use super::edit::Edit;
use super::escapes::Kinds;

/// A text without its escapes.
pub(super) struct Decoded<'r> {
    raw: &'r [u8],
    pub(super) text: Vec<u8>,
    /// Where each byte of `text` begins in the text with escapes.
    starts: Vec<usize>,
    kinds: Kinds,
}

impl<'r> Decoded<'r> {
    /// `raw` without escapes of these kinds.
    pub(super) fn of(raw: &'r [u8], kinds: Kinds) -> Self {
        let (text, starts) = (Vec::with_capacity(raw.len()), Vec::with_capacity(raw.len()));
        let mut decoded = Self { raw, text, starts, kinds };
        let mut at = 0;
        while let Some(rest) = raw.get(at..).filter(|rest| !rest.is_empty()) {
            let piece = kinds.piece(rest);
            decoded.text.extend_from_slice(piece.bytes());
            decoded.starts.extend(piece.bytes().iter().map(|_| at));
            at += piece.length;
        }
        decoded
    }

    /// Where this range of the decoded text is in the text with escapes; what is hidden around it does not belong to it.
    fn range(&self, range: Range<usize>) -> Range<usize> {
        let end = range.end.checked_sub(1).map_or(0, |last| self.start(last) + self.spelled(last).len());
        self.start(range.start).min(end)..end
    }

    fn start(&self, at: usize) -> usize {
        self.starts.get(at).copied().unwrap_or(self.raw.len())
    }

    /// A byte of the decoded text as it is written in the text with escapes.
    fn spelled(&self, at: usize) -> &'r [u8] {
        let rest = self.raw.get(self.start(at)..).filter(|rest| !rest.is_empty()).unwrap_or_default();
        rest.get(..self.kinds.piece(rest).length).unwrap_or(rest)
    }

    /// These edits of the decoded text, which are in order, as edits of the text with escapes.
    pub(super) fn undone(&self, edits: Vec<Edit>) -> Vec<Edit> {
        let mut quote = self.kinds.quote();
        let mut seen = 0;
        let undone = |edit: Edit| {
            let before = self.text.get(seen..edit.range.start).unwrap_or_default();
            if let Some(at) = memchr::memrchr(b'"', before) {
                quote = self.spelled(seen + at);
            }
            seen = edit.range.start.max(seen);
            Edit {
                range: self.range(edit.range),
                text: self.kinds.escaped(&edit.text, quote),
                rule: edit.rule,
            }
        };
        edits.into_iter().map(undone).collect()
    }
}

/// The name of a field without its escapes, which are undone this often.
pub(super) fn decoded_name(raw: &[u8], levels: u8) -> Cow<'_, [u8]> {
    let mut name = Cow::Borrowed(raw);
    for _ in 0..levels {
        let kinds = Kinds::of(&name);
        if kinds.is_none() {
            break;
        }
        name = Cow::Owned(Decoded::of(&name, kinds).text);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &str) -> Decoded<'_> {
        Decoded::of(raw.as_bytes(), Kinds::of(raw.as_bytes()))
    }

    #[test]
    fn escapes_are_decoded_and_every_byte_knows_where_it_was() {
        for raw in [r"a\n\\\/\u00e9\ud83d\ude00z", "plain é", r"\ud83d", r"\u12"] {
            let decoded = decoded(raw);
            if let Ok(text) = serde_json::from_str::<String>(&format!("\"{raw}\"")) {
                assert_eq!(String::from_utf8(decoded.text.clone()).unwrap(), text);
            }
            assert_eq!(decoded.range(0..decoded.text.len()), 0..raw.len());
        }
        for raw in [r"a\u0040b", r"a\x40b", "a%40b", r"a\u{40}b"] {
            let decoded = decoded(raw);
            assert_eq!(decoded.text, b"a@b", "{raw}");
            assert_eq!(decoded.range(1..2), 1..raw.len() - 1, "{raw}");
        }
    }

    #[test]
    fn what_nobody_sees_is_left_out_and_stays_outside_of_ranges() {
        let raw = "\u{1b}[1;36ma\u{1b}[0m\u{200b}b\u{1b}(B\u{e0020}é\u{1b}x";
        let decoded = decoded(raw);
        assert_eq!(decoded.text, "abéx".as_bytes());
        assert_eq!(decoded.range(0..1), 7..8);
        assert_eq!(raw.get(decoded.range(1..4)), Some("b\u{1b}(B\u{e0020}é"));
    }

    #[test]
    fn escapes_of_addresses_are_decoded_and_others_stay() {
        let decoded = decoded("me%40example.com+100% %zz %E3%81%82%4");
        assert_eq!(decoded.text, "me@example.com+100% %zz あ%4".as_bytes());
        assert_eq!(decoded.range(2..3), 2..5);
    }

    #[test]
    fn a_mask_has_its_quotation_marks_as_the_text_has_them() {
        for (raw, expected) in [
            ("%22a%22:1", "%22[card]%22"),
            (r#"\"a\":1"#, r#"\"[card]\""#),
            (r"\x22a\x22:1", r"\x22[card]\x22"),
            (r#"\"%22\":1"#, r#"\"[card]\""#),
            ("[%31]", "%22[card]%22"),
            (r"[\n1]", r#"\"[card]\""#),
        ] {
            let decoded = decoded(raw);
            let last = decoded.text.len() - 1;
            let edit = Edit { range: last..last + 1, text: b"\"[card]\"".to_vec(), rule: 0 };
            let undone = decoded.undone(vec![edit]);
            assert_eq!(undone[0].text.as_slice(), expected.as_bytes(), "{raw}");
        }
    }
}
