//! Keys that a JSON or YAML file has twice in one map: readers take the last and say nothing.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::tree::Node;
use super::{Configuration, Location};

/// Reports every repeated key at its last line.
pub(super) fn report(file: &Rc<str>, tree: &Node, configuration: &mut Configuration) {
    for node in tree.descendants() {
        let mut lines: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in node.entries().iter().filter(|entry| !matches!(entry.key.as_str(), "<<" | "")) {
            let Some(first) = lines.insert(&entry.key, entry.line) else { continue };
            let message =
                format!("'{}' is there twice, and the one at line {first} has no effect", entry.key);
            configuration.warn(
                Location { file: Rc::clone(file), line: entry.line },
                message,
                "keep one of them",
            );
        }
    }
}
