//! What Fargate, and the network mode awsvpc, do not have.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html>, read 2026-11.

use super::{ContainerView, TaskFindings, TaskPlace};
use crate::config::{MapEntry, Node, Tree};

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    if view.is_fargate {
        check_task(findings);
        check_volumes(findings);
        view.containers.iter().for_each(|container| check_container(findings, container));
    }
    if view.is_awsvpc() {
        view.containers.iter().for_each(|container| check_awsvpc(findings, container));
    }
}

/// Whether something is set that is not empty.
fn is_used(entry: &MapEntry) -> bool {
    match &entry.value.tree {
        Tree::List(items) => !items.is_empty(),
        Tree::Map(entries) => !entries.is_empty() && !entry.value.is_function(),
        Tree::Text(text) | Tree::Word(text) => !matches!(text.as_str(), "" | "null" | "~" | "false"),
        Tree::Function(..) => false,
    }
}

fn used<'t>(node: &'t Node, key: &str) -> Option<&'t MapEntry> {
    node.entry(key).filter(|entry| is_used(entry))
}

fn check_task(findings: &mut TaskFindings<'_, '_>) {
    let node = &findings.view.task.node;
    let host = used(node, "pidMode").filter(|entry| entry.value.text() == Some("host"));
    let others = ["ipcMode", "placementConstraints", "inferenceAccelerators"];
    for entry in others.iter().filter_map(|key| used(node, key)).chain(host) {
        let message = "is for tasks on instances of one's own; Fargate refuses it";
        findings.error(TaskPlace::of_entry(entry), message, "leave it out");
    }
}

/// Reports folders of the host and Docker's own volumes.
fn check_volumes(findings: &mut TaskFindings<'_, '_>) {
    let volumes = findings.view.set("volumes").map(|entry| entry.value.items()).unwrap_or_default();
    for volume in volumes {
        let folder = volume.get("host").and_then(|host| used(host, "sourcePath"));
        let docker = used(volume, "dockerVolumeConfiguration");
        let Some(entry) = folder.or(docker) else { continue };
        let message = "is a volume of the instance; Fargate refuses it";
        let instead = "write the volume's name alone for a folder of the task, or use EFS";
        findings.error(TaskPlace::of_entry(entry), message, instead);
    }
}

fn check_container(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let own = [
        "privileged",
        "dockerSecurityOptions",
        "links",
        "disableNetworking",
        "dnsServers",
        "dnsSearchDomains",
    ];
    let own = own.iter().filter_map(|key| used(container.node, key));
    let linux = container.node.get("linuxParameters");
    let of_linux = ["devices", "sharedMemorySize", "maxSwap", "swappiness"];
    let of_linux = of_linux.iter().filter_map(|key| used(linux?, key));
    for entry in own.chain(of_linux) {
        let message = "is for tasks on instances of one's own; Fargate refuses it";
        findings.error(container.at_entry(entry), message, "leave it out");
    }
    check_capabilities(findings, container);
    let gpu = container.node.items_of("resourceRequirements");
    for entry in gpu.iter().filter_map(|item| item.entry("type")) {
        if entry.value.text() == Some("GPU") {
            findings.error(container.at_entry(entry), "Fargate has no GPU", "leave it out");
        }
    }
}

/// The one capability that Fargate adds
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_KernelCapabilities.html>, read 2026-11).
fn check_capabilities(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let linux = container.node.get("linuxParameters");
    let Some(entry) = linux.and_then(|linux| linux.get("capabilities")).and_then(|node| used(node, "add"))
    else {
        return;
    };
    let names = entry.value.items().iter().filter_map(Node::text);
    let Some(other) = names.into_iter().find(|name| *name != "SYS_PTRACE") else { return };
    let message = format!("Fargate adds SYS_PTRACE only, not {other}");
    findings.error(container.at_entry(entry), message, "leave it out");
}

fn is_reported_by_fargate(is_fargate: bool, entry: &MapEntry) -> bool {
    let both = ["links", "disableNetworking"];
    is_fargate && both.iter().any(|key| key.eq_ignore_ascii_case(&entry.key))
}

/// Containers of a task with awsvpc share its address, so that they reach each other under 127.0.0.1.
fn check_awsvpc(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let view = findings.view;
    let wrong = ["links", "hostname", "extraHosts", "disableNetworking"]
        .iter()
        .filter_map(|key| used(container.node, key));
    for entry in wrong.filter(|entry| !is_reported_by_fargate(view.is_fargate, entry)) {
        let message = "cannot be used with the network mode awsvpc, and ECS refuses the task";
        let instead = "leave it out; the containers of the task reach each other under 127.0.0.1";
        findings.error(container.at_entry(entry), message, instead);
    }
    for mapping in container.node.items_of("portMappings") {
        let port = |key: &str| mapping.set(key).and_then(Node::text).filter(|port| *port != "0");
        let Some(entry) = mapping.entry("hostPort") else { continue };
        if let (Some(inside), Some(outside)) = (port("containerPort"), port("hostPort"))
            && inside != outside
        {
            let message =
                format!("is {outside}, but with the network mode awsvpc it must be containerPort ({inside})");
            findings.error(
                container.at_entry(entry),
                message,
                format!("write {inside}, or leave hostPort out"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn what_fargate_does_not_have_is_reported() {
        for (keys, app, part) in [
            (r#""pidMode": "host","#, "", "pidMode: is for tasks on instances"),
            (r#""ipcMode": "task","#, "", "ipcMode: is for tasks on instances"),
            (r#""placementConstraints": [{"type": "memberOf"}],"#, "", "placementConstraints: is for tasks"),
            (
                r#""volumes": [{"name": "v", "host": {"sourcePath": "/data"}}],"#,
                "",
                "sourcePath: is a volume of the instance",
            ),
            ("", r#""privileged": true,"#, "privileged: is for tasks"),
            ("", r#""links": ["log_router"],"#, "links: is for tasks"),
            ("", r#""linuxParameters": {"devices": [{"hostPath": "/dev/x"}]},"#, "devices: is for tasks"),
            ("", r#""resourceRequirements": [{"type": "GPU", "value": "1"}],"#, "Fargate has no GPU"),
            ("", r#""disableNetworking": true,"#, "disableNetworking: is for tasks"),
            ("", r#""dnsServers": ["10.0.0.2"],"#, "dnsServers: is for tasks"),
            (
                "",
                r#""linuxParameters": {"capabilities": {"add": ["SYS_PTRACE", "SYS_ADMIN"]}},"#,
                "add: Fargate adds SYS_PTRACE only, not SYS_ADMIN",
            ),
            ("", r#""hostname": "web","#, "hostname: cannot be used with the network mode awsvpc"),
            (
                "",
                r#""portMappings": [{"containerPort": 80, "hostPort": 8080}],"#,
                "it must be containerPort (80)",
            ),
            (r#""networkMode": null,"#, "", "networkMode: is not set and bridge by default"),
        ] {
            assert_says(&task(keys, app, ""), "error", part);
        }
    }

    #[test]
    fn what_it_has_is_not() {
        for (keys, app) in [
            (r#""volumes": [{"name": "v", "host": {}}], "pidMode": "task", "placementConstraints": [],"#, ""),
            (
                "",
                r#""privileged": false, "portMappings": [{"containerPort": 80, "hostPort": 80}], "links": [],"#,
            ),
            (
                r#""requiresCompatibilities": ["EC2"], "networkMode": "bridge","#,
                r#""hostname": "a", "links": ["log_router"],"#,
            ),
        ] {
            assert_eq!(said(&task(keys, app, "")), [""; 0], "{keys} {app}");
        }
    }
}
