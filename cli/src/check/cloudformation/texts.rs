//! `${…}` in texts: what `!Sub` cannot replace, and what nobody replaces for want of `!Sub`.

use super::{PSEUDO_PARAMETERS, TemplateChecker};
use crate::check::finding::{Finding, FindingSeverity};
use crate::check::variables;
use crate::config::{MapEntry, Node, Tree};
use crate::suggest::closest;

impl TemplateChecker<'_> {
    /// Reports `!Sub "${x}"` where x is neither a parameter nor a resource: among the options of a log driver it was
    /// probably meant for Fluent Bit.
    pub(super) fn check_substitutions(&self, findings: &mut Vec<Finding>) {
        let mut told: Vec<(usize, String)> = Vec::new();
        for node in self.template.node.descendants() {
            let is_firelens = node.text_of("logDriver") == Some("awsfirelens");
            let Some(options) = node.get("options").filter(|_| is_firelens) else { continue };
            for entry in options.entries() {
                for value in entry.value.descendants() {
                    self.check_option(entry, value, &mut told, findings);
                }
            }
        }
        // A transform may add names.
        if self.template.node.get("Transform").is_some() {
            return;
        }
        for node in self.template.node.descendants() {
            for name in self.unknown_in(node) {
                if told.contains(&(node.line, name.to_owned())) {
                    continue;
                }
                let known = self.names.iter().copied().chain(PSEUDO_PARAMETERS);
                let instead = closest(name, known).map_or_else(
                    || format!("add a parameter of that name, or write ${{!{name}}} for the text itself"),
                    |near| format!("did you mean ${{{near}}}?"),
                );
                let message = format!(
                    "the template has neither a parameter nor a resource '{name}', and CloudFormation refuses it"
                );
                findings.push(self.finding(node.line, "!Sub", message, instead));
            }
        }
    }

    fn check_option(
        &self,
        entry: &MapEntry,
        value: &Node,
        told: &mut Vec<(usize, String)>,
        findings: &mut Vec<Finding>,
    ) {
        for name in self.unknown_in(value) {
            told.push((value.line, name.to_owned()));
            let message = format!(
                "!Sub replaces ${{{name}}} itself, and there is neither a parameter nor a resource of that name: CloudFormation refuses the template"
            );
            let instead =
                format!("write $({name}) for a record's field, or ${{!{name}}} for a variable of the router");
            findings.push(self.finding(value.line, &entry.key, message, instead));
        }
    }

    /// The names in `!Sub` that are not known.
    fn unknown_in<'n>(&self, node: &'n Node) -> Vec<&'n str> {
        let Some((text, own)) = substitution(node) else { return Vec::new() };
        let is_known = |name: &str| {
            let base = name.split('.').next().unwrap_or(name);
            let is_pseudo =
                name.contains("::") && (!name.starts_with("AWS::") || PSEUDO_PARAMETERS.contains(&name));
            name.starts_with('!') || is_pseudo || self.names.contains(&base) || own.contains(&base)
        };
        variables::names(text).filter(|name| !is_known(name)).collect()
    }

    /// Reports the name of a parameter or a resource as `${name}` in a text without `!Sub`.
    pub(super) fn check_texts(&self, findings: &mut Vec<Finding>) {
        let resources = self.template.node.get("Resources");
        resources.into_iter().for_each(|node| self.check_text(node, findings));
    }

    fn check_text(&self, node: &Node, findings: &mut Vec<Finding>) {
        match &node.tree {
            Tree::Text(text) => findings.extend(self.literal(node, text)),
            Tree::Word(_) => {}
            Tree::List(items) => items.iter().for_each(|item| self.check_text(item, findings)),
            Tree::Function(name, _) if name == "Sub" => {}
            Tree::Function(_, given) => self.check_text(given, findings),
            Tree::Map(entries) => {
                // Fluent Bit fills in the options of a log driver from the router's environment.
                let is_skipped = |entry: &MapEntry| {
                    entry.key == "Fn::Sub"
                        || (entry.key.eq_ignore_ascii_case("options") && node.get("logDriver").is_some())
                };
                let entries = entries.iter().filter(|entry| !is_skipped(entry));
                entries.for_each(|entry| self.check_text(&entry.value, findings));
            }
        }
    }

    fn literal(&self, node: &Node, text: &str) -> Option<Finding> {
        let is_known = |name: &&str| {
            let base = name.split('.').next().unwrap_or(name);
            self.names.contains(&base) || PSEUDO_PARAMETERS.contains(name)
        };
        let name = variables::names(text).find(is_known)?;
        let message = format!("${{{name}}} stays as it is, because the text is not given to !Sub");
        let instead = format!("write !Sub \"{text}\"");
        let severity = FindingSeverity::Warning;
        Some(Finding::new(severity, &self.location(node.line), "!Sub", message, instead))
    }
}

/// The text of `!Sub text`, `!Sub [text, {name: value}]` or `{"Fn::Sub": …}`, and the names of the map.
pub(super) fn substitution(node: &Node) -> Option<(&str, Vec<&str>)> {
    let given = match &node.tree {
        Tree::Function(name, given) if name == "Sub" => &**given,
        Tree::Map(entries) => {
            entries.iter().find(|entry| entry.key == "Fn::Sub").map(|entry| &entry.value)?
        }
        _ => return None,
    };
    match given.items() {
        [text, map, ..] => {
            Some((text.text()?, map.entries().iter().map(|entry| entry.key.as_str()).collect()))
        }
        _ => Some((given.text()?, Vec::new())),
    }
}
