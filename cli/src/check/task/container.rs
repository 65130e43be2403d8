//! What every container of a task needs: an image, a name of its own, and a time to stop that its host allows.

use super::{ContainerView, TaskFindings, TaskPlace, written_number};
use crate::check::values::{MAX_STOP_TIMEOUT, is_account};
use crate::config::{Node, TaskDialect, Tree};
use crate::suggest::closest;

/// Parts of an image's name that somebody was to replace.
const IMAGE_PLACEHOLDERS: [&str; 10] =
    ["<", ">", "{{", "your-", "your_", "yourimage", "changeme", "change-me", "replace", "xxxx"];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    for (position, container) in view.containers.iter().enumerate() {
        check_name(findings, position, container);
        check_image(findings, container);
        check_stop_timeout(findings, container);
        check_types(findings, container);
        check_mounts(findings, container);
        check_terminal(findings, container);
    }
    check_essential(findings);
}

fn check_name(findings: &mut TaskFindings<'_, '_>, position: usize, container: &ContainerView<'_>) {
    let Some(name) = container.name else {
        if !container.node.get("name").is_some_and(Node::is_function) {
            findings.error(
                TaskPlace::of_task(container.node.line, "name"),
                "is missing from a container",
                "give every container a name",
            );
        }
        return;
    };
    let mut before = findings.view.containers.iter().take(position);
    if before.any(|other| other.name == Some(name)) {
        let message = "another container of the task has the same name";
        findings.warning(container.at(container.node.line, "name"), message, "give it another name");
    }
}

fn check_image(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let Some(entry) = container.node.entry("image") else {
        let message = "is missing";
        findings.warning(container.at(container.node.line, "image"), message, "write the image's address");
        return;
    };
    let Some(text) = entry.value.text() else { return };
    if text.starts_with("<IMAGE") && text.ends_with("_NAME>") {
        let message =
            format!("{text} is what CodePipeline replaces in a blue/green deployment, and nobody else");
        let instead = "write the image's address where no pipeline fills it in";
        return findings.note(container.at(entry.line, "image"), message, instead);
    }
    let lower = text.to_ascii_lowercase();
    if text.is_empty() || text.contains(' ') || IMAGE_PLACEHOLDERS.iter().any(|part| lower.contains(part)) {
        let message = format!("'{text}' is not the address of an image");
        findings.error(container.at_entry(entry), message, "write the address of the image that was pushed");
    } else if let Some(message) = wrong_address(text) {
        let instead = "write for example 111122223333.dkr.ecr.eu-west-1.amazonaws.com/ecs-router:1";
        findings.error(container.at_entry(entry), message, instead);
    }
}

/// What Docker or ECR would refuse of an image's address.
fn wrong_address(text: &str) -> Option<String> {
    if text.contains("://") {
        return Some(format!("'{text}' is the address of a web page; that of an image has no https://"));
    }
    let host = text.split('/').next().filter(|host| host.contains(".dkr.ecr."));
    let account = host.and_then(|host| host.split('.').next());
    if let Some(account) = account.filter(|account| !is_account(account) && !account.contains(['$', '{'])) {
        return Some(format!("the account '{account}' has not twelve digits"));
    }
    let repository = text.split_once('/').map_or(text, |(_, path)| path);
    let name = repository.split([':', '@']).next().unwrap_or_default();
    (!text.contains(['$', '{']) && name.chars().any(|letter| letter.is_ascii_uppercase()))
        .then(|| format!("'{name}' has capital letters, which the name of an image cannot have"))
}

/// Reports a task none of whose containers ends it.
fn check_essential(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    let is_optional = |container: &ContainerView<'_>| container.node.text_of("essential") == Some("false");
    if let Some(first) = view.containers.first()
        && !view.is_open()
        && view.containers.iter().all(is_optional)
    {
        let message = "no container of the task is essential, and ECS refuses it";
        findings.error(
            TaskPlace::of_task(first.node.line, "essential"),
            message,
            "make the application and the router essential",
        );
    }
}

/// Behind a terminal, both outputs of an application are one.
fn check_terminal(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let terminal = container.node.entry("pseudoTerminal").filter(|_| container.uses_firelens());
    let Some(entry) = terminal.filter(|entry| entry.value.text() == Some("true")) else { return };
    let message = "makes standard error a part of standard output, so that route.stderr gets nothing";
    findings.warning(container.at_entry(entry), message, "leave it out");
}

/// Reports a volume that the task does not have.
fn check_mounts(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let view = findings.view;
    let volumes = view.task.node.entry("volumes").or_else(|| view.task.node.entry("volume"));
    let listed = volumes.map(|entry| entry.value.items()).unwrap_or_default();
    let is_known = |name: &str| {
        listed
            .iter()
            .any(|volume| volume.is_function() || volume.text_of("name").is_none_or(|known| known == name))
    };
    let is_open = !view.is_whole
        || (view.task.dialect == TaskDialect::Terraform && volumes.is_none())
        || volumes.is_some_and(|entry| entry.value.is_function());
    let mounts = container.node.items_of("mountPoints");
    for entry in mounts.iter().filter_map(|mount| mount.entry("sourceVolume")) {
        let Some(name) = entry.value.text().filter(|name| !is_open && !is_known(name)) else { continue };
        let message = format!("the task has no volume '{name}'");
        let names = listed.iter().filter_map(|volume| volume.text_of("name"));
        let instead = match closest(name, names) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("add {{\"name\": \"{name}\"}} to the task's volumes"),
        };
        findings.error(container.at_entry(entry), message, instead);
    }
}

/// Reports numbers and booleans in quotation marks. CloudFormation and Terraform's provider convert some of them.
fn check_types(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    if findings.view.task.dialect == TaskDialect::CloudFormation {
        return;
    }
    for key in NUMBERS.iter().chain(&FLAGS) {
        let Some(entry) = container.node.entry(key) else { continue };
        let Tree::Text(text) = &entry.value.tree else { continue };
        let wanted = if FLAGS.contains(key) { "a boolean" } else { "a number" };
        let message = format!("must be {wanted}, not a string in quotation marks");
        let instead = if FLAGS.contains(key) { format!("write {text}") } else { written_number(text) };
        findings.error(container.at_entry(entry), message, instead);
    }
}

const NUMBERS: [&str; 5] = ["cpu", "memory", "memoryReservation", "startTimeout", "stopTimeout"];
const FLAGS: [&str; 4] = ["essential", "readonlyRootFilesystem", "privileged", "interactive"];

fn check_stop_timeout(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let Some(entry) = container.node.entry("stopTimeout") else { return };
    let Some(text) = entry.value.text().filter(|_| !entry.value.is_null()) else { return };
    let Ok(seconds) = text.parse::<u64>() else {
        let message = format!("'{text}' is not a number of seconds");
        findings.error(container.at_entry(entry), message, "write for example 60");
        return;
    };
    let most = MAX_STOP_TIMEOUT.as_secs();
    if findings.view.is_fargate && seconds > most {
        let message = format!("is {seconds} s, but Fargate allows {most} s at most");
        let instead = format!("write {most} or less, and shorten Grace and exit_timeout to fit");
        findings.error(container.at_entry(entry), message, instead);
    }
}
