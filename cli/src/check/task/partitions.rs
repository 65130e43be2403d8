//! Partitions and regions of a task: its roles, its secrets, its log driver and what it tells the router's SDK.

use super::{ContainerView, TaskFindings, TaskPlace};
use crate::check::values::{is_partition, is_region, partition_of_region, region_meant};
use crate::config::{MapEntry, Node};

/// What AWS's libraries read the region from, the first that is set.
pub(in crate::check) const REGION_VARIABLES: [&str; 2] = ["AWS_REGION", "AWS_DEFAULT_REGION"];

/// Signs of a value that somebody fills in later.
const OPEN: [char; 3] = ['$', '{', '<'];

/// Something that lies in a partition.
struct InPartition<'t> {
    place: TaskPlace<'t>,
    /// What of the key it is, in words.
    what: String,
    partition: &'t str,
}

pub(super) fn check(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    let mut found: Vec<InPartition<'_>> = Vec::new();
    for key in ["executionRoleArn", "taskRoleArn"] {
        let Some(entry) = view.set(key).filter(|_| view.is_whole) else { continue };
        found.extend(partition(entry).map(|partition| InPartition {
            place: TaskPlace::of_entry(entry),
            what: entry.key.clone(),
            partition,
        }));
    }
    for container in &view.containers {
        add_secrets(findings, container, &mut found);
        add_regions(findings, container, &mut found);
    }
    report_others(findings, &found);
}

/// Reports what is not in the partition of most of them.
fn report_others(findings: &mut TaskFindings<'_, '_>, found: &[InPartition<'_>]) {
    let count = |partition: &str| found.iter().filter(|one| one.partition == partition).count();
    let most = found.iter().map(|one| count(one.partition)).max();
    let Some(usual) = found.iter().find(|one| Some(count(one.partition)) == most) else { return };
    for InPartition { place, what, partition } in found {
        if *partition == usual.partition {
            continue;
        }
        let what = if what == place.key { String::new() } else { format!("{what} ") };
        let message = format!(
            "{what}is in the partition {partition}, and {} in {}: a task reaches one partition only",
            usual.what, usual.partition
        );
        let instead = format!("write what is in {}", usual.partition);
        findings.error(*place, message, instead);
    }
}

fn add_secrets<'t>(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'t>,
    found: &mut Vec<InPartition<'t>>,
) {
    let options = container.node.get("logConfiguration").and_then(|logging| logging.get("secretOptions"));
    for (key, list) in [("secrets", container.node.get("secrets")), ("secretOptions", options)] {
        for item in list.map(Node::items).unwrap_or_default() {
            let name = item.text_of("name").unwrap_or("an item");
            let Some(entry) = item.entry("valueFrom") else { continue };
            check_arn(findings, container.at(entry.line, key), entry, name);
            found.extend(partition(entry).map(|partition| InPartition {
                place: container.at(entry.line, key),
                what: format!("the ARN of {name}"),
                partition,
            }));
        }
    }
}

/// Reports the ARN of a secret in a partition or a region that there is not.
fn check_arn(findings: &mut TaskFindings<'_, '_>, place: TaskPlace<'_>, entry: &MapEntry, name: &str) {
    let text = entry.value.text().filter(|text| text.starts_with("arn:") && !text.contains(OPEN));
    let parts: Vec<&str> = text.unwrap_or_default().splitn(6, ':').collect();
    let [_, partition, service, region, ..] = parts.as_slice() else { return };
    if !matches!(*service, "secretsmanager" | "ssm") {
        return;
    }
    if !is_partition(partition) {
        let message = format!("{name}: there is no partition '{partition}'");
        let instead = format!("write arn:{}:…", partition_of_region(region));
        return findings.error(place, message, instead);
    }
    if region.is_empty() {
        let message = format!("{name}: the ARN has no region, and ECS does not find the secret");
        return findings.error(place, message, "write the ARN as AWS shows it");
    }
    if !is_region(region) {
        let message = format!("{name}: '{region}' is not an AWS region known in 2026-11");
        findings.warning(place, message, region_meant(region));
    }
}

fn add_regions<'t>(
    findings: &mut TaskFindings<'_, '_>,
    container: &ContainerView<'t>,
    found: &mut Vec<InPartition<'t>>,
) {
    let of_region = |node: &'t Node, key: &'t str, what: &str| {
        let region = node.text().filter(|region| !region.is_empty() && is_region(region))?;
        let what = what.to_owned();
        let partition = partition_of_region(region);
        Some(InPartition { place: container.at(node.line, key), what, partition })
    };
    // An application may have keys of its own for another partition.
    let runs_plugin = findings.view.with_plugin().any(|router| std::ptr::eq(router.node, container.node));
    let environment = container.node.get("environment").filter(|_| runs_plugin);
    for item in environment.map(Node::items).unwrap_or_default() {
        let name = item.text_of("name").filter(|name| REGION_VARIABLES.contains(name));
        let (Some(name), Some(value)) = (name, item.get("value")) else { continue };
        if value.text().is_some_and(|text| text.trim().is_empty()) && !value.is_null() {
            let message = format!("{name} is empty, so that programs do not know their region");
            let instead = "write the region, or leave it out: ECS gives it";
            findings.warning(container.at(value.line, "environment"), message, instead);
        }
        found.extend(of_region(value, "environment", name));
    }
    let options = container.node.get("logConfiguration").and_then(|logging| logging.get("options"));
    let region = options.and_then(|options| options.get("awslogs-region"));
    found.extend(region.and_then(|region| of_region(region, "options", "awslogs-region")));
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
