//! A webhook of Teams' Workflows: `POST /workflows/…/invoke`.
//!
//! Owns the rules for a card. Reference: <https://adaptivecards.io/explorer/> and
//! <https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams> (read 2026-11). Only elements of version
//! 1.2 are known here, which every client shows; what a flow would only fail at later is refused at once.

use serde_json::Value;

use crate::{
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
};

const MAX_BYTES: usize = 28 * 1_024;
const CARD: &str = "application/vnd.microsoft.card.adaptive";

/// A message as Teams would post it.
#[derive(Debug, Clone, PartialEq)]
pub struct TeamsMessage {
    /// `summary`, which notifications show.
    pub summary: String,
    /// The card.
    pub card: Value,
}

impl TeamsMessage {
    /// Every text a reader would see, one per line.
    pub fn all_text(&self) -> String {
        let mut texts = Vec::new();
        collect(&self.card, &mut texts);
        texts.join("\n")
    }
}

#[derive(Debug, Default)]
pub(crate) struct Store {
    messages: Vec<TeamsMessage>,
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    if request.body.len() > MAX_BYTES {
        let detail = format!("{} bytes", request.body.len());
        return Err(Refusal::broken("RequestEntityTooLarge", detail).status(413));
    }
    // `check` sends something that is no JSON on purpose.
    let message: Value = serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::state("InvalidRequestContent", error.to_string()))?;
    let message = checked(&message).map_err(|what| Refusal::broken("TriggerInputSchemaMismatch", what))?;
    core.teams.lock().messages.push(message);
    Ok(Reply::empty(202))
}

fn checked(message: &Value) -> Result<TeamsMessage, String> {
    if message["type"] != "message" {
        return Err("type is not message".to_owned());
    }
    let attachment = match message["attachments"].as_array().map(Vec::as_slice) {
        Some([only]) => only,
        _ => return Err("there is not one attachment".to_owned()),
    };
    let card = &attachment["content"];
    if attachment["contentType"] != CARD || card["type"] != "AdaptiveCard" {
        return Err("the attachment is no Adaptive Card".to_owned());
    }
    if !["1.2", "1.3", "1.4", "1.5"].contains(&card["version"].as_str().unwrap_or_default()) {
        return Err(format!("version {}", card["version"]));
    }
    elements(&card["body"])?;
    let summary = message["summary"].as_str().unwrap_or_default().to_owned();
    Ok(TeamsMessage { summary, card: card.clone() })
}

fn elements(list: &Value) -> Result<(), String> {
    match list.as_array().map(Vec::as_slice) {
        None | Some([]) => Err("a list of elements is empty".to_owned()),
        Some(elements) => elements.iter().try_for_each(element),
    }
}

fn element(element: &Value) -> Result<(), String> {
    match element["type"].as_str().unwrap_or_default() {
        "TextBlock" => text(element),
        "RichTextBlock" => match element["inlines"].as_array().map(Vec::as_slice) {
            None | Some([]) => Err("a RichTextBlock without inlines".to_owned()),
            Some(runs) => runs.iter().try_for_each(text),
        },
        "Container" => elements(&element["items"]),
        "ActionSet" => match element["actions"].as_array().map(Vec::as_slice) {
            None | Some([]) => Err("an ActionSet without actions".to_owned()),
            Some(actions) => actions.iter().try_for_each(action),
        },
        other => Err(format!("an element of the type '{other}'")),
    }
}

fn text(element: &Value) -> Result<(), String> {
    match element["text"].as_str() {
        Some(text) if !text.is_empty() => Ok(()),
        _ => Err("an element without text".to_owned()),
    }
}

fn action(action: &Value) -> Result<(), String> {
    let is_link = action["url"].as_str().is_some_and(|url| url.starts_with("https://"));
    match action["type"] == "Action.OpenUrl" && is_link && action["title"].is_string() {
        true => Ok(()),
        false => Err(format!("the action {action}")),
    }
}

fn collect(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            texts.extend(members.get("text").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, texts));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, texts)),
        _ => {}
    }
}

/// A refusal as Workflows spells it.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    let error = serde_json::json!({"error": {"code": refusal.code, "message": refusal.message}});
    Reply::json(refusal.status, &error)
}

/// What was posted to Teams; from [`crate::Cloud::teams`].
#[derive(Debug, Clone, Copy)]
pub struct Teams<'a> {
    core: &'a Core,
}

impl<'a> Teams<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Every message, in order of arrival.
    pub fn messages(&self) -> Vec<TeamsMessage> {
        self.core.teams.lock().messages.clone()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        Cloud,
        testing::{Answer, Call},
    };

    fn post(cloud: &Cloud, body: impl ToString) -> Answer {
        let call = Call::new("POST", "/workflows/a/triggers/manual/paths/invoke");
        call.header("content-type", "application/json").body(body.to_string()).send(cloud).unwrap()
    }

    fn message(body: Value) -> Value {
        json!({"type": "message", "summary": "s", "attachments": [{"contentType": CARD,
            "content": {"type": "AdaptiveCard", "version": "1.4", "body": body}}]})
    }

    #[test]
    fn cards_are_kept() {
        let cloud = Cloud::start();
        let run = json!({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "hello"}]});
        let answer = post(&cloud, message(json!([{"type": "Container", "items": [run]}])));
        assert_eq!((answer.status, answer.text().as_str()), (202, ""));
        assert_eq!(cloud.teams().messages()[0].all_text(), "hello");
        cloud.assert_no_complaints();
    }

    #[test]
    fn what_teams_would_not_show_is_refused() {
        let cloud = Cloud::start();
        for body in [
            json!([]),
            json!([{"type": "Container", "items": []}]),
            json!([{"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": ""}]}]),
            json!([{"type": "ActionSet", "actions": [{"type": "Action.OpenUrl", "title": "t", "url": "javascript:x"}]}]),
            json!([{"type": "Table"}]),
        ] {
            assert_eq!(post(&cloud, message(body)).status, 400);
        }
        let long = message(json!([{"type": "TextBlock", "text": "x".repeat(MAX_BYTES)}]));
        assert_eq!(post(&cloud, long).status, 413);
        assert_eq!(cloud.complaints().len(), 6);
        assert!(post(&cloud, "{").text().contains("InvalidRequestContent"));
        assert_eq!(cloud.complaints().len(), 6);
    }
}
