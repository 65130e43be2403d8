//! The beginnings of errors that no logger wrote: what a runtime prints when a program fails.

use super::LogLevel::{self, Error, Fatal, Warn};

/// Beginnings by which such messages are known.
const BEGINNINGS: [(&[u8], LogLevel); 18] = [
    // Python
    (b"Traceback (most recent call last)", Error),
    // Java
    (b"Exception in thread ", Error),
    (b"Caused by: ", Error),
    // .NET
    (b"Unhandled exception", Fatal),
    (b"Unhandled Exception", Fatal),
    // Node.js
    (b"Uncaught ", Error),
    (b"UnhandledPromiseRejection", Error),
    (b"node:internal/process/promises", Error),
    (b"npm ERR!", Error),
    (b"npm error ", Error),
    (b"npm WARN ", Warn),
    (b"npm warn ", Warn),
    // PHP, Go and Swift
    (b"Fatal error: ", Fatal),
    (b"fatal error: ", Fatal),
    (b"Parse error: ", Error),
    // Erlang and glibc
    (b"Segmentation fault", Fatal),
    (b"terminate called after throwing", Fatal),
    (b"Kernel panic", Fatal),
];

/// Rust: `thread 'main' panicked at src/main.rs:2:5:`.
const PANICKED: &[u8] = b"' panicked at";

/// The level of a message that begins with this word. `from` is the line from the word on, `rest` what follows it.
pub(super) fn level(word: &[u8], from: &[u8], rest: &[u8]) -> Option<LogLevel> {
    if !word.first().is_some_and(u8::is_ascii_alphabetic) {
        return None;
    }
    let beginning = BEGINNINGS.iter().find(|(beginning, _)| from.starts_with(beginning));
    match beginning {
        Some((_, level)) => Some(*level),
        None if word == b"thread" => {
            rest.windows(PANICKED.len()).any(|part| part == PANICKED).then_some(Fatal)
        }
        None => of_type(word, rest),
    }
}

/// The name of an exception's type before its message, or alone on its line: `ValueError: …`.
fn of_type(word: &[u8], rest: &[u8]) -> Option<LogLevel> {
    let name = word.strip_suffix(b":").unwrap_or(word);
    let stands_as_type =
        name.len() < word.len() || rest.trim_ascii().is_empty() || rest.starts_with(b" [ERR_");
    let is_name =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'\\' | b'$' | b':');
    if !stands_as_type || !name.iter().all(is_name) {
        return None;
    }
    let is = |suffix: &[u8]| name.len() > suffix.len() && name.ends_with(suffix);
    match () {
        () if is(b"Error") || is(b"Exception") || name == b"Exception" => Some(Error),
        () if is(b"Warning") => Some(Warn),
        () => None,
    }
}
