//! Resources: types and properties that do not exist, and values that a property does not take.

use super::{TemplateChecker, reference};
use crate::check::finding::{Finding, FindingSeverity};
use crate::check::task::capitalised;
use crate::config::{MapEntry, Node, Tree};
use crate::suggest::closest;

const TASK_DEFINITION: &str = "AWS::ECS::TaskDefinition";

/// What `RetentionInDays` may be.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html>, read 2026-11.
const RETENTIONS: [u64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

impl TemplateChecker<'_> {
    /// Reports resources whose `Type` and `Properties` begin with small letters.
    pub(super) fn check_resources(&self, findings: &mut Vec<Finding>) {
        for resource in self.resources() {
            findings.extend(self.misspelt(resource));
            let is_small = |entry: &&MapEntry| matches!(entry.key.as_str(), "type" | "properties");
            let Some(entry) = resource.value.entries().iter().find(is_small) else { continue };
            let message = format!("resource {}: CloudFormation does not know this property", resource.key);
            let instead = format!("write {}", capitalised(&entry.key));
            findings.push(self.finding(entry.line, &entry.key, message, instead));
        }
    }

    /// Reports a type that is almost the task definition's.
    fn misspelt(&self, resource: &MapEntry) -> Option<Finding> {
        let entry = resource.value.entry("Type")?;
        let text = entry.value.text()?;
        let has_containers =
            resource.value.get("Properties").is_some_and(|node| node.get("ContainerDefinitions").is_some());
        let is_meant = closest(text, [TASK_DEFINITION]).is_some()
            || (has_containers && text.starts_with("AWS::ECS::") && !text.contains("Daemon"));
        if text == TASK_DEFINITION || !is_meant {
            return None;
        }
        let message = format!("resource {}: there is no '{text}'", resource.key);
        Some(self.finding(entry.line, &entry.key, message, format!("write {TASK_DEFINITION}")))
    }

    /// Reports values of properties that CloudFormation, or the service behind it, refuses.
    pub(super) fn check_properties(&self, findings: &mut Vec<Finding>) {
        for resource in self.resources() {
            let Some(properties) = resource.value.get("Properties") else { continue };
            findings.extend(self.retention(resource, properties));
            for key in ["TaskRoleArn", "ExecutionRoleArn"] {
                findings.extend(properties.entry(key).and_then(|entry| self.role_name(resource, entry)));
            }
        }
        let parameters = self.template.node.get("Parameters").map(Node::entries).unwrap_or_default();
        findings.extend(parameters.iter().filter_map(|parameter| self.default(parameter)));
        for node in self.template.node.descendants() {
            findings.extend(node.entry("awslogs-group").and_then(|entry| self.group_arn(entry)));
        }
    }

    /// A default that the parameter itself does not allow.
    fn default(&self, parameter: &MapEntry) -> Option<Finding> {
        let entry = parameter.value.entry("Default")?;
        let text = entry.value.text()?;
        let allowed = parameter.value.items_of("AllowedValues");
        let allowed: Vec<&str> = allowed.iter().filter_map(Node::text).collect();
        if allowed.is_empty() {
            let message = format!("parameter {}: '{text}' {}", parameter.key, constraint(parameter, text)?);
            return Some(self.finding(
                entry.line,
                &entry.key,
                message,
                "write one that it allows".to_owned(),
            ));
        }
        if allowed.contains(&text) {
            return None;
        }
        let message = format!("parameter {}: '{text}' is not one of its AllowedValues", parameter.key);
        Some(self.finding(entry.line, &entry.key, message, format!("write one of {}", allowed.join(", "))))
    }

    fn retention(&self, resource: &MapEntry, properties: &Node) -> Option<Finding> {
        if self.kind_of(&resource.key) != Some("AWS::Logs::LogGroup") {
            return None;
        }
        let entry = properties.entry("RetentionInDays")?;
        let text = entry.value.text()?;
        let Ok(days) = text.parse::<u64>() else {
            let message = format!("resource {}: '{text}' is not a number of days", resource.key);
            return Some(self.finding(entry.line, &entry.key, message, "write for example 30".to_owned()));
        };
        if RETENTIONS.contains(&days) {
            return None;
        }
        let near = RETENTIONS.into_iter().find(|allowed| *allowed > days).unwrap_or(3653);
        let message = format!("resource {}: CloudWatch has no retention of {days} days", resource.key);
        Some(self.finding(entry.line, &entry.key, message, format!("write {near}")))
    }

    /// `!Ref` of a role is its name.
    fn role_name(&self, resource: &MapEntry, entry: &MapEntry) -> Option<Finding> {
        let (function, name) = reference(&entry.value)?;
        if function != "Ref" || self.kind_of(name) != Some("AWS::IAM::Role") {
            return None;
        }
        let message = format!("resource {}: !Ref {name} is the name of the role, not its ARN", resource.key);
        let instead = format!("write !GetAtt {name}.Arn");
        let severity = FindingSeverity::Warning;
        Some(Finding::new(severity, &self.location(entry.line), &entry.key, message, instead))
    }

    /// `!GetAtt Group.Arn` where the driver awslogs wants the name.
    fn group_arn(&self, entry: &MapEntry) -> Option<Finding> {
        let (function, name) = reference(&entry.value)?;
        if function != "GetAtt" || self.kind_of(name) != Some("AWS::Logs::LogGroup") {
            return None;
        }
        let message = "is the ARN of the log group, and the log driver awslogs wants its name".to_owned();
        Some(self.finding(entry.line, &entry.key, message, format!("write !Ref {name}")))
    }
}

/// What another constraint of the parameter says against a default.
fn constraint(parameter: &MapEntry, text: &str) -> Option<String> {
    let limit = |key: &str| parameter.value.get(key)?.text()?.parse::<f64>().ok();
    let number = text.parse::<f64>().ok();
    let length = f64::from(u32::try_from(text.chars().count()).ok()?);
    let is_below =
        |key: &str, value: Option<f64>| limit(key).zip(value).is_some_and(|(limit, value)| value < limit);
    let is_above =
        |key: &str, value: Option<f64>| limit(key).zip(value).is_some_and(|(limit, value)| value > limit);
    let broken = match () {
        () if is_below("MinValue", number) => "MinValue",
        () if is_above("MaxValue", number) => "MaxValue",
        () if is_below("MinLength", Some(length)) => "MinLength",
        () if is_above("MaxLength", Some(length)) => "MaxLength",
        () => {
            let pattern = parameter.value.get("AllowedPattern")?.text()?;
            // Patterns are those of Java, which knows more.
            let pattern = regex::Regex::new(&format!("^(?:{pattern})$")).ok()?;
            return (!pattern.is_match(text)).then(|| "does not match its AllowedPattern".to_owned());
        }
    };
    Some(format!("is not allowed by its {broken}"))
}

/// The texts of a text or a list of texts.
pub(super) fn texts(node: &Node) -> Vec<&Node> {
    match &node.tree {
        Tree::List(items) => items.iter().collect(),
        _ => vec![node],
    }
}
