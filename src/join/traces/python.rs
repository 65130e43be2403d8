//! Python's tracebacks, chained exceptions and exception groups.

use self::PythonState::{Blank, Frames, Group, Link, Raised};
use super::shape::{indented, is_blank};
use super::{TraceState, TraceStep};

const HEAD: &[u8] = b"Traceback (most recent call last):";
const GROUP_HEAD: &[u8] = b"+ Exception Group Traceback (most recent call last):";

/// What is between two tracebacks that belong together.
const LINKS: [&[u8]; 2] = [
    b"During handling of the above exception, another exception occurred:",
    b"The above exception was the direct cause of the following exception:",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::join) enum PythonState {
    /// Below the head: files, code and marks, all of them indented.
    Frames,
    /// The exception itself was printed.
    Raised,
    /// An empty line after it.
    Blank,
    /// Before the next traceback of a chain.
    Link,
    /// Inside of an exception group, whose lines all have a frame of `|` and `+`.
    Group,
}

fn part(state: PythonState) -> Option<TraceStep> {
    Some(TraceStep::Part(TraceState::Python(state)))
}

pub(super) fn begin(line: &[u8]) -> Option<TraceState> {
    if line.trim_ascii_start() == GROUP_HEAD {
        return Some(TraceState::Python(Group));
    }
    line.trim_ascii_end().ends_with(HEAD).then_some(TraceState::Python(Frames))
}

pub(super) fn step(state: PythonState, line: &[u8]) -> Option<TraceStep> {
    match state {
        Frames if indented(line).is_some() => part(Frames),
        Frames if is_exception(line) => part(Raised),
        Raised if is_blank(line) => Some(TraceStep::Perhaps(TraceState::Python(Blank))),
        Blank if LINKS.contains(&line) => part(Link),
        Link if is_blank(line) => part(Link),
        Link => begin(line).map(TraceStep::Part),
        Group if is_of_group(line) => part(Group),
        Group if is_blank(line) => Some(TraceStep::Perhaps(TraceState::Python(Blank))),
        Frames | Raised | Blank | Group => None,
    }
}

/// `name: message`, or a name alone.
fn is_exception(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    !name.is_empty() && name.iter().all(|byte| !byte.is_ascii_whitespace() && !b"()".contains(byte))
}

fn is_of_group(line: &[u8]) -> bool {
    indented(line).is_some_and(|text| text.starts_with(b"|") || text.starts_with(b"+"))
}
