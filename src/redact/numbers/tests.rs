use proptest::prelude::*;

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
        "4111.1111.1111.1111",
        "4111+1111+1111+1111",
        "4111\u{a0}1111\u{a0}1111\u{a0}1111",
        "4111\u{2011}1111\u{2011}1111\u{2011}1111",
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
        "4111.1111.1111.1111.5 4111.1111.1111.1112",
        "9999999999999995",
        "+49 171 1234567 4111",
    ] {
        assert_eq!(found(text), Vec::<&str>::new(), "{text}");
    }
}

/// The same search, from each digit that may begin a number.
fn slow_cards(text: &[u8]) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match may_begin(text, at).then(|| card_at(text, at)).flatten() {
            Some(end) => {
                all.push(at..end);
                at = end;
            }
            None => at += digits(text, at).max(1),
        }
    }
    all
}

fn line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        2 => "[0-9]{1,5}",
        2 => "[ .+a-]",
        1 => Just("4111111111111111".to_owned()),
        1 => Just("378282246310005".to_owned()),
        1 => Just("4111 1111 1111 1111".to_owned()),
        1 => Just("\u{2011}1111".to_owned()),
        1 => Just("4111-1111-1111-1111".to_owned()),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn searching_each_fourth_byte_finds_what_searching_each_does(text in line()) {
        let mut all = Vec::new();
        find_cards(text.as_bytes(), &mut |range| all.push(range));
        prop_assert_eq!(all, slow_cards(text.as_bytes()));
    }
}
