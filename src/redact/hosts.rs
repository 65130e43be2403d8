//! Addresses of hosts: IPv4 with octets up to 255, IPv6 in any of its spellings.
//!
//! Four numbers with dots are an address unless something says otherwise: a letter or a further number beside them, a
//! hyphen with a letter (`1.2.3.4-beta`, `agent-1.2.3.4`), or a product before a slash (`Chrome/120.0.0.0`).

use std::net::Ipv6Addr;
use std::ops::Range;

/// The longest spelling of an IPv6 address, which ends in an IPv4 address.
const MAX_IPV6_BYTES: usize = 45;

/// Hands every IPv4 address in the text to `found`.
pub(super) fn find_ipv4(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let mut at = 0;
    while let Some(digit) = text.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        at += digit;
        let numbers =
            text.get(at..).map_or(0, |rest| rest.iter().take_while(|byte| is_numeric(**byte)).count());
        let end = at + text.get(at..at + numbers).map_or(0, without_dots);
        if text.get(at..end).is_some_and(is_ipv4) && stands_alone(text, at, end) {
            found(at..end);
        }
        at += numbers.max(1);
    }
}

const fn is_numeric(byte: u8) -> bool {
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
    let mut at = 0;
    while let Some(run) = text.get(at..).and_then(|rest| rest.iter().position(|byte| is_in_ipv6(*byte))) {
        let start = at + run;
        let length =
            text.get(start..).map_or(0, |rest| rest.iter().take_while(|byte| is_in_ipv6(**byte)).count());
        at = start + length.max(1);
        if let Some(range) = ipv6_in(text, start, at) {
            found(range);
        }
    }
}

const fn is_in_ipv6(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.')
}

/// The address in a run of its characters.
fn ipv6_in(text: &[u8], start: usize, end: usize) -> Option<Range<usize>> {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let run = text.get(start..end)?;
    if run.iter().filter(|byte| **byte == b':').count() < 2 || text.get(end).is_some_and(is_word) {
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

/// Where a port stands behind an address without brackets: `2001:db8:0:0:0:0:0:1:443`, `2001:db8::1.443`.
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
    let is_short = text.windows(2).any(|pair| pair == b"::");
    match is_short {
        true => text.iter().any(u8::is_ascii_digit) || groups.count() > 2,
        false => groups.any(|group| group.len() != 2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Find = fn(&[u8], &mut dyn FnMut(Range<usize>));

    fn found(find: Find, text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        find(text.as_bytes(), &mut |range| all.extend(text.get(range)));
        all
    }

    #[test]
    fn ipv4_addresses_are_found() {
        for (text, address) in [
            ("10.0.0.1", "10.0.0.1"),
            ("from 203.0.113.7:443 to", "203.0.113.7"),
            ("client=255.255.255.255,", "255.255.255.255"),
            ("subnet 10.1.2.0/24", "10.1.2.0"),
            ("the host is 10.0.0.1.", "10.0.0.1"),
            ("localhost/127.0.0.1:8080", "127.0.0.1"),
            ("example.com/93.184.216.34", "93.184.216.34"),
            ("http://10.0.0.1/x", "10.0.0.1"),
            ("admin@10.0.0.1", "10.0.0.1"),
            ("[10.0.0.1]", "10.0.0.1"),
        ] {
            assert_eq!(found(find_ipv4, text), [address], "{text}");
        }
        assert_eq!(found(find_ipv4, "10.0.0.1-10.0.0.9"), ["10.0.0.1", "10.0.0.9"]);
    }

    #[test]
    fn versions_dates_and_decimals_are_no_ipv4_addresses() {
        for text in [
            "1.2.3.4-beta",
            "agent-1.2.3.4.jar",
            "v1.2.3.4",
            "1.2.3.4.5",
            "Chrome/120.0.0.0 Safari/537.36",
            "256.1.1.1 1.1.1.300 1.2.3 01.02.03.04 1..2.3.4",
            "1.2.3.4rc1 1.2.3.4_5",
            "at 12:00:00.123 took 0.5",
        ] {
            assert_eq!(found(find_ipv4, text), Vec::<&str>::new(), "{text}");
        }
    }

    #[test]
    fn ipv6_addresses_are_found() {
        for (text, address) in [
            ("2001:db8::1", "2001:db8::1"),
            ("from [2001:db8::1]:443", "2001:db8::1"),
            ("addr:2001:db8::1 ok", "2001:db8::1"),
            ("add:2001:0db8:85a3:0000:0000:8a2e:0370:7334", "add:2001:0db8:85a3:0000:0000:8a2e:0370:7334"),
            ("at fe80::1%eth0.", "fe80::1"),
            ("loop ::1, ok", "::1"),
            ("mapped ::ffff:10.0.0.1.", "::ffff:10.0.0.1"),
            ("fe80::abcd:ef:beef: down", "fe80::abcd:ef:beef"),
            ("2001:db8:85a3:0:0:8a2e:370:7334:443", "2001:db8:85a3:0:0:8a2e:370:7334:443"),
            ("IP6 2001:db8::1.443 > ", "2001:db8::1"),
        ] {
            assert_eq!(found(find_ipv6, text), [address], "{text}");
        }
    }

    #[test]
    fn times_paths_and_devices_are_no_ipv6_addresses() {
        for text in [
            "2026-11-28T11:28:25.123Z",
            "std::io::Error add::dead a::b ::",
            "00:1b:44:11:3a:b7",
            "00:1b:44:11:3a:b7:00:01",
            "AB:CD:EF:01:23:45:67:89:AB:CD:EF:01:23:45:67:89:AB:CD:EF:01",
            "arn:aws:iam::111122223333:role/x",
            "g2001:db8::1x",
            "{\"a\":1,\"b\":2}",
        ] {
            assert_eq!(found(find_ipv6, text), Vec::<&str>::new(), "{text}");
        }
    }
}
