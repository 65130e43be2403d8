//! Rust's panics, and the backtraces of anyhow.

use self::RustState::{Backtrace, Message, Place};
use super::shape::{after_number, contains, indented, is_blank};
use super::{TraceState, TraceStep};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::join) enum RustState {
    /// The place of a panic; its message is the next line.
    Place,
    /// The message.
    Message,
    /// Frames.
    Backtrace,
}

fn part(state: RustState) -> Option<TraceStep> {
    Some(TraceStep::Part(TraceState::Rust(state)))
}

/// Before 1.73 the message comes before the place, since then on a line of its own.
pub(super) fn begin(line: &[u8]) -> Option<TraceState> {
    let is_panic = line.starts_with(b"thread '") && contains(line, b" panicked at ");
    let state = if line.trim_ascii_end().ends_with(b":") { Place } else { Message };
    is_panic.then_some(TraceState::Rust(state))
}

pub(super) fn begins_backtrace(line: &[u8]) -> bool {
    line.eq_ignore_ascii_case(b"stack backtrace:")
}

pub(super) fn backtrace() -> Option<TraceStep> {
    part(Backtrace)
}

pub(super) fn step(state: RustState, line: &[u8]) -> Option<TraceStep> {
    if begins_backtrace(line) {
        return backtrace();
    }
    if line.starts_with(b"note: ") && state != Place {
        return part(state);
    }
    match state {
        Place if begin(line).is_none() => part(Message),
        Message if indented(line).is_some_and(is_side) => part(Message),
        Backtrace if indented(line).is_some_and(is_frame) => part(Backtrace),
        Message | Backtrace if is_blank(line) => Some(TraceStep::Perhaps(TraceState::Rust(state))),
        Place | Message | Backtrace => None,
    }
}

/// The two sides of an assertion.
fn is_side(text: &[u8]) -> bool {
    text.starts_with(b"left: ") || text.starts_with(b"right: ")
}

/// `0: std::panicking::begin_panic`, `at /rustc/…`
fn is_frame(text: &[u8]) -> bool {
    text.starts_with(b"at ") || after_number(text).is_some_and(|rest| rest.starts_with(b": "))
}
