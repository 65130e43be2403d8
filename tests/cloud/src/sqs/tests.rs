//! SQS over the wire: visibility, handles, long polls, batches.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{
    Cloud,
    testing::{Answer, Call},
};

const NOW: i64 = 1_800_000_000_000;

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.set_now_ms(NOW);
    cloud.sqs().create_queue("q");
    cloud
}

fn call(cloud: &Cloud, operation: &str, members: Value) -> Answer {
    let mut body = json!({"QueueUrl": cloud.sqs().url("q")});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    Call::aws("1.0", &format!("AmazonSQS.{operation}"), &body).sign(cloud, "sqs")
}

fn receive(cloud: &Cloud) -> Vec<Value> {
    let reply = call(cloud, "ReceiveMessage", json!({"MaxNumberOfMessages": 10, "VisibilityTimeout": 30}));
    reply.json()["Messages"].as_array().cloned().unwrap_or_default()
}

#[test]
fn a_message_hides_until_its_timeout() {
    let cloud = ready();
    cloud.sqs().send("q", "a");
    let first = receive(&cloud);
    assert_eq!(
        (first[0]["Body"].as_str(), first[0]["MD5OfBody"].as_str()),
        (Some("a"), Some("0cc175b9c0f1b6a831c399e269772661"))
    );
    assert_eq!((receive(&cloud).len(), cloud.sqs().in_flight("q")), (0, 1));
    cloud.set_now_ms(NOW + 30_000);
    let second = receive(&cloud);
    assert_eq!(second[0]["Attributes"]["ApproximateReceiveCount"], "2");
    assert_ne!(first[0]["ReceiptHandle"], second[0]["ReceiptHandle"]);
    cloud.assert_no_complaints();
}

#[test]
fn only_the_last_handle_deletes() {
    let cloud = ready();
    cloud.sqs().send("q", "a");
    let stale = receive(&cloud);
    cloud.set_now_ms(NOW + 30_000);
    let fresh = receive(&cloud);
    for (messages, left) in [(stale, 1), (fresh, 0)] {
        let delete = call(&cloud, "DeleteMessage", json!({"ReceiptHandle": messages[0]["ReceiptHandle"]}));
        assert_eq!((delete.status, cloud.sqs().messages("q").len()), (200, left));
    }
    assert_eq!(cloud.sqs().deleted("q"), ["a"]);
}

#[test]
fn visibility_can_be_changed() {
    let cloud = ready();
    cloud.sqs().send("q", "a");
    let handle = receive(&cloud)[0]["ReceiptHandle"].clone();
    let change = |seconds: i64| {
        call(
            &cloud,
            "ChangeMessageVisibility",
            json!({"ReceiptHandle": handle, "VisibilityTimeout": seconds}),
        )
    };
    assert_eq!(change(0).status, 200);
    assert_eq!(change(10).error().1, "com.amazonaws.sqs#MessageNotInflight");
    assert_eq!(receive(&cloud).len(), 1);
    assert_eq!(change(43_201).error().1, "com.amazonaws.sqs#InvalidParameterValue");
}

#[test]
fn a_long_poll_waits_for_a_message() {
    let cloud = ready();
    let before = Instant::now();
    let reply = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            cloud.sqs().send("q", "late");
        });
        call(&cloud, "ReceiveMessage", json!({"WaitTimeSeconds": 20}))
    });
    assert_eq!(reply.json()["Messages"][0]["Body"], "late");
    assert!(before.elapsed() < Duration::from_secs(2));
}

#[test]
fn batches_succeed_and_fail_by_entry() {
    let cloud = ready();
    cloud.sqs().send("q", "a");
    let entries = json!([{"Id": "1", "ReceiptHandle": receive(&cloud)[0]["ReceiptHandle"]}, {"Id": "2", "ReceiptHandle": "x"}]);
    let reply = call(&cloud, "DeleteMessageBatch", json!({"Entries": entries})).json();
    assert_eq!((&reply["Successful"][0]["Id"], &reply["Failed"][0]["Id"]), (&json!("1"), &json!("2")));
    let twins = json!([{"Id": "1", "ReceiptHandle": "x"}, {"Id": "1", "ReceiptHandle": "y"}]);
    let reply = call(&cloud, "DeleteMessageBatch", json!({"Entries": twins}));
    assert_eq!(reply.error().1, "com.amazonaws.sqs#BatchEntryIdsNotDistinct");
}

#[test]
fn queues_are_found_by_name() {
    let cloud = ready();
    let url = |name: &str| {
        Call::aws("1.0", "AmazonSQS.GetQueueUrl", &json!({"QueueName": name})).sign(&cloud, "sqs")
    };
    assert_eq!(url("q").json()["QueueUrl"], cloud.sqs().url("q"));
    assert_eq!(url("none").error(), (400, "com.amazonaws.sqs#QueueDoesNotExist".to_owned()));
    assert_eq!(url("none").headers["x-amzn-query-error"], "AWS.SimpleQueueService.NonExistentQueue;Sender");
    let attributes = call(&cloud, "GetQueueAttributes", json!({"AttributeNames": ["All"]})).json();
    assert_eq!(attributes["Attributes"]["VisibilityTimeout"], "30");
    cloud.assert_no_complaints();
}
