//! Ruby's uncaught errors, and those that Rails logs.

use self::RubyState::{Frames, Rails, RailsFrames};
use super::shape::{after_number, first_word, indented, is_blank};
use super::{TraceState, TraceStep};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::join) enum RubyState {
    /// The place where an error was raised, and the places that led there.
    Frames,
    /// Rails: the error, before its first place.
    Rails,
    /// Rails: places.
    RailsFrames,
}

fn part(state: RubyState) -> Option<TraceStep> {
    Some(TraceStep::Part(TraceState::Ruby(state)))
}

pub(super) fn begin(line: &[u8]) -> Option<TraceState> {
    if is_place(line) {
        return Some(TraceState::Ruby(Frames));
    }
    let is_rails = line.trim_ascii_end().ends_with(b"):")
        && line.windows(b"Error (".len()).any(|part| part == b"Error (");
    is_rails.then_some(TraceState::Ruby(Rails))
}

/// ``app.rb:3:in `run': …``, since 3.4 `app.rb:3:in 'Object#run': …`
fn is_place(line: &[u8]) -> bool {
    let word = first_word(line);
    let rest = line.get(word.len()..).unwrap_or_default();
    let quoted = rest.starts_with(b" `") || rest.starts_with(b" '");
    word.strip_suffix(b":in").is_some_and(ends_with_line) && quoted
}

/// `app.rb:3`
fn ends_with_line(place: &[u8]) -> bool {
    let digits = place.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let file = place.get(..place.len() - digits).and_then(|file| file.strip_suffix(b":"));
    digits > 0 && file.is_some_and(|file| !file.is_empty())
}

pub(super) fn step(state: RubyState, line: &[u8]) -> Option<TraceStep> {
    match state {
        Frames if indented(line).is_some_and(is_from) => part(Frames),
        Rails | RailsFrames if is_place(line.trim_ascii_start()) => part(RailsFrames),
        Rails if is_blank(line) => Some(TraceStep::Perhaps(TraceState::Ruby(Rails))),
        Frames | Rails | RailsFrames => None,
    }
}

/// `from app.rb:7:in …`, and with its number where the oldest comes first
fn is_from(frame: &[u8]) -> bool {
    let frame = after_number(frame).and_then(|rest| rest.strip_prefix(b": ")).unwrap_or(frame);
    frame.starts_with(b"from ") || frame.starts_with(b"... ") && frame.ends_with(b"levels...")
}
