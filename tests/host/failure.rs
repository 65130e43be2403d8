//! Dead endpoints, panics and bad configurations.

use test_support::plugin::has_faults;

use crate::harness::Host;
use crate::said::{ERROR, Line, OK, RETRY, Run};
use crate::stack::assert_small;

/// `flush_timeout` and `exit_timeout` are 2 s in these scenarios; the rest is room for a busy machine.
const IN_TIME: i64 = 4_000;

#[test]
fn a_dead_endpoint_means_retry_in_time() {
    for port in ["{closed}", "{silent}"] {
        let run = Host::scenario("flush").cloudwatch_instance(port).option("--order", "0,0").run_to_end();
        run.assert_each("flush", "not a retry", |flush| flush.verdict() == RETRY);
        run.assert_each("flush", "too late", |flush| flush.number("ms") < IN_TIME);
        run.assert_each("exit", "too late", |exit| exit.number("ms") < IN_TIME);
    }
}

#[test]
fn exit_while_a_flush_runs() {
    let run = Host::scenario("exit-during-flush").cloudwatch_instance("{silent}").run_to_end();
    assert_both_returned(&run);
}

/// The 1.9.10 way: the exit that comes carries the other instance's context.
#[test]
fn exit_with_another_context_while_a_flush_runs() {
    let host = Host::scenario("exit-during-flush").cloudwatch_instance("{silent}").file_instance();
    assert_both_returned(&host.option("--exit-with", "1").run_to_end());
}

/// The drain does not wait for a flush that has more time left than the drain itself.
#[test]
fn exit_cuts_a_long_flush_short() {
    let host = Host::scenario("exit-during-flush").cloudwatch_instance_with("{silent}", "30s", "1s");
    assert_both_returned(&host.run_to_end());
}

fn assert_both_returned(run: &Run) {
    assert_ne!(run.one("flush").verdict(), OK, "nobody took it\n{}", run.transcript());
    for word in ["flush", "exit"] {
        assert!(run.one(word).number("ms") < IN_TIME, "{word} came too late\n{}", run.transcript());
    }
    assert_eq!(run.one("threads").number("count"), 1, "a thread is left\n{}", run.transcript());
    assert_small(run, "flush during exit", ("when", "during-exit"));
}

#[test]
fn a_panic_on_the_worker_costs_one_flush() {
    panic_on("worker");
}

#[test]
fn a_panic_on_the_coroutine_costs_one_flush() {
    panic_on("coroutine");
}

/// Instance 0 panics at each flush, instance 1 does not. Only debug builds have the switch: in the others a flush
/// with it has to be like any other.
fn panic_on(place: &str) {
    let host = Host::scenario("flush").file_instance_with(&[("fault.panic", place)]).file_instance();
    let run = host.option("--order", "0,1,0,1").run_to_end();
    let spoiled = |flush: &Line| flush.is("instance", "0") && has_faults();
    let expected = |flush: &Line| match flush.verdict() {
        OK => !spoiled(flush),
        ERROR | RETRY => spoiled(flush),
        _ => false,
    };
    run.assert_each("flush", "wrong verdict", expected);
    run.assert_arrivals(2);
    let panics = if has_faults() { 2 } else { 0 };
    assert_short_panic_lines(&run, panics);
    if has_faults() {
        assert_small(&run, &format!("panic on the {place}"), ("instance", "0"));
    }
}

fn assert_short_panic_lines(run: &Run, count: usize) {
    let lines: Vec<_> = run.stderr.lines().filter(|line| line.contains("panic")).collect();
    assert_eq!(lines.len(), count, "one line per panic\n{}", run.transcript());
    assert!(lines.iter().all(|line| line.len() <= 256), "long panic line\n{}", run.transcript());
    assert!(!run.stderr.contains("backtrace"), "a backtrace\n{}", run.transcript());
}

/// Runs an init that has to be refused; standard error is for the user to read.
fn refused(properties: &[(&str, &str)], named: &[&str]) {
    let run = Host::scenario("init").instance(properties).run_to_end();
    assert!(run.one("init").number("result") <= 0, "accepted\n{}", run.transcript());
    for name in named {
        assert!(run.stderr.contains(name), "{name} is not named\n{}", run.transcript());
    }
}

#[test]
fn init_without_a_route_is_refused() {
    refused(&[], &["route"]);
    refused(&[("file.path", "/tmp/unused.ndjson")], &["route"]);
}

#[test]
fn init_names_every_problem_at_once() {
    let properties = [
        ("route.default", "file"),
        ("route.stderr", "nosuchplace"),
        ("route.stop", "cloudwatch"),
        ("flush_timeout", "soon"),
    ];
    refused(
        &properties,
        &["file.path", "nosuchplace", "cloudwatch.log_group", "cloudwatch.region", "flush_timeout", "soon"],
    );
}

/// One bad instance must not spoil the good one beside it.
#[test]
fn a_refused_instance_leaves_the_others_alone() {
    let run = Host::scenario("init").instance(&[]).file_instance().run_to_end();
    let results: Vec<_> = run.all("init").map(|line| line.number("result") > 0).collect();
    assert_eq!(results, [false, true], "{}", run.transcript());
}
