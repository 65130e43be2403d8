//! Private keys whose lines are records of their own: which records hold a line of a key whose other lines came before or
//! after.
//!
//! A key's lines stand where its BEGIN or its END stands: in the same field of JSON, behind as many words of a logger's. Between
//! them may be lines of others. Does not own: keys within one text (`forms`).

use std::borrow::Cow;

use super::decoded::{Decoded, decoded_name};
use super::escapes::{Kinds, has_hidden};
use super::forms::BEGIN;
use super::json_text;

/// Records in a row without a line of the key, after which no more are waited for.
pub(super) const MAX_FOREIGN_RECORDS: usize = 100;

/// Base64 of this length at the end of a line is one of a key, whatever stands before it: keys have 64, the id of a commit 40.
const MIN_SURE_BYTES: usize = 48;

/// Base64 of this length that is the whole line is one of a key.
const MIN_LINE_BYTES: usize = 16;

/// What is said about a key between its BEGIN and its first line.
const HEADERS: [&str; 4] = ["Proc-Type:", "DEK-Info:", "Version:", "Comment:"];

/// A key that has begun and not ended.
pub(super) struct OpenKey {
    place: KeyPlace,
    foreign_records: usize,
}

impl OpenKey {
    /// By the record that begins it.
    pub(super) fn new(record: &str) -> Self {
        Self { place: KeyPlace::of(record, BEGIN), foreign_records: 0 }
    }

    /// The record without lines of the key; `None`: it has no others.
    pub(super) fn without_lines(&mut self, record: String) -> Option<String> {
        let length = record.len();
        let rest = self.place.without_lines(record);
        let is_foreign = rest.as_ref().is_some_and(|rest| rest.len() == length);
        self.foreign_records = if is_foreign { self.foreign_records + 1 } else { 0 };
        rest
    }

    /// Whether a line of the key may still come.
    pub(super) fn may_go_on(&self) -> bool {
        self.foreign_records < MAX_FOREIGN_RECORDS
    }
}

/// Where in a record the lines of a key stand.
pub(super) struct KeyPlace {
    /// The name of the field, in a record that is JSON.
    field: Option<Vec<u8>>,
    /// Words of the logger's before the key.
    words_before: usize,
}

impl KeyPlace {
    /// By the last of the record's lines that holds this mark.
    pub(super) fn of(record: &str, mark: &str) -> Self {
        let field = scalars(record).into_iter().rfind(|(_, text)| text.contains(mark));
        let (field, text) =
            field.map_or((None, Cow::Borrowed(record)), |(name, text)| (Some(name), text.into()));
        let before = text.lines().rev().find_map(|line| Some(line.split_once(mark)?.0)).unwrap_or_default();
        let words = before.rsplit_once(char::is_whitespace).map_or("", |(words, _)| words);
        Self { field, words_before: words.split_whitespace().count() }
    }

    /// The record without lines of the key; `None`: it has no others.
    pub(super) fn without_lines(&self, record: String) -> Option<String> {
        let is_other = |line: &&str| line.trim().is_empty() || !self.is_key_line(&visible(line));
        let others: Vec<&str> = record.split('\n').filter(is_other).collect();
        match others.iter().all(|line| line.trim().is_empty()) {
            true => None,
            false if others.len() == record.split('\n').count() => Some(record),
            false => Some(others.join("\n")),
        }
    }

    fn is_key_line(&self, line: &str) -> bool {
        let scalars = scalars(line);
        let is_key = |(name, text): &(Vec<u8>, String)| match Some(name) == self.field.as_ref() {
            true => !text.is_empty() && text.lines().all(|line| self.is_key_text(line)),
            false => is_sure(text.trim()),
        };
        scalars.iter().any(is_key) || scalars.is_empty() && self.is_key_text(line)
    }

    fn is_key_text(&self, text: &str) -> bool {
        let words: Vec<&str> = text.split_whitespace().collect();
        let behind_logger = words.get(self.words_before..).unwrap_or_default();
        words.is_empty()
            || [words.as_slice(), behind_logger].into_iter().any(is_key_words)
            || words.last().is_some_and(|word| is_sure(unquoted(word)))
    }
}

fn is_key_words(words: &[&str]) -> bool {
    match words {
        [] => false,
        [word] => {
            let word = unquoted(word);
            is_base64(word) && (word.len() >= MIN_LINE_BYTES || is_mixed(word))
        }
        [first, ..] => HEADERS.contains(first),
    }
}

/// The last text in quotation marks, with none after it: `"MIIE",`, `msg="MIIE"`.
fn unquoted(word: &str) -> &str {
    let word = word.trim_end_matches(['"', '\'', ',', ';', '\\']);
    word.rsplit(['"', '\'']).next().unwrap_or(word)
}

fn is_base64(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// Whether it is neither a word as people write it nor a path.
fn is_mixed(word: &str) -> bool {
    let is_odd = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || matches!(byte, b'+' | b'=');
    word.bytes().skip(1).any(is_odd)
}

fn is_sure(word: &str) -> bool {
    word.len() >= MIN_SURE_BYTES && is_base64(word) && is_mixed(word)
}

/// The texts of a line that is JSON, or ends in some, with the names of their fields.
fn scalars(line: &str) -> Vec<(Vec<u8>, String)> {
    let mut scalars = Vec::new();
    let json = json_text::start(line.as_bytes()).and_then(|at| line.as_bytes().get(at..)).unwrap_or_default();
    json_text::for_each_scalar(json, &mut |scalar| {
        let bytes = |range| json.get(range).unwrap_or_default();
        let name = scalar.key.map(|key| decoded_name(bytes(key), 1).into_owned()).unwrap_or_default();
        let text = decoded_name(bytes(scalar.range), 1);
        scalars.push((name, String::from_utf8_lossy(&text).into_owned()));
    });
    scalars
}

/// The text as it is seen, without colours.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    match has_hidden(text.as_bytes()) {
        true => {
            String::from_utf8_lossy(&Decoded::of(text.as_bytes(), Kinds::HIDDEN).text).into_owned().into()
        }
        false => text.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_lines_where_it_begins() {
        for (begin, own, others) in [
            (
                "-----BEGIN X",
                vec!["MIIE1", "ab+/=", " ", "Proc-Type: 4,ENCRYPTED"],
                vec!["GET /a1", "Killed", "done"],
            ),
            (
                "12:00 ERROR -----BEGIN X",
                vec!["12:01 ERROR MIIE1", "MIIE1"],
                vec!["12:01 INFO Started", "a b c D1"],
            ),
            ("KEY=-----BEGIN X", vec!["MIIE1"], vec!["a MIIE1"]),
            (
                r#"{"l":"info","log":"a -----BEGIN X"}"#,
                vec![r#"{"l":"x","log":"b MIIE1"}"#, r#"{"log":"MIIE1\nMIIE2\n"}"#, "MIIE1"],
                vec![r#"{"l":"X1","log":"is ready"}"#, r#"{"other":"MIIE1"}"#],
            ),
            (r#"msg="-----BEGIN X""#, vec![r#"msg="MIIE1""#, "msg=MIIE1"], vec!["msg=\"all is well\""]),
        ] {
            let place = KeyPlace::of(begin, BEGIN);
            own.iter().for_each(|line| assert!(place.is_key_line(line), "{begin} {line}"));
            others.iter().for_each(|line| assert!(!place.is_key_line(line), "{begin} {line}"));
        }
        let long = format!("a b c {}1", "Ab".repeat(30));
        assert!(KeyPlace::of("-----BEGIN X", BEGIN).is_key_line(&long), "however many words are before it");
    }
}
