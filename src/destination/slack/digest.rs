//! Ordinary log lines in a message: counts by class and container, and the first lines of each.

use serde_json::Value;

use super::blocks::{self, FENCE_CHARS, MAX_SECTION_CHARS};
use crate::destination::alert::lines::{
    DigestLine, LineGroup, MAX_LINE_CHARS, MAX_LINES_PER_GROUP, group_by_source, title,
};

/// Groups shown, those with the most lines first.
const MAX_GROUPS: usize = 8;
/// Characters shown of a name.
const MAX_NAME_CHARS: usize = 200;

/// Blocks of the digest: title, groups, how many more.
pub(super) const MAX_DIGEST_BLOCKS: usize = 1 + MAX_GROUPS + 1;

const _: () = assert!(
    MAX_LINES_PER_GROUP * (MAX_LINE_CHARS + 1) + FENCE_CHARS + 2 * MAX_NAME_CHARS + 60 <= MAX_SECTION_CHARS
);

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

fn section(group: &LineGroup<'_>) -> Value {
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
