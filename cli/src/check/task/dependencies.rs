//! `dependsOn`: existing containers, conditions that can come true, and no circle.
//!
//! Every container whose log driver is `awsfirelens` waits for the router without being told to; the agent adds that.

use super::{ContainerView, TaskFindings};
use crate::config::Node;
use crate::suggest::closest;

const CONDITIONS: [&str; 4] = ["START", "COMPLETE", "SUCCESS", "HEALTHY"];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    for container in &view.containers {
        for entry in dependencies(container) {
            check_dependency(findings, container, entry);
        }
    }
    check_circle(findings);
}

/// The `containerName` of every item.
fn dependencies<'t>(container: &ContainerView<'t>) -> Vec<&'t Node> {
    container.node.items_of("dependsOn").iter().collect()
}

fn target(dependency: &Node) -> Option<&str> {
    dependency.get("containerName")?.text()
}

fn check_dependency(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, dependency: &Node) {
    let Some(name) = target(dependency) else { return report_form(findings, container, dependency) };
    let view = findings.view;
    let place = container.at(dependency.line, "dependsOn");
    let Some(other) = view.containers.iter().find(|other| other.name == Some(name)) else {
        if !view.is_open() {
            let known = view.containers.iter().filter_map(|container| container.name);
            let instead =
                closest(name, known).map_or_else(String::new, |near| format!("did you mean {near}?"));
            findings.error(place, format!("there is no container '{name}' in the task"), instead);
        }
        return;
    };
    let Some(condition) = dependency.text_of("condition") else {
        if dependency.entry("condition").is_none() && dependency.entry("<<").is_none() {
            let message = "has no condition, and ECS refuses the task";
            findings.error(place, message, "add \"condition\": \"HEALTHY\"");
        }
        return;
    };
    if !CONDITIONS.contains(&condition) {
        let instead = format!("write one of {}", CONDITIONS.join(", "));
        return findings.error(place, format!("'{condition}' is not a condition"), instead);
    }
    if condition == "HEALTHY" && other.node.set("healthCheck").is_none() {
        let message =
            format!("waits until {name} is HEALTHY, but {name} has no healthCheck, so that it never is");
        findings.error(place, message, format!("give {name} a healthCheck, or write START"));
    } else if other.firelens().is_some() && matches!(condition, "COMPLETE" | "SUCCESS") {
        let message =
            format!("waits until the log router {name} has ended, which it does not before the task");
        findings.error(place, message, "write HEALTHY or START");
    } else if other.firelens().is_some() && condition == "START" && other.node.set("healthCheck").is_some() {
        let message = format!(
            "waits until {name} has started, not until it can take records; {name} has a healthCheck"
        );
        findings.note(place, message, "write HEALTHY");
    }
}

/// Reports an item that is a name, or has none.
fn report_form(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, dependency: &Node) {
    let is_open = dependency.is_function() || dependency.get("containerName").is_some_and(Node::is_function);
    if !is_open {
        let message = "has an item without containerName";
        let instead = "write {\"containerName\": \"log_router\", \"condition\": \"HEALTHY\"}";
        findings.error(container.at(dependency.line, "dependsOn"), message, instead);
    }
}

fn check_circle(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    for container in &view.containers {
        let Some(start) = container.name else { continue };
        let Some(circle) = circle(findings, start) else { continue };
        let entry = container.node.entry("dependsOn");
        let line = entry.map_or(container.node.line, |entry| entry.line);
        let message = format!("the containers wait for each other in a circle: {}", circle.join(" → "));
        let instead =
            "take one of these dependencies out; whoever logs through FireLens waits for the router anyway";
        findings.error(container.at(line, "dependsOn"), message, instead);
        return;
    }
}

/// The way from a container back to itself.
fn circle(findings: &TaskFindings<'_, '_>, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen: Vec<String> = Vec::new();
    while let Some(way) = ways.pop() {
        for next in waits_for(findings, way.last()?) {
            if next == start {
                return Some(way.into_iter().chain([next]).collect());
            }
            if !seen.contains(&next) {
                seen.push(next.clone());
                ways.push(way.iter().cloned().chain([next]).collect());
            }
        }
    }
    None
}

fn waits_for(findings: &TaskFindings<'_, '_>, name: &str) -> Vec<String> {
    let view = findings.view;
    let Some(container) = view.containers.iter().find(|container| container.name == Some(name)) else {
        return Vec::new();
    };
    let told = dependencies(container).into_iter().filter_map(target);
    let router = view.routers().filter_map(|router| router.name);
    let untold = router.filter(|router| container.uses_firelens() && *router != name);
    told.chain(untold).map(str::to_owned).collect()
}
