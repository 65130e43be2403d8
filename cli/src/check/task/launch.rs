//! Where a task runs: launch type, network, and how much processor and memory all of it gets.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html>, read 2026-11.

use super::{TaskFindings, TaskPlace, is_untyped_text};
use crate::config::{MapEntry, Node, TaskDialect, Tree};
use crate::suggest::closest;

const LAUNCH_TYPES: [&str; 4] = ["FARGATE", "EC2", "EXTERNAL", "MANAGED_INSTANCES"];
const NETWORK_MODES: [&str; 4] = ["awsvpc", "bridge", "host", "none"];
const ARCHITECTURES: [&str; 2] = ["X86_64", "ARM64"];

/// What images, toolchains and machines call them.
const OTHER_ARCHITECTURES: [(&str, &str); 8] = [
    ("amd64", "X86_64"),
    ("x64", "X86_64"),
    ("x86", "X86_64"),
    ("x86-64", "X86_64"),
    ("intel", "X86_64"),
    ("aarch64", "ARM64"),
    ("arm", "ARM64"),
    ("graviton", "ARM64"),
];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    if !findings.view.is_whole {
        return;
    }
    check_launch_types(findings);
    check_word(findings, findings.view.task.node.entry("networkMode"), &NETWORK_MODES);
    let platform = findings.view.task.node.get("runtimePlatform");
    check_word(findings, platform.and_then(|node| node.entry("cpuArchitecture")), &ARCHITECTURES);
    check_system(findings, platform);
    check_text(findings, "cpu");
    check_text(findings, "memory");
    if findings.view.is_fargate {
        check_network(findings);
    }
    check_no_network(findings);
}

fn check_launch_types(findings: &mut TaskFindings<'_, '_>) {
    let Some(entry) = findings.view.task.node.entry("requiresCompatibilities") else {
        return note_launch_types(findings);
    };
    if let Tree::Text(text) = &entry.value.tree {
        let instead = format!("write [\"{text}\"]");
        findings.error(TaskPlace::of_entry(entry), "must be a list, and is a text", instead);
        return;
    }
    for item in entry.value.items() {
        let Some(text) = item.text().filter(|text| !LAUNCH_TYPES.contains(text)) else { continue };
        let near = LAUNCH_TYPES.iter().find(|known| text.to_ascii_uppercase().starts_with(**known));
        let near = near.map_or_else(|| format!("one of {}", LAUNCH_TYPES.join(", ")), ToString::to_string);
        let message = format!("'{text}' is not a launch type");
        findings.error(TaskPlace::of_task(item.line, &entry.key), message, format!("write {near}"));
    }
}

/// Without launch types, ECS checks nothing of Fargate's rules before a task is started.
fn note_launch_types(findings: &mut TaskFindings<'_, '_>) {
    if findings.view.lacks("requiresCompatibilities") && findings.view.is_awsvpc() {
        let message = "is not set, so that what Fargate would refuse is only seen when a task is to start";
        let instead = "write [\"FARGATE\"], or [\"EC2\"]";
        findings.note(
            TaskPlace::of_task(findings.view.task.node.line, "requiresCompatibilities"),
            message,
            instead,
        );
    }
}

/// Reports a value that is not one of the known words.
fn check_word(findings: &mut TaskFindings<'_, '_>, entry: Option<&MapEntry>, known: &[&str]) {
    let Some(entry) = entry.filter(|entry| !entry.value.is_null()) else { return };
    let Some(text) = entry.value.text().filter(|text| !known.contains(text)) else { return };
    let synonym = OTHER_ARCHITECTURES.iter().find(|(other, _)| other.eq_ignore_ascii_case(text));
    let synonym = synonym.map(|(_, ours)| *ours).filter(|ours| known.contains(ours));
    let instead = match synonym.or_else(|| closest(text, known.iter().copied())) {
        Some(near) => format!("write {near}"),
        None => format!("write one of {}", known.join(", ")),
    };
    findings.error(TaskPlace::of_entry(entry), format!("'{text}' is not one of ECS's values"), instead);
}

/// Reports a system that ECS does not have, or on which there is no FireLens.
fn check_system(findings: &mut TaskFindings<'_, '_>, platform: Option<&Node>) {
    let Some(entry) = platform.and_then(|node| node.entry("operatingSystemFamily")) else { return };
    let Some(text) = entry.value.text().filter(|text| *text != "LINUX" && !text.contains('$')) else {
        return;
    };
    let message = if text.to_ascii_uppercase().starts_with("WINDOWS") {
        "is Windows, for which there is no FireLens and no build of the plugin".to_owned()
    } else {
        format!("'{text}' is not one of ECS's values")
    };
    findings.error(TaskPlace::of_entry(entry), message, "write LINUX");
}

/// Reports a number of the task's that ECS wants as a text. Those of containers are numbers.
fn check_text(findings: &mut TaskFindings<'_, '_>, key: &str) {
    let Some(entry) = findings.view.task.node.entry(key) else { return };
    if findings.view.task.dialect == TaskDialect::Ecs && is_untyped_text(TaskDialect::Ecs, &entry.value) {
        let text = entry.value.text().unwrap_or_default();
        let message = "must be a string in quotation marks here; only a container's is a number";
        findings.error(TaskPlace::of_entry(entry), message, format!("write \"{text}\""));
    }
}

fn check_network(findings: &mut TaskFindings<'_, '_>) {
    let Some(entry) = findings.view.set("networkMode") else {
        if findings.view.lacks("networkMode") {
            let message = "is not set and bridge by default, but Fargate only has awsvpc";
            findings.error(
                TaskPlace::of_task(findings.view.task.node.line, "networkMode"),
                message,
                "write awsvpc",
            );
        }
        return;
    };
    if entry.value.text().is_some_and(|text| NETWORK_MODES.contains(&text) && text != "awsvpc") {
        findings.error(
            TaskPlace::of_entry(entry),
            "Fargate only has the network mode awsvpc",
            "write awsvpc",
        );
    }
}

/// Reports a router that reaches nobody.
fn check_no_network(findings: &mut TaskFindings<'_, '_>) {
    let entry = findings.view.set("networkMode").filter(|entry| entry.value.text() == Some("none"));
    if let Some(entry) = entry
        && !findings.view.is_fargate
        && findings.view.with_plugin().next().is_some()
    {
        let message = "gives the containers no network, so that the log router reaches no destination";
        findings.error(TaskPlace::of_entry(entry), message, "write awsvpc, or bridge");
    }
}
