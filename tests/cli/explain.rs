use serde_json::{Value, json};

use super::{ran, ran_with};
use test_support::record;

fn lines(out: &str) -> Vec<Value> {
    out.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

/// Class and category of each.
fn told(out: &str) -> Vec<(String, Option<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    lines(out)
        .iter()
        .map(|line| (text(&line["class"]).expect("a class"), text(&line["event"]["category"])))
        .collect()
}

#[test]
fn each_record_is_one_object_in_the_same_order() {
    let records = [
        record::line("web", "stderr", "boom"),
        record::event("oom-killed"),
        record::line("web", "stdout", "fine"),
        json!({"anything": 1}),
        record::event("scale-in"),
    ];
    let input: String = records.iter().map(|record| format!("{record}\n")).collect();
    let ran = ran_with(&["explain", "--json", "-"], &input);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let stop = |category: &str| ("stop".to_owned(), Some(category.to_owned()));
    let line = |class: &str| (class.to_owned(), None);
    let expected = [line("stderr"), stop("oom"), line("stdout"), line("other"), stop("deployment")];
    assert_eq!(told(&ran.out), expected);
    assert_eq!(lines(&ran.out)[0], json!({"class": "stderr", "event": null}), "nothing else is in it");
}

#[test]
fn the_event_is_the_one_the_plugin_sends() {
    let ran = ran(&["explain", "--json", "events/essential-exit-137.json"]);
    let expected = ecs_router::stop::read(record::event("essential-exit-137")).unwrap();
    assert_eq!(lines(&ran.out), [json!({"class": "stop", "event": expected})]);
}

#[test]
fn arrays_and_events_over_several_lines_are_read_too() {
    let events = [record::event("oom-killed"), record::event("scale-in")];
    let pretty = serde_json::to_string_pretty(&events).unwrap();
    let one_line = serde_json::to_string(&events).unwrap();
    let beneath: String = events.iter().map(|event| format!("{event:#}\n")).collect();
    let expected = told(&ran_with(&["explain", "--json", "-"], &one_line).out);
    assert_eq!(expected.len(), 2);
    for input in [pretty, beneath] {
        assert_eq!(told(&ran_with(&["explain", "--json", "-"], &input).out), expected);
    }
}

#[test]
fn a_line_that_is_no_json_is_named_and_the_others_are_explained() {
    let input = format!("{}\nTask stopped\n{}\n", record::event("oom-killed"), json!({"source": "stderr"}));
    let ran = ran_with(&["explain", "--json", "-"], &input);
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("-:2: is not valid JSON: "), "{}", ran.err);
    assert_eq!(
        told(&ran.out).iter().map(|(class, _)| class.as_str()).collect::<Vec<_>>(),
        ["stop", "stderr"]
    );
}

#[test]
fn people_read_the_sentence_the_hint_and_the_facts() {
    let ran = ran(&["explain", "events/oom-killed.json"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    for expected in [
        "1. stop\n",
        "   summary            Task ",
        "   hint               Raise the container's memory limit",
        "   category           oom\n",
        "   exit_code          137\n",
        "   availability_zone  eu-central-1a\n",
        "app: exit 137, OutOfMemoryError: Container killed due to memory usage\n",
    ] {
        assert!(ran.out.contains(expected), "missing: {expected}\nin:\n{}", ran.out);
    }
    assert!(ran.out.lines().all(|line| line.chars().count() <= 110), "{}", ran.out);
}

#[test]
fn a_log_line_cannot_paint_the_terminal() {
    let ran = ran_with(&["explain", "-"], "{\"source\":\"stdout\",\"log\":\"\\u001b[2Jgone\\nnext\"}");
    assert_eq!(ran.out, "1. stdout   [2Jgone next\n");
}

#[test]
fn a_file_that_cannot_be_read_fails() {
    let ran = ran(&["explain", "events/no-such-file.json"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("events/no-such-file.json: No such file"), "{}", ran.err);
}

#[test]
fn the_detail_of_an_event_is_a_stop_without_its_envelope() {
    let whole = record::event("essential-exit-137");
    let detail = whole["detail"].to_string();
    let ran = ran_with(&["explain", "-"], &detail);
    for expected in [
        "1. stop, read from an event without its envelope\n",
        "   note               Only queue.url reads such a record as a stop",
        "container app was ended by SIGKILL\n",
    ] {
        assert!(ran.out.contains(expected), "missing: {expected}\nin:\n{}", ran.out);
    }
    let line = &lines(&ran_with(&["explain", "--json", "-"], &detail).out)[0];
    assert_eq!((&line["class"], &line["without_envelope"]), (&json!("stop"), &json!(true)));
    let mut forged = whole["detail"].clone();
    forged["container_name"] = json!("app");
    assert_eq!(
        told(&ran_with(&["explain", "--json", "-"], &forged.to_string()).out),
        [("stdout".to_owned(), None)]
    );
}
