//! Actions of IAM that are misspelt: nobody refuses them, and they allow nothing.

use super::TemplateChecker;
use super::resources::texts;
use crate::check::finding::Finding;
use crate::config::Node;
use crate::suggest::closest;

/// Actions of the services that the plugin and its task call, and those that are spelt almost like them.
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/>, read 2026-11.
const ACTIONS: [(&str, &[&str]); 11] = [
    (
        "logs",
        &[
            "CreateLogGroup",
            "CreateLogStream",
            "DeleteLogGroup",
            "DeleteLogStream",
            "DescribeLogGroups",
            "DescribeLogStreams",
            "FilterLogEvents",
            "GetLogEvents",
            "PutLogEvents",
            "PutRetentionPolicy",
            "DeleteRetentionPolicy",
            "TagResource",
            "UntagResource",
            "TagLogGroup",
            "UntagLogGroup",
        ],
    ),
    (
        "s3",
        &[
            "PutObject",
            "GetObject",
            "DeleteObject",
            "PutObjectAcl",
            "GetObjectAcl",
            "PutObjectTagging",
            "GetObjectTagging",
            "ListBucket",
            "GetBucketLocation",
            "AbortMultipartUpload",
            "ListMultipartUploadParts",
            "ListBucketMultipartUploads",
        ],
    ),
    ("firehose", &["PutRecord", "PutRecordBatch", "DescribeDeliveryStream", "ListDeliveryStreams"]),
    (
        "sqs",
        &[
            "ReceiveMessage",
            "DeleteMessage",
            "DeleteMessageBatch",
            "SendMessage",
            "SendMessageBatch",
            "GetQueueAttributes",
            "SetQueueAttributes",
            "GetQueueUrl",
            "ChangeMessageVisibility",
            "ChangeMessageVisibilityBatch",
        ],
    ),
    ("secretsmanager", &["GetSecretValue", "PutSecretValue", "DescribeSecret", "BatchGetSecretValue"]),
    ("ssm", &["GetParameter", "GetParameters", "PutParameter", "GetParametersByPath", "DescribeParameters"]),
    (
        "ecr",
        &["GetAuthorizationToken", "BatchCheckLayerAvailability", "GetDownloadUrlForLayer", "BatchGetImage"],
    ),
    (
        "events",
        &[
            "PutEvents",
            "PutRule",
            "PutTargets",
            "PutPermission",
            "RemoveTargets",
            "RemovePermission",
            "DeleteRule",
            "DescribeRule",
            "DescribeEventBus",
            "EnableRule",
            "DisableRule",
            "ListRules",
        ],
    ),
    ("sns", &["Publish", "Subscribe", "Unsubscribe", "GetTopicAttributes", "SetTopicAttributes"]),
    (
        "kinesis",
        &[
            "PutRecord",
            "PutRecords",
            "DescribeStream",
            "DescribeStreams",
            "DescribeStreamSummary",
            "GetRecords",
            "ListShards",
        ],
    ),
    ("sts", &["AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML", "TagSession", "AssumeRoot"]),
];

impl TemplateChecker<'_> {
    /// Reports every action that is almost one there is.
    pub(super) fn check_actions(&self, findings: &mut Vec<Finding>) {
        for node in self.template.node.descendants() {
            let Some(entry) = node.entries().iter().find(|entry| entry.key == "Action") else { continue };
            if node.get("Effect").is_none() {
                continue;
            }
            findings
                .extend(texts(&entry.value).into_iter().filter_map(|action| self.misspelt_action(action)));
        }
    }

    fn misspelt_action(&self, node: &Node) -> Option<Finding> {
        let text = node.text().filter(|text| !text.contains(['*', '?', '$']))?;
        let meant = meant(text)?;
        let message = format!("IAM knows no action '{text}', which allows nothing");
        Some(self.finding(node.line, "Action", message, format!("did you mean {meant}?")))
    }
}

/// The action that was meant, if it is another.
fn meant(text: &str) -> Option<String> {
    let (service, action) = text.split_once(':')?;
    let is_same = |known: &str| known.eq_ignore_ascii_case(action);
    let of = |service: &str| ACTIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(service));
    if let Some((service, known)) = of(service) {
        if known.iter().any(|known| is_same(known)) {
            return None;
        }
        return closest(action, known.iter().copied()).map(|near| format!("{service}:{near}"));
    }
    let services = ACTIONS.iter().map(|(known, _)| *known);
    let near = closest(service, services)
        .or_else(|| MISNAMED.iter().find(|(name, _)| *name == service).map(|(_, meant)| *meant))?;
    let (_, known) = of(near)?;
    let action = known.iter().find(|known| is_same(known))?;
    Some(format!("{near}:{action}"))
}

/// Services by another name than IAM's.
const MISNAMED: [(&str, &str); 5] = [
    ("cloudwatch", "logs"),
    ("cloudwatchlogs", "logs"),
    ("cloudwatch-logs", "logs"),
    ("kinesisfirehose", "firehose"),
    ("secrets", "secretsmanager"),
];
