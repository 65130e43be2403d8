use proptest::prelude::*;

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

/// The same search, run by run of the bytes that an address may have.
fn found_by_runs(
    text: &[u8],
    in_address: fn(u8) -> bool,
    address: impl Fn(Range<usize>) -> Option<Range<usize>>,
) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < text.len() {
        let length = text[at..].iter().take_while(|byte| in_address(**byte)).count();
        all.extend(address(at..at + length));
        at += length.max(1);
    }
    all
}

fn slow_ipv4(text: &[u8]) -> Vec<Range<usize>> {
    found_by_runs(text, is_numeric, |run| {
        let start = run.start + leading_dots(&text[run.clone()]);
        let end = start + text.get(start..run.end).map_or(0, without_dots);
        (is_ipv4(&text[start..end]) && stands_alone(text, start, end)).then_some(start..end)
    })
}

fn slow_ipv6(text: &[u8]) -> Vec<Range<usize>> {
    found_by_runs(text, is_in_ipv6, |run| ipv6_in(text, run.start, run.end))
}

fn line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => "[0-9]{1,3}",
        3 => Just(".".to_owned()),
        3 => Just(":".to_owned()),
        2 => "[0-9a-f]{1,4}",
        2 => "[ -/x_\\[]",
        1 => (0u8..=255, 0u8..=255).prop_map(|(a, b)| format!("{a}.0.{b}.1")),
        1 => Just("2001:db8::1".to_owned()),
        1 => Just("2001:db8:0:0:0:0:0:1".to_owned()),
    ];
    prop::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn searching_from_dots_and_colons_finds_what_searching_everywhere_does(text in line()) {
        let all = |find: Find| {
            let mut all = Vec::new();
            find(text.as_bytes(), &mut |range| all.push(range));
            all
        };
        prop_assert_eq!(all(find_ipv4), slow_ipv4(text.as_bytes()));
        prop_assert_eq!(all(find_ipv6), slow_ipv6(text.as_bytes()));
    }
}
