//! Misspelt keys of a task definition, and CloudFormation's in the wrong case.

use super::{ContainerView, TaskFindings};
use crate::config::{MapEntry, Node, TaskDialect};
use crate::suggest::closest;

const TASK_KEYS: [&str; 19] = [
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

const CONTAINER_KEYS: [&str; 43] = [
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
    "logDriver",
];

const LOG_KEYS: [&str; 3] = ["logDriver", "options", "secretOptions"];
const FIRELENS_KEYS: [&str; 2] = ["type", "options"];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    match view.task.dialect {
        TaskDialect::CloudFormation => check_case(findings),
        TaskDialect::Ecs if view.is_whole => {
            let of_task = view.task.node.entries();
            of_task.iter().for_each(|entry| check_key(findings, None, entry, &TASK_KEYS));
        }
        _ => {}
    }
    for container in &view.containers {
        check_keys(findings, container, container.node, &CONTAINER_KEYS);
        if let Some(logging) = container.node.get("logConfiguration") {
            check_keys(findings, container, logging, &LOG_KEYS);
        }
        if let Some(firelens) = container.firelens() {
            check_keys(findings, container, firelens, &FIRELENS_KEYS);
        }
    }
}

fn check_keys(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    node: &Node,
    known: &[&str],
) {
    node.entries().iter().for_each(|entry| check_key(findings, Some(container), entry, known));
}

/// Reports a key that is almost one of those there are. Keys that ECS has learnt since are none of our business.
fn check_key(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    entry: &MapEntry,
    known: &[&str],
) {
    let is_camel = findings.view.task.dialect != TaskDialect::CloudFormation;
    let is_known = |key: &str| if is_camel { key == entry.key } else { key.eq_ignore_ascii_case(&entry.key) };
    if known.iter().any(|key| is_known(key)) {
        return;
    }
    let Some(near) = closest(&entry.key, known.iter().copied()) else { return };
    let near = if is_camel { near.to_owned() } else { capitalised(near) };
    let message = "is a key that ECS does not know";
    let instead = format!("did you mean {near}?");
    match container {
        Some(container) => findings.container_error(container, entry, message, instead),
        None => findings.error(entry.line, &entry.key, message, instead),
    }
}

/// Reports the first property that begins with a small letter, with all others beside it.
fn check_case(findings: &mut TaskFindings<'_, '_>) {
    let mut small: Vec<&MapEntry> = Vec::new();
    let view = findings.view;
    small.extend(small_keys(&view.task.node, &TASK_KEYS));
    for container in &view.containers {
        small.extend(small_keys(container.node, &CONTAINER_KEYS));
        let logging = container.node.get("logConfiguration");
        small.extend(logging.into_iter().flat_map(|node| small_keys(node, &LOG_KEYS)));
        let firelens = container.firelens();
        small.extend(firelens.into_iter().flat_map(|node| small_keys(node, &FIRELENS_KEYS)));
    }
    let Some(first) = small.first() else { return };
    let mut names: Vec<&str> = small.iter().map(|entry| entry.key.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let message = format!(
        "CloudFormation does not know these properties in ContainerDefinitions and around it: {}",
        names.join(", ")
    );
    let instead = format!("begin every property with a capital: {}", capitalised(&first.key));
    findings.error(first.line, &first.key, message, instead);
}

fn small_keys<'n>(node: &'n Node, known: &[&str]) -> Vec<&'n MapEntry> {
    let is_small = |entry: &&MapEntry| known.contains(&entry.key.as_str());
    node.entries().iter().filter(is_small).collect()
}

pub(super) fn capitalised(key: &str) -> String {
    let mut letters = key.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
