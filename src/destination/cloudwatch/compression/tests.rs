use serde_json::json;

use crate::config::keys::DestinationKind;
use crate::destination::testing::{batch_of, body_of, open, reply, request_of, word};
use crate::destination::{Destination, Purpose, ReplyAction};
use crate::encode::batch::Batch;

const PAGE: &str = "<!doctype html><title>500 Internal Server Error</title>";
const REFUSED: &str = r#"{"__type":"SerializationException"}"#;
const UNSIGNED: &str =
    r#"{"__type":"InvalidSignatureException","message":"The request signature we calculated"}"#;
const UNKNOWN: &str = r#"{"__type":"com.amazon.coral.service#UnrecognizedClientException"}"#;

fn logs(keys: &[(&str, &str)]) -> Destination {
    open(DestinationKind::Cloudwatch, &[&[("log_group", "g")], keys].concat())
}

/// Repeats itself, and is long enough.
fn lines(count: usize) -> Batch {
    batch_of(&logs(&[]), &vec![json!({"log": "GET /api/v1/orders 200"}); count])
}

/// Random text of 32 KB.
fn noise() -> Batch {
    let mut random = fastrand::Rng::with_seed(1);
    let text: String = (0..32_000).map(|_| random.alphanumeric()).collect();
    batch_of(&logs(&[]), &[json!({"log": text})])
}

/// Text of four letters, which shrinks to a quarter.
fn four_letters() -> Batch {
    let mut random = fastrand::Rng::with_seed(1);
    let text: String = (0..32_000).map(|_| *random.choice(&['a', 'b', 'c', 'd']).unwrap()).collect();
    batch_of(&logs(&[]), &[json!({"log": text})])
}

/// What is not said is `auto`.
fn auto() -> Destination {
    logs(&[])
}

fn is_compressed(destination: &Destination, batch: &Batch) -> bool {
    request_of(destination, batch).headers.contains_key("content-encoding")
}

fn answer(destination: &Destination, purpose: Purpose, status: u16, body: &'static str) -> ReplyAction {
    destination.classify_reply(purpose, &lines(1_000), &reply(status, body))
}

/// Answers a compressed request, and what is sent in its place if that is asked for.
fn refuse(destination: &Destination, status: u16, body: &'static str) -> ReplyAction {
    answer(destination, Purpose::DeliverCompressed, status, body)
}

#[test]
fn what_is_long_and_repeats_itself_is_compressed_and_nothing_else() {
    let auto = auto();
    assert_eq!(auto.request(&lines(1_000)).purpose, Purpose::DeliverCompressed);
    let packed = request_of(&auto, &lines(1_000));
    let plain = request_of(&logs(&[("compress", "off")]), &lines(1_000));
    assert!(!plain.headers.contains_key("content-encoding"));
    assert_eq!(body_of(&packed), body_of(&plain));
    assert!(packed.body.len() * 10 < plain.body.len());
    assert_eq!(auto.request(&lines(10)).purpose, Purpose::Deliver);
    assert!(!is_compressed(&auto, &lines(10)) && is_compressed(&logs(&[("compress", "gzip")]), &lines(10)));
}

#[test]
fn what_hardly_shrinks_is_tried_again_now_and_then() {
    for batch in [noise(), four_letters()] {
        let destination = auto();
        let tries: Vec<bool> = (0..33).map(|_| is_compressed(&destination, &batch)).collect();
        let tried: Vec<usize> = (0..33).filter(|at| tries[*at]).collect();
        assert_eq!(tried, [0, 16, 32]);
    }
    let other = auto();
    assert!(is_compressed(&other, &lines(1_000)) && is_compressed(&other, &lines(1_000)));
}

#[test]
fn an_endpoint_that_takes_a_batch_only_uncompressed_gets_no_more_compressed_ones() {
    let unread = [
        (415, ""),
        (400, REFUSED),
        (400, "Bad Request"),
        (415, REFUSED),
        (500, PAGE),
        (403, PAGE),
        (501, ""),
    ];
    // Something on the way unpacked the body, whose digest is signed.
    let mismatch = r#"{"code":"SignatureDoesNotMatch"}"#;
    let repacked = [(400, UNSIGNED), (403, UNSIGNED), (403, mismatch), (400, UNKNOWN)];
    for (status, body) in unread.into_iter().chain(repacked) {
        let auto = auto();
        let ReplyAction::SendInstead(request) = refuse(&auto, status, body) else {
            panic!("{status} {body}")
        };
        assert_eq!(request.purpose, Purpose::DeliverUncompressed);
        assert!(is_compressed(&auto, &lines(1_000)), "nothing is known yet");
        let learnt = answer(&auto, request.purpose, 200, "{}");
        let ReplyAction::PartialUnknown { rejected: 0, reason } = learnt else { panic!("{learnt:?}") };
        assert!(reason.contains(&status.to_string()) && reason.contains("d.compress off"), "{reason}");
        assert!(!is_compressed(&auto, &lines(1_000)));
        // Others were under way.
        assert_eq!(word(&refuse(&auto, status, body)), "SendInstead");
        assert_eq!(word(&answer(&auto, Purpose::DeliverUncompressed, 200, "{}")), "Delivered", "said once");
    }
}

#[test]
fn a_batch_that_is_refused_in_either_form_says_nothing_of_compression() {
    let auto = auto();
    assert_eq!(word(&refuse(&auto, 400, REFUSED)), "SendInstead");
    assert_eq!(word(&answer(&auto, Purpose::DeliverUncompressed, 400, REFUSED)), "Split");
    assert_eq!(word(&answer(&auto, Purpose::DeliverUncompressed, 415, "")), "NextFlush");
    for body in [UNSIGNED, UNKNOWN] {
        assert_eq!(word(&refuse(&auto, 400, body)), "SendInstead");
        assert_eq!(word(&answer(&auto, Purpose::DeliverUncompressed, 400, body)), "Reauthorize");
    }
    assert!(is_compressed(&auto, &lines(1_000)));
}

#[test]
fn an_endpoint_that_has_read_gzip_blames_the_records() {
    let auto = auto();
    assert_eq!(word(&answer(&auto, Purpose::DeliverCompressed, 200, "{}")), "Delivered");
    assert_eq!(word(&refuse(&auto, 400, REFUSED)), "Split");
    assert_eq!(word(&refuse(&auto, 500, PAGE)), "Backoff");
    assert_eq!(word(&refuse(&auto, 400, UNSIGNED)), "Reauthorize");
    assert_eq!(word(&refuse(&auto, 415, "")), "SendInstead", "a proxy that is new");
}

#[test]
fn other_replies_mean_what_they_always_do() {
    let auto = auto();
    for (code, expected) in [
        (r#"{"__type":"ThrottlingException"}"#, "Backoff"),
        (r#"{"__type":"ResourceNotFoundException"}"#, "Prepare"),
        (r#"{"__type":"AccessDeniedException"}"#, "NextFlush"),
        (r#"{"__type":"ExpiredTokenException"}"#, "Reauthorize"),
    ] {
        assert_eq!(word(&refuse(&auto, 400, code)), expected, "{code}");
    }
    assert_eq!(word(&refuse(&auto, 500, r#"{"__type":"InternalFailure"}"#)), "Backoff");
    for (status, expected) in [(503, "Backoff"), (413, "Split"), (404, "NextFlush")] {
        assert_eq!(word(&refuse(&auto, status, "")), expected, "{status}");
    }
    let always = logs(&[("compress", "gzip")]);
    assert_eq!(always.request(&lines(1_000)).purpose, Purpose::Deliver);
    assert_eq!(word(&answer(&always, Purpose::Deliver, 415, "")), "NextFlush");
}

#[test]
fn three_batches_that_arrive_only_uncompressed_show_that_gzip_breaks_the_connection() {
    let auto = auto();
    for proof in 1..=3 {
        assert_eq!(auto.request(&lines(1_000)).purpose, Purpose::DeliverCompressed);
        auto.note_unanswered(Purpose::DeliverCompressed);
        assert!(auto.is_made_anew(Purpose::DeliverCompressed));
        assert_eq!(auto.request(&lines(1_000)).purpose, Purpose::DeliverUncompressed);
        let learnt = answer(&auto, Purpose::DeliverUncompressed, 200, "{}");
        assert_eq!(word(&learnt), if proof < 3 { "Delivered" } else { "PartialUnknown" });
    }
    assert!(!is_compressed(&auto, &lines(1_000)));
}

#[test]
fn a_network_that_fails_either_form_says_nothing_of_compression() {
    let auto = auto();
    for _ in 0..5 {
        auto.note_unanswered(Purpose::DeliverCompressed);
        answer(&auto, Purpose::DeliverUncompressed, 200, "{}");
        auto.note_unanswered(Purpose::DeliverCompressed);
        auto.note_unanswered(Purpose::DeliverUncompressed);
        assert!(is_compressed(&auto, &lines(1_000)));
    }
    answer(&auto, Purpose::DeliverCompressed, 200, "{}");
    auto.note_unanswered(Purpose::DeliverCompressed);
    assert!(is_compressed(&auto, &lines(1_000)), "it has read gzip before");
}
