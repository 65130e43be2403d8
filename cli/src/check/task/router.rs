//! The log router: one, essential, Fluent Bit with the plugin in it, with a configuration that it can reach and a place
//! to write to.

use std::time::Duration;

use super::logging::{check_map, is_no_map};
use super::{ContainerView, TaskFindings};
use crate::config::{MapEntry, Node, Origin, Section, TaskDialect};
use crate::suggest::closest;

const OPTIONS: [&str; 3] = ["enable-ecs-log-metadata", "config-file-type", "config-file-value"];

/// Images of others, in which the plugin is not.
const STOCK_IMAGES: [&str; 4] = ["aws-for-fluent-bit", "fluent/fluent-bit", "fluent/fluentd", "fluent-bit:"];

/// Where the plugin keeps what it has not sent, unless told otherwise.
const SPOOL: &str = "/var/spool/ecs_router";

pub(super) fn check(ours: &[&Section], findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    let routers: Vec<&ContainerView<'_>> = view.routers().collect();
    let Some(router) = routers.first() else { return };
    if let Some(second) = routers.get(1) {
        let entry = second.node.entry("firelensConfiguration");
        if let Some(entry) = entry {
            let message = "a task has one log router, and another container is one already";
            findings.error(second.at_entry(entry), message, "keep one firelensConfiguration");
        }
    }
    if !view.is_open() && !view.containers.iter().any(ContainerView::uses_firelens) {
        let message =
            "no container of the task has the log driver awsfirelens, so that the router gets nothing";
        let instead = "give the application the log driver awsfirelens";
        findings.warning(router.at(router.node.line, "firelensConfiguration"), message, instead);
    }
    check_type(ours, findings, router);
    check_essential(findings, router);
    check_options(findings, router);
    check_loading(findings, router);
    check_own_logs(findings, router);
    check_stop_timeout(ours, findings, router);
    check_image(ours, findings, router);
    check_spool(ours, findings, router);
}

fn check_type(ours: &[&Section], findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let Some(configuration) = router.node.entry("firelensConfiguration") else { return };
    if is_no_map(findings, router, "firelensConfiguration") {
        return;
    }
    let Some(entry) = configuration.value.entry("type") else {
        if !configuration.value.is_function() {
            let message = "has no type";
            findings.error(router.at_entry(configuration), message, "write \"type\": \"fluentbit\"");
        }
        return;
    };
    let Some(text) = entry.value.text() else { return };
    if text == "fluentd" {
        if wants_plugin(ours, router) {
            let message = "is fluentd, which cannot load a plugin for Fluent Bit";
            findings.error(router.at_entry(entry), message, "write fluentbit");
        }
    } else if text != "fluentbit" {
        let message = format!("'{text}' is not a type of log router");
        findings.error(router.at_entry(entry), message, "write fluentbit");
    }
}

/// Whether an output of the plugin is known, or the router reads a file that only the plugin's image has.
fn wants_plugin(ours: &[&Section], router: &ContainerView<'_>) -> bool {
    let file = router.firelens().and_then(|node| node.get("options")?.get("config-file-value")?.text());
    !ours.is_empty() || file.is_some_and(|file| file.starts_with("/ecs-router/"))
}

fn check_essential(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let Some(entry) = router.node.entry("essential") else { return };
    if entry.value.text() == Some("false") {
        let message = "is false: when the router ends, the application runs on and its logs are lost unseen";
        findings.warning(router.at(entry.line, "essential"), message, "write true");
    }
}

fn check_options(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let Some(options) = router.firelens().and_then(|node| node.entry("options")) else { return };
    if options.value.is_null() || !check_map(findings, router, options) {
        return;
    }
    for entry in options.value.entries().iter().filter(|entry| !OPTIONS.contains(&entry.key.as_str())) {
        check_option(findings, router, entry);
    }
    check_metadata(findings, router, &options.value);
    check_file(findings, router, &options.value);
}

/// Reports a router to which an output of the plugin goes, and which reads no file that could load the plugin.
fn check_loading(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let names_plugin = |container: &ContainerView<'_>| {
        container.uses_firelens() && container.output_name().is_some_and(|name| name == "ecs_router")
    };
    let has_own_command = ["command", "entryPoint"].iter().any(|key| router.node.set(key).is_some());
    let Some(entry) = router.node.entry("firelensConfiguration") else { return };
    let is_known = entry.value.text_of("type") == Some("fluentbit");
    let options = entry.value.get("options").map(Node::entries).unwrap_or_default();
    // Reported by themselves: one of the two options alone, and a list of options.
    let names_file = router.reads_file()
        || options.iter().any(|option| option.key == "config-file-type")
        || entry.value.get("options").is_some_and(|options| !options.items().is_empty());
    if !is_known || names_file || has_own_command || !findings.view.containers.iter().any(names_plugin) {
        return;
    }
    let message = "reads no file that loads the plugin, so that Fluent Bit does not know the output ecs_router and no task starts, unless the image's own command loads it";
    let instead = "write \"config-file-type\": \"file\" and \"config-file-value\": \"/ecs-router/load.conf\" among its options";
    findings.warning(router.at_entry(entry), message, instead);
}

fn check_option(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>, entry: &MapEntry) {
    if entry.is_intrinsic() {
        return;
    }
    let spelt = entry.key.replace('_', "-");
    let letters = |key: &str| key.replace('-', "").to_ascii_lowercase();
    let same = OPTIONS.into_iter().find(|known| letters(known) == letters(&spelt));
    if let Some(near) = same.or_else(|| closest(&spelt, OPTIONS)) {
        let message = "is an option that FireLens does not know";
        return findings.error(router.at_entry(entry), message, format!("did you mean {near}?"));
    }
    let message = "is an option that FireLens does not know, so that it has no effect";
    let instead = match entry.key.as_str() {
        "log-driver-buffer-limit" => "write it among the options of the application's log driver".to_owned(),
        _ => format!("leave it out; there are {}", OPTIONS.join(", ")),
    };
    findings.warning(router.at_entry(entry), message, instead);
}

fn check_metadata(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>, options: &Node) {
    let Some(entry) = options.entries().iter().find(|entry| entry.key == "enable-ecs-log-metadata") else {
        return;
    };
    if entry.value.text() == Some("false") {
        let message = "is false: records come without ecs_cluster, ecs_task_arn and ecs_task_definition";
        findings.warning(router.at_entry(entry), message, "write \"true\"");
    } else if entry.value.text().is_some_and(|text| text != "true" && !text.contains('$')) {
        let message = "is neither true nor false, and the agent reads no other word";
        findings.error(router.at_entry(entry), message, "write \"true\"");
    }
}

fn check_file(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>, options: &Node) {
    let find = |key: &str| options.entries().iter().find(|entry| entry.key == key);
    let value = find("config-file-value");
    let Some(kind) = find("config-file-type") else {
        if let Some(value) = value {
            let message = "has no effect without config-file-type";
            findings.error(router.at_entry(value), message, "add \"config-file-type\": \"file\"");
        }
        return;
    };
    if kind.value.text().is_none() {
        return;
    }
    let Some(value) = value else {
        let message = "has no effect without config-file-value";
        return findings.error(
            router.at_entry(kind),
            message,
            "add config-file-value with the path in the image",
        );
    };
    check_file_value(findings, router, kind, value);
}

/// The file's type, `file` or `s3`, and its path.
fn check_file_value(
    findings: &mut TaskFindings<'_, '_>,
    router: &ContainerView<'_>,
    kind: &MapEntry,
    value: &MapEntry,
) {
    let Some(text) = kind.value.text() else { return };
    let path = value.value.text();
    match text {
        "s3" if findings.view.is_fargate => {
            let message = "is s3, which FireLens does not support on Fargate: the task does not start";
            let instead = "build the file into the image, and write config-file-type file";
            findings.error(router.at_entry(kind), message, instead);
        }
        "s3" if path.is_some_and(|path| !path.starts_with("arn:")) => {
            let message = "is not the ARN of an object";
            findings.error(router.at_entry(value), message, "write arn:aws:s3:::bucket/path");
        }
        "file" if path.is_some_and(|path| !path.starts_with('/')) => {
            let message = "is not an absolute path in the image";
            findings.error(router.at_entry(value), message, "write for example /ecs-router/extra.conf");
        }
        "s3" | "file" => check_reserved(findings, router, value),
        _ => {
            let message = format!("'{text}' is neither file nor s3");
            findings.error(router.at_entry(kind), message, "write file");
        }
    }
}

/// FireLens puts its own configuration there, over what the image has.
fn check_reserved(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>, value: &MapEntry) {
    let path = value.value.text().unwrap_or_default();
    if path.ends_with('/') {
        let message = "is a folder, and must be a file";
        return findings.error(router.at_entry(value), message, format!("write {path}extra.conf"));
    }
    if [".yaml", ".yml"].iter().any(|ending| path.ends_with(ending)) {
        let message = "is YAML, which FireLens's own configuration, in the classic format, cannot include";
        return findings.error(
            router.at_entry(value),
            message,
            "write it in the classic format, as extra.conf",
        );
    }
    let instead = "give the file another name in the image, for example /ecs-router/extra.conf";
    if matches!(path, "/fluent-bit/etc/fluent-bit.conf" | "/fluentd/etc/fluent.conf") {
        let message = "is where FireLens puts the configuration that it generates";
        findings.error(router.at_entry(value), message, instead);
    } else if path.starts_with("/fluent-bit/etc/") {
        let message = "is in the folder that FireLens hides behind the configuration that it generates";
        findings.warning(router.at_entry(value), message, instead);
    }
}

fn check_own_logs(findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let logging = router.node.entry("logConfiguration").filter(|entry| !entry.value.is_null());
    match (logging, router.log_driver()) {
        (Some(entry), Some("awsfirelens")) => {
            let message = "the router would send its own log to itself";
            findings.error(router.at_entry(entry), message, "write the log driver awslogs");
        }
        (None, _) if findings.view.is_whole => {
            let message = "is missing, so that nobody sees what the router itself says";
            let instead = "give the router the log driver awslogs";
            findings.warning(router.at(router.node.line, "logConfiguration"), message, instead);
        }
        _ => {}
    }
}

/// Seconds; a flush takes up to ten, and what is left then is sent within `exit_timeout`.
const LEAST_STOP_TIMEOUT: u64 = 10;

/// With a configuration, the time is held against its `Grace` instead.
fn check_stop_timeout(ours: &[&Section], findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let Some(entry) = router.node.entry("stopTimeout") else { return };
    let is_alone = ours.iter().all(|section| section.origin == Origin::FireLens);
    let seconds = entry.value.number();
    let Some(seconds) = seconds.filter(|seconds| is_alone && *seconds < LEAST_STOP_TIMEOUT) else { return };
    let message = format!("is {seconds} s, in which the router cannot send what it still has");
    findings.warning(router.at_entry(entry), message, "write 60, and Grace 30 in [SERVICE]");
}

fn check_image(ours: &[&Section], findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let Some(entry) = router.node.entry("image") else { return };
    let Some(text) = entry.value.text() else { return };
    let is_stock = STOCK_IMAGES.iter().any(|stock| text.contains(stock) && !text.contains("router"));
    if is_stock && wants_plugin(ours, router) {
        let message =
            format!("'{text}' is an image without the plugin, so that Fluent Bit knows no output ecs_router");
        let instead = "build an image that adds the plugin, as examples/docker/Dockerfile does";
        findings.warning(router.at(entry.line, "image"), message, instead);
    }
}

/// Reports a router that cannot write where the plugin keeps objects until they are sent.
fn check_spool(ours: &[&Section], findings: &mut TaskFindings<'_, '_>, router: &ContainerView<'_>) {
    let folders = spools(ours, router);
    let Some(folder) = folders.iter().find(|folder| !is_mounted(router, folder)) else { return };
    let read_only =
        router.node.entry("readonlyRootFilesystem").filter(|entry| entry.value.text() == Some("true"));
    let user = router.node.entry("user").filter(|entry| is_other_user(&entry.value));
    let message = match (read_only, user) {
        (Some(_), _) => format!(
            "is true, and the router has no volume at {folder}, where it keeps what is not sent yet: it does not start"
        ),
        (None, Some(_)) => format!(
            "is not root, and the router has no volume at {folder}, where it keeps what is not sent yet: it may not start"
        ),
        (None, None) => return,
    };
    let Some(entry) = read_only.or(user) else { return };
    if !ours.is_empty() && spools_of(ours).is_empty() {
        let message = "the router has no volume at /var/spool/ecs_router, which an archive in its own configuration needs";
        let instead = "give check the configuration in the image, too";
        return findings.note(router.at_entry(entry), message, instead);
    }
    let capital = findings.view.task.dialect == TaskDialect::CloudFormation;
    let key = if capital { "MountPoints" } else { "mountPoints" };
    let instead = format!("add a volume, and in {key} one with the path {folder} that is writable");
    findings.warning(router.at_entry(entry), message, instead);
}

/// The folders of the outputs that keep something on disk: archives.
fn spools_of(ours: &[&Section]) -> Vec<String> {
    let mut folders: Vec<String> = Vec::new();
    for section in ours {
        for setting in &section.settings {
            let is_type = setting.key.ends_with(".type") || setting.key.starts_with("route.");
            let names_s3 =
                setting.value.text().is_some_and(|text| text.split(',').any(|name| name.trim() == "s3"));
            if !is_type || !names_s3 {
                continue;
            }
            let name = setting.key.strip_suffix(".type").unwrap_or("s3");
            let own = section.text(&format!("{name}.spool_dir")).unwrap_or(SPOOL);
            folders.push(own.to_owned());
        }
    }
    folders
}

/// The same, and the usual one where the router has a configuration that is not known.
fn spools(ours: &[&Section], router: &ContainerView<'_>) -> Vec<String> {
    let folders = spools_of(ours);
    let may_be_elsewhere = ours.is_empty()
        || (router.reads_file() && ours.iter().all(|section| section.origin == Origin::FireLens));
    if folders.is_empty() && may_be_elsewhere { vec![SPOOL.to_owned()] } else { folders }
}

fn is_other_user(node: &Node) -> bool {
    let user = node.text().unwrap_or_default();
    let user = user.split(':').next().unwrap_or_default();
    !matches!(user, "" | "0" | "root" | "null")
}

fn is_mounted(router: &ContainerView<'_>, folder: &str) -> bool {
    let mounts = router.node.items_of("mountPoints");
    mounts.iter().any(|mount| {
        let path = mount.text_of("containerPath");
        let is_writable = mount.text_of("readOnly") != Some("true");
        is_writable && path.is_none_or(|path| std::path::Path::new(folder).starts_with(path))
    })
}

/// Seconds that the router has to end in.
pub(in crate::check) fn stop_timeout(router: &ContainerView<'_>) -> Option<Duration> {
    match router.node.set("stopTimeout") {
        None => Some(DEFAULT_STOP_TIMEOUT),
        Some(node) => node.number().map(Duration::from_secs),
    }
}

/// Unless the container instance says otherwise.
const DEFAULT_STOP_TIMEOUT: Duration = Duration::from_secs(30);
