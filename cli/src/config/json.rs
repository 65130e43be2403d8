//! JSON → tree, with lines. `serde_json` rejects what is not JSON; the reader below only adds the lines.

use super::encoding::BLANKS_OF_WORD_PROCESSORS;
use super::tree::{MapEntry, Node, ParseError, Tree};

/// Reads the whole text.
pub(super) fn parse(text: &str) -> Result<Node, ParseError> {
    // serde_json also refuses more than 128 levels, so that the reader below may recurse.
    serde_json::from_str::<serde_json::Value>(text).map_err(|error| explain(text, &error))?;
    let mut reader = Reader { bytes: text.as_bytes(), at: 0, line: 1 };
    Ok(reader.value())
}

/// Names what people put into JSON that is not JSON; otherwise what the reader says.
fn explain(text: &str, error: &serde_json::Error) -> ParseError {
    let line = error.line().max(1);
    let written = text.lines().nth(line - 1).unwrap_or_default();
    let begins_comment =
        |text: &str| text.starts_with("//") || text.starts_with("/*") || text.starts_with('#');
    let at = written.get(error.column().saturating_sub(1)..).unwrap_or_default();
    let reason = error.to_string();
    let reason = reason.split(" at line ").next().unwrap_or_default();
    let fail = |message: String, instead| ParseError { line, message, instead };
    if begins_comment(written.trim_start()) || begins_comment(at) {
        return fail(
            "the file is not valid JSON: it has a comment, which JSON does not know".to_owned(),
            "leave the comments out",
        );
    }
    if written.contains(['“', '”', '„', '‘', '’']) {
        return fail(
            "the file is not valid JSON: the line has typographic quotation marks".to_owned(),
            "write \"",
        );
    }
    if written.contains(BLANKS_OF_WORD_PROCESSORS) {
        return fail(
            "the file is not valid JSON: the line has a blank that is not an ordinary one".to_owned(),
            "write an ordinary blank",
        );
    }
    if at.starts_with('\'') || written.trim_start().starts_with('\'') {
        return fail("the file is not valid JSON: it has single quotation marks".to_owned(), "write \"");
    }
    if reason == "trailing comma" {
        return fail(
            "the file is not valid JSON: a comma stands before the closing bracket".to_owned(),
            "leave the last comma out",
        );
    }
    fail(format!("the file is not valid JSON: {reason} in column {}", error.column()), "")
}

/// Reads text that is known to be valid JSON.
struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Node {
        self.skip_blanks();
        let line = self.line;
        let tree = match self.peek() {
            Some(b'{') => Tree::Map(self.map()),
            Some(b'[') => Tree::List(self.list()),
            Some(b'"') => Tree::Text(self.string()),
            _ => Tree::Word(self.word()),
        };
        Node { line, tree }
    }

    fn map(&mut self) -> Vec<MapEntry> {
        let mut entries = Vec::new();
        self.step();
        while self.has_more(b'}') {
            let line = self.line;
            let key = self.string();
            self.skip_blanks();
            self.step();
            entries.push(MapEntry { key, line, value: self.value() });
        }
        entries
    }

    fn list(&mut self) -> Vec<Node> {
        let mut items = Vec::new();
        self.step();
        while self.has_more(b']') {
            items.push(self.value());
        }
        items
    }

    /// Skips blanks and commas, and the closing bracket if it is next.
    fn has_more(&mut self, end: u8) -> bool {
        loop {
            self.skip_blanks();
            match self.peek() {
                Some(b',') => self.step(),
                Some(byte) if byte != end => return true,
                _ => {
                    self.step();
                    return false;
                }
            }
        }
    }

    fn string(&mut self) -> String {
        let start = self.at;
        self.step();
        while let Some(byte) = self.peek() {
            self.step();
            match byte {
                b'"' => break,
                b'\\' => self.step(),
                _ => {}
            }
        }
        let literal = self.bytes.get(start..self.at).unwrap_or_default();
        serde_json::from_slice(literal).unwrap_or_default()
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|byte| !matches!(byte, b',' | b']' | b'}') && !byte.is_ascii_whitespace())
        {
            self.step();
        }
        String::from_utf8_lossy(self.bytes.get(start..self.at).unwrap_or_default()).into_owned()
    }

    fn skip_blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.step();
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn step(&mut self) {
        self.line += usize::from(self.peek() == Some(b'\n'));
        self.at += 1;
    }
}
