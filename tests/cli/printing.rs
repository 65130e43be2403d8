//! Nothing that a record or a file says controls the terminal it is printed on.

use serde_json::{Value, json};

use super::{Ran, command, finish, ran_with};
use test_support::record;
use test_support::temp::TempDir;

/// Turns text round, begins a sequence for the terminal in both ways, rings, and tries to begin a line of its own.
const HOSTILE: &str = "a\u{202e}b\u{9b}31mc\u{1b}[2Jd\u{7}e\u{2066}f\u{200f}g\u{61c}h\u{85}i\u{2028}j";

fn is_harmless(text: &str) -> bool {
    text.chars().all(|c| {
        c == '\n'
            || !(c.is_control()
                || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
    })
}

fn assert_harmless(ran: &Ran) {
    assert!(is_harmless(&ran.out), "{:?}", ran.out);
    assert!(is_harmless(&ran.err), "{:?}", ran.err);
}

fn hostile_records() -> Vec<Value> {
    let mut event = record::event("oom-killed");
    event["detail"]["stoppedReason"] = HOSTILE.into();
    event["detail"]["containers"][0]["reason"] = HOSTILE.into();
    vec![record::line("web", "stderr", HOSTILE), event, json!({ HOSTILE: HOSTILE })]
}

fn hostile_input() -> String {
    hostile_records().iter().map(|record| format!("{record}\n")).collect()
}

#[test]
fn explain_prints_no_character_that_controls_the_terminal() {
    let human = ran_with(&["explain", "-"], &hostile_input());
    assert!(human.out.contains("31mc"), "{}", human.out);
    assert_harmless(&human);
    let json = ran_with(&["explain", "--json", "-"], &hostile_input());
    assert_harmless(&json);
    let lines: Vec<Value> = json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[1]["event"]["stopped_reason"], HOSTILE, "a program reads what was there");
    assert_harmless(&ran_with(&["explain", "\u{1b}[2J\u{202e}"], ""));
}

#[test]
fn check_prints_no_character_that_controls_the_terminal() {
    let folder = TempDir::new();
    let text = format!(
        "[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    route.default x\n    x.type {HOSTILE}\n    {HOSTILE}.y z\n    \
         route.stop {HOSTILE}\n"
    );
    let path = folder.file("a.conf", &text);
    let found = finish(command(&["check", path.to_str().unwrap()]), b"");
    assert!(found.out.contains("error"), "{}", found.out);
    assert_harmless(&found);
    let json = finish(command(&["check", "--json", path.to_str().unwrap()]), b"");
    assert_harmless(&json);
    serde_json::from_str::<Value>(&json.out).unwrap();
}

#[test]
fn replay_prints_no_character_that_controls_the_terminal() {
    let folder = TempDir::new();
    let text = "[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    route.default x\n    x.type cloudwatch\n    x.region a\n    \
                x.log_group g\n    x.log_stream $(log)\n";
    let path = folder.file("a.conf", text);
    for form in [&["replay"][..], &["replay", "--json"]] {
        let arguments = [form, &[path.to_str().unwrap(), "-"]].concat();
        let ran = finish(command(&arguments), hostile_input().as_bytes());
        assert!(ran.out.contains('g'), "{}{}", ran.out, ran.err);
        assert_harmless(&ran);
    }
}
