//! Ordinary log lines in a message: only counts by class and container, and the first lines of each.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::printable;

/// Lines shown of each group.
pub(crate) const MAX_LINES_PER_GROUP: usize = 3;
/// Characters shown of a line.
pub(crate) const MAX_LINE_CHARS: usize = 300;

/// A log line as a batch holds it.
#[derive(Debug)]
pub(crate) struct DigestLine(Value);

impl DigestLine {
    pub(crate) fn new(mut fields: Value) -> Self {
        if let Some(Value::String(line)) = fields.get_mut("line") {
            *line = printable::without_colours(line).into_owned();
        }
        Self(fields)
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Class and container.
    fn source(&self) -> (&str, &str) {
        (self.text("class"), self.text("container"))
    }
}

/// Lines of one class and container.
pub(crate) struct LineGroup<'l> {
    /// Class and container.
    pub(crate) source: (&'l str, &'l str),
    pub(crate) count: usize,
    pub(crate) first_lines: Vec<&'l str>,
}

/// `📄 3 log lines: stderr from app`, or `📄 3 log lines from 2 sources`
pub(crate) fn title<'l>(lines: impl IntoIterator<Item = &'l DigestLine> + Clone) -> String {
    format!("📄 {}", matter(lines))
}

/// The title without the picture.
pub(crate) fn matter<'l>(lines: impl IntoIterator<Item = &'l DigestLine> + Clone) -> String {
    let count = lines.clone().into_iter().count();
    let sources: HashSet<_> = lines.into_iter().map(DigestLine::source).collect();
    let from = match sources.iter().next() {
        Some((class, "")) if sources.len() == 1 => format!(": {class}"),
        Some((class, name)) if sources.len() == 1 => format!(": {class} from {name}"),
        _ => format!(" from {} sources", sources.len()),
    };
    let plural = if count == 1 { "" } else { "s" };
    printable::line(&format!("{count} log line{plural}{from}")).into_owned()
}

/// The largest group first; groups of one size stay in the order of their first lines.
pub(crate) fn group_by_source<'l>(lines: impl IntoIterator<Item = &'l DigestLine>) -> Vec<LineGroup<'l>> {
    let mut positions = HashMap::new();
    let mut groups: Vec<LineGroup<'l>> = Vec::new();
    for line in lines {
        let source = line.source();
        let position = *positions.entry(source).or_insert(groups.len());
        if position == groups.len() {
            groups.push(LineGroup { source, count: 0, first_lines: Vec::new() });
        }
        if let Some(group) = groups.get_mut(position) {
            group.count += 1;
            if group.first_lines.len() < MAX_LINES_PER_GROUP {
                group.first_lines.push(line.text("line"));
            }
        }
    }
    groups.sort_by_key(|group| Reverse(group.count));
    groups
}
