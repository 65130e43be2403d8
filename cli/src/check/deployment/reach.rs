//! The tags that an output takes against the containers of the task, and the health check's port against the server's.

use super::{Finding, FindingSeverity, Location};
use crate::check::given_tags::GivenTags;
use crate::check::tags;
use crate::check::task::{ContainerView, TaskView};
use crate::config::{Configuration, Node, Origin, Section, find};

/// Reports an output for a container that the task does not have.
pub(super) fn check_names(deployment: &Configuration, task: &TaskView<'_>, findings: &mut Vec<Finding>) {
    let names: Vec<&str> = task
        .containers
        .iter()
        .filter(|container| container.uses_firelens())
        .filter_map(|one| one.name)
        .collect();
    if task.is_open() || names.is_empty() {
        return;
    }
    let outputs = deployment.ours().filter(|section| section.origin == Origin::FluentBit);
    findings.extend(outputs.filter_map(|output| unmatched(deployment, output, &names)));
}

fn unmatched(deployment: &Configuration, output: &Section, names: &[&str]) -> Option<Finding> {
    let setting = output.get("match")?;
    let pattern = setting.value.text().filter(|pattern| tags::takes_firelens(pattern))?;
    let fits = |name: &&str| tags::intersect(&[pattern, &format!("{name}-firelens-*")]);
    if names.iter().any(fits) || GivenTags::of(deployment).may_fit(pattern) {
        return None;
    }
    let message =
        format!("'{pattern}' fits no container of the task that logs through FireLens: {}", names.join(", "));
    let instead = format!("write Match {}-firelens-*, or *-firelens-* for all", names.first()?);
    Some(Finding::warn_of(setting, message, instead))
}

/// Reports a health check that asks a port on which Fluent Bit does not answer.
pub(super) fn check_health(
    deployment: &Configuration,
    router: &ContainerView<'_>,
    file: &str,
    findings: &mut Vec<Finding>,
) {
    let Some(command) = router.node.get("healthCheck").and_then(|health| health.entry("command")) else {
        return;
    };
    let words: Vec<&str> = command.value.items().iter().filter_map(Node::text).collect();
    let Some(asked) = asked_port(&words) else { return };
    let from_file = deployment.ours().any(|section| section.origin == Origin::FluentBit);
    if !from_file || deployment.service.is_empty() {
        return;
    }
    let server = find(&deployment.service, "http_server").map(|setting| setting.value.text());
    let is_off = server.is_none_or(|text| text.is_some_and(|text| !crate::check::filters::is_on(text)));
    let port = match find(&deployment.service, "http_port") {
        None => Some(DEFAULT_PORT),
        Some(setting) => setting.value.text(),
    };
    let message = match port {
        _ if is_off => format!(
            "of the healthCheck asks port {asked}, but HTTP_Server is not on: the router is never healthy"
        ),
        Some(port) if port != asked => format!(
            "of the healthCheck asks port {asked}, but HTTP_Port is {port}: the router is never healthy"
        ),
        _ => return,
    };
    let instead = if is_off { "write HTTP_Server On in [SERVICE]" } else { "write the same port in both" };
    let location = Location { file: file.into(), line: command.line };
    let finding = Finding::new(FindingSeverity::Error, &location, &command.key, message, instead);
    findings.push(finding.in_container(router.name));
}

/// The port that the command asks, in an address or by `ecs-router health` alone.
fn asked_port<'w>(words: &[&'w str]) -> Option<&'w str> {
    let line = words.join(" ");
    let is_own = line.contains("ecs-router health");
    words.iter().find_map(|word| local_port(word)).or_else(|| is_own.then_some(DEFAULT_PORT))
}

/// Where Fluent Bit's server listens and `ecs-router health` asks, unless told otherwise.
const DEFAULT_PORT: &str = "2020";

/// The port in `http://127.0.0.1:2020/api/v1/uptime`, wherever it is in the word.
fn local_port(word: &str) -> Option<&str> {
    let (_, rest) = ["127.0.0.1:", "localhost:"].iter().find_map(|host| word.split_once(host))?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end).filter(|port| !port.is_empty())
}
