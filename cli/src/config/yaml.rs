//! YAML → trees. A custom tag (`!Ref`, `!Sub` …) is kept with what it is given.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::tree::{MAX_DEPTH, MapEntry, Node, ParseError, Tree};

/// Nodes that aliases may add to a file: a few lines could otherwise stand for more than fits in memory.
const MAX_ALIASED_NODES: usize = 100_000;

/// What a file holds.
#[derive(Debug)]
pub(super) struct YamlStream {
    pub(super) documents: Vec<Node>,
    /// The line of the first alias.
    pub(super) first_alias: Option<usize>,
}

/// Reads every document.
pub(super) fn parse(text: &str) -> Result<YamlStream, ParseError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let message = format!("the file is not valid YAML: {}", error.info());
            ParseError { line: error.marker().line().max(1), message, instead: "" }
        })?;
        builder.take(event, span)?;
    }
    Ok(YamlStream { documents: builder.documents, first_alias: builder.first_alias })
}

/// A list or a map whose end has not been read.
struct Open {
    line: usize,
    anchor: usize,
    /// Its custom tag.
    function: Option<String>,
    form: CollectionForm,
}

enum CollectionForm {
    List(Vec<Node>),
    /// With a key that waits for its value, and the key's line.
    Map(Vec<MapEntry>, Option<(String, usize)>),
}

#[derive(Default)]
struct Builder {
    stack: Vec<Open>,
    /// What aliases refer to.
    anchors: HashMap<usize, Node>,
    aliased: usize,
    first_alias: Option<usize>,
    documents: Vec<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), ParseError> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                // The parser writes ~ for a value that is not there.
                let is_absent = span.is_empty() && style == ScalarStyle::Plain;
                if is_absent && self.wants_key() {
                    let message = "the file is not valid YAML: there is no key before the colon".to_owned();
                    return Err(ParseError { line, message, instead: "" });
                }
                let text = if is_absent { String::new() } else { text.into_owned() };
                let node = Node { line, tree: scalar(text, style, tag.as_deref()) };
                self.finish(anchor, in_function(custom(tag.as_deref()), node));
            }
            Event::Alias(anchor) => {
                let node = self.aliased(anchor, line)?;
                self.put(node);
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(line, anchor, tag.as_deref(), CollectionForm::List(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, tag) => {
                self.open(line, anchor, tag.as_deref(), CollectionForm::Map(Vec::new(), None))?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => {}
        }
        Ok(())
    }

    /// Whether what comes next is a key.
    fn wants_key(&self) -> bool {
        matches!(self.stack.last().map(|open| &open.form), Some(CollectionForm::Map(_, None)))
    }

    /// What an alias stands for, as if it were written at the alias.
    fn aliased(&mut self, anchor: usize, line: usize) -> Result<Node, ParseError> {
        self.first_alias.get_or_insert(line);
        let fail = |message: &str| ParseError { line, message: message.to_owned(), instead: "" };
        let node = self.anchors.get(&anchor).cloned();
        let node =
            node.ok_or_else(|| fail("the file is not valid YAML: the alias stands inside its anchor"))?;
        self.aliased += node.descendants().len();
        if self.aliased > MAX_ALIASED_NODES {
            return Err(fail("the aliases of the file stand for too much"));
        }
        Ok(Node { line, tree: node.tree })
    }

    fn open(
        &mut self,
        line: usize,
        anchor: usize,
        tag: Option<&Tag>,
        form: CollectionForm,
    ) -> Result<(), ParseError> {
        if self.stack.len() >= MAX_DEPTH {
            let message = "the file is nested too deeply".to_owned();
            return Err(ParseError { line, message, instead: "" });
        }
        self.stack.push(Open { line, anchor, function: custom(tag), form });
        Ok(())
    }

    fn close(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        let tree = match open.form {
            CollectionForm::List(items) => Tree::List(items),
            CollectionForm::Map(entries, _) => Tree::Map(entries),
        };
        self.finish(open.anchor, in_function(open.function, Node { line: open.line, tree }));
    }

    /// Keeps a whole value for its aliases and puts it where it belongs.
    fn finish(&mut self, anchor: usize, node: Node) {
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        self.put(node);
    }

    fn put(&mut self, node: Node) {
        match self.stack.last_mut().map(|open| &mut open.form) {
            None => self.documents.push(node),
            Some(CollectionForm::List(items)) => items.push(node),
            Some(CollectionForm::Map(entries, key)) => match key.take() {
                Some((key, line)) => entries.push(MapEntry { key, line, value: node }),
                // Nobody asks for a key that is not text.
                None => *key = Some((node.text().unwrap_or_default().to_owned(), node.line)),
            },
        }
    }
}

fn scalar(text: String, style: ScalarStyle, tag: Option<&Tag>) -> Tree {
    let is_text = tag.is_some() || style != ScalarStyle::Plain || !is_word(&text);
    if is_text { Tree::Text(text) } else { Tree::Word(text) }
}

fn in_function(name: Option<String>, node: Node) -> Node {
    match name {
        Some(name) => Node { line: node.line, tree: Tree::Function(name, Box::new(node)) },
        None => node,
    }
}

/// Whether YAML 1.1, as CloudFormation and PyYAML read it, takes an unquoted text for a number, a boolean or null.
fn is_word(text: &str) -> bool {
    const WORDS: [&str; 9] = ["", "~", "null", "true", "false", "yes", "no", "on", "off"];
    WORDS.contains(&text.to_ascii_lowercase().as_str()) || text.parse::<f64>().is_ok()
}

/// The name of a tag like `!Ref`. YAML's own, such as `!!str`, change nothing.
fn custom(tag: Option<&Tag>) -> Option<String> {
    let tag = tag.filter(|tag| tag.handle() == "!" && !tag.suffix().is_empty())?;
    Some(tag.suffix().to_owned())
}

#[cfg(test)]
mod tests;
