//! Masks what must not leave the account: the values of environment variables that `RunTask` overrides, which
//! ECS puts into the event in clear text. Names stay, and so does everything else.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html>

use serde_json::Value;

const MASK: &str = "[redacted]";

/// The event with every environment value masked, wherever it stands.
pub(super) fn environment(mut event: Value) -> Value {
    // An explicit stack, because an event may be nested deeper than ours allows.
    let mut pending = vec![&mut event];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(fields) => {
                pending.extend(fields.iter_mut().filter_map(|(name, value)| mask_field(name, value)))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    event
}

/// Masks a field if it has to be; answers with the value if there may be more to mask inside.
fn mask_field<'v>(name: &str, value: &'v mut Value) -> Option<&'v mut Value> {
    if name.eq_ignore_ascii_case("environment") {
        mask_all(value);
        return None;
    }
    // Overrides as text are JSON in JSON: nothing says where a value begins.
    if name.eq_ignore_ascii_case("overrides") && value.is_string() {
        *value = MASK.into();
    }
    Some(value)
}

fn mask_all(environment: &mut Value) {
    match environment {
        Value::Array(variables) => variables.iter_mut().for_each(mask),
        Value::Object(variables) => variables.values_mut().for_each(|value| *value = MASK.into()),
        Value::Null => {}
        Value::Bool(_) | Value::Number(_) | Value::String(_) => *environment = MASK.into(),
    }
}

/// `{ "name": …, "value": … }` keeps its name; any other shape keeps nothing.
fn mask(variable: &mut Value) {
    match variable {
        Value::Object(fields) if fields.get("name").is_some_and(Value::is_string) => {
            fields.iter_mut().filter(|(key, _)| *key != "name").for_each(|(_, value)| *value = MASK.into());
        }
        _ => *variable = MASK.into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_masked_and_names_stay() {
        let event = json!({ "detail": { "overrides": { "taskRoleArn": "arn:role", "containerOverrides": [
            { "name": "app", "command": ["run"], "environment": [{ "name": "TOKEN", "value": "s3cret" }, { "name": "EMPTY" }] },
            { "name": "side", "environment": [] },
        ] } } });
        let masked = json!({ "detail": { "overrides": { "taskRoleArn": "arn:role", "containerOverrides": [
            { "name": "app", "command": ["run"], "environment": [{ "name": "TOKEN", "value": "[redacted]" }, { "name": "EMPTY" }] },
            { "name": "side", "environment": [] },
        ] } } });
        assert_eq!(environment(event), masked);
    }

    #[test]
    fn odd_forms_do_not_leak() {
        for odd in [
            json!({ "environment": { "TOKEN": "s3cret" } }),
            json!({ "environment": ["TOKEN=s3cret"] }),
            json!({ "environment": "TOKEN=s3cret" }),
            json!({ "environment": [["s3cret"]] }),
            json!({ "environment": [{ "name": "TOKEN", "value": { "nested": "s3cret" }, "Value": "s3cret" }] }),
            json!({ "environment": [{ "name": { "odd": "s3cret" } }] }),
            json!({ "Environment": [{ "Name": "TOKEN", "Value": "s3cret" }] }),
            json!([[{ "environment": [{ "name": "TOKEN", "value": "s3cret" }] }]]),
            json!({ "overrides": "{\"containerOverrides\":[{\"environment\":[{\"value\":\"s3cret\"}]}]}" }),
        ] {
            assert!(!environment(odd.clone()).to_string().contains("s3cret"), "{odd}");
        }
    }

    #[test]
    fn a_tag_called_environment_is_no_variable() {
        let event = json!({ "detail": { "tags": [{ "key": "environment", "value": "production" }] } });
        assert_eq!(environment(event.clone()), event);
    }
}
