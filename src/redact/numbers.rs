//! Numbers of payment cards: thirteen to nineteen digits with a prefix that an issuer has, and the check digit of ISO/IEC
//! 7812-1. Written at one piece, or in groups with blanks, hyphens, dots, pluses or the like between them.

use std::ops::Range;

const MIN_DIGITS: usize = 13;
const MAX_DIGITS: usize = 19;

/// The first group of a number, or all of it, has at least this many.
const FIRST_GROUP: usize = 4;

/// What is between the groups of a number, the same between all of them: also what word processors make of a blank and a
/// hyphen, and forms of a blank. What begins another comes after it.
const SEPARATORS: [&str; 12] =
    [" - ", "  ", " ", "-", ".", "+", "\t", "_", "\u{a0}", "\u{202f}", "\u{2011}", "\u{2013}"];

/// Hands every number of a card in the text to `found`.
pub(super) fn find_cards(text: &[u8], found: &mut dyn FnMut(Range<usize>)) {
    let mut done = 0;
    // Of four digits side by side, one is at each fourth position.
    let mut at = FIRST_GROUP - 1;
    while let Some(byte) = text.get(at) {
        if byte.is_ascii_digit() {
            let start = start_of_digits(text, done, at);
            done = match may_begin(text, start).then(|| card_at(text, start)).flatten() {
                Some(end) => {
                    found(start..end);
                    end
                }
                None => at + digits(text, at),
            };
            at = done + FIRST_GROUP - 1;
        } else {
            at += FIRST_GROUP;
        }
    }
}

/// Whether the number of a card may be in the text, also in JSON after an escape (`\n4111…`). `false` is certain.
pub(super) fn may_hold_card(text: &[u8]) -> bool {
    let mut done = 0;
    let mut at = FIRST_GROUP - 1;
    while let Some(byte) = text.get(at) {
        if byte.is_ascii_digit() {
            let start = start_of_digits(text, done, at);
            done = at + digits(text, at);
            if may_be_card(text, start, done) {
                return true;
            }
            at = done + FIRST_GROUP - 1;
        } else {
            at += FIRST_GROUP;
        }
    }
    false
}

/// Whether these digits may be the number of a card, or its first group.
fn may_be_card(text: &[u8], start: usize, end: usize) -> bool {
    let length = end - start;
    let is_long_enough = match length {
        MIN_DIGITS..=MAX_DIGITS => true,
        FIRST_GROUP => separator(text, end).is_some_and(|separator| digits(text, end + separator.len()) >= 3),
        _ => false,
    };
    let is_escape = || start.checked_sub(2).and_then(|at| text.get(at)) == Some(&b'\\');
    // No issuer has another first digit.
    is_long_enough && matches!(text.get(start), Some(b'2'..=b'8')) && (may_begin(text, start) || is_escape())
}

/// Where the digits begin that go on at `at`; what comes before `done` was looked at.
fn start_of_digits(text: &[u8], done: usize, at: usize) -> usize {
    let before = text.get(done..at).unwrap_or_default();
    at - before.iter().rev().take_while(|byte| byte.is_ascii_digit()).count()
}

/// Whether these digits, without separators, are the number of a card.
pub(super) fn is_card(digits: &[u8]) -> bool {
    (MIN_DIGITS..=MAX_DIGITS).contains(&digits.len()) && is_issued(digits) && has_check_digit(digits)
}

/// Whether a card's number may begin here: it is no part of a word, or of a decimal number.
fn may_begin(text: &[u8], at: usize) -> bool {
    let before = |distance: usize| at.checked_sub(distance).and_then(|at| text.get(at));
    match before(1) {
        Some(b'.') => !before(2).is_some_and(u8::is_ascii_digit),
        Some(byte) => !byte.is_ascii_alphanumeric(),
        None => true,
    }
}

/// Whether a card's number may end here. A fraction of zeros may follow, which a program writes that made a float of it.
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

/// How many digits begin at `at`.
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
    let separator = (first == FIRST_GROUP).then(|| separator(text, start + first)).flatten()?;
    let mut number: Vec<u8> = text.get(start..start + first)?.to_vec();
    let mut end = start + first;
    let mut last = None;
    while number.len() < MAX_DIGITS && text.get(end..).is_some_and(|rest| rest.starts_with(separator)) {
        let begin = end + separator.len();
        let group = digits(text, begin);
        // A code or the rest of the number is short, the second group never.
        let least = if number.len() == FIRST_GROUP { 3 } else { 1 };
        if !(least..=7).contains(&group) {
            break;
        }
        number.extend_from_slice(text.get(begin..begin + group)?);
        end = begin + group;
        if may_end(text, end) && is_card(&number) {
            last = Some(end);
        }
    }
    last
}

/// What separates groups of digits, if it is at `at`.
fn separator(text: &[u8], at: usize) -> Option<&'static [u8]> {
    let rest = text.get(at..)?;
    SEPARATORS.iter().map(|separator| separator.as_bytes()).find(|separator| rest.starts_with(separator))
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
mod tests;
