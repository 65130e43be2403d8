//! What names, classes, tags and retention times CloudWatch Logs accepts, and how it refuses others.
//!
//! Limits: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
//! (read 2026-11).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{aws_json::malformed, reply::Refusal};

const MAX_NAME: usize = 512;
const MAX_TAGS: usize = 50;
const MAX_TAG_KEY: usize = 128;
const MAX_TAG_VALUE: usize = 256;

const RETENTION_DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

const CLASSES: [&str; 3] = ["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"];

/// A log group's name, if it is one.
pub(super) fn group(name: &str) -> Result<&str, Refusal> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#".contains(c);
    length(name, "logGroupName")?;
    match name.chars().all(allowed) {
        true if name.starts_with("aws/") => {
            Err(invalid("Log groups starting with aws/ are reserved for AWS."))
        }
        true => Ok(name),
        false => Err(pattern(name, "logGroupName", r"[\.\-_/#A-Za-z0-9]+")),
    }
}

/// A log stream's name, if it is one.
pub(super) fn stream(name: &str) -> Result<&str, Refusal> {
    length(name, "logStreamName")?;
    match name.contains([':', '*']) {
        true => Err(pattern(name, "logStreamName", "[^:*]*")),
        false => Ok(name),
    }
}

/// A log group class; the default one if the request names none.
pub(super) fn class(name: Option<&str>) -> Result<String, Refusal> {
    let name = name.unwrap_or("STANDARD");
    match CLASSES.contains(&name) {
        true => Ok(name.to_owned()),
        false => Err(one_of(name, "logGroupClass", &CLASSES.join(", "))),
    }
}

/// A retention time in days, if CloudWatch offers it.
pub(super) fn retention(days: Option<&Value>) -> Result<i64, Refusal> {
    let days = days.ok_or_else(|| constraint("null", "retentionInDays", "Member must not be null"))?;
    let days = days.as_i64().ok_or_else(|| malformed("retentionInDays is not an integer"))?;
    match RETENTION_DAYS.contains(&days) {
        true => Ok(days),
        false => Err(one_of(&days.to_string(), "retentionInDays", &format!("{RETENTION_DAYS:?}"))),
    }
}

/// Tags, if they are few and short enough.
pub(super) fn tags(value: Option<&Value>) -> Result<BTreeMap<String, String>, Refusal> {
    let Some(value) = value else { return Ok(BTreeMap::new()) };
    let tags = value.as_object().ok_or_else(|| malformed("tags is not an object"))?;
    if tags.is_empty() || tags.len() > MAX_TAGS {
        return Err(constraint("{...}", "tags", "Member must have length between 1 and 50"));
    }
    tags.iter().map(|(key, value)| tag(key, value)).collect()
}

fn tag(key: &str, value: &Value) -> Result<(String, String), Refusal> {
    let value = value.as_str().ok_or_else(|| malformed(format!("tag {key} is not a string")))?;
    let fits = (1..=MAX_TAG_KEY).contains(&key.chars().count()) && value.chars().count() <= MAX_TAG_VALUE;
    let allowed = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
    match fits && key.chars().all(allowed) && value.chars().all(allowed) && !key.starts_with("aws:") {
        true => Ok((key.to_owned(), value.to_owned())),
        false => Err(constraint(&format!("{key}={value}"), "tags", "Member must be a valid tag")),
    }
}

fn length(name: &str, member: &str) -> Result<(), Refusal> {
    match name.chars().count() {
        0 => Err(constraint(name, member, "Member must have length greater than or equal to 1")),
        1..=MAX_NAME => Ok(()),
        _ => Err(constraint(name, member, "Member must have length less than or equal to 512")),
    }
}

fn pattern(value: &str, member: &str, pattern: &str) -> Refusal {
    constraint(value, member, &format!("Member must satisfy regular expression pattern: {pattern}"))
}

fn one_of(value: &str, member: &str, values: &str) -> Refusal {
    constraint(value, member, &format!("Member must satisfy enum value set: [{values}]"))
}

/// A refusal in the words of AWS's validation.
pub(super) fn constraint(value: &str, member: &str, rule: &str) -> Refusal {
    invalid(format!(
        "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
    ))
}

pub(super) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::broken("InvalidParameterException", message)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn group_names() {
        for good in ["a", "/ecs/app", "A-b_c.d#1", &"x".repeat(512)] {
            assert!(group(good).is_ok(), "{good}");
        }
        for bad in ["", "a b", "aws/x", "ü", "a:b", "a*", &"x".repeat(513)] {
            assert_eq!(group(bad).unwrap_err().code, "InvalidParameterException", "{bad}");
        }
    }

    #[test]
    fn stream_names() {
        for good in ["a", "v1.2/app/0123", "with space", "ü", &"x".repeat(512)] {
            assert!(stream(good).is_ok(), "{good}");
        }
        for bad in ["", "a:b", "a*", &"x".repeat(513)] {
            assert!(stream(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn retention_is_from_the_list() {
        assert_eq!(retention(Some(&json!(30))).unwrap(), 30);
        assert!(retention(Some(&json!(2))).unwrap_err().message.contains("'retentionInDays'"));
        assert_eq!(retention(Some(&json!("30"))).unwrap_err().code, "SerializationException");
    }

    #[test]
    fn tags_have_limits() {
        assert_eq!(tags(Some(&json!({"team": "core"}))).unwrap()["team"], "core");
        assert!(tags(Some(&json!({"aws:x": "y"}))).is_err());
        assert!(tags(Some(&json!({"k": "v".repeat(257)}))).is_err());
        assert!(tags(Some(&json!({}))).is_err());
    }
}
