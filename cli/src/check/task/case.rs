//! Properties of CloudFormation in the wrong case.

use super::keys::{CONTAINER_KEYS, FIRELENS_KEYS, LOG_KEYS, TASK_KEYS};
use super::member_shapes::{OF_CONTAINER, same};
use super::members::found_in;
use super::names::capitalised;
use super::{TaskFindings, TaskPlace, pairs};
use crate::config::{MapEntry, Node, TaskDialect};

/// Reports the first property in the wrong case, with all others beside it.
pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    if view.task.dialect != TaskDialect::CloudFormation {
        return;
    }
    let mut small: Vec<&MapEntry> = Vec::new();
    small.extend(miscased_keys(&view.task.node, &TASK_KEYS));
    for container in &view.containers {
        small.extend(miscased_keys(container.node, &CONTAINER_KEYS));
        let logging = container.node.get("logConfiguration");
        small.extend(logging.into_iter().flat_map(|node| miscased_keys(node, &LOG_KEYS)));
        let firelens = container.firelens();
        small.extend(firelens.into_iter().flat_map(|node| miscased_keys(node, &FIRELENS_KEYS)));
        small.extend(small_members(container.node));
    }
    let Some(first) = small.first() else { return };
    let mut names: Vec<&str> = small.iter().map(|entry| entry.key.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let message = format!(
        "CloudFormation does not know these properties in ContainerDefinitions and around it: {}",
        names.join(", ")
    );
    let known = [TASK_KEYS.as_slice(), &CONTAINER_KEYS, &LOG_KEYS, &FIRELENS_KEYS].concat();
    let key = capitalised(proper(&first.key, &known).unwrap_or(&first.key));
    let instead = match first.key.starts_with(|letter: char| letter.is_ascii_lowercase()) {
        true => format!("begin every property with a capital: {key}"),
        false => format!("write {key}"),
    };
    findings.error(TaskPlace::of_entry(first), message, instead);
}

/// Keys that are right except for the case of their letters.
fn miscased_keys<'n>(node: &'n Node, known: &[&str]) -> Vec<&'n MapEntry> {
    let is_miscased =
        |entry: &&MapEntry| proper(&entry.key, known).is_some_and(|key| capitalised(key) != entry.key);
    node.entries().iter().filter(is_miscased).collect()
}

/// The known key that differs from this one in the case of letters at most.
fn proper<'k>(key: &str, known: &[&'k str]) -> Option<&'k str> {
    known.iter().copied().find(|known| known.eq_ignore_ascii_case(key))
}

/// The members of a container's maps that begin with a small letter, where CloudFormation wants a capital.
fn small_members(container: &Node) -> Vec<&MapEntry> {
    let mut found = Vec::new();
    for shape in &OF_CONTAINER {
        let maps = found_in(container, shape.place);
        let names: Vec<&str> = shape.members.iter().map(|(name, _)| *name).collect();
        found.extend(maps.into_iter().flat_map(|(_, map)| small_keys(map, &names)));
    }
    for (place, names) in &pairs::PAIRS {
        found.extend(pairs::items(container, place).flat_map(|item| small_keys(item, names)));
    }
    found
}

fn small_keys<'n>(map: &'n Node, names: &[&str]) -> Vec<&'n MapEntry> {
    let is_small = |entry: &&MapEntry| entry.key.starts_with(|first: char| first.is_ascii_lowercase());
    let known = |entry: &&MapEntry| names.iter().any(|name| same(name, &entry.key));
    map.entries().iter().filter(is_small).filter(known).collect()
}
