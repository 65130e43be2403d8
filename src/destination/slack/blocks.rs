//! Slack's Block Kit blocks, each within its limit, and the escaping of its markup.
//!
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks>, escaping:
//! <https://docs.slack.dev/messaging/formatting-message-text>, read 2026-11. The pages do not define
//! a character; here it is a UTF-16 code unit, as in JavaScript, so that no other definition counts more.

use serde_json::{Value, json};

use crate::printable::{self, is_unprintable};

/// Blocks of one message.
pub(super) const MAX_BLOCKS: usize = 50;
/// Characters of a message's text. Longer ones are hard to read; Slack cuts them from 40,000 on.
pub(super) const MAX_TEXT_CHARS: usize = 4_000;
/// Characters of a section's text.
pub(super) const MAX_SECTION_CHARS: usize = 3_000;
/// Characters of a header.
const MAX_HEADER_CHARS: usize = 150;
/// Fields of a section.
const MAX_FIELDS: usize = 10;
/// Characters of a field.
const MAX_FIELD_CHARS: usize = 2_000;

const FENCE: &str = "```";
/// Characters that a code block has besides its lines: two fences and two line ends.
pub(super) const FENCE_CHARS: usize = 2 * FENCE.len() + 2;
const ELLIPSIS: char = '…';

/// A header. It has no markup; backticks are replaced as in all other texts.
pub(super) fn header(text: &str) -> Value {
    let text = printable::line(text).replace('`', "'");
    let text = clipped(text.chars().map(Token::Char), MAX_HEADER_CHARS);
    json!({"type": "header", "text": {"type": "plain_text", "text": non_empty(&text), "emoji": true}})
}

/// A paragraph of markup of at most [`MAX_SECTION_CHARS`].
pub(super) fn section(markup: &str) -> Value {
    json!({"type": "section", "text": mrkdwn(non_empty(markup))})
}

/// Small print, as markup.
pub(super) fn context(markup: &str) -> Value {
    json!({"type": "context", "elements": [mrkdwn(non_empty(markup))]})
}

/// Markup that Slack takes as it is: `verbatim` keeps it from making links and mentions out of what applications write.
fn mrkdwn(markup: &str) -> Value {
    json!({"type": "mrkdwn", "text": markup, "verbatim": true})
}

/// Names and values in two columns. `None` when there are none, because Slack rejects an empty section.
pub(super) fn fields<'t>(pairs: impl IntoIterator<Item = (&'t str, String)>) -> Option<Value> {
    let pairs = pairs.into_iter().take(MAX_FIELDS);
    let fields: Vec<Value> = pairs.map(|(name, value)| field(name, &value)).collect();
    (!fields.is_empty()).then(|| json!({"type": "section", "fields": fields}))
}

fn field(name: &str, value: &str) -> Value {
    let text = format!("*{name}*\n{}", escaped(value, MAX_FIELD_CHARS - name.len() - 3));
    mrkdwn(&text)
}

pub(super) fn divider() -> Value {
    json!({"type": "divider"})
}

/// Plain text as markup of at most `max` characters.
pub(super) fn escaped(text: &str, max: usize) -> String {
    clipped(text.chars().map(Token::new), max)
}

/// A code block of lines that are already escaped.
pub(super) fn code(lines: &[String]) -> String {
    format!("{FENCE}\n{}\n{FENCE}", lines.join("\n"))
}

/// What a character becomes in markup; it is never cut in two.
enum Token {
    Char(char),
    Entity(&'static str),
}

impl Token {
    fn new(c: char) -> Self {
        match c {
            '&' => Token::Entity("&amp;"),
            '<' => Token::Entity("&lt;"),
            '>' => Token::Entity("&gt;"),
            // Markup cannot escape a backtick, and three of them begin or end a code block.
            '`' => Token::Char('\''),
            '\n' | '\t' => Token::Char(c),
            _ if is_unprintable(c) => Token::Char(' '),
            _ => Token::Char(c),
        }
    }

    fn len(&self) -> usize {
        match self {
            Token::Char(c) => c.len_utf16(),
            Token::Entity(entity) => entity.len(),
        }
    }

    fn push_to(&self, text: &mut String) {
        match self {
            Token::Char(c) => text.push(*c),
            Token::Entity(entity) => text.push_str(entity),
        }
    }
}

/// The tokens as text; when they do not all fit, the last ones that do are replaced by an ellipsis.
fn clipped(tokens: impl Iterator<Item = Token>, max: usize) -> String {
    let mut text = String::new();
    let mut length = 0;
    let mut before_ellipsis = 0;
    for token in tokens {
        if length + ELLIPSIS.len_utf16() <= max {
            before_ellipsis = text.len();
        }
        length += token.len();
        if length > max {
            text.truncate(before_ellipsis);
            text.push(ELLIPSIS);
            break;
        }
        token.push_to(&mut text);
    }
    text
}

/// Slack rejects the whole message for one empty text.
fn non_empty(text: &str) -> &str {
    if text.trim().is_empty() { "–" } else { text }
}
