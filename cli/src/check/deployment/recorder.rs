//! The memory that the flight recorder may take, against that of the router's container.

use std::cell::RefCell;

use ecs_router::config::Settings;

use super::super::finding::{Finding, FindingSeverity};
use super::super::placeholders::{Placeholder, PlaceholderLookup};
use super::super::task::{ContainerView, TaskView};
use crate::config::{Configuration, Location, Section};

/// What Fluent Bit, the plugin and their buffers take at least, in MiB.
const LEAST_BESIDES: u64 = 64;

/// Reports a container in which the lines that are held leave no room for the router itself.
pub(super) fn check_memory(
    deployment: &Configuration,
    task: &TaskView<'_>,
    router: &ContainerView<'_>,
    findings: &mut Vec<Finding>,
) {
    let Some(entry) = router.node.entry("memory") else { return };
    let Some(limit) = entry.value.number() else { return };
    let held: u64 = deployment.ours().filter_map(held_bytes).sum::<u64>().div_ceil(1 << 20);
    if held == 0 || held + LEAST_BESIDES <= limit {
        return;
    }
    let location = Location { file: task.file(), line: entry.line };
    let message = format!(
        "is {limit} MiB, but recorder.max_bytes alone is {held} MiB, and the router needs {LEAST_BESIDES} MiB besides: it is killed when it holds many lines"
    );
    let instead = format!("write {} or more, or a smaller recorder.max_bytes", held + LEAST_BESIDES);
    let finding = Finding::new(FindingSeverity::Warning, &location, &entry.key, message, instead);
    findings.push(finding.in_container(router.name));
}

/// `recorder.max_bytes` of an output whose recorder is on.
fn held_bytes(section: &Section) -> Option<u64> {
    let settings =
        Settings::read(&PlaceholderLookup::new(section, Placeholder::Example), &RefCell::default());
    u64::try_from(settings.recorder?.max_bytes).ok()
}
