//! Elements of an Adaptive Card, and texts that are nothing but text.
//!
//! Elements: <https://adaptivecards.io/explorer/>, read 2026-11. A `TextBlock` and a `Fact` read Markdown, by which a
//! container could forge a link; the runs of a `RichTextBlock` do not, so every text that is shown is a run of one.

use serde_json::{Value, json};

use crate::destination::alert::text;
use crate::stop::Severity;

/// How a run looks.
#[derive(Debug, Clone, Copy)]
pub(super) enum Style {
    Plain,
    Bold,
    Subtle,
    Monospace,
    /// A heading in the colour of a severity.
    Heading(Severity),
}

/// Plain text of at most `max` bytes in JSON, on one line. A date function and a mention would be read even here, so
/// neither is left whole.
pub(super) fn plain(text: &str, max: usize) -> String {
    // Twice, for the first pass leaves two of three.
    let text = text.replace("{{", "{ {").replace("{{", "{ {").replace("<at", "< at");
    text::line(&text, max, json_len)
}

/// Bytes of a character in a JSON string.
fn json_len(c: char) -> usize {
    match c {
        '"' | '\\' => 2,
        _ => c.len_utf8(),
    }
}

fn run(text: &str, style: Style) -> Value {
    // A run without text is not valid.
    let text = if text.trim().is_empty() { "–" } else { text };
    match style {
        Style::Plain => json!({"type": "TextRun", "text": text}),
        Style::Bold => json!({"type": "TextRun", "text": text, "weight": "Bolder"}),
        Style::Subtle => json!({"type": "TextRun", "text": text, "isSubtle": true, "size": "Small"}),
        Style::Monospace => {
            json!({"type": "TextRun", "text": text, "fontType": "Monospace", "size": "Small"})
        }
        Style::Heading(severity) => {
            json!({"type": "TextRun", "text": text, "weight": "Bolder", "size": "Medium", "color": color(severity)})
        }
    }
}

fn color(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "Good",
        Severity::Warning => "Warning",
        Severity::Error => "Attention",
    }
}

/// A paragraph; its runs are beside each other.
pub(super) fn paragraph(runs: &[(&str, Style)]) -> Value {
    let inlines: Vec<Value> = runs.iter().map(|(text, style)| run(text, *style)).collect();
    json!({"type": "RichTextBlock", "inlines": inlines, "spacing": "Small"})
}

/// Lines as they were written, on a ground of their own. `None` when there are none: an empty container is not valid.
pub(super) fn lines(lines: &[String]) -> Option<Value> {
    let line = |line: &String| json!({"type": "RichTextBlock", "inlines": [run(line, Style::Monospace)], "spacing": "None"});
    let items: Vec<Value> = lines.iter().map(line).collect();
    (!items.is_empty()).then(|| json!({"type": "Container", "style": "emphasis", "items": items}))
}

/// Buttons that open addresses.
pub(super) fn buttons(links: &[(&str, String)]) -> Option<Value> {
    let open = |(title, url): &(&str, String)| json!({"type": "Action.OpenUrl", "title": title, "url": url});
    let actions: Vec<Value> = links.iter().map(open).collect();
    (!actions.is_empty()).then(|| json!({"type": "ActionSet", "actions": actions}))
}

/// Elements that belong together, under a line if something is above them.
pub(super) fn part(items: Vec<Value>) -> Value {
    json!({"type": "Container", "separator": true, "spacing": "Medium", "items": items})
}

/// The message that carries the card.
pub(super) fn message(summary: &str, body: &[Value]) -> String {
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": body,
    });
    let attachment = json!({
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": null,
        "content": card,
    });
    json!({"type": "message", "summary": summary, "attachments": [attachment]}).to_string()
}
