//! PHP's uncaught exceptions, and those that Laravel and Monolog log.

use self::PhpState::{Blank, Frames, Head};
use super::shape::{after_number, contains, indented, is_blank, starts_with_number};
use super::{TraceState, TraceStep};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::join) enum PhpState {
    /// The message.
    Head,
    /// Frames.
    Frames,
    /// An empty line, before the next exception of a chain.
    Blank,
}

fn part(state: PhpState) -> Option<TraceStep> {
    Some(TraceStep::Part(TraceState::Php(state)))
}

pub(super) fn begin(line: &[u8]) -> Option<TraceState> {
    let is_head = contains(line, b"PHP Fatal error:")
        || contains(line, b"PHP Warning:")
        || contains(line, b"PHP Notice:")
        || contains(line, b"PHP Parse error:")
        || contains(line, b"Fatal error: Uncaught ")
        || contains(line, b"\"[object] (");
    is_head.then_some(TraceState::Php(Head))
}

/// Whether the line is between a message and its frames.
pub(super) fn begins_frames(line: &[u8]) -> bool {
    line == b"Stack trace:" || line == b"[stacktrace]" || line == b"PHP Stack trace:"
}

pub(super) fn frames() -> Option<TraceStep> {
    part(Frames)
}

pub(super) fn step(state: PhpState, line: &[u8]) -> Option<TraceStep> {
    if begins_frames(line) {
        return frames();
    }
    match state {
        // Xdebug numbers its frames from 1 on.
        Head | Frames if is_numbered(line) => part(Frames),
        Frames if line.starts_with(b"#") && starts_with_number(line, b"#") => part(Frames),
        Frames if indented(line).is_some_and(|text| text.starts_with(b"thrown in ")) => Some(TraceStep::Last),
        Frames if line.trim_ascii_end() == b"\"}" => Some(TraceStep::Last),
        Frames if is_blank(line) => Some(TraceStep::Perhaps(TraceState::Php(Blank))),
        Frames | Blank if line.starts_with(b"Next ") => part(Head),
        Head | Frames | Blank => None,
    }
}

/// `PHP   1. {main}() /app/index.php:0`
fn is_numbered(line: &[u8]) -> bool {
    let number = line.strip_prefix(b"PHP  ").map(<[u8]>::trim_ascii_start);
    number.and_then(after_number).is_some_and(|rest| rest.starts_with(b". "))
}
