//! Names and numbers of levels, and the keys they are under.

use super::LogLevel::{self, Debug, Error, Fatal, Info, Trace, Warn};

/// Longer words are not levels: "informational" is the longest.
const MAX_WORD: usize = 16;

/// A value that may be a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scalar<'t> {
    /// A name, or a number in digits.
    Text(&'t [u8]),
    /// A number.
    Number(u64),
}

/// What a value says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LevelReading {
    /// This level.
    Certain(LogLevel),
    /// This level if the record is a GELF message; elsewhere small numbers count something else.
    InGelf(LogLevel),
}

/// Whose numbers a key holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LevelKey {
    /// Names, or the numbers of pino and bunyan.
    Common,
    /// Names, or severities of syslog.
    Syslog,
    /// `levelno` of Python's logging.
    Python,
    /// `severityNumber` of OpenTelemetry.
    Telemetry,
    /// `s` of MongoDB, one letter.
    Initial,
}

impl LevelKey {
    /// Keys in use: pino, bunyan, winston, zap, slog, logrus, zerolog (`level`), Elastic (`log.level`), Google and
    /// rsyslog (`severity`), Python (`levelname`), .NET (`LogLevel`, `@l`), hclog (`@level`), Monolog (`level_name`),
    /// OpenTelemetry (`severityText`), journald (`PRIORITY`), MongoDB (`s`).
    #[inline(always)]
    pub(super) fn find(key: &[u8]) -> Option<Self> {
        // Hardly any other key begins so and is as long.
        match (key.first()?, key.len()) {
            (b'l' | b'L', 3..=10) | (b's' | b'S', 1 | 8..=15) | (b'@', 2 | 6) | (b'P', 8) => {
                Self::find_name(key)
            }
            _ => None,
        }
    }

    /// Not inlined, so that what is asked of every key is.
    #[inline(never)]
    fn find_name(key: &[u8]) -> Option<Self> {
        match key {
            b"level" | b"lvl" | b"Level" | b"LEVEL" | b"@l" | b"@level" => Some(Self::Common),
            b"log.level" | b"loglevel" | b"logLevel" | b"LogLevel" | b"log_level" => Some(Self::Common),
            b"levelname" | b"level_name" | b"levelName" => Some(Self::Common),
            b"severityText" | b"severity_text" | b"SeverityText" => Some(Self::Common),
            b"severity" | b"Severity" | b"SEVERITY" | b"PRIORITY" => Some(Self::Syslog),
            b"levelno" => Some(Self::Python),
            b"severityNumber" | b"severity_number" | b"SeverityNumber" => Some(Self::Telemetry),
            b"s" => Some(Self::Initial),
            _ => None,
        }
    }

    pub(super) fn read(self, value: Scalar<'_>) -> Option<LevelReading> {
        match (self, number(value), value) {
            (Self::Common, Some(number), _) => {
                let in_gelf = || syslog(number).map(LevelReading::InGelf);
                pino(number).map(LevelReading::Certain).or_else(in_gelf)
            }
            (Self::Syslog, Some(number), _) => syslog(number).map(LevelReading::Certain),
            (Self::Python, Some(number), _) => python(number).map(LevelReading::Certain),
            (Self::Telemetry, Some(number), _) => telemetry(number).map(LevelReading::Certain),
            (Self::Common | Self::Syslog, None, Scalar::Text(text)) => word(text).map(LevelReading::Certain),
            (Self::Initial, None, Scalar::Text(text)) => initial(text).map(LevelReading::Certain),
            _ => None,
        }
    }
}

/// The value of a field that the user says holds the level.
pub(super) fn of_named(value: Scalar<'_>) -> Option<LogLevel> {
    match (number(value), value) {
        (Some(number), _) => pino(number).or_else(|| syslog(number)),
        (None, Scalar::Text(text)) => word(text),
        (None, Scalar::Number(_)) => None,
    }
}

fn number(value: Scalar<'_>) -> Option<u64> {
    let digit = |byte: &u8| char::from(*byte).to_digit(10).map(u64::from);
    match value {
        Scalar::Number(number) => Some(number),
        // No level has more digits.
        Scalar::Text(text @ [_] | text @ [_, _] | text @ [_, _, _]) => {
            text.iter().try_fold(0, |number, byte| Some(10 * number + digit(byte)?))
        }
        Scalar::Text(_) => None,
    }
}

/// <https://getpino.io/#/docs/api?id=loggerlevels-object>, <https://github.com/trentm/node-bunyan#levels>.
fn pino(number: u64) -> Option<LogLevel> {
    match number {
        10 => Some(Trace),
        20 => Some(Debug),
        30 => Some(Info),
        40 => Some(Warn),
        50 => Some(Error),
        60 => Some(Fatal),
        _ => None,
    }
}

/// <https://www.rfc-editor.org/rfc/rfc5424#section-6.2.1>.
pub(super) fn syslog(number: u64) -> Option<LogLevel> {
    match number {
        0..=2 => Some(Fatal),
        3 => Some(Error),
        4 => Some(Warn),
        5 | 6 => Some(Info),
        7 => Some(Debug),
        _ => None,
    }
}

/// <https://docs.python.org/3/library/logging.html#logging-levels>.
fn python(number: u64) -> Option<LogLevel> {
    match number {
        1..10 => Some(Trace),
        10..20 => Some(Debug),
        20..30 => Some(Info),
        30..40 => Some(Warn),
        40..50 => Some(Error),
        50..=100 => Some(Fatal),
        _ => None,
    }
}

/// <https://opentelemetry.io/docs/specs/otel/logs/data-model/#field-severitynumber>.
fn telemetry(number: u64) -> Option<LogLevel> {
    match number {
        1..=4 => Some(Trace),
        5..=8 => Some(Debug),
        9..=12 => Some(Info),
        13..=16 => Some(Warn),
        17..=20 => Some(Error),
        21..=24 => Some(Fatal),
        _ => None,
    }
}

/// <https://www.mongodb.com/docs/manual/reference/log-messages/#severity-levels>.
fn initial(text: &[u8]) -> Option<LogLevel> {
    match text {
        b"F" => Some(Fatal),
        b"E" => Some(Error),
        b"W" => Some(Warn),
        b"I" => Some(Info),
        b"D1" | b"D2" | b"D3" | b"D4" | b"D5" => Some(Debug),
        _ => None,
    }
}

/// The level of this name, in upper or lower case: what a field or a pair of brackets holds.
#[inline]
pub(super) fn word(text: &[u8]) -> Option<LogLevel> {
    match text {
        b"info" | b"INFO" => Some(Info),
        b"error" | b"ERROR" => Some(Error),
        b"debug" | b"DEBUG" => Some(Debug),
        b"warn" | b"WARN" => Some(Warn),
        _ => rare_word(text),
    }
}

fn rare_word(text: &[u8]) -> Option<LogLevel> {
    in_lower_case(without_offset(text.trim_ascii()), |word| strong(word).or_else(|| weak(word)))
}

/// The level of a name in upper case that hardly means anything else, as it may be in a line by itself.
pub(super) fn bare_upper(text: &[u8]) -> Option<LogLevel> {
    is_upper(text).then(|| in_lower_case(text, strong))?
}

/// The level of a name before a colon: in capitals any, otherwise one that is not as well the part of a program that speaks.
pub(super) fn before_colon(text: &[u8]) -> Option<LogLevel> {
    match text {
        b"HTTP" => None,
        b"fail" | b"FAIL" => Some(Error),
        b"panic" | b"PANIC" => Some(Fatal),
        b"Deprecated" => Some(Warn),
        _ if is_upper(text) => word(text),
        _ => in_lower_case(text, strong),
    }
}

/// Whether the word has capital letters, and no others.
pub(super) fn is_upper(text: &[u8]) -> bool {
    text.iter().any(u8::is_ascii_uppercase) && !text.iter().any(u8::is_ascii_lowercase)
}

/// Go's slog writes levels between its own as `ERROR+2`.
fn without_offset(text: &[u8]) -> &[u8] {
    let Some(sign) = text.iter().position(|byte| matches!(byte, b'+' | b'-')) else { return text };
    match text.split_at_checked(sign) {
        Some((name, [_, digits @ ..])) if digits.iter().all(u8::is_ascii_digit) => name,
        _ => text,
    }
}

fn in_lower_case(text: &[u8], find: impl FnOnce(&[u8]) -> Option<LogLevel>) -> Option<LogLevel> {
    let mut buffer = [0; MAX_WORD];
    let lower = buffer.get_mut(..text.len())?;
    lower.copy_from_slice(text);
    lower.make_ascii_lowercase();
    find(lower)
}

/// Names that in capitals mean a level wherever they are, the short ones of zerolog, Serilog, logrus and charm among
/// them.
fn strong(word: &[u8]) -> Option<LogLevel> {
    match word {
        b"trace" | b"trc" | b"trce" | b"trac" => Some(Trace),
        b"debug" | b"dbg" | b"dbug" | b"debu" | b"verbose" | b"vrb" => Some(Debug),
        b"info" | b"inf" | b"notice" | b"information" | b"informational" => Some(Info),
        b"warn" | b"warning" | b"wrn" => Some(Warn),
        b"error" | b"err" | b"erro" | b"eror" | b"severe" => Some(Error),
        b"fatal" | b"ftl" | b"fata" | b"critical" | b"crit" | b"emerg" | b"emergency" => Some(Fatal),
        _ => None,
    }
}

/// Names that are words of other meanings, too.
fn weak(word: &[u8]) -> Option<LogLevel> {
    match word {
        b"finer" | b"finest" | b"silly" => Some(Trace),
        b"fine" | b"config" | b"debug1" | b"debug2" | b"debug3" | b"debug4" | b"debug5" => Some(Debug),
        b"log" | b"note" | b"system" | b"success" | b"http" => Some(Info),
        b"deprecated" => Some(Warn),
        b"fail" | b"failure" => Some(Error),
        b"alert" | b"panic" | b"pani" | b"pnc" | b"dpanic" => Some(Fatal),
        _ => None,
    }
}
