//! Where a task runs: launch type, network, and how much processor and memory all of it gets.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html>, read 2026-11.

use super::{TaskFindings, is_untyped_text};
use crate::config::{MapEntry, Node, TaskDialect, Tree};
use crate::suggest::closest;

const LAUNCH_TYPES: [&str; 4] = ["FARGATE", "EC2", "EXTERNAL", "MANAGED_INSTANCES"];
const NETWORK_MODES: [&str; 4] = ["awsvpc", "bridge", "host", "none"];
const ARCHITECTURES: [&str; 2] = ["X86_64", "ARM64"];

/// On Fargate: units of processor, and the least and the most memory in MiB that go with them.
const SIZES: [(u64, u64, u64); 7] = [
    (256, 512, 2_048),
    (512, 1_024, 4_096),
    (1_024, 2_048, 8_192),
    (2_048, 4_096, 16_384),
    (4_096, 8_192, 30_720),
    (8_192, 16_384, 61_440),
    (16_384, 32_768, 122_880),
];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    if !findings.view.is_whole {
        return;
    }
    check_launch_types(findings);
    check_word(findings, findings.view.task.node.entry("networkMode"), &NETWORK_MODES);
    let platform = findings.view.task.node.get("runtimePlatform");
    check_word(findings, platform.and_then(|node| node.entry("cpuArchitecture")), &ARCHITECTURES);
    check_windows(findings, platform);
    check_text(findings, "cpu");
    check_text(findings, "memory");
    if findings.view.is_fargate {
        check_network(findings);
        check_size(findings);
    }
}

fn check_launch_types(findings: &mut TaskFindings<'_, '_>) {
    let Some(entry) = findings.view.task.node.entry("requiresCompatibilities") else { return };
    if let Tree::Text(text) = &entry.value.tree {
        let instead = format!("write [\"{text}\"]");
        findings.error(entry.line, &entry.key, "must be a list, and is a text", instead);
        return;
    }
    for item in entry.value.items() {
        let Some(text) = item.text().filter(|text| !LAUNCH_TYPES.contains(text)) else { continue };
        let near = LAUNCH_TYPES.iter().find(|known| text.to_ascii_uppercase().starts_with(**known));
        let near = near.map_or_else(|| format!("one of {}", LAUNCH_TYPES.join(", ")), ToString::to_string);
        let message = format!("'{text}' is not a launch type");
        findings.error(item.line, &entry.key, message, format!("write {near}"));
    }
}

/// Reports a value that is none of the known words.
fn check_word(findings: &mut TaskFindings<'_, '_>, entry: Option<&MapEntry>, known: &[&str]) {
    let Some(entry) = entry.filter(|entry| !entry.value.is_null()) else { return };
    let Some(text) = entry.value.text().filter(|text| !known.contains(text)) else { return };
    let instead = match closest(text, known.iter().copied()) {
        Some(near) => format!("write {near}"),
        None => format!("write one of {}", known.join(", ")),
    };
    findings.error(entry.line, &entry.key, format!("'{text}' is not one of ECS's values"), instead);
}

fn check_windows(findings: &mut TaskFindings<'_, '_>, platform: Option<&Node>) {
    let Some(entry) = platform.and_then(|node| node.entry("operatingSystemFamily")) else { return };
    if entry.value.text().is_some_and(|text| text.starts_with("WINDOWS")) {
        let message = "is Windows, for which there is no FireLens and no build of the plugin";
        findings.error(entry.line, &entry.key, message, "write LINUX");
    }
}

/// Reports a number of the task's that ECS wants as a text. Those of containers are numbers.
fn check_text(findings: &mut TaskFindings<'_, '_>, key: &str) {
    let Some(entry) = findings.view.task.node.entry(key) else { return };
    if findings.view.task.dialect == TaskDialect::Ecs && is_untyped_text(TaskDialect::Ecs, &entry.value) {
        let text = entry.value.text().unwrap_or_default();
        let message = "must be a string in quotation marks here; only a container's is a number";
        findings.error(entry.line, &entry.key, message, format!("write \"{text}\""));
    }
}

fn check_network(findings: &mut TaskFindings<'_, '_>) {
    let Some(entry) = findings.view.task.node.entry("networkMode") else { return };
    if entry.value.text().is_some_and(|text| NETWORK_MODES.contains(&text) && text != "awsvpc")
        && !is_for_others(findings)
    {
        findings.error(entry.line, &entry.key, "Fargate only has the network mode awsvpc", "write awsvpc");
    }
}

/// Whether the task may run elsewhere as well; ECS then checks Fargate's rules all the same, but later.
fn is_for_others(findings: &TaskFindings<'_, '_>) -> bool {
    let listed = findings.view.task.node.get("requiresCompatibilities").map(Node::items);
    listed.unwrap_or_default().len() > 1
}

fn check_size(findings: &mut TaskFindings<'_, '_>) {
    let node = &findings.view.task.node;
    let (Some(cpu), Some(memory)) = (node.entry("cpu"), node.entry("memory")) else { return };
    let Some(units) = cpu.value.text().and_then(|text| units(text, "vcpu")) else { return };
    let Some((_, least, most)) = SIZES.iter().find(|size| size.0 == units) else {
        let message = format!("Fargate has no size of {units} units");
        let instead = "write 256, 512, 1024, 2048, 4096, 8192 or 16384";
        findings.error(cpu.line, &cpu.key, message, instead);
        return;
    };
    let Some(text) = memory.value.text() else { return };
    let instead = format!("write a number of MiB from {least} to {most}");
    match units_of_memory(text) {
        None => {
            findings.error(memory.line, &memory.key, format!("'{text}' is not a size of memory"), instead);
        }
        Some(mebibytes) if mebibytes < *least || mebibytes > *most => {
            let message = format!("Fargate has no {mebibytes} MiB with {units} units of cpu");
            findings.error(memory.line, &memory.key, message, instead);
        }
        Some(_) => {}
    }
}

fn units_of_memory(text: &str) -> Option<u64> {
    units(text, "gb")
}

/// `512`, or with a unit of 1024, such as `.5 vCPU` and `2GB`.
fn units(text: &str, unit: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let Some(number) = lower.strip_suffix(unit) else { return lower.parse().ok() };
    let thousandths = number.trim().parse::<f64>().ok().filter(|number| (0.0..1_000.0).contains(number))?;
    format!("{:.0}", thousandths * 1_024.0).parse().ok()
}
