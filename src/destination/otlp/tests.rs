use fake_cloud::{Cloud, OtlpLog};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::{RetryTiming, testing};

const ENDPOINT: (&str, &str) = ("endpoint", "http://localhost:4318");

fn otlp(keys: &[(&str, &str)]) -> Destination {
    let (otlp, problems) = testing::configure(DestinationKind::Otlp, &[&[ENDPOINT], keys].concat());
    assert_eq!(problems, [""; 0]);
    otlp
}

fn line() -> Json {
    json!({
        "source": "stderr", "log": "it \"broke\"\n", "container_id": "c0ffee", "container_name": "/web",
        "ecs_cluster": "prod", "ecs_task_arn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd",
        "ecs_task_definition": "shop:42", "user": "u1",
    })
}

/// What a receiver reads, in both encodings, which must agree.
fn received(keys: &[(&str, &str)], chunk: &[u8]) -> Vec<OtlpLog> {
    received_in(keys, |otlp| testing::batches_of(otlp, chunk).0)
}

/// What a receiver reads of a record under this tag.
fn received_under(tag: &str, record: Json) -> OtlpLog {
    received_in(&[], |otlp| testing::batches_under(tag, otlp, std::slice::from_ref(&record))).remove(0)
}

fn received_in(keys: &[(&str, &str)], batches: impl Fn(&Destination) -> Vec<Batch>) -> Vec<OtlpLog> {
    let read = |encoding| {
        let cloud = Cloud::start();
        let otlp = otlp(&[&[("encoding", encoding)], keys].concat());
        for batch in batches(&otlp) {
            assert_eq!(testing::post(cloud.port(), "/v1/logs", &testing::request_of(&otlp, &batch)), 200);
        }
        cloud.assert_no_complaints();
        cloud.otlp().logs()
    };
    let (protobuf, json) = (read("protobuf"), read("json"));
    assert_eq!(protobuf, json);
    json
}

fn received_of(keys: &[(&str, &str)], record: Json) -> OtlpLog {
    received(keys, &testing::chunk(&[record])).remove(0)
}

fn object(fields: &serde_json::Map<String, Json>) -> Json {
    Json::Object(fields.clone())
}

#[test]
fn the_path_of_the_protocol_ends_every_address_once() {
    for (endpoint, expected) in [
        ("http://localhost:4318", "http://localhost:4318/v1/logs"),
        ("https://otlp.example.com/", "https://otlp.example.com/v1/logs"),
        ("https://otlp-gateway.example.net/otlp", "https://otlp-gateway.example.net/otlp/v1/logs"),
        ("http://loki:3100/otlp/", "http://loki:3100/otlp/v1/logs"),
        ("http://loki:3100/otlp/v1/logs", "http://loki:3100/otlp/v1/logs"),
        ("https://example.com/v1/logs/", "https://example.com/v1/logs"),
        ("https://example.com/?tenant=a", "https://example.com/v1/logs?tenant=a"),
        ("https://example.com/v1/logs?tenant=a/", "https://example.com/v1/logs?tenant=a/"),
    ] {
        let requests = testing::requests(&otlp(&[("endpoint", endpoint)]), &[line()]);
        assert_eq!(requests[0].url, expected);
    }
}

#[test]
fn every_problem_of_the_keys_is_named_and_no_secret_shown() {
    let problems = |keys: &[(&str, &str)]| testing::configure(DestinationKind::Otlp, keys).1;
    assert_eq!(problems(&[]), ["d.endpoint: is missing; for example: d.endpoint http://localhost:4318"]);
    for (endpoint, expected) in [
        ("localhost:4318", "d.endpoint: must begin with https:// or http://"),
        ("https://user:hidden@example.com", "d.endpoint: holds a user name"),
        ("http://exa mple", "d.endpoint: is not an address"),
    ] {
        let problems = problems(&[("endpoint", endpoint)]);
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
        assert!(!problems[0].contains("hidden"));
    }
    for (headers, expected) in [
        ("hidden", "d.headers: has the wrong format (the value is secret and not shown)"),
        ("na me=hidden", "d.headers: 'na me' is not the name of a header"),
        ("name=hid\u{7}den", "d.headers: the value of 'name' holds a character"),
        ("name=hidden%0A", "d.headers: the value of 'name' holds a character"),
    ] {
        let problems = problems(&[ENDPOINT, ("headers", headers)]);
        assert!(problems.len() == 1 && problems[0].starts_with(expected), "{problems:?}");
    }
    assert_eq!(
        problems(&[ENDPOINT, ("encoding", "thrift")]),
        ["d.encoding: 'thrift' is not one of protobuf, json; for example: d.encoding json"]
    );
}

#[test]
fn requests_carry_the_users_headers_and_say_what_they_are() {
    let plain = otlp(&[("headers", "Authorization=Basic a2V5==, X-Scope=web"), ("compress", "off")]);
    let requests = testing::requests(&plain, &[line()]);
    let headers = &requests[0].headers;
    assert_eq!(headers["authorization"], "Basic a2V5==");
    assert!(headers["authorization"].is_sensitive() && headers["x-scope"].is_sensitive());
    assert_eq!(headers["content-type"], "application/x-protobuf");
    assert!(!headers.contains_key("content-encoding") && !format!("{plain:?}").contains("a2V5"));
    let encoded = otlp(&[("headers", "Authorization=Basic%20a2V5%3D,x-list=a%2Cb%25,x-bare=50%")]);
    let encoded = &testing::requests(&encoded, &[line()])[0].headers;
    assert_eq!(encoded["authorization"], "Basic a2V5=");
    assert_eq!((&encoded["x-list"], &encoded["x-bare"]), (&"a,b%".parse().unwrap(), &"50%".parse().unwrap()));
    let json = &testing::requests(&otlp(&[("encoding", "json")]), &[line()])[0].headers;
    assert_eq!(
        (&json["content-type"], &json["content-encoding"]),
        (&"application/json".parse().unwrap(), &"gzip".parse().unwrap())
    );
}

#[test]
fn every_reply_has_its_meaning() {
    let wrong = "<html>";
    for (status, body, expected) in [
        (200, "", "Delivered"),
        (202, "", "Delivered"),
        (204, "", "Delivered"),
        (200, "{}", "Delivered"),
        (200, r#"{"partialSuccess":{}}"#, "Delivered"),
        (200, r#"{"partialSuccess":{"rejectedLogRecords":"0"}}"#, "Delivered"),
        (200, r#"{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"old"}}"#, "PartialUnknown"),
        (200, r#"{"partialSuccess":{"rejectedLogRecords":2}}"#, "PartialUnknown"),
        (200, r#"{"partialSuccess":{"errorMessage":"deprecated"}}"#, "PartialUnknown"),
        (200, "never", "Backoff"),
        (200, wrong, "NextFlush"),
        (400, wrong, "NextFlush"),
        (413, "", "Split"),
        (429, "", "Backoff"),
        (502, "", "Backoff"),
        (503, "", "Backoff"),
        (504, "", "Backoff"),
        (302, "", "NextFlush"),
        (400, "", "Split"),
        (401, "", "NextFlush"),
        (403, "", "NextFlush"),
        (404, "", "NextFlush"),
        (405, "", "NextFlush"),
        (410, "", "NextFlush"),
        (408, "", "Rejected"),
        (415, "", "NextFlush"),
        (422, "", "Split"),
        (500, "", "Rejected"),
        (501, "", "Rejected"),
    ] {
        let json = otlp(&[("encoding", "json")]);
        let action = testing::judged(&json, 3, &testing::reply(status, body));
        assert_eq!(testing::word(&action), expected, "{status} {body}");
        if body.is_empty() {
            let action = testing::judged(&otlp(&[]), 3, &testing::reply(status, body));
            assert_eq!(testing::word(&action), expected, "{status}");
        }
    }
    let alone = testing::judged(&otlp(&[]), 1, &testing::reply(400, ""));
    assert_eq!(testing::word(&alone), "Rejected", "nothing is left to split");
    let action = testing::judged(&otlp(&[]), 1, &testing::reply(401, ""));
    let reason = "the receiver answered 401 Unauthorized; check d.headers".into();
    assert_eq!(action, ReplyAction::Retry { timing: RetryTiming::NextFlush, reason });
}

#[test]
fn partial_success_is_read_from_protobuf_too() {
    let judged = |body: &[u8]| testing::judged(&otlp(&[]), 3, &testing::reply(200, body.to_vec()));
    // { 1: { 1: 2, 2: "too old", 9: 1.0 }, 3: "later additions" }
    let message = b"\x0a\x14\x08\x02\x12\x07too old\x49\0\0\0\0\0\0\xf0\x3f\x1a\x04more";
    let reason = "the receiver rejected 2 records: too old".to_owned();
    assert_eq!(judged(message), ReplyAction::PartialUnknown { rejected: 2, reason });
    for broken in [b"\x0a\xff".as_slice(), b"\x0a\x02\x08", b"\x08", b"\x00\x01", &[0xff; 12]] {
        assert_eq!(testing::word(&judged(broken)), "Backoff", "{broken:?}");
    }
    let mut reply = testing::reply(200, "{}");
    assert_eq!(testing::word(&testing::judged(&otlp(&[]), 1, &reply)), "Backoff", "no protobuf");
    reply.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    assert_eq!(
        testing::word(&testing::judged(&otlp(&[]), 1, &reply)),
        "Delivered",
        "the reply says what it is"
    );
}

#[test]
fn a_line_is_a_body_and_its_origin_a_resource() {
    let log = received_of(&[], line());
    assert_eq!(log.body, "it \"broke\"\n");
    let at = testing::FIRST_SECOND * 1_000_000_000;
    assert_eq!((log.time_unix_nano, log.observed_time_unix_nano), (at, at));
    assert_eq!((log.severity_number, log.severity_text.as_str()), (17, "ERROR"));
    assert_eq!(object(&log.attributes), json!({"log.iostream": "stderr", "user": "u1"}));
    assert_eq!(
        object(&log.resource),
        json!({
            "service.name": "shop", "cloud.provider": "aws", "cloud.platform": "aws_ecs",
            "cloud.region": "eu-west-1", "cloud.account.id": "111122223333",
            "aws.ecs.cluster.arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
            "aws.ecs.task.arn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123abcd",
            "aws.ecs.task.id": "0123abcd", "aws.ecs.task.family": "shop", "aws.ecs.task.revision": "42",
            "container.name": "web", "container.id": "c0ffee",
        })
    );
    assert_eq!((log.scope.as_str(), log.trace_id.as_str()), ("fluent-bit-ecs-router", ""));
}

#[test]
fn severity_follows_the_stream_and_is_left_open_when_there_is_none() {
    let level = |record: Json| {
        let log = received_of(&[], record);
        (log.severity_number, log.severity_text)
    };
    assert_eq!(level(json!({"source": "stdout", "log": "x"})), (9, "INFO".into()));
    assert_eq!(level(json!({"container_name": "/web", "log": "x"})), (9, "INFO".into()));
    assert_eq!(level(json!({"log": "x"})), (0, String::new()));
    assert_eq!(level(testing::event("oom-killed")), (17, "ERROR".into()));
    assert_eq!(level(testing::event("spot-interruption")), (13, "WARN".into()));
    assert_eq!(level(testing::event("scale-in")), (9, "INFO".into()));
}

#[test]
fn a_stop_is_its_summary_and_its_fields_are_attributes() {
    let event = testing::event("oom-killed");
    let stop = crate::stop::read(event.clone()).unwrap();
    let log = received_of(&[], event.clone());
    assert_eq!(log.body, stop.summary);
    let mut expected = serde_json::to_value(&stop).unwrap();
    expected.as_object_mut().unwrap().remove("summary");
    assert_eq!(object(&log.attributes), expected);
    assert_eq!(log.resource["aws.ecs.cluster.arn"], event["detail"]["clusterArn"]);
    assert_eq!(log.resource["aws.ecs.task.id"], stop.task_id.unwrap());
    assert_eq!(log.resource["container.name"], stop.container.unwrap());
    let raw = received_of(&[("stop_format", "raw")], event.clone());
    assert_eq!((&raw.body, raw.attributes.len()), (&*stop.event, 0));
}

#[test]
fn what_no_resource_says_stays_an_attribute() {
    let log =
        received_of(&[], json!({"source": "syslog", "log": "x", "ecs_cluster": "prod", "container_id": 7}));
    assert_eq!(
        object(&log.attributes),
        json!({"source": "syslog", "ecs_cluster": "prod", "container_id": 7})
    );
    assert_eq!(log.resource["service.name"], "unknown_service");
    let own = received_of(&[], json!({"source": "stdout", "log": "x", "log.iostream": "mine"}));
    assert_eq!(object(&own.attributes), json!({"log.iostream": "mine", "source": "stdout"}));
}

#[test]
fn a_record_without_a_line_is_its_own_body_and_log_key_leaves_the_rest_out() {
    let whole = json!({"cpu": {"user": [1, -2, 0.5, null, true]}});
    assert_eq!(received_of(&[], whole.clone()).body, whole);
    let log = received_of(&[("log_key", "user")], line());
    assert_eq!((log.body, object(&log.attributes)), ("u1".into(), json!({"log.iostream": "stderr"})));
    assert_eq!(received_of(&[("log_key", "absent")], line()).body, line());
}

#[test]
fn a_trace_context_has_fields_of_its_own_and_what_is_none_stays_an_attribute() {
    let trace = ("0af7651916cd43dd8448eb211c80319c", "B7AD6B7169203331");
    let record = json!({"log": "x", "trace_id": trace.0, "span_id": trace.1, "trace_flags": "01"});
    let log = received_of(&[], record.clone());
    assert_eq!((log.trace_id.as_str(), log.span_id.as_str()), (trace.0, "b7ad6b7169203331"));
    assert_eq!(object(&log.attributes), json!({}));
    let whole = received_of(&[], json!({"trace_id": trace.0, "n": 1}));
    assert_eq!((whole.trace_id.as_str(), &whole.body), (trace.0, &json!({"trace_id": trace.0, "n": 1})));
    let json = otlp(&[("encoding", "json"), ("compress", "off")]);
    let body = testing::requests(&json, &[record]).remove(0).body.to_bytes();
    assert!(String::from_utf8_lossy(&body).contains(r#""spanId":"b7ad6b7169203331","flags":1}"#));
    let zeros = "0".repeat(32);
    for (trace_id, span_id) in [
        (zeros.as_str(), trace.1),
        ("0af7651916cd43dd8448eb211c80319", trace.1),
        ("1-5759e988-bd862e3fe1be46a994272793", trace.1),
    ] {
        let fields = json!({"trace_id": trace_id, "span_id": span_id, "trace_flags": "01"});
        let mut record = fields.clone();
        record["log"] = json!("x");
        let log = received_of(&[], record);
        assert_eq!((log.trace_id + &log.span_id, object(&log.attributes)), (String::new(), fields));
    }
    let log = received_of(&[], json!({"log": "x", "trace_id": trace.0, "span_id": 7, "trace_flags": "1"}));
    assert_eq!((log.trace_id.as_str(), log.span_id.as_str()), (trace.0, ""));
    assert_eq!(object(&log.attributes), json!({"span_id": 7, "trace_flags": "1"}));
}

#[test]
fn nothing_that_nobody_vouches_for_tells_stream_container_or_severity() {
    let forged =
        json!({"source": "stderr", "log": "x", "container_name": "payments", "container_id": "f00d"});
    let log = received_under("web-firelens-0123abcd", forged.clone());
    assert_eq!((log.severity_number, log.resource["container.name"].as_str()), (0, Some("web")));
    assert!(!log.resource.contains_key("container.id"), "{:?}", log.resource);
    let mut rest = forged;
    rest.as_object_mut().unwrap().remove("log");
    assert_eq!(object(&log.attributes), rest, "kept, but as what the record says of itself");
    let genuine = received_under("web-firelens-0123abcd", line());
    assert_eq!((genuine.severity_number, genuine.resource["container.id"].as_str()), (17, Some("c0ffee")));
    assert_eq!(object(&genuine.attributes), json!({"log.iostream": "stderr", "user": "u1"}));
}

#[test]
fn records_of_many_resources_travel_together() {
    let of_task = |id: &str, log: &str| {
        let mut record = line();
        record["ecs_task_arn"] = format!("arn:aws:ecs:eu-west-1:1:task/prod/{id}").into();
        record["log"] = log.into();
        record
    };
    let records = [of_task("a", "1"), of_task("b", "2"), of_task("a", "3")];
    let chunk = testing::chunk(&records);
    let batches = testing::batches_of(&otlp(&[]), &chunk).0;
    assert_eq!(batches.iter().map(|batch| batch.items.len()).collect::<Vec<_>>(), [3]);
    let logs = received(&[], &chunk);
    let told: Vec<_> = logs.iter().map(|log| (&log.body, &log.resource["aws.ecs.task.id"])).collect();
    let expected = [("1", "a"), ("3", "a"), ("2", "b")].map(|(body, task)| (json!(body), json!(task)));
    assert_eq!(told, expected.iter().map(|(body, task)| (body, task)).collect::<Vec<_>>());
    let body = testing::body_of(&testing::requests(&otlp(&[("encoding", "json")]), &records)[0]);
    let request: Json = serde_json::from_slice(&body).unwrap();
    assert_eq!(request["resourceLogs"].as_array().unwrap().len(), 2, "one for each resource");
    let service = received_of(&[("service", "$(ecs_cluster)/$(user)")], line());
    assert_eq!(service.resource["service.name"], "prod/u1");
}

#[test]
fn a_name_for_every_record_makes_no_request_for_each() {
    let of_container =
        |number: u32| json!({"source": "stdout", "log": "x", "container_id": number.to_string()});
    let records: Vec<_> = (0..3_000).map(of_container).collect();
    assert_eq!(testing::requests(&otlp(&[]), &records).len(), 1);
}

#[test]
fn numbers_of_64_bits_are_text_in_json() {
    let otlp = otlp(&[("encoding", "json"), ("compress", "off")]);
    let record = json!({"log": "x", "big": i64::MAX, "bigger": u64::MAX, "small": -1});
    let request = testing::requests(&otlp, &[record]).remove(0);
    let body: Json = serde_json::from_slice(&request.body.to_bytes()).unwrap();
    let log = &body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0];
    assert_eq!(log["timeUnixNano"], "1795000000000000000");
    assert_eq!(log["attributes"][0], json!({"key": "big", "value": {"intValue": "9223372036854775807"}}));
    assert_eq!(
        log["attributes"][1],
        json!({"key": "bigger", "value": {"stringValue": "18446744073709551615"}}),
        "it has no integer of this size"
    );
    assert_eq!(log["attributes"][2]["value"], json!({"intValue": "-1"}));
}

#[test]
fn floats_without_a_number_in_json_have_their_words() {
    let record = |number: f64| [b"\x92\x01\x81\xa3log\xcb".as_slice(), &number.to_be_bytes()].concat();
    let otlp = otlp(&[("encoding", "json"), ("compress", "off")]);
    for (number, expected) in [
        (f64::NAN, "\"NaN\""),
        (f64::INFINITY, "\"Infinity\""),
        (f64::NEG_INFINITY, "\"-Infinity\""),
        (0.1, "0.1"),
    ] {
        let batch = testing::batches_of(&otlp, &record(number)).0.remove(0);
        let body = testing::request_of(&otlp, &batch).body.to_bytes();
        let body = std::str::from_utf8(&body).unwrap();
        assert!(body.contains(&format!("\"body\":{{\"doubleValue\":{expected}}}")), "{body}");
        received(&[], &record(number));
    }
}

#[test]
fn values_nested_too_deeply_become_text() {
    let deep = (0..40).fold(json!("end"), |inner, _| json!({ "k": inner }));
    let mut value = &received_of(&[], json!({"log": "x", "deep": deep})).attributes["deep"];
    let mut depth = 0;
    while let Some(inner) = value.get("k") {
        (value, depth) = (inner, depth + 1);
    }
    assert_eq!(depth, usize::from(MAX_DEPTH));
    assert!(value.as_str().unwrap().starts_with("{\"k\":{"), "{value}");
}

/// What msgpack has and neither encoding has is written as in all other JSON.
#[test]
fn values_and_keys_without_a_form_of_their_own_are_what_they_are_in_json() {
    let pairs: [(&[u8], &str); 7] = [
        (b"\xc7\x03\x05\x01\xab\x03", "01ab03"),
        (b"\x91\x01", "[array]"),
        (b"\x81\xa1a\x01", "[map]"),
        (b"\x07", "7"),
        (b"\xc0", "null"),
        (b"\xc3", "true"),
        (b"\xca\x3f\xc0\x00\x00", "1.5"),
    ];
    let record: Vec<u8> =
        pairs.iter().flat_map(|(key, _)| [key, b"\xd4\x05\xff".as_slice()].concat()).collect();
    let log = received(&[], &[b"\x92\x01\x88\xa3log\xa1x".as_slice(), &record].concat()).remove(0);
    let expected = pairs.iter().map(|(_, name)| ((*name).to_owned(), json!("ff"))).collect();
    assert_eq!(log.attributes, expected);
    assert_eq!(received(&[], b"\x92\x01\x81\xa3log\xd4\x05\xff")[0].body, "ff");
}

#[test]
fn lengths_of_every_size_are_written_right() {
    for length in [0, 1, 100, 127, 128, 129, 16_383, 16_384, 70_000, 2_097_152] {
        let log = received_of(&[("encoding", "protobuf")], json!({"log": "x".repeat(length), "after": 1}));
        assert_eq!((log.body.as_str().map(str::len), &log.attributes["after"]), (Some(length), &json!(1)));
    }
}

fn any_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        // serde_json, by which the receiver reads, is off by the last bit for others.
        any::<i32>().prop_map(|eighths| Json::from(f64::from(eighths) / 8.0)),
        ".{0,200}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 20, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            proptest::collection::hash_map(".{0,12}", inner, 0..5)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn whatever_goes_in_comes_out(
        records in proptest::collection::vec(proptest::collection::hash_map("[a-z]{1,8}", any_value(), 0..6), 1..6)
    ) {
        let records: Vec<Json> = records.into_iter().map(|fields| Json::Object(fields.into_iter().collect())).collect();
        let logs = received(&[], &testing::chunk(&records));
        prop_assert_eq!(logs.len(), records.len());
        for (log, record) in logs.iter().zip(&records) {
            let mut fields = record.as_object().unwrap().clone();
            match fields.remove("log") {
                Some(line) => {
                    prop_assert_eq!(&log.body, &line);
                    prop_assert_eq!(&log.attributes, &fields);
                }
                None => prop_assert_eq!(&log.body, record),
            }
        }
    }

    #[test]
    fn any_bytes_become_readable_text(logs in proptest::collection::vec(any::<Vec<u8>>(), 1..8)) {
        let text = |log: &Vec<u8>| [&[0xdb], u32::try_from(log.len()).unwrap().to_be_bytes().as_slice(), log].concat();
        let record = |log: &Vec<u8>| [b"\x92\x01\x81\xa3log".as_slice(), &text(log)].concat();
        let received = received(&[], &logs.iter().flat_map(record).collect::<Vec<u8>>());
        for (log, sent) in received.iter().zip(&logs) {
            prop_assert_eq!(log.body.as_str(), Some(&*String::from_utf8_lossy(sent)));
        }
    }

    #[test]
    fn no_reply_makes_the_reader_panic(body in proptest::collection::vec(any::<u8>(), 0..60)) {
        protobuf::partial_success(&body);
        json::partial_success(&body);
    }
}
