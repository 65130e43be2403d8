//! What is inside the maps and lists of a task definition: members that exist, of the type that ECS wants.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html> and the types that it names,
//! read 2026-11.

use super::levels::KeyLevel;
use super::member_shapes::{MemberType, OF_CONTAINER, OF_TASK, Shape, same};
use super::names::check_key;
use super::shapes::{LINUX_LISTS, MAPS, TASK_LISTS};
use super::{ContainerView, TaskFindings, TaskPlace, written_number};
use crate::config::{MapEntry, Node, TaskDialect, Tree};
use crate::suggest::closest;

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    // In Terraform, those of the task are blocks with names of their own.
    if view.is_whole && view.task.dialect != TaskDialect::Terraform {
        OF_TASK.iter().for_each(|shape| check_shape(findings, None, &view.task.node, shape));
    }
    for container in &view.containers {
        OF_CONTAINER.iter().for_each(|shape| check_shape(findings, Some(container), container.node, shape));
    }
}

fn check_shape(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    node: &Node,
    shape: &Shape,
) {
    for (key, value) in found_in(node, shape.place) {
        if value.is_null() {
            continue;
        }
        match &value.tree {
            Tree::Map(members) if !members.iter().any(MapEntry::is_intrinsic) => {
                check_members(findings, container, key, value, shape);
            }
            Tree::Map(_) | Tree::Function(..) => {}
            tree => {
                let names: Vec<&str> = shape.members.iter().map(|(name, _)| *name).collect();
                let what = if matches!(tree, Tree::List(_)) { "list" } else { "text or a number" };
                let message = format!("must be a map, and is a {what}: ECS refuses the task");
                let instead = format!("write a map with {}", names.join(", "));
                findings.error(TaskPlace::new(container, value.line, key), message, instead);
            }
        }
    }
}

/// The maps under these names, and the items where one of them is a list.
pub(super) fn found_in<'n>(node: &'n Node, place: &[&'static str]) -> Vec<(&'static str, &'n Node)> {
    let mut found = vec![("", node)];
    for key in place {
        let entries = found.iter().filter_map(|(_, node)| node.entry(key));
        found = entries.flat_map(|entry| flat(key, &entry.value)).map(|node| (*key, node)).collect();
    }
    found
}

/// A text in the place of a list is reported as such, and a list in the place of a map stays one.
fn flat<'n>(key: &str, node: &'n Node) -> Vec<&'n Node> {
    let is_list = MAPS.contains(&key) || TASK_LISTS.contains(&key);
    match &node.tree {
        Tree::List(items) if is_list || LINUX_LISTS.contains(&key) => items.iter().collect(),
        Tree::Text(_) | Tree::Word(_) if is_list => Vec::new(),
        _ => vec![node],
    }
}

fn check_members(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    key: &str,
    value: &Node,
    shape: &Shape,
) {
    let names: Vec<&str> = shape.members.iter().map(|(name, _)| *name).collect();
    for member in value.entries() {
        check_key(findings, container, member, KeyLevel::map(key, &names));
        let known = shape.members.iter().find(|(name, _)| same(name, &member.key));
        if let Some((_, kind)) = known.filter(|(_, kind)| !matches!(kind, MemberType::Any)) {
            check_type(findings, container, member, *kind);
        }
    }
    // A member of another name may be the one that is missing, and is reported.
    let is_known = |member: &MapEntry| names.iter().any(|name| same(name, &member.key));
    if !value.entries().iter().all(is_known) {
        return;
    }
    for needed in shape.needed.iter().filter(|needed| value.entry(needed).is_none()) {
        let message = format!("has no {needed}, and ECS refuses the task");
        findings.error(TaskPlace::new(container, value.line, key), message, format!("add {needed}"));
    }
}

/// CloudFormation begins each name with a capital.
fn check_type(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    member: &MapEntry,
    kind: MemberType,
) {
    if member.value.is_function() || member.value.is_null() {
        return;
    }
    let place = TaskPlace::new(container, member.line, &member.key);
    let Some(text) = member.value.text() else {
        let message = "must be a single value, and is a list or a map";
        return findings.error(place, message, "write the value alone");
    };
    // CloudFormation converts what is written in another type.
    let is_strict = findings.view.task.dialect != TaskDialect::CloudFormation;
    let is_string = matches!(member.value.tree, Tree::Text(_));
    let (message, instead) = match kind {
        MemberType::Number if is_strict && is_string => {
            ("must be a number, not a string in quotation marks".to_owned(), written_number(text))
        }
        MemberType::Flag if is_strict && is_string => {
            ("must be a boolean, not a string in quotation marks".to_owned(), format!("write {text}"))
        }
        MemberType::Text if is_strict && !is_string => {
            ("must be a string, in quotation marks".to_owned(), format!("write \"{text}\""))
        }
        MemberType::Word(words) if !words.contains(&text) && !text.contains(['$', '{']) => {
            let near = words.iter().find(|word| word.eq_ignore_ascii_case(text)).copied();
            let near = near.or_else(|| closest(text, words.iter().copied()));
            let instead = near
                .map_or_else(|| format!("write one of {}", words.join(", ")), |near| format!("write {near}"));
            (format!("'{text}' is not a value that ECS knows"), instead)
        }
        _ => return,
    };
    findings.error(place, message, instead);
}

#[cfg(test)]
mod tests;
