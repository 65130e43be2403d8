use serde_json::{Value as Json, json};

use super::*;
use crate::input::decode;

const TASK: &str = "0123456789abcdef0123456789abcdef";
const TASK_ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:task/prod/0123456789abcdef0123456789abcdef";
const OTHER_ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:task/prod/ffffffffffffffffffffffffffffffff";

/// What is known of a record.
#[derive(Debug, PartialEq)]
struct Known {
    stream: Option<Source>,
    container: Option<String>,
    task_id: Option<String>,
    lacks_marks: bool,
}

fn under(tag: &str, record: &Json) -> Known {
    let chunk = rmp_serde::to_vec(&(1u64, record)).unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut known = None;
    decode::records(&chunk, |record| {
        let provenance = Provenance::new(record, ChunkOrigin::from_tag(tag.as_bytes(), &[]));
        known = Some(Known {
            stream: provenance.stream(),
            container: provenance.identity().container().map(text),
            task_id: provenance.identity().task_id().map(text),
            lacks_marks: provenance.lacks_marks(),
        });
    });
    known.unwrap()
}

fn web(record: &Json) -> Known {
    under(&format!("web-firelens-{TASK}"), record)
}

/// What FireLens writes, with these fields instead of its own.
fn firelens(changes: &Json) -> Json {
    let mut record = json!({
        "container_id": "c0ffee", "container_name": "web", "source": "stderr", "log": "x",
        "ecs_cluster": "prod", "ecs_task_arn": TASK_ARN, "ecs_task_definition": "web:42",
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Json::Null => record.as_object_mut().unwrap().remove(name),
            value => record.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    record
}

#[test]
fn a_tag_of_firelens_names_container_and_task() {
    for (tag, expected) in [
        ("web-firelens-0123", Some(("web", "0123"))),
        ("a-firelens-b-firelens-0123", Some(("a-firelens-b", "0123"))),
        ("-firelens-", Some(("", ""))),
        ("firelens-healthcheck", None),
        ("web-firelens", None),
        ("", None),
    ] {
        let parsed = FirelensTag::parse(tag.as_bytes());
        let expected = expected.map(|(container, task_id)| FirelensTag {
            container: container.as_bytes(),
            task_id: task_id.as_bytes(),
        });
        assert_eq!(parsed, expected, "{tag}");
    }
}

#[test]
fn no_pattern_makes_a_tag_of_firelens_trusted() {
    let trusted: Vec<_> = ["*", "web-*", "ecs.events"].map(TagPattern::new).into();
    assert_eq!(ChunkOrigin::from_tag(b"ecs.events", &trusted), ChunkOrigin::Trusted);
    assert_eq!(ChunkOrigin::from_tag(b"ecs.events", &[]), ChunkOrigin::Untrusted);
    assert!(matches!(ChunkOrigin::from_tag(b"web-firelens-0123", &trusted), ChunkOrigin::Firelens(_)));
}

#[test]
fn stars_stand_for_anything_and_nothing() {
    for (pattern, tag, covered) in [
        ("*", "", true),
        ("*", "ecs", true),
        ("ecs", "ecs", true),
        ("ecs", "ecs.events", false),
        ("ecs.*", "ecs.events", true),
        ("ecs.*", "ecs", false),
        ("*events", "ecs.events", true),
        ("*events", "events.ecs", false),
        ("e*.*s", "ecs.events", true),
        ("a*b*c", "a-b-b-c", true),
        ("a*b*b*c", "a-b-c", false),
        ("a*ab", "ab", false),
        ("**", "", true),
        ("", "", true),
        ("", "x", false),
    ] {
        assert_eq!(TagPattern::new(pattern).matches(tag.as_bytes()), covered, "{pattern} {tag}");
    }
}

#[test]
fn what_the_log_driver_calls_a_container_is_known() {
    let is_container = |container: &str, name: &str| {
        FirelensTag { container: container.as_bytes(), task_id: b"0" }.is_container(name.as_bytes())
    };
    for (container, name) in [
        ("web", "web"),
        ("web", "/web"),
        ("web", "/ecs-shop-42-web-c8d2a1e0b1f4c8d2a101"),
        ("web_v2", "/ecs-shop-42-webv2-c8d2a1e0b1f4c8d2a101"),
        ("web-1", "ecs-shop-42-web-1-c8d2a1"),
    ] {
        assert!(is_container(container, name), "{container} {name}");
    }
    for (container, name) in [
        ("web", "payments"),
        ("web", "/ecs-shop-42-payments-c8d2a1"),
        ("web", "/ecs-shop-42-payments-web"),
        ("web", "/shop-42-web-c8d2a1"),
        ("web", "/ecs-web"),
        ("web", ""),
        ("eb", "/ecs-shop-42-web-c8d2a1"),
    ] {
        assert!(!is_container(container, name), "{container} {name}");
    }
}

#[test]
fn the_log_drivers_own_fields_count() {
    let own = Known { stream: Some(Source::Stderr), container: None, task_id: None, lacks_marks: false };
    assert_eq!(web(&firelens(&json!({}))), own);
    assert_eq!(web(&firelens(&json!({"container_name": "/ecs-shop-42-web-c8d2a1"}))), own);
    let without_metadata = json!({"ecs_task_arn": null, "ecs_cluster": null});
    let known = web(&firelens(&without_metadata));
    assert_eq!(known, Known { task_id: Some(TASK.to_owned()), ..own });
    let without_driver = web(&firelens(&json!({"container_id": null, "container_name": null})));
    assert_eq!(without_driver.stream, Some(Source::Stderr), "the task's ARN is a mark as well");
}

#[test]
fn an_application_cannot_speak_for_another_container_or_task() {
    let known = web(&firelens(&json!({"container_name": "payments", "ecs_task_arn": OTHER_ARN})));
    assert_eq!(known.container.as_deref(), Some("web"));
    assert_eq!(known.task_id.as_deref(), Some(TASK));
    assert_eq!(known.stream, None, "nothing vouches for the stream");
    assert!(known.lacks_marks);
}

#[test]
fn an_applications_source_is_not_its_stream() {
    for record in [
        json!({"source": "stdout", "message": "parsed"}),
        json!({"source": "stdout", "container_id": "c0ffee", "message": "parsed"}),
        json!({"source": "stdout", "container_name": "web", "message": "parsed"}),
        json!({"source": "stdout", "ecs_task_arn": OTHER_ARN}),
        firelens(&json!({"source": null})),
        firelens(&json!({"source": "somewhere"})),
    ] {
        let known = web(&record);
        assert_eq!(known.stream, None, "{record}");
        assert!(known.lacks_marks, "{record}");
    }
}

#[test]
fn without_a_tag_of_firelens_fields_mean_what_they_say() {
    let known = under("app", &json!({"source": "stderr", "log": "x"}));
    assert_eq!(
        known,
        Known { stream: Some(Source::Stderr), container: None, task_id: None, lacks_marks: false }
    );
    let known = under("app", &json!({"container_name": "web"}));
    assert_eq!(known.stream, Some(Source::Stdout));
}
