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
fn a_task_that_has_not_stopped_is_said_to_be_one() {
    let event = record::event("running-spot-warning");
    let expected =
        "has not stopped yet: it is RUNNING and is to stop (\"Your Spot Task was interrupted\"). Its report";
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let wrapped = json!({"Type": "Notification", "TopicArn": "t", "Message": event.to_string()});
    let described = json!({"tasks": [event["detail"]]});
    for input in [event.to_string(), wrapped.to_string(), described.to_string()] {
        let ran = ran_with(&["explain", "-"], &input);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(one_line(&ran.out).contains(expected), "{input}: {}", ran.out);
    }
    let object = &lines(&ran_with(&["explain", "--json", "-"], &event.to_string()).out)[0];
    assert_eq!((&object["class"], &object["event"]), (&json!("other"), &Value::Null));
    assert!(object["unreported"].as_str().unwrap().contains(expected), "{object}");
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
    // An address has to stay whole.
    let mut texts = ran.out.lines().filter(|line| !line.contains("https://"));
    assert!(texts.all(|line| line.chars().count() <= 110), "{}", ran.out);
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
        "container app was killed",
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

/// Answers one request with this body, and returns the address and, when asked, what came.
fn ecs(status: &str, body: String) -> (String, std::thread::JoinHandle<String>) {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let status = status.to_owned();
    let served = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut came = Vec::new();
        let mut part = [0; 4096];
        while !String::from_utf8_lossy(&came).contains("]}") {
            let read = stream.read(&mut part).unwrap();
            came.extend(part.iter().take(read));
        }
        let head =
            format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        String::from_utf8_lossy(&came).to_lowercase()
    });
    (address, served)
}

const TASK: &str = "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef";

fn explain_task(endpoint: &str, from_environment: bool) -> super::Ran {
    let mut command = match from_environment {
        true => super::command(&["explain", "--task", TASK]),
        false => super::command(&["explain", "--task", TASK, "--endpoint", endpoint]),
    };
    for (name, value) in test_support::environment::VARIABLES {
        command.env(name, value);
    }
    if from_environment {
        command.env("AWS_ENDPOINT_URL_ECS", endpoint);
    }
    super::finish(command, b"")
}

#[test]
fn a_task_is_asked_for_with_the_callers_credentials() {
    let task = record::event("oom-killed")["detail"].clone();
    for from_environment in [false, true] {
        let (address, served) = ecs("200 OK", json!({"tasks": [task], "failures": []}).to_string());
        let ran = explain_task(&address, from_environment);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        assert!(ran.out.starts_with("1. stop") && ran.out.contains("oom"), "{}", ran.out);
        let came = served.join().unwrap();
        assert!(came.contains("x-amz-target: amazonec2containerservicev20141113.describetasks"), "{came}");
        assert!(came.contains("/eu-west-1/ecs/aws4_request"), "{came}");
        assert!(came.contains(r#""cluster":"prod""#) && came.contains(TASK), "{came}");
    }
}

/// The host that is asked first, seen at a proxy.
fn host_asked(arn: &str, variables: &[(&str, &str)]) -> String {
    use std::io::{BufRead as _, BufReader};
    let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let asked = std::thread::spawn(move || {
        let mut line = String::new();
        BufReader::new(proxy.accept().unwrap().0).read_line(&mut line).unwrap();
        line.strip_prefix("CONNECT ").and_then(|rest| rest.split(':').next()).unwrap_or(&line).to_owned()
    });
    let mut command = super::command(&["explain", "--task", arn]);
    command.envs(test_support::environment::VARIABLES).env("HTTPS_PROXY", address);
    command.envs(variables.iter().copied());
    assert_eq!(super::finish(command, b"").code, 1, "the proxy hangs up");
    asked.join().unwrap()
}

#[test]
fn ecs_is_asked_where_its_partition_and_the_environment_say() {
    let folder = test_support::temp::TempDir::new();
    let profile = "[profile fips]\nuse_fips_endpoint = true\n";
    let file = folder.file("config", profile).display().to_string();
    let china = TASK.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-1", "cn-north-1");
    for (arn, variables, host) in [
        (TASK, vec![], "ecs.eu-west-1.amazonaws.com"),
        (&china, vec![], "ecs.cn-north-1.amazonaws.com.cn"),
        (&TASK.replace("eu-west-1", "us-iso-east-1"), vec![], "ecs.us-iso-east-1.c2s.ic.gov"),
        (TASK, vec![("AWS_USE_FIPS_ENDPOINT", "true")], "ecs-fips.eu-west-1.amazonaws.com"),
        (TASK, vec![("AWS_USE_DUALSTACK_ENDPOINT", "true")], "ecs.eu-west-1.api.aws"),
        (TASK, vec![("AWS_ENDPOINT_URL", "https://vpce.example")], "vpce.example"),
        (TASK, vec![("AWS_CONFIG_FILE", &file), ("AWS_PROFILE", "fips")], "ecs-fips.eu-west-1.amazonaws.com"),
    ] {
        assert_eq!(host_asked(arn, &variables), host, "{arn} {variables:?}");
    }
}

#[test]
fn without_credentials_people_are_told_how_to_log_in() {
    let home = test_support::temp::TempDir::new();
    let mut command = super::command(&["explain", "--task", TASK]);
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"] {
        command.env_remove(name);
    }
    command.env("HOME", home.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    let ran = super::finish(command, b"");
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("aws sso login") && ran.err.contains("AWS_PROFILE"), "{}", ran.err);
    assert!(!ran.err.contains("taskRoleArn"), "{}", ran.err);
}

#[test]
fn a_task_that_ecs_does_not_tell_of_is_an_error_with_its_reason() {
    let missing = json!({"tasks": [], "failures": [{"arn": TASK, "reason": "MISSING"}]}).to_string();
    let denied = json!({"__type": "AccessDeniedException", "Message": "not you"}).to_string();
    for (status, body, part) in [
        ("200 OK", missing, "MISSING; ECS forgets a stopped task after about an hour"),
        (
            "400 Bad Request",
            denied,
            "ECS answered 400: AccessDeniedException: not you; the caller needs ecs:DescribeTasks",
        ),
    ] {
        let (address, served) = ecs(status, body);
        let ran = explain_task(&address, false);
        assert!(ran.code == 1 && ran.err.contains(part), "{ran:?}");
        served.join().unwrap();
    }
    let ran = ran(&["explain", "--task", "0123"]);
    assert!(ran.code == 1 && ran.err.contains("'0123' is not the ARN of a task"), "{ran:?}");
}

#[test]
fn input_without_anything_in_it_says_so() {
    for (input, part) in [
        ("", "-: is empty"),
        ("\n\n", "-: is empty"),
        ("[]", "-: is empty"),
        ("{}", "-:1: is an empty object"),
        ("{\"tasks\": [], \"failures\": []}", "-:1: has no tasks"),
    ] {
        let ran = ran_with(&["explain", "-"], input);
        assert!(ran.code == 1 && ran.err.contains(part) && ran.out.is_empty(), "{input}: {ran:?}");
    }
}

#[test]
fn a_line_that_tells_its_level_is_shown_with_it() {
    let records = [
        record::line("web", "stdout", r#"{"level":50,"msg":"boom"}"#),
        record::line("web", "stderr", "INFO started"),
        record::line("web", "stdout", "DEBUG x"),
        record::line("web", "stdout", "0 errors found"),
    ];
    let input: String = records.iter().map(|record| format!("{record}\n")).collect();
    let people = ran_with(&["explain", "-"], &input).out;
    let expected = [
        r#"1. stdout, level error (error with level auto)  {"level":50,"msg":"boom"}"#,
        "2. stderr, level info (stdout with level auto)  INFO started",
        "3. stdout, level debug  DEBUG x",
        "4. stdout  0 errors found",
    ];
    assert_eq!(people.lines().collect::<Vec<_>>(), expected);
    let programs = lines(&ran_with(&["explain", "--json", "-"], &input).out);
    let expected =
        json!({"class": "stdout", "event": null, "level": "error", "class_with_level_auto": "error"});
    assert_eq!(programs[0], expected);
    assert_eq!(programs[3], json!({"class": "stdout", "event": null}));
}

/// Lines of one container, with the second at which each was written.
fn timed(lines: &[(u32, &str, &str)]) -> String {
    let line = |(second, source, text): &(u32, &str, &str)| {
        let mut record = record::line("web", source, text);
        record["time"] = format!("2026-11-19T21:00:{second:02}Z").into();
        format!("{record}\n")
    };
    lines.iter().map(line).collect()
}

#[test]
fn it_shows_which_lines_join_makes_one() {
    let trace = "java.lang.IllegalStateException: boom\n\tat a.B.c(B.java:1)\n\tat a.B.d(B.java:2)";
    let lines: Vec<(u32, &str, &str)> = ["before"]
        .into_iter()
        .chain(trace.split('\n'))
        .chain(["after"])
        .map(|text| (1, "stderr", text))
        .collect();
    let input = timed(&lines);
    let alone = ran_with(&["explain", "--json", "-"], &input);
    assert_eq!(told(&alone.out).len(), 5);
    let joined = ran_with(&["explain", "--json", "--join", "traces", "-"], &input);
    let joined: Vec<bool> = self::lines(&joined.out).iter().map(|line| line["joined"] == true).collect();
    assert_eq!(joined, [false, true, false]);
    let human = ran_with(&["explain", "--join", "traces", "-"], &input).out;
    assert!(human.contains("2. stderr") && human.contains("   joined             3 lines\n"), "{human}");
    let wrong = ran_with(&["explain", "--join", "all", "-"], &input);
    assert_eq!(wrong.code, 1);
    assert!(wrong.err.starts_with("ecs-router: --join: 'all' is not one of "), "{}", wrong.err);
}

#[test]
fn errors_stand_in_order_beside_joined_lines() {
    let input =
        format!("{}no JSON\n", timed(&[(1, "stderr", "Error: x"), (1, "stderr", "    at a (b.js:1:2)")]));
    let ran = ran_with(&["explain", "--json", "--join", "both", "-"], &input);
    assert_eq!(ran.code, 1);
    assert!(ran.err.starts_with("-:3: "), "{}", ran.err);
    assert_eq!(lines(&ran.out).len(), 1);
}

#[test]
fn it_shows_what_a_limit_drops() {
    let input = timed(&[
        (1, "stdout", "one"),
        (1, "stdout", "two"),
        (1, "stdout", "three"),
        (1, "stderr", "boom"),
        (2, "stdout", "four"),
    ]);
    let ran = ran_with(&["explain", "--json", "--limit", "2/s per container", "-"], &input);
    let limits: Vec<Value> = lines(&ran.out).into_iter().map(|line| line["limit"].clone()).collect();
    assert_eq!(limits, [json!("kept"), json!("kept"), json!("dropped"), json!(null), json!("kept")]);
    let human = ran_with(&["explain", "--limit", "2/s per container", "-"], &input).out;
    assert!(
        human.contains("   limit              dropped: its container has used up its budget\n"),
        "{human}"
    );
    let wrong = ran_with(&["explain", "--limit", "2", "-"], &input);
    assert!(wrong.err.starts_with("ecs-router: --limit: '2' has no unit of time"), "{}", wrong.err);
}

#[test]
fn it_shows_what_the_recorder_holds_and_an_error_releases() {
    let input = timed(&[
        (1, "stdout", "old"),
        (20, "stdout", "DEBUG paying"),
        (21, "stdout", "INFO paid"),
        (22, "stdout", "ERROR payment failed"),
    ]);
    let ran = ran_with(&["explain", "--json", "--recorder", "10s", "-"], &input);
    let shown = |line: &Value| (line["held"] == true, line["released"].as_u64());
    let shown: Vec<_> = lines(&ran.out).iter().map(shown).collect();
    assert_eq!(shown, [(true, None), (true, None), (true, None), (false, Some(2))]);
    let human = ran_with(&["explain", "--recorder", "10s", "-"], &input).out;
    assert!(human.contains("   recorder           releases 2 line(s)"), "{human}");
    assert!(human.contains("   recorder           held until an error of its container"), "{human}");
}
