//! Misspelt keys of a task definition.

use super::levels::KeyLevel;
use super::{ContainerView, TaskFindings, TaskPlace};
use crate::config::{MapEntry, Node, TaskDialect, is_beside_options};
use crate::suggest::closest;

/// Keys of compose files, of Kubernetes and of habit, and what ECS calls them.
const SYNONYMS: [(&str, &str); 27] = [
    ("secrets", "secretOptions"),
    ("env", "environment"),
    ("envvars", "environment"),
    ("environmentvariables", "environment"),
    ("envfile", "environmentFiles"),
    ("args", "command"),
    ("cmd", "command"),
    ("ports", "portMappings"),
    ("volumemounts", "mountPoints"),
    ("mounts", "mountPoints"),
    ("logging", "logConfiguration"),
    ("log", "logConfiguration"),
    ("logconfig", "logConfiguration"),
    ("logs", "logConfiguration"),
    ("logopts", "options"),
    ("firelensconfig", "firelensConfiguration"),
    ("health", "healthCheck"),
    ("healthcheckcommand", "healthCheck"),
    ("depends", "dependsOn"),
    ("firelens", "firelensConfiguration"),
    ("restart", "restartPolicy"),
    ("mem", "memory"),
    ("memorylimit", "memory"),
    ("containers", "containerDefinitions"),
    ("taskrole", "taskRoleArn"),
    ("executionrole", "executionRoleArn"),
    ("launchtype", "requiresCompatibilities"),
];

/// What `describe-task-definition` prints besides.
const DESCRIBED_KEYS: [&str; 10] = [
    "revision",
    "status",
    "requiresAttributes",
    "compatibilities",
    "registeredAt",
    "registeredBy",
    "deregisteredAt",
    "deleteRequestedAt",
    "failureReason",
    "taskDefinition",
];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    if view.task.dialect == TaskDialect::Ecs && view.is_whole {
        let of_task = view.task.node.entries();
        of_task.iter().for_each(|entry| check_key(findings, None, entry, KeyLevel::TASK));
    }
    for container in &view.containers {
        check_keys(findings, container, container.node, KeyLevel::CONTAINER);
        if let Some(logging) = container.node.get("logConfiguration") {
            check_keys(findings, container, logging, KeyLevel::LOGGING);
            let options = logging.get("options").map(Node::entries).unwrap_or_default();
            let too_low = options.iter().filter(|option| is_beside_options(&option.key));
            too_low.for_each(|option| check_key(findings, Some(container), option, KeyLevel::OPTIONS));
        }
        if let Some(firelens) = container.firelens() {
            check_keys(findings, container, firelens, KeyLevel::FIRELENS);
        }
    }
}

fn check_keys(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    node: &Node,
    level: KeyLevel<'_>,
) {
    node.entries().iter().for_each(|entry| check_key(findings, Some(container), entry, level));
}

/// Reports a key that is almost, or means, one of those there are. Any other may be one that ECS has learnt since.
pub(super) fn check_key(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    entry: &MapEntry,
    level: KeyLevel<'_>,
) {
    let known = level.known;
    let is_camel = findings.view.task.dialect != TaskDialect::CloudFormation;
    let is_known = |key: &str| if is_camel { key == entry.key } else { key.eq_ignore_ascii_case(&entry.key) };
    let is_other = entry.is_intrinsic() || DESCRIBED_KEYS.contains(&entry.key.as_str());
    if is_other || known.iter().any(|key| is_known(key)) {
        return;
    }
    let written = |key: &str| if is_camel { key.to_owned() } else { capitalised(key) };
    let other_word = synonym(&entry.key, known);
    if let Some(misplaced) = level.misplaced(entry, &written).filter(|_| other_word.is_none()) {
        let place = TaskPlace::new(container, entry.line, &entry.key);
        return findings.error(place, misplaced.message(), misplaced.instead());
    }
    let near = other_word.or_else(|| closest(&entry.key, known.iter().copied()));
    let Some(near) = near else { return warn_unknown(findings, container, entry) };
    let place = TaskPlace::new(container, entry.line, &entry.key);
    findings.error(place, "is a key that ECS does not know", format!("did you mean {}?", written(near)));
}

/// The key among the known ones that people mean with this one.
fn synonym(key: &str, known: &[&str]) -> Option<&'static str> {
    let plain: String = key
        .chars()
        .filter(|letter| !"_-".contains(*letter))
        .map(|letter| letter.to_ascii_lowercase())
        .collect();
    let (_, meant) = SYNONYMS.iter().find(|(word, meant)| *word == plain && known.contains(meant))?;
    Some(meant)
}

/// The AWS CLI and CloudFormation refuse what they do not know; Terraform gives it to ECS, which drops it.
fn warn_unknown(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    entry: &MapEntry,
) {
    let message =
        "is a key that ECS did not know in 2026-11: the task is refused, or is registered without it";
    let instead = "leave it out, or look it up in the reference of RegisterTaskDefinition";
    findings.warning(TaskPlace::new(container, entry.line, &entry.key), message, instead);
}

pub(in crate::check) fn capitalised(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
