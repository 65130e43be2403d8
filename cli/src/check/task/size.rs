//! How much processor and memory a task and its containers get.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html>, read 2026-11.

use super::{ContainerView, FindingSeverity, TaskFindings, TaskPlace};
use crate::config::Node;

/// A size of Fargate: units of processor, and the memory in MiB that goes with them.
struct FargateSize {
    units: u64,
    least: u64,
    most: u64,
    step: u64,
}

const fn size(units: u64, least: u64, most: u64, step: u64) -> FargateSize {
    FargateSize { units, least, most, step }
}

const SIZES: [FargateSize; 7] = [
    size(256, 512, 2_048, 512),
    size(512, 1_024, 4_096, 1_024),
    size(1_024, 2_048, 8_192, 1_024),
    size(2_048, 4_096, 16_384, 1_024),
    size(4_096, 8_192, 30_720, 1_024),
    size(8_192, 16_384, 61_440, 4_096),
    size(16_384, 32_768, 122_880, 8_192),
];

/// MiB; Docker refuses less.
const LEAST_MEMORY: u64 = 6;

/// MiB; below, Fluent Bit with the plugin is killed before its buffers are of any use.
const LEAST_ROUTER_MEMORY: u64 = 48;

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    if view.is_fargate {
        check_presence(findings);
        check_pair(findings);
        check_total(findings, "cpu", "vcpu", &["cpu"]);
    }
    check_total(findings, "memory", "gb", &["memoryReservation", "memory"]);
    for container in &view.containers {
        check_memory(findings, container);
        check_limit(findings, container);
    }
}

fn check_presence(findings: &mut TaskFindings<'_, '_>) {
    for key in ["cpu", "memory"] {
        if findings.view.lacks(key) {
            let message =
                "is missing from the task, and Fargate wants it; those of containers are no substitute";
            let instead =
                if key == "cpu" { "write for example \"512\"" } else { "write for example \"1024\"" };
            findings.error(TaskPlace::of_task(findings.view.task.node.line, key), message, instead);
        }
    }
}

fn check_pair(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    let (Some(cpu), Some(memory)) = (view.set("cpu"), view.set("memory")) else { return };
    let Some(units) = cpu.value.text().and_then(|text| parse(text, "vcpu")) else { return };
    let Some(size) = SIZES.iter().find(|size| size.units == units) else {
        let message = format!("Fargate has no size of {units} units");
        let instead = "write 256, 512, 1024, 2048, 4096, 8192 or 16384";
        return findings.error(TaskPlace::of_entry(cpu), message, instead);
    };
    let Some(text) = memory.value.text() else { return };
    let FargateSize { least, most, step, .. } = size;
    let instead = format!("write a number of MiB from {least} to {most} in steps of {step}");
    match parse(text, "gb") {
        None => {
            findings.error(TaskPlace::of_entry(memory), format!("'{text}' is not a size of memory"), instead);
        }
        Some(mebibytes) if !is_offered(size, mebibytes) => {
            let message = format!("Fargate has no {mebibytes} MiB with {units} units of cpu");
            findings.error(TaskPlace::of_entry(memory), message, instead);
        }
        Some(_) => {}
    }
}

fn is_offered(size: &FargateSize, mebibytes: u64) -> bool {
    // The smallest size has 512, 1024 and 2048 MiB, but not 1536.
    let is_step = mebibytes.is_multiple_of(size.step) && (size.units, mebibytes) != (256, 1_536);
    (size.least..=size.most).contains(&mebibytes) && is_step
}

/// Reports containers that together want more than the task has. The first of `keys` that is set counts.
fn check_total(findings: &mut TaskFindings<'_, '_>, key: &str, unit: &str, keys: &[&str]) {
    let view = findings.view;
    let Some(task) = view.set(key) else { return };
    let Some(available) = task.value.text().and_then(|text| parse(text, unit)) else { return };
    let wanted =
        |container: &ContainerView<'_>| keys.iter().find_map(|key| container.node.set(key)?.number());
    let total = view.containers.iter().filter_map(wanted).fold(0, u64::saturating_add);
    if total > available {
        let message =
            format!("the task has {available}, but its containers want {total} together, and ECS refuses it");
        findings.error(TaskPlace::of_entry(task), message, "give the task more, or the containers less");
    }
    for container in view.containers.iter().filter(|_| key == "memory" && total <= available) {
        let Some(entry) = container.node.entry("memory") else { continue };
        if entry.value.number().is_some_and(|limit| limit > available) {
            let message = format!("is more than the task's {available} MiB, and ECS refuses it");
            findings.error(container.at_entry(entry), message, format!("write {available} or less"));
        }
    }
}

/// Reports a limit below the reservation, below what Docker takes, and below what the router needs.
fn check_memory(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let entry = container.node.entry("memory").filter(|entry| !entry.value.is_null());
    let Some(entry) = entry else { return check_reservation(findings, container) };
    let Some(limit) = entry.value.number() else { return };
    let reserved = container.node.set("memoryReservation").and_then(Node::number);
    if limit < LEAST_MEMORY {
        let message = format!("is {limit} MiB, and a container has {LEAST_MEMORY} MiB at least");
        findings.error(container.at_entry(entry), message, "write a number of MiB, for example 128");
    } else if let Some(reserved) = reserved.filter(|reserved| *reserved > limit) {
        let message =
            format!("is {limit} MiB, less than memoryReservation ({reserved} MiB), and ECS refuses it");
        let instead = format!("write {reserved} or more, or a smaller memoryReservation");
        findings.error(container.at_entry(entry), message, instead);
    } else if container.firelens().is_some() && limit < LEAST_ROUTER_MEMORY {
        let message =
            format!("is {limit} MiB, too little for Fluent Bit and what it holds: the router is killed");
        let instead = "write 128 or more, or memoryReservation in its place";
        findings.warning(container.at_entry(entry), message, instead);
    }
}

/// Reports a router without a limit that reserves less than it takes: the containers beside it use up what it needs.
fn check_reservation(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let Some(entry) = container.node.entry("memoryReservation") else { return };
    let reserved = entry.value.number().filter(|reserved| *reserved < LEAST_ROUTER_MEMORY);
    let Some(reserved) = reserved.filter(|_| container.firelens().is_some()) else { return };
    let message = format!(
        "is {reserved} MiB, less than Fluent Bit and the plugin take: others may use up the memory that they need"
    );
    findings.warning(container.at_entry(entry), message, "write 128");
}

/// On EC2, ECS wants memory for the task or for every container.
fn check_limit(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let view = findings.view;
    let is_set = |key: &str| container.node.entry(key).is_some_and(|entry| !entry.value.is_null());
    let merges = container.node.entry("<<").is_some() || container.node.is_function();
    let has_own = is_set("memory") || is_set("memoryReservation") || merges;
    if !view.is_fargate && view.lacks("memory") && !has_own {
        let message = "is missing, and neither the task nor the container has another: ECS refuses the task";
        let instead = "write memoryReservation 128, or memory for the whole task";
        // Without launch types, the file may be a part of a task definition that others complete.
        let severity = match view.set("requiresCompatibilities") {
            Some(_) => FindingSeverity::Error,
            None => FindingSeverity::Note,
        };
        let line = container.node.line;
        findings.add(severity, container.at(line, "memory"), message, instead);
    }
}

/// `512`, or with a unit of 1024, such as `.5 vCPU` and `2GB`.
fn parse(text: &str, unit: &str) -> Option<u64> {
    let lower = text.trim().to_ascii_lowercase();
    let Some(number) = lower.strip_suffix(unit) else { return lower.parse().ok() };
    let number = number.trim().parse::<f64>().ok().filter(|number| (0.0..1_000.0).contains(number))?;
    format!("{:.0}", number * 1_024.0).parse().ok()
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn sizes_are_there_and_ones_that_ecs_has() {
        for (keys, app, router, severity, part) in [
            (r#""cpu": null,"#, "", "", "error", "cpu: is missing from the task"),
            (r#""memory": null,"#, "", "", "error", "memory: is missing from the task"),
            (r#""cpu": "256", "memory": "1536","#, "", "", "error", "Fargate has no 1536 MiB"),
            (r#""cpu": "1024", "memory": "2500","#, "", "", "error", "in steps of 1024"),
            (r#""cpu": "8 vCPU", "memory": "18 GB","#, "", "", "error", "in steps of 4096"),
            ("", r#""memory": 4096,"#, "", "error", "its containers want 4096 together"),
            ("", r#""memory": 400,"#, r#""memoryReservation": 128,"#, "error", "want 528 together"),
            (
                "",
                r#""cpu": 200,"#,
                r#""cpu": 100,"#,
                "error",
                "the task has 256, but its containers want 300",
            ),
            (
                "",
                r#""memory": 600, "memoryReservation": 100,"#,
                "",
                "error",
                "is more than the task's 512 MiB",
            ),
            (
                "",
                r#""memory": 64, "memoryReservation": 128,"#,
                "",
                "error",
                "less than memoryReservation (128 MiB)",
            ),
            ("", r#""memory": 2,"#, "", "error", "a container has 6 MiB at least"),
            ("", "", r#""memory": 20,"#, "warning", "the router is killed"),
            (
                r#""requiresCompatibilities": ["EC2"], "memory": null,"#,
                r#""memory": 64,"#,
                "",
                "error",
                "container log_router: memory: is missing, and neither the task",
            ),
        ] {
            assert_says(&task(keys, app, router), severity, part);
        }
    }

    #[test]
    fn the_router_reserves_what_it_takes() {
        for reserved in ["8", "32"] {
            let text = task("", "", &format!(r#""memoryReservation": {reserved},"#));
            assert_says(
                &text,
                "warning",
                &format!("memoryReservation: is {reserved} MiB, less than Fluent Bit"),
            );
        }
        assert_eq!(said(&task("", "", r#""memoryReservation": 50,"#)), [""; 0]);
        assert_eq!(said(&task("", r#""memoryReservation": 8,"#, "")), [""; 0], "of another container");
    }

    #[test]
    fn sizes_that_ecs_has_are_not_reported() {
        for (keys, app) in [
            (r#""cpu": "1024", "memory": "3072","#, ""),
            (r#""cpu": ".25 vCPU", "memory": "0.5 GB","#, r#""memory": 512, "memoryReservation": 100,"#),
            (r#""requiresCompatibilities": ["EC2"], "cpu": null, "memory": "600","#, ""),
        ] {
            assert_eq!(said(&task(keys, app, r#""memoryReservation": 64,"#)), [""; 0], "{keys}");
        }
    }
}
