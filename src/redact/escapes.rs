//! Texts with escapes: those of JSON (`\u0040`), those of addresses and forms (`%40`), and those of terminals (`ESC[31m`)
//! with what nobody sees either.

/// Escapes are undone this often: a record of Docker in one of Fluent Bit in one of another router.
pub(super) const MAX_LEVELS: u8 = 4;

/// Which kinds of escapes a text has, or which are undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds {
    json: bool,
    percent: bool,
    hidden: bool,
}

impl Kinds {
    const NONE: Self = Self { json: false, percent: false, hidden: false };
    const JSON: Self = Self { json: true, ..Self::NONE };
    const PERCENT: Self = Self { percent: true, ..Self::NONE };
    pub(super) const HIDDEN: Self = Self { hidden: true, ..Self::NONE };

    pub(super) fn of(text: &[u8]) -> Self {
        Self {
            json: memchr::memchr(b'\\', text).is_some(),
            percent: has_percent(text),
            hidden: has_hidden(text),
        }
    }

    pub(super) fn is_none(self) -> bool {
        self == Self::NONE
    }

    pub(super) const fn has_backslash(self) -> bool {
        self.json
    }

    /// Whether there is more than backslashes, which alone hide nothing.
    pub(super) const fn has_others(self) -> bool {
        self.percent || self.hidden
    }

    /// Each kind for itself, where there are several: undone together, a backslash of a path is taken for an escape of JSON.
    pub(super) fn apart(self) -> impl Iterator<Item = Self> {
        let kinds = [(self.json, Self::JSON), (self.percent, Self::PERCENT), (self.hidden, Self::HIDDEN)];
        let has_one = kinds.iter().filter(|(has, _)| *has).count() < 2;
        kinds.into_iter().filter(move |(has, _)| *has && !has_one).map(|(_, kind)| kind)
    }

    /// The same for a text of JSON, whose backslashes are escapes for certain.
    pub(super) fn apart_in_json(self) -> impl Iterator<Item = Self> {
        let has_backslash = self.json;
        self.apart().filter(move |kind| kind.json || !has_backslash)
    }

    /// How a quotation mark is written where the text has none.
    pub(super) const fn quote(self) -> &'static [u8] {
        match self {
            Self { json: true, .. } => b"\\\"",
            Self { percent: true, .. } => b"%22",
            _ => b"\"",
        }
    }

    /// A mask as it is written in a text with these escapes, where a quotation mark is `quote`.
    pub(super) fn escaped(self, mask: &[u8], quote: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(mask.len());
        for byte in mask {
            match byte {
                b'"' => out.extend_from_slice(quote),
                b'\\' if self.json => out.extend_from_slice(b"\\\\"),
                b'%' if self.percent => out.extend_from_slice(b"%25"),
                _ => out.push(*byte),
            }
        }
        out
    }

    /// What stands at the beginning of `rest`, which is not empty, once these kinds are undone.
    pub(super) fn piece(self, rest: &[u8]) -> Piece {
        let first = rest.first().copied().unwrap_or_default();
        let plain = Piece::of(&[first], 1);
        match first {
            b'\\' if self.json => json_piece(rest).unwrap_or(plain),
            b'%' if self.percent => {
                let byte = rest.get(..PERCENT_BYTES).and_then(percent_byte);
                byte.map_or(plain, |byte| Piece::of(&[byte], PERCENT_BYTES))
            }
            ESC | 0x80.. if self.hidden => match hidden(first, rest.get(1..).unwrap_or_default()) {
                0 => plain,
                length => Piece::of(b"", length),
            },
            _ => plain,
        }
    }
}

/// A character or a byte with its escape.
pub(super) struct Piece {
    bytes: [u8; 4],
    shown: u8,
    /// Bytes with the escape.
    pub(super) length: usize,
}

impl Piece {
    fn of(shown: &[u8], length: usize) -> Self {
        let mut piece = Self { bytes: [0; 4], shown: 0, length };
        for (to, byte) in piece.bytes.iter_mut().zip(shown) {
            *to = *byte;
            piece.shown += 1;
        }
        piece
    }

    /// What it says; nothing where nobody sees it.
    pub(super) fn bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.shown)).unwrap_or_default()
    }
}

/// The escape that the backslash at the beginning of `rest` begins.
fn json_piece(rest: &[u8]) -> Option<Piece> {
    match rest.get(1)? {
        b'u' => {
            let (char, length) = unicode(rest);
            Some(Piece::of(char.encode_utf8(&mut [0; 4]).as_bytes(), length))
        }
        b'x' => match rest.get(2..4).and_then(hex_byte) {
            Some(byte) => Some(Piece::of(&[byte], 4)),
            None => Some(Piece::of(b"x", 2)),
        },
        escape => Some(Piece::of(&[*unescaped(escape)], 2)),
    }
}

/// Bytes of `%40`.
const PERCENT_BYTES: usize = 3;

fn percent_byte(escape: &[u8]) -> Option<u8> {
    hex_byte(escape.strip_prefix(b"%")?)
}

fn hex_byte(digits: &[u8]) -> Option<u8> {
    let is_hex = digits.iter().all(u8::is_ascii_hexdigit);
    std::str::from_utf8(digits).ok().filter(|_| is_hex).and_then(|digits| u8::from_str_radix(digits, 16).ok())
}

/// Digits of `\u{10ffff}`.
const MAX_BRACED_DIGITS: usize = 6;

/// Begins a sequence that controls a terminal.
const ESC: u8 = 0x1B;

/// Ends a command to the terminal's program.
const BEL: u8 = 0x07;

/// Whether a match may be written in another way in these texts, or have something hidden in it. `false` is certain.
pub(super) fn may_hide(text: &[u8]) -> bool {
    memchr::memchr3_iter(b'\\', b'%', ESC, text).any(|at| match text.get(at) {
        Some(b'\\') => is_numbered(text, at),
        Some(b'%') => is_percent(text, at),
        _ => true,
    }) || has_invisible(text)
}

/// Whether a character that counts may be written as its number in JSON.
pub(super) fn has_numbered(text: &[u8]) -> bool {
    memchr::memchr_iter(b'\\', text).any(|at| is_numbered(text, at))
}

/// Whether a character that counts may be written as in an address.
pub(super) fn has_percent(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| is_percent(text, at))
}

/// Whether the text has what a terminal or nobody shows.
pub(super) fn has_hidden(text: &[u8]) -> bool {
    memchr::memchr(ESC, text).is_some() || has_invisible(text)
}

fn has_invisible(text: &[u8]) -> bool {
    // Behind the last character nothing is hidden by one.
    !text.is_ascii()
        && text.windows(3).any(|window| matches!(window, [first, rest @ ..] if invisible(*first, rest) > 0))
}

/// Whether the backslash at `at` begins a character of ASCII, one that is hidden, or one that separates digits of a card.
fn is_numbered(text: &[u8], at: usize) -> bool {
    match text.get(at + 1) {
        Some(b'x') => text.get(at + 2..at + 4).is_some_and(counts),
        Some(b'u') if text.get(at + 2) == Some(&b'{') => true,
        Some(b'u') => text.get(at + 2..at + 6).is_some_and(is_counted_unit),
        _ => false,
    }
}

/// The same for the digits of `\u0040`.
fn is_counted_unit(digits: &[u8]) -> bool {
    matches!(
        std::array::from_fn(|at| digits.get(at).map_or(0, u8::to_ascii_lowercase)),
        [b'0', b'0', b'0'..=b'7', _]
            | [b'0', b'0', b'a', b'0' | b'd']
            | [b'2', b'0', b'0', b'b'..=b'f']
            | [b'2', b'0', b'1', b'1' | b'3']
            | [b'2', b'0', b'2', b'a'..=b'f']
            | [b'2', b'0', b'6', _]
            | [b'0', b'6', b'1', b'c']
            | [b'1', b'1', b'5' | b'6', _]
            | [b'1', b'8', b'0', b'e']
            | [b'3', b'1', b'6', b'4']
            | [b'f', b'e', b'0' | b'f', _]
            | [b'f', b'f', b'a' | b'f', _]
            | [b'd', b'b', b'4', b'0']
    )
}

/// Whether the percent sign at `at` begins a character that counts, written as in an address.
fn is_percent(text: &[u8], at: usize) -> bool {
    text.get(at + 1..at + PERCENT_BYTES).is_some_and(counts)
}

/// Whether the byte that these digits of `%40` or `\x40` write is one of ASCII, or the first of a character that counts.
fn counts(digits: &[u8]) -> bool {
    match digits {
        [b'2'..=b'7', digit] => digit.is_ascii_hexdigit(),
        [b'1', b'b' | b'B'] | [b'c' | b'C' | b'e' | b'E', b'2'] | [b'e' | b'E', b'f' | b'F'] => true,
        _ => false,
    }
}

/// Bytes that nobody sees from here on; 0: this is seen.
fn hidden(first: u8, rest: &[u8]) -> usize {
    match first {
        ESC => control_sequence(rest),
        0..0x80 => 0,
        _ => invisible(first, rest),
    }
}

/// Bytes of a sequence that controls a terminal, whose `ESC` is before `rest`: as `printable::without_colours` leaves out, and
/// the character set (`ESC(B`) that some terminals select where colours end
/// (<https://www.ecma-international.org/publications-and-standards/standards/ecma-48/>).
fn control_sequence(rest: &[u8]) -> usize {
    match rest {
        [b'[', parameters @ ..] => {
            let length = parameters.iter().take_while(|byte| matches!(byte, 0x20..=0x3F)).count();
            match parameters.get(length) {
                Some(0x40..=0x7E) => 2 + length + 1,
                None => 2 + length,
                Some(_) => 2,
            }
        }
        [b'(' | b')', b'0' | b'A' | b'B', ..] => 3,
        [b']', command @ ..] => 1 + command_length(command),
        _ => 1,
    }
}

/// Bytes of a command to the terminal's program with the bracket before it, as a link has one (`ESC]8;;…ESC\`); 0 where it
/// does not end.
fn command_length(command: &[u8]) -> usize {
    let length = command.iter().take_while(|byte| **byte >= b' ').count();
    match command.get(length..) {
        Some([BEL, ..]) => 1 + length + 1,
        Some([ESC, b'\\', ..]) => 1 + length + 2,
        _ => 0,
    }
}

/// Bytes of a character without a width of its own: what `printable::is_unprintable` has of them, the joiners, and the
/// selectors of variants. 0: it is none.
fn invisible(first: u8, rest: &[u8]) -> usize {
    match (first, rest) {
        (0xC2, [0xAD, ..]) | (0xD8, [0x9C, ..]) => 2,
        (0xE1, [0x85, 0x9F | 0xA0, ..] | [0xA0, 0x8E, ..]) | (0xE3, [0x85, 0xA4, ..]) => 3,
        (0xE2, [0x80, 0x8B..=0x8F | 0xAA..=0xAE, ..] | [0x81, 0xA0..=0xAF, ..]) => 3,
        (0xEF, [0xB8, 0x80..=0x8F, ..] | [0xBB, 0xBF, ..] | [0xBE, 0xA0, ..] | [0xBF, 0xB9..=0xBB, ..]) => 3,
        (0xF3, [0xA0, 0x80 | 0x81, ..]) => 4,
        _ => 0,
    }
}

const fn unescaped(escape: &u8) -> &u8 {
    match escape {
        b'n' => &b'\n',
        b'r' => &b'\r',
        b't' => &b'\t',
        b'b' => &0x08,
        b'f' => &0x0C,
        other => other,
    }
}

/// The character of `\u…` at the beginning, or of two of them, and its length with the escapes.
fn unicode(rest: &[u8]) -> (char, usize) {
    let unit = |at: usize| {
        let digits = rest.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    if let Some(braced) = braced(rest) {
        return braced;
    }
    let Some(first) = unit(0) else { return (char::REPLACEMENT_CHARACTER, 2) };
    let pair = char::decode_utf16([first, unit(6).unwrap_or_default()]).next();
    match pair {
        Some(Ok(char)) => (char, if char.len_utf16() == 2 { 12 } else { 6 }),
        _ => (char::REPLACEMENT_CHARACTER, 6),
    }
}

/// The same for `\u{1b}`, as Rust and JavaScript write it.
fn braced(rest: &[u8]) -> Option<(char, usize)> {
    let inside = rest.strip_prefix(b"\\u{")?;
    let length = inside.iter().take(MAX_BRACED_DIGITS).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let digits = std::str::from_utf8(inside.get(..length)?).ok()?;
    let char = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
    (inside.get(length) == Some(&b'}')).then_some((char, b"\\u{".len() + length + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What takes no width is what `printable` leaves out, without what ends a line or a joiner that writing needs.
    #[test]
    fn what_is_invisible_is_so_everywhere() {
        for char in ('\u{a0}'..=char::MAX).filter(|char| !matches!(char, '\u{2028}' | '\u{2029}')) {
            let is_invisible = match char.to_string().as_bytes() {
                [first, rest @ ..] => invisible(*first, rest) == char.len_utf8(),
                [] => false,
            };
            let is_extra = matches!(char, '\u{200c}' | '\u{200d}' | '\u{2065}' | '\u{fe00}'..='\u{fe0f}');
            assert_eq!(is_invisible, is_extra || crate::printable::is_unprintable(char), "{char:?}");
        }
    }

    #[test]
    fn signs_of_percent_are_escapes_only_before_a_byte_that_counts() {
        for (text, has) in
            [("%40", true), ("a%2f", true), ("%E3%81%82", false), ("5% %4 %%4x", false), ("", false)]
        {
            assert_eq!(has_percent(text.as_bytes()), has, "{text}");
        }
    }
}
