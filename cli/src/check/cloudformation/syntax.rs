//! The template itself: sections, the number of arguments of functions, and values that CloudFormation knows.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/>, read 2026-11.

use super::TemplateChecker;
use crate::check::finding::Finding;
use crate::config::{MapEntry, Node, Tree};
use crate::suggest::closest;

const SECTIONS: [&str; 10] = [
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
];

/// Attributes of a resource, beside its properties.
const POLICIES: [&str; 4] = ["Delete", "Retain", "RetainExceptOnCreate", "Snapshot"];

/// Types of parameters; those of AWS and of Systems Manager are many.
const PARAMETER_TYPES: [&str; 4] = ["String", "Number", "CommaDelimitedList", "List<Number>"];

/// Types of parameters whose values are ids or names in AWS; the first of each kind is the usual one.
const AWS_TYPES: [&str; 11] = [
    "AWS::EC2::AvailabilityZone::Name",
    "AWS::EC2::Image::Id",
    "AWS::EC2::Instance::Id",
    "AWS::EC2::KeyPair::KeyName",
    "AWS::EC2::SecurityGroup::Id",
    "AWS::EC2::SecurityGroup::GroupName",
    "AWS::EC2::Subnet::Id",
    "AWS::EC2::VPC::Id",
    "AWS::EC2::Volume::Id",
    "AWS::Route53::HostedZone::Id",
    "AWS::SSM::Parameter::Name",
];

/// Functions, how many arguments they take, and what those are.
const ARGUMENTS: [(&str, std::ops::RangeInclusive<usize>, &str); 5] = [
    ("If", 3..=3, "a condition, a value, and another"),
    ("Equals", 2..=2, "two values"),
    ("Join", 2..=2, "a delimiter and a list"),
    ("Select", 2..=2, "a position and a list"),
    ("FindInMap", 3..=4, "a mapping, a key and another"),
];

impl TemplateChecker<'_> {
    /// Reports what CloudFormation refuses before it looks at any resource.
    pub(super) fn check_syntax(&self, findings: &mut Vec<Finding>) {
        findings.extend(self.version());
        if self.template.node.get("Transform").is_none() {
            let entries = self.template.node.entries().iter();
            findings.extend(entries.filter_map(|entry| self.unknown_section(entry)));
        }
        let parameters = self.template.node.get("Parameters").map(Node::entries).unwrap_or_default();
        findings.extend(parameters.iter().filter_map(|parameter| self.parameter_type(parameter)));
        for resource in self.resources() {
            for key in ["DeletionPolicy", "UpdateReplacePolicy"] {
                findings.extend(resource.value.entry(key).and_then(|entry| self.policy(resource, entry)));
            }
        }
        for node in self.template.node.descendants() {
            findings.extend(self.arguments(node).or_else(|| self.attribute_missing(node)));
            findings.extend(self.small_function(node));
        }
    }

    fn version(&self) -> Option<Finding> {
        let entry = self.template.node.entry("AWSTemplateFormatVersion")?;
        let text = entry.value.text().filter(|text| *text != "2010-09-09")?;
        let message =
            format!("'{text}' is not a version of the format, and CloudFormation refuses the template");
        Some(self.finding(entry.line, &entry.key, message, "write \"2010-09-09\"".to_owned()))
    }

    fn unknown_section(&self, entry: &MapEntry) -> Option<Finding> {
        let key = entry.key.as_str();
        if SECTIONS.contains(&key) || key.starts_with("Fn::") || key == "<<" {
            return None;
        }
        let near = closest(key, SECTIONS)?;
        let message = "is not a section of a template, and CloudFormation refuses it".to_owned();
        Some(self.finding(entry.line, key, message, format!("did you mean {near}?")))
    }

    fn parameter_type(&self, parameter: &MapEntry) -> Option<Finding> {
        let Some(entry) = parameter.value.entry("Type") else {
            if parameter.value.entries().is_empty() {
                return None;
            }
            let message = format!("parameter {}: has no Type, and CloudFormation refuses it", parameter.key);
            return Some(self.finding(parameter.line, "Type", message, "write Type: String".to_owned()));
        };
        let text = entry.value.text()?;
        if PARAMETER_TYPES.contains(&text) {
            return None;
        }
        let (list, kind) = text.strip_prefix("List<").map_or(("", text), |rest| ("List<", rest));
        if kind.starts_with("AWS::") {
            return self.aws_type(parameter, entry, list, kind.trim_end_matches('>'));
        }
        let message = format!("parameter {}: there is no type '{text}'", parameter.key);
        let same = PARAMETER_TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(text));
        let near = same.or_else(|| closest(text, PARAMETER_TYPES)).unwrap_or("String");
        Some(self.finding(entry.line, "Type", message, format!("write {near}")))
    }

    /// A type of AWS whose last part is missing, so that there is none of that name.
    fn aws_type(&self, parameter: &MapEntry, entry: &MapEntry, list: &str, kind: &str) -> Option<Finding> {
        let start = format!("{kind}::");
        let whole = AWS_TYPES.into_iter().find(|known| known.starts_with(&start))?;
        let end = if list.is_empty() { "" } else { ">" };
        let message = format!("parameter {}: there is no type '{list}{kind}{end}'", parameter.key);
        Some(self.finding(entry.line, "Type", message, format!("write {list}{whole}{end}")))
    }

    fn policy(&self, resource: &MapEntry, entry: &MapEntry) -> Option<Finding> {
        let text = entry.value.text().filter(|text| !POLICIES.contains(text))?;
        let message = format!("resource {}: '{text}' is not one of {}", resource.key, POLICIES.join(", "));
        let near = closest(text, POLICIES).unwrap_or("Retain");
        Some(self.finding(entry.line, &entry.key, message, format!("write {near}")))
    }

    fn arguments(&self, node: &Node) -> Option<Finding> {
        let (name, given) = function(node)?;
        let (_, count, what) = ARGUMENTS.iter().find(|(known, ..)| *known == name)?;
        let items = match &given.tree {
            Tree::List(items) => items,
            _ => return None,
        };
        let is_wrong_list = name == "Join" && items.get(1).is_some_and(|list| list.text().is_some());
        if count.contains(&items.len()) && !is_wrong_list {
            return None;
        }
        let message =
            format!("has {} arguments or others than it takes, and CloudFormation refuses it", items.len());
        Some(self.finding(node.line, &format!("!{name}"), message, format!("write {what}")))
    }

    fn attribute_missing(&self, node: &Node) -> Option<Finding> {
        let (name, given) = function(node)?;
        let text = given.text().filter(|text| name == "GetAtt" && !text.contains('.'))?;
        let message = format!("names no attribute of {text}, and CloudFormation refuses it");
        Some(self.finding(node.line, "!GetAtt", message, format!("write !GetAtt {text}.Arn, or !Ref {text}")))
    }

    /// `ref:` and `fn::sub:`, which CloudFormation takes for properties.
    fn small_function(&self, node: &Node) -> Option<Finding> {
        let [entry] = node.entries() else { return None };
        let meant = match entry.key.as_str() {
            key if key != "Ref" && key.eq_ignore_ascii_case("Ref") && entry.value.text().is_some() => {
                "Ref".to_owned()
            }
            key => {
                let (head, name) = key.split_once(':')?;
                let name = name.trim_start_matches(':');
                let is_function = head.eq_ignore_ascii_case("Fn") && !key.starts_with("Fn::");
                let known = super::FUNCTIONS.into_iter().find(|known| known.eq_ignore_ascii_case(name));
                format!("Fn::{}", known.filter(|_| is_function)?)
            }
        };
        let message = "is taken for a property, and not for a function".to_owned();
        Some(self.finding(entry.line, &entry.key, message, format!("write {meant}")))
    }
}

/// The function that a node calls, and what it is given.
fn function(node: &Node) -> Option<(&str, &Node)> {
    match &node.tree {
        Tree::Function(name, given) => Some((name, given)),
        Tree::Map(entries) => match entries.as_slice() {
            [entry] => Some((entry.key.strip_prefix("Fn::")?, &entry.value)),
            _ => None,
        },
        _ => None,
    }
}
