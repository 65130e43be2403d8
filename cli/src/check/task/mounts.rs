//! Volumes and where containers mount them: each once, and nothing that the router needs hidden or read-only.

use super::{ContainerView, TaskFindings, TaskPlace};
use crate::config::{MapEntry, Node, Section};

/// Folders of the router's image whose files it cannot do without, and what those are.
const OF_ROUTER: [(&str, &str); 3] = [
    ("/ecs-router", "the plugin and its configuration"),
    ("/fluent-bit/etc", "the configuration that FireLens generates"),
    ("/fluent-bit/bin", "Fluent Bit itself"),
];

/// Where the plugin keeps objects until they are sent, unless told otherwise.
const SPOOL: &str = "/var/spool/ecs_router";

pub(super) fn check(ours: &[&Section], findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    check_volumes(findings);
    for container in &view.containers {
        check_repeated(findings, container);
    }
    for router in view.with_plugin() {
        check_router(ours, findings, router);
    }
}

fn check_volumes(findings: &mut TaskFindings<'_, '_>) {
    let volumes = findings.view.set("volumes").map(|entry| entry.value.items()).unwrap_or_default();
    let mut seen: Vec<&str> = Vec::new();
    for volume in volumes.iter().filter(|volume| !volume.is_function()) {
        check_file_system(findings, volume);
        let Some(entry) = volume.entry("name") else {
            // A merge may bring it.
            if volume.entry("<<").is_none() && volume.text().is_none() {
                findings.error(
                    TaskPlace::of_task(volume.line, "volumes"),
                    "an item has no name",
                    "give every volume a name",
                );
            }
            continue;
        };
        let Some(name) = entry.value.text() else { continue };
        if seen.contains(&name) {
            let message = format!("'{name}' is there twice, and ECS refuses the task");
            findings.error(TaskPlace::of_task(entry.line, "volumes"), message, "keep one of them");
        }
        seen.push(name);
    }
}

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_EFSVolumeConfiguration.html>, read 2026-11.
fn check_file_system(findings: &mut TaskFindings<'_, '_>, volume: &Node) {
    let Some(efs) = volume.set("efsVolumeConfiguration") else { return };
    let id = efs.entry("fileSystemId");
    if let Some((entry, text)) = id.and_then(|entry| Some((entry, entry.value.text()?)))
        && !text.starts_with("fs-")
        && !text.contains(['$', '{'])
    {
        let message = format!("'{text}' is not the id of a file system");
        findings.error(TaskPlace::of_entry(entry), message, "write fs-0123456789abcdef0");
    }
    let authorization = efs.set("authorizationConfig");
    let text = |node: Option<&Node>, key: &str| {
        node.and_then(|node| node.get(key)).and_then(Node::text).map(str::to_owned)
    };
    let needs = text(authorization, "iam").as_deref() == Some("ENABLED")
        || authorization.is_some_and(|node| node.set("accessPointId").is_some());
    let is_encrypted = efs.get("transitEncryption").is_some_and(|node| node.text() != Some("DISABLED"));
    if let Some(entry) = efs.entry("authorizationConfig").filter(|_| needs && !is_encrypted) {
        let message = "needs transitEncryption, and ECS refuses the task";
        findings.error(TaskPlace::of_entry(entry), message, "write \"transitEncryption\": \"ENABLED\"");
    }
}

fn mounts<'t>(container: &ContainerView<'t>) -> impl Iterator<Item = (&'t Node, &'t MapEntry, &'t str)> {
    let mounts = container.node.items_of("mountPoints");
    mounts.iter().filter_map(|mount| {
        let entry = mount.entry("containerPath")?;
        Some((mount, entry, entry.value.text()?.trim_end_matches('/')))
    })
}

fn check_repeated(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let mut seen: Vec<&str> = Vec::new();
    for (_, entry, path) in mounts(container) {
        if seen.contains(&path) {
            let message = format!("'{path}' is mounted twice, and the container does not start");
            findings.error(container.at_entry(entry), message, "keep one of them");
        }
        seen.push(path);
    }
}

fn check_router(ours: &[&Section], findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    for (mount, entry, path) in mounts(router) {
        if let Some((_, what)) = OF_ROUTER.iter().find(|(folder, _)| *folder == path) {
            let message = format!("hides {what} behind a volume");
            findings.warning(router.at_entry(entry), message, format!("mount it at {SPOOL}"));
        }
        let is_read_only = mount.text_of("readOnly") == Some("true");
        if is_read_only && is_written(ours, path) {
            let message = format!("is read-only at {path}, where the plugin writes");
            findings.error(router.at(entry.line, "readOnly"), message, "write false");
        }
    }
}

fn is_written(ours: &[&Section], path: &str) -> bool {
    let settings = ours.iter().flat_map(|section| &section.settings);
    let mut folders = settings.filter(|setting| setting.key.to_ascii_lowercase().ends_with(".spool_dir"));
    path == SPOOL || folders.any(|setting| setting.value.text() == Some(path))
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    const VOLUME: &str = r#""volumes": [{"name": "v"}],"#;

    fn mounted(mounts: &str) -> String {
        task(VOLUME, "", &format!(r#""mountPoints": [{mounts}],"#))
    }

    #[test]
    fn volumes_and_mounts_that_ecs_refuses_or_the_router_misses_are_reported() {
        for (volumes, part) in [
            (r#"{"name": "v"}, {"name": "v"}"#, "'v' is there twice"),
            (r#"{"host": {}}"#, "an item has no name"),
            (
                r#"{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "efs-1"}}"#,
                "not the id of a file system",
            ),
            (
                r#"{"name": "v", "efsVolumeConfiguration": {"fileSystemId": "fs-1", "authorizationConfig": {"iam": "ENABLED"}}}"#,
                "needs transitEncryption",
            ),
        ] {
            assert_says(&task(&format!(r#""volumes": [{volumes}],"#), "", ""), "error", part);
        }
        let twice =
            r#"{"sourceVolume": "v", "containerPath": "/a"}, {"sourceVolume": "v", "containerPath": "/a/"}"#;
        assert_says(&mounted(twice), "error", "is mounted twice");
        let plugin = r#"{"sourceVolume": "v", "containerPath": "/ecs-router"}"#;
        assert_says(&mounted(plugin), "warning", "hides the plugin and its configuration");
        let spool = r#"{"sourceVolume": "v", "containerPath": "/var/spool/ecs_router", "readOnly": true}"#;
        assert_says(&mounted(spool), "error", "is read-only at /var/spool/ecs_router");
        assert_eq!(said(&mounted(&spool.replace("true", "false"))), [""; 0]);
    }
}
