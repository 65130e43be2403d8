//! Masking, by how many lines match: decoding included, and as a part of all stages.

use std::hint::black_box;
use std::rc::Rc;

use ecs_router::input::decode;
use ecs_router::redact::RecordSearch;

use super::common::{BenchRouter, TO_CLOUDWATCH, push};
use super::stages::encoding;
use super::{Case, Input};

const FIVE_RULES: &str = "email, card, jwt, aws_key, bearer";
const SEVEN_RULES: &str = "email, card, jwt, aws_key, bearer, ipv4, ipv6";

/// What is at the end of every line that matches.
const PERSONAL: [&str; 1] = [" of me@example.com with 4111 1111 1111 1111"];

/// One value for each of the five rules.
const EACH: [&str; 5] = [
    " of me@example.com",
    " with 4111 1111 1111 1111",
    " by eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    " by AKIAIOSFODNN7EXAMPLE",
    " with Bearer 2YotnFZFEjr1zCsicMWpAA",
];

const HOSTS: [&str; 1] = [" from 203.0.113.7 and 2001:db8::8a2e:370:7334"];

pub(crate) fn cases(input: &Input) -> Vec<Case> {
    let five = on(FIVE_RULES);
    let seven = on(SEVEN_RULES);
    let plain = || Rc::clone(&input.chunk);
    let json = || Rc::clone(&input.json);
    let some = matching(&input.chunk, 100, &PERSONAL);
    let tenth = matching(&input.chunk, 10, &PERSONAL);
    let all = matching(&input.chunk, 1, &PERSONAL);
    let each = matching(&input.chunk, 1, &EACH);
    let all_json = matching(&input.json, 1, &PERSONAL);
    let hosts = matching(&input.chunk, 1, &HOSTS);
    vec![
        masking("redact", plain(), &five),
        masking("redacted_1", some, &five),
        masking("redacted", Rc::clone(&tenth), &five),
        masking("redacted_all", Rc::clone(&all), &five),
        masking("redacted_any", each, &five),
        masking("redact_json", json(), &five),
        masking("redacted_json", all_json, &five),
        masking("hosts", plain(), &seven),
        masking("hosts_json", json(), &seven),
        masking("hosts_all", hosts, &seven),
        ("masking", input.chunk.len(), encoding(plain(), Rc::clone(&five))),
        ("masking_10", tenth.len(), encoding(tenth, Rc::clone(&five))),
        ("masking_all", all.len(), encoding(all, five)),
    ]
}

fn on(rules: &'static str) -> Rc<BenchRouter> {
    Rc::new(BenchRouter::new(TO_CLOUDWATCH.into_iter().chain([("redact", rules)])))
}

/// Includes decoding.
fn masking(name: &'static str, chunk: Rc<[u8]>, router: &Rc<BenchRouter>) -> Case {
    let router = Rc::clone(router);
    let round = move |chunk: &[u8]| {
        let redactor = &router.redaction.redactors[0];
        let mut search = RecordSearch::default();
        let mut counts = vec![0; router.redaction.rules.len()];
        decode::records(chunk, |record| {
            _ = black_box(redactor.record(record, &mut search, &mut counts));
        });
    };
    (name, chunk.len(), Box::new(move || round(&chunk)))
}

/// The same records, with one of these at the end of the text of every `nth`.
fn matching(chunk: &[u8], nth: u32, values: &[&str]) -> Rc<[u8]> {
    let mut matching = Vec::with_capacity(chunk.len() * 5 / 4);
    let mut endings = values.iter().cycle();
    let mut sequence = 0;
    decode::records(chunk, |record| {
        let mut fields: serde_json::Value = rmp_serde::from_slice(record.body).unwrap();
        if sequence % nth == 0 {
            let log = fields["log"].as_str().unwrap();
            fields["log"] = with_ending(log, endings.next().unwrap()).into();
        }
        push(&mut matching, sequence, &fields);
        sequence += 1;
    });
    matching.into()
}

/// In the message, where the whole line is JSON.
fn with_ending(log: &str, ending: &str) -> String {
    let message =
        [r#""message":""#, r#""msg":""#].into_iter().find_map(|name| log.split_once(name).zip(Some(name)));
    match message {
        Some(((before, after), name)) => format!("{before}{name}{ending} {after}"),
        None => format!("{log}{ending}"),
    }
}
