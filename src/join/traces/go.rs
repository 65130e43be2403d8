//! Go's panics, fatal errors and dumps of goroutines.

use self::GoState::{Function, Head, Stack};
use super::shape::{contains, first_word, is_blank, starts_with_number};
use super::{TraceState, TraceStep};

/// What a crash begins with.
const HEADS: [&[u8]; 5] = [
    b"panic: ",
    b"fatal error: ",
    b"unexpected fault address ",
    b"runtime: goroutine stack exceeds ",
    b"runtime: out of memory",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::join) enum GoState {
    /// What happened, before the first goroutine.
    Head,
    /// Frames of goroutines.
    Stack,
    /// A function whose place has to follow.
    Function,
}

fn part(state: GoState) -> Option<TraceStep> {
    Some(TraceStep::Part(TraceState::Go(state)))
}

fn perhaps(state: GoState) -> Option<TraceStep> {
    Some(TraceStep::Perhaps(TraceState::Go(state)))
}

pub(super) fn begin(line: &[u8]) -> Option<TraceState> {
    if is_goroutine(line) {
        return Some(TraceState::Go(Stack));
    }
    let is_head = HEADS.iter().any(|head| line.starts_with(head))
        || is_signal(line)
        || contains(line, b" panic: ")
        || contains(line, b"http: panic serving ");
    is_head.then_some(TraceState::Go(Head))
}

/// `goroutine 1 [running]:`
fn is_goroutine(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    starts_with_number(line, b"goroutine ") && line.ends_with(b":")
}

/// `SIGSEGV: segmentation violation`
fn is_signal(line: &[u8]) -> bool {
    let name = first_word(line);
    name.strip_prefix(b"SIG")
        .and_then(|name| name.strip_suffix(b":"))
        .is_some_and(|name| name.iter().all(u8::is_ascii_uppercase))
}

pub(super) fn step(state: GoState, line: &[u8]) -> Option<TraceStep> {
    if is_goroutine(line) || line == b"runtime stack:" {
        return part(Stack);
    }
    match state {
        Head => step_after_head(line),
        Stack => step_in_stack(line),
        Function => is_place(line).then_some(TraceStep::Part(TraceState::Go(Stack))),
    }
}

fn step_after_head(line: &[u8]) -> Option<TraceStep> {
    let goes_on = line.starts_with(b"\t")
        || line.starts_with(b"[signal ")
        || line.starts_with(b"PC=")
        || line.starts_with(b"runtime: ")
        || HEADS.iter().any(|head| line.starts_with(head));
    match goes_on {
        true => part(Head),
        false => is_blank(line).then_some(TraceStep::Perhaps(TraceState::Go(Head))),
    }
}

fn step_in_stack(line: &[u8]) -> Option<TraceStep> {
    if line.starts_with(b"...") && contains(line, b"elided")
        || line.starts_with(b"[originating from goroutine ")
    {
        return part(Stack);
    }
    if line.starts_with(b"goroutine running on other thread") || is_place(line) || is_register(line) {
        return part(Stack);
    }
    if is_function(line) {
        return perhaps(Function);
    }
    is_blank(line).then_some(TraceStep::Perhaps(TraceState::Go(Stack)))
}

/// `main.(*Server).Serve(0xc000010000, 0x1)`, `created by net/http.(*Server).Serve in goroutine 1`
fn is_function(line: &[u8]) -> bool {
    if line.starts_with(b"created by ") {
        return true;
    }
    let name = line.split(|byte| *byte == b'(').next().unwrap_or_default();
    !name.is_empty()
        && name.iter().all(|byte| !byte.is_ascii_whitespace())
        && line.trim_ascii_end().ends_with(b")")
}

/// `\t/app/main.go:12 +0x1d`
fn is_place(line: &[u8]) -> bool {
    line.starts_with(b"\t") && (contains(line, b".go:") || contains(line, b".s:") || contains(line, b"+0x"))
}

/// `rax    0x0`
fn is_register(line: &[u8]) -> bool {
    let name = first_word(line);
    let value = line.get(name.len()..).unwrap_or_default().trim_ascii();
    (2..=6).contains(&name.len())
        && value.strip_prefix(b"0x").is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
}
