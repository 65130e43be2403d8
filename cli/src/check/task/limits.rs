//! Numbers and texts of a task that ECS refuses, or that name what does not exist.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html>, read 2026-11.

use super::{ContainerView, TaskFindings, TaskPlace};
use crate::check::values::{is_region, region_meant};
use crate::config::{MapEntry, Node};

/// Seconds; the most that Fargate allows.
const MAX_START_TIMEOUT: u64 = 120;

/// The port of the input that ECS adds to the router.
const FORWARD_PORT: &str = "24224";

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    check_storage(findings);
    for container in &view.containers {
        check_times(findings, container);
        check_ports(findings, container);
        check_paths(findings, container);
        check_files(findings, container);
        check_limits(findings, container);
        check_regions(findings, container);
    }
}

/// Reports a number outside of what ECS allows.
fn check_range(
    findings: &mut TaskFindings<'_, '_>,
    container: Option<&ContainerView<'_>>,
    entry: &MapEntry,
    least: u64,
    most: u64,
) {
    let Some(given) = entry.value.number().filter(|given| !(least..=most).contains(given)) else { return };
    let message = format!("is {given}, and ECS allows {least} to {most}");
    let instead = format!("write a number from {least} to {most}");
    findings.error(TaskPlace::new(container, entry.line, &entry.key), message, instead);
}

fn check_storage(findings: &mut TaskFindings<'_, '_>) {
    let storage = findings.view.set("ephemeralStorage");
    if let Some(entry) = storage.and_then(|entry| entry.value.entry("sizeInGiB")) {
        check_range(findings, None, entry, 21, 200);
    }
}

fn check_times(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    if let Some(entry) = container.node.entry("startTimeout").filter(|_| findings.view.is_fargate) {
        check_range(findings, Some(container), entry, 2, MAX_START_TIMEOUT);
    }
    let policy = container.node.set("restartPolicy");
    if let Some(entry) = policy.and_then(|policy| policy.entry("restartAttemptPeriod")) {
        check_range(findings, Some(container), entry, 60, 1_800);
    }
}

fn check_ports(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    for entry in container.node.items_of("portMappings").iter().filter_map(|one| one.entry("containerPort")) {
        let Some(port) = entry.value.text() else { continue };
        check_range(findings, Some(container), entry, 0, 65_535);
        let has_router = findings.view.routers().next().is_some();
        if port == FORWARD_PORT && has_router && container.firelens().is_none() && findings.view.is_awsvpc() {
            let message = "is 24224, on which the router listens in the same network, so that one of them does not start";
            findings.error(container.at_entry(entry), message, "let the application listen on another port");
        }
    }
}

fn check_paths(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    for entry in container.node.items_of("mountPoints").iter().filter_map(|one| one.entry("containerPath")) {
        let Some(path) = entry.value.text() else { continue };
        if !path.starts_with(['/', '$', 'C']) {
            let message = format!("'{path}' is not an absolute path");
            findings.error(container.at_entry(entry), message, format!("write /{path}"));
        }
    }
}

/// Files of variables: the ARN of an object whose name ends in `.env`.
fn check_files(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    for entry in container.node.items_of("environmentFiles").iter().filter_map(|one| one.entry("value")) {
        let Some(text) = entry.value.text().filter(|text| !text.contains(['$', '{'])) else { continue };
        let is_arn = text.starts_with("arn:") && text.contains(":s3:::");
        if !is_arn || !text.ends_with(".env") {
            let message = format!("'{text}' is not the ARN of an object whose name ends in .env");
            findings.error(container.at_entry(entry), message, "write arn:aws:s3:::BUCKET/NAME.env");
        }
    }
}

fn check_limits(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    for limit in container.node.items_of("ulimits") {
        let (Some(soft), Some(hard)) =
            (limit.entry("softLimit"), limit.get("hardLimit").and_then(Node::number))
        else {
            continue;
        };
        if soft.value.number().is_some_and(|soft| soft > hard) {
            let message = format!("is more than hardLimit ({hard}), and the container does not start");
            findings.error(container.at_entry(soft), message, format!("write {hard} or less"));
        }
    }
}

/// Reports regions that do not exist: in variables, in the options of awslogs, in the address of an image.
fn check_regions(findings: &mut TaskFindings<'_, '_>, container: &ContainerView<'_>) {
    let variables = container.node.items_of("environment");
    let is_region = |item: &&Node| matches!(item.text_of("name"), Some("AWS_REGION" | "AWS_DEFAULT_REGION"));
    // The finding names the variable, not that it has a value.
    let named = |item: &Node| {
        let name = item.text_of("name")?.to_owned();
        Some(MapEntry { key: name, ..item.entry("value")?.clone() })
    };
    let of_variables = variables.iter().filter(is_region).filter_map(named);
    let options = container.node.get("logConfiguration").and_then(|logging| logging.get("options"));
    let of_driver = options.and_then(|options| options.entry("awslogs-region"));
    for entry in of_variables.chain(of_driver.cloned()) {
        check_region(findings, container, &entry, entry.value.text().unwrap_or_default());
    }
    let Some(entry) = container.node.entry("image") else { return };
    let image = entry.value.text().unwrap_or_default();
    if let Some((_, rest)) = image.split_once(".dkr.ecr.") {
        check_region(findings, container, entry, rest.split('.').next().unwrap_or_default());
    }
    if image.ends_with(':') {
        let message = format!("'{image}' has no tag behind its colon");
        findings.error(container.at_entry(entry), message, "write the tag, or no colon");
    }
}

fn check_region(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
    region: &str,
) {
    if region.is_empty() || region.contains(['$', '{', '<']) || is_region(region) {
        return;
    }
    let message = format!("'{region}' is not an AWS region that was known in 2026-11");
    findings.warning(container.at_entry(entry), message, region_meant(region));
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    #[test]
    fn numbers_and_texts_are_ones_that_ecs_takes() {
        for (keys, app, severity, part) in [
            (
                r#""ephemeralStorage": {"sizeInGiB": 10},"#,
                "",
                "error",
                "sizeInGiB: is 10, and ECS allows 21 to 200",
            ),
            ("", r#""startTimeout": 600,"#, "error", "ECS allows 2 to 120"),
            (
                "",
                r#""restartPolicy": {"enabled": true, "restartAttemptPeriod": 10},"#,
                "error",
                "ECS allows 60 to 1800",
            ),
            ("", r#""portMappings": [{"containerPort": "80"}],"#, "error", "must be a number"),
            ("", r#""portMappings": [{"containerPort": 24224}],"#, "error", "on which the router listens"),
            (
                r#""volumes": [{"name": "v"}],"#,
                r#""mountPoints": [{"sourceVolume": "v", "containerPath": "data"}],"#,
                "error",
                "write /data",
            ),
            (
                "",
                r#""environmentFiles": [{"value": "s3://b/k.env", "type": "s3"}],"#,
                "error",
                "ends in .env",
            ),
            (
                "",
                r#""environmentFiles": [{"value": "arn:aws:s3:::b/k.txt", "type": "s3"}],"#,
                "error",
                "ends in .env",
            ),
            (
                "",
                r#""ulimits": [{"name": "nofile", "softLimit": 9, "hardLimit": 8}],"#,
                "error",
                "is more than hardLimit (8)",
            ),
            (
                "",
                r#""environment": [{"name": "AWS_REGION", "value": "eu-wset-1"}],"#,
                "warning",
                "AWS_REGION: 'eu-wset-1' is not an AWS region that was known in 2026-11; did you mean eu-west-1?",
            ),
        ] {
            assert_says(&task(keys, app, ""), severity, part);
        }
        let image = |image: &str| task("", "", "").replace("web:1", image);
        assert_says(&image("web:"), "error", "has no tag behind its colon");
        let far = task("", "", "")
            .replace("\"awslogs-region\": \"eu-west-1\"", "\"awslogs-region\": \"eu-wset-1\"");
        assert_says(&far, "warning", "awslogs-region: 'eu-wset-1' is not an AWS region");
    }

    #[test]
    fn those_that_it_takes_are_not_reported() {
        for (keys, app) in [
            (
                r#""ephemeralStorage": {"sizeInGiB": 50},"#,
                r#""startTimeout": 60, "portMappings": [{"containerPort": 80}],"#,
            ),
            ("", r#""environmentFiles": [{"value": "arn:aws:s3:::b/k.env", "type": "s3"}],"#),
            ("", r#""environment": [{"name": "AWS_REGION", "value": "${REGION}"}],"#),
            ("", r#""ulimits": [{"name": "nofile", "softLimit": 8, "hardLimit": 8}],"#),
        ] {
            assert_eq!(said(&task(keys, app, "")), [""; 0], "{keys} {app}");
        }
    }
}
