//! Files given together are one deployment: what the task gives to the router against what the configuration wants.

mod files;
mod pipeline;
mod reach;
mod recorder;
mod regions;

use std::collections::BTreeSet;
use std::time::Duration;

use super::environment::AskedVariable;
use super::finding::{Finding, FindingSeverity};
use super::host::DEFAULT_GRACE_SECONDS;
use super::task::{ContainerView, TaskView, stop_timeout};
use super::values::read_duration;
use crate::config::{CloudFormationTemplate, Configuration, Location, Node, Origin, Section, TemplateForm};

/// Variables that ECS, Fargate or Fluent Bit's image gives to every container.
const GIVEN: [&str; 9] = [
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_EXECUTION_ENV",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "ECS_CONTAINER_METADATA_URI",
    "ECS_CONTAINER_METADATA_URI_V4",
    "ECS_AGENT_URI",
    "HOSTNAME",
    "PATH",
];

/// The file of the plugin's image that loads the plugin and has no output.
const LOADING_FILE: &str = "/ecs-router/load.conf";

/// Checks the parts of a deployment against each other; `findings` are those of each file.
pub(super) fn check(deployment: &Configuration, asked: &[AskedVariable], findings: &mut Vec<Finding>) {
    let tasks: Vec<TaskView<'_>> = deployment.tasks.iter().map(TaskView::new).collect();
    for task in &tasks {
        reach::check_names(deployment, task, findings);
        let Some(router) = task.with_plugin().next() else { continue };
        reach::check_health(deployment, router, &task.file(), findings);
        pipeline::check(deployment, task, router, findings);
        check_without_output(deployment, task, router, findings);
        check_variables(deployment, asked, router, findings);
        files::check_secrets(asked, router, &task.file(), findings);
        check_stop_timeout(deployment, task, router, findings);
        recorder::check_memory(deployment, task, router, findings);
    }
    findings.extend(files::unread(deployment, &tasks));
    findings.extend(regions::odd(deployment));
    if !findings.iter().any(|finding| finding.severity == FindingSeverity::Error) {
        findings.extend(nothing(deployment, &tasks));
    }
}

/// Reports every variable of the configuration that the task does not give to the router.
fn check_variables(
    deployment: &Configuration,
    asked: &[AskedVariable],
    router: &ContainerView<'_>,
    findings: &mut Vec<Finding>,
) {
    let Some(given) = given(router.node) else { return };
    let mut seen = BTreeSet::new();
    for variable in asked {
        let name = variable.name.as_str();
        let is_given = given.contains(name) || deployment.variables.contains_key(name);
        if is_given || GIVEN.contains(&name) || !seen.insert(name) {
            continue;
        }
        let message = format!(
            "the router does not get ${{{name}}}: it is neither in its environment nor in its secrets, and Fluent Bit takes an empty text"
        );
        let container = router.name.unwrap_or("log_router");
        let instead = format!("add {name} to environment or secrets of container {container}");
        let severity = FindingSeverity::Error;
        findings.push(Finding::new(severity, &variable.location, &variable.key, message, instead));
    }
}

/// Reports a container for whose lines there is no output: it has no options, and the router's file has none for all.
fn check_without_output(
    deployment: &Configuration,
    task: &TaskView<'_>,
    router: &ContainerView<'_>,
    findings: &mut Vec<Finding>,
) {
    let serves_all =
        |section: &Section| section.origin == Origin::FluentBit || section.get("match").is_some();
    let has_own_alone = deployment.ours().next().is_some() && !deployment.outputs.iter().any(serves_all);
    if router.configuration_file() != Some(LOADING_FILE) || !has_own_alone || task.is_open() {
        return;
    }
    let is_bare = |container: &&ContainerView<'_>| {
        let logging = container.node.set("logConfiguration").filter(|logging| !logging.entries().is_empty());
        container.uses_firelens() && logging.is_some_and(|logging| logging.set("options").is_none())
    };
    for container in task.containers.iter().filter(is_bare) {
        let line = container.node.entry("logConfiguration").map_or(container.node.line, |entry| entry.line);
        let location = Location { file: task.file(), line };
        let message = format!(
            "has no options, and {LOADING_FILE} has no output: what the container writes goes nowhere"
        );
        let instead = "write options with \"Name\": \"ecs_router\" here, too, or one [OUTPUT] for all containers into a file of the router";
        let severity = FindingSeverity::Error;
        let finding = Finding::new(severity, &location, "logConfiguration", message, instead);
        findings.push(finding.in_container(container.name));
    }
}

/// The names in `environment` and `secrets`; `None` when there may be others.
fn given(router: &Node) -> Option<BTreeSet<&str>> {
    let is_unknown = |key: &str| {
        router.get(key).is_some_and(|node| node.is_function() || node.items().iter().any(Node::is_function))
    };
    let has_files =
        router.get("environmentFiles").is_some_and(|files| !files.items().is_empty() || files.is_function());
    if has_files || is_unknown("environment") || is_unknown("secrets") {
        return None;
    }
    let lists = ["environment", "secrets"].into_iter().filter_map(|key| router.get(key));
    let names = lists.flat_map(Node::items).filter_map(|item| item.text_of("name"));
    // Reported already, but what is meant is clear.
    let map = router.get("environment").map(Node::entries).unwrap_or_default();
    Some(names.chain(map.iter().map(|entry| entry.key.as_str())).collect())
}

/// Reports a router that is killed before it has sent what it holds.
fn check_stop_timeout(
    deployment: &Configuration,
    task: &TaskView<'_>,
    router: &ContainerView<'_>,
    findings: &mut Vec<Finding>,
) {
    let from_file = deployment.ours().any(|section| section.origin == Origin::FluentBit);
    let Some(allowed) = stop_timeout(router) else { return };
    let Some(grace) = grace(deployment, from_file) else { return };
    let exit = deployment.ours().filter_map(exit_timeout).max().unwrap_or_default();
    let needed = grace + exit;
    if allowed >= needed {
        return;
    }
    let entry = router.node.entry("stopTimeout");
    let line = entry.map_or(router.node.line, |entry| entry.line);
    let location = Location { file: task.file(), line };
    let is = if entry.is_some() { "is" } else { "is not set and" };
    let message = format!(
        "{is} {} s, but the router may need {} s to end: Grace {} s and exit_timeout {} s; what it holds by then is lost",
        allowed.as_secs(),
        needed.as_secs(),
        grace.as_secs(),
        exit.as_secs()
    );
    let instead = format!("write stopTimeout {}, or shorten Grace and exit_timeout", needed.as_secs() + 5);
    let finding = Finding::new(FindingSeverity::Warning, &location, "stopTimeout", message, instead);
    findings.push(finding.in_container(router.name));
}

/// The grace that the files tell; the default only where the file that could tell it was given.
fn grace(deployment: &Configuration, is_given: bool) -> Option<Duration> {
    match deployment.service_setting("grace") {
        Some(setting) => setting.value.text()?.parse().ok().map(Duration::from_secs),
        None if is_given => Some(Duration::from_secs(DEFAULT_GRACE_SECONDS.into())),
        None => Some(Duration::ZERO),
    }
}

fn exit_timeout(section: &Section) -> Option<Duration> {
    read_duration(section.text("exit_timeout")?)
}

/// Reports a deployment in which there is nothing of the plugin to check.
fn nothing(deployment: &Configuration, tasks: &[TaskView<'_>]) -> Option<Finding> {
    let may_have_output = |router: &ContainerView<'_>| reads_other_file(deployment, router);
    let has_other_file = |task: &TaskView<'_>| task.routers().any(may_have_output);
    // A document says itself what is checked.
    let has_documents = deployment.templates.iter().any(|template| template.form == TemplateForm::Document)
        && tasks.is_empty();
    if deployment.ours().next().is_some() || tasks.iter().any(has_other_file) || has_documents {
        return None;
    }
    let location = Location { file: deployment.files.first()?.clone(), line: 1 };
    let names: BTreeSet<&str> =
        deployment.outputs.iter().filter_map(|section| section.text("name")).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let is_unknown = deployment
        .outputs
        .iter()
        .any(|section| section.open || section.get("name").is_some_and(|name| name.value.text().is_none()));
    let message = match names.as_slice() {
        _ if is_unknown => return None,
        [] if deployment.is_empty() => "nothing to check: the file is empty".to_owned(),
        [] if tasks.is_empty() => "nothing to check: there is no output ecs_router".to_owned(),
        [] => "nothing to check: no container of the task logs to an output ecs_router".to_owned(),
        names => format!("nothing to check: there is no output ecs_router, only {}", names.join(", ")),
    };
    let instead = instead(deployment, tasks);
    let severity = match is_of_a_deployment(deployment, tasks) {
        true => FindingSeverity::Note,
        false => FindingSeverity::Warning,
    };
    Some(Finding { severity, location, subject: None, key: None, message, instead: instead.to_owned() })
}

/// Whether the router reads a file that was not given and may have an output of the plugin.
fn reads_other_file(deployment: &Configuration, router: &ContainerView<'_>) -> bool {
    let Some(path) = router.configuration_file() else { return router.reads_file() };
    let name = |path: &'_ str| path.rsplit('/').next().unwrap_or_default().to_owned();
    path != LOADING_FILE && !deployment.files.iter().any(|file| name(file) == name(path))
}

/// What to give to `check` so that there is something to check.
fn instead(deployment: &Configuration, tasks: &[TaskView<'_>]) -> &'static str {
    let has_routers = tasks.iter().any(|task| task.routers().next().is_some());
    let reads_file = tasks.iter().any(|task| task.routers().any(ContainerView::reads_file));
    match (tasks.is_empty(), has_routers) {
        (true, _) if !deployment.templates.is_empty() => {
            "give the configuration and the task definition that belong to it, too"
        }
        (true, _) => "give the file with Name ecs_router, and those that belong to it",
        (false, false) if tasks.iter().any(TaskView::has_collector) => {
            "a collector reads its file in the image: give it, too: ecs-router check task.json fluent-bit.conf"
        }
        (false, false) => {
            "give the Fluent Bit configuration in its image, too: ecs-router check task.json fluent-bit.conf"
        }
        (false, true) if reads_file => {
            "write \"Name\": \"ecs_router\" among the options of awsfirelens, or an [OUTPUT] with Name ecs_router into the router's file"
        }
        (false, true) => {
            "write \"Name\": \"ecs_router\" among the options of awsfirelens, or give the router a config-file-value"
        }
    }
}

/// Whether the files are a good part of a deployment whose configuration is elsewhere: a collector's task, or resources
/// without any task.
fn is_of_a_deployment(deployment: &Configuration, tasks: &[TaskView<'_>]) -> bool {
    let has_resources = |template: &CloudFormationTemplate| {
        template.node.get("Resources").is_some_and(|resources| !resources.entries().is_empty())
    };
    match tasks {
        [] => deployment.outputs.is_empty() && deployment.templates.iter().any(has_resources),
        _ => tasks.iter().all(TaskView::has_collector),
    }
}

#[cfg(test)]
mod tests;
