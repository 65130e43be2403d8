//! Ordinary log lines in a message: how many of which container and class, and the first of them.

use serde_json::Value;

use super::blocks::{self, FENCES, MAX_SECTION};

/// Containers that are told apart; those with the most lines.
const MOST_GROUPS: usize = 8;
/// Lines that are shown of each.
const FIRST_LINES: usize = 3;
/// Characters of a line that are shown.
pub(super) const MAX_LINE: usize = 300;
/// Characters of a name that are shown.
const MAX_NAME: usize = 200;

/// Blocks of the digest: title, groups, the rest.
pub(super) const MOST_BLOCKS: usize = 1 + MOST_GROUPS + 1;

const _: () = assert!(FIRST_LINES * (MAX_LINE + 1) + FENCES + 2 * MAX_NAME + 60 <= MAX_SECTION);

/// One line as the lane holds it.
#[derive(Debug)]
pub(super) struct DigestLine(Value);

impl DigestLine {
    pub(super) fn new(fields: Value) -> Self {
        Self(fields)
    }

    fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn group(&self) -> (&str, &str) {
        (self.text("class"), self.text("container"))
    }
}

/// Lines of one class and container.
struct Group<'l> {
    name: (&'l str, &'l str),
    count: usize,
    first: Vec<&'l str>,
}

/// How many there are, in words.
pub(super) fn title(count: usize) -> String {
    format!("📄 {count} log line{}", if count == 1 { "" } else { "s" })
}

/// The blocks for lines, of which there is at least one.
pub(super) fn digest(lines: &[DigestLine]) -> Vec<Value> {
    let groups = grouped(lines);
    let (shown, rest) = groups.split_at(groups.len().min(MOST_GROUPS));
    let mut digest = vec![blocks::header(&title(lines.len()))];
    digest.extend(shown.iter().map(section));
    if !rest.is_empty() {
        let lines: usize = rest.iter().map(|group| group.count).sum();
        digest.push(blocks::context(&format!("and {lines} lines of {} other sources", rest.len())));
    }
    digest
}

/// The largest group first; equals stay in the order in which they came.
fn grouped(lines: &[DigestLine]) -> Vec<Group<'_>> {
    let mut places = std::collections::HashMap::new();
    let mut groups: Vec<Group<'_>> = Vec::new();
    for line in lines {
        let name = line.group();
        let place = *places.entry(name).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Group { name, count: 0, first: Vec::new() });
        }
        if let Some(group) = groups.get_mut(place) {
            group.count += 1;
            if group.first.len() < FIRST_LINES {
                group.first.push(line.text("line"));
            }
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.count));
    groups
}

fn section(group: &Group<'_>) -> Value {
    let (class, container) = group.name;
    let class = blocks::escaped(class, MAX_NAME);
    let from = match container {
        "" => String::new(),
        name => format!(" from {}", blocks::escaped(name, MAX_NAME)),
    };
    let one_line = |line: &&str| blocks::escaped(&line.trim().replace(['\n', '\r'], " "), MAX_LINE);
    let first: Vec<String> = group.first.iter().map(one_line).collect();
    blocks::section(&format!("*{} × {class}*{from}\n{}", group.count, blocks::code(&first)))
}
