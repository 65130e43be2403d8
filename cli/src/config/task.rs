//! Task definitions and CloudFormation templates: the `awsfirelens` log drivers in them.
//!
//! They are found anywhere in the file, so that it does not matter what is around them: a service's template, the
//! answer of `describe-task-definition`, a list of containers alone, the branches of an `Fn::If`.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html>

use std::rc::Rc;

use super::tree::{MapEntry, Node, Tree};
use super::{Configuration, Location, Origin, Section, Setting, SettingValue};

/// Keys by which a task definition or a template is recognised.
const TEMPLATE_KEYS: [&str; 5] =
    ["containerDefinitions", "taskDefinition", "Resources", "AWSTemplateFormatVersion", "logConfiguration"];

/// Reads a whole file into the configuration.
pub(super) fn read(file: &Rc<str>, tree: &Node, configuration: &mut Configuration) {
    let outputs_before = configuration.outputs.len();
    add_outputs(file, tree, configuration);
    let is_recognised = has_template_key(tree) || tree.items().iter().any(has_template_key);
    if !is_recognised && configuration.outputs.len() == outputs_before {
        configuration.error(Location { file: Rc::clone(file), line: 1 }, super::UNRECOGNIZED_FILE, "");
    }
}

fn has_template_key(node: &Node) -> bool {
    TEMPLATE_KEYS.iter().any(|key| node.get(key).is_some())
}

fn add_outputs(file: &Rc<str>, node: &Node, configuration: &mut Configuration) {
    let driver = node.get("logDriver").and_then(Node::text);
    if driver.is_some_and(|driver| driver == "awsfirelens") {
        configuration.outputs.push(section(file, node));
    }
    node.items().iter().for_each(|item| add_outputs(file, item, configuration));
    node.entries().iter().for_each(|entry| add_outputs(file, &entry.value, configuration));
}

fn section(file: &Rc<str>, node: &Node) -> Section {
    let options = node.get("options");
    let entries = options.map(Node::entries).unwrap_or_default();
    let secrets = node.get("secretOptions");
    let listed = secrets.map(Node::items).unwrap_or_default();
    let mut settings: Vec<Setting> =
        entries.iter().filter(|entry| !is_intrinsic(entry)).map(|entry| option(file, entry)).collect();
    settings.extend(listed.iter().filter_map(|secret| secret_option(file, secret)));
    let line = options.filter(|options| !options.entries().is_empty()).map_or(node.line, |node| node.line);
    Section {
        location: Location { file: Rc::clone(file), line },
        origin: Origin::FireLens,
        open: is_unknown(options)
            || is_unknown(secrets)
            || entries.iter().any(is_intrinsic)
            || listed.iter().any(|secret| secret.get("name").and_then(Node::text).is_none()),
        settings,
    }
}

fn is_unknown(node: Option<&Node>) -> bool {
    node.is_some_and(|node| node.tree == Tree::Unknown)
}

/// Whether `Fn::If` or the like stands instead of an option, or YAML's `<<`.
fn is_intrinsic(entry: &MapEntry) -> bool {
    entry.key.starts_with("Fn::") || entry.key == "Ref" || entry.key == "<<"
}

fn option(file: &Rc<str>, entry: &MapEntry) -> Setting {
    let value = match &entry.value.tree {
        // CloudFormation resolves the value when it deploys.
        Tree::Text(text) if text.contains("{{resolve:") => SettingValue::Unknown,
        Tree::Text(text) => SettingValue::new(text),
        Tree::Unknown | Tree::Map(_) | Tree::List(_) => SettingValue::Unknown,
    };
    Setting { location: Location { file: Rc::clone(file), line: entry.line }, key: entry.key.clone(), value }
}

fn secret_option(file: &Rc<str>, secret: &Node) -> Option<Setting> {
    let name = secret.get("name")?;
    let location = Location { file: Rc::clone(file), line: name.line };
    Some(Setting { location, key: name.text()?.to_owned(), value: SettingValue::Unknown })
}
