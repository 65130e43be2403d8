//! The rest of the pipeline beside FireLens's own part of it: inputs in its place, filters for nobody, outputs of others,
//! and the file itself.

use super::reach::fits_no_container;
use super::{Finding, FindingSeverity, Location};
use crate::check::task::{ContainerView, TaskView};
use crate::check::{reach, tags};
use crate::config::{Configuration, Origin, Section};
use crate::suggest::closest;

/// Where FireLens's own input listens.
const SOCKET: &str = "/var/run/fluent.sock";
const PORT: &str = "24224";

pub(super) fn check(
    deployment: &Configuration,
    task: &TaskView<'_>,
    router: &ContainerView<'_>,
    findings: &mut Vec<Finding>,
) {
    if router.firelens().is_none() {
        return;
    }
    findings.extend(deployment.inputs.iter().filter_map(in_place_of_firelens));
    findings.extend(other_file(deployment, task, router));
    if task.is_open() {
        return;
    }
    for container in task.containers.iter().filter(|container| container.uses_firelens()) {
        findings.extend(twice(deployment, task, container));
    }
    // Of a filter that fits no tag at all, its own finding tells.
    let filters = deployment.filters.iter().filter(|filter| reach::check(filter, deployment).is_none());
    findings.extend(filters.filter_map(|filter| for_nobody(deployment, task, filter)));
}

/// A second `forward` where the first listens.
fn in_place_of_firelens(input: &Section) -> Option<Finding> {
    if !input.text("name")?.eq_ignore_ascii_case("forward") || input.open {
        return None;
    }
    let is_local =
        input.text("listen").is_none_or(|address| matches!(address, "0.0.0.0" | "127.0.0.1" | "::"));
    let (key, place) = match (input.get("unix_path"), input.get("port")) {
        (Some(path), _) if path.value.text() == Some(SOCKET) => ("unix_path", SOCKET),
        (None, Some(port)) if port.value.text() == Some(PORT) && is_local => ("port", PORT),
        (None, None) if is_local => ("port", PORT),
        _ => return None,
    };
    let message = format!(
        "is {place}, where the input that FireLens generates listens already: one of them gets nothing"
    );
    let instead = "leave the input out: FireLens has one for the logs of the task";
    let finding = Finding::warn(input, key, message, instead);
    Some(Finding { severity: FindingSeverity::Error, ..finding })
}

/// Reports a filter that no record of the task or of an input passes.
fn for_nobody(deployment: &Configuration, task: &TaskView<'_>, filter: &Section) -> Option<Finding> {
    let setting = filter.get("match")?;
    let pattern = setting.value.text()?;
    let names = task.logging_names();
    if names.is_empty() {
        return None;
    }
    fits_no_container(deployment, setting, pattern, &names)
}

/// Reports an output among the options of a container beside ours in the file: both take the container's lines.
fn twice(deployment: &Configuration, task: &TaskView<'_>, container: &ContainerView<'_>) -> Option<Finding> {
    let name = container.output_name().filter(|name| !name.eq_ignore_ascii_case("ecs_router"))?;
    let tag = format!("{}-firelens-*", container.name?);
    let outputs = deployment.ours().filter(|section| section.origin == Origin::FluentBit);
    let ours = outputs.into_iter().find(|section| tags::intersect(&[tags::pattern(section), &tag]))?;
    let options = container.node.get("logConfiguration")?.get("options")?;
    let message = format!("the lines go to {name} and to the output at {} as well", ours.location);
    let location = Location { file: task.file(), line: options.line };
    let instead = "leave out the options but for log-driver-buffer-limit, unless both are meant";
    let finding = Finding::new(FindingSeverity::Note, &location, "options", message, instead);
    Some(finding.in_container(container.name))
}

/// Reports a file that is not the one that the router reads, by its name.
fn other_file(
    deployment: &Configuration,
    task: &TaskView<'_>,
    router: &ContainerView<'_>,
) -> Option<Finding> {
    let options = router.firelens()?.get("options")?;
    let entry = options.entries().iter().find(|entry| entry.key == "config-file-value")?;
    let wanted = entry.value.text().filter(|path| !path.contains('$'))?.rsplit('/').next()?;
    let section = deployment.ours().find(|section| section.origin == Origin::FluentBit);
    // A file that only loads the plugin has no output.
    let given = match section {
        Some(section) => &section.location.file,
        None => &deployment.service.first()?.location.file,
    };
    let name = |path: &'_ str| path.rsplit('/').next().unwrap_or_default().to_owned();
    if deployment.files.iter().any(|file| name(file) == wanted) || &**given == "-" {
        return None;
    }
    let own = name(given);
    let severity = match closest(&own, [wanted]) {
        Some(_) => FindingSeverity::Warning,
        None => FindingSeverity::Note,
    };
    let message = format!("names the file {wanted}, and the one given to check is {own}");
    let instead = format!("write {own}, unless the image has it under the other name");
    let location = Location { file: task.file(), line: entry.line };
    Some(Finding::new(severity, &location, &entry.key, message, instead).in_container(router.name))
}
