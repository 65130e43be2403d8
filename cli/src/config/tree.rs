//! JSON and YAML alike, with the line of everything.

/// Deeper than any configuration is.
pub(super) const MAX_DEPTH: usize = 100;

/// What cannot be read: the line, and why.
pub(super) type Fault = (usize, String);

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) line: usize,
    pub(super) tree: Tree,
}

/// Its form. Numbers and booleans are texts, as Fluent Bit sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Tree {
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
    /// Something that only CloudFormation can tell, or that stands elsewhere.
    Unknown,
}

/// One pair of a map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) value: Node,
}

impl Node {
    /// The pairs of a map; nothing for anything else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.tree {
            Tree::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; nothing for anything else.
    pub(super) fn items(&self) -> &[Node] {
        match &self.tree {
            Tree::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key, whatever its case: task definitions write `logDriver`, CloudFormation `LogDriver`.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let entry = self.entries().iter().find(|entry| entry.key.eq_ignore_ascii_case(key));
        entry.map(|entry| &entry.value)
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(text) => Some(text),
            _ => None,
        }
    }
}
