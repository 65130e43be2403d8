//! Policies of IAM in a template: words that IAM knows, and a trust policy that lets ECS use the role.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>, read 2026-11.

use super::principals::misspelt;
use super::resources::texts;
use super::statements::{choices, written};
use super::{TemplateChecker, reference};
use crate::check::finding::Finding;
use crate::config::{MapEntry, Node};

const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];
const EFFECTS: [&str; 2] = ["Allow", "Deny"];

/// Managed policies of ECS, with the path that belongs to the name:
/// <https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html>, read 2026-11.
const MANAGED: [&str; 5] = [
    "service-role/AmazonECSTaskExecutionRolePolicy",
    "service-role/AmazonEC2ContainerServiceforEC2Role",
    "service-role/AmazonEC2ContainerServiceEventsRole",
    "service-role/AmazonEC2ContainerServiceRole",
    "AmazonECS_FullAccess",
];

/// Who takes the roles of a task.
const TASKS: &str = "ecs-tasks.amazonaws.com";

/// A role, and who has to be able to use it.
struct RoleUser<'t> {
    role: &'t MapEntry,
    /// The property that names it, and of what.
    key: &'static str,
    what: &'static str,
    /// As policies name the service, and as people do.
    service: &'static str,
    who: &'static str,
}

impl TemplateChecker<'_> {
    pub(super) fn check_policies(&self, findings: &mut Vec<Finding>) {
        for node in self.template.node.descendants().into_iter().filter(|node| is_policy(node)) {
            findings.extend(self.word(node, "Version", &VERSIONS));
            for statement in node.get("Statement").map(texts).unwrap_or_default() {
                findings.extend(self.word(statement, "Effect", &EFFECTS));
            }
        }
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for user in self.users_of_roles() {
            if !seen.contains(&(user.service, &user.role.key)) {
                seen.push((user.service, &user.role.key));
                findings.extend(self.trust(&user));
            }
        }
    }

    /// Policies of AWS that do not exist under the path that is written.
    pub(super) fn check_managed(&self, findings: &mut Vec<Finding>) {
        for role in self.resources().iter().filter(|role| self.kind_of(&role.key) == Some("AWS::IAM::Role")) {
            let managed =
                role.value.get("Properties").and_then(|properties| properties.get("ManagedPolicyArns"));
            for node in managed.map(choices).unwrap_or_default() {
                findings.extend(self.managed(role, node));
            }
        }
    }

    fn managed(&self, role: &MapEntry, node: &Node) -> Option<Finding> {
        let text = written(node)?;
        let (_, given) = text.split_once(":iam::aws:policy/")?;
        let name = |path: &'_ str| path.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
        let right =
            MANAGED.into_iter().find(|known| name(known) == name(given)).filter(|known| *known != given)?;
        let message = format!("{}AWS has no policy '{given}', and the stack fails", self.subject(role));
        Some(self.finding(node.line, "ManagedPolicyArns", message, format!("write policy/{right}")))
    }

    fn word(&self, node: &Node, key: &str, known: &[&str]) -> Option<Finding> {
        let entry = node.entries().iter().find(|entry| entry.key == key)?;
        let text = entry.value.text().filter(|text| !known.contains(text))?;
        let message = format!("'{text}' is not one of {}, and IAM refuses the policy", known.join(", "));
        let same = known.iter().find(|known| known.eq_ignore_ascii_case(text)).or(known.first())?;
        Some(self.finding(entry.line, key, message, format!("write {same}")))
    }

    /// Roles of the template that its task definitions and its rules name, and as what.
    fn users_of_roles(&self) -> Vec<RoleUser<'_>> {
        let mut users = Vec::new();
        for resource in self.resources() {
            let Some(properties) = resource.value.get("Properties") else { continue };
            match self.kind_of(&resource.key) {
                Some("AWS::ECS::TaskDefinition") => {
                    let of = |key| self.user(properties, key, "a task", TASKS, "ECS");
                    users.extend(["TaskRoleArn", "ExecutionRoleArn"].into_iter().filter_map(of));
                }
                Some("AWS::Events::Rule") => {
                    let targets = properties.get("Targets").map(texts).unwrap_or_default().into_iter();
                    users.extend(targets.filter_map(|target| {
                        self.user(target, "RoleArn", "a target", "events.amazonaws.com", "EventBridge")
                    }));
                }
                _ => {}
            }
        }
        users
    }

    fn user(
        &self,
        node: &Node,
        key: &'static str,
        what: &'static str,
        service: &'static str,
        who: &'static str,
    ) -> Option<RoleUser<'_>> {
        let (_, name) = node.get(key).and_then(reference)?;
        let role = self.resources().iter().find(|resource| resource.key == name)?;
        Some(RoleUser { role, key, what, service, who })
    }

    fn trust(&self, user: &RoleUser<'_>) -> Option<Finding> {
        let RoleUser { role, key, what, service, who } = user;
        let document = role.value.get("Properties")?.entry("AssumeRolePolicyDocument")?;
        let statements = document.value.get("Statement").map(texts)?;
        let services: Vec<&Node> = statements
            .iter()
            .filter_map(|statement| statement.get("Principal")?.get("Service"))
            .flat_map(texts)
            .collect();
        // A misspelt service is reported by itself.
        let is_right = |text: &str| text.starts_with(service) || misspelt(text).is_some();
        // Services that are not known yet may be the right one.
        if services.is_empty() || services.iter().any(|node| node.text().is_none_or(is_right)) {
            return None;
        }
        let first = services.first()?;
        let message = format!(
            "resource {}: is the {key} of {what}, but trusts {} alone, so that {who} cannot use it",
            role.key,
            first.text().unwrap_or_default()
        );
        Some(self.finding(first.line, "Service", message, format!("write {service}")))
    }
}

/// A map with statements in it.
fn is_policy(node: &Node) -> bool {
    node.entries().iter().any(|entry| entry.key == "Statement")
}
