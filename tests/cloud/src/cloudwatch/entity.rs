//! The entity of PutLogEvents: what breaks the API's model refuses the request, what only makes no sense the entity.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_Entity.html>, the reasons of
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_RejectedEntityInfo.html>, and the lengths in
//! botocore's `logs/2014-03-28/service-2.json` (read 2026-11).

use serde_json::{Map, Value};

use super::names;
use crate::{aws_json::malformed, reply::Refusal};

const KEY_ATTRIBUTES: [&str; 5] = ["Type", "ResourceType", "Identifier", "Name", "Environment"];
const TYPES: [&str; 5] = ["Service", "RemoteService", "AWS::Service", "Resource", "AWS::Resource"];
const MAX_VALUE: usize = 512;

/// The entity of a request, held against the model; its numbers are those of members and characters.
pub(super) fn read(entity: Option<&Value>) -> Result<Option<&Value>, Refusal> {
    let Some(entity) = entity else { return Ok(None) };
    map(entity, "keyAttributes", 2..=4, 32)?;
    map(entity, "attributes", 0..=10, 256)?;
    Ok(Some(entity))
}

fn map(
    entity: &Value,
    name: &str,
    members: std::ops::RangeInclusive<usize>,
    max_key: usize,
) -> Result<(), Refusal> {
    let member = format!("entity.{name}");
    let Some(map) = entity.get(name) else { return Ok(()) };
    let map = map.as_object().ok_or_else(|| malformed(format!("{member} is not a map")))?;
    if !members.contains(&map.len()) {
        let rule = format!("Member must have length between {} and {}", members.start(), members.end());
        return Err(names::constraint(&format!("{} members", map.len()), &member, &rule));
    }
    map.iter().try_for_each(|(key, value)| {
        let text = value.as_str().ok_or_else(|| malformed(format!("{member}.{key} is not a string")))?;
        let fits = |text: &str, max: usize| (1..=max).contains(&text.chars().count());
        match fits(key, max_key) && fits(text, MAX_VALUE) {
            true => Ok(()),
            false => Err(names::constraint(text, &member, "Map value must satisfy constraint")),
        }
    })
}

/// What is wrong with an entity that the model allows.
pub(super) fn check(entity: &Value) -> Result<&Value, &'static str> {
    let keys = entity.get("keyAttributes").and_then(Value::as_object).ok_or("MissingRequiredFields")?;
    let kind = keys.get("Type").and_then(Value::as_str).ok_or("MissingRequiredFields")?;
    if !TYPES.contains(&kind) {
        return Err("InvalidTypeValue");
    }
    if keys.keys().any(|key| !KEY_ATTRIBUTES.contains(&key.as_str())) {
        return Err("InvalidKeyAttributes");
    }
    let required: &[&str] = match kind {
        "Service" => &["Name", "Environment"],
        _ if kind.ends_with("Service") => &["Name"],
        _ => &["ResourceType", "Identifier"],
    };
    if required.iter().any(|name| !keys.contains_key(*name)) {
        return Err("MissingRequiredFields");
    }
    let is_printable = |map: &Map<String, Value>| {
        map.values()
            .filter_map(Value::as_str)
            .all(|text| text.chars().all(|letter| matches!(letter, ' '..='~')) && !text.trim().is_empty())
    };
    match (is_printable(keys), entity.get("attributes").and_then(Value::as_object).is_none_or(is_printable)) {
        (false, _) => Err("InvalidKeyAttributes"),
        (_, false) => Err("InvalidAttributes"),
        _ => Ok(entity),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_good_entity_passes_and_each_fault_has_its_name() {
        let service = json!({"Type": "Service", "Name": "web", "Environment": "ecs:prod"});
        assert!(check(&json!({"keyAttributes": service})).is_ok());
        for (entity, error) in [
            (json!({}), "MissingRequiredFields"),
            (json!({"keyAttributes": {"Name": "web", "Environment": "e"}}), "MissingRequiredFields"),
            (json!({"keyAttributes": {"Type": "Service", "Name": "web"}}), "MissingRequiredFields"),
            (json!({"keyAttributes": {"Type": "Task", "Name": "web"}}), "InvalidTypeValue"),
            (json!({"keyAttributes": {"Type": "Service", "Cluster": "web"}}), "InvalidKeyAttributes"),
            (
                json!({"keyAttributes": {"Type": "Service", "Name": "\u{e9}", "Environment": "e"}}),
                "InvalidKeyAttributes",
            ),
            (json!({"keyAttributes": service, "attributes": {"Host": " "}}), "InvalidAttributes"),
        ] {
            assert_eq!(check(&entity), Err(error), "{entity}");
        }
    }

    #[test]
    fn what_breaks_the_model_refuses_the_request() {
        let pairs =
            |count: usize| (0..count).map(|number| (number.to_string(), json!("v"))).collect::<Map<_, _>>();
        let refused = |entity: Value| read(Some(&entity)).err().map(|refusal| refusal.message);
        assert_eq!(refused(json!({"keyAttributes": pairs(4), "attributes": pairs(10)})), None);
        for wrong in [
            json!({"keyAttributes": pairs(1)}),
            json!({"keyAttributes": pairs(5)}),
            json!({"attributes": pairs(11)}),
            json!({"attributes": {"a": ""}}),
            json!({"attributes": {"a": "x".repeat(513)}}),
            json!({"keyAttributes": {"x".repeat(33): "a", "b": "c"}}),
        ] {
            let message = refused(wrong.clone()).unwrap_or_else(|| panic!("{wrong}"));
            assert!(message.contains(" at 'entity."), "{message}");
        }
    }
}
