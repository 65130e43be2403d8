//! Partitions and regions of a task: its roles, its secrets, its log driver and what it tells the router's SDK.

use super::{ContainerView, FindingSeverity, TaskFindings};
use crate::check::values::{is_partition, is_region, partition_of_region, region_meant};
use crate::config::{MapEntry, Node};

/// What AWS's libraries read the region from.
const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Signs of a value that somebody fills in later.
const OPEN: [char; 3] = ['$', '{', '<'];

/// Something that lies in a partition.
struct Place<'t> {
    container: Option<&'t str>,
    line: usize,
    key: &'t str,
    /// What of the key it is, in words.
    what: String,
    partition: &'t str,
}

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    let mut places: Vec<Place<'_>> = Vec::new();
    for key in ["executionRoleArn", "taskRoleArn"] {
        let Some(entry) = view.set(key).filter(|_| view.is_whole) else { continue };
        places.extend(partition(entry).map(|partition| Place {
            container: None,
            line: entry.line,
            key: &entry.key,
            what: entry.key.clone(),
            partition,
        }));
    }
    for container in &view.containers {
        add_secrets(findings, container, &mut places);
        add_regions(findings, container, &mut places);
    }
    report_others(findings, &places);
}

/// Reports what is not in the partition of most of them.
fn report_others(findings: &mut TaskFindings<'_, '_>, places: &[Place<'_>]) {
    let count = |partition: &str| places.iter().filter(|place| place.partition == partition).count();
    let most = places.iter().map(|place| count(place.partition)).max();
    let Some(usual) = places.iter().find(|place| Some(count(place.partition)) == most) else { return };
    for place in places.iter().filter(|place| place.partition != usual.partition) {
        let what = if place.what == place.key { String::new() } else { format!("{} ", place.what) };
        let message = format!(
            "{what}is in the partition {}, and {} in {}: a task reaches one partition only",
            place.partition, usual.what, usual.partition
        );
        let instead = format!("write what is in {}", usual.partition);
        findings.add(FindingSeverity::Error, place.container, place.line, place.key, message, instead);
    }
}

fn add_secrets<'t>(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'t>,
    places: &mut Vec<Place<'t>>,
) {
    let options = container.node.get("logConfiguration").and_then(|logging| logging.get("secretOptions"));
    for (key, list) in [("secrets", container.node.get("secrets")), ("secretOptions", options)] {
        for item in list.map(Node::items).unwrap_or_default() {
            let name = item.get("name").and_then(Node::text).unwrap_or("an item");
            let Some(entry) = item.entry("valueFrom") else { continue };
            report_place(findings, container, entry, (key, name));
            places.extend(partition(entry).map(|partition| Place {
                container: container.name,
                line: entry.line,
                key,
                what: format!("the ARN of {name}"),
                partition,
            }));
        }
    }
}

/// Reports the ARN of a secret in a partition or a region that there is not.
fn report_place(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'_>,
    entry: &MapEntry,
    (key, name): (&str, &str),
) {
    let text = entry.value.text().filter(|text| text.starts_with("arn:") && !text.contains(OPEN));
    let parts: Vec<&str> = text.unwrap_or_default().splitn(6, ':').collect();
    let [_, partition, service, region, ..] = parts.as_slice() else { return };
    if !matches!(*service, "secretsmanager" | "ssm") {
        return;
    }
    let place = MapEntry { key: key.to_owned(), ..entry.clone() };
    if !is_partition(partition) {
        let message = format!("{name}: there is no partition '{partition}'");
        let instead = format!("write arn:{}:…", partition_of_region(region));
        return findings.container_error(container, &place, message, instead);
    }
    if region.is_empty() {
        let message = format!("{name}: the ARN has no region, and ECS does not find the secret");
        return findings.container_error(container, &place, message, "write the ARN as AWS shows it");
    }
    if !is_region(region) {
        let message = format!("{name}: '{region}' is not an AWS region known in 2026-11");
        findings.container_warning(container, entry.line, key, message, region_meant(region));
    }
}

fn add_regions<'t>(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'t>,
    places: &mut Vec<Place<'t>>,
) {
    let of_region = |node: &'t Node, key: &'t str, what: &str| {
        let region = node.text().filter(|region| !region.is_empty() && is_region(region))?;
        let what = what.to_owned();
        let partition = partition_of_region(region);
        Some(Place { container: container.name, line: node.line, key, what, partition })
    };
    // An application may have keys of its own for another partition.
    let runs_plugin = findings.view.with_plugin().any(|router| std::ptr::eq(router.node, container.node));
    let environment = container.node.get("environment").filter(|_| runs_plugin);
    for item in environment.map(Node::items).unwrap_or_default() {
        let name = item.get("name").and_then(Node::text).filter(|name| REGION_VARIABLES.contains(name));
        let (Some(name), Some(value)) = (name, item.get("value")) else { continue };
        if value.text().is_some_and(|text| text.trim().is_empty()) && !value.is_null() {
            let message = format!("{name} is empty, so that programs do not know their region");
            let instead = "write the region, or leave it out: ECS gives it";
            findings.container_warning(container, value.line, "environment", message, instead);
        }
        places.extend(of_region(value, "environment", name));
    }
    let options = container.node.get("logConfiguration").and_then(|logging| logging.get("options"));
    let region = options.and_then(|options| options.get("awslogs-region"));
    places.extend(region.and_then(|region| of_region(region, "options", "awslogs-region")));
}

/// The partition of an ARN, if it is known and there is one.
fn partition(entry: &MapEntry) -> Option<&str> {
    let partition = entry.value.text()?.strip_prefix("arn:")?.split(':').next()?;
    (is_partition(partition) && !partition.contains(OPEN)).then_some(partition)
}

#[cfg(test)]
mod tests {
    use crate::check::task::tests::{assert_says, said, task};

    fn secret(arn: &str) -> String {
        format!(r#""secrets": [{{"name": "K", "valueFrom": "{arn}"}}],"#)
    }

    fn variable(value: &str) -> String {
        format!(r#""environment": [{{"name": "AWS_REGION", "value": "{value}"}}],"#)
    }

    #[test]
    fn a_task_is_in_one_partition() {
        let role = |arn: &str| format!(r#""taskRoleArn": "{arn}","#);
        let own = "arn:aws:iam::111122223333:role/web";
        for (keys, router, severity, part) in [
            (
                role("arn:aws-cn:iam::111122223333:role/web"),
                String::new(),
                "error",
                "taskRoleArn: is in the partition aws-cn, and executionRoleArn in aws",
            ),
            (
                role(own),
                secret("arn:aws-cn:secretsmanager:cn-north-1:111122223333:secret:k-AbCdEf"),
                "error",
                "the ARN of K is in the partition aws-cn",
            ),
            (role(own), variable("cn-north-1"), "error", "AWS_REGION is in the partition aws-cn"),
            (role(own), variable(""), "warning", "AWS_REGION is empty"),
            (
                role(own),
                secret("arn:aws-gov:ssm:us-gov-west-1:111122223333:parameter/k"),
                "error",
                "there is no partition 'aws-gov'; write arn:aws-us-gov:",
            ),
            (
                role(own),
                secret("arn:aws:ssm:eu-west-11:111122223333:parameter/k"),
                "warning",
                "'eu-west-11' is not an AWS region",
            ),
        ] {
            assert_says(&task(&keys, "", &router), severity, part);
        }
        let secret = secret("arn:aws:ssm:us-east-1:111122223333:parameter/k");
        assert_eq!(said(&task(&role(own), "", &secret)), [""; 0]);
        let china = task(&role(own), "", &variable("cn-north-1"));
        let china = china.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-1", "cn-northwest-1");
        assert_eq!(said(&china), [""; 0]);
    }
}
