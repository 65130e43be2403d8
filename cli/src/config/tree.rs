//! The values of a JSON or YAML file, with their lines.

/// Nesting levels; no configuration comes near that.
pub(super) const MAX_DEPTH: usize = 100;

/// Why a file is neither JSON nor YAML.
#[derive(Debug)]
pub(super) struct ParseError {
    pub(super) line: usize,
    pub(super) message: String,
    /// What to write instead; may be empty.
    pub(super) instead: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) line: usize,
    pub(crate) tree: Tree,
}

/// The name of the function that a text with `{{resolve:…}}` calls; no tag can have it.
pub(crate) const DYNAMIC_REFERENCE: &str = "{{resolve}}";

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    Text(String),
    /// A number, a boolean or null, as it is written; to Fluent Bit it is text like any other.
    Word(String),
    List(Vec<Node>),
    Map(Vec<MapEntry>),
    /// What a tag such as `!Ref`, by its name without the `!`, is given: CloudFormation resolves it.
    Function(String, Box<Node>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MapEntry {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) value: Node,
}

impl MapEntry {
    /// Whether `Fn::If` or the like takes the place of a key, or YAML's `<<`: the map may have any other keys.
    pub(crate) fn is_intrinsic(&self) -> bool {
        is_function_name(&self.key) || self.key == "<<"
    }
}

impl Node {
    /// The entries of a map; empty for any other value.
    pub(crate) fn entries(&self) -> &[MapEntry] {
        match &self.tree {
            Tree::Map(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a list; empty for any other value.
    pub(crate) fn items(&self) -> &[Node] {
        match &self.tree {
            Tree::List(items) => items,
            _ => &[],
        }
    }

    /// The value of a key; see [`Node::entry`].
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key in any case and with or without `_`: task definitions write `logDriver`, CloudFormation
    /// `LogDriver`, Terraform `log_driver`.
    pub(crate) fn entry(&self, key: &str) -> Option<&MapEntry> {
        self.entries().iter().find(|entry| is_same_key(&entry.key, key))
    }

    pub(crate) fn text(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(text) | Tree::Word(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a key.
    pub(crate) fn text_of(&self, key: &str) -> Option<&str> {
        self.get(key)?.text()
    }

    /// The items of the list of a key.
    pub(crate) fn items_of(&self, key: &str) -> &[Self] {
        self.get(key).map(Self::items).unwrap_or_default()
    }

    /// A whole number, written as one or as text.
    pub(crate) fn number(&self) -> Option<u64> {
        self.text()?.parse().ok()
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.tree, Tree::Word(word) if matches!(word.as_str(), "null" | "~" | ""))
    }

    /// The node with this line everywhere: it stands inside a text on that line.
    pub(super) fn on_line(mut self, line: usize) -> Self {
        self.line = line;
        self.tree = match self.tree {
            Tree::List(items) => Tree::List(items.into_iter().map(|item| item.on_line(line)).collect()),
            Tree::Map(entries) => {
                let moved = entries.into_iter().map(|entry| MapEntry {
                    line,
                    value: entry.value.on_line(line),
                    ..entry
                });
                Tree::Map(moved.collect())
            }
            other => other,
        };
        self
    }

    /// Makes functions of texts with `{{resolve:…}}`, which CloudFormation replaces when it deploys. What other functions
    /// are given stays.
    pub(super) fn resolve_later(&mut self) {
        let is_function = self.is_function();
        let line = self.line;
        match &mut self.tree {
            Tree::Text(text) if text.contains("{{resolve:") => {
                let given = Self { line, tree: Tree::Text(std::mem::take(text)) };
                self.tree = Tree::Function(DYNAMIC_REFERENCE.to_owned(), Box::new(given));
            }
            Tree::Text(_) | Tree::Word(_) => {}
            Tree::List(items) => items.iter_mut().for_each(Self::resolve_later),
            Tree::Map(entries) if is_function => {
                entries.iter_mut().for_each(|entry| entry.value.resolve_branches());
            }
            Tree::Map(entries) => entries.iter_mut().for_each(|entry| entry.value.resolve_later()),
            Tree::Function(_, given) => given.resolve_branches(),
        }
    }

    /// What a function is given: its texts stay, and the maps among them have values like any other map.
    fn resolve_branches(&mut self) {
        match &mut self.tree {
            Tree::List(items) => items.iter_mut().for_each(Self::resolve_branches),
            Tree::Map(_) | Tree::Function(..) => self.resolve_later(),
            Tree::Text(_) | Tree::Word(_) => {}
        }
    }

    /// Whether only CloudFormation knows the value: `!Ref X`, `{"Ref": "X"}`, `{"Fn::If": […]}`.
    pub(crate) fn is_function(&self) -> bool {
        match &self.tree {
            Tree::Function(..) => true,
            Tree::Map(entries) => matches!(entries.as_slice(), [entry] if is_function_name(&entry.key)),
            _ => false,
        }
    }

    /// The value as Fluent Bit and ECS would see it, `None` when it is not set: Terraform and `describe-…` print null.
    pub(crate) fn set(&self, key: &str) -> Option<&Self> {
        self.get(key).filter(|value| !value.is_null())
    }

    /// The node and everything inside it, in the order of the file.
    pub(crate) fn descendants(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        let mut waiting = vec![self];
        while let Some(node) = waiting.pop() {
            found.push(node);
            match &node.tree {
                Tree::List(items) => waiting.extend(items.iter().rev()),
                Tree::Map(entries) => waiting.extend(entries.iter().rev().map(|entry| &entry.value)),
                Tree::Function(_, value) => waiting.push(value),
                Tree::Text(_) | Tree::Word(_) => {}
            }
        }
        found
    }
}

/// Whether it is `Ref` or `Fn::…`.
pub(crate) fn is_function_name(key: &str) -> bool {
    key == "Ref" || key.starts_with("Fn::")
}

fn is_same_key(one: &str, other: &str) -> bool {
    let letters = |key: &'_ str| -> Vec<char> {
        key.chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
    };
    one.eq_ignore_ascii_case(other) || (one.contains('_') && letters(one) == letters(other))
}
