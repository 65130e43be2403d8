//! `dependsOn`: existing containers, conditions that can come true, and no circle.
//!
//! Every container whose log driver is `awsfirelens` waits for the router without being told to; the agent adds that unless
//! the router waits for somebody itself (`addFirelensContainerDependency` in the agent's `task.go`, read 2026-11).

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
    let before = findings.findings.len();
    check_circle(findings);
    if findings.findings.len() == before {
        check_untold(findings);
    }
}

/// Reports a container that starts before the router, which waits for somebody itself.
fn check_untold(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    let Some(router) = view.routers().find(|router| !dependencies(router).is_empty()) else { return };
    let Some(router_name) = router.name.filter(|_| !view.is_open()) else { return };
    let before: Vec<&str> = dependencies(router).into_iter().filter_map(target).collect();
    let is_early = |container: &&ContainerView<'_>| {
        let waits =
            dependencies(container).into_iter().any(|one| target(one).is_none_or(|name| name == router_name));
        let is_waited_for = container.name.is_none_or(|name| before.contains(&name));
        let is_told = container.node.get("dependsOn").is_some_and(Node::is_function) || waits;
        container.uses_firelens() && !is_told && !is_waited_for
    };
    let why = match view.set("networkMode").map(|entry| entry.value.text()) {
        None | Some(Some("bridge")) => "it may start without the router's address (FLUENT_HOST), and fail",
        _ => "its first lines may be lost",
    };
    for container in view.containers.iter().filter(is_early) {
        let entry = container.node.entry("dependsOn");
        let line = entry.map_or(container.node.line, |entry| entry.line);
        let message = format!(
            "does not name {router_name}, and ECS lets nobody wait for a log router that has a dependsOn of its own: {why}"
        );
        let instead = format!("add {{\"containerName\": \"{router_name}\", \"condition\": \"START\"}}");
        findings.warning(container.at(line, "dependsOn"), message, instead);
    }
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

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    const INIT: &str = r#""dependsOn": [{"containerName": "init", "condition": "SUCCESS"}],"#;

    /// A task with a container `init` before everything.
    fn with_init(keys: &str, app: &str, router: &str) -> String {
        task(keys, app, router).replace(
            r#"{"name": "app","#,
            r#"{"name": "init", "image": "i:1", "essential": false}, {"name": "app","#,
        )
    }

    #[test]
    fn nobody_waits_untold_for_a_router_that_waits_itself() {
        let message = "container app: dependsOn: does not name log_router, and ECS lets nobody wait for a log router \
                       that has a dependsOn of its own: ";
        let instead = r#"; add {"containerName": "log_router", "condition": "START"}"#;
        let lost = format!("{message}its first lines may be lost{instead}");
        assert_says(&with_init("", "", INIT), "warning", &lost);
        assert_says(&with_init("", INIT, INIT), "warning", &lost);
        let fails =
            format!("{message}it may start without the router's address (FLUENT_HOST), and fail{instead}");
        for mode in ["", r#""networkMode": "bridge","#] {
            let keys = format!(r#""requiresCompatibilities": ["EC2"], {mode}"#);
            let text = with_init(&keys, "", INIT);
            let text = if mode.is_empty() { text.replace(r#""networkMode": "awsvpc", "#, "") } else { text };
            assert_says(&text, "warning", &fails);
        }
    }

    #[test]
    fn whoever_is_told_to_wait_does() {
        let told = r#""dependsOn": [{"containerName": "log_router", "condition": "START"}],"#;
        for (app, router) in [(told, INIT), ("", ""), ("", r#""dependsOn": [],"#)] {
            assert_eq!(said(&with_init("", app, router)), [""; 0], "{app} {router}");
        }
    }
}
