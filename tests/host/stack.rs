//! How much of the coroutine's stack flush uses: 24 KiB is all there is, and 8 KiB is what we allow us.

use crate::harness::Host;
use crate::said::{OK, RETRY, Run};

pub(crate) const LIMIT: i64 = 8 * 1024;

/// Every flush of the run stays under the limit; prints the high-water mark of those where `key` is `value`.
pub(crate) fn assert_small(run: &Run, what: &str, (key, value): (&str, &str)) {
    run.assert_each("flush", "too much stack", |flush| flush.number("stack") <= LIMIT);
    let meant = run.all("flush").filter(|flush| flush.is(key, value));
    let deepest = meant.map(|flush| flush.number("stack")).max().expect("such a flush");
    println!("stack, {what}: {deepest} of {LIMIT} bytes");
}

const RUNNING: (&str, &str) = ("when", "running");

/// The first flush pays for what is set up once per thread, so a second one does not hide it.
#[test]
fn a_good_flush_on_the_engine_thread() {
    let run = Host::scenario("flush").file_instance().option("--order", "0,0").run_to_end();
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
    println!("stack, empty callback: {} bytes", run.one("coroutine").number("empty"));
    assert_small(&run, "good flush on the engine's thread", RUNNING);
    run.assert_arrivals(1);
}

#[test]
fn a_good_flush_on_an_output_worker() {
    let run = Host::scenario("flush").file_instance().flag("--own-thread").run_to_end();
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
    assert_small(&run, "good flush on an output worker", RUNNING);
}

#[test]
fn a_flush_of_two_megabytes() {
    let run = Host::scenario("flush").file_instance().option("--bytes", "2000000").run_to_end();
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
    assert_small(&run, "2 MB flush", RUNNING);
    run.assert_arrivals(1);
}

#[test]
fn a_refused_flush() {
    let host = Host::scenario("flush").cloudwatch_instance("{closed}").option("--order", "0,0");
    let run = host.run_to_end();
    run.assert_each("flush", "not a retry", |flush| flush.verdict() == RETRY);
    assert_small(&run, "refused flush", RUNNING);
}

#[test]
fn a_flush_after_exit() {
    let run = Host::scenario("exits").file_instance().run_to_end();
    assert_eq!(run.all("flush").filter(|flush| flush.is("when", "after")).count(), 1);
    assert_small(&run, "flush after exit", ("when", "after"));
}
