//! The tags that an output takes against the containers of the task, and the health check's port against the server's.

use super::{Finding, FindingSeverity, Location};
use crate::check::given_tags::GivenTags;
use crate::check::tags;
use crate::check::task::{ContainerView, TaskView, fails_on_errors};
use crate::config::{Configuration, Node, Origin, Section, Setting};

/// Reports an output for a container that the task does not have.
pub(super) fn check_names(deployment: &Configuration, task: &TaskView<'_>, findings: &mut Vec<Finding>) {
    let names = task.logging_names();
    if task.is_open() || names.is_empty() {
        return;
    }
    let outputs = deployment.ours().filter(|section| section.origin == Origin::FluentBit);
    findings.extend(outputs.filter_map(|output| unmatched(deployment, output, &names)));
}

fn unmatched(deployment: &Configuration, output: &Section, names: &[&str]) -> Option<Finding> {
    let setting = output.get("match")?;
    let pattern = setting.value.text().filter(|pattern| tags::takes_firelens(pattern))?;
    fits_no_container(deployment, setting, pattern, names)
}

/// Reports a pattern that fits none of these containers, and no input or filter that gives a tag.
pub(super) fn fits_no_container(
    deployment: &Configuration,
    setting: &Setting,
    pattern: &str,
    names: &[&str],
) -> Option<Finding> {
    let fits = |name: &&str| tags::intersect(&[pattern, &format!("{name}-firelens-*")]);
    if names.iter().any(fits) || GivenTags::of(deployment).may_fit(pattern) {
        return None;
    }
    let message =
        format!("'{pattern}' fits no container of the task that logs through FireLens: {}", names.join(", "));
    let instead = format!("write Match {}-firelens-*, or *-firelens-* for all", names.first()?);
    Some(Finding::warn_of(setting, message, instead))
}

/// Reports a health check that asks where or what Fluent Bit does not answer.
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
    let from_file = deployment.ours().any(|section| section.origin == Origin::FluentBit);
    if !from_file || deployment.service.is_empty() {
        return;
    }
    let Some((why, instead)) = unanswered(deployment, &words) else { return };
    let message = format!("of the healthCheck asks {why}: the router is never healthy");
    let location = Location { file: file.into(), line: command.line };
    let finding = Finding::new(FindingSeverity::Error, &location, &command.key, message, instead);
    findings.push(finding.in_container(router.name));
}

/// What the command asks and why Fluent Bit does not answer, and what to write instead.
fn unanswered(deployment: &Configuration, words: &[&str]) -> Option<(String, &'static str)> {
    let asked = asked_port(words)?;
    if !is_on(deployment, "http_server") {
        let why = format!("port {asked}, but HTTP_Server is not on");
        return Some((why, "write HTTP_Server On in [SERVICE]"));
    }
    let port = match deployment.service_setting("http_port") {
        None => Some(DEFAULT_PORT),
        Some(setting) => setting.value.text(),
    };
    match port {
        Some(port) if port != asked => {
            Some((format!("port {asked}, but HTTP_Port is {port}"), "write the same port in both"))
        }
        _ if lacks_health(deployment, words) => Some((
            "/api/v1/health, which Fluent Bit only has with Health_Check On".to_owned(),
            "write Health_Check On in [SERVICE], or ask /",
        )),
        _ => None,
    }
}

/// Whether this key of `[SERVICE]` is on; one whose value is not known is taken to be.
fn is_on(deployment: &Configuration, key: &str) -> bool {
    let setting = deployment.service_setting(key);
    setting.is_some_and(|setting| setting.value.text().is_none_or(crate::check::filters::is_on))
}

/// Whether the command asks how healthy Fluent Bit is, which it does not say unless told to.
fn lacks_health(deployment: &Configuration, words: &[&str]) -> bool {
    let words: Vec<&str> = words.iter().flat_map(|word| word.split_whitespace()).collect();
    let asks = words.iter().any(|word| word.contains("/api/v1/health")) && fails_on_errors(&words);
    asks && !is_on(deployment, "health_check")
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
