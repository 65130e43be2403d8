//! What CloudFormation makes of a template before ECS sees it: functions that do not exist, properties in the wrong
//! case, and `${…}` that `!Sub` replaces itself.

use std::rc::Rc;

use crate::check::finding::{Finding, FindingSeverity};
use crate::config::{CloudFormationTemplate, Configuration, Location, MapEntry, Node, Tree};
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

const TASK_DEFINITION: &str = "AWS::ECS::TaskDefinition";

/// Checks every template of a file.
pub(in crate::check) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    for template in &configuration.templates {
        let checker = TemplateChecker { template, names: names(&template.node) };
        checker.check_functions(findings);
        checker.check_resources(findings);
        checker.check_substitutions(findings);
        checker.check_references(findings);
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
            // `Fn::ForEach::Name` and `!GetAtt.x` have more behind the name.
            let name = name.map(|name| name.split([':', '.']).next().unwrap_or(name));
            let Some(name) = name.filter(|name| !FUNCTIONS.contains(name) && !seen.contains(name)) else {
                continue;
            };
            seen.push(name);
            let instead = match closest(name, FUNCTIONS) {
                Some(near) => format!("did you mean !{near}?"),
                None => "write one of CloudFormation's functions, such as !Ref or !Sub".to_owned(),
            };
            let message = "CloudFormation has no such function";
            findings.push(self.finding(node.line, &format!("!{name}"), message.to_owned(), instead));
        }
    }

    /// Reports resources whose `Type` and `Properties` begin with small letters.
    fn check_resources(&self, findings: &mut Vec<Finding>) {
        let resources = self.template.node.get("Resources").map(Node::entries).unwrap_or_default();
        for resource in resources {
            findings.extend(self.misspelt(resource));
            let is_small = |entry: &&MapEntry| matches!(entry.key.as_str(), "type" | "properties");
            let Some(entry) = resource.value.entries().iter().find(is_small) else { continue };
            let message = format!("resource {}: CloudFormation does not know this property", resource.key);
            let instead = format!("write {}", super::names::capitalised(&entry.key));
            findings.push(self.finding(entry.line, &entry.key, message, instead));
        }
    }

    /// Reports a type that is almost the task definition's.
    fn misspelt(&self, resource: &MapEntry) -> Option<Finding> {
        let entry = resource.value.entry("Type")?;
        let text = entry.value.text()?;
        if text == TASK_DEFINITION || closest(text, [TASK_DEFINITION]).is_none() {
            return None;
        }
        let message = format!("resource {}: there is no '{text}'", resource.key);
        Some(self.finding(entry.line, &entry.key, message, format!("write {TASK_DEFINITION}")))
    }

    /// Reports `!Sub "${x}"` among the options of a log driver where x is neither a parameter nor a resource.
    fn check_substitutions(&self, findings: &mut Vec<Finding>) {
        for node in self.template.node.descendants() {
            let is_firelens = node.get("logDriver").and_then(Node::text) == Some("awsfirelens");
            let Some(options) = node.get("options").filter(|_| is_firelens) else { continue };
            for entry in options.entries() {
                for value in entry.value.descendants() {
                    self.check_substitution(entry, value, findings);
                }
            }
        }
    }

    fn check_substitution(&self, entry: &MapEntry, value: &Node, findings: &mut Vec<Finding>) {
        let Some((text, own)) = substitution(value) else { return };
        let is_known = |name: &str| {
            let base = name.split('.').next().unwrap_or(name);
            name.starts_with('!') || name.contains("::") || self.names.contains(&base) || own.contains(&base)
        };
        for name in crate::check::variables::names(text).filter(|name| !is_known(name)) {
            let message = format!(
                "!Sub replaces ${{{name}}} itself, and there is neither a parameter nor a resource of that name: CloudFormation refuses the template"
            );
            let instead =
                format!("write $({name}) for a record's field, or ${{!{name}}} for a variable of the router");
            findings.push(self.finding(value.line, &entry.key, message, instead));
        }
    }

    /// Reports what is referred to and is nowhere in the template, once by name.
    fn check_references(&self, findings: &mut Vec<Finding>) {
        // A transform or an include may add names.
        if self.template.node.get("Transform").is_some() {
            return;
        }
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
        let location = Location { file: Rc::clone(&self.template.file), line };
        Finding::new(FindingSeverity::Error, &location, key, message, instead)
    }
}

/// The text of `!Sub text`, `!Sub [text, {name: value}]` or `{"Fn::Sub": …}`, and the names of the map.
fn substitution(node: &Node) -> Option<(&str, Vec<&str>)> {
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
