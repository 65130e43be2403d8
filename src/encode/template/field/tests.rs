use serde_json::json;

use super::*;
use crate::classify::classes::{Class, Classifier};
use crate::encode::template::{NameKind, RenderContext, Template};

/// `$(account)/$(region)` of a record, in a task of account 2 where there are metadata.
fn place(record: &serde_json::Value, has_metadata: bool) -> String {
    let task = json!({"TaskARN": "arn:aws:ecs:eu-west-2:222222222222:task/prod/0123abcd"});
    let task = TaskMetadata::parse(task.to_string().as_bytes()).unwrap();
    let context = RenderContext { task: has_metadata.then_some(&task), ..RenderContext::default() };
    let template = Template::parse("$(account)/$(region)", NameKind::LogGroup).unwrap();
    let chunk = rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap();
    let mut out = Vec::new();
    decode::records(&chunk, |record| {
        let (class, stop) = Classifier::default().class_of(record);
        template.render(&Entry::new(record, class, class.name(), stop.as_ref()), &context, &mut out);
    });
    String::from_utf8(out).unwrap()
}

#[test]
fn a_field_is_found_wherever_it_stands_after_it_stood_elsewhere() {
    let template = Template::parse("$(a)/$(b.c)/$(ecs_task_id)", NameKind::LogGroup).unwrap();
    let records = [
        json!({"a": "1", "b": {"c": "2"}, "ecs_task_arn": "x/3"}),
        json!({"a": "4", "b": {"c": "5"}, "ecs_task_arn": "x/6"}),
        json!({"A": "-", "a": "7", "aa": "-", "b": {"c": "8"}, "ecs_task_arn": "x/9"}),
        json!({"ecs_task": "-"}),
        json!({"b": {"d": "-"}, "ecs_task_arn": "x/1", "a": "2"}),
    ];
    let chunk: Vec<u8> =
        records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
    let mut names = Vec::new();
    decode::records(&chunk, |record| {
        let class = Class::Other;
        let mut out = Vec::new();
        template.render(&Entry::new(record, class, class.name(), None), &RenderContext::default(), &mut out);
        names.push(String::from_utf8(out).unwrap());
    });
    assert_eq!(names, ["1/2/3", "4/5/6", "7/8/9", "unknown/unknown/unknown", "2/unknown/1"]);
}

/// The names of these records, one after the other, in a task of account 2.
fn names(template: &str, records: &[serde_json::Value]) -> Vec<String> {
    let task = json!({"TaskARN": "arn:aws:ecs:eu-west-2:222222222222:task/prod/0123abcd"});
    let task = TaskMetadata::parse(task.to_string().as_bytes()).unwrap();
    let context = RenderContext { task: Some(&task), ..RenderContext::default() };
    let template = Template::parse(template, NameKind::LogGroup).unwrap();
    let chunk: Vec<u8> =
        records.iter().flat_map(|record| rmp_serde::to_vec(&(1u64, record)).unwrap()).collect();
    let mut names = Vec::new();
    decode::records(&chunk, |record| {
        let (class, stop) = Classifier::default().class_of(record);
        let mut out = Vec::new();
        template.render(&Entry::new(record, class, class.name(), stop.as_ref()), &context, &mut out);
        names.push(String::from_utf8(out).unwrap());
    });
    names
}

/// Else one line of an application would move the records of all others.
#[test]
fn what_one_record_says_of_itself_names_no_other() {
    let line = json!({"log": "x"});
    let lie = json!({"log": "x", "account": "arn:aws:ecs:eu-west-2:222222222222:task/prod/0123abcd"});
    assert_eq!(
        names("$(account)", &[lie.clone(), line.clone(), lie, line]),
        [
            "arn.aws.ecs.eu-west-2.222222222222.task/prod/0123abcd",
            "222222222222",
            "arn.aws.ecs.eu-west-2.222222222222.task/prod/0123abcd",
            "222222222222"
        ]
    );
    let stop = json!({
        "source": "aws.ecs", "detail-type": "ECS Task State Change",
        "detail": {"taskArn": "arn:aws:ecs:eu-west-3:3:task/prod/1", "lastStatus": "STOPPED",
            "taskDefinitionArn": "arn:aws:ecs:eu-west-3:3:task-definition/web:42"},
    });
    let odd = json!({"source": "stdout", "ecs_task_definition": "42"});
    assert_eq!(names("$(ecs_task_revision)", &[odd, stop]), ["unknown", "42"]);
}

#[test]
fn account_and_region_are_those_of_the_stop_the_record_or_the_task() {
    let line = json!({"log": "x"});
    assert_eq!(place(&line, false), "unknown/unknown");
    assert_eq!(place(&line, true), "222222222222/eu-west-2");
    let from_firelens = json!({"log": "x", "ecs_task_arn": "arn:aws:ecs:eu-west-1:111122223333:task/prod/1"});
    assert_eq!(place(&from_firelens, false), "111122223333/eu-west-1");
    let own = json!({"log": "x", "account": "shop", "region": "north"});
    assert_eq!(place(&own, true), "shop/north", "as before, a field of the record");
    let detail = json!({
        "taskArn": "arn:aws:ecs:eu-west-3:333333333333:task/prod/1", "lastStatus": "STOPPED",
        "clusterArn": "arn:aws:ecs:eu-west-3:333333333333:cluster/prod",
    });
    let event = json!({
        "source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": detail,
        "resources": ["arn:aws:ecs:eu-west-3:333333333333:task/prod/1"],
    });
    assert_eq!(place(&event, true), "333333333333/eu-west-3", "the ARN, where the event says nothing");
    let mut event = event;
    event["account"] = json!("444455556666");
    event["region"] = json!("eu-west-4");
    assert_eq!(place(&event, true), "444455556666/eu-west-4", "a stop speaks for its own task");
}
