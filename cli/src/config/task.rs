//! Task definitions and CloudFormation templates: the `awsfirelens` log drivers in them.
//!
//! They are looked for anywhere in the file, so that it does not matter what is around them: a service's template, the
//! answer of `describe-task-definition`, a list of containers alone, the branches of an `Fn::If`.
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_LogConfiguration.html>

use std::rc::Rc;

use super::tree::{Entry, Node, Tree};
use super::{Configuration, Origin, Place, Section, Setting, Written};

/// Keys by which such a file is known.
const KNOWN: [&str; 5] =
    ["containerDefinitions", "taskDefinition", "Resources", "AWSTemplateFormatVersion", "logConfiguration"];

/// Reads a whole file into the configuration.
pub(super) fn read(file: &Rc<str>, tree: &Node, configuration: &mut Configuration) {
    let before = configuration.outputs.len();
    look(file, tree, configuration);
    let is_known = |node: &Node| KNOWN.iter().any(|key| node.get(key).is_some());
    let known = is_known(tree) || tree.items().iter().any(is_known);
    if !known && configuration.outputs.len() == before {
        configuration.fault(Place { file: Rc::clone(file), line: 1 }, super::NEITHER, "");
    }
}

fn look(file: &Rc<str>, node: &Node, configuration: &mut Configuration) {
    let driver = node.get("logDriver").and_then(Node::text);
    if driver.is_some_and(|driver| driver == "awsfirelens") {
        configuration.outputs.push(section(file, node));
    }
    node.items().iter().for_each(|item| look(file, item, configuration));
    node.entries().iter().for_each(|entry| look(file, &entry.value, configuration));
}

fn section(file: &Rc<str>, node: &Node) -> Section {
    let options = node.get("options");
    let entries = options.map(Node::entries).unwrap_or_default();
    let secrets = node.get("secretOptions");
    let listed = secrets.map(Node::items).unwrap_or_default();
    let mut settings: Vec<Setting> =
        entries.iter().filter(|entry| !is_intrinsic(entry)).map(|entry| option(file, entry)).collect();
    settings.extend(listed.iter().filter_map(|secret| secret_option(file, secret)));
    let whole = |node: Option<&Node>| node.is_none_or(|node| node.tree != Tree::Unknown);
    let line = options.filter(|options| !options.entries().is_empty()).map_or(node.line, |node| node.line);
    Section {
        place: Place { file: Rc::clone(file), line },
        origin: Origin::FireLens,
        open: !whole(options)
            || !whole(secrets)
            || entries.iter().any(is_intrinsic)
            || listed.iter().any(|secret| secret.get("name").and_then(Node::text).is_none()),
        settings,
    }
}

/// `Fn::If` and the like in the place of options, and YAML's `<<`.
fn is_intrinsic(entry: &Entry) -> bool {
    entry.key.starts_with("Fn::") || entry.key == "Ref" || entry.key == "<<"
}

fn option(file: &Rc<str>, entry: &Entry) -> Setting {
    let value = match &entry.value.tree {
        // CloudFormation puts the value in when it deploys.
        Tree::Text(text) if text.contains("{{resolve:") => Written::Unknown,
        Tree::Text(text) => Written::new(text),
        Tree::Unknown | Tree::Map(_) | Tree::List(_) => Written::Unknown,
    };
    Setting { place: Place { file: Rc::clone(file), line: entry.line }, key: entry.key.clone(), value }
}

fn secret_option(file: &Rc<str>, secret: &Node) -> Option<Setting> {
    let name = secret.get("name")?;
    let place = Place { file: Rc::clone(file), line: name.line };
    Some(Setting { place, key: name.text()?.to_owned(), value: Written::Unknown })
}
