//! From load to unload, and again.

use crate::harness::Host;
use crate::said::{Line, OK, Run};

#[test]
fn two_instances_write_to_their_own_files() {
    let host = Host::scenario("flush").file_instance().file_instance();
    let run = host.option("--order", "0,1,1,0").run_to_end();
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
    run.assert_arrivals(2);
}

fn exits(instances: usize, order: &str, more: &[&str]) -> Run {
    let host = (0..instances).fold(Host::scenario("exits"), |host, _| host.file_instance());
    let run = more.iter().fold(host.option("--order", order), |host, flag| host.flag(flag)).run_to_end();
    assert_clean_end(&run, instances);
    run
}

/// What was flushed before exit is there, what comes after is never "accepted" and lost, no thread is left.
fn assert_clean_end(run: &Run, instances: usize) {
    assert!(flushes(run, "before").all(|flush| flush.verdict() == OK), "{}", run.transcript());
    run.assert_arrivals(instances);
    assert_eq!(run.one("threads").number("count"), 1, "a thread is left\n{}", run.transcript());
}

fn flushes<'a>(run: &'a Run, when: &'a str) -> impl Iterator<Item = &'a Line> {
    run.all("flush").filter(move |flush| flush.is("when", when))
}

#[test]
fn exit_twice_with_one_context() {
    exits(1, "0,0", &[]);
}

#[test]
fn exit_in_any_order() {
    for order in ["0,1", "1,0", "1,0,0,1", "1,1,0"] {
        let run = exits(2, order, &[]);
        assert_eq!(flushes(&run, "after").count(), 2);
    }
}

/// Fluent Bit 1.9.10 calls exit once, with the last context, and closes the library.
#[test]
fn exit_once_for_two() {
    for more in [&[][..], &["--close-first"]] {
        let run = exits(2, "1", more);
        assert_eq!(flushes(&run, "after").count(), 2, "{}", run.transcript());
    }
}

#[test]
fn exit_without_context() {
    let run = Host::scenario("exit-bare").file_instance().file_instance().run_to_end();
    assert_clean_end(&run, 2);
}

/// The library stays mapped (`-z nodelete`), so its statics live on and have to bear a second register.
#[test]
fn unload_and_load_again() {
    let run = Host::scenario("reload").file_instance().file_instance().run_to_end();
    assert_eq!(run.all("flush").count(), 6);
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
    run.assert_each("dlclose", "not mapped", |line| line.is("result", "0") && line.is("mapped", "yes"));
    run.assert_arrivals(2);
}

/// Fluent Bit registers the plugin for the new configuration while the old instances still flush.
#[test]
fn a_hot_reload_goes_over_to_the_new_instances() {
    let run = Host::scenario("hot-reload").file_instance().file_instance().run_to_end();
    assert_eq!(run.all("flush").count(), 4);
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
    run.assert_arrivals(2);
}

/// Seen with Fluent Bit 5.1.1: it calls exit with NULL for outputs it never initialised, while the old ones go on.
#[test]
fn a_refused_hot_reload_leaves_the_running_instances_alone() {
    let run = Host::scenario("refused-reload").file_instance().file_instance().run_to_end();
    assert_eq!(run.all("flush").count(), 2);
    run.assert_each("flush", "not accepted", |flush| flush.verdict() == OK);
    run.assert_arrivals(2);
}

#[test]
fn no_thread_is_left_behind() {
    let run = Host::scenario("threads").file_instance().cloudwatch_instance("{closed}").run_to_end();
    let count = |at| run.all("threads").find(|line| line.is("at", at)).expect("a count").number("count");
    println!("threads: {} before, {} running, {} after", count("start"), count("running"), count("exited"));
    assert_eq!(count("exited"), count("start"), "{}", run.transcript());
}

/// The runtime opens a pair of files once per process; each further life has to leave none of its own.
#[test]
fn no_open_file_is_left_behind() {
    let run = Host::scenario("reload").file_instance().cloudwatch_instance("{closed}").run_to_end();
    let files: Vec<_> = run.all("round").map(|round| round.number("files")).collect();
    assert!(files.len() == 3 && files.iter().all(|count| *count == files[0]), "{}", run.transcript());
}
