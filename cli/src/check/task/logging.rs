//! `logConfiguration`: drivers that exist, options that are texts, and a router for those that need one.

use super::{ContainerView, TaskFindings, is_untyped_text};
use crate::check::match_pattern::broken;
use crate::config::{MapEntry, Node, TaskDialect, Tree, is_beside_options};
use crate::suggest::closest;

const DRIVERS: [&str; 9] =
    ["awsfirelens", "awslogs", "json-file", "splunk", "fluentd", "gelf", "journald", "syslog", "logentries"];

/// Drivers of Fargate.
const FARGATE_DRIVERS: [&str; 3] = ["awsfirelens", "awslogs", "splunk"];

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    for container in &view.containers {
        let Some(logging) = container.node.set("logConfiguration") else { continue };
        if is_no_map(findings, container, "logConfiguration") {
            continue;
        }
        check_driver(findings, container, logging);
        check_options(findings, container, logging);
    }
    let Some(first) = view.containers.iter().find(|container| container.uses_firelens()) else { return };
    if view.routers().next().is_none() && !view.is_open() {
        let message = "is awsfirelens, but no container of the task has a firelensConfiguration: ECS refuses to start it";
        let instead =
            "add the log router: a container with \"firelensConfiguration\": {\"type\": \"fluentbit\"}";
        let line = first.node.get("logConfiguration").map_or(first.node.line, |node| node.line);
        findings.error(first.at(line, "logDriver"), message, instead);
    }
}

/// Reports a list or a text in the place of this map.
pub(super) fn is_no_map(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    key: &str,
) -> bool {
    let entry =
        container.node.entry(key).filter(|entry| !entry.value.is_null() && !entry.value.is_function());
    let Some(entry) = entry.filter(|entry| !matches!(entry.value.tree, Tree::Map(_))) else { return false };
    let is_list = matches!(entry.value.tree, Tree::List(_));
    let what = if is_list { "list" } else { "text or a number" };
    let message = format!("must be a map, and is a {what}: ECS refuses the task");
    let instead = if is_list { "leave out the [ and ] around it" } else { "write it between { and }" };
    findings.error(container.at_entry(entry), message, instead);
    true
}

fn check_driver(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, logging: &Node) {
    let Some(entry) = logging.entry("logDriver") else {
        if let Some(place) = container.node.entry("logConfiguration").filter(|_| !logging.is_function()) {
            let message = "has no logDriver, and ECS refuses the task";
            findings.error(container.at_entry(place), message, "write \"logDriver\": \"awsfirelens\"");
        }
        return;
    };
    let Some(driver) = entry.value.text() else { return };
    if !DRIVERS.contains(&driver) {
        let near = closest(driver, DRIVERS)
            .or_else(|| driver.to_ascii_lowercase().contains("firelens").then_some("awsfirelens"));
        let instead = near
            .map_or_else(|| format!("write one of {}", DRIVERS.join(", ")), |near| format!("write {near}"));
        findings.error(container.at_entry(entry), format!("'{driver}' is not a log driver"), instead);
    } else if findings.view.is_fargate && !FARGATE_DRIVERS.contains(&driver) {
        let instead = format!("write one of {}", FARGATE_DRIVERS.join(", "));
        findings.error(
            container.at_entry(entry),
            format!("Fargate does not have the log driver {driver}"),
            instead,
        );
    }
}

fn check_options(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, logging: &Node) {
    let Some(options) = logging.entry("options").filter(|entry| !entry.value.is_null()) else { return };
    if !check_map(findings, container, options) {
        return;
    }
    check_awslogs(findings, container, options);
    check_driver_options(findings, container, options);
    let secrets = logging.items_of("secretOptions");
    check_output_name(findings, container, options);
    if let Some(entry) = logging
        .entry("secretOptions")
        .filter(|entry| !entry.value.entries().is_empty() && !entry.value.is_function())
    {
        let message = "must be a list of pairs with name and valueFrom, and is a map";
        let instead = "write [{\"name\": \"KEY\", \"valueFrom\": \"ARN\"}]";
        findings.error(container.at_entry(entry), message, instead);
    }
    let has_no_value = |secret: &&Node| secret.set("valueFrom").is_none() && !secret.is_function();
    for secret in secrets.iter().filter(has_no_value).filter(|_| container.uses_firelens()) {
        let message = "has an item without valueFrom";
        let instead = "write {\"name\": \"KEY\", \"valueFrom\": \"ARN\"}";
        findings.error(container.at(secret.line, "secretOptions"), message, instead);
    }
}

/// Whether the options are a map, and reports values that are not texts: each list of options once.
pub(super) fn check_map(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    options: &MapEntry,
) -> bool {
    if options.value.is_function() {
        return false;
    }
    let Tree::Map(entries) = &options.value.tree else {
        let message = "must be a map of names and texts";
        findings.error(container.at_entry(options), message, "write {\"Name\": \"ecs_router\"}");
        return false;
    };
    let wrong: Vec<&MapEntry> = entries.iter().filter(|entry| is_no_text(findings, entry)).collect();
    if let Some(first) = wrong.first() {
        let names: Vec<&str> = wrong.iter().map(|entry| entry.key.as_str()).collect();
        let message = format!(
            "{} must be a string, in quotation marks: ECS refuses numbers, booleans, lists and null among the options",
            names.join(", ")
        );
        let instead = format!("write \"{}\": \"{}\"", first.key, first.value.text().unwrap_or("…"));
        findings.error(container.at(first.line, &options.key), message, instead);
    }
    true
}

/// Options of `awslogs`, and those of every driver that does not block.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html>, read 2026-11.
const AWSLOGS_OPTIONS: [&str; 12] = [
    "awslogs-create-group",
    "awslogs-credentials-endpoint",
    "awslogs-datetime-format",
    "awslogs-endpoint",
    "awslogs-force-flush-interval-seconds",
    "awslogs-format",
    "awslogs-group",
    "awslogs-multiline-pattern",
    "awslogs-region",
    "awslogs-stream",
    "awslogs-stream-prefix",
    "tag",
];
const MODE_OPTIONS: [&str; 2] = ["mode", "max-buffer-size"];

/// Bytes; the most that FireLens's `log-driver-buffer-limit` may be.
const MAX_BUFFER_LIMIT: u64 = 536_870_912;

fn check_driver_options(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    options: &MapEntry,
) {
    if container.uses_firelens() {
        check_buffer_limit(findings, container, &options.value);
        PATTERNS.iter().for_each(|key| check_pattern(findings, container, &options.value, key));
    }
    if container.log_driver() == Some("awslogs") {
        options.value.entries().iter().for_each(|entry| check_awslogs_option(findings, container, entry));
        check_pairs(findings, container, &options.value);
    }
}

/// Options that need no output, for they are the driver's own.
const OPTIONS_WITHOUT_OUTPUT: [&str; 3] = ["include-pattern", "exclude-pattern", "log-driver-buffer-limit"];

/// Reports options of an output that has no name: the agent writes no configuration, and the task does not start.
///
/// Source: `addOutputSection` in the agent's `firelensconfig_unix.go`.
fn check_output_name(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, options: &MapEntry) {
    let entries = options.value.entries();
    let is_open = entries.iter().any(|entry| entry.is_intrinsic());
    // Of our own output in small letters, the section's check tells.
    let is_ours = |entry: &MapEntry| entry.key == "name" && entry.value.text() == Some("ecs_router");
    let is_named =
        entries.iter().any(|entry| matches!(entry.key.as_str(), "Name" | "@type") || is_ours(entry));
    let of_output: Vec<&MapEntry> =
        entries.iter().filter(|entry| !OPTIONS_WITHOUT_OUTPUT.contains(&entry.key.as_str())).collect();
    let Some(first) = of_output.first().filter(|_| container.uses_firelens() && !is_open && !is_named) else {
        return;
    };
    let names: Vec<&str> = of_output.iter().map(|entry| entry.key.as_str()).collect();
    let message = format!(
        "has {} but no Name, so that no output has these options and ECS does not start the task",
        names.join(", ")
    );
    let instead = match of_output.iter().find(|entry| entry.key.eq_ignore_ascii_case("name")) {
        Some(entry) => format!("write \"Name\" in place of \"{}\": the agent reads it as it is written", entry.key),
        None => "leave them out where the router's own file says where lines go, or write \"Name\": \"ecs_router\" \
                 and its keys"
            .to_owned(),
    };
    findings.error(container.at(first.line, &options.key), message, instead);
}

fn option<'n>(options: &'n Node, key: &str) -> Option<&'n MapEntry> {
    options.entries().iter().find(|entry| entry.key == key)
}

fn check_buffer_limit(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, options: &Node) {
    let Some(entry) = option(options, "log-driver-buffer-limit") else { return };
    let Some(text) = entry.value.text().filter(|text| !text.contains('$')) else { return };
    if text.parse::<u64>().is_ok_and(|bytes| (1..=MAX_BUFFER_LIMIT).contains(&bytes)) {
        return;
    }
    let message = format!("'{text}' is not a number of bytes from 1 to {MAX_BUFFER_LIMIT}");
    findings.error(container.at_entry(entry), message, "write for example \"2097152\"");
}

/// Options that FireLens makes a filter `grep` of.
const PATTERNS: [&str; 2] = ["include-pattern", "exclude-pattern"];

/// Reports what is no regular expression, most often a pattern of file names.
fn check_pattern(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    options: &Node,
    key: &str,
) {
    let Some(entry) = option(options, key) else { return };
    let Some(text) = entry.value.text() else { return };
    let Some(reason) = broken(text) else { return };
    let message = format!(
        "'{text}' is not a regular expression ({reason}), so that the filter grep that FireLens makes of it keeps Fluent \
         Bit from starting"
    );
    let plain = text.trim_matches('*');
    let instead = match plain.is_empty() || broken(plain).is_some() {
        true => "write one, for example \"GET /health\"".to_owned(),
        false => format!("write \"{plain}\", which is found anywhere in the line"),
    };
    findings.error(container.at_entry(entry), message, instead);
}

fn check_awslogs_option(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
) {
    let key = entry.key.as_str();
    if is_beside_options(key) {
        return;
    }
    let known = || AWSLOGS_OPTIONS.into_iter().chain(MODE_OPTIONS);
    if !known().any(|known| known == key) && !entry.is_intrinsic() {
        let known: Vec<&str> = known().collect();
        let near = closest(key, known.iter().copied())
            .or((key == "awslogs-prefix").then_some("awslogs-stream-prefix"));
        let instead = near.map_or_else(|| "leave it out".to_owned(), |near| format!("did you mean {near}?"));
        let message =
            "is an option that the log driver awslogs does not know, and the container does not start";
        findings.error(container.at_entry(entry), message, instead);
    }
    let text = entry.value.text().unwrap_or_default();
    if key == "mode" && !matches!(text, "" | "blocking" | "non-blocking") && !text.contains('$') {
        let message = format!("'{text}' is neither blocking nor non-blocking");
        findings.error(container.at_entry(entry), message, "write \"non-blocking\"");
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#${}".contains(c);
    if let Some(wrong) = text.chars().find(|c| key == "awslogs-group" && !is_allowed(*c)) {
        let message = format!(
            "'{wrong}' may not stand in the name of a log group, so that the container does not start"
        );
        findings.error(container.at_entry(entry), message, "use letters, digits and . - _ / #");
    }
}

/// Options that exclude each other.
fn check_pairs(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, options: &Node) {
    let has = |key: &str| option(options, key);
    if let (Some(entry), Some(_)) = (has("awslogs-multiline-pattern"), has("awslogs-datetime-format")) {
        let message =
            "cannot be used together with awslogs-datetime-format, and the container does not start";
        findings.error(container.at_entry(entry), message, "keep one of them");
    }
    let is_blocking = has("mode").is_some_and(|mode| mode.value.text() == Some("blocking"));
    if let Some(entry) = has("max-buffer-size").filter(|_| is_blocking) {
        let message = "has no buffer to size: the mode is blocking, and the container does not start";
        findings.error(
            container.at_entry(entry),
            message,
            "write \"mode\": \"non-blocking\", or leave it out",
        );
    }
}

fn is_no_text(findings: &TaskFindings<'_, '_>, entry: &MapEntry) -> bool {
    let is_nested = matches!(entry.value.tree, Tree::List(_) | Tree::Map(_)) && !entry.value.is_function();
    !entry.is_intrinsic()
        && !is_beside_options(&entry.key)
        && (is_nested
            || is_untyped_text(findings.view.task.dialect, &entry.value)
            || (findings.view.task.dialect == TaskDialect::Ecs && entry.value.is_null()))
}

/// Reports options that the driver awslogs cannot do without.
fn check_awslogs(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>, options: &MapEntry) {
    let is_awslogs = container.log_driver() == Some("awslogs");
    let is_whole = options.value.entry("<<").is_none() && findings.view.is_whole && is_awslogs;
    if !is_whole || findings.view.task.dialect == TaskDialect::Terraform {
        return;
    }
    let wanted = ["awslogs-group", "awslogs-region", "awslogs-stream-prefix"];
    let needed = wanted.iter().take(if findings.view.is_fargate { 3 } else { 1 });
    for key in needed.filter(|key| options.value.get(key).is_none()) {
        let message = format!("{key} is missing, which the log driver awslogs needs");
        findings.error(container.at_entry(options), message, format!("write \"{key}\": \"…\""));
    }
}
