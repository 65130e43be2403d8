//! The values of a JSON or YAML file, with their lines.

/// Nesting levels; no configuration comes near that.
pub(super) const MAX_DEPTH: usize = 100;

/// Why a file is neither JSON nor YAML.
#[derive(Debug)]
pub(super) struct ParseError {
    pub(super) line: usize,
    pub(super) message: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) tree: Tree,
}

/// A value. Numbers and booleans are text, as Fluent Bit sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tree {
    Text(String),
    List(Vec<Node>),
    Map(Vec<MapEntry>),
    /// Known only to CloudFormation, or defined elsewhere.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MapEntry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) value: Node,
}

impl Node {
    /// The entries of a map; empty for any other value.
    pub(super) fn entries(&self) -> &[MapEntry] {
        match &self.tree {
            Tree::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for any other value.
    pub(super) fn items(&self) -> &[Node] {
        match &self.tree {
            Tree::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key, in any case: task definitions write `logDriver`, CloudFormation `LogDriver`.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let entry = self.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(key));
        entry.map(|entry| &entry.value)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }
}
