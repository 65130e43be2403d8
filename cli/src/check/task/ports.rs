//! Ports on which two processes of a task would listen.

use super::{ContainerView, TaskFindings};
use crate::config::{MapEntry, Node};

/// Where Fluent Bit's own server listens unless told otherwise.
const SERVER_PORT: &str = "2020";

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    let mut seen: Vec<(String, &str)> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for container in &view.containers {
        for mapping in container.node.items_of("portMappings") {
            check_server(findings, container, mapping);
            check_name(findings, container, mapping, &mut names);
            let Some(entry) = listening(mapping, view.is_awsvpc()) else { continue };
            let Some(port) = entry.value.text().filter(|port| port.parse() != Ok(0)) else { continue };
            let protocol = mapping.text_of("protocol").unwrap_or("tcp");
            let key = format!("{port}/{protocol}");
            let Some((_, first)) = seen.iter().find(|(known, _)| *known == key) else {
                seen.push((key, container.name.unwrap_or_default()));
                continue;
            };
            let message = format!(
                "is {port}, which container {first} has already: ECS refuses the task, or one of them does not start"
            );
            findings.error(container.at_entry(entry), message, "write another port, or leave one out");
        }
    }
}

/// Service Connect finds a port by its name.
fn check_name<'t>(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    mapping: &'t Node,
    seen: &mut Vec<&'t str>,
) {
    let Some(entry) = mapping.entry("name") else { return };
    let Some(name) = entry.value.text() else { return };
    if seen.contains(&name) {
        let message = format!("'{name}' is the name of another port of the task, and ECS refuses it");
        findings.error(container.at_entry(entry), message, "give each port a name of its own");
    }
    seen.push(name);
}

/// The port that can be taken once: of the task's own address, or of the machine.
fn listening(mapping: &Node, is_awsvpc: bool) -> Option<&MapEntry> {
    if is_awsvpc { mapping.entry("containerPort") } else { mapping.entry("hostPort") }
}

/// Reports an application on the port of Fluent Bit's server, which the router's health check asks.
fn check_server(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, mapping: &Node) {
    let view = findings.view;
    let Some(entry) = mapping.entry("containerPort") else { return };
    let is_application = container.firelens().is_none() && !container.is_collector();
    let is_taken = entry.value.text() == Some(SERVER_PORT) && view.is_awsvpc() && is_application;
    if is_taken && view.with_plugin().any(asks_server) {
        let message = "is 2020, on which Fluent Bit's server listens in the same network, so that one of them does not start";
        findings.error(container.at_entry(entry), message, "let the application listen on another port");
    }
}

fn asks_server(router: &ContainerView<'_>) -> bool {
    let command = router.node.get("healthCheck").and_then(|health| health.get("command"));
    let words: Vec<&str> =
        command.map(Node::items).unwrap_or_default().iter().filter_map(Node::text).collect();
    let line = words.join(" ");
    line.contains(":2020") || (line.contains("ecs-router health") && !line.contains("--address"))
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn a_port_is_taken_once() {
        let twice = r#""portMappings": [{"containerPort": 80}, {"containerPort": 80, "protocol": "tcp"}],"#;
        assert_says(&task("", twice, ""), "error", "which container app has already");
        let named =
            r#""portMappings": [{"containerPort": 80, "name": "w"}, {"containerPort": 81, "name": "w"}],"#;
        assert_says(&task("", named, ""), "error", "the name of another port");
        let health = r#""healthCheck": {"command": ["CMD", "/ecs-router/ecs-router", "health"]},"#;
        let server = r#""portMappings": [{"containerPort": 2020}],"#;
        assert_says(&task("", server, health), "error", "on which Fluent Bit's server listens");
        assert_eq!(said(&task("", server, "")), [""; 0], "no server");
        for fine in [
            r#""portMappings": [{"containerPort": 80}, {"containerPort": 80, "protocol": "udp"}],"#,
            r#""portMappings": [{"containerPort": 80}, {"containerPort": 81}],"#,
        ] {
            assert_eq!(said(&task("", fine, health)), [""; 0], "{fine}");
        }
    }
}
