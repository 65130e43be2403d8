//! Addresses that name another container of the task.

use super::{ContainerView, TaskFindings};
use crate::address;
use crate::config::{MapEntry, Node};

/// Reports a container's name as a host: with awsvpc, all containers have one address, and no name leads to it.
pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    if !view.is_awsvpc() {
        return;
    }
    for container in &view.containers {
        for item in container.node.items_of("environment") {
            if let (Some(name), Some(entry)) = (item.text_of("name"), item.entry("value")) {
                check_value(findings, container, name, entry);
            }
        }
        let options = container.node.get("logConfiguration").and_then(|logging| logging.get("options"));
        for entry in options.map(Node::entries).unwrap_or_default() {
            check_value(findings, container, &entry.key, entry);
        }
    }
}

fn check_value(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    key: &str,
    entry: &MapEntry,
) {
    let Some(host) = entry.value.text().and_then(host) else { return };
    let view = findings.view;
    if !view.containers.iter().any(|other| other.name == Some(host)) {
        return;
    }
    let message = format!(
        "names the container {host} as a host, and with the network mode awsvpc that is no name of a host"
    );
    let instead = "write 127.0.0.1 in its place, unless Service Connect or Cloud Map knows the name";
    findings.warning(container.at(entry.line, key), message, instead);
}

/// The host of an address: `otel` of `http://me@otel:4318/v1`, and of `otel:4318`.
fn host(text: &str) -> Option<&str> {
    let with_port = || text.split_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
    address::host(text).or_else(|| with_port().map(|(host, _)| host))
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    fn of(keys: &str, value: &str) -> String {
        task(keys, &format!(r#""environment": [{{"name": "OTEL", "value": "{value}"}}],"#), "")
    }

    #[test]
    fn names_of_containers_are_no_hosts() {
        for value in [
            "http://log_router:4318",
            "log_router:24224",
            "tcp://me@log_router:1/x",
            "https://app",
            "jdbc:pg://app/x",
        ] {
            assert_says(&of("", value), "warning", "container app: OTEL: names the container ");
        }
        let bridge = r#""requiresCompatibilities": ["EC2"], "networkMode": "bridge","#;
        for (keys, value) in [
            ("", "http://127.0.0.1:4318"),
            ("", "http://app.local:4318"),
            ("", "app"),
            ("", "app:latest"),
            ("", "http://other/app"),
            (bridge, "http://log_router:4318"),
        ] {
            assert_eq!(said(&of(keys, value)), [""; 0], "{keys} {value}");
        }
    }
}
