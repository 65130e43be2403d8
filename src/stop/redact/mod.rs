//! Masks what must not leave the account: the values of environment variables that `RunTask` overrides, which
//! ECS puts into the event in clear text, and secrets in commands, tags, attachments and any other text. Names stay, and
//! so does everything else. What a secret in a text is, says `redact`.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerOverride.html>

use serde_json::{Map, Value};

use crate::redact::report::{MASK, masked, masked_in_command};
use crate::redact::{is_secret, is_secret_field};

/// Fields that hold the words of a command.
const COMMANDS: [&str; 2] = ["command", "entryPoint"];

/// The event with every secret masked, wherever it is.
pub(super) fn secrets(mut event: Value) -> Value {
    // An explicit stack, because an event may be nested deeper than ours allows.
    let mut pending = vec![&mut event];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items),
            Value::Object(fields) => {
                mask_pair(fields);
                pending.extend(fields.iter_mut().filter_map(|(name, value)| mask_field(name, value)))
            }
            Value::String(text) => mask_text(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    event
}

fn mask_text(text: &mut String) {
    let masked = masked(text).into_owned();
    *text = masked;
}

/// Masks the value of `{ "name": "apiToken", "value": … }`, as attachments have, and of a tag with its `key`.
fn mask_pair(fields: &mut Map<String, Value>) {
    let name = ["name", "key"].iter().find_map(|key| fields.get(*key)?.as_str());
    if name.is_some_and(is_secret)
        && let Some(value) = fields.get_mut("value")
    {
        *value = MASK.into();
    }
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
    if is_secret_field(name) && (value.is_string() || value.is_number()) {
        *value = MASK.into();
    }
    if COMMANDS.iter().any(|command| name.eq_ignore_ascii_case(command)) {
        mask_command(value);
    }
    Some(value)
}

/// Masks the words of a command; the value of an option is often the next word.
fn mask_command(command: &mut Value) {
    let Value::Array(words) = command else {
        if let Value::String(text) = command {
            *text = masked_in_command(text);
        }
        return;
    };
    let mut is_value = false;
    for word in words {
        let Value::String(word) = word else { continue };
        let option = word.strip_prefix('-').map(|rest| rest.trim_start_matches('-')).unwrap_or_default();
        let next_is_value = is_secret(option) && !option.contains('=');
        match is_value && !word.starts_with("--") {
            true => MASK.clone_into(word),
            false => *word = masked_word(word),
        }
        is_value = next_is_value;
    }
}

/// A word of its own holds one value, whatever separates values in a text. One with blanks is a line for a shell.
fn masked_word(word: &str) -> String {
    let has_value = |name: &str| is_secret(name.trim_start_matches('-'));
    match word.split_once('=') {
        Some((name, value)) if has_value(name) && (name.starts_with('-') || !value.contains([' ', '\n'])) => {
            format!("{name}={MASK}")
        }
        _ => masked_in_command(word),
    }
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
mod tests;
