//! Flush with every kind of input, and with several callers.

use crate::harness::Host;
use crate::said::{ERROR, Line, OK, RETRY};
use crate::stack::LIMIT;

#[test]
fn every_record_header_arrives() {
    for format in ["legacy", "metadata"] {
        for header in ["fix", "outer32", "both32"] {
            let host = Host::scenario("flush").file_instance();
            let run = host.option("--format", format).option("--header", header).run_to_end();
            run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
            run.assert_arrivals(1);
        }
    }
}

/// What flush may answer to an odd input. A chunk that can never be read must not come back for ever.
fn allowed(name: &str) -> &'static [i64] {
    match name {
        "null-data" | "null-tag" | "all-null" => &[ERROR],
        "length-0" | "null-data-length-0" => &[ERROR, OK],
        "null-context" | "unknown-context" => &[ERROR, RETRY],
        _malformed => &[ERROR, OK],
    }
}

#[test]
fn odd_input_gets_an_answer() {
    let run = Host::scenario("odd-input").file_instance().run_to_end();
    let expected = |case: &Line| allowed(case.text("name")).contains(&case.verdict());
    run.assert_each("case", "wrong answer", expected);
    run.assert_each("case", "too much stack", |case| case.number("stack") <= LIMIT);
    run.assert_each("flush", "good chunk, odd tag", |flush| flush.verdict() == OK);
    run.assert_accepted_arrived();
}

#[test]
fn four_flushes_at_once_deliver_each_record_once() {
    for bytes in ["4000", "400000"] {
        let run = Host::scenario("at-once").file_instance().option("--bytes", bytes).run_to_end();
        assert_eq!(run.all("flush").count(), 20);
        run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
        run.assert_each("flush", "too much stack", |flush| flush.number("stack") <= LIMIT);
        run.assert_arrivals(1);
    }
}

#[test]
fn four_flushes_at_once_over_two_instances_do_not_mix() {
    let run = Host::scenario("at-once").file_instance().file_instance().run_to_end();
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
    run.assert_arrivals(2);
}

/// Whatever moment exit comes at: every flush is answered, and what was accepted has arrived.
#[test]
fn exit_amid_four_flushes_loses_nothing_accepted() {
    for moment in 0..20 {
        let host = Host::scenario("at-once").file_instance().file_instance();
        let run = host.option("--bytes", "100000").option("--exit-amid", moment.to_string()).run_to_end();
        assert_eq!(run.all("flush").count(), 20);
        run.assert_each("flush", "dropped", |flush| [OK, RETRY].contains(&flush.verdict()));
        run.assert_each("flush", "too much stack", |flush| flush.number("stack") <= LIMIT);
        run.assert_arrivals(2);
    }
}
