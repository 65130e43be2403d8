//! The beginning of a text line: time, process, logger and the like, and the level among them.
//!
//! A level counts where runtimes write it: in brackets, in capitals, before a colon, between tabs or bars, as
//! `level=error`. What may come before it is passed over token by token. The first word of prose ends the search, so that
//! "0 errors found" and "GET /error" are not errors.

use memchr::memchr;

use super::LogLevel::{self, Debug, Error, Fatal, Info, Warn};
use super::message;
use super::words::{self, LevelKey, LevelReading, Scalar};

/// Bytes of a line that are read.
const MAX_HEAD: usize = 512;

/// Words and brackets before a level.
const MAX_TOKENS: usize = 24;

const ESCAPE: u8 = 0x1B;

/// The level that the line begins with.
pub(super) fn level(line: &[u8]) -> Option<LogLevel> {
    let head = line.get(..MAX_HEAD).unwrap_or(line);
    let head = head.split(|byte| *byte == b'\n').next().unwrap_or(head);
    if memchr(ESCAPE, head).is_none() {
        return of_head(head);
    }
    let mut plain = [0; MAX_HEAD];
    of_head(without_colours(head, &mut plain))
}

/// The text without its sequences of ECMA-48, such as `ESC [ 31 m`.
#[cold]
fn without_colours<'p>(head: &[u8], plain: &'p mut [u8; MAX_HEAD]) -> &'p [u8] {
    let mut is_sequence = false;
    let mut length = 0;
    for (byte, place) in head.iter().filter(|byte| is_shown(**byte, &mut is_sequence)).zip(plain.iter_mut()) {
        *place = *byte;
        length += 1;
    }
    plain.get(..length).unwrap_or_default()
}

fn is_shown(byte: u8, is_sequence: &mut bool) -> bool {
    let was_sequence = *is_sequence;
    *is_sequence = byte == ESCAPE || was_sequence && !byte.is_ascii_alphabetic();
    !was_sequence && byte != ESCAPE
}

fn of_head(head: &[u8]) -> Option<LogLevel> {
    let by_form = match head {
        [b'<', b'0'..=b'9', ..] => priority(head),
        [letter, b'0'..=b'9', ..] if letter.is_ascii_uppercase() => glog(*letter, head),
        [b'0'..=b'9', ..] => redis(head),
        _ => None,
    };
    by_form.or_else(|| Search { rest: head, has_time: false, may_name_host: false }.level())
}

/// `<11>` of syslog: facility and severity.
fn priority(head: &[u8]) -> Option<LogLevel> {
    let inner = head.strip_prefix(b"<")?;
    let (number, _) = inner.split_at_checked(memchr(b'>', inner)?)?;
    let number: u64 = std::str::from_utf8(number).ok()?.parse().ok()?;
    (number <= 191).then(|| words::syslog(number % 8))?
}

/// `E0102 15:04:05.678901` of glog, klog and absl, `E240102 15:04:05` of CockroachDB.
fn glog(letter: u8, head: &[u8]) -> Option<LogLevel> {
    let mut words = head.get(1..)?.split(|byte| *byte == b' ');
    let date = words.next()?;
    let is_glog = (4..=8).contains(&date.len())
        && date.iter().all(u8::is_ascii_digit)
        && words.next()?.get(2) == Some(&b':');
    match letter {
        b'I' if is_glog => Some(Info),
        b'W' if is_glog => Some(Warn),
        b'E' if is_glog => Some(Error),
        b'F' if is_glog => Some(Fatal),
        _ => None,
    }
}

/// `1:M 02 Jan 2026 15:04:05.678 # …` of Redis and Valkey, whose sign is the level.
fn redis(head: &[u8]) -> Option<LogLevel> {
    let mut words = head.split(|byte| *byte == b' ');
    let (role, process) = words.next()?.split_last()?;
    let is_redis = matches!(role, b'M' | b'S' | b'C' | b'X' | b'R')
        && process.strip_suffix(b":")?.iter().all(u8::is_ascii_digit);
    match words.nth(4)? {
        b"#" if is_redis => Some(Warn),
        b"*" if is_redis => Some(Info),
        b"-" | b"." if is_redis => Some(Debug),
        _ => None,
    }
}

/// A word, or what is in brackets.
#[derive(Debug, Clone, Copy)]
struct Token<'t> {
    text: &'t [u8],
    /// The opening bracket.
    bracket: Option<u8>,
    /// A tab or bar before it, or a blank.
    before: u8,
    /// The line from this token on, and after it.
    from: &'t [u8],
    rest: &'t [u8],
}

/// What a token means for the search.
#[derive(Debug, Clone, Copy)]
enum Step {
    Found(LogLevel),
    /// It may come before a level.
    Pass,
    /// The message has begun.
    Stop,
}

/// The search for a level, from token to token.
#[derive(Debug)]
struct Search<'t> {
    rest: &'t [u8],
    /// A date or time has been passed over.
    has_time: bool,
    /// The line begins with a month as in syslog's older form, where the host's name follows the time.
    may_name_host: bool,
}

impl<'t> Search<'t> {
    fn level(&mut self) -> Option<LogLevel> {
        for position in 0..MAX_TOKENS {
            let token = Token::read(self.rest)?;
            self.may_name_host |= position == 0 && is_month(token.text);
            match self.step(&token) {
                Step::Found(level) => return Some(level),
                Step::Pass => self.rest = token.rest,
                Step::Stop => return None,
            }
        }
        None
    }

    fn step(&mut self, token: &Token<'t>) -> Step {
        if let Some(bracket) = token.bracket {
            return in_brackets(bracket, token.text).map_or(Step::Pass, Step::Found);
        }
        if token.is_pair() {
            return of_pairs(token.from).map_or(Step::Stop, Step::Found);
        }
        let level = token.level().or_else(|| message::level(token.text, token.from, token.rest));
        match level {
            Some(level) => Step::Found(level),
            None if self.may_precede(token) => Step::Pass,
            None => Step::Stop,
        }
    }

    /// Whether the token may come before a level.
    fn may_precede(&mut self, token: &Token<'t>) -> bool {
        let text = token.text;
        if matches!(text, [b'"' | b'\'', ..]) || text.windows(3).any(|part| part == b"://") {
            return false;
        }
        if !text.iter().any(u8::is_ascii_alphanumeric) {
            // Signs, or one of another alphabet; more of those are words.
            return text.is_ascii() || text.len() <= 4;
        }
        if text.iter().any(u8::is_ascii_digit) {
            return self.may_count(token);
        }
        is_of_time(text) || is_name(text) || token.is_cell() || self.names_host()
    }

    /// Whether this is the word after the time in syslog's older form.
    fn names_host(&mut self) -> bool {
        self.has_time && std::mem::take(&mut self.may_name_host)
    }

    /// A number or a word with digits: a time, a process, a host. "3 ERROR pages" counts pages.
    fn may_count(&mut self, token: &Token<'t>) -> bool {
        self.has_time |= token.text.iter().any(|byte| matches!(byte, b':' | b'-' | b'/' | b'.'));
        let is_number = token.text.iter().all(u8::is_ascii_digit);
        self.has_time || !is_number || !token.rest.trim_ascii().first().is_some_and(u8::is_ascii_alphabetic)
    }
}

impl<'t> Token<'t> {
    fn read(text: &'t [u8]) -> Option<Self> {
        let mut from = text;
        let mut before = b' ';
        while let [blank @ (b' ' | b'\t' | b'|' | b'\r'), rest @ ..] = from {
            before = if *blank == b' ' { before } else { *blank };
            from = rest;
        }
        let (first, inner) = from.split_first()?;
        let end = closing(*first).and_then(|closing| memchr(closing, inner));
        if let Some((text, rest)) = end.and_then(|end| inner.split_at_checked(end)) {
            let rest = rest.split_first().map_or(rest, |(_, rest)| rest);
            return Some(Self { text, bracket: Some(*first), before, from, rest });
        }
        let is_end = |byte: &u8| matches!(byte, b' ' | b'\t' | b'|' | b'[' | b'\r');
        let end = inner.iter().position(is_end).unwrap_or(inner.len());
        let (text, rest) = from.split_at_checked(end + 1)?;
        Some(Self { text, bracket: None, before, from, rest })
    }

    /// The level that the word is, with the signs after it that runtimes write.
    fn level(&self) -> Option<LogLevel> {
        let text = self.text.strip_prefix(b"=").unwrap_or(self.text);
        let end = text.iter().position(|byte| matches!(byte, b':' | b',' | b'!')).unwrap_or(text.len());
        let (word, tail) = text.split_at_checked(end)?;
        match tail {
            [] if self.is_set_off() => words::word(word),
            [] | [b','] => words::bare_upper(word),
            [b'!'] => initial(word),
            [b':', tail @ ..] if is_something(tail, self.rest) => before_colon(word, tail),
            _ => None,
        }
    }

    /// `key=value`
    fn is_pair(&self) -> bool {
        let key = self.text.split(|byte| *byte == b'=').next().unwrap_or_default();
        key.len() < self.text.len() && !key.is_empty() && key.iter().all(|byte| is_of_name(*byte))
    }

    /// Whether tabs or bars are on both sides.
    fn is_set_off(&self) -> bool {
        self.before != b' ' && self.ends_cell()
    }

    fn ends_cell(&self) -> bool {
        let behind = self.rest.iter().find(|byte| **byte != b' ');
        matches!(behind, Some(b'\t' | b'|'))
    }

    /// Whether the word stands by itself: between bars, tabs or dashes, or right before brackets, as in `app[12]:`.
    fn is_cell(&self) -> bool {
        let is_dashed = matches!(self.rest, [b' ', b'-', b' ', ..]);
        is_dashed || self.ends_cell() || self.rest.first() == Some(&b'[') || self.text == b"PHP"
    }
}

fn closing(bracket: u8) -> Option<u8> {
    match bracket {
        b'[' => Some(b']'),
        b'(' => Some(b')'),
        b'{' => Some(b'}'),
        b'<' => Some(b'>'),
        _ => None,
    }
}

/// `ERROR:root:text`, `error: text`, `app.ERROR: text`, and `15:04:05.678:INFO::main: text` of Jetty.
fn before_colon(word: &[u8], tail: &[u8]) -> Option<LogLevel> {
    if words::is_upper(word) || tail.is_empty() {
        let channel = || word.rsplit(|byte| *byte == b'.').next().filter(|last| words::is_upper(last));
        return words::before_colon(word).or_else(|| words::word(channel()?));
    }
    let is_number = |part: &&[u8]| part.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    is_number(&word)
        .then(|| tail.split(|byte| *byte == b':').find(|part| !is_number(part)))?
        .and_then(words::bare_upper)
}

/// Whether something follows the colon: `error: null` says that there is no error.
fn is_something(tail: &[u8], rest: &[u8]) -> bool {
    let value = if tail.is_empty() { rest } else { tail };
    let value = value.split(|byte| matches!(byte, b',' | b';')).next().unwrap_or_default().trim_ascii();
    let nothing = ["0", "null", "none", "nil", "false", "no", "undefined"];
    !nothing.iter().any(|nothing| value.eq_ignore_ascii_case(nothing.as_bytes()))
}

/// `E!` of Telegraf and the CloudWatch agent.
fn initial(word: &[u8]) -> Option<LogLevel> {
    match word {
        b"E" => Some(Error),
        b"W" => Some(Warn),
        b"I" => Some(Info),
        b"D" => Some(Debug),
        _ => None,
    }
}

/// `[error]`, `[core:error]`, `[15:04:05 ERR]`, `[2026-01-02T15:04:05Z ERROR my_crate]`.
fn in_brackets(bracket: u8, inner: &[u8]) -> Option<LogLevel> {
    // Parts of programs are called so, too.
    if bracket == b'{' || ["config", "http"].iter().any(|part| inner.eq_ignore_ascii_case(part.as_bytes())) {
        return None;
    }
    let of_module = || {
        let (_, level) = inner.split_at_checked(inner.iter().rposition(|byte| *byte == b':')? + 1)?;
        if inner.contains(&b' ') { None } else { words::word(level) }
    };
    let first_word = || {
        let is_end = |byte: &u8| matches!(byte, b' ' | b':' | b'/' | b',' | b'|' | b'\t');
        let is_word = |part: &&[u8]| part.first().is_some_and(u8::is_ascii_alphabetic);
        words::bare_upper(inner.split(is_end).find(is_word)?)
    };
    words::word(inner).or_else(of_module).or_else(first_word)
}

/// `time=… level=error msg="…"`; also `pid=1 tid=2 INFO: …` of Sidekiq.
fn of_pairs(mut text: &[u8]) -> Option<LogLevel> {
    loop {
        text = text.trim_ascii_start();
        let end = text.iter().position(|byte| matches!(byte, b'=' | b' '))?;
        let (key, rest) = text.split_at_checked(end)?;
        let Some(rest) = rest.strip_prefix(b"=") else {
            if let Some(level) = key.strip_suffix(b":").and_then(words::bare_upper) {
                return Some(level);
            }
            text = rest;
            continue;
        };
        let (value, rest) = pair_value(rest)?;
        if let Some(LevelReading::Certain(level)) =
            LevelKey::find(key).and_then(|key| key.read(Scalar::Text(value)))
        {
            return Some(level);
        }
        text = rest;
    }
}

/// A value of logfmt, and what follows it.
fn pair_value(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let Some(mut rest) = text.strip_prefix(b"\"") else {
        return text.split_at_checked(text.iter().position(|byte| *byte == b' ').unwrap_or(text.len()));
    };
    let inner = rest;
    let mut length = 0;
    loop {
        match rest {
            [b'\\', _, after @ ..] => {
                rest = after;
                length += 2;
            }
            [b'"', after @ ..] => return Some((inner.get(..length)?, after)),
            [_, after @ ..] => {
                rest = after;
                length += 1;
            }
            [] => return None,
        }
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'$')
}

/// The name of a logger, a user or a program: `com.example.App`, `my_crate::db:`, `postgres@app`, `kernel:`, `E,`.
fn is_name(text: &[u8]) -> bool {
    if let [letter, b','] = text {
        return letter.is_ascii_uppercase();
    }
    let name = text.strip_suffix(b":");
    let is_program = name.is_some_and(|name| !name.iter().any(u8::is_ascii_uppercase));
    let name = name.unwrap_or(text);
    let is_joined = name
        .windows(2)
        .any(|pair| matches!(pair, [b':', b':'] | [b'.' | b'@', b'a'..=b'z' | b'A'..=b'Z' | b'_']));
    name.iter().all(|byte| is_of_name(*byte) || *byte == b':') && (is_program || is_joined)
}

fn is_month(text: &[u8]) -> bool {
    let months =
        [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
    months.iter().any(|month| text == *month)
}

/// Names of months, days, halves of a day and zones.
fn is_of_time(text: &[u8]) -> bool {
    let day = || [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"].iter().any(|day| text == *day);
    let zones: [&[u8]; 14] = [
        b"AM", b"PM", b"UTC", b"GMT", b"Z", b"CET", b"CEST", b"BST", b"EST", b"EDT", b"PST", b"PDT", b"JST",
        b"IST",
    ];
    zones.contains(&text) || is_month(text) || day()
}
