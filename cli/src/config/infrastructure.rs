//! Plans of Terraform, IAM policies and event patterns in the shape of a template: resources with a type and properties,
//! so that one check reads all of them.

use std::rc::Rc;

use super::tree::{MapEntry, Node, Tree};
use super::{CloudFormationTemplate, TemplateForm, json};

/// Types of Terraform's AWS provider, and those of CloudFormation for the same.
const TYPES: [(&str, &str); 9] = [
    ("aws_cloudwatch_event_rule", "AWS::Events::Rule"),
    ("aws_cloudwatch_event_bus_policy", "AWS::Events::EventBusPolicy"),
    ("aws_iam_policy", "AWS::IAM::ManagedPolicy"),
    ("aws_iam_role", "AWS::IAM::Role"),
    ("aws_iam_role_policy", "AWS::IAM::Policy"),
    ("aws_s3_bucket_policy", "AWS::S3::BucketPolicy"),
    ("aws_sns_topic_policy", "AWS::SNS::TopicPolicy"),
    ("aws_sqs_queue", "AWS::SQS::Queue"),
    ("aws_sqs_queue_policy", "AWS::SQS::QueuePolicy"),
];

/// Attributes of Terraform whose text is JSON.
const DOCUMENTS: [&str; 4] = ["assume_role_policy", "event_pattern", "policy", "redrive_policy"];

/// The resources of a plan or a state that a template could have as well, each a template of its own: they do not refer
/// to each other by name.
pub(super) fn of_plan(file: &Rc<str>, tree: &Node) -> Vec<CloudFormationTemplate> {
    let resources = tree.descendants().into_iter().filter_map(planned);
    resources.map(|resource| template(file, TemplateForm::Plan, resource)).collect()
}

/// What may be in a file of its own and inside a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DocumentKind {
    Policy,
    Pattern,
}

/// A document in a file of its own.
pub(super) fn of_document(file: &Rc<str>, kind: DocumentKind, tree: Node) -> CloudFormationTemplate {
    match kind {
        DocumentKind::Policy => alone(file, "AWS::IAM::ManagedPolicy", entry("PolicyDocument", tree)),
        DocumentKind::Pattern => alone(file, "AWS::Events::Rule", entry("EventPattern", tree)),
    }
}

fn alone(file: &Rc<str>, kind: &str, property: MapEntry) -> CloudFormationTemplate {
    let line = property.line;
    let properties = map(line, vec![property]);
    template(file, TemplateForm::Document, entry(file, resource(kind, properties)))
}

fn template(file: &Rc<str>, form: TemplateForm, resource: MapEntry) -> CloudFormationTemplate {
    let line = resource.line;
    let node = map(line, vec![entry("Resources", map(line, vec![resource]))]);
    CloudFormationTemplate { file: Rc::clone(file), node, form }
}

fn planned(node: &Node) -> Option<MapEntry> {
    let written = node.get("type")?.text()?;
    let (_, kind) = TYPES.iter().find(|(known, _)| *known == written)?;
    let mut values = node.get("values")?.clone();
    let address = node.get("address")?.text()?;
    if let Tree::Map(entries) = &mut values.tree {
        entries.iter_mut().for_each(expand);
    }
    Some(entry(address, resource(kind, values)))
}

/// Replaces a document that is written as a text with what it says. The provider reports texts that are not JSON.
fn expand(entry: &mut MapEntry) {
    let parsed = entry.value.text().filter(|_| DOCUMENTS.contains(&entry.key.as_str())).map(json::parse);
    if let Some(Ok(node)) = parsed {
        entry.value = node.on_line(entry.line);
    }
}

fn resource(kind: &str, properties: Node) -> Node {
    let line = properties.line;
    let kind = Node { line, tree: Tree::Text(kind.to_owned()) };
    map(line, vec![entry("Type", kind), entry("Properties", properties)])
}

fn entry(key: &str, value: Node) -> MapEntry {
    MapEntry { key: key.to_owned(), line: value.line, value }
}

fn map(line: usize, entries: Vec<MapEntry>) -> Node {
    Node { line, tree: Tree::Map(entries) }
}
