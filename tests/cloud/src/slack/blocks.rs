//! Slack's rules for blocks, and for the three characters its markup reserves.
//!
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks> (read 2026-11). Blocks that only show
//! text are checked in full, others by type only.

use serde_json::Value;

const MAX_BLOCKS: usize = 50;
const MAX_HEADER: usize = 150;
const MAX_SECTION_TEXT: usize = 3_000;
const MAX_FIELDS: usize = 10;
const MAX_FIELD_TEXT: usize = 2_000;
const MAX_CONTEXT_ELEMENTS: usize = 10;
const MAX_ATTACHMENTS: usize = 100;

const OTHER_TYPES: [&str; 9] =
    ["divider", "actions", "image", "rich_text", "input", "file", "video", "markdown", "table"];

/// The blocks of a payload, those in its attachments checked as well.
pub(super) fn of(payload: &Value) -> Result<Vec<Value>, String> {
    let attachments = list(payload, "attachments")?;
    if attachments.len() > MAX_ATTACHMENTS {
        return Err(format!("{} attachments", attachments.len()));
    }
    for attachment in attachments {
        checked(attachment)?;
    }
    checked(payload).map(<[Value]>::to_vec)
}

fn checked(owner: &Value) -> Result<&[Value], String> {
    let blocks = list(owner, "blocks")?;
    if blocks.len() > MAX_BLOCKS {
        return Err(format!("{} blocks", blocks.len()));
    }
    blocks.iter().try_for_each(check)?;
    Ok(blocks)
}

fn check(block: &Value) -> Result<(), String> {
    match block["type"].as_str().unwrap_or_default() {
        "header" => text(&block["text"], MAX_HEADER, &["plain_text"]),
        "section" => section(block),
        "context" => match list(block, "elements")? {
            elements if (1..=MAX_CONTEXT_ELEMENTS).contains(&elements.len()) => Ok(()),
            elements => Err(format!("context of {} elements", elements.len())),
        },
        other if OTHER_TYPES.contains(&other) => Ok(()),
        other => Err(format!("block of type `{other}`")),
    }
}

fn section(block: &Value) -> Result<(), String> {
    let fields = list(block, "fields")?;
    if fields.len() > MAX_FIELDS || (fields.is_empty() && block.get("text").is_none()) {
        return Err(format!("section with {} fields and no text", fields.len()));
    }
    if let Some(block) = block.get("text") {
        text(block, MAX_SECTION_TEXT, &["mrkdwn", "plain_text"])?;
    }
    fields.iter().try_for_each(|field| text(field, MAX_FIELD_TEXT, &["mrkdwn", "plain_text"]))
}

fn text(object: &Value, max: usize, types: &[&str]) -> Result<(), String> {
    let kind = object["type"].as_str().unwrap_or_default();
    let length = object["text"].as_str().unwrap_or_default().chars().count();
    match types.contains(&kind) && (1..=max).contains(&length) {
        true => Ok(()),
        false => Err(format!("text of type `{kind}` with {length} characters")),
    }
}

fn list<'a>(owner: &'a Value, name: &str) -> Result<&'a [Value], String> {
    match owner.get(name) {
        None | Some(Value::Null) => Ok(&[]),
        Some(value) => value.as_array().map(Vec::as_slice).ok_or_else(|| format!("`{name}` is not a list")),
    }
}

/// Every string under a `text` key, from the top down, `text` before its siblings.
pub(super) fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("text").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| texts(member, found));
        }
        Value::Array(elements) => elements.iter().for_each(|element| texts(element, found)),
        _ => {}
    }
}

/// The first text in Slack's markup that has one of `& < >` where only an escape, link or mention may be.
pub(super) fn unescaped(value: &Value) -> Option<String> {
    match value {
        Value::Object(members) => {
            let own = members.get("text").and_then(Value::as_str);
            let plain = members.get("type").is_some_and(|kind| kind == "plain_text");
            own.filter(|text| !plain && !is_escaped(text))
                .map(str::to_owned)
                .or_else(|| members.values().find_map(unescaped))
        }
        Value::Array(elements) => elements.iter().find_map(unescaped),
        _ => None,
    }
}

fn is_escaped(text: &str) -> bool {
    let entity = |rest: &str| ["amp;", "lt;", "gt;"].iter().any(|name| rest.starts_with(name));
    text.split('&').skip(1).all(entity) && text.split('<').skip(1).all(is_markup)
}

/// Whether what follows a `<` is a link or a mention.
fn is_markup(rest: &str) -> bool {
    let Some((inner, _)) = rest.split_once('>') else { return false };
    ["http://", "https://", "mailto:", "#C", "@U", "@W", "!"].iter().any(|start| inner.starts_with(start))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn section_of(text: &str) -> Value {
        json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
    }

    #[test]
    fn limits_of_blocks() {
        let good = [section_of(&"x".repeat(3_000)), json!({"type": "divider"})];
        let bad = [
            section_of(&"x".repeat(3_001)),
            section_of(""),
            json!({"type": "section"}),
            json!({"type": "section", "fields": vec![json!({"type": "mrkdwn", "text": "f"}); 11]}),
            json!({"type": "section", "fields": [{"type": "mrkdwn", "text": "x".repeat(2_001)}]}),
            json!({"type": "header", "text": {"type": "mrkdwn", "text": "h"}}),
            json!({"type": "context", "elements": []}),
            json!({"type": "paragraph"}),
        ];
        assert!(good.iter().all(|block| check(block).is_ok()));
        bad.iter().for_each(|block| assert!(check(block).is_err(), "{block}"));
    }

    #[test]
    fn fifty_blocks_are_the_most() {
        let payload = |n: usize| json!({"blocks": vec![section_of("x"); n]});
        assert!(of(&payload(50)).is_ok());
        assert!(of(&payload(51)).is_err());
        assert!(of(&json!({"attachments": [payload(51)]})).is_err());
    }

    #[test]
    fn markup_and_escapes_are_told_from_raw_characters() {
        for good in ["a &amp; b &lt;c&gt;", "<https://x|y> <!here> <@U123>", "> quoted"] {
            assert!(is_escaped(good), "{good}");
        }
        for bad in ["a & b", "1 < 2", "<b>", "&nbsp;"] {
            assert!(!is_escaped(bad), "{bad}");
        }
    }
}
