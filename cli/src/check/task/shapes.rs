//! Keys of a container that are lists, written as a text or a map.

use super::{ContainerView, TaskFindings, TaskPlace};
use crate::config::{MapEntry, Node, Tree};

/// Lists of texts.
const TEXTS: [&str; 6] =
    ["command", "entryPoint", "links", "dnsServers", "dnsSearchDomains", "dockerSecurityOptions"];

/// Lists of maps. Those of `environment` and `secrets` are looked at elsewhere.
pub(super) const MAPS: [&str; 9] = [
    "portMappings",
    "dependsOn",
    "mountPoints",
    "volumesFrom",
    "ulimits",
    "extraHosts",
    "systemControls",
    "resourceRequirements",
    "environmentFiles",
];

/// Lists of maps inside `linuxParameters`.
pub(super) const LINUX_LISTS: [&str; 2] = ["devices", "tmpfs"];

/// Single texts of the task and of a container.
const TASK_TEXTS: [&str; 6] =
    ["family", "taskRoleArn", "executionRoleArn", "networkMode", "pidMode", "ipcMode"];
const CONTAINER_TEXTS: [&str; 5] = ["name", "image", "user", "workingDirectory", "hostname"];

/// Lists of maps of the task itself.
pub(super) const TASK_LISTS: [&str; 4] = ["volumes", "tags", "placementConstraints", "inferenceAccelerators"];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    for container in &findings.view.containers {
        for key in TEXTS {
            check_texts(findings, container, key);
        }
        for key in MAPS {
            check_maps(findings, container, key);
        }
    }
    for container in &findings.view.containers {
        check_labels(findings, container);
    }
    check_containers(findings);
    check_single_texts(findings);
    for key in TASK_LISTS {
        let Some(entry) = findings.view.set(key).filter(|_| findings.view.is_whole) else { continue };
        let is_terraform = findings.view.task.dialect == crate::config::TaskDialect::Terraform;
        if !matches!(entry.value.tree, Tree::List(_)) && !entry.value.is_function() && !is_terraform {
            let message = "must be a list of maps, and is a text or a map: ECS refuses the task";
            findings.error(TaskPlace::of_entry(entry), message, "put it between [ and ]");
        }
    }
}

fn entry<'t>(container: &ContainerView<'t>, key: &str) -> Option<&'t MapEntry> {
    container.node.entry(key).filter(|entry| !entry.value.is_null() && !entry.value.is_function())
}

fn check_texts(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, key: &str) {
    let Some(entry) = entry(container, key) else { return };
    match &entry.value.tree {
        Tree::List(items) => {
            let is_nested =
                |item: &Node| matches!(item.tree, Tree::Map(_) | Tree::List(_)) && !item.is_function();
            if items.iter().any(is_nested) {
                let message = "must be a list of strings, and has a list or a map in it";
                findings.error(container.at_entry(entry), message, "write a string for each word");
            }
        }
        _ => {
            let text = entry.value.text().unwrap_or("…");
            let words: Vec<String> = text.split_whitespace().map(|word| format!("\"{word}\"")).collect();
            let message = "must be a list of strings, and is a text or a map: ECS refuses the task";
            findings.error(container.at_entry(entry), message, format!("write [{}]", words.join(", ")));
        }
    }
}

fn check_maps(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, key: &str) {
    let Some(entry) = entry(container, key) else { return };
    if matches!(entry.value.tree, Tree::List(_)) {
        return;
    }
    let message = "must be a list of maps, and is a text or a map: ECS refuses the task";
    findings.error(container.at_entry(entry), message, "put it between [ and ]");
}

/// Labels are a map of texts.
fn check_labels(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let Some(entry) = entry(container, "dockerLabels") else { return };
    let dialect = findings.view.task.dialect;
    let wrong = match &entry.value.tree {
        Tree::Map(labels) => labels.iter().find(|label| super::is_untyped_text(dialect, &label.value)),
        _ => Some(entry),
    };
    let Some(wrong) = wrong else { return };
    let what = if wrong.line == entry.line && wrong.key == entry.key {
        "must be a map of names and strings"
    } else {
        "has a value that is not a string"
    };
    let message = format!("{what}: ECS refuses the task");
    findings.error(container.at(wrong.line, &entry.key), message, "write {\"NAME\": \"text\"}");
}

fn check_single_texts(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    for key in TASK_TEXTS.into_iter().filter(|_| view.is_whole) {
        let Some((entry, instead)) = view.set(key).and_then(|entry| no_text(findings, entry)) else {
            continue;
        };
        findings.error(TaskPlace::of_entry(entry), NO_TEXT, instead);
    }
    for container in &view.containers {
        for key in CONTAINER_TEXTS {
            let wrong = entry(container, key).and_then(|entry| no_text(findings, entry));
            if let Some((entry, instead)) = wrong {
                findings.error(container.at_entry(entry), NO_TEXT, instead);
            }
        }
    }
}

const NO_TEXT: &str = "must be a single string, in quotation marks: ECS refuses the task";

/// What to write for a value that is no text.
fn no_text<'t>(findings: &TaskFindings<'_, '_>, entry: &'t MapEntry) -> Option<(&'t MapEntry, String)> {
    let is_nested = entry.value.text().is_none() && !entry.value.is_function();
    let is_wrong = is_nested || super::is_untyped_text(findings.view.task.dialect, &entry.value);
    let text = entry.value.items().first().unwrap_or(&entry.value).text().unwrap_or("…");
    is_wrong.then(|| (entry, format!("write \"{}\": \"{text}\"", entry.key)))
}

/// Reports containers that are under their names, or one that is alone.
fn check_containers(findings: &mut TaskFindings<'_, '_>) {
    let Some(entry) = findings.view.set("containerDefinitions") else { return };
    if matches!(entry.value.tree, Tree::Map(_)) && !entry.value.is_function() {
        let message = "must be a list of containers, and is a map: ECS refuses the task";
        findings.error(
            TaskPlace::of_entry(entry),
            message,
            "put the containers between [ and ], each with a name",
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn lists_are_lists() {
        for (app, part) in [
            (r#""command": "npm start","#, r#"write ["npm", "start"]"#),
            (r#""entryPoint": "/bin/sh","#, "entryPoint: must be a list of strings"),
            (r#""command": [["npm"]],"#, "has a list or a map in it"),
            (r#""dockerLabels": [{"name": "a"}],"#, "dockerLabels: must be a map of names"),
            (r#""dockerLabels": {"a": 1},"#, "has a value that is not a string"),
            (r#""portMappings": {"containerPort": 80},"#, "portMappings: must be a list of maps"),
            (r#""mountPoints": "data","#, "mountPoints: must be a list of maps"),
        ] {
            assert_says(&task("", app, ""), "error", part);
        }
        let app =
            r#""command": ["npm", "start"], "portMappings": [{"containerPort": 80}], "entryPoint": null,"#;
        assert_eq!(said(&task("", app, "")), [""; 0]);
    }

    #[test]
    fn texts_are_texts() {
        for (keys, app, part) in [
            (r#""family": 5,"#, "", r#"write "family": "5""#),
            (
                r#""taskRoleArn": ["arn:aws:iam::111122223333:role/web"],"#,
                "",
                "taskRoleArn: must be a single string",
            ),
            ("", r#""user": 1000,"#, r#"write "user": "1000""#),
            ("", r#""workingDirectory": {"a": "b"},"#, "workingDirectory: must be a single string"),
        ] {
            assert_says(&task(keys, app, ""), "error", part);
        }
        let image = task("", "", "").replace(r#""web:1""#, r#"["web:1"]"#);
        assert_says(&image, "error", r#"write "image": "web:1""#);
        let nameless = task("", "", "").replace(r#""name": "app""#, r#""name": null"#);
        assert_says(&nameless, "error", "name: is missing from a container");
        assert_eq!(
            said(&task(r#""taskRoleArn": null, "family": "5","#, r#""user": "0", "hostname": null,"#, "")),
            [""; 0]
        );
    }

    #[test]
    fn containers_are_a_list() {
        let map = r#"{"family": "web", "containerDefinitions": {"app": {"name": "app", "image": "x", "logConfiguration": {"logDriver": "awsfirelens"}}}}"#;
        assert!(
            said(map).iter().any(|line| line.contains("must be a list of containers")),
            "{:?}",
            said(map)
        );
    }

    #[test]
    fn keys_of_other_tools_are_named_as_ecs_calls_them() {
        for (app, part) in [
            (r#""env": [],"#, "did you mean environment?"),
            (r#""ports": [],"#, "did you mean portMappings?"),
            (r#""volume_mounts": [],"#, "did you mean mountPoints?"),
        ] {
            assert_says(&task("", app, ""), "error", part);
        }
        let short = task("", "", "").replace("containerDefinitions", "containers");
        assert!(
            said(&short).iter().any(|line| line.contains("write containerDefinitions")),
            "{:?}",
            said(&short)
        );
        let twice = task("", r#""essential": true, "essential": false,"#, "");
        assert_says(&twice, "warning", "'essential' is there twice");
    }
}
