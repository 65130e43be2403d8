//! Policies of IAM in a template: words that IAM knows, and a trust policy that lets ECS use the role.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>, read 2026-11.

use super::resources::texts;
use super::{TemplateChecker, reference};
use crate::check::finding::Finding;
use crate::config::{MapEntry, Node};

const VERSIONS: [&str; 2] = ["2012-10-17", "2008-10-17"];
const EFFECTS: [&str; 2] = ["Allow", "Deny"];

/// Who takes the roles of a task.
const TASKS: &str = "ecs-tasks.amazonaws.com";

impl TemplateChecker<'_> {
    pub(super) fn check_policies(&self, findings: &mut Vec<Finding>) {
        for node in self.template.node.descendants().into_iter().filter(|node| is_policy(node)) {
            findings.extend(self.word(node, "Version", &VERSIONS));
            for statement in node.get("Statement").map(texts).unwrap_or_default() {
                findings.extend(self.word(statement, "Effect", &EFFECTS));
            }
        }
        let mut seen: Vec<&str> = Vec::new();
        for (key, role) in self.roles_of_tasks() {
            if !seen.contains(&role.key.as_str()) {
                seen.push(&role.key);
                findings.extend(self.trust(key, role));
            }
        }
    }

    fn word(&self, node: &Node, key: &str, known: &[&str]) -> Option<Finding> {
        let entry = node.entries().iter().find(|entry| entry.key == key)?;
        let text = entry.value.text().filter(|text| !known.contains(text))?;
        let message = format!("'{text}' is not one of {}, and IAM refuses the policy", known.join(", "));
        let same = known.iter().find(|known| known.eq_ignore_ascii_case(text)).or(known.first())?;
        Some(self.finding(entry.line, key, message, format!("write {same}")))
    }

    /// Roles of the template that its task definitions name, and as what.
    fn roles_of_tasks(&self) -> Vec<(&'static str, &MapEntry)> {
        let mut roles = Vec::new();
        for resource in self.resources() {
            if self.kind_of(&resource.key) != Some("AWS::ECS::TaskDefinition") {
                continue;
            }
            let Some(properties) = resource.value.get("Properties") else { continue };
            for key in ["TaskRoleArn", "ExecutionRoleArn"] {
                let name = properties.get(key).and_then(reference).map(|(_, name)| name);
                let role = self.resources().iter().find(|resource| Some(resource.key.as_str()) == name);
                roles.extend(role.map(|role| (key, role)));
            }
        }
        roles
    }

    fn trust(&self, key: &str, role: &MapEntry) -> Option<Finding> {
        let document = role.value.get("Properties")?.entry("AssumeRolePolicyDocument")?;
        let statements = document.value.get("Statement").map(texts)?;
        let services: Vec<&Node> = statements
            .iter()
            .filter_map(|statement| statement.get("Principal")?.get("Service"))
            .flat_map(texts)
            .collect();
        // Services that are not known yet may be the right one.
        if services.is_empty()
            || services.iter().any(|node| node.text().is_none_or(|text| text.starts_with(TASKS)))
        {
            return None;
        }
        let first = services.first()?;
        let message = format!(
            "resource {}: is the {key} of a task, but trusts {} alone, so that ECS cannot use it",
            role.key,
            first.text().unwrap_or_default()
        );
        Some(self.finding(first.line, "Service", message, format!("write {TASKS}")))
    }
}

/// A map with statements in it.
fn is_policy(node: &Node) -> bool {
    node.entries().iter().any(|entry| entry.key == "Statement")
}
