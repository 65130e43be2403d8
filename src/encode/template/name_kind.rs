//! The kinds of name that a template makes, and which characters each may hold.
//!
//! Does not own the rules for a name as a whole (`name_rules`).

use crate::json;

/// What kind of name a template makes; decides which characters a value may have in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NameKind {
    /// CloudWatch log group: `[.\-_/#A-Za-z0-9]`, 1–512, not beginning with `aws/`.
    #[default]
    LogGroup,
    /// CloudWatch log stream: anything but `:` and `*`, 1–512.
    LogStream,
    /// A file path: a value is one path segment and can neither climb nor hide.
    FilePath,
    /// A Datadog tag or name: a value has no comma, blank or quotation mark, at most 200 bytes, and is UTF-8. The
    /// whole needs no escaping inside a JSON string.
    Label,
    /// A name in a field of its own, where only control characters do harm.
    Text,
    /// S3 object key: as a path, of S3's safe characters only, 1–1,024 bytes.
    ObjectKey,
}

impl NameKind {
    /// Whether the user's own text between fields may hold this byte; `%` belongs to strftime.
    pub(super) fn literal_may_hold(self, byte: u8) -> bool {
        match self {
            NameKind::LogGroup => group_may_hold(byte) || byte == b'%',
            NameKind::LogStream => stream_may_hold(byte),
            NameKind::FilePath | NameKind::ObjectKey => byte != 0,
            NameKind::Label => true,
            NameKind::Text => !byte.is_ascii_control(),
        }
    }

    /// Appends what strftime made of the user's text: it may hold characters that the text did not.
    pub(super) fn write_time(self, text: &str, out: &mut Vec<u8>) {
        match self {
            NameKind::LogGroup => write_allowed(text.as_bytes(), group_may_hold, b'.', out),
            kind => write_allowed(text.as_bytes(), |byte| kind.literal_may_hold(byte), b'.', out),
        }
    }

    /// The kind, and what may be in such a name, for messages.
    pub(super) fn describe(self) -> &'static str {
        match self {
            NameKind::LogGroup => "the name of a log group; letters, digits and . - _ / # may",
            NameKind::LogStream => "the name of a log stream; anything but : and * may",
            NameKind::FilePath => "a file path",
            NameKind::ObjectKey => "an object's key",
            NameKind::Label => "a tag or name",
            NameKind::Text => "a name; anything but control characters may",
        }
    }

    /// Appends a value, with every character that this kind of name forbids replaced.
    pub(super) fn write(self, text: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        match self {
            NameKind::LogGroup => write_allowed(text, group_may_hold, b'.', out),
            NameKind::LogStream => write_allowed(text, stream_may_hold, b'.', out),
            NameKind::Text => write_allowed(text, |byte| !byte.is_ascii_control(), b'.', out),
            NameKind::FilePath => {
                write_allowed(text, segment_may_hold, b'_', out);
                replace_leading_dot(start, out);
            }
            NameKind::ObjectKey => {
                write_allowed(text, key_may_hold, b'_', out);
                replace_leading_dot(start, out);
            }
            NameKind::Label => {
                let text = json::cut(text, MAX_LABEL_BYTES);
                let is_text = std::str::from_utf8(text).is_ok();
                write_allowed(text, |byte| label_may_hold(byte) && (is_text || byte.is_ascii()), b'_', out);
            }
        }
    }
}

/// Datadog's limit for a tag, in characters
/// (<https://docs.datadoghq.com/getting_started/tagging/>, read 2026-11); applied to its value, by bytes.
const MAX_LABEL_BYTES: usize = 200;

/// Appends the text, with `replacement` for each byte that is not allowed.
fn write_allowed(text: &[u8], is_allowed: impl Fn(u8) -> bool, replacement: u8, out: &mut Vec<u8>) {
    out.extend(text.iter().map(|byte| if is_allowed(*byte) { *byte } else { replacement }));
}

fn group_may_hold(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'/' | b'#')
}

fn stream_may_hold(byte: u8) -> bool {
    !matches!(byte, b':' | b'*' | 0..0x20 | 0x7F)
}

fn segment_may_hold(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'@' | b'=' | 0x80..)
}

fn label_may_hold(byte: u8) -> bool {
    !matches!(byte, 0..=b' ' | b'"' | b'\\' | b',' | 0x7F)
}

/// S3's "safe characters" (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html>, read 2026-11)
/// except for the slash, which would make a value more than one segment.
fn key_may_hold(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'!' | b'-' | b'_' | b'.' | b'*' | b'\'' | b'(' | b')')
}

/// A value that begins with a dot would hide the file or climb.
fn replace_leading_dot(start: usize, out: &mut [u8]) {
    if let Some(first) = out.get_mut(start)
        && *first == b'.'
    {
        *first = b'_';
    }
}
