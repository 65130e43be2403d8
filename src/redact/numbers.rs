//! Numbers of payment cards: thirteen to nineteen digits with a prefix that an issuer has, and the check digit of ISO/IEC
//! 7812-1. Written at one piece, or in groups with blanks or hyphens between them.

use std::ops::Range;

const MIN_DIGITS: usize = 13;
const MAX_DIGITS: usize = 19;

/// Hands every number of a card in the text to `found`.
pub(super) fn find_cards(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let mut at = 0;
    while let Some(digit) = text.get(at..).and_then(|rest| rest.iter().position(u8::is_ascii_digit)) {
        at += digit;
        match may_begin(text, at).then(|| card_at(text, at)).flatten() {
            Some(end) => {
                found(at..end);
                at = end;
            }
            None => at += digits(text, at),
        }
    }
}

/// Whether these digits, without separators, are the number of a card.
pub(super) fn is_card(digits: &[u8]) -> bool {
    (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) && is_issued(digits) && has_check_digit(digits)
}

/// A part of a word, or of a decimal number, is no card.
fn may_begin(text: &[u8], at: usize) -> bool {
    let before = |distance: usize| at.checked_sub(distance).and_then(|at| text.get(at));
    match before(1) {
        Some(b'.') => !before(2).is_some_and(u8::is_ascii_digit),
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

/// The same for the end; a fraction of zeros is a program's that made a float of the number.
fn may_end(text: &[u8], end: usize) -> bool {
    match text.get(end) {
        Some(b'.') => {
            let fraction = text.get(end + 1..end + 1 + digits(text, end + 1)).unwrap_or_default();
            fraction.iter().all(|digit| *digit == b'0')
        }
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

/// How many digits stand at `at`.
fn digits(text: &[u8], at: usize) -> usize {
    text.get(at..).map_or(0, |rest| rest.iter().take_while(|byte| byte.is_ascii_digit()).count())
}

/// The end of the card that begins here: the longest, for a code may follow its number.
fn card_at(text: &[u8], start: usize) -> Option<usize> {
    let first = digits(text, start);
    if first >= MIN_DIGITS {
        let end = start + first;
        return (may_end(text, end) && is_card(text.get(start..end)?)).then_some(end);
    }
    let separator = *text.get(start + first).filter(|byte| first == 4 && matches!(byte, b' ' | b'-'))?;
    let mut number: Vec<u8> = text.get(start..start + first)?.to_vec();
    let mut end = start + first;
    let mut last = None;
    while text.get(end) == Some(&separator) && number.len() < MAX_DIGITS {
        let group = digits(text, end + 1);
        // A code or the rest of the number is short, the second group never.
        let least = if end == start + first { 3 } else { 1 };
        if !(least..=7).contains(&group) {
            break;
        }
        number.extend_from_slice(text.get(end + 1..end + 1 + group)?);
        end += 1 + group;
        if may_end(text, end) && is_card(&number) {
            last = Some(end);
        }
    }
    last
}

/// Whether an issuer has numbers of this prefix and length
/// (<https://en.wikipedia.org/wiki/Payment_card_number>, read 2026-11).
fn is_issued(digits: &[u8]) -> bool {
    let prefix = digits.iter().take(4).fold(0, |prefix, digit| prefix * 10 + u16::from(digit - b'0'));
    let length = digits.len();
    match prefix {
        // Visa
        4000..=4999 => matches!(length, 13 | 16 | 19),
        // Mastercard
        5100..=5599 | 2221..=2720 => length == 16,
        // American Express
        3400..=3499 | 3700..=3799 => length == 15,
        // Diners Club
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => length >= 14,
        // JCB
        3528..=3589 => length >= 16,
        // Discover, UnionPay, RuPay, Mir
        6000..=6099 | 6200..=6299 | 6440..=6599 | 8100..=8299 | 5080..=5089 | 2200..=2204 => length >= 16,
        // Maestro
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => true,
        _ => false,
    }
}

/// Luhn's algorithm: every second digit from the right counts twice.
fn has_check_digit(digits: &[u8]) -> bool {
    let sum: u32 =
        digits.iter().rev().enumerate().map(|(at, digit)| weight(at, u32::from(digit - b'0'))).sum();
    sum.is_multiple_of(10)
}

const fn weight(at: usize, digit: u32) -> u32 {
    match (at % 2 == 1, digit) {
        (false, digit) => digit,
        (true, 0..5) => digit * 2,
        (true, digit) => digit * 2 - 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut all = Vec::new();
        find_cards(text.as_bytes(), &mut |range| all.extend(text.get(range)));
        all
    }

    /// The issuers' own numbers for tests.
    #[test]
    fn cards_of_every_issuer_are_found_however_they_are_written() {
        for card in [
            "4111111111111111",
            "4012888888881881",
            "4222222222222",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "3782 822463 10005",
            "6011111111111117",
            "30569309025904",
            "3056 930902 5904",
            "3530111333300000",
            "6200000000000005",
            "6759649826438453",
            "2200123456789019",
        ] {
            for text in [
                card.to_owned(),
                format!("paid with {card}."),
                format!("card={card}, cvv=123"),
                format!("\"{card}\""),
            ] {
                assert_eq!(found(&text), [card], "{text}");
            }
        }
        assert_eq!(found("4111 1111 1111 1111 123"), ["4111 1111 1111 1111"]);
        assert_eq!(found("2026-11-28 4111111111111111 ok"), ["4111111111111111"]);
        assert_eq!(found("4111111111111111.0 ok"), ["4111111111111111"]);
        assert_eq!(found("order_4111111111111111"), ["4111111111111111"]);
    }

    #[test]
    fn numbers_of_other_things_are_left() {
        for text in [
            "order 4111111111111112 4111111111111111.05",
            "1795865305123 1795865305123456 1795865305123456789",
            "20261128112825123456",
            "0.4111111111111111 4111111111111111.5",
            "a4111111111111111 4111111111111111a",
            "4111111111111111111111",
            "00000000-4111-1111-1111-111111111111",
            "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef",
            "4111 1111  1111 1111",
            "4111 1111-1111 1111",
            "9999999999999995",
            "+49 171 1234567 4111",
        ] {
            assert_eq!(found(text), Vec::<&str>::new(), "{text}");
        }
    }
}
