//! What changed between two revisions of a task definition. Pure.
//!
//! A definition holds environment variables in clear text: of those, of secrets and of log options only names are told,
//! and of commands what is left once their secrets are masked. Nothing is kept of it.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_TaskDefinition.html>, read 2026-11.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::redact;
use crate::redact::report::{self, MASK};

/// Lines of one comparison.
const MAX_CHANGES: usize = 20;

/// Characters of one value.
const MAX_VALUE_CHARS: usize = 120;

/// Names that one line lists of each kind.
const MAX_NAMES: usize = 10;

/// What is told by its value, with its name and unit.
const VALUES: [(&str, &str, &str); 4] = [
    ("memory", "memory", " MiB"),
    ("memoryReservation", "memory reservation", " MiB"),
    ("cpu", "cpu", " units"),
    ("user", "user", ""),
];

/// Lists of texts that are one command.
const COMMANDS: [(&str, &str); 2] = [("entryPoint", "entry point"), ("command", "command")];

/// Lists of named values, with the key of the value.
const LISTS: [(&str, &str); 2] = [("environment", "value"), ("secrets", "valueFrom")];

/// What differs between any two revisions, or follows from the rest.
const OWN_OF_REVISION: [&str; 10] = [
    "taskDefinitionArn",
    "revision",
    "status",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
    "requiresAttributes",
    "compatibilities",
    "containerDefinitions",
];

/// The definition in a reply of DescribeTaskDefinition; `None`: this is no such reply.
pub(super) fn definition(body: &[u8]) -> Option<Map<String, Value>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Described {
        task_definition: Map<String, Value>,
    }
    let described: Described = serde_json::from_slice(body).ok()?;
    described.task_definition.contains_key("containerDefinitions").then_some(described.task_definition)
}

/// One line for each change, `app: image web:1.41.0 → web:1.42.0`, those of containers first.
pub(super) fn between(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let earlier = containers(before);
    let later = containers(after);
    let names: BTreeSet<&str> = earlier.keys().chain(later.keys()).copied().collect();
    let mut changes = Vec::new();
    for name in names {
        let of_container = match (earlier.get(name), later.get(name)) {
            (Some(before), Some(after)) => of_container(before, after),
            (None, Some(after)) => vec![format!("added, image {}", shown(after.get("image"), ""))],
            (Some(_), None) => vec!["removed".to_owned()],
            (None, None) => Vec::new(),
        };
        changes.extend(of_container.into_iter().map(|change| format!("{name}: {change}")));
    }
    changes.extend(of_task(before, after).into_iter().map(|change| format!("task: {change}")));
    bounded(changes)
}

fn containers(definition: &Map<String, Value>) -> BTreeMap<&str, &Map<String, Value>> {
    let containers = list(definition, "containerDefinitions").iter().filter_map(Value::as_object);
    containers.filter_map(|one| Some((one.get("name")?.as_str()?, one))).collect()
}

fn bounded(mut changes: Vec<String>) -> Vec<String> {
    let more = changes.len().saturating_sub(MAX_CHANGES);
    if more > 0 {
        changes.truncate(MAX_CHANGES);
        changes.push(format!("and {more} more changes"));
    }
    changes
}

fn of_container(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let mut known = vec!["name", "image", "logConfiguration"];
    known.extend(COMMANDS.iter().map(|(key, _)| *key));
    known.extend(LISTS.iter().map(|(key, _)| *key));
    let mut changes: Vec<String> = image(before, after).into_iter().collect();
    changes.extend(
        COMMANDS
            .iter()
            .filter_map(|(key, name)| change(name, command(list(before, key)), command(list(after, key)))),
    );
    changes.extend(LISTS.iter().filter_map(|(key, value)| {
        names(key, &named(list(before, key), value), &named(list(after, key), value))
    }));
    changes.extend(values(before, after));
    changes.extend(log_configuration(before, after));
    changes.extend(others(before, after, &known));
    changes
}

fn of_task(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    values(before, after).chain(others(before, after, &OWN_OF_REVISION)).collect()
}

/// `web:1.41.0 → web:1.42.0`, with what comes before a name only if that differs.
fn image(before: &Map<String, Value>, after: &Map<String, Value>) -> Option<String> {
    let text = |container: &Map<String, Value>| {
        container.get("image").and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let images = (text(before), text(after));
    let parts = images.0.rsplit_once('/').zip(images.1.rsplit_once('/'));
    match parts.filter(|(before, after)| before.0 == after.0) {
        Some((before, after)) => change("image", cut(before.1), cut(after.1)),
        None => change("image", cut(&images.0), cut(&images.1)),
    }
}

fn values<'d>(
    before: &'d Map<String, Value>,
    after: &'d Map<String, Value>,
) -> impl Iterator<Item = String> + 'd {
    VALUES.iter().filter_map(|(key, name, unit)| {
        change(name, shown(before.get(*key), unit), shown(after.get(*key), unit))
    })
}

/// The driver, and the names of its options: their values may be tokens.
fn log_configuration(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<String> {
    let nothing = Map::new();
    let of = |container: &'_ Map<String, Value>| {
        container.get("logConfiguration").and_then(Value::as_object).cloned().unwrap_or_default()
    };
    let configurations = (of(before), of(after));
    let driver = |log: &Map<String, Value>| shown(log.get("logDriver"), "");
    let options = |log: &Map<String, Value>| -> BTreeMap<String, String> {
        let plain = log.get("options").and_then(Value::as_object).unwrap_or(&nothing);
        let plain = plain.iter().map(|(name, value)| (name.clone(), value.to_string()));
        plain.chain(named(list(log, "secretOptions"), "valueFrom")).collect()
    };
    let driver = change("log driver", driver(&configurations.0), driver(&configurations.1));
    let options = names("log options", &options(&configurations.0), &options(&configurations.1));
    driver.into_iter().chain(options).collect()
}

/// The names of everything else that differs.
fn others(before: &Map<String, Value>, after: &Map<String, Value>, known: &[&str]) -> Option<String> {
    let is_told = |key: &str| known.contains(&key) || VALUES.iter().any(|(told, ..)| *told == key);
    let keys: BTreeSet<&str> = before.keys().chain(after.keys()).map(String::as_str).collect();
    let differs = |key: &&str| !is_told(key) && content(before.get(*key)) != content(after.get(*key));
    let changed: Vec<&str> = keys.into_iter().filter(differs).collect();
    (!changed.is_empty()).then(|| format!("also changed: {}", listed(&changed)))
}

/// An empty value is none.
fn content(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::String(text) => !text.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    })
}

/// `memory 512 MiB → 1024 MiB`
fn change(name: &str, before: String, after: String) -> Option<String> {
    (before != after).then(|| format!("{name} {before} → {after}"))
}

fn shown(value: Option<&Value>, unit: &str) -> String {
    match content(value) {
        None => "not set".to_owned(),
        Some(Value::String(text)) => format!("{}{unit}", cut(text)),
        Some(other) => format!("{other}{unit}"),
    }
}

/// `environment: added A, B; removed C; changed D`
fn names(what: &str, before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Option<String> {
    let in_one = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| -> Vec<String> {
        one.keys().filter(|name| !other.contains_key(*name)).cloned().collect()
    };
    let differs = |name: &&String| before.get(*name).is_some_and(|value| after.get(*name) != Some(value));
    let changed: Vec<String> = after.keys().filter(differs).cloned().collect();
    let parts = [("added", in_one(after, before)), ("removed", in_one(before, after)), ("changed", changed)];
    let told: Vec<String> = parts
        .iter()
        .filter(|(_, names)| !names.is_empty())
        .map(|(how, names)| format!("{how} {}", listed(names)))
        .collect();
    (!told.is_empty()).then(|| format!("{what}: {}", told.join("; ")))
}

/// The first of the names, and how many more there are.
fn listed(names: &[impl AsRef<str>]) -> String {
    let shown: Vec<String> = names.iter().take(MAX_NAMES).map(|name| cut(name.as_ref())).collect();
    match names.len().saturating_sub(MAX_NAMES) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn named(items: &[Value], value: &str) -> BTreeMap<String, String> {
    let pair = |item: &Value| {
        let content = item.get(value).map(Value::to_string).unwrap_or_default();
        Some((item.get("name")?.as_str()?.to_owned(), content))
    };
    items.iter().filter_map(pair).collect()
}

/// The words of a command without its secrets, a value after `--password` among them.
fn command(words: &[Value]) -> String {
    if words.is_empty() {
        return "not set".to_owned();
    }
    let mut masked = Vec::new();
    let mut is_secret = false;
    for word in words.iter().filter_map(Value::as_str) {
        masked.push(if is_secret { MASK.to_owned() } else { masked_word(word) });
        is_secret = word.starts_with('-') && !word.contains('=') && is_secret_option(word);
    }
    format!("“{}”", cut(&masked.join(" ")))
}

fn masked_word(word: &str) -> String {
    match word.split_once('=') {
        Some((name, _)) if is_secret_option(name) => format!("{name}={MASK}"),
        _ => report::masked_in_command(word),
    }
}

fn is_secret_option(name: &str) -> bool {
    redact::is_secret(name.trim_start_matches('-'))
}

fn list<'d>(fields: &'d Map<String, Value>, key: &str) -> &'d [Value] {
    fields.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The text, or its beginning.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
