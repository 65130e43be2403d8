//! Misspelt keys of a task definition, and CloudFormation's in the wrong case.

use super::levels::KeyLevel;
use super::{ContainerView, TaskFindings, TaskPlace, members};
use crate::config::{MapEntry, Node, TaskDialect, is_beside_options};
use crate::suggest::closest;

pub(super) const TASK_KEYS: [&str; 19] = [
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "tags",
    "pidMode",
    "ipcMode",
    "proxyConfiguration",
    "inferenceAccelerators",
    "ephemeralStorage",
    "runtimePlatform",
    "enableFaultInjection",
    "taskDefinitionArn",
];

pub(super) const CONTAINER_KEYS: [&str; 42] = [
    "name",
    "image",
    "repositoryCredentials",
    "cpu",
    "memory",
    "memoryReservation",
    "links",
    "portMappings",
    "essential",
    "restartPolicy",
    "entryPoint",
    "command",
    "environment",
    "environmentFiles",
    "mountPoints",
    "volumesFrom",
    "linuxParameters",
    "secrets",
    "dependsOn",
    "startTimeout",
    "stopTimeout",
    "versionConsistency",
    "hostname",
    "user",
    "workingDirectory",
    "disableNetworking",
    "privileged",
    "readonlyRootFilesystem",
    "dnsServers",
    "dnsSearchDomains",
    "extraHosts",
    "dockerSecurityOptions",
    "interactive",
    "pseudoTerminal",
    "dockerLabels",
    "ulimits",
    "logConfiguration",
    "healthCheck",
    "systemControls",
    "resourceRequirements",
    "firelensConfiguration",
    "credentialSpecs",
];

pub(super) const LOG_KEYS: [&str; 3] = ["logDriver", "options", "secretOptions"];
pub(super) const FIRELENS_KEYS: [&str; 2] = ["type", "options"];

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
    match view.task.dialect {
        TaskDialect::CloudFormation => check_case(findings),
        TaskDialect::Ecs if view.is_whole => {
            let of_task = view.task.node.entries();
            of_task.iter().for_each(|entry| check_key(findings, None, entry, KeyLevel::TASK));
        }
        _ => {}
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

/// Reports the first property in the wrong case, with all others beside it.
fn check_case(findings: &mut TaskFindings<'_, '_>) {
    let mut small: Vec<&MapEntry> = Vec::new();
    let view = findings.view;
    small.extend(miscased_keys(&view.task.node, &TASK_KEYS));
    for container in &view.containers {
        small.extend(miscased_keys(container.node, &CONTAINER_KEYS));
        let logging = container.node.get("logConfiguration");
        small.extend(logging.into_iter().flat_map(|node| miscased_keys(node, &LOG_KEYS)));
        let firelens = container.firelens();
        small.extend(firelens.into_iter().flat_map(|node| miscased_keys(node, &FIRELENS_KEYS)));
        small.extend(members::small(container.node));
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

pub(in crate::check) fn capitalised(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
