//! "SomeError: message" and then "at" lines: Java and its relatives, .NET, and Node.js.

use self::ExceptionState::{AfterFrames, Causes, Frames, Head, Properties, Source};
use super::php;
use super::rust;
use super::shape::{
    after_number, contains, first_word, indented, is_blank, looks_like_a_record, starts_with_number,
};
use super::{TraceState, TraceStep};

/// Lines of a message before the first frame.
const MAX_MESSAGE_LINES: u8 = 8;

/// Endings of files in which Node.js says that an error was thrown.
const SOURCE_FILES: [&[u8]; 7] = [b".js", b".mjs", b".cjs", b".ts", b".mts", b".cts", b".tsx"];

/// Lines that occur only between frames, indented or not.
const BETWEEN_FRAMES: [&[u8]; 2] = [b"--- End of ", b"[CIRCULAR REFERENCE"];

/// What comes before another error that belongs to the first.
const LINKS: [&[u8]; 4] = [b"Caused by: ", b"Suppressed: ", b"Wrapped by: ", b"---> "];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::join) enum ExceptionState {
    /// The place in a source file, the line that is there, its marks, and the empty line before the error.
    Source(SourceLine),
    /// The error's own line, and this many more lines of its message; `strict`: it is nothing else.
    Head { strict: bool, message_lines: u8 },
    /// A frame, or what is between frames.
    Frames,
    /// Inside of the properties that Node.js prints after the frames.
    Properties,
    /// An empty line after the frames.
    AfterFrames,
    /// Rust's anyhow: "Caused by:" alone, and the causes below.
    Causes,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::join) enum SourceLine {
    Place,
    Code,
    Marks,
    Blank,
}

fn part(state: ExceptionState) -> Option<TraceStep> {
    Some(TraceStep::Part(TraceState::Exception(state)))
}

fn perhaps(state: ExceptionState) -> Option<TraceStep> {
    Some(TraceStep::Perhaps(TraceState::Exception(state)))
}

/// `/app/index.js:3`, which Node.js prints before the line that threw.
pub(super) fn is_place_in_source(line: &[u8]) -> bool {
    if !line.last().is_some_and(u8::is_ascii_digit)
        || !line.first().is_some_and(|first| b"/nfCD".contains(first))
    {
        return false;
    }
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let file = line.get(..line.len() - digits).and_then(|file| file.strip_suffix(b":"));
    file.is_some_and(|file| {
        first_word(file) == file
            && (SOURCE_FILES.iter().any(|end| file.ends_with(end)) || file.starts_with(b"node:internal/"))
    })
}

pub(super) fn at_place_in_source() -> Option<TraceState> {
    Some(TraceState::Exception(Source(SourceLine::Place)))
}

pub(super) fn begin(line: &[u8]) -> Option<TraceState> {
    is_head(line).then(|| head_state(line))
}

fn head_state(line: &[u8]) -> TraceState {
    TraceState::Exception(match opens_properties(line) {
        true => Properties,
        false => Head { strict: is_strict_head(line), message_lines: 0 },
    })
}

/// Whether a name of an error is in the line, and then `:`, nothing, or what Node.js puts after it.
fn is_head(line: &[u8]) -> bool {
    [&b"Exception"[..], b"Error", b"Throwable"].iter().any(|kind| {
        let mut names = std::iter::successors(after_name(line, kind), |rest| after_name(rest, kind));
        names.any(ends_name)
    })
}

/// What follows the first name with this kind of error in it, inner classes and more of the name included: so no byte is
/// read twice, however often the kind is there.
fn after_name<'l>(line: &'l [u8], kind: &[u8]) -> Option<&'l [u8]> {
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'$' || **byte == b'_';
    let rest = line.get(memchr::memmem::find(line, kind)? + kind.len()..)?;
    rest.get(rest.iter().take_while(is_name).count()..)
}

/// Whether what follows a name says that it was an error's.
fn ends_name(rest: &[u8]) -> bool {
    rest.is_empty()
        || rest.starts_with(b":")
        || rest.starts_with(b" [")
        || rest.starts_with(b" {")
        || rest.starts_with(b" in /")
}

/// Whether the line is nothing but the head of an error: its first word is the error's name.
fn is_strict_head(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"Uncaught ").unwrap_or(line);
    if line.starts_with(b"Exception in thread ") || line.starts_with(b"Unhandled exception. ") {
        return true;
    }
    let word = first_word(line);
    let name = word.strip_suffix(b":").unwrap_or(word);
    is_head(name) && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b".$_".contains(byte))
}

fn opens_properties(line: &[u8]) -> bool {
    line.ends_with(b" {")
}

pub(super) fn step(state: ExceptionState, line: &[u8]) -> Option<TraceStep> {
    match state {
        Source(at) => step_in_source(at, line),
        Head { strict, message_lines } => step_after_head(strict, message_lines, line),
        Frames => step_in_frames(line),
        Properties => step_in_properties(line),
        AfterFrames => step_after_frames(line),
        Causes => step_in_causes(line),
    }
}

fn step_in_source(at: SourceLine, line: &[u8]) -> Option<TraceStep> {
    let is_marks = line.trim_ascii().iter().all(|byte| *byte == b'^');
    match at {
        SourceLine::Place if !looks_like_a_record(line) => perhaps(Source(SourceLine::Code)),
        SourceLine::Code if !is_blank(line) && is_marks => part(Source(SourceLine::Marks)),
        SourceLine::Marks if is_blank(line) => perhaps(Source(SourceLine::Blank)),
        SourceLine::Marks | SourceLine::Blank if is_head(line) => Some(TraceStep::Part(head_state(line))),
        SourceLine::Place | SourceLine::Code | SourceLine::Marks | SourceLine::Blank => None,
    }
}

fn step_after_head(strict: bool, message_lines: u8, line: &[u8]) -> Option<TraceStep> {
    if let Some(step @ TraceStep::Part(_)) = step_in_frames(line) {
        return Some(step);
    }
    if php::begins_frames(line) {
        return php::frames();
    }
    if line == b"Caused by:" {
        return part(Causes);
    }
    let fits = strict || is_blank(line);
    let message_lines = message_lines + 1;
    let goes_on = fits && message_lines <= MAX_MESSAGE_LINES && !looks_like_a_record(line);
    if goes_on { perhaps(Head { strict, message_lines }) } else { None }
}

fn step_in_frames(line: &[u8]) -> Option<TraceStep> {
    let text = line.trim_ascii_start();
    if let Some(frame) = indented(line) {
        let is_frame = frame.starts_with(b"at ") && frame.iter().any(|byte| b"(:<".contains(byte));
        if is_frame
            || starts_with_number(frame, b"... ")
            || frame.starts_with(b"... ") && contains(frame, b"more")
        {
            return part(if opens_properties(line) { Properties } else { Frames });
        }
    }
    if BETWEEN_FRAMES.iter().any(|prefix| text.starts_with(prefix)) {
        return part(Frames);
    }
    if LINKS.iter().any(|link| text.starts_with(link)) {
        return part(Head { strict: true, message_lines: 0 });
    }
    is_blank(line).then_some(TraceStep::Perhaps(TraceState::Exception(AfterFrames)))
}

/// The properties end with a brace at the beginning of a line.
fn step_in_properties(line: &[u8]) -> Option<TraceStep> {
    if line.starts_with(b"}") {
        return part(Frames);
    }
    if line.starts_with(b"  ") { part(Properties) } else { None }
}

/// Node.js says its version at the end.
fn step_after_frames(line: &[u8]) -> Option<TraceStep> {
    if line.starts_with(b"Node.js v") {
        return Some(TraceStep::Last);
    }
    step_in_frames(line).filter(|step| !matches!(step, TraceStep::Perhaps(_)))
}

fn step_in_causes(line: &[u8]) -> Option<TraceStep> {
    if rust::begins_backtrace(line) {
        return rust::backtrace();
    }
    match indented(line) {
        Some(cause) if line.starts_with(b"    ") || after_number(cause).is_some() => part(Causes),
        _ => is_blank(line).then_some(TraceStep::Perhaps(TraceState::Exception(Causes))),
    }
}
