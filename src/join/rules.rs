//! What is joined, and which line continues a record.

use std::time::Duration;

use super::traces::{self, TraceState, TraceStep};

/// What is joined, and within which bounds.
#[derive(Debug, Clone)]
pub struct JoinRules {
    /// Whether the pieces of a line become one.
    pub pieces: bool,
    /// How the lines of a stack trace are recognised; `None`: they are not.
    pub lines: Option<LineRule>,
    /// How much later than the line before it a line may come.
    pub wait: Duration,
    /// The longest text of a joined record.
    pub max_bytes: usize,
}

/// How the lines of one record are recognised.
#[derive(Debug, Clone)]
pub enum LineRule {
    /// By the stack traces of the usual languages.
    Traces,
    /// Each line that matches begins a record.
    StartPattern(regex::bytes::Regex),
}

/// Where a record stands after a line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RecordState {
    /// Nothing can follow.
    Complete,
    /// Part of a stack trace, or the line that may begin one.
    Trace(TraceState),
    /// Everything that does not match the pattern follows.
    UntilPattern,
}

/// What a line is to the record before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Continuation {
    /// A part of it.
    Certain(RecordState),
    /// A part of it if a line that certainly is one follows.
    Possible(RecordState),
}

impl From<TraceStep> for Continuation {
    fn from(step: TraceStep) -> Self {
        match step {
            TraceStep::Part(state) => Self::Certain(RecordState::Trace(state)),
            TraceStep::Perhaps(state) => Self::Possible(RecordState::Trace(state)),
            TraceStep::Last => Self::Certain(RecordState::Complete),
        }
    }
}

impl JoinRules {
    /// Where a record stands that begins with this line.
    pub(super) fn begin(&self, line: &[u8]) -> RecordState {
        match &self.lines {
            None => RecordState::Complete,
            Some(LineRule::Traces) => traces::begin(line).map_or(RecordState::Complete, RecordState::Trace),
            Some(LineRule::StartPattern(_)) => RecordState::UntilPattern,
        }
    }

    /// What the line is to a record in this state; `None`: it begins one of its own.
    pub(super) fn continues(&self, state: RecordState, line: &[u8]) -> Option<Continuation> {
        match (&self.lines, state) {
            (Some(LineRule::Traces), RecordState::Trace(state)) => {
                traces::continues(state, line).map(Continuation::from)
            }
            (Some(LineRule::StartPattern(pattern)), RecordState::UntilPattern) => {
                (!pattern.is_match(line)).then_some(Continuation::Certain(RecordState::UntilPattern))
            }
            _ => None,
        }
    }
}

/// The line without the end that some inputs leave in its text.
pub(super) fn trim_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line))
}
