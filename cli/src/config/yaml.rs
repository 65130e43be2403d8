//! YAML → tree. Values with a custom tag (`!Ref`, `!Sub` …) and aliases of lists and maps are unknown.

use std::collections::HashMap;

use saphyr_parser::{Event, Parser, Tag};

use super::tree::{MAX_DEPTH, MapEntry, Node, ParseError, Tree};

/// Reads the first document.
pub(super) fn parse(text: &str) -> Result<Node, ParseError> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| ParseError {
            line: error.marker().line().max(1),
            message: format!("the file is no YAML: {}", error.info()),
        })?;
        if matches!(event, Event::DocumentEnd) {
            break;
        }
        builder.take(event, span.start.line())?;
    }
    Ok(builder.root.unwrap_or(Node { line: 1, tree: Tree::Text(String::new()) }))
}

/// A list or a map whose end has not been read.
struct Open {
    line: usize,
    /// Has a custom tag, which makes the whole value unknown.
    tagged: bool,
    form: Form,
}

enum Form {
    List(Vec<Node>),
    /// With a key that waits for its value, and the key's line.
    Map(Vec<MapEntry>, Option<(String, usize)>),
}

#[derive(Default)]
struct Builder {
    stack: Vec<Open>,
    /// Text that aliases may refer to.
    anchors: HashMap<usize, Tree>,
    root: Option<Node>,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, line: usize) -> Result<(), ParseError> {
        match event {
            Event::Scalar(text, _, anchor, tag) => {
                let tree =
                    if is_custom(tag.as_deref()) { Tree::Unknown } else { Tree::Text(text.into_owned()) };
                self.anchors.insert(anchor, tree.clone());
                self.put(Node { line, tree });
            }
            Event::Alias(anchor) => {
                let tree = self.anchors.get(&anchor).cloned().unwrap_or(Tree::Unknown);
                self.put(Node { line, tree });
            }
            Event::SequenceStart(_, tag) => self.open(line, tag.as_deref(), Form::List(Vec::new()))?,
            Event::MappingStart(_, tag) => self.open(line, tag.as_deref(), Form::Map(Vec::new(), None))?,
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => {}
        }
        Ok(())
    }

    fn open(&mut self, line: usize, tag: Option<&Tag>, form: Form) -> Result<(), ParseError> {
        if self.stack.len() >= MAX_DEPTH {
            return Err(ParseError { line, message: "the file is nested too deeply".to_owned() });
        }
        self.stack.push(Open { line, tagged: is_custom(tag), form });
        Ok(())
    }

    fn close(&mut self) {
        let Some(open) = self.stack.pop() else { return };
        let tree = match open.form {
            _ if open.tagged => Tree::Unknown,
            Form::List(items) => Tree::List(items),
            Form::Map(entries, _) => Tree::Map(entries),
        };
        self.put(Node { line: open.line, tree });
    }

    fn put(&mut self, node: Node) {
        match self.stack.last_mut().map(|open| &mut open.form) {
            None => self.root = self.root.take().or(Some(node)),
            Some(Form::List(items)) => items.push(node),
            Some(Form::Map(entries, key)) => match key.take() {
                Some((key, line)) => entries.push(MapEntry { key, line, value: node }),
                // Nobody asks for a key that is not text.
                None => *key = Some((node.text().unwrap_or_default().to_owned(), node.line)),
            },
        }
    }
}

/// Whether it is a tag like `!Ref`. YAML's own, such as `!!str`, change nothing.
fn is_custom(tag: Option<&Tag>) -> bool {
    tag.is_some_and(|tag| !tag.is_yaml_core_schema())
}
