//! Conditions, mappings and dependencies that the template does not have.

use super::TemplateChecker;
use super::resources::texts;
use crate::check::finding::Finding;
use crate::config::{MapEntry, Node, Tree};
use crate::suggest::closest;

impl TemplateChecker<'_> {
    /// Reports every name that nothing in the template has.
    pub(super) fn check_names(&self, findings: &mut Vec<Finding>) {
        let conditions = self.keys("Conditions");
        let mappings = self.keys("Mappings");
        let resources = self.keys("Resources");
        for section in ["Resources", "Outputs"].iter().filter_map(|key| self.template.node.get(key)) {
            for item in section.entries() {
                let condition = item.value.entries().iter().find(|entry| entry.key == "Condition");
                findings.extend(
                    condition
                        .and_then(|entry| self.unknown("Condition", &entry.value, "condition", &conditions)),
                );
                let needed =
                    item.value.entry("DependsOn").map(|entry| texts(&entry.value)).unwrap_or_default();
                findings.extend(
                    needed.iter().filter_map(|name| self.unknown("DependsOn", name, "resource", &resources)),
                );
            }
        }
        for node in self.template.node.descendants() {
            findings.extend(
                first_of(node, "If").and_then(|name| self.unknown("!If", name, "condition", &conditions)),
            );
            findings.extend(
                first_of(node, "FindInMap")
                    .and_then(|name| self.unknown("!FindInMap", name, "mapping", &mappings)),
            );
        }
    }

    fn keys(&self, section: &str) -> Vec<&str> {
        let entries = self.template.node.get(section).map(Node::entries).unwrap_or_default();
        entries.iter().map(|entry| entry.key.as_str()).collect()
    }

    fn unknown(&self, key: &str, name: &Node, what: &str, known: &[&str]) -> Option<Finding> {
        let text = name.text().filter(|text| !known.contains(text))?;
        let instead = closest(text, known.iter().copied())
            .map_or_else(|| format!("add a {what} of that name"), |near| format!("did you mean {near}?"));
        let message = format!("the template has no {what} '{text}', and CloudFormation refuses it");
        Some(self.finding(name.line, key, message, instead))
    }
}

/// The first argument of a function, in its short or long form.
fn first_of<'n>(node: &'n Node, function: &str) -> Option<&'n Node> {
    let given = match &node.tree {
        Tree::Function(name, given) if name == function => given,
        Tree::Map(entries) => {
            let is_it = |entry: &&MapEntry| entry.key.strip_prefix("Fn::") == Some(function);
            &entries.iter().find(is_it)?.value
        }
        _ => return None,
    };
    given.items().first()
}
