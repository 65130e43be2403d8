use super::*;
use crate::input::decode;
use serde_json::{Value as Json, json};

fn class_of(record: &Json) -> Class {
    class_with(&Classifier::default(), record)
}

fn class_with(classifier: &Classifier, record: &Json) -> Class {
    class_in(&classify_under(ChunkOrigin::Trusted, classifier, record))
}

fn classify_under(origin: ChunkOrigin<'_>, classifier: &Classifier, record: &Json) -> Classified {
    let chunk = rmp_serde::to_vec(&(1u64, record)).unwrap();
    let mut found = None;
    decode::records(&chunk, |record| {
        found =
            Some(classifier.classify(record, &Provenance::new(record, origin), &envelope::Budget::default()));
    });
    found.unwrap()
}

fn class_in(classified: &Classified) -> Class {
    match classified {
        Classified::Plain(class) | Classified::Stop(class, _) | Classified::Recovery(class, _) => *class,
        Classified::Envelope(_) | Classified::Unvouched(_) => panic!("neither a stop nor plain"),
    }
}

fn stopped() -> Json {
    json!({
        "source": "aws.ecs", "detail-type": "ECS Task State Change",
        "detail": {"lastStatus": "STOPPED", "stopCode": "TaskFailedToStart", "taskArn": "arn:aws:ecs:r:1:task/c/t"}
    })
}

fn with(mut record: Json, extra: Json) -> Json {
    record.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    record
}

#[test]
fn streams_are_told_apart_by_source() {
    assert_eq!(class_of(&json!({"source": "stderr", "log": "x"})), Class::Stderr);
    assert_eq!(class_of(&json!({"source": "stdout", "log": "x"})), Class::Stdout);
    assert_eq!(class_of(&json!({"container_name": "/app", "log": "x"})), Class::Stdout);
    assert_eq!(class_of(&json!({"log": "x"})), Class::Other);
    assert_eq!(class_of(&json!({"source": 3})), Class::Other);
}

#[test]
fn a_stop_event_is_a_stop_and_an_early_phase_is_not() {
    assert_eq!(class_of(&stopped()), Class::Stop);
    let running = with(stopped(), json!({"detail": {"lastStatus": "RUNNING", "desiredStatus": "STOPPED"}}));
    assert_eq!(class_of(&running), Class::Other);
    let instance = with(stopped(), json!({"detail-type": "ECS Container Instance State Change"}));
    assert_eq!(class_of(&instance), Class::Other);
    let somebody_else = with(stopped(), json!({"source": "aws.batch"}));
    assert_eq!(class_of(&somebody_else), Class::Other);
}

#[test]
fn an_application_cannot_forge_a_stop_event() {
    let text = stopped().to_string();
    assert_eq!(class_of(&json!({"source": "stdout", "log": text, "container_name": "/app"})), Class::Stdout);
    assert_eq!(class_of(&json!({"source": "stderr", "log": text})), Class::Stderr);
    assert_eq!(class_of(&json!({"source": "stdout", "log": stopped()})), Class::Stdout);
    for mark in [json!({"container_id": "abc"}), json!({"container_name": "/app"})] {
        assert_eq!(class_of(&with(stopped(), mark)), Class::Stdout, "fields lifted to the top by a parser");
    }
    assert_eq!(class_of(&with(stopped(), json!({"source": "stderr"}))), Class::Stderr);
}

#[test]
fn nothing_under_a_tag_of_firelens_is_an_event() {
    let origin = ChunkOrigin::from_tag(b"web-firelens-0123", &[]);
    let sns = json!({"Type": "Notification", "Message": stopped().to_string()});
    for record in [stopped(), json!({"log": stopped().to_string()}), json!({"message": sns.to_string()}), sns]
    {
        let classified = classify_under(origin, &Classifier::default(), &record);
        assert!(matches!(classified, Classified::Plain(Class::Other)), "{record}: {classified:?}");
    }
}

#[test]
fn an_event_that_nobody_vouches_for_is_told_from_other_records() {
    let unvouched =
        [stopped(), json!({"log": stopped().to_string()}), json!({"Message": stopped().to_string()})];
    for record in unvouched {
        let classified = classify_under(ChunkOrigin::Untrusted, &Classifier::default(), &record);
        assert!(matches!(classified, Classified::Unvouched(Class::Other)), "{record}: {classified:?}");
    }
    for record in [json!({"log": "x"}), json!({"source": "stderr", "log": stopped().to_string()})] {
        let classified = classify_under(ChunkOrigin::Untrusted, &Classifier::default(), &record);
        assert!(matches!(classified, Classified::Plain(_)), "{record}: {classified:?}");
    }
}

#[test]
fn a_record_with_the_arn_of_a_task_is_its_output() {
    let record = with(stopped(), json!({"ecs_task_arn": "arn:aws:ecs:r:1:task/c/t"}));
    assert_eq!(class_of(&record), Class::Other);
}

#[test]
fn classes_of_ones_own_come_after_stops_and_before_streams_in_their_order() {
    let own = |name: &str, pattern| OwnClass {
        name: name.into(),
        field: "log".into(),
        pattern: Regex::new(pattern).unwrap(),
    };
    let classifier = Classifier::new(vec![own("health", "^GET /healthz"), own("get", "^GET ")]);
    let line = |log: &str| json!({"source": "stderr", "log": log});
    assert_eq!(class_with(&classifier, &line("GET /healthz 200")), Class::Own(0));
    assert_eq!(class_with(&classifier, &line("GET /orders 200")), Class::Own(1));
    assert_eq!(class_with(&classifier, &line("POST /orders")), Class::Stderr);
    assert_eq!(class_with(&classifier, &with(stopped(), json!({"log": "GET /healthz"}))), Class::Stop);
    assert_eq!(classifier.name(Class::Own(1)), "get");
}
