//! Ordinary log lines in a message: counts by class and container, and the first lines of each.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::blocks::{self, FENCE_CHARS, MAX_SECTION_CHARS};
use crate::printable;

/// Groups shown, those with the most lines first.
const MAX_GROUPS: usize = 8;
/// Lines shown of each group.
const MAX_LINES_PER_GROUP: usize = 3;
/// Characters shown of a line.
pub(super) const MAX_LINE_CHARS: usize = 300;
/// Characters shown of a name.
const MAX_NAME_CHARS: usize = 200;

/// Blocks of the digest: title, groups, how many more.
pub(super) const MAX_DIGEST_BLOCKS: usize = 1 + MAX_GROUPS + 1;

const _: () = assert!(
    MAX_LINES_PER_GROUP * (MAX_LINE_CHARS + 1) + FENCE_CHARS + 2 * MAX_NAME_CHARS + 60 <= MAX_SECTION_CHARS
);

/// A log line as a batch holds it.
#[derive(Debug)]
pub(super) struct DigestLine(Value);

impl DigestLine {
    pub(super) fn new(fields: Value) -> Self {
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
struct Group<'l> {
    source: (&'l str, &'l str),
    count: usize,
    first_lines: Vec<&'l str>,
}

/// `📄 3 log lines: stderr from app`, or `📄 3 log lines from 2 sources`
pub(super) fn title(lines: &[DigestLine]) -> String {
    let sources: HashSet<_> = lines.iter().map(DigestLine::source).collect();
    let from = match sources.iter().next() {
        Some((class, "")) if sources.len() == 1 => format!(": {class}"),
        Some((class, name)) if sources.len() == 1 => format!(": {class} from {name}"),
        _ => format!(" from {} sources", sources.len()),
    };
    let plural = if lines.len() == 1 { "" } else { "s" };
    printable::line(&format!("📄 {} log line{plural}{from}", lines.len())).into_owned()
}

/// The blocks for one or more lines.
pub(super) fn digest(lines: &[DigestLine]) -> Vec<Value> {
    let groups = group_by_source(lines);
    let (shown, rest) = groups.split_at(groups.len().min(MAX_GROUPS));
    let mut digest = vec![blocks::header(&title(lines))];
    digest.extend(shown.iter().map(section));
    if !rest.is_empty() {
        let lines: usize = rest.iter().map(|group| group.count).sum();
        digest.push(blocks::context(&format!("and {lines} lines of {} other sources", rest.len())));
    }
    digest
}

/// The largest group first; groups of one size stay in the order of their first lines.
fn group_by_source(lines: &[DigestLine]) -> Vec<Group<'_>> {
    let mut positions = HashMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for line in lines {
        let source = line.source();
        let position = *positions.entry(source).or_insert(groups.len());
        if position == groups.len() {
            groups.push(Group { source, count: 0, first_lines: Vec::new() });
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

fn section(group: &Group<'_>) -> Value {
    let (class, container) = group.source;
    let class = name_of(class);
    let from = match container {
        "" => String::new(),
        name => format!(" from {}", name_of(name)),
    };
    let first_lines: Vec<String> = group.first_lines.iter().map(|line| on_one_line(line)).collect();
    blocks::section(&format!("*{} × {class}*{from}\n{}", group.count, blocks::code(&first_lines)))
}

/// A name that a container may have chosen, without what would make it look like a message of its own.
fn name_of(text: &str) -> String {
    blocks::escaped(&text.replace(['\n', '\r', '*', '~', '`'], " "), MAX_NAME_CHARS)
}

fn on_one_line(line: &str) -> String {
    blocks::escaped(&line.trim().replace(['\n', '\r'], " "), MAX_LINE_CHARS)
}
