//! `!Ref` where an ARN is wanted, and `!GetAtt X.Arn` where a name or an address is.

use super::properties::attribute;
use super::statements::{choices, is_statement};
use super::{TemplateChecker, reference};
use crate::check::finding::Finding;
use crate::config::{MapEntry, Node};

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
}
