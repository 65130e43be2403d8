//! `!Ref` where an ARN is wanted, and `!GetAtt X.Arn` where a name or an address is.

use super::properties::attribute;
use super::statements::{choices, is_statement};
use super::{TemplateChecker, reference};
use crate::check::finding::Finding;
use crate::config::{MapEntry, Node, Tree};

/// Types of resources, and what `!Ref` gives of them.
const REFERENCES: [(&str, &str); 7] = [
    ("AWS::Events::Rule", "name"),
    ("AWS::IAM::Role", "name"),
    ("AWS::KinesisFirehose::DeliveryStream", "name"),
    ("AWS::Kinesis::Stream", "name"),
    ("AWS::Logs::LogGroup", "name"),
    ("AWS::S3::Bucket", "name"),
    ("AWS::SQS::Queue", "URL"),
];

/// Keys that want an ARN. Those of roles of a task have a check of their own.
const ARN_KEYS: [&str; 5] = ["Arn", "RoleArn", "deadLetterTargetArn", "aws:SourceArn", "DestinationArn"];

/// Keys that want what `!Ref` gives, and the type of the resource.
const REFERENCE_KEYS: [(&str, &str); 3] =
    [("Queues", "AWS::SQS::Queue"), ("Roles", "AWS::IAM::Role"), ("Bucket", "AWS::S3::Bucket")];

/// Ends of the names of variables that the examples give to the router.
const REFERENCE_VARIABLES: [(&str, &str); 3] =
    [("QUEUE_URL", "AWS::SQS::Queue"), ("LOG_GROUP", "AWS::Logs::LogGroup"), ("BUCKET", "AWS::S3::Bucket")];

/// Options of log drivers that want what `!Ref` gives, by the last part of their name: the type of the resource, what is
/// wanted, and attributes that are the same.
const REFERENCE_OPTIONS: [(&str, &str, &str, &[&str]); 8] = [
    ("bucket", "AWS::S3::Bucket", "name", &[]),
    ("delivery_stream", "AWS::KinesisFirehose::DeliveryStream", "name", &[]),
    ("fetch_logs_group", "AWS::Logs::LogGroup", "name", &[]),
    ("log_group", "AWS::Logs::LogGroup", "name", &[]),
    ("log_group_name", "AWS::Logs::LogGroup", "name", &[]),
    ("stream", "AWS::Kinesis::Stream", "name", &[]),
    ("topic_arn", "AWS::SNS::Topic", "ARN", &["TopicArn"]),
    ("url", "AWS::SQS::Queue", "URL", &["QueueUrl"]),
];

impl TemplateChecker<'_> {
    /// Reports every reference of the other kind.
    pub(super) fn check_kinds_of_reference(&self, findings: &mut Vec<Finding>) {
        for node in self.template.node.descendants() {
            let is_statement = is_statement(node);
            for entry in node.entries() {
                let wants_arn =
                    ARN_KEYS.contains(&entry.key.as_str()) || (is_statement && entry.key == "Resource");
                for given in choices(&entry.value) {
                    findings.extend(wants_arn.then(|| self.no_arn(entry, given)).flatten());
                    findings.extend(self.arn_for_name(entry, given));
                }
            }
            findings.extend(self.arn_in_variable(node));
            let options = node.get("LogConfiguration").and_then(|logging| logging.get("Options"));
            for option in options.map(Node::entries).unwrap_or_default() {
                let given = choices(&option.value).into_iter();
                findings.extend(given.filter_map(|given| self.attribute_in_option(option, given)));
            }
        }
    }

    fn no_arn(&self, entry: &MapEntry, node: &Node) -> Option<Finding> {
        let (function, name) = reference(node)?;
        let kind = self.kind_of(name).filter(|_| function == "Ref")?;
        let (_, what) = REFERENCES.iter().find(|(known, _)| *known == kind)?;
        let message = format!("!Ref {name} is the {what}, and here the ARN is wanted");
        Some(self.finding(node.line, &entry.key, message, format!("write !GetAtt {name}.Arn")))
    }

    fn arn_for_name(&self, entry: &MapEntry, node: &Node) -> Option<Finding> {
        let (_, kind) = REFERENCE_KEYS.iter().find(|(known, _)| *known == entry.key)?;
        self.is_arn_of(kind, node).then(|| self.arn(node, &entry.key))?
    }

    /// A pair of `Name` and `Value` in the environment of a container.
    fn arn_in_variable(&self, node: &Node) -> Option<Finding> {
        let name = node.get("Name")?.text()?;
        let (_, kind) = REFERENCE_VARIABLES.iter().find(|(end, _)| name.ends_with(end))?;
        let value = node.get("Value")?;
        self.is_arn_of(kind, value).then(|| self.arn(value, name))?
    }

    /// `!GetAtt Group.Arn`, or `!Sub ${Group.Arn}`, where an option wants the name.
    fn attribute_in_option(&self, option: &MapEntry, node: &Node) -> Option<Finding> {
        let last = option.key.rsplit('.').next()?.to_ascii_lowercase();
        let (_, kind, what, same) = REFERENCE_OPTIONS.iter().find(|(known, ..)| *known == last)?;
        let (name, attribute) = attribute_of(node)?;
        if self.kind_of(name) != Some(kind) || same.contains(&attribute) {
            return None;
        }
        let message = format!("{name}.{attribute} is not the {what}, which is wanted here");
        Some(self.finding(node.line, &option.key, message, format!("write !Ref {name}")))
    }

    fn is_arn_of(&self, kind: &str, node: &Node) -> bool {
        let name = reference(node).map(|(_, name)| name);
        attribute(node) == Some("Arn") && name.and_then(|name| self.kind_of(name)) == Some(kind)
    }

    fn arn(&self, node: &Node, key: &str) -> Option<Finding> {
        let (_, name) = reference(node)?;
        let kind = self.kind_of(name)?;
        let (_, what) = REFERENCES.iter().find(|(known, _)| *known == kind)?;
        let message = format!("!GetAtt {name}.Arn is the ARN, and here the {what} is wanted");
        Some(self.finding(node.line, key, message, format!("write !Ref {name}")))
    }
}

/// The resource and its attribute in `!GetAtt A.B` and in `!Sub ${A.B}`.
fn attribute_of(node: &Node) -> Option<(&str, &str)> {
    if let Some(attribute) = attribute(node) {
        return Some((reference(node)?.1, attribute));
    }
    let text = match &node.tree {
        Tree::Function(name, given) if name == "Sub" => given.text()?,
        Tree::Map(entries) => entries.iter().find(|entry| entry.key == "Fn::Sub")?.value.text()?,
        _ => return None,
    };
    text.strip_prefix("${")?.strip_suffix('}')?.split_once('.')
}

#[cfg(test)]
mod tests {
    use crate::check::cloudformation::tests::with;
    use crate::check::task::tests::{assert_says, said};

    #[test]
    fn references_of_the_other_kind_are_reported() {
        let queue = "Queue:|  Type: AWS::SQS::Queue|";
        for (more, part) in [
            (
                "Dead:|  Type: AWS::SQS::Queue|  Properties:|    RedrivePolicy: {deadLetterTargetArn: !Ref Queue, maxReceiveCount: 5}",
                "write !GetAtt Queue.Arn",
            ),
            (
                "P:|  Type: AWS::IAM::ManagedPolicy|  Properties:|    PolicyDocument: {Statement: [{Effect: Allow, Action: sqs:SendMessage, Resource: !Ref Queue}]}",
                "!Ref Queue is the URL",
            ),
            (
                "P:|  Type: AWS::SQS::QueuePolicy|  Properties:|    Queues: [!GetAtt Queue.Arn]",
                "write !Ref Queue",
            ),
        ] {
            assert_says(&with(&format!("{queue}{more}")), "error", part);
        }
        let variable = |value: &str| {
            with("Queue:|  Type: AWS::SQS::Queue").replace(
                "          FirelensConfiguration",
                &format!("          Environment: [{{Name: QUEUE_URL, Value: {value}}}]\n          FirelensConfiguration"),
            )
        };
        assert_says(&variable("!GetAtt Queue.Arn"), "error", "here the URL is wanted");
        assert_eq!(said(&variable("!Ref Queue")), [""; 0]);
        assert_eq!(said(&variable("!GetAtt Queue.QueueUrl")), [""; 0]);
    }

    #[test]
    fn an_option_gets_what_it_wants() {
        let resources = "Group:|  Type: AWS::Logs::LogGroup|Bucket:|  Type: AWS::S3::Bucket|Stream:|  Type: AWS::Kinesis::Stream|\
             Topic:|  Type: AWS::SNS::Topic|Queue:|  Type: AWS::SQS::Queue|Hose:|  Type: AWS::KinesisFirehose::DeliveryStream";
        let option = |key: &str, value: &str| {
            let line = format!("http.url: https://x/\n              {key}: {value}");
            let found = said(&with(resources).replace("http.url: https://x/", &line));
            found.into_iter().filter(|line| line.contains("wanted here")).collect::<Vec<_>>()
        };
        for (key, value, part) in [
            (
                "all.log_group",
                "!GetAtt Group.Arn",
                "Group.Arn is not the name, which is wanted here; write !Ref Group",
            ),
            ("all.log_group", "!If [IsProd, !GetAtt Group.Arn, x]", "write !Ref Group"),
            ("all.log_group", "!Sub '${Group.Arn}'", "write !Ref Group"),
            ("s3.bucket", "!GetAtt Bucket.Arn", "write !Ref Bucket"),
            ("s3.bucket", "!GetAtt Bucket.DomainName", "Bucket.DomainName is not the name"),
            ("kinesis.stream", "!GetAtt Stream.Arn", "write !Ref Stream"),
            ("delivery_stream", "!GetAtt Hose.Arn", "write !Ref Hose"),
            ("sns.topic_arn", "!GetAtt Topic.TopicName", "Topic.TopicName is not the ARN"),
            ("queue.url", "!GetAtt Queue.Arn", "Queue.Arn is not the URL"),
        ] {
            let found = option(key, value);
            assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{key}: {value}: {found:?}");
        }
        for (key, value) in [
            ("all.log_group", "!Ref Group"),
            ("sns.topic_arn", "!GetAtt Topic.TopicArn"),
            ("queue.url", "!GetAtt Queue.QueueUrl"),
            ("eventbridge.event_bus", "!GetAtt Group.Arn"),
            ("all.log_group", "!Sub '/ecs/${AWS::StackName}'"),
        ] {
            assert_eq!(option(key, value), [""; 0], "{key}: {value}");
        }
    }
}
