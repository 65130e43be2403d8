use super::*;
use crate::{
    Cloud, Fault,
    testing::{Answer, Call},
};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alerts";

fn ready() -> Cloud {
    let cloud = Cloud::start();
    cloud.sns().create_topic(TOPIC);
    cloud
}

fn publish(cloud: &Cloud, topic: &str, entries: &[&[(&str, &str)]]) -> Answer {
    let mut form = format!("Action=PublishBatch&Version=2010-03-31&TopicArn={topic}");
    for (number, entry) in (1..).zip(entries) {
        form += &format!("&PublishBatchRequestEntries.member.{number}.Id={number}");
        for (name, value) in *entry {
            form += &format!("&PublishBatchRequestEntries.member.{number}.{name}={value}");
        }
    }
    Call::new("POST", "/")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .sign(cloud, "sns")
}

#[test]
fn messages_arrive_but_those_that_fail() {
    let cloud = ready();
    cloud.script(Api::PublishBatch, [Fault::partial([1])]);
    let answer = publish(&cloud, TOPIC, &[&[("Message", "a")], &[("Message", "b")], &[("Message", "c")]]);
    assert!(
        answer.text().contains("<Failed><member><Id>2</Id><Code>InternalError</Code>"),
        "{}",
        answer.text()
    );
    let texts: Vec<String> = cloud.sns().messages(TOPIC).into_iter().map(|message| message.text).collect();
    assert_eq!(texts, ["a", "c"]);
    cloud.assert_no_complaints();
}

#[test]
fn what_sns_refuses_is_refused() {
    let cloud = ready();
    let fine: &[(&str, &str)] = &[("Message", "a")];
    let long = "x".repeat(100);
    let huge = "x".repeat(140_000);
    for (entries, code) in [
        (vec![], "EmptyBatchRequest"),
        (vec![fine; 11], "TooManyEntriesInBatchRequest"),
        (vec![&[("Message", "")][..]], "InvalidParameter"),
        (vec![&[("Message", "a"), ("Subject", long.as_str())][..]], "InvalidParameter"),
        (vec![&[("Message", "a"), ("Subject", "%C3%A9")][..]], "InvalidParameter"),
        (vec![&[("Message", "a"), ("MessageDeduplicationId", "1")][..]], "InvalidParameter"),
        (vec![&[("Message", huge.as_str())][..]; 2], "BatchRequestTooLong"),
    ] {
        let answer = publish(&cloud, TOPIC, &entries);
        assert!(answer.status == 400 && answer.text().contains(code), "{code}: {}", answer.text());
    }
    assert_eq!(cloud.take_complaints().len(), 7);
}

#[test]
fn a_fifo_topic_drops_what_comes_again() {
    let cloud = ready();
    let topic = format!("{TOPIC}.fifo");
    cloud.sns().create_topic(&topic);
    let entry: &[(&str, &str)] =
        &[("Message", "a"), ("MessageGroupId", "g"), ("MessageDeduplicationId", "d")];
    publish(&cloud, &topic, &[entry]);
    publish(&cloud, &topic, &[entry]);
    assert_eq!(cloud.sns().messages(&topic).len(), 1);
    cloud.assert_no_complaints();
}

#[test]
fn a_topic_has_to_exist() {
    let cloud = Cloud::start();
    let answer = publish(&cloud, TOPIC, &[&[("Message", "a")]]);
    assert!(answer.status == 404 && answer.text().contains("NotFound"));
    cloud.assert_no_complaints();
}
