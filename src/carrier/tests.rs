//! Records in, events out: every form of carrier against a table, then what damage and noise make of them.
#![allow(clippy::unwrap_used)]

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Carried, open};
use crate::{decode, stop};

fn opened_chunk(chunk: &[u8]) -> Option<Carried> {
    let mut found = None;
    decode::records(chunk, |record| found = open(record));
    found
}

fn chunk(record: &Value) -> Vec<u8> {
    rmp_serde::to_vec(&(1u64, record)).unwrap()
}

fn opened(record: &Value) -> Option<Carried> {
    opened_chunk(&chunk(record))
}

const ARN: &str = "arn:aws:ecs:eu-central-1:111122223333:task/prod/0123456789abcdef0123456789abcdef";

fn event(id: &str) -> Value {
    json!({
        "version": "0", "id": id, "source": "aws.ecs", "detail-type": "ECS Task State Change", "resources": [ARN],
        "detail": { "lastStatus": "STOPPED", "stopCode": "UserInitiated", "stoppedReason": "größer \"so\"\n", "taskArn": ARN, "version": 3 },
    })
}

fn two() -> [Value; 2] {
    [event("one"), event("two")]
}

fn text(value: &Value) -> String {
    value.to_string()
}

fn base64(text: &str) -> String {
    STANDARD.encode(text)
}

fn zipped(text: &str) -> String {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    STANDARD.encode(encoder.finish().unwrap())
}

fn sns(message: &Value) -> Value {
    json!({ "Type": "Notification", "MessageId": "m", "TopicArn": "arn:aws:sns:r:1:t", "Message": message, "Timestamp": "2026-11-19T21:13:58.000Z" })
}

fn sqs(bodies: &[Value]) -> Value {
    let records: Vec<Value> = bodies
        .iter()
        .map(|body| json!({ "messageId": "m", "body": body, "eventSource": "aws:sqs" }))
        .collect();
    json!({ "Records": records })
}

fn firehose(data: &[String]) -> Value {
    let records: Vec<Value> = data.iter().map(|data| json!({ "data": data })).collect();
    json!({ "requestId": "r", "timestamp": 1_795_122_814_795_u64, "records": records })
}

fn subscription(messages: &[Value]) -> Value {
    let lines: Vec<Value> =
        messages.iter().map(|message| json!({ "id": "3", "timestamp": 1, "message": message })).collect();
    json!({ "messageType": "DATA_MESSAGE", "owner": "111122223333", "logGroup": "/aws/events/ecs", "logStream": "s", "subscriptionFilters": ["f"], "logEvents": lines })
}

/// Every form that holds the two events and nothing else.
fn carriers() -> Vec<(&'static str, Value)> {
    let [one, two] = two();
    let (first, second) = (text(&one), text(&two));
    let array = text(&json!([one, two]));
    let lines = format!("{first}\n{second}\n");
    let bodies = [json!(first), json!(second)];
    let logs = text(&subscription(&bodies));
    vec![
        ("array in log", json!({ "log": array })),
        ("array in message", json!({ "message": format!(" \n{array}\n"), "host": "web" })),
        ("lines in payload", json!({ "payload": lines, "topic": "events" })),
        ("one after another in body", json!({ "body": format!("{first}{second}") })),
        ("indented", json!({ "log": serde_json::to_string_pretty(&json!([one, two])).unwrap() })),
        ("SNS, text", sns(&json!(array))),
        ("SNS, object", sns(&json!([one, two]))),
        ("SNS, message alone", json!({ "Message": array })),
        ("SNS in log", json!({ "log": text(&sns(&json!(array))) })),
        ("SQS", sqs(&bodies)),
        ("SQS, decoded bodies", sqs(&[one.clone(), two.clone()])),
        ("SQS, SNS in it", sqs(&[json!(text(&sns(&json!(first)))), json!(text(&sns(&json!(second))))])),
        ("SQS in log", json!({ "log": text(&sqs(&bodies)) })),
        (
            "Lambda, SNS",
            json!({ "Records": [{ "Sns": { "Message": first } }, { "EventSource": "aws:sns", "Sns": { "Message": second } }] }),
        ),
        ("Firehose", firehose(&[base64(&first), base64(&second)])),
        ("Firehose, joined", firehose(&[base64(&format!("{first}{second}"))])),
        ("Firehose, lines", firehose(&[base64(&lines)])),
        ("Firehose, gzip", firehose(&[zipped(&lines)])),
        ("Firehose, SNS in it", firehose(&[base64(&text(&sns(&json!(array))))])),
        ("Firehose, CloudWatch Logs in it", firehose(&[zipped(&logs)])),
        ("CloudWatch Logs", subscription(&bodies)),
        ("CloudWatch Logs, to Lambda", json!({ "awslogs": { "data": zipped(&logs) } })),
        ("CloudWatch Logs in log", json!({ "log": logs })),
        (
            "CloudWatch Logs, SQS, SNS, array",
            subscription(&[json!(text(&sqs(&[json!(text(&sns(&json!(array))))])))]),
        ),
    ]
}

#[test]
fn every_form_gives_up_its_events() {
    let expected = Carried { events: two().to_vec(), rest: false };
    for (name, record) in carriers() {
        assert_eq!(opened(&record), Some(expected.clone()), "{name}");
    }
}

#[test]
fn one_event_as_text() {
    for field in ["log", "message", "payload", "body"] {
        let carried = opened(&json!({ field: text(&event("one")), "host": "web" }));
        assert_eq!(carried, Some(Carried { events: vec![event("one")], rest: false }), "{field}");
    }
}

#[test]
fn an_event_that_is_no_stop_is_an_event() {
    let mut running = event("one");
    running["detail"]["lastStatus"] = "RUNNING".into();
    let carried = opened(&sns(&json!(text(&running)))).unwrap();
    assert_eq!(carried, Carried { events: vec![running], rest: false });
}

#[test]
fn what_stands_beside_an_event_is_not_lost() {
    let first = text(&event("one"));
    let somebody_elses =
        json!({ "source": "aws.batch", "detail-type": "Batch Job State Change", "detail": {} });
    for (name, record) in [
        ("text behind", json!({ "log": format!("{first} and so on") })),
        ("a line behind", json!({ "log": format!("{first}\nhello\n") })),
        ("a line before", json!({ "message": format!("hello\n{first}") })),
        ("cut tail", json!({ "log": format!("{first}\n{{\"version\":\"0\",\"det") })),
        ("cut head", json!({ "message": format!("t\":1}}}}\n{first}\n") })),
        ("another source", json!({ "log": text(&json!([event("one"), somebody_elses])) })),
        ("a scalar in an array", json!({ "log": text(&json!([1, event("one"), null])) })),
        ("a body that is none", sqs(&[json!("hello"), json!(first), json!(null), json!({ "a": 1 })])),
        ("no body at all", json!({ "Records": [{ "s3": {} }, { "body": first }] })),
        ("no base64", firehose(&["***".to_owned(), base64(&first)])),
        ("no gzip", firehose(&[base64(&first), STANDARD.encode([0x1f, 0x8b, 8, 0, 0])])),
        ("no UTF-8", firehose(&[base64(&first), STANDARD.encode([0xff])])),
        ("a log line", subscription(&[json!(first), json!("GET /healthz 200")])),
        (
            "application output",
            subscription(&[
                json!(first),
                json!(text(&json!({ "container_name": "/app", "source": "stdout", "log": first }))),
            ]),
        ),
    ] {
        assert_eq!(opened(&record), Some(Carried { events: vec![event("one")], rest: true }), "{name}");
    }
}

#[test]
fn other_records_stay_what_they_are() {
    let first = text(&event("one"));
    let with_marks = |mark: &str| {
        let mut event = event("one");
        event[mark] = "/app".into();
        text(&event)
    };
    let without = |key: &str| {
        let mut event = event("one");
        event.as_object_mut().unwrap().remove(key);
        text(&event)
    };
    for (name, record) in [
        ("a bare event", event("one")),
        ("a bare event with more", {
            let mut event = event("one");
            event["log"] = first.clone().into();
            event
        }),
        ("text", json!({ "log": "GET /healthz 200", "message": "detail-type" })),
        ("JSON", json!({ "log": "{\"level\":\"info\",\"Message\":\"detail-type\"}" })),
        ("empty", json!({})),
        ("empty text", json!({ "log": "", "message": "  " })),
        ("nothing in an array", json!({ "log": "[]", "Records": [], "records": [], "logEvents": [] })),
        ("another field", json!({ "note": first })),
        ("a nested map", json!({ "nested": event("one"), "log": "x" })),
        ("log as a map", json!({ "log": event("one") })),
        ("text before", json!({ "log": format!("event: {first}"), "host": "web" })),
        ("text in a string in JSON", json!({ "log": text(&json!({ "log": first, "Message": "x" })) })),
        ("output of a container in JSON", json!({ "log": with_marks("container_name") })),
        ("output of a container in SNS", sns(&json!(with_marks("container_id")))),
        ("no detail", json!({ "log": without("detail") })),
        ("no source", json!({ "log": without("source") })),
        ("no detail type", json!({ "log": without("detail-type") })),
        ("our own source", json!({ "log": first.replace("aws.ecs", "ecs_router") })),
        (
            "detail is text",
            json!({ "log": "{\"source\":\"aws.ecs\",\"detail-type\":\"x\",\"detail\":\"y\"}" }),
        ),
        ("a key twice", json!({ "log": first.replacen('{', "{\"detail-type\":\"x\",", 1) })),
        (
            "a subscription to confirm",
            json!({ "Type": "SubscriptionConfirmation", "Message": "You have chosen to subscribe", "SubscribeURL": "https://x" }),
        ),
        ("somebody asks whether we are there", {
            let mut control = subscription(&[json!(first)]);
            control["messageType"] = "CONTROL_MESSAGE".into();
            control
        }),
        ("an empty Message", json!({ "Message": "" })),
        ("records of somebody else", json!({ "records": [{ "category": "Audit" }, 1, null, []] })),
        (
            "too deep",
            (0..5).fold(json!(first), |inner, _| json!({ "Message": text(&json!({ "Message": inner })) })),
        ),
        ("arrays without end", json!({ "log": format!("{}\"detail-type\"", "[".repeat(100_000)) })),
        ("arrays in arrays", json!({ "log": format!("{}{first}{}", "[".repeat(100), "]".repeat(100)) })),
    ] {
        assert_eq!(opened(&record), None, "{name}");
    }
}

#[test]
fn bounds_hold() {
    let many = json!({ "log": text(&json!(vec![json!({ "source": "aws.ecs", "detail-type": "x", "detail": {} }); 10_001])) });
    let carried = opened(&many).unwrap();
    assert_eq!((carried.events.len(), carried.rest), (10_000, true));

    let bomb = zipped(&" ".repeat(17 << 20));
    let carried = opened(&firehose(&[base64(&text(&event("one"))), bomb])).unwrap();
    assert_eq!(carried, Carried { events: vec![event("one")], rest: true });

    let mut huge = event("one");
    huge["detail"]["x"] = "x".repeat(3 << 20).into();
    assert_eq!(opened(&sns(&json!(text(&huge)))), None);

    // One pass over each line, however many of them cannot be read.
    let lines = "[\n{\n".repeat(200_000) + "\"detail-type\"";
    assert_eq!(opened(&json!({ "log": lines })), None);
}

// --- Docker ---

fn docker(action: &str, name: &str, attributes: &Value) -> Value {
    let mut event = json!({
        "Type": "container", "Action": action, "scope": "local", "time": 1_795_122_814, "timeNano": 1_795_122_814_795_000_000_i64,
        "Actor": { "ID": format!("405efae3-{name}"), "Attributes": {
            "image": "web:42", "name": format!("ecs-web-7-{name}-9c"), "com.amazonaws.ecs.container-name": name, "com.amazonaws.ecs.cluster": "prod",
            "com.amazonaws.ecs.task-arn": ARN, "com.amazonaws.ecs.task-definition-family": "web", "com.amazonaws.ecs.task-definition-version": "7",
        } },
    });
    event["Actor"]["Attributes"].as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
    event
}

fn die(name: &str, code: &str) -> Value {
    docker("die", name, &json!({ "exitCode": code, "execDuration": "60" }))
}

#[test]
fn docker_tells_of_an_exit() {
    let carried = opened(&json!({ "message": format!("{}\n", text(&die("app", "137"))) })).unwrap();
    assert_eq!(
        carried,
        Carried {
            events: vec![json!({
                "version": "0", "id": "docker-405efae3-app-die-1795122814795000000", "source": "ecs_router", "detail-type": "ECS Container Exit",
                "time": "2026-11-19T21:13:34.795Z", "resources": [ARN],
                "detail": {
                    "via": "docker_events", "taskArn": ARN, "clusterArn": "prod", "taskDefinitionArn": "web:7",
                    "container": {
                        "name": "app", "image": "web:42", "runtimeId": "405efae3-app", "exitCode": 137, "lastStatus": "STOPPED",
                        "startedAt": "2026-11-19T21:12:34.795Z", "stoppedAt": "2026-11-19T21:13:34.795Z",
                    },
                },
            })],
            rest: false,
        }
    );
}

#[test]
fn docker_in_its_several_shapes() {
    let old = json!({ "status": "die", "id": "405efae3", "from": "alpine", "Type": "container", "Action": "die",
        "Actor": { "ID": "405efae3", "Attributes": { "exitCode": "1", "image": "alpine", "name": "alpine" } },
        "scope": "local", "time": 1_473_107_901, "timeNano": 1_473_107_901_922_774_300_i64 });
    for (name, record, containers, rest) in [
        ("before 29, outside of ECS", json!({ "message": text(&old) }), vec![("alpine", Some(1))], false),
        ("taken apart by a parser", die("app", "1"), vec![("app", Some(1))], false),
        (
            "several at once",
            json!({ "message": format!("{}\n{}\n", die("app", "1"), die("envoy", "143")) }),
            vec![("app", Some(1)), ("envoy", Some(143))],
            false,
        ),
        (
            "cut at the end",
            json!({ "message": format!("{}\n{{\"Type\":\"cont", die("app", "1")) }),
            vec![("app", Some(1))],
            true,
        ),
        (
            "cut at the beginning",
            json!({ "message": format!("ainer\"}}\n{}\n", die("app", "1")) }),
            vec![("app", Some(1))],
            true,
        ),
        (
            "the pause container",
            json!({ "message": format!("{}\n{}\n", die("~internal~ecs~pause", "137"), die("app", "0")) }),
            vec![("app", Some(0))],
            false,
        ),
        (
            "other actions",
            json!({ "message": format!("{}\n{}\n", docker("exec_create: sh", "app", &json!({})), die("app", "0")) }),
            vec![("app", Some(0))],
            true,
        ),
        (
            "memory alone",
            json!({ "message": text(&docker("oom", "app", &json!({}))) }),
            vec![("app", None)],
            false,
        ),
        (
            "no exit code",
            json!({ "message": text(&docker("die", "app", &json!({ "exitCode": "?" }))) }),
            vec![("app", None)],
            false,
        ),
    ] {
        let carried = opened(&record).unwrap_or_else(|| panic!("{name}"));
        let found: Vec<_> = carried
            .events
            .iter()
            .map(|event| &event["detail"]["container"])
            .map(|it| (it["name"].as_str().unwrap(), it["exitCode"].as_i64()))
            .collect();
        assert_eq!((found, carried.rest), (containers, rest), "{name}");
    }
}

#[test]
fn docker_says_more_in_one_breath() {
    let oom = docker("oom", "app", &json!({}));
    let kill = docker("kill", "app", &json!({ "signal": "15" }));
    let reload = docker("kill", "app", &json!({ "signal": "1" }));
    let together = |events: &[&Value]| {
        let lines: Vec<String> = events.iter().map(ToString::to_string).collect();
        opened(&json!({ "message": lines.join("\n") })).unwrap()
    };
    let carried = together(&[&oom, &die("app", "137")]);
    assert_eq!(carried.events.len(), 1, "one stop, one event");
    let container = &carried.events[0]["detail"]["container"];
    assert!(
        container["reason"].as_str().unwrap().starts_with("OutOfMemoryError: ")
            && container["exitCode"] == 137
    );
    assert_eq!(together(&[&oom, &die("envoy", "137")]).events.len(), 2, "another container's memory");

    for (before, asked) in [(kill, json!(true)), (reload, Value::Null)] {
        assert_eq!(together(&[&before, &die("app", "143")]).events[0]["detail"]["askedToStop"], asked);
    }
}

#[test]
fn docker_mostly_tells_of_nothing() {
    let network = json!({ "Type": "network", "Action": "die", "Actor": { "ID": "n", "Attributes": { "name": "bridge" } } });
    for event in [
        docker("start", "app", &json!({})),
        docker("health_status: unhealthy", "app", &json!({})),
        docker("exec_die", "app", &json!({ "exitCode": "1" })),
        die("~internal~ecs~pause", "137"),
        network,
        json!({ "Type": "container", "Action": "die", "Actor": { "ID": "x" } }),
        json!({ "Type": "container", "Action": "die", "Actor": "x" }),
        json!({ "Type": 1, "Action": "die", "Actor": {} }),
    ] {
        assert_eq!(opened(&json!({ "message": text(&event) })), None, "{event}");
        assert_eq!(opened(&event), None, "{event}");
    }
}

// --- The agent's log ---

const REASON: &str =
    "OutOfMemoryError: Container killed due to memory usage containerIsEssential= containerExitCode=0";

fn line_of_agent() -> String {
    format!(
        "level=info time=2026-11-19T21:13:58Z msg=\"Sending state change to ECS\" taskPullStartedAt=\"0001-01-01T00:00:00Z\" \
         containerChange-1=\"containerName=envoy containerStatus=STOPPED containerExitCode=143 containerPortBindings=[{{80 80 0.0.0.0 tcp}}] containerKnownSentStatus=RUNNING containerRuntimeID=47a9 containerIsEssential=false\" \
         taskStatus=\"STOPPED\" taskReason=\"Essential container in task exited: \\\"app\\\"\" eventType=\"TaskStateChange\" taskArn=\"{ARN}\" \
         containerChange-0=\"containerName=app containerStatus=STOPPED containerExitCode=137 containerReason={REASON} containerKnownSentStatus=RUNNING containerRuntimeID=9159 containerIsEssential=true\" \
         taskExecutionStoppedAt=\"2026-11-19T21:13:34Z\" taskKnownSentStatus=\"RUNNING\""
    )
}

fn event_of_agent() -> Value {
    json!({
        "version": "0", "id": format!("agent-log-{ARN}"), "source": "aws.ecs", "detail-type": "ECS Task State Change",
        "time": "2026-11-19T21:13:58Z", "resources": [ARN],
        "detail": {
            "via": "agent_log", "taskArn": ARN, "version": 0, "desiredStatus": "STOPPED", "lastStatus": "STOPPED",
            "stoppedReason": "Essential container in task exited: \"app\"",
            "stoppedAt": "2026-11-19T21:13:58Z", "executionStoppedAt": "2026-11-19T21:13:34Z",
            "containers": [
                { "name": "app", "lastStatus": "STOPPED", "exitCode": 137, "reason": REASON, "runtimeId": "9159", "essential": true },
                { "name": "envoy", "lastStatus": "STOPPED", "exitCode": 143, "runtimeId": "47a9", "essential": false },
            ],
        },
    })
}

/// The same line as the agent writes it in JSON.
fn json_of_agent() -> Value {
    super::logfmt::fields(&line_of_agent())
        .into_iter()
        .map(|(key, value)| (key, Value::from(value)))
        .collect()
}

#[test]
fn the_agent_tells_of_a_stop() {
    let expected = Some(Carried { events: vec![event_of_agent()], rest: false });
    for (name, record) in [
        ("logfmt", json!({ "log": line_of_agent(), "file": "/var/log/ecs/ecs-agent.log" })),
        ("JSON", json!({ "log": text(&json_of_agent()) })),
        ("taken apart by a parser", json_of_agent()),
        ("from CloudWatch Logs", subscription(&[json!(line_of_agent())])),
    ] {
        assert_eq!(opened(&record), expected, "{name}");
    }
    let stop = stop::read(event_of_agent()).unwrap();
    assert_eq!((stop.category, stop.container.as_deref()), (stop::Category::Oom, Some("app")));
}

#[test]
fn the_agent_tells_of_a_container() {
    let line = format!(
        "level=info time=2026-11-19T21:13:58Z msg=\"Sending state change to ECS\" eventType=\"ContainerStateChange\" exitCode=\"1\" portBindings=[] containerName=\"app\" reason=\"\" containerStatus=\"STOPPED\" taskArn=\"{ARN}\""
    );
    let carried = opened(&json!({ "log": line })).unwrap();
    assert_eq!(carried.events.len(), 1);
    assert_eq!(carried.events[0]["detail-type"], "ECS Container Exit");
    assert_eq!(
        carried.events[0]["detail"],
        json!({ "via": "agent_log", "taskArn": ARN, "container": { "name": "app", "lastStatus": "STOPPED", "exitCode": 1 } })
    );
}

#[test]
fn most_of_what_the_agent_says_is_no_event() {
    let line = line_of_agent();
    for other in [
        line.replace("taskStatus=\"STOPPED\"", "taskStatus=\"RUNNING\""),
        line.replace("msg=\"Sending", "msg=\"Unretriable error sending"),
        line.replace("TaskStateChange", "AttachmentStateChange"),
        line.replace("taskArn=", "arn="),
        "level=info time=2026-11-19T21:13:58Z msg=\"Handling container change event\" changeEventStatus=\"STOPPED\"".to_owned(),
    ] {
        assert_eq!(opened(&json!({ "log": other })), None, "{other}");
    }
}

// --- Damage ---

fn is_part_of(part: &Value, whole: &Value) -> bool {
    match (part, whole) {
        (Value::Object(part), Value::Object(whole)) => {
            part.iter().all(|(key, value)| whole.get(key).is_some_and(|whole| is_part_of(value, whole)))
        }
        (Value::Array(part), Value::Array(whole)) => {
            part.iter().all(|value| whole.iter().any(|whole| is_part_of(value, whole)))
        }
        _ => part == whole,
    }
}

/// What is left of a text that has been cut is the same event or none.
#[test]
fn a_cut_carrier_gives_no_wrong_event() {
    let cut = |text: &str, known: &[Value], wrap: &dyn Fn(String) -> Value| {
        for end in 0..text.len() {
            let Some(carried) = opened(&wrap(String::from_utf8_lossy(&text.as_bytes()[..end]).into_owned()))
            else {
                continue;
            };
            let is_known = |event: &Value| {
                known.iter().any(|known| known["id"] == event["id"] && is_part_of(event, known))
            };
            assert!(carried.events.iter().all(is_known), "cut at {end}: {carried:?}");
        }
    };
    let in_log = |text: String| json!({ "log": text });
    for (name, record) in carriers() {
        let known = two();
        cut(&text(&record), &known, &in_log);
        for key in ["log", "message", "payload", "body", "Message"] {
            let Some(inner) = record[key].as_str() else { continue };
            cut(inner, &known, &|text| {
                let mut record = record.clone();
                record[key] = text.into();
                record
            });
        }
        if let Some(data) = record.pointer("/records/0/data").and_then(Value::as_str) {
            cut(data, &known, &|data| firehose(&[data]));
        }
        assert!(opened(&record).is_some(), "{name}");
    }
    let exits = opened(&json!({ "message": format!("{}\n{}", die("app", "1"), die("envoy", "143")) }))
        .unwrap()
        .events;
    cut(&format!("{}\n{}", die("app", "1"), die("envoy", "143")), &exits, &|text| json!({ "message": text }));
    cut(&line_of_agent(), &[event_of_agent()], &in_log);
    cut(&text(&json_of_agent()), &[event_of_agent()], &in_log);
}

/// All forms, for the properties below.
fn all() -> Vec<Value> {
    let own = [
        json!({ "message": format!("{}\n{}", docker("oom", "app", &json!({})), die("app", "137")) }),
        die("app", "1"),
        json!({ "log": line_of_agent() }),
        json_of_agent(),
    ];
    carriers().into_iter().map(|(_, record)| record).chain(own).collect()
}

/// Changes, inserts, removes and cuts bytes.
fn mangle(bytes: &mut Vec<u8>, edits: &[(prop::sample::Index, u8, u8)]) {
    for (place, byte, kind) in edits {
        let Some(at) = (!bytes.is_empty()).then(|| place.index(bytes.len())) else { break };
        match kind {
            0..8 => bytes[at] = *byte,
            8 => bytes.insert(at, *byte),
            9 => drop(bytes.remove(at)),
            _ => bytes.truncate(at),
        }
    }
}

fn edits() -> impl Strategy<Value = Vec<(prop::sample::Index, u8, u8)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..11), 1..6)
}

fn hold_events_only(carried: Option<Carried>) {
    let Some(carried) = carried else { return };
    assert!(!carried.events.is_empty());
    for event in carried.events {
        let own = event["source"] == "ecs_router" && event["detail-type"] == "ECS Container Exit";
        assert!(own || event["source"] == "aws.ecs" && event["detail-type"].is_string(), "{event}");
        assert!(event["detail"].is_object(), "{event}");
        drop(stop::read(event));
    }
}

proptest! {
    #[test]
    fn no_mangled_record_panics(record in prop::sample::select(all()), edits in edits()) {
        let mut bytes = chunk(&record);
        mangle(&mut bytes, &edits);
        hold_events_only(opened_chunk(&bytes));
    }

    #[test]
    fn no_mangled_text_panics(record in prop::sample::select(all()), edits in edits(), field in prop::sample::select(vec!["log", "message", "Message"])) {
        let mut bytes = text(&record).into_bytes();
        mangle(&mut bytes, &edits);
        hold_events_only(opened(&json!({ field: String::from_utf8_lossy(&bytes) })));
    }
}
