use super::*;
use crate::classify::classes::{Class, Classifier};
use crate::classify::provenance::{ChunkOrigin, Provenance};
use serde_json::{Value as Json, json};

fn render(template: &str, names: NameKind, record: &Json) -> String {
    let template = Template::parse(template, names).unwrap();
    let chunk = rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap();
    let mut out = Vec::new();
    crate::input::decode::records(&chunk, |record| {
        let (class, stop) = Classifier::default().class_of(record);
        let entry = Entry::new(record, class, class.name(), stop.as_ref());
        template.render(
            &entry,
            &RenderContext { tag: b"app.web.1", uuid: "U", ..RenderContext::default() },
            &mut out,
        );
    });
    String::from_utf8(out).unwrap()
}

fn firelens() -> Json {
    json!({
        "source": "stderr", "container_name": "/ecs-web-1", "ecs_cluster": "arn:aws:ecs:eu-west-1:1:cluster/prod",
        "ecs_task_arn": "arn:aws:ecs:eu-west-1:1:task/prod/0123abcd", "ecs_task_definition": "web:42",
        "kubernetes": {"pod": {"name": "p-1"}}, "number": 7, "list": [1],
    })
}

#[test]
fn what_is_no_date_is_named() {
    for (template, part) in
        [("a/%Y/%L", "'%L'"), ("%H:%{x}", "'%{'"), ("%Y %-k %E", "'%E'"), ("100%", "'%'"), ("%3", "'%3'")]
    {
        let error = Template::parse(template, NameKind::Text).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{part} is not part of a date; ")), "{template}: {error}");
    }
}

#[test]
fn fields_tags_and_times_are_filled_in() {
    let cases = [
        ("/ecs/$(ecs_task_family)", "/ecs/web"),
        ("$(ecs_task_revision)/$(ecs_task_id)", "42/0123abcd"),
        ("$(ecs_cluster)-$(container_name)", "prod-ecs-web-1"),
        ("$(tag)|$(tag[1])|$(tag[9])", "app.web.1|web|unknown"),
        ("$(class)/$(uuid)", "stderr/U"),
        ("$(kubernetes.pod.name)-$(number)", "p-1-7"),
        ("$(list)$(nothing)", "unknownunknown"),
        ("$(nothing:-none)", "none"),
        ("logs/%Y/%m/%d/%H", "logs/2026/11/18/11"),
        ("100%% $(number)", "100% 7"),
    ];
    for (template, expected) in cases {
        assert_eq!(render(template, NameKind::LogStream, &firelens()), expected, "{template}");
    }
}

#[test]
fn values_are_made_safe_for_the_name_they_go_into() {
    let evil = json!({"source": "stdout", "v": "../a:b*c d\u{0}é"});
    assert_eq!(render("/x/$(v)", NameKind::LogGroup, &evil), "/x/../a.b.c.d...");
    assert_eq!(render("$(v)", NameKind::LogStream, &evil), "../a.b.c d.é");
    assert_eq!(render("/var/log/$(v).log", NameKind::FilePath, &evil), "/var/log/_._a_b_c_d_é.log");
    assert_eq!(render("logs/$(v).gz", NameKind::ObjectKey, &evil), "logs/_._a_b*c_d___.gz");
    assert_eq!(render("$(v)", NameKind::LogGroup, &json!({"v": "aws/mine"})), "_aws/mine");
    let tag = json!({"v": "a, \"b\\\u{0}é", "long": "é".repeat(150)});
    assert_eq!(render("x:$(v),y:\"%n\\", NameKind::Label, &tag), "x:a___b__é,y:___");
    assert_eq!(render("$(long)", NameKind::Label, &tag), "é".repeat(100));
    assert_eq!(render("$(v)", NameKind::Text, &evil), "../a:b*c d.é");
}

#[test]
fn whatever_a_name_is_made_of_it_is_of_its_kind() {
    let chunk = [b"\x92\x01\x81\xa1v".as_slice(), &[0xd4, 5, 0xAB]].concat();
    for (template, names, expected) in [
        ("g$(v)", NameKind::LogGroup, "gab"),
        ("$(v).log", NameKind::FilePath, "ab.log"),
        ("100%%-%T", NameKind::LogGroup, "100.-00.00.01"),
        ("%T%n", NameKind::LogStream, "00.00.01."),
        ("%d%n%t", NameKind::Text, "01.."),
    ] {
        let template = Template::parse(template, names).unwrap();
        let mut out = Vec::new();
        crate::input::decode::records(&chunk, |record| {
            let entry = Entry::new(record, Class::Other, "other", None);
            template.render(&entry, &RenderContext::default(), &mut out);
        });
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

#[test]
fn a_time_outside_of_the_calendar_does_not_borrow_the_one_before() {
    let template = Template::parse("%Y", NameKind::LogStream).unwrap();
    let year = |seconds| {
        let time = crate::input::record::Timestamp { seconds, nanos: 0 };
        let record = crate::input::record::Record::new(time, &[], &[]);
        let entry = Entry::new(&record, Class::Other, "other", None);
        let mut out = Vec::new();
        template.render(&entry, &RenderContext::default(), &mut out);
        String::from_utf8(out).unwrap()
    };
    let alone = year(i64::MAX);
    assert_eq!((year(1_795_000_000).as_str(), year(i64::MAX)), ("2026", alone));
}

#[test]
fn a_path_is_one_that_the_system_can_open() {
    let case = |template: &str, value: &str| render(template, NameKind::FilePath, &json!({"v": value}));
    assert_eq!(case("/l/$(v)-$(v)", &"é".repeat(200)), format!("/l/{}", "é".repeat(127)));
    assert!((4_000..4_096).contains(&case(&"/$(v)".repeat(40), &"x".repeat(200)).len()));
    assert_eq!(case("/l/$(nothing:-).$(nothing:-)./f", ""), "/l/__/f");
    assert_eq!(case("$(nothing:-)", ""), "unknown");
    assert_eq!(case("/l/$(nothing:-)", ""), "/l/unknown");
    assert_eq!(case("../$(v)", "x"), "../x", "the user may climb");
}

#[test]
fn an_object_key_has_no_segment_that_climbs() {
    let case = |template: &str, value: &str| render(template, NameKind::ObjectKey, &json!({"v": value}));
    assert_eq!(case("/a/$(v)/b", "../../etc"), "a/_._.._etc/b");
    assert_eq!(case("a/.$(v)/$(v).b", "."), "a/._/_.b");
    assert_eq!(case("a/.$(nothing:-)/..$(nothing:-)/b", ""), "a/_/__/b");
    assert_eq!(case("//$(v)", "/"), "_");
}

/// `$(ecs_service)/$(image_tag)` of a record under this tag, in a task with containers `web` and `payments`.
fn service_and_image(tag: &str, record: &Json) -> String {
    let arn = "arn:aws:ecs:eu-west-1:1:task/prod/0123abcd";
    let container = |id: &str, name: &str, image: &str| json!({"DockerId": id, "Name": name, "Image": image});
    let task = json!({
        "TaskARN": arn, "ServiceName": "shop",
        "Containers": [container("id-web", "web", "r/web:7"), container("id-pay", "payments", "r/pay:9")],
    });
    let task = TaskMetadata::parse(task.to_string().as_bytes()).unwrap();
    let template = Template::parse("$(ecs_service)/$(image_tag)", NameKind::LogStream).unwrap();
    let context = RenderContext { tag: tag.as_bytes(), task: Some(&task), ..RenderContext::default() };
    let chunk = rmp_serde::to_vec(&(1_795_000_000u64, record)).unwrap();
    let mut out = Vec::new();
    crate::input::decode::records(&chunk, |record| {
        let provenance = Provenance::new(record, ChunkOrigin::from_tag(tag.as_bytes(), &[]));
        let entry =
            Entry { identity: provenance.identity(), ..Entry::new(record, Class::Other, "other", None) };
        template.render(&entry, &context, &mut out);
    });
    String::from_utf8(out).unwrap()
}

#[test]
fn a_record_does_not_choose_another_containers_image() {
    let of_record = |tag, fields: Json| service_and_image(tag, &fields);
    let own = "web-firelens-0123abcd";
    let lies =
        json!({"container_id": "id-pay", "container_name": "web", "ecs_service": "x", "image_tag": "y"});
    assert_eq!(of_record(own, lies), "shop/7", "the tag names our task: its metadata count first");
    assert_eq!(of_record(own, json!({"log": "no marks", "image_tag": "y"})), "shop/7");
    assert_eq!(of_record(own, json!({"container_id": "id-web", "container_name": "web"})), "shop/7");
    assert_eq!(of_record("app", json!({"container_id": "id-pay"})), "shop/9", "no tag: the record counts");
    let other = "web-firelens-ffff";
    assert_eq!(of_record(other, json!({"container_id": "id-web"})), "unknown/unknown", "another task");
}

#[test]
fn times_follow_their_zone() {
    let madrid = TimeZone::get("Europe/Madrid").unwrap();
    let template = Template::parse("%Y-%m-%dT%H%z", NameKind::ObjectKey).unwrap().in_zone(&madrid);
    let time = crate::input::record::Timestamp { seconds: 1_795_000_000, nanos: 0 };
    let record = crate::input::record::Record::new(time, &[], &[]);
    let entry = Entry::new(&record, Class::Other, "other", None);
    let mut out = Vec::new();
    template.render(&entry, &RenderContext::default(), &mut out);
    assert_eq!(String::from_utf8(out).unwrap(), "2026-11-18T12+0100");
}

#[test]
fn names_are_cut_between_characters() {
    let long = json!({"v": "é".repeat(300)});
    assert_eq!(render("$(v)", NameKind::LogStream, &long).chars().count(), 256);
}

#[test]
fn an_empty_name_has_a_fallback() {
    assert_eq!(render("$(v:-)", NameKind::LogStream, &json!({"v": ""})), "unknown");
}

#[test]
fn a_missing_field_is_named() {
    let template = Template::parse("$(tag)/$(absent)", NameKind::LogStream).unwrap();
    let record = crate::input::record::Record::new(crate::input::record::Timestamp::default(), &[], &[]);
    let entry = Entry::new(&record, Class::Other, "other", None);
    let context = RenderContext { tag: b"t", ..RenderContext::default() };
    assert_eq!(template.render(&entry, &context, &mut Vec::new()), Some("absent"));
}

/// The user has said what to write instead.
#[test]
fn a_missing_field_with_a_written_fallback_is_not_named() {
    let template = Template::parse("$(absent:-none)/$(empty:-)", NameKind::LogStream).unwrap();
    let record = crate::input::record::Record::new(crate::input::record::Timestamp::default(), &[], &[]);
    let entry = Entry::new(&record, Class::Other, "other", None);
    let mut name = Vec::new();
    assert_eq!(template.render(&entry, &RenderContext::default(), &mut name), None);
    assert_eq!(name, b"none/");
}

#[test]
fn bad_templates_say_what_is_wrong() {
    for (text, expected) in [
        ("a$(b", "without its )"),
        ("$()", "names no field"),
        ("$(tag[x])", "not a position"),
        ("my group", "' ' may not stand in the name of a log group"),
        ("“group”", "'“' may not stand in the name of a log group"),
        ("%#", "not part of a date"),
    ] {
        let error = Template::parse(text, NameKind::LogGroup).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
}
