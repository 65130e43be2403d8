//! How languages print stack traces: which line may begin one, and which lines follow.
//!
//! A record begins with a line that can only be told from an ordinary one by what follows, so a line that looks like the
//! head of an error costs nothing: it is joined with frames, causes and other lines of a known shape, and with nothing else.
//! Lines that may be a part of the trace or not, such as empty ones, wait until a line that certainly is one follows.
//!
//! The shapes are those that `fluent-plugin-detect-exceptions` and Fluent Bit's built-in multiline parsers know, and those
//! of the runtimes' own sources as of 2026: `tests/fixtures/traces` has some of each.

mod exception;
mod go;
mod php;
mod python;
mod ruby;
mod rust;
mod shape;

use std::sync::LazyLock;

use regex::bytes::Regex;

/// Where a stack trace stands after a line of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TraceState {
    /// Java, .NET, Node.js and others that print "SomeError: message" and then "at" lines.
    Exception(exception::ExceptionState),
    Go(go::GoState),
    Php(php::PhpState),
    Python(python::PythonState),
    Ruby(ruby::RubyState),
    Rust(rust::RustState),
}

/// What a language's own rules say of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TraceStep {
    /// It is a part of the trace.
    Part(TraceState),
    /// It is one if another follows.
    Perhaps(TraceState),
    /// It is the last part.
    Last,
}

/// What every line that may begin a trace contains, apart from the place in a source file that Node.js prints first.
static HEADS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let heads = "Exception|Error|Throwable|Traceback|panic|fatal error: |SIG|goroutine |:in '|:in `|PHP |Uncaught|runtime: |unexpected fault";
    Regex::new(heads).ok()
});

/// The state of the trace that this line may begin.
pub(super) fn begin(line: &[u8]) -> Option<TraceState> {
    // A record in JSON is whole.
    if line.starts_with(b"{") && line.ends_with(b"}") {
        return None;
    }
    if exception::is_place_in_source(line) {
        return exception::at_place_in_source();
    }
    if !HEADS.as_ref().is_some_and(|heads| heads.is_match(line)) {
        return None;
    }
    python::begin(line)
        .or_else(|| rust::begin(line))
        .or_else(|| go::begin(line))
        .or_else(|| php::begin(line))
        .or_else(|| ruby::begin(line))
        .or_else(|| exception::begin(line))
}

/// What the line is to a trace in this state.
pub(super) fn continues(state: TraceState, line: &[u8]) -> Option<TraceStep> {
    let step = match state {
        TraceState::Exception(state) => exception::step(state, line),
        TraceState::Go(state) => go::step(state, line),
        TraceState::Php(state) => php::step(state, line),
        TraceState::Python(state) => python::step(state, line),
        TraceState::Ruby(state) => ruby::step(state, line),
        TraceState::Rust(state) => rust::step(state, line),
    };
    // What may begin a trace of its own is not kept for another.
    step.filter(|step| !(matches!(step, TraceStep::Perhaps(_)) && begin(line).is_some()))
}
