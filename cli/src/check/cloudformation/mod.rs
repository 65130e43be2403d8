//! Templates of CloudFormation, and what has the shape of one: plans of Terraform, IAM policies and event patterns.
//!
//! Owns: what CloudFormation, IAM and EventBridge refuse or take otherwise than it was meant. Does not own: the task
//! definitions inside, which `task` checks.

mod actions;
mod delivery;
mod denials;
mod elements;
mod granted_resources;
mod grants;
mod names;
mod patterns;
mod policies;
mod principals;
mod properties;
mod references;
mod resources;
mod statements;
mod syntax;
mod texts;
mod values;

use std::rc::Rc;

use crate::check::finding::{Finding, FindingSeverity};
use crate::config::{
    CloudFormationTemplate, Configuration, DYNAMIC_REFERENCE, Location, MapEntry, Node, Section,
    TemplateForm, Tree,
};
use crate::suggest::closest;

/// Every function, as a tag (`!Ref`) or with `Fn::`; with those of rules and of the transform LanguageExtensions.
const FUNCTIONS: [&str; 28] = [
    "Ref",
    "Condition",
    "And",
    "Base64",
    "Cidr",
    "Contains",
    "EachMemberEquals",
    "EachMemberIn",
    "Equals",
    "FindInMap",
    "ForEach",
    "GetAZs",
    "GetAtt",
    "GetStackOutput",
    "If",
    "ImportValue",
    "Join",
    "Length",
    "Not",
    "Or",
    "RefAll",
    "Select",
    "Split",
    "Sub",
    "ToJsonString",
    "Transform",
    "ValueOf",
    "ValueOfAll",
];

/// Checks every template of a file. `ours` are the plugin's outputs of the whole deployment.
pub(super) fn check(configuration: &Configuration, ours: &[&Section], findings: &mut Vec<Finding>) {
    for template in &configuration.templates {
        let checker = TemplateChecker { template, names: names(&template.node) };
        let before = findings.len();
        checker.check_actions(findings);
        checker.check_policies(findings);
        checker.check_statements(findings);
        checker.check_principals(findings);
        checker.check_patterns(findings);
        if template.form != TemplateForm::CloudFormation {
            checker.name_resource(findings, before);
            continue;
        }
        checker.check_managed(findings);
        checker.check_functions(findings);
        checker.check_resources(findings);
        checker.check_substitutions(findings);
        checker.check_texts(findings);
        checker.check_properties(findings);
        checker.check_property_names(findings);
        checker.check_attributes(findings);
        checker.check_syntax(findings);
        checker.check_kinds_of_reference(findings);
        checker.check_values(findings);
        // A transform or an include may add names.
        if template.node.get("Transform").is_none() {
            checker.check_references(findings);
            checker.check_names(findings);
            checker.check_delivery(findings);
            checker.check_grants(ours, findings);
        }
    }
}

struct TemplateChecker<'t> {
    template: &'t CloudFormationTemplate,
    /// Parameters and resources, which `!Sub` knows.
    names: Vec<&'t str>,
}

fn names(template: &Node) -> Vec<&str> {
    let sections = ["Parameters", "Resources"].into_iter().filter_map(|key| template.get(key));
    sections.flat_map(Node::entries).map(|entry| entry.key.as_str()).collect()
}

impl TemplateChecker<'_> {
    /// Reports every function that does not exist, once by name.
    fn check_functions(&self, findings: &mut Vec<Finding>) {
        let mut seen: Vec<&str> = Vec::new();
        for node in self.template.node.descendants() {
            let name = match &node.tree {
                Tree::Function(name, _) => Some(name.as_str()),
                Tree::Map(entries) => entries.iter().find_map(|entry| entry.key.strip_prefix("Fn::")),
                _ => None,
            };
            // `Fn::ForEach::Name` and `!GetAtt.x` have more after the name.
            let name = name.map(|name| name.split([':', '.']).next().unwrap_or(name));
            let is_known = |name: &str| FUNCTIONS.contains(&name) || name == DYNAMIC_REFERENCE;
            let Some(name) = name.filter(|name| !is_known(name) && !seen.contains(name)) else { continue };
            seen.push(name);
            let instead = match closest(name, FUNCTIONS) {
                Some(near) => format!("did you mean !{near}?"),
                None => "write one of CloudFormation's functions, such as !Ref or !Sub".to_owned(),
            };
            let message = "CloudFormation has no such function";
            findings.push(self.finding(node.line, &format!("!{name}"), message.to_owned(), instead));
        }
    }

    /// Reports what is referred to and is nowhere in the template, once by name.
    fn check_references(&self, findings: &mut Vec<Finding>) {
        let mut seen: Vec<&str> = Vec::new();
        for node in self.template.node.descendants() {
            let Some((function, name)) = reference(node) else { continue };
            let is_known = self.names.contains(&name) || name.contains(['$', '{']) || seen.contains(&name);
            if is_known || (name.starts_with("AWS::") && PSEUDO_PARAMETERS.contains(&name)) {
                continue;
            }
            seen.push(name);
            let known = self.names.iter().copied().chain(PSEUDO_PARAMETERS);
            let instead = closest(name, known).map_or_else(
                || "add a parameter or a resource of that name".to_owned(),
                |near| format!("did you mean {near}?"),
            );
            let message = format!("the template has neither a parameter nor a resource '{name}'");
            findings.push(self.finding(node.line, &format!("!{function}"), message, instead));
        }
    }

    fn finding(&self, line: usize, key: &str, message: String, instead: String) -> Finding {
        Finding::new(FindingSeverity::Error, &self.location(line), key, message, instead)
    }

    /// Names the resource of a plan in the findings from there on: a plan is often one long line.
    fn name_resource(&self, findings: &mut [Finding], from: usize) {
        let resource = self.resources().first().filter(|_| self.template.form == TemplateForm::Plan);
        let subject = resource.map(|resource| format!("resource {}", resource.key));
        findings.iter_mut().skip(from).for_each(|finding| finding.subject.clone_from(&subject));
    }

    /// The resource at the head of a message; a document in a file of its own needs none.
    fn subject(&self, resource: &MapEntry) -> String {
        match self.template.form {
            TemplateForm::Document | TemplateForm::Plan => String::new(),
            TemplateForm::CloudFormation => format!("resource {}: ", resource.key),
        }
    }

    fn location(&self, line: usize) -> Location {
        Location { file: Rc::clone(&self.template.file), line }
    }

    /// The resources of the template.
    fn resources(&self) -> &[MapEntry] {
        self.template.node.get("Resources").map(Node::entries).unwrap_or_default()
    }

    /// The type of the resource of this name.
    fn kind_of(&self, name: &str) -> Option<&str> {
        let resource = self.resources().iter().find(|resource| resource.key == name)?;
        resource.value.get("Type")?.text()
    }
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html>, read 2026-11.
const PSEUDO_PARAMETERS: [&str; 8] = [
    "AWS::AccountId",
    "AWS::NotificationARNs",
    "AWS::NoValue",
    "AWS::Partition",
    "AWS::Region",
    "AWS::StackId",
    "AWS::StackName",
    "AWS::URLSuffix",
];

/// The name in `!Ref Name`, `!GetAtt Name.Attribute` and their long forms.
fn reference(node: &Node) -> Option<(&'static str, &str)> {
    match &node.tree {
        Tree::Function(name, given) => of_function(name, given),
        Tree::Map(entries) => match entries.as_slice() {
            [entry] => of_function(entry.key.trim_start_matches("Fn::"), &entry.value),
            _ => None,
        },
        _ => None,
    }
}

fn of_function<'n>(name: &str, given: &'n Node) -> Option<(&'static str, &'n str)> {
    match name {
        "Ref" => Some(("Ref", given.text()?)),
        "GetAtt" => {
            let text = given.items().first().unwrap_or(given).text()?;
            Some(("GetAtt", text.split('.').next().unwrap_or(text)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
