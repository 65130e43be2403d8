//! Statements of IAM policies: their elements, and resources on which none of the actions works.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html> and
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/>, read 2026-11.

use super::properties::attribute;
use super::resources::texts;
use super::texts::substitution;
use super::{TemplateChecker, reference};
use crate::check::finding::Finding;
use crate::check::values::{is_account, is_region, region_meant};
use crate::config::{MapEntry, Node, Tree};
use crate::suggest::closest;

const ELEMENTS: [&str; 9] = [
    "Action",
    "Condition",
    "Effect",
    "NotAction",
    "NotPrincipal",
    "NotResource",
    "Principal",
    "Resource",
    "Sid",
];

/// Services whose actions work on their own resources alone.
const SERVICES: [&str; 9] =
    ["logs", "s3", "sqs", "sns", "firehose", "kinesis", "secretsmanager", "ecr", "events"];

/// Other services that an ARN may be of by mistake.
const OTHER_SERVICES: [&str; 5] = ["iam", "kms", "ssm", "ecs", "lambda"];

/// What the last part of an ARN begins with, and an example.
struct ResourceForm {
    service: &'static str,
    starts: &'static [&'static str],
    example: &'static str,
}

const FORMS: [ResourceForm; 5] = [
    ResourceForm {
        service: "logs",
        starts: &["log-group", "destination", "delivery", "anomaly-detector", "scheduled-query"],
        example: "log-group:/ecs/web:*",
    },
    ResourceForm { service: "firehose", starts: &["deliverystream/"], example: "deliverystream/NAME" },
    ResourceForm { service: "kinesis", starts: &["stream/"], example: "stream/NAME" },
    ResourceForm { service: "ecr", starts: &["repository/"], example: "repository/NAME" },
    ResourceForm { service: "secretsmanager", starts: &["secret:"], example: "secret:NAME-??????" },
];

/// Signs in a part of an ARN that fit more than one text, or that CloudFormation replaces.
const OPEN: [char; 3] = ['*', '?', '$'];

/// Actions of S3 on objects.
const OBJECT_ACTIONS: [&str; 7] = [
    "s3:PutObject",
    "s3:GetObject",
    "s3:DeleteObject",
    "s3:PutObjectAcl",
    "s3:PutObjectTagging",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
];

/// Actions of CloudWatch Logs on streams.
const STREAM_ACTIONS: [&str; 2] = ["logs:PutLogEvents", "logs:GetLogEvents"];

impl TemplateChecker<'_> {
    /// Reports statements that IAM refuses, or that allow nothing.
    pub(super) fn check_statements(&self, findings: &mut Vec<Finding>) {
        for node in self.template.node.descendants().into_iter().filter(|node| is_statement(node)) {
            let unknown: Vec<Finding> =
                node.entries().iter().filter_map(|entry| self.element(entry)).collect();
            if unknown.is_empty() {
                findings.extend(self.missing(node));
            }
            findings.extend(unknown);
            findings.extend(self.parts(node));
            let Some(entry) = node.entries().iter().find(|entry| entry.key == "Resource") else { continue };
            let actions = actions(node);
            let resources = choices(&entry.value);
            findings.extend(resources.iter().filter_map(|given| self.resource(given, &actions)));
            findings.extend(self.buckets(entry, &resources, &actions));
            findings.extend(self.groups(&resources, &actions));
        }
    }

    fn element(&self, entry: &MapEntry) -> Option<Finding> {
        let key = entry.key.as_str();
        if ELEMENTS.contains(&key) || entry.is_intrinsic() {
            return None;
        }
        let message = "IAM knows no such element of a statement, and refuses the policy".to_owned();
        let instead = closest(key, ELEMENTS)
            .map_or_else(|| format!("write one of {}", ELEMENTS.join(", ")), |near| format!("write {near}"));
        Some(self.finding(entry.line, key, message, instead))
    }

    fn missing(&self, node: &Node) -> Option<Finding> {
        let has = |names: &[&str]| node.entries().iter().any(|entry| names.contains(&entry.key.as_str()));
        let is_open = node.entries().iter().any(|entry| entry.is_intrinsic());
        let of_role = !has(&["Principal", "NotPrincipal"]);
        let missing = match () {
            () if is_open => return None,
            () if !has(&["Effect"]) => "Effect",
            () if !has(&["Action", "NotAction"]) => "Action",
            () if of_role && !has(&["Resource", "NotResource"]) => "Resource",
            () => return None,
        };
        let message = "is missing in the statement, and IAM refuses the policy".to_owned();
        let instead = if missing == "Effect" { "write Effect: Allow" } else { "add it" };
        Some(self.finding(node.line, missing, message, instead.to_owned()))
    }

    /// What is wrong with one resource of a statement.
    fn resource(&self, node: &Node, actions: &[&str]) -> Option<Finding> {
        let text = written(node)?;
        if text.starts_with(['*', '$']) || text.contains("{{") {
            return None;
        }
        let (message, instead) = match WrittenArn::read(&text) {
            Some(arn) => arn.problem(actions).map(|(what, instead)| (format!("'{text}' {what}"), instead)),
            None if text.starts_with("arn:") && (text.contains('$') || text.ends_with(":*")) => None,
            None => Some((
                format!("'{text}' is not an ARN, and IAM refuses the policy"),
                "write an ARN such as arn:aws:s3:::my-logs/*, or \"*\"".to_owned(),
            )),
        }?;
        Some(self.finding(node.line, "Resource", message, instead))
    }

    /// Reports a bucket where objects are meant.
    fn buckets(&self, entry: &MapEntry, resources: &[&Node], actions: &[&str]) -> Option<Finding> {
        let action = actions.iter().find(|action| OBJECT_ACTIONS.contains(action))?;
        if resources.is_empty() || !resources.iter().all(|node| self.is_bucket(node)) {
            return None;
        }
        let message = format!("is a bucket, and {action} works on objects: it allows nothing");
        Some(self.finding(entry.line, &entry.key, message, "write the ARN with /* at its end".to_owned()))
    }

    fn is_bucket(&self, node: &Node) -> bool {
        if attribute(node) == Some("Arn") {
            let kind = reference(node).and_then(|(_, name)| self.kind_of(name));
            return kind == Some("AWS::S3::Bucket");
        }
        // `!Sub ${Bucket.Arn}` is the same.
        let alone = substitution(node).and_then(|(text, _)| text.strip_prefix("${")?.strip_suffix(".Arn}"));
        if let Some(name) = alone {
            return self.kind_of(name) == Some("AWS::S3::Bucket");
        }
        let name = written(node).and_then(|text| text.strip_prefix("arn:aws:s3:::").map(str::to_owned));
        name.is_some_and(|name| !name.contains(['/', '*', '?', '$']))
    }

    /// Reports the ARN of a log group where its streams are meant.
    fn groups(&self, resources: &[&Node], actions: &[&str]) -> Option<Finding> {
        let action = actions.iter().find(|action| STREAM_ACTIONS.contains(action))?;
        let texts: Vec<String> = resources.iter().filter_map(|node| written(node)).collect();
        let has_streams = |text: &str| texts.iter().any(|other| other.starts_with(&format!("{text}:")));
        let is_group = |text: &str| {
            let name = text.split_once(":log-group:").map(|(_, name)| name);
            name.is_some_and(|name| !name.contains(':') && !name.ends_with(['*', '$'])) && !has_streams(text)
        };
        let node = resources.iter().find(|node| written(node).is_some_and(|text| is_group(&text)))?;
        let text = written(node)?;
        let message =
            format!("'{text}' is the log group, and {action} works on its streams: it allows nothing");
        Some(self.finding(node.line, "Resource", message, format!("write {text}:*")))
    }
}

/// Whether it allows or denies something.
pub(super) fn is_statement(node: &Node) -> bool {
    let has = |name: &str| node.entries().iter().any(|entry| entry.key.eq_ignore_ascii_case(name));
    let has_action = has("Action") || has("Actions") || has("NotAction");
    (has("Effect") && (has_action || has("Resource") || has("Principal"))) || (has_action && has("Resource"))
}

/// The actions of a statement that are known.
pub(super) fn actions(statement: &Node) -> Vec<&str> {
    let entry = statement.entries().iter().find(|entry| entry.key == "Action");
    entry.map(|entry| choices(&entry.value)).unwrap_or_default().into_iter().filter_map(Node::text).collect()
}

/// The items of a list, whichever way `!If` decides.
pub(super) fn choices(node: &Node) -> Vec<&Node> {
    let branches = match &node.tree {
        Tree::Function(name, given) if name == "If" => Some(given.items()),
        Tree::Map(entries) => match entries.as_slice() {
            [entry] if entry.key == "Fn::If" => Some(entry.value.items()),
            _ => None,
        },
        _ => None,
    };
    match branches {
        Some(branches) => branches.iter().skip(1).flat_map(choices).collect(),
        None if matches!(node.tree, Tree::List(_)) => node.items().iter().flat_map(choices).collect(),
        None => texts(node),
    }
}

/// The text of a node, with `$` where CloudFormation fills something in.
pub(super) fn written(node: &Node) -> Option<String> {
    let text = node.text().or_else(|| substitution(node).map(|(text, _)| text))?;
    let mut parts = text.split("${");
    let mut known = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        known.push('$');
        known.push_str(part.split_once('}').map_or("", |(_, behind)| behind));
    }
    Some(known)
}

/// The parts of an ARN that tell what it is of.
pub(super) struct WrittenArn<'t> {
    pub(super) service: &'t str,
    region: &'t str,
    account: &'t str,
    pub(super) rest: &'t str,
}

impl<'t> WrittenArn<'t> {
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts.as_slice() {
            ["arn", _, service, region, account, rest] => Some(Self { service, region, account, rest }),
            _ => None,
        }
    }

    /// What is wrong with it, and what to write.
    fn problem(&self, actions: &[&str]) -> Option<(String, String)> {
        let place = || self.bucket_of_place();
        let form = || self.other_form();
        let region = || self.unknown_region();
        let account = || self.no_account();
        self.other_service(actions).or_else(place).or_else(form).or_else(region).or_else(account)
    }

    /// Whether the actions are of another service, and none of them can work on it.
    fn other_service(&self, actions: &[&str]) -> Option<(String, String)> {
        let of_action = |action: &&'_ str| action.split_once(':').map(|(service, _)| service.to_owned());
        let services: Vec<String> = actions.iter().map(of_action).collect::<Option<_>>()?;
        let is_own = services.iter().all(|service| SERVICES.contains(&service.as_str()));
        let is_known = SERVICES.contains(&self.service) || OTHER_SERVICES.contains(&self.service);
        if !is_own || !is_known || services.iter().any(|service| service == self.service) {
            return None;
        }
        let actions = services.first()?;
        let what =
            format!("is of {}, and the actions are of {actions}, so that nothing is allowed", self.service);
        Some((what, format!("write an ARN of {actions}")))
    }

    fn bucket_of_place(&self) -> Option<(String, String)> {
        let others = ["accesspoint", "storage-lens", "job", "access-grants"];
        let is_bucket = self.service == "s3" && !others.iter().any(|start| self.rest.starts_with(start));
        let has_place = [self.region, self.account].iter().any(|part| !part.trim_matches('*').is_empty());
        let instead = format!("write arn:aws:s3:::{}", self.rest);
        (is_bucket && has_place)
            .then(|| ("has a region or an account, and the ARN of a bucket has neither".to_owned(), instead))
    }

    fn other_form(&self) -> Option<(String, String)> {
        let form = FORMS.iter().find(|form| form.service == self.service)?;
        if let Some(name) = self.rest.strip_prefix("log-group/").filter(|_| self.service == "logs") {
            let what = "has log-group/ in the place of log-group:, so that nothing is allowed".to_owned();
            return Some((what, format!("write log-group:/{name}")));
        }
        let is_right =
            self.rest.starts_with(['*', '$']) || form.starts.iter().any(|start| self.rest.starts_with(start));
        let what = format!("is not the ARN of anything in {}", self.service);
        let instead = format!("write arn:aws:{}:REGION:ACCOUNT:{}", self.service, form.example);
        (!is_right).then_some((what, instead))
    }

    fn unknown_region(&self) -> Option<(String, String)> {
        let is_open = self.region.contains(OPEN);
        let what = format!("has the region '{}', which is not one known in 2026-11", self.region);
        let meant = region_meant(self.region);
        let instead = if meant.starts_with("did") { meant } else { "write for example eu-west-1".to_owned() };
        (!is_open && !is_region(self.region)).then_some((what, instead))
    }

    fn no_account(&self) -> Option<(String, String)> {
        let is_open = self.account.is_empty() || self.account == "aws" || self.account.contains(OPEN);
        let what = format!("has the account '{}', which has not twelve digits", self.account);
        (!is_open && !is_account(self.account))
            .then(|| (what, "write the twelve digits of the account".to_owned()))
    }
}

#[cfg(test)]
mod tests;
