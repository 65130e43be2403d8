//! The nesting depth at the end of unfinished JSON, without parsing it.

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Depth {
    open: usize,
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
    pub(super) fn is_closed(self) -> bool {
        self.open == 0 && !self.in_string
    }

    fn step(&mut self, byte: u8) {
        if self.in_string {
            let escaped = std::mem::take(&mut self.escaped);
            self.escaped = byte == b'\\' && !escaped;
            self.in_string = byte != b'"' || escaped;
            return;
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.open += 1,
            b'}' | b']' => self.open = self.open.saturating_sub(1),
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
}
