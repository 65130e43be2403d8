//! Slack's building blocks, each within its limit, and the three characters its markup reserves.
//!
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks>, escaping:
//! <https://docs.slack.dev/messaging/formatting-message-text>, read 2026-11. The pages do not say what a character
//! is, so one outside the Basic Multilingual Plane counts twice, as it does in JavaScript: that is never too few.

use serde_json::{Value, json};

/// Blocks of one message.
pub(super) const MAX_BLOCKS: usize = 50;
/// Longer texts are hard to read; from 40,000 on Slack cuts them.
pub(super) const MAX_TEXT: usize = 4_000;
/// Text of a section.
pub(super) const MAX_SECTION: usize = 3_000;
/// Text of a header.
const MAX_HEADER: usize = 150;
/// Fields of a section.
const MAX_FIELDS: usize = 10;
/// Text of a field.
const MAX_FIELD: usize = 2_000;

const FENCE: &str = "```";
const ELLIPSIS: char = '…';

/// A title, which knows no markup; backticks look like everywhere else.
pub(super) fn header(text: &str) -> Value {
    let text = clipped(text.replace('`', "'").chars().map(Piece::Char), MAX_HEADER);
    json!({"type": "header", "text": {"type": "plain_text", "text": said(&text), "emoji": true}})
}

/// A paragraph of markup, which the caller has made short enough.
pub(super) fn section(markup: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": said(markup)}})
}

/// Small print, of markup.
pub(super) fn context(markup: &str) -> Value {
    json!({"type": "context", "elements": [{"type": "mrkdwn", "text": said(markup)}]})
}

/// Names and values in two columns; `None` when there are none, because an empty section is refused.
pub(super) fn fields<'t>(pairs: impl IntoIterator<Item = (&'t str, String)>) -> Option<Value> {
    let field = |(name, value): (&str, String)| {
        let text = format!("*{name}*\n{}", escaped(&value, MAX_FIELD - name.len() - 3));
        json!({"type": "mrkdwn", "text": text})
    };
    let fields: Vec<_> = pairs.into_iter().take(MAX_FIELDS).map(field).collect();
    (!fields.is_empty()).then(|| json!({"type": "section", "fields": fields}))
}

/// A line between two matters.
pub(super) fn divider() -> Value {
    json!({"type": "divider"})
}

/// Text as markup of at most `max` characters.
pub(super) fn escaped(text: &str, max: usize) -> String {
    clipped(text.chars().map(Piece::new), max)
}

/// Room for a code block's fences.
pub(super) const FENCES: usize = 2 * FENCE.len() + 2;

/// Lines as they are, each already escaped.
pub(super) fn code(lines: &[String]) -> String {
    format!("{FENCE}\n{}\n{FENCE}", lines.join("\n"))
}

/// What a character becomes.
enum Piece {
    Char(char),
    Entity(&'static str),
}

impl Piece {
    fn new(c: char) -> Self {
        match c {
            '&' => Piece::Entity("&amp;"),
            '<' => Piece::Entity("&lt;"),
            '>' => Piece::Entity("&gt;"),
            // Markup has no escape for it, and three of them begin or end a code block.
            '`' => Piece::Char('\''),
            _ => Piece::Char(c),
        }
    }

    fn len(&self) -> usize {
        match self {
            Piece::Char(c) => c.len_utf16(),
            Piece::Entity(entity) => entity.len(),
        }
    }

    fn push_to(&self, text: &mut String) {
        match self {
            Piece::Char(c) => text.push(*c),
            Piece::Entity(entity) => text.push_str(entity),
        }
    }
}

/// Pieces stay whole; when they do not all fit, the last that fit make way for an ellipsis.
fn clipped(pieces: impl Iterator<Item = Piece>, max: usize) -> String {
    let (mut text, mut length) = (String::new(), 0);
    let mut before_ellipsis = 0;
    for piece in pieces {
        if length + ELLIPSIS.len_utf16() <= max {
            before_ellipsis = text.len();
        }
        length += piece.len();
        if length > max {
            text.truncate(before_ellipsis);
            text.push(ELLIPSIS);
            break;
        }
        piece.push_to(&mut text);
    }
    text
}

/// Slack refuses the whole message for one empty text.
fn said(text: &str) -> &str {
    if text.trim().is_empty() { "–" } else { text }
}
