//! PagerDuty's Events API v2: `POST /v2/enqueue`.
//!
//! Owns the rules for an event and which alerts are open. Limits:
//! <https://developer.pagerduty.com/docs/send-alert-event> (read 2026-11).

use serde_json::{Value, json};

use crate::{
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
};

const MAX_BYTES: usize = 512 * 1_000;
const MAX_SUMMARY: usize = 1_024;
const MAX_DEDUP_KEY: usize = 255;
const KEY_LENGTH: usize = 32;

/// An event that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct PagerDutyEvent {
    /// `trigger`, `acknowledge` or `resolve`.
    pub action: String,
    /// The alert's key.
    pub dedup_key: String,
    /// `payload.summary`; empty for a resolve.
    pub summary: String,
    /// `payload.severity`; empty for a resolve.
    pub severity: String,
    /// The whole event.
    pub event: Value,
}

/// What arrived, and which key is accepted.
#[derive(Debug, Default)]
pub(crate) struct Store {
    events: Vec<PagerDutyEvent>,
    open: Vec<String>,
    key: Option<String>,
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    if request.body.len() > MAX_BYTES {
        let detail = format!("{} bytes", request.body.len());
        return Err(Refusal::broken("Payload Too Large", detail).status(413));
    }
    let event: Value =
        serde_json::from_slice(&request.body).map_err(|error| broken(format!("invalid JSON: {error}")))?;
    check_key(core, &event)?;
    let accepted = checked(event)?;
    let dedup_key = accepted.dedup_key.clone();
    keep(core, accepted);
    Ok(Reply::json(202, &json!({"status": "success", "message": "Event processed", "dedup_key": dedup_key})))
}

/// A resolve of an alert that is not open is accepted and dropped.
fn keep(core: &Core, event: PagerDutyEvent) {
    let mut store = core.pagerduty.lock();
    let is_open = store.open.contains(&event.dedup_key);
    match event.action.as_str() {
        "trigger" if !is_open => store.open.push(event.dedup_key.clone()),
        "resolve" => store.open.retain(|key| *key != event.dedup_key),
        _ => {}
    }
    if is_open || event.action == "trigger" {
        store.events.push(event);
    }
}

fn check_key(core: &Core, event: &Value) -> Result<(), Refusal> {
    let key = event["routing_key"].as_str().ok_or_else(|| broken("'routing_key' is missing or blank"))?;
    if key.len() != KEY_LENGTH {
        return Err(broken(format!(
            "Length of 'routing_key' is incorrect (should be {KEY_LENGTH} characters)"
        )));
    }
    match core.pagerduty.lock().key.as_deref() {
        Some(accepted) if accepted != key => Err(Refusal::state("invalid event", "Invalid routing key")),
        _ => Ok(()),
    }
}

fn checked(event: Value) -> Result<PagerDutyEvent, Refusal> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (action, dedup_key) = (text(&event["event_action"]), text(&event["dedup_key"]));
    if dedup_key.chars().count() > MAX_DEDUP_KEY {
        return Err(broken(format!("'dedup_key' is longer than {MAX_DEDUP_KEY} characters")));
    }
    match action.as_str() {
        "trigger" => check_payload(&event)?,
        "acknowledge" | "resolve" if !dedup_key.is_empty() => {}
        "acknowledge" | "resolve" => return Err(broken("'dedup_key' is missing or blank")),
        _ => return Err(broken("'event_action' is invalid")),
    }
    let (summary, severity) = (text(&event["payload"]["summary"]), text(&event["payload"]["severity"]));
    Ok(PagerDutyEvent { action, dedup_key, summary, severity, event })
}

fn check_payload(event: &Value) -> Result<(), Refusal> {
    let payload = &event["payload"];
    let is_blank = |field: &str| payload[field].as_str().is_none_or(|text| text.trim().is_empty());
    if let Some(field) = ["summary", "source", "severity"].into_iter().find(|field| is_blank(field)) {
        return Err(broken(format!("'payload.{field}' is missing or blank")));
    }
    if payload["summary"].as_str().is_some_and(|text| text.chars().count() > MAX_SUMMARY) {
        return Err(broken(format!("'payload.summary' is longer than {MAX_SUMMARY} characters")));
    }
    if !["critical", "error", "warning", "info"].contains(&payload["severity"].as_str().unwrap_or_default()) {
        return Err(broken("'payload.severity' is invalid"));
    }
    let is_object_or_absent = |value: &Value| value.is_null() || value.is_object();
    if !is_object_or_absent(&payload["custom_details"]) {
        return Err(broken("'payload.custom_details' is no object"));
    }
    check_links(&event["links"])
}

fn check_links(links: &Value) -> Result<(), Refusal> {
    let links = match links {
        Value::Null => return Ok(()),
        Value::Array(links) => links,
        _ => return Err(broken("'links' is no list")),
    };
    let is_link = |link: &Value| link["href"].as_str().is_some_and(|href| href.starts_with("https://"));
    if links.iter().all(is_link) { Ok(()) } else { Err(broken("'links' has no href")) }
}

fn broken(error: impl Into<String>) -> Refusal {
    Refusal::broken("invalid event", error)
}

/// A refusal as PagerDuty spells it.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    match refusal.status {
        400 => Reply::json(
            400,
            &json!({
                "status": "invalid event",
                "message": "Event object is invalid",
                "errors": [refusal.message],
            }),
        ),
        status => Reply::json(status, &json!({"status": refusal.code, "message": refusal.message})),
    }
}

/// What PagerDuty knows; from [`crate::Cloud::pagerduty`].
#[derive(Debug, Clone, Copy)]
pub struct PagerDuty<'a> {
    core: &'a Core,
}

impl<'a> PagerDuty<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Every event that did something, in order of arrival.
    pub fn events(&self) -> Vec<PagerDutyEvent> {
        self.core.pagerduty.lock().events.clone()
    }

    /// The keys of the alerts that are open.
    pub fn open_alerts(&self) -> Vec<String> {
        self.core.pagerduty.lock().open.clone()
    }

    /// Refuses every other integration key; until then any of the right form is accepted.
    pub fn accept_only(&self, key: &str) {
        self.core.pagerduty.lock().key = Some(key.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Cloud,
        testing::{Answer, Call},
    };

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn post(cloud: &Cloud, event: &Value) -> Answer {
        let call = Call::new("POST", "/v2/enqueue").header("content-type", "application/json");
        call.body(event.to_string()).send(cloud).unwrap()
    }

    fn trigger(changes: &[(&str, Value)]) -> Value {
        let mut event = json!({"routing_key": KEY, "event_action": "trigger", "dedup_key": "a",
            "payload": {"summary": "s", "source": "web", "severity": "error"}});
        for (path, value) in changes {
            *event.pointer_mut(path).unwrap() = value.clone();
        }
        event
    }

    #[test]
    fn an_alert_is_open_until_it_is_resolved() {
        let cloud = Cloud::start();
        assert_eq!(post(&cloud, &trigger(&[])).status, 202);
        assert_eq!(post(&cloud, &trigger(&[])).status, 202);
        assert_eq!(cloud.pagerduty().open_alerts(), ["a"]);
        let resolve = json!({"routing_key": KEY, "event_action": "resolve", "dedup_key": "a"});
        assert_eq!(post(&cloud, &resolve).status, 202);
        assert_eq!(post(&cloud, &resolve).status, 202);
        let actions: Vec<String> = cloud.pagerduty().events().into_iter().map(|event| event.action).collect();
        assert_eq!(actions, ["trigger", "trigger", "resolve"]);
        assert!(cloud.pagerduty().open_alerts().is_empty());
        cloud.assert_no_complaints();
    }

    #[test]
    fn what_breaks_a_rule_is_refused_by_name() {
        let cloud = Cloud::start();
        for (path, value, error) in [
            ("/routing_key", json!("short"), "Length of 'routing_key' is incorrect"),
            ("/event_action", json!("open"), "'event_action' is invalid"),
            ("/dedup_key", json!("x".repeat(256)), "'dedup_key' is longer"),
            ("/payload/summary", json!("x".repeat(1_025)), "'payload.summary' is longer"),
            ("/payload/summary", json!(" "), "'payload.summary' is missing or blank"),
            ("/payload/source", json!(""), "'payload.source' is missing"),
            ("/payload/severity", json!("fatal"), "'payload.severity' is invalid"),
        ] {
            let answer = post(&cloud, &trigger(&[(path, value)]));
            assert!(answer.status == 400 && answer.text().contains(error), "{}", answer.text());
        }
        assert_eq!(post(&cloud, &trigger(&[("/payload/summary", json!("x".repeat(600_000)))])).status, 413);
        assert_eq!(cloud.complaints().len(), 8);
        assert!(cloud.pagerduty().events().is_empty());
    }
}
