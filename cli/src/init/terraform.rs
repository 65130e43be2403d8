//! The same resources for Terraform, in the form that `terraform fmt` leaves as it is.

use ecs_router::config::keys::DestinationKind;
use serde_json::Value;

use super::iam;
use super::plan::{Plan, PlannedGroup};

/// `main.tf`; the policies are in the JSON files beside it.
pub(super) fn main(plan: &Plan) -> String {
    let mut blocks = vec![versions(), block("provider \"aws\"", &[("region", quoted(&plan.region))])];
    for (number, group) in (1..).zip(plan.written_groups()) {
        blocks.push(log_group(&format!("logs_{number}"), &group));
    }
    blocks.push(log_group("router", &plan.router_group()));
    if plan.uses(DestinationKind::S3) {
        blocks.extend(bucket(plan));
    }
    if plan.is_collector() {
        blocks.extend(queues(plan));
        blocks.extend(rules(plan));
    }
    blocks.extend(roles(plan));
    blocks.join("\n")
}

fn versions() -> String {
    "terraform {\n  required_providers {\n    aws = {\n      source  = \"hashicorp/aws\"\n      version = \">= \
     5.0\"\n    }\n  }\n}\n"
        .to_owned()
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A block of one-line attributes, their values below each other.
fn block(head: &str, attributes: &[(&str, String)]) -> String {
    format!("{head} {{\n{}}}\n", aligned(attributes))
}

fn aligned(attributes: &[(&str, String)]) -> String {
    let width = attributes.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    attributes.iter().map(|(name, value)| format!("  {name:<width$} = {value}\n")).collect()
}

/// A block whose last attribute is a JSON document.
fn with_json(head: &str, attributes: &[(&str, String)], name: &str, document: &Value) -> String {
    let document = serde_json::to_string_pretty(document).unwrap_or_default();
    let document: String = document.lines().map(|line| format!("    {line}\n")).collect();
    format!("{head} {{\n{}\n  {name} = <<-JSON\n{document}  JSON\n}}\n", aligned(attributes))
}

fn log_group(label: &str, group: &PlannedGroup) -> String {
    let attributes = [("name", quoted(&group.name)), ("retention_in_days", group.retention_days.to_string())];
    block(&format!("resource \"aws_cloudwatch_log_group\" \"{label}\""), &attributes)
}

fn bucket(plan: &Plan) -> Vec<String> {
    let id = || ("bucket", "aws_s3_bucket.logs.id".to_owned());
    let blocked =
        ["block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"];
    let blocked = blocked.into_iter().map(|name| (name, "true".to_owned()));
    let access: Vec<(&str, String)> = [id()].into_iter().chain(blocked).collect();
    vec![
        block("resource \"aws_s3_bucket\" \"logs\"", &[("bucket", quoted(&plan.bucket))]),
        block("resource \"aws_s3_bucket_public_access_block\" \"logs\"", &access),
        with_json(
            "resource \"aws_s3_bucket_policy\" \"logs\"",
            &[id()],
            "policy",
            &iam::bucket_policy(plan),
        ),
        "resource \"aws_s3_bucket_lifecycle_configuration\" \"logs\" {\n  bucket = aws_s3_bucket.logs.id\n\n  rule {\n    \
         id     = \"expire\"\n    status = \"Enabled\"\n\n    filter {}\n\n    expiration {\n      days = 365\n    }\n\n    \
         abort_incomplete_multipart_upload {\n      days_after_initiation = 1\n    }\n  }\n}\n"
            .to_owned(),
    ]
}

fn queues(plan: &Plan) -> Vec<String> {
    let dead = [
        ("name", quoted(&format!("{}-dead", plan.name))),
        ("sqs_managed_sse_enabled", "true".to_owned()),
        ("message_retention_seconds", "1209600".to_owned()),
    ];
    let redrive = "  redrive_policy = jsonencode({\n    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn\n    # High, \
                   because an outage of the destination makes messages come back, too.\n    maxReceiveCount = 50\n  })\n";
    let queue = [
        ("name", quoted(&plan.name)),
        ("sqs_managed_sse_enabled", "true".to_owned()),
        ("receive_wait_time_seconds", "20".to_owned()),
        ("visibility_timeout_seconds", "120".to_owned()),
        ("message_retention_seconds", "345600".to_owned()),
    ];
    let queue = format!("resource \"aws_sqs_queue\" \"stops\" {{\n{}\n{redrive}}}\n", aligned(&queue));
    let policy = |label: &str| {
        with_json(
            &format!("resource \"aws_sqs_queue_policy\" \"{label}\""),
            &[("queue_url", format!("aws_sqs_queue.{label}.url"))],
            "policy",
            &iam::queue_policy(plan),
        )
    };
    vec![
        block("resource \"aws_sqs_queue\" \"dead_letters\"", &dead),
        queue,
        policy("stops"),
        policy("dead_letters"),
    ]
}

fn rules(plan: &Plan) -> Vec<String> {
    let rules = iam::patterns().into_iter().map(|(name, pattern)| {
        let label = name.replace('-', "_");
        let rule = with_json(
            &format!("resource \"aws_cloudwatch_event_rule\" \"{label}\""),
            &[("name", quoted(&format!("{}-{name}", plan.name)))],
            "event_pattern",
            &pattern,
        );
        let target = format!(
            "resource \"aws_cloudwatch_event_target\" \"{label}\" {{\n{}\n  dead_letter_config {{\n    arn = \
             aws_sqs_queue.dead_letters.arn\n  }}\n}}\n",
            aligned(&[
                ("rule", format!("aws_cloudwatch_event_rule.{label}.name")),
                ("target_id", quoted("collector")),
                ("arn", "aws_sqs_queue.stops.arn".to_owned()),
            ])
        );
        format!("{rule}\n{target}")
    });
    rules.collect()
}

fn roles(plan: &Plan) -> Vec<String> {
    let mut blocks = Vec::new();
    let has_task_policy = iam::task_policy(plan).is_some();
    for (role, has_policy) in [("task", has_task_policy), ("execution", true)] {
        let file = |name: &str| format!("file(\"${{path.module}}/{name}.json\")");
        let attributes = [
            ("name", quoted(&format!("{}-{role}", plan.name))),
            ("assume_role_policy", file("trust-policy")),
        ];
        blocks.push(block(&format!("resource \"aws_iam_role\" \"{role}\""), &attributes));
        if has_policy {
            let attributes = [
                ("name", quoted(role)),
                ("role", format!("aws_iam_role.{role}.id")),
                ("policy", file(&format!("{role}-role-policy"))),
            ];
            blocks.push(block(&format!("resource \"aws_iam_role_policy\" \"{role}\""), &attributes));
        }
    }
    blocks
}
