//! An event pattern as EventBridge reads it: what the examples use of it, and a panic at anything else.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html> (read 2026-11)

use regex::Regex;
use serde_json::{Map, Value};

/// Whether every field of the pattern is satisfied.
pub(super) fn matches(pattern: &Value, event: &Value) -> bool {
    let fields = pattern.as_object().expect("a pattern is an object");
    fields.iter().all(|(name, wanted)| match wanted {
        Value::Array(choices) if name == "$or" => choices.iter().any(|choice| matches(choice, event)),
        Value::Array(choices) => choices.iter().any(|choice| is_chosen(choice, event.get(name))),
        nested => matches(nested, event.get(name).unwrap_or(&Value::Null)),
    })
}

fn is_chosen(choice: &Value, value: Option<&Value>) -> bool {
    match choice {
        Value::Object(comparison) => compares(comparison, value),
        exact => value == Some(exact),
    }
}

fn compares(comparison: &Map<String, Value>, value: Option<&Value>) -> bool {
    let (operator, operand) = comparison.iter().next().expect("an operator");
    match operator.as_str() {
        "exists" => value.is_some() == operand.as_bool().expect("true or false"),
        "wildcard" => value.and_then(Value::as_str).is_some_and(|text| wildcard(operand).is_match(text)),
        other => panic!("teach this test what {other} means"),
    }
}

fn wildcard(operand: &Value) -> Regex {
    let parts: Vec<_> = operand.as_str().expect("a text").split('*').map(regex::escape).collect();
    Regex::new(&format!("^{}$", parts.join(".*"))).unwrap()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::matches;

    #[test]
    fn fields_are_joined_by_and_choices_by_or() {
        let pattern = json!({ "source": ["a", "b"], "detail": { "status": ["STOPPED"] } });
        for (event, expected) in [
            (json!({ "source": "b", "detail": { "status": "STOPPED", "more": 1 } }), true),
            (json!({ "source": "c", "detail": { "status": "STOPPED" } }), false),
            (json!({ "source": "a", "detail": { "status": "RUNNING" } }), false),
            (json!({ "source": "a" }), false),
        ] {
            assert_eq!(matches(&pattern, &event), expected, "{event}");
        }
    }

    #[test]
    fn comparisons_see_what_is_missing_and_what_is_inside() {
        let pattern = json!({ "$or": [
            { "type": [{ "exists": false }], "name": ["x"] },
            { "name": [{ "wildcard": "*FAILED*" }] },
        ] });
        for (event, expected) in [
            (json!({ "name": "x" }), true),
            (json!({ "name": "x", "type": "INFO" }), false),
            (json!({ "name": "DEPLOYMENT_FAILED", "type": "INFO" }), true),
            (json!({ "type": "ERROR" }), false),
        ] {
            assert_eq!(matches(&pattern, &event), expected, "{event}");
        }
    }
}
