//! The calling convention, as each version of Fluent Bit has it.

use std::process::Command;

use test_support::plugin::library;

use crate::harness::Host;

pub(crate) const VERSIONS: [&str; 5] = ["1.9", "2.1", "4.2", "5.0", "5.1"];

#[test]
fn register_writes_five_fields_and_nothing_behind_them() {
    for version in VERSIONS {
        let run = Host::scenario("register").option("--abi", version).run_to_end();
        let register = run.one("register");
        assert_eq!((register.number("result"), register.text("behind")), (0, "intact"), "{version}");
        let def = run.one("def");
        assert_eq!((def.number("type"), def.number("proxy"), def.number("flags")), (2, 11, 0), "{version}");
        assert_eq!(def.text("name"), "ecs_router");
        assert_eq!(run.one("register-at-edge").number("result"), 0, "{version}");
        let tail = run.one("tail");
        assert_eq!((tail.number("event_type"), tail.text("config_map")), (0, "null"), "{version}");
    }
}

#[test]
fn register_without_a_struct_fails() {
    let run = Host::scenario("register-null").run_to_end();
    assert_eq!(run.one("register").number("result"), -1);
}

/// In 1.9 the first member of `flb_api` ends at a forbidden page; in the others the rest are traps.
#[test]
fn every_version_inits_flushes_and_exits() {
    for version in VERSIONS {
        let run = Host::scenario("flush").option("--abi", version).file_instance().run_to_end();
        let init = run.one("init");
        assert!(init.number("result") > 0, "{version}");
        assert_eq!((init.text("context"), init.text("proxy")), ("set", "kept"), "{version}");
        run.assert_each("flush", version, |flush| flush.verdict() == 1);
        run.assert_arrivals(1);
    }
}

#[test]
fn init_survives_missing_pieces() {
    let run = Host::scenario("init-null").file_instance().run_to_end();
    run.assert_each("init-without", "accepted", |line| line.number("result") <= 0);
    assert_eq!(run.all("init-without").count(), 5);
}

#[test]
fn exports_are_the_six_functions_and_no_more() {
    let output =
        Command::new("nm").args(["-D", "--defined-only"]).arg(library()).output().expect("nm starts");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let mut names: Vec<_> = text.lines().filter_map(|line| line.split_whitespace().last()).collect();
    names.sort_unstable();
    let golden =
        ["Exit", "ExitCtx", "Flush", "FlushCtx", "Init", "Register"].map(|n| format!("FLBPlugin{n}"));
    assert_eq!(names, golden);
}
