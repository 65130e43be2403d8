//! A `logConfiguration`, or a container, without the task definition around it.

use std::fs;
use std::io;
use std::path::Path;
use std::rc::Rc;

use serde_json::Value;

use super::{Migration, awslogs};
use crate::config::{self, Configuration, Location};
use crate::scratch::Scratch;

/// The task definition around what the file holds; `None` when it holds something else.
pub(super) fn read(path: &Path, text: &str) -> io::Result<Option<Configuration>> {
    let Some(whole) = completed(text) else { return Ok(None) };
    let scratch = Scratch::new()?;
    let file = scratch.path().join("task-definition.json");
    fs::write(&file, whole)?;
    let mut configuration = config::read(&file);
    let name = path.display().to_string();
    configuration.tasks.iter_mut().for_each(|task| task.file = Rc::from(name.as_str()));
    Ok(Some(configuration).filter(|found| !found.tasks.is_empty()))
}

/// All in front of the text is in its first line, so that lines keep their numbers.
fn completed(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    let container = if value.get("logDriver").is_some() {
        format!("{{\"name\":\"{}\",\"logConfiguration\":{text}}}", name(&value))
    } else if value.get("logConfiguration").is_some() {
        text.to_owned()
    } else {
        return None;
    };
    Some(format!("{{\"networkMode\":\"awsvpc\",\"containerDefinitions\":[{container}]}}"))
}

/// A name for the container: the end of its log group's.
fn name(log: &Value) -> String {
    let group = log["options"]["awslogs-group"].as_str().unwrap_or_default();
    let end = group.rsplit('/').next().unwrap_or_default();
    let end = end.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    if end.is_empty() { "app".to_owned() } else { end }
}

/// Makes the parts, for there is no task definition to rewrite.
pub(super) fn migrate(path: &Path, task: &Configuration) -> Migration {
    let mut migration = awslogs::migrate("", task);
    let at = Location { file: Rc::from(path.display().to_string().as_str()), line: 1 };
    if !migration.files.is_empty() {
        migration.remarks.push(format!(
            "{}: a part of a task definition; give the whole one (aws ecs describe-task-definition --task-definition \
             FAMILY) to have it rewritten",
            at
        ));
    }
    migration
}
