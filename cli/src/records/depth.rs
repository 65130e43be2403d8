//! The nesting depth at the end of unfinished JSON, without parsing it.

#[derive(Debug, Clone, Default)]
pub(super) struct Depth {
    /// Brackets that are open, the innermost last.
    open: Vec<u8>,
    /// The last byte that is neither white space nor part of a string.
    last: u8,
    in_string: bool,
    escaped: bool,
}

impl Depth {
    /// The depth after further text.
    pub(super) fn after(mut self, text: &[u8]) -> Self {
        text.iter().for_each(|byte| self.step(*byte));
        self
    }

    /// Whether every bracket and string is closed.
    pub(super) fn is_closed(&self) -> bool {
        self.open.is_empty() && !self.in_string
    }

    /// Whether an item of an array may follow.
    pub(super) fn awaits_item(&self) -> bool {
        !self.in_string && self.open.last() == Some(&b'[') && matches!(self.last, b'[' | b',')
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            let escaped = std::mem::take(&mut self.escaped);
            self.escaped = byte == b'\\' && !escaped;
            self.in_string = byte != b'"' || escaped;
            return;
        }
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.open.push(byte),
            b'}' | b']' => drop(self.open.pop()),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_strings_do_not_count() {
        let closed = |text: &str| Depth::default().after(text.as_bytes()).is_closed();
        assert!(closed(r#"{"a": "}{", "b": ["\"", "\\"]}"#));
        assert!(!closed(r#"{"a": "}"#));
        assert!(!closed(r#"{"a": [1]"#));
        assert!(!closed(r#"{"a": "\""#));
    }

    #[test]
    fn only_an_open_array_awaits_an_item() {
        let awaits = |text: &str| Depth::default().after(text.as_bytes()).awaits_item();
        assert!(awaits("{\"a\": [\n") && awaits("{\"a\": [1,\n") && awaits("[{},"));
        assert!(!awaits("{\"a\": [1\n") && !awaits("{\"a\": 1,\n") && !awaits("{\"a\": \"[,"));
    }
}
