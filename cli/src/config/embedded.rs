//! Fluent Bit configurations inside Kubernetes manifests and Helm values: texts in a ConfigMap's `data`.

use std::path::Path;
use std::rc::Rc;

use super::include::Includes;
use super::tree::{MapEntry, Node, Tree};
use super::{Configuration, Location};

/// Reads every configuration that is embedded in the tree. Returns whether there is one.
pub(super) fn read(file: &Rc<str>, text: &str, tree: &Node, configuration: &mut Configuration) -> bool {
    let entries: Vec<&MapEntry> = tree
        .descendants()
        .into_iter()
        .flat_map(Node::entries)
        .filter(|entry| is_configuration(entry))
        .collect();
    let mut includes = Includes::new(Path::new(&**file));
    includes.beside = entries.iter().map(|entry| entry.key.clone()).collect();
    for entry in &entries {
        read_entry(file, text, entry, &mut includes, configuration);
    }
    let Some(first) = entries.first() else { return false };
    let names: Vec<&str> = entries.iter().map(|entry| entry.key.as_str()).collect();
    let what = match tree.text_of("kind") {
        Some(kind) => format!("the data of this {kind}"),
        None => "the texts in this file".to_owned(),
    };
    let message = format!("read {} in {what}; ECS itself cannot read it", names.join(" and "));
    configuration.note(
        Location { file: Rc::clone(file), line: first.line },
        message,
        "put the configuration into the image, or into S3 on EC2",
    );
    true
}

/// Whether the value is a text with a section of the classic format or with Fluent Bit's YAML.
fn is_configuration(entry: &MapEntry) -> bool {
    let Tree::Text(text) = &entry.value.tree else { return false };
    let is_header = |line: &str| {
        let name = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        name.is_some_and(super::classic::is_known_section)
    };
    let is_yaml = || entry.key.ends_with("aml") && text.lines().any(|line| line.starts_with("pipeline:"));
    text.contains('\n') && (text.lines().any(is_header) || is_yaml())
}

fn read_entry(
    file: &Rc<str>,
    whole: &str,
    entry: &MapEntry,
    includes: &mut Includes,
    configuration: &mut Configuration,
) {
    let Some(text) = entry.value.text() else { return };
    // The place of a line is known in a block (`|`) only.
    let is_block = whole.lines().nth(entry.line - 1).is_some_and(|line| line.contains(['|', '>']));
    let mut inner = Configuration { variables: configuration.variables.clone(), ..Configuration::default() };
    super::read_content(Path::new(&**file), text, includes, &mut inner);
    inner.move_lines(file, |line| if is_block { entry.line + line } else { entry.line });
    configuration.absorb(inner);
}
