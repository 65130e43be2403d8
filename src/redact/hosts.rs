//! Addresses of hosts: IPv4 with octets up to 255, IPv6 in any of its spellings.
//!
//! Four numbers with dots are an address unless something says otherwise: a letter or a further number beside them, a
//! hyphen with a letter (`1.2.3.4-beta`, `agent-1.2.3.4`), or a product before a slash (`Chrome/120.0.0.0`).

use std::net::Ipv6Addr;
use std::ops::Range;

/// The longest spelling of an IPv6 address, which ends in an IPv4 address.
const MAX_IPV6_BYTES: usize = 45;

/// Digits of a group of an IPv6 address.
const MAX_GROUP_DIGITS: usize = 4;

/// Colons of an IPv6 address that is written in full, less one where its end is an IPv4 address.
const COLONS: usize = 6;

/// Hands every IPv4 address in the text to `found`.
pub(super) fn find_ipv4(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let mut done = 0;
    for dot in memchr::memchr_iter(b'.', text) {
        if dot < done || !is_between_digits(text, dot) {
            continue;
        }
        let run = run_around(text, done, dot, is_numeric);
        done = run.end;
        let start = run.start + text.get(run.clone()).map_or(0, leading_dots);
        let end = start + text.get(start..run.end).map_or(0, without_dots);
        if text.get(start..end).is_some_and(is_ipv4) && stands_alone(text, start, end) {
            found(start..end);
        }
    }
}

fn is_between_digits(text: &[u8], at: usize) -> bool {
    let is_digit = |at: Option<usize>| at.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit);
    is_digit(at.checked_sub(1)) && is_digit(Some(at + 1))
}

/// The bytes around `at` that pass `test`; what comes before `done` does not count.
fn run_around(text: &[u8], done: usize, at: usize, test: fn(u8) -> bool) -> Range<usize> {
    let before = text.get(done..at).unwrap_or_default();
    let after = text.get(at..).unwrap_or_default();
    let start = at - before.iter().rev().take_while(|byte| test(**byte)).count();
    start..at + after.iter().take_while(|byte| test(**byte)).count()
}

fn leading_dots(text: &[u8]) -> usize {
    text.iter().take_while(|byte| **byte == b'.').count()
}

fn is_numeric(byte: u8) -> bool {
    byte.is_ascii_digit() || byte == b'.'
}

/// The length without the dots that end a sentence.
fn without_dots(text: &[u8]) -> usize {
    text.len() - text.iter().rev().take_while(|byte| **byte == b'.').count()
}

fn is_ipv4(text: &[u8]) -> bool {
    let mut octets = 0;
    let all = text.split(|byte| *byte == b'.').all(|octet| {
        octets += 1;
        is_octet(octet)
    });
    all && octets == 4
}

/// 0 … 255; a leading zero is a date's or a version's.
fn is_octet(digits: &[u8]) -> bool {
    match digits {
        [] => false,
        [b'0', _, ..] => false,
        [_] | [_, _] => true,
        [_, _, _] => digits <= b"255".as_slice(),
        _ => false,
    }
}

fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let before = text.get(..start).unwrap_or_default();
    let after = text.get(end..).unwrap_or_default();
    let begins = match before {
        [.., letter, b'-'] => !letter.is_ascii_alphabetic(),
        [.., b'/'] => !is_product(before, after),
        [.., byte] => !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_'),
        [] => true,
    };
    let ends = match after {
        [b'-', letter, ..] => !letter.is_ascii_alphabetic(),
        [byte, ..] => !byte.is_ascii_alphanumeric() && *byte != b'_',
        [] => true,
    };
    begins && ends
}

/// `Chrome/` is a product and `localhost/` before `127.0.0.1:80` a host, as Java writes it.
fn is_product(before: &[u8], after: &[u8]) -> bool {
    let name = before.strip_suffix(b"/").unwrap_or_default();
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let length = name.iter().rev().take_while(|byte| is_word(byte)).count();
    let name = name.get(name.len() - length..).unwrap_or_default();
    let has_port = matches!(after, [b':', digit, ..] if digit.is_ascii_digit());
    name.iter().any(u8::is_ascii_alphabetic) && !name.contains(&b'.') && !has_port
}

/// Hands every IPv6 address in the text to `found`.
pub(super) fn find_ipv6(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let mut done = 0;
    for colon in memchr::memchr_iter(b':', text) {
        if colon < done || !has_second_colon(text, colon) {
            continue;
        }
        let run = run_around(text, done, colon, is_in_ipv6);
        done = run.end;
        ipv6_in(text, run.start, run.end).into_iter().for_each(&mut *found);
    }
}

/// Whether another colon follows, with no more than a group before it.
fn has_second_colon(text: &[u8], colon: usize) -> bool {
    text.get(colon + 1..).and_then(next_colon).is_some()
}

/// Where the next colon is, if no more than a group comes before it.
fn next_colon(text: &[u8]) -> Option<usize> {
    let digits = text.iter().take(MAX_GROUP_DIGITS).take_while(|byte| byte.is_ascii_hexdigit()).count();
    (text.get(digits) == Some(&b':')).then_some(digits)
}

/// Whether an IPv6 address may be in the text: two colons, or three with no more than a group between them; a time has
/// two. `false` is certain.
pub(super) fn may_hold_ipv6(text: &[u8]) -> bool {
    memchr::memchr_iter(b':', text).any(|colon| {
        let rest = text.get(colon + 1..).unwrap_or_default();
        let third = |second: usize| rest.get(second + 1..).and_then(next_colon).is_some();
        next_colon(rest).is_some_and(|second| second == 0 || third(second))
    })
}

fn is_in_ipv6(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
}

/// The address in a run of its characters.
fn ipv6_in(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let run = text.get(start..end)?;
    if !may_be_ipv6(run) || text.get(end).is_some_and(is_word) {
        return None;
    }
    let end = start + without_ending(run);
    // A name before it may end in letters that look like a group: `addr:2001:db8::1`, `add:2001:db8:0:0:0:0:0:1`.
    let is_inside_word = start.checked_sub(1).and_then(|before| text.get(before)).is_some_and(is_word);
    let second = start + run.iter().position(|byte| *byte == b':')? + 1;
    let starts = [Some(start).filter(|_| !is_inside_word), Some(second)].into_iter().flatten();
    let ends = [Some(end), port_at(run.get(..end - start)?).map(|port| start + port)].into_iter().flatten();
    let ranges = ends.flat_map(|end| starts.clone().map(move |start| start..end));
    // What may be an address in two ways is masked in both.
    ranges
        .filter(|range| text.get(range.clone()).is_some_and(is_ipv6))
        .reduce(|all, range| all.start.min(range.start)..all.end.max(range.end))
}

fn may_be_ipv6(run: &[u8]) -> bool {
    has_double_colon(run) || run.iter().filter(|byte| **byte == b':').count() >= COLONS
}

fn has_double_colon(text: &[u8]) -> bool {
    text.windows(2).any(|pair| pair == b"::")
}

/// Where a port follows an address without brackets: `2001:db8:0:0:0:0:0:1:443`, `2001:db8::1.443`.
fn port_at(run: &[u8]) -> Option<usize> {
    let at = run.iter().rposition(|byte| matches!(byte, b':' | b'.'))?;
    let port = run.get(at + 1..)?;
    ((1..=5).contains(&port.len()) && port.iter().all(u8::is_ascii_digit)).then_some(at)
}

/// The length without a dot or a colon that belongs to the sentence.
fn without_ending(run: &[u8]) -> usize {
    let length = without_dots(run);
    match run.get(..length) {
        Some([.., b':', b':']) => length,
        Some([.., b':']) => length - 1,
        _ => length,
    }
}

/// `a::b` is a path of a program and `00:1b:44:11:3a:b7:00:01` the name of a device.
fn is_ipv6(text: &[u8]) -> bool {
    let parsed = || std::str::from_utf8(text).ok()?.parse::<Ipv6Addr>().ok();
    if text.len() > MAX_IPV6_BYTES || parsed().is_none() {
        return false;
    }
    let mut groups = text.split(|byte| *byte == b':').filter(|group| !group.is_empty());
    match has_double_colon(text) {
        true => text.iter().any(u8::is_ascii_digit) || groups.count() > 2,
        false => groups.any(|group| group.len() != 2),
    }
}

#[cfg(test)]
mod tests;
