//! The tags that an output takes against the containers of the task, and the health check's port against the server's.

use super::{Finding, FindingSeverity, Location};
use crate::check::given_tags::GivenTags;
use crate::check::tags;
use crate::check::task::{ContainerView, TaskView, fails_on_errors};
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
        _ if !lacks_health(deployment, &words) => return,
        _ => "of the healthCheck asks /api/v1/health, which Fluent Bit only has with Health_Check On: the router is \
              never healthy"
            .to_owned(),
    };
    let instead = match port {
        _ if is_off => "write HTTP_Server On in [SERVICE]",
        Some(port) if port != asked => "write the same port in both",
        _ => "write Health_Check On in [SERVICE], or ask /",
    };
    let location = Location { file: file.into(), line: command.line };
    let finding = Finding::new(FindingSeverity::Error, &location, &command.key, message, instead);
    findings.push(finding.in_container(router.name));
}

/// Whether the command asks how healthy Fluent Bit is, which it does not say unless told to.
fn lacks_health(deployment: &Configuration, words: &[&str]) -> bool {
    let words: Vec<&str> = words.iter().flat_map(|word| word.split_whitespace()).collect();
    let asks = words.iter().any(|word| word.contains("/api/v1/health")) && fails_on_errors(&words);
    let setting = find(&deployment.service, "health_check").map(|setting| setting.value.text());
    asks && setting.is_none_or(|text| text.is_some_and(|text| !crate::check::filters::is_on(text)))
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
