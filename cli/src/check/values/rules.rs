//! Rules about records that catch all of them, or none.

use crate::check::finding::Finding;
use crate::config::{Section, Setting};
use crate::suggest::closest;

/// Patterns that every text matches.
const EVERYTHING: [&str; 6] = [".*", "^.*$", ".*?", ".", ".+", "^"];

pub(super) fn of_value(section: &Section, setting: &Setting) -> Option<Finding> {
    let key = setting.key.to_ascii_lowercase();
    let text = setting.value.text()?;
    match key.as_str() {
        "stop.user_stop_is_error" => word_for_regex(setting, text),
        "stop.ignore_containers" => everything_ignored(setting, text),
        "exit_timeout" => no_time(setting, text),
        _ if key.starts_with("class.") && key.ends_with(".match") => {
            first_of_all(section, setting, &key, text)
        }
        _ => None,
    }
}

fn word_for_regex(setting: &Setting, text: &str) -> Option<Finding> {
    let is_word =
        ["true", "on", "yes", "false", "off", "no"].iter().any(|word| word.eq_ignore_ascii_case(text));
    let message = format!("is a regular expression for the reason of a stop, and '{text}' is one, too");
    is_word.then(|| {
        Finding::warn_of(setting, message, "write .* for every stop by a user, or leave it out".to_owned())
    })
}

fn everything_ignored(setting: &Setting, text: &str) -> Option<Finding> {
    let is_all = text.split(',').any(|name| name.trim() == "*");
    let message = "is *, so that no container counts as the application".to_owned();
    is_all.then(|| {
        Finding::warn_of(setting, message, "name the sidecars, for example envoy, datadog-agent*".to_owned())
    })
}

fn no_time(setting: &Setting, text: &str) -> Option<Finding> {
    let is_none = super::read_duration(text).is_some_and(|time| time.is_zero());
    let message = "is 0, so that what waits when the task stops is given up at once".to_owned();
    is_none.then(|| Finding::warn_of(setting, message, "write exit_timeout 20s".to_owned()))
}

/// The field of FireLens's records that was meant.
fn misspelt(field: &str) -> Option<&'static str> {
    let known = ["log", "source", "container_name", "container_id", "ecs_cluster", "ecs_task_definition"];
    if known.contains(&field) { None } else { closest(field, known) }
}

/// Classes are tried in the order of `classes`: after one that takes every line, the others get none.
fn first_of_all(section: &Section, setting: &Setting, key: &str, text: &str) -> Option<Finding> {
    let name = key.strip_prefix("class.")?.strip_suffix(".match")?;
    let (field, pattern) = text.split_once(' ')?;
    if let Some(near) = misspelt(field) {
        let message = format!("looks in the field '{field}', which no record has unless something adds it");
        return Some(Finding::warn_of(setting, message, format!("did you mean {near}?")));
    }
    if field != "log" || !EVERYTHING.contains(&pattern.trim()) {
        return None;
    }
    let order = section.text("classes")?.to_ascii_lowercase();
    let mut behind = order.split(',').map(str::trim).skip_while(|class| *class != name).skip(1);
    let next = behind.next().unwrap_or("stderr and stdout");
    let message = format!("takes every line, so that the class {next} gets none");
    Some(Finding::warn_of(
        setting,
        message,
        "narrow the pattern, or put the class at the end of classes".to_owned(),
    ))
}
