//! Roles: the task role signs what the plugin sends, the execution role reads secrets and pulls images.

use ecs_router::config::keys::DestinationKind;

use super::{ContainerView, TaskFindings, TaskPlace};
use crate::check::placeholders::destination_kind;
use crate::check::values::{is_account, is_partition};
use crate::config::{MapEntry, Node, Section};

pub(super) fn check(ours: &[&Section], findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    if !view.is_whole {
        return;
    }
    let task_role = view.set("taskRoleArn");
    let execution_role = view.set("executionRoleArn");
    for entry in [task_role, execution_role].into_iter().flatten() {
        check_arn(findings, entry);
    }
    check_swapped(findings, task_role, execution_role);
    check_shared(findings, task_role, execution_role);
    check_accounts(findings, task_role, execution_role);
    if view.lacks("executionRoleArn") {
        check_execution_role(findings);
    }
    let signed = ours.iter().find_map(|section| signed_destination(section));
    if let Some(kind) = signed.filter(|_| view.lacks("taskRoleArn")) {
        check_task_role(findings, kind);
    }
}

/// On EC2 the role of the instance may sign; on Fargate nobody does.
fn check_task_role(findings: &mut TaskFindings<'_, '_>, kind: DestinationKind) {
    let view = findings.view;
    if view.with_plugin().any(has_keys) {
        return;
    }
    let line = view.task.node.line;
    let instead = "give the task a role with the permissions in examples/iam";
    if view.is_fargate {
        let message = format!(
            "is missing, and {} wants requests that a role has signed: nothing arrives there",
            kind.name()
        );
        findings.error(TaskPlace::of_task(line, "taskRoleArn"), message, instead);
    } else {
        let message = format!("is missing, and {} wants requests that a role has signed", kind.name());
        findings.warning(TaskPlace::of_task(line, "taskRoleArn"), message, instead);
    }
}

/// Whether the container may get keys of AWS from elsewhere.
fn has_keys(container: &ContainerView<'_>) -> bool {
    let lists = ["environment", "secrets"].into_iter().filter_map(|key| container.node.get(key));
    let mut names = lists.flat_map(Node::items).map(|item| item.text_of("name"));
    let has_files = container.node.set("environmentFiles").is_some();
    has_files
        || names.any(|name| {
            name.is_none_or(|name| {
                matches!(name, "AWS_ACCESS_KEY_ID" | "AWS_WEB_IDENTITY_TOKEN_FILE" | "AWS_PROFILE")
            })
        })
}

fn check_arn(findings: &mut TaskFindings<'_, '_>, entry: &MapEntry) {
    let Some(text) = entry.value.text() else { return };
    if is_role_arn(text) {
        return;
    }
    let looks_like_arn = text.starts_with("arn:");
    let message = match looks_like_arn {
        true => format!("'{text}' is not the ARN of a role"),
        false => format!("'{text}' is a name, not an ARN; templates and other accounts need the ARN"),
    };
    let name = text.rsplit('/').next().unwrap_or(text);
    let name = if looks_like_arn || name.is_empty() { "NAME" } else { name };
    let instead = format!("write arn:aws:iam::ACCOUNT:role/{name}");
    findings.warning(TaskPlace::of_entry(entry), message, instead);
}

/// `arn:aws:iam::111122223333:role/path/name`, in any partition.
fn is_role_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts.as_slice() else { return false };
    // Values that a template fills in.
    let may_be_account = is_account(account) || account.contains(['$', '{', '<']);
    *arn == "arn"
        && is_partition(partition)
        && *service == "iam"
        && region.is_empty()
        && may_be_account
        && resource.strip_prefix("role/").is_some_and(|name| !name.is_empty())
}

/// Reports one role for both, and a task role that is an execution role by its name.
fn check_shared(findings: &mut TaskFindings<'_, '_>, task: Option<&MapEntry>, execution: Option<&MapEntry>) {
    let (Some(task), Some(execution)) = (task, execution) else { return };
    let (Some(own), Some(of_ecs)) = (task.value.text(), execution.value.text()) else { return };
    let name = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let message = if own == of_ecs {
        "is the execution role as well: the containers may then read every secret that ECS reads for the task"
    } else if name(own).contains("exec") && name(of_ecs).contains("exec") {
        "is an execution role by its name, and those may not write to CloudWatch, S3 or Firehose for the plugin"
    } else {
        return;
    };
    let instead = "give the task a role of its own with the permissions in examples/iam";
    findings.warning(TaskPlace::of_entry(task), message, instead);
}

/// Reports roles of two accounts: ECS takes those of the task's own.
fn check_accounts(
    findings: &mut TaskFindings<'_, '_>,
    task: Option<&MapEntry>,
    execution: Option<&MapEntry>,
) {
    let account = |entry: &MapEntry| -> Option<String> {
        let account = entry.value.text()?.split(':').nth(4)?;
        let is_known = is_account(account);
        is_known.then(|| account.to_owned())
    };
    let (Some(entry), Some(execution)) = (task, execution) else { return };
    let (Some(own), Some(of_ecs)) = (account(entry), account(execution)) else { return };
    if own != of_ecs {
        let message = format!(
            "is in the account {own}, and executionRoleArn in {of_ecs}: ECS takes roles of the task's own account"
        );
        let instead = "write the roles of the account that the task runs in; for another account's resources, let the \
                       task role assume a role there (role_arn of the destination)";
        findings.error(TaskPlace::of_entry(entry), message, instead);
    }
}

/// Reports roles whose names say that they were swapped.
fn check_swapped(findings: &mut TaskFindings<'_, '_>, task: Option<&MapEntry>, execution: Option<&MapEntry>) {
    let text =
        |entry: Option<&MapEntry>| entry.and_then(|entry| entry.value.text()).map(str::to_ascii_lowercase);
    let says = |text: &Option<String>| text.as_ref().is_some_and(|text| text.contains("exec"));
    let Some(entry) = task.filter(|_| says(&text(task)) && execution.is_some() && !says(&text(execution)))
    else {
        return;
    };
    let message = "is an execution role by its name, and executionRoleArn is none: they are probably swapped";
    findings.warning(TaskPlace::of_entry(entry), message, "swap the two ARNs");
}

/// Reports the first thing that ECS needs an execution role for.
fn check_execution_role(findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    let Some(reason) =
        view.containers.iter().find_map(|container| execution_reason(container, view.is_fargate))
    else {
        return;
    };
    let message = format!("is missing, but ECS needs it {reason}");
    let instead = "give the task an execution role, as examples/iam/execution-role.json";
    findings.error(TaskPlace::of_task(view.task.node.line, "executionRoleArn"), message, instead);
}

fn execution_reason(container: &ContainerView<'_>, is_fargate: bool) -> Option<String> {
    let name = container.name.unwrap_or_default();
    let has_items =
        |node: Option<&Node>| node.is_some_and(|node| !node.items().is_empty() || node.is_function());
    if has_items(container.node.get("secrets")) {
        return Some(format!("to read the secrets of container {name}"));
    }
    if has_items(container.node.get("logConfiguration").and_then(|node| node.get("secretOptions"))) {
        return Some(format!("to read the secretOptions of container {name}"));
    }
    if is_fargate && container.log_driver() == Some("awslogs") {
        return Some(format!("for the log driver awslogs of container {name} on Fargate"));
    }
    let image = container.node.get("image")?.text()?;
    let is_private = image.contains(".dkr.ecr.");
    (is_fargate && is_private).then(|| format!("to pull the image of container {name} from ECR"))
}

/// A destination whose requests are signed with the task's credentials.
fn signed_destination(section: &Section) -> Option<DestinationKind> {
    // Keys or a role of its own, as far as the section says.
    if section.settings.iter().any(|setting| setting.key.ends_with("role_arn")) {
        return None;
    }
    let names = section.settings.iter().filter(|setting| setting.key.starts_with("route."));
    let names = names.filter_map(|setting| setting.value.text()).flat_map(|text| text.split(','));
    let mut signed = names.filter_map(|name| {
        let kind = destination_kind(section, name.trim())?;
        let has_auth = section.text(&format!("{}.auth", name.trim())).is_some_and(|auth| auth == "aws");
        (kind.is_aws() || has_auth).then_some(kind)
    });
    signed.next()
}
