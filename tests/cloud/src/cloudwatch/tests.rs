//! CloudWatch Logs over the wire: state, refusals, rejected events, calls.

use std::{io::Write, time::Duration};

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use crate::{
    Api, Cloud, Fault,
    testing::{Answer, Call},
};

const NOW: i64 = 1_800_000_000_000;
const HOUR: i64 = 3_600_000;

fn call(operation: &str, body: &serde_json::Value) -> Call {
    Call::aws("1.1", &format!("Logs_20140328.{operation}"), body)
}

fn send(cloud: &Cloud, operation: &str, body: &serde_json::Value) -> Answer {
    call(operation, body).sign(cloud, "logs")
}

fn put(times: &[i64]) -> serde_json::Value {
    let events: Vec<_> =
        times.iter().map(|time| json!({"timestamp": NOW + time, "message": format!("m{time}")})).collect();
    json!({"logGroupName": "/g", "logStreamName": "s", "logEvents": events})
}

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.set_now_ms(NOW);
    cloud.cloudwatch().create_stream("/g", "s");
    cloud
}

#[test]
fn groups_and_streams_are_created_once() {
    let cloud = Cloud::start();
    let group = json!({"logGroupName": "/g", "tags": {"team": "core"}, "kmsKeyId": "k", "logGroupClass": "INFREQUENT_ACCESS"});
    let stream = json!({"logGroupName": "/g", "logStreamName": "s"});
    let retention = json!({"logGroupName": "/g", "retentionInDays": 30});
    let missing = (400, "ResourceNotFoundException".to_owned());
    let exists = (400, "ResourceAlreadyExistsException".to_owned());

    assert_eq!(send(&cloud, "CreateLogStream", &stream).error(), missing);
    assert_eq!(send(&cloud, "CreateLogGroup", &group).status, 200);
    assert_eq!(send(&cloud, "CreateLogGroup", &group).error(), exists);
    assert_eq!(send(&cloud, "CreateLogStream", &stream).status, 200);
    assert_eq!(send(&cloud, "CreateLogStream", &stream).error(), exists);
    assert_eq!(send(&cloud, "PutRetentionPolicy", &retention).status, 200);

    let info = cloud.cloudwatch().group("/g");
    assert_eq!((info.retention_days, info.class.as_str()), (Some(30), "INFREQUENT_ACCESS"));
    assert_eq!((info.kms_key_id.as_deref(), info.tags["team"].as_str()), (Some("k"), "core"));
    assert_eq!(cloud.cloudwatch().streams("/g"), ["s"]);
    cloud.assert_no_complaints();
}

#[test]
fn missing_group_and_stream_are_told_apart() {
    let cloud = Cloud::start();
    let message = |answer: Answer| answer.json()["message"].as_str().unwrap().to_owned();
    assert_eq!(message(send(&cloud, "PutLogEvents", &put(&[0]))), "The specified log group does not exist.");
    cloud.cloudwatch().create_stream("/g", "other");
    assert_eq!(message(send(&cloud, "PutLogEvents", &put(&[0]))), "The specified log stream does not exist.");
    cloud.assert_no_complaints();
}

#[test]
fn old_and_new_events_are_rejected_one_by_one() {
    let cloud = ready();
    let reply = send(&cloud, "PutLogEvents", &put(&[-15 * 24 * HOUR, -1, 0, 3 * HOUR])).json();
    assert_eq!(
        reply["rejectedLogEventsInfo"],
        json!({"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 3})
    );
    assert_eq!(cloud.cloudwatch().messages("/g", "s"), ["m-1", "m0"]);
}

#[test]
fn a_broken_batch_is_refused_whole_and_complained_about() {
    let cloud = ready();
    for times in [&[1, 0][..], &[0, 24 * HOUR + 1], &[]] {
        let span_back: Vec<i64> = times.iter().map(|time| time - 24 * HOUR).collect();
        let error = send(&cloud, "PutLogEvents", &put(&span_back)).error();
        assert_eq!(error, (400, "InvalidParameterException".to_owned()), "{times:?}");
    }
    assert!(cloud.cloudwatch().messages("/g", "s").is_empty());
    assert_eq!(cloud.take_complaints().len(), 3);
}

#[test]
fn unknown_members_are_served_and_complained_about() {
    let cloud = ready();
    let mut body = put(&[0]);
    body["logEvent"] = json!([]);
    assert_eq!(send(&cloud, "PutLogEvents", &body).status, 200);
    assert!(cloud.complaints()[0].contains("`logEvent`"));
}

#[test]
fn gzip_is_undone_and_the_format_noted() {
    let cloud = ready();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(put(&[0, 1]).to_string().as_bytes()).unwrap();
    let call = call("PutLogEvents", &json!(null))
        .header("content-encoding", "gzip")
        .header("x-amzn-logs-format", "json/emf");
    assert_eq!(call.body(encoder.finish().unwrap()).sign(&cloud, "logs").status, 200);
    let calls = cloud.cloudwatch().calls("PutLogEvents");
    assert_eq!((calls[0].events, calls[0].bytes, calls[0].status), (2, 56, Some(200)));
    assert_eq!(calls[0].log_format.as_deref(), Some("json/emf"));
    cloud.assert_no_complaints();
}

#[test]
fn calls_that_overlap_are_seen_to() {
    let cloud = ready();
    cloud.script_where(Api::PutLogEvents, |_| true, Fault::slow(Duration::from_millis(100)));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| assert_eq!(send(&cloud, "PutLogEvents", &put(&[0])).status, 200));
        }
    });
    send(&cloud, "PutLogEvents", &put(&[0]));
    let calls = cloud.cloudwatch().calls("PutLogEvents");
    assert!(calls[0].overlaps(&calls[1]));
    assert!(!calls[0].overlaps(&calls[2]));
}

#[test]
fn a_group_can_vanish() {
    let cloud = ready();
    cloud.delete_group("/g");
    assert_eq!(send(&cloud, "PutLogEvents", &put(&[0])).error().1, "ResourceNotFoundException");
    assert!(cloud.cloudwatch().groups().is_empty());
}
