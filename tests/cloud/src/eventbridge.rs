//! EventBridge: PutEvents onto buses that exist.
//!
//! Limits: <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html> and
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html> (read 2026-11).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    aws_json::{self, Input, wrong_type},
    core::Core,
    fault::Twist,
    identity::ACCOUNT,
    received::Received,
    reply::{Refusal, Reply},
    route::Api,
};

const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 256 * 1024;
const TIME_BYTES: usize = 14;
const MEMBERS: [&str; 6] = ["Source", "DetailType", "Detail", "EventBusName", "Time", "Resources"];

/// All buses by their name or ARN, and the events that they took, as a rule's target gets them.
#[derive(Debug, Default)]
pub(crate) struct Store {
    buses: BTreeMap<String, Vec<Value>>,
}

pub(crate) fn serve(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    let input = Input::read(request)?;
    input.complain_about_strangers(core, &["Entries", "Name"]);
    if request.api == Api::DescribeEventBus {
        let name = input.required("Name")?;
        find(core, name)?;
        return Ok(aws_json::reply(request.api, json!({ "Name": name })));
    }
    let entries = input.list("Entries")?;
    check_lengths(&input, entries)?;
    entries.iter().try_for_each(|entry| find(core, text(entry, "EventBusName")?))?;
    let results = entries.iter().enumerate().map(|(index, entry)| put(core, index, entry, twist));
    let results: Vec<Value> = results.collect::<Result<_, _>>()?;
    let failed = results.iter().filter(|result| result.get("ErrorCode").is_some()).count();
    Ok(aws_json::reply(request.api, json!({ "FailedEntryCount": failed, "Entries": results })))
}

fn find(core: &Core, name: &str) -> Result<(), Refusal> {
    let bare = name.rsplit('/').next().unwrap_or(name);
    match bare == "default" || core.eventbridge.lock().buses.contains_key(name) {
        true => Ok(()),
        false => {
            Err(Refusal::state("ResourceNotFoundException", format!("Event bus {name} does not exist.")))
        }
    }
}

fn check_lengths(input: &Input, entries: &[Value]) -> Result<(), Refusal> {
    if !(1..=MAX_ENTRIES).contains(&entries.len()) {
        let rule = "Member must have length less than or equal to 10";
        return Err(input.constraint(&format!("[{} entries]", entries.len()), "entries", rule));
    }
    let bytes: usize = entries.iter().map(entry_bytes).sum();
    match bytes < MAX_BYTES {
        true => Ok(()),
        false => Err(Refusal::broken(
            "ValidationException",
            format!("Total size of the entries in the request is over the limit: {bytes} bytes"),
        )),
    }
}

fn entry_bytes(entry: &Value) -> usize {
    let length = |name: &str| entry[name].as_str().map_or(0, str::len);
    let resources =
        entry["Resources"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::len);
    let time = if entry["Time"].is_null() { 0 } else { TIME_BYTES };
    time + length("Source") + length("DetailType") + length("Detail") + resources.sum::<usize>()
}

fn text<'e>(entry: &'e Value, name: &str) -> Result<&'e str, Refusal> {
    entry[name].as_str().ok_or_else(|| wrong_type(name, "string"))
}

fn put(core: &Core, index: usize, entry: &Value, twist: &Twist) -> Result<Value, Refusal> {
    let strangers =
        entry.as_object().into_iter().flatten().filter(|(name, _)| !MEMBERS.contains(&name.as_str()));
    strangers.for_each(|(name, _)| core.complain(format!("PutEvents: unknown member `{name}`")));
    if let Some(code) = twist.error_at(index, "InternalFailure") {
        return Ok(json!({ "ErrorCode": code, "ErrorMessage": "scripted" }));
    }
    let source = text(entry, "Source")?;
    let detail: Value = serde_json::from_str(text(entry, "Detail")?).unwrap_or_default();
    if source.starts_with("aws.") || !detail.is_object() {
        core.complain(format!("PutEvents: source {source}, detail {detail}"));
        return Ok(json!({ "ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed." }));
    }
    if !entry["Time"].is_number() {
        return Err(wrong_type("Time", "timestamp"));
    }
    let mut store = core.eventbridge.lock();
    let bus = store.buses.entry(text(entry, "EventBusName")?.to_owned()).or_default();
    let id = format!("00000000-0000-4000-8000-{:012x}", bus.len());
    bus.push(json!({
        "version": "0", "id": id, "detail-type": text(entry, "DetailType")?, "source": source, "account": ACCOUNT,
        "time": entry["Time"], "region": "eu-west-1", "resources": entry["Resources"], "detail": detail,
    }));
    Ok(json!({ "EventId": id }))
}

/// What EventBridge holds; from [`crate::Cloud::eventbridge`].
#[derive(Debug, Clone, Copy)]
pub struct EventBridge<'a> {
    core: &'a Core,
}

impl<'a> EventBridge<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Creates a bus besides `default`; without it, requests are refused.
    pub fn create_bus(&self, name: &str) {
        self.core.eventbridge.lock().buses.entry(name.to_owned()).or_default();
    }

    /// The events of a bus in order of arrival, as a rule would hand them on.
    pub fn events(&self, bus: &str) -> Vec<Value> {
        self.core.eventbridge.lock().buses.get(bus).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Cloud, Fault,
        testing::{Answer, Call},
    };

    fn entry(detail: &str) -> Value {
        json!({"Source": "s", "DetailType": "t", "Detail": detail, "EventBusName": "default", "Time": 1})
    }

    fn put(cloud: &Cloud, entries: &[Value]) -> Answer {
        Call::aws("1.1", "AWSEvents.PutEvents", &json!({ "Entries": entries })).sign(cloud, "events")
    }

    #[test]
    fn events_arrive_but_those_that_fail() {
        let cloud = Cloud::start();
        cloud.script(Api::PutEvents, [Fault::partial([0])]);
        let answer = put(&cloud, &[entry("{\"a\":1}"), entry("{\"a\":2}")]).json();
        assert_eq!(
            (&answer["FailedEntryCount"], &answer["Entries"][0]["ErrorCode"]),
            (&json!(1), &json!("InternalFailure"))
        );
        assert_eq!(cloud.eventbridge().events("default")[0]["detail"], json!({"a": 2}));
        cloud.assert_no_complaints();
    }

    #[test]
    fn limits_are_kept() {
        let cloud = Cloud::start();
        let of = |length: usize| entry(&format!("{{\"a\":\"{}\"}}", "x".repeat(length)));
        let head = TIME_BYTES + 2 + "{\"a\":\"\"}".len();
        for entries in [vec![], vec![of(1); 11], vec![of(MAX_BYTES - head)]] {
            assert_eq!(put(&cloud, &entries).error(), (400, "ValidationException".to_owned()));
        }
        assert_eq!(put(&cloud, &[of(MAX_BYTES - head - 1)]).status, 200);
        assert_eq!(cloud.take_complaints().len(), 3);
        assert_eq!(put(&cloud, &[entry("[1]")]).json()["FailedEntryCount"], 1);
        assert_eq!(cloud.take_complaints().len(), 1);
    }

    #[test]
    fn a_bus_has_to_exist() {
        let cloud = Cloud::start();
        let mut elsewhere = entry("{}");
        elsewhere["EventBusName"] = json!("alerts");
        assert_eq!(put(&cloud, &[elsewhere.clone()]).error(), (400, "ResourceNotFoundException".to_owned()));
        cloud.eventbridge().create_bus("alerts");
        assert_eq!(put(&cloud, &[elsewhere]).status, 200);
        cloud.assert_no_complaints();
    }
}
