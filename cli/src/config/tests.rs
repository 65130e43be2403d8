use super::*;

/// Line, key and value of every setting of every output.
fn settings(name: &str, text: &str) -> Vec<(usize, String, SettingValue)> {
    let configuration = read_as(name, text);
    assert!(configuration.errors.is_empty(), "{:?}", configuration.errors);
    let all = configuration.outputs.into_iter().flat_map(|section| section.settings);
    all.map(|setting| (setting.location.line, setting.key, setting.value)).collect()
}

fn text(text: &str) -> SettingValue {
    SettingValue::Text(text.to_owned())
}

#[test]
fn the_classic_format_keeps_lines_and_trims_values() {
    let found = settings(
        "x",
        "# c\n[OUTPUT]\n    Name   ecs_router  \n    a.b ${X} c\n\n[input]\n    Name dummy\n[OUT]\n    name  d e # f\n",
    );
    let expected = [
        (3, "Name".to_owned(), text("ecs_router")),
        (4, "a.b".to_owned(), SettingValue::Interpolated("${X} c".to_owned())),
        (9, "name".to_owned(), text("d e # f")),
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_file_whose_lines_end_with_returns_alone_is_read_and_reported() {
    let text = "# c\r[OUTPUT]\r    Name ecs_router\r";
    assert_remark("x", text, "carriage return (CR) alone");
    assert_eq!(read_as("x", text).outputs.len(), 1);
    assert!(read_as("x", &text.replace('\r', "\r\n")).errors.is_empty());
}

#[test]
fn services_merge_and_variables_are_kept() {
    let read =
        read_as("x", "@SET A = b\n[SERVICE]\n    Grace 1\n[OUTPUT]\n    Name null\n[Service]\n    grace 2\n");
    assert_eq!(
        read.service.iter().map(|setting| setting.value.clone()).collect::<Vec<_>>(),
        [text("1"), text("2")]
    );
    assert_eq!(read.variables.get("A").map(String::as_str), Some("b"));
}

#[test]
fn a_group_of_a_section_is_not_the_section() {
    let found =
        settings("x", "[OUTPUT]\n  Name null\n  [PROCESSORS]\n    Name grep\n  Match *\n    Alias x\n");
    assert_eq!(found.iter().map(|(line, ..)| *line).collect::<Vec<_>>(), [2, 5, 6]);
}

#[test]
fn yaml_keeps_lines_and_knows_what_it_does_not_know() {
    let found = settings(
        "x",
        "pipeline:\n  outputs:\n  - name: ecs_router\n    retryLimit: 5\n    a.b: on\n    c: [1]\n    e: !y z\n    f: '${X}'\n",
    );
    let expected = [
        (3, "name".to_owned(), text("ecs_router")),
        (4, "retry_limit".to_owned(), text("5")),
        (5, "a.b".to_owned(), text("on")),
        (6, "c".to_owned(), SettingValue::Nested),
        // Fluent Bit passes over tags.
        (7, "e".to_owned(), text("z")),
        (8, "f".to_owned(), SettingValue::Interpolated("${X}".to_owned())),
    ];
    assert_eq!(found, expected);
}

#[test]
fn json_keeps_lines_and_unescapes() {
    let json = "{\n \"containerDefinitions\": [\n  {\"logConfiguration\": {\"logDriver\": \"awsfirelens\",\n   \"options\": {\"Name\": \"a\\\"\\u00e4\",\n    \"n\": 1,\n\n    \"r\": {\"Ref\": \"X\"}}}}]}";
    let expected = [
        (4, "Name".to_owned(), text("a\"ä")),
        (5, "n".to_owned(), text("1")),
        (7, "r".to_owned(), SettingValue::Unknown),
    ];
    assert_eq!(settings("x", json), expected);
}

#[test]
fn options_that_only_cloudformation_knows_leave_the_section_open() {
    let template = |options: &str| {
        let text = format!(
            "Resources:\n  T:\n    LogConfiguration:\n      LogDriver: awsfirelens\n      Options: {options}\n"
        );
        read_as("x", &text).outputs.remove(0).open
    };
    assert!(
        template("!If [A, {}, {}]") && template("{Fn::If: [A, {}, {}]}") && template("{Name: x, <<: {}}")
    );
    assert!(!template("{Name: x}"));
}

#[test]
fn deep_nesting_is_refused() {
    for (name, open) in [("x.json", "["), ("x.yaml", "- "), ("x.yaml", "a: {")] {
        let read = read_as(name, &open.repeat(5_000));
        assert!(!read.errors.is_empty(), "{open}");
    }
}

/// What is said of a text, as errors, warnings and notes.
fn remarks(name: &str, text: &str) -> Vec<String> {
    let read = read_as(name, text);
    let all = [read.errors, read.look_alikes, read.warnings, read.notes].concat();
    all.into_iter()
        .map(|remark| format!("{}: {}; {}", remark.location.line, remark.message, remark.instead))
        .collect()
}

#[track_caller]
fn assert_remark(name: &str, text: &str, start: &str) {
    let remarks = remarks(name, text);
    assert!(matches!(remarks.as_slice(), [one] if one.contains(start)), "{text}\n{remarks:#?}");
}

#[test]
fn a_header_that_is_none_is_told_once_and_begins_its_section() {
    for (header, part) in [
        ("    [OUTPUT]", "the section's header is indented"),
        ("  [Output]  ", "the section's header is indented"),
        ("\t[OUTPUT]", "the section's header is indented"),
        ("[OUTPUT", "begins with [ but has no ]"),
    ] {
        let text = format!("[SERVICE]\n    Flush 1\n{header}\n    Name ecs_router\n    a.b c\n");
        assert_remark("x.conf", &text, part);
        let read = read_as("x.conf", &text);
        assert_eq!((read.service.len(), read.outputs[0].settings.len()), (1, 2), "{text}");
    }
    assert_remark("x.conf", "  [OUTPUT]\n    Name ecs_router\n", "the section's header is indented");
    let group = "[OUTPUT]\n    Name x\n    [labels]\n        a b\n    Match *\n";
    assert_eq!(read_as("x.conf", group).outputs[0].settings.len(), 2);
}

#[test]
fn events_are_no_templates_and_patterns_no_answers() {
    let event = r#"{"detail-type": "ECS Task State Change", "source": "aws.ecs", "resources": ["arn"], "detail": {"lastStatus": "STOPPED"}}"#;
    for text in [event.to_owned(), format!("[{event}]")] {
        assert_remark("x.json", &text, "ecs-router explain says");
        assert!(read_as("x.json", &text).templates.is_empty());
    }
    let pattern = r#"{"source": ["aws.ecs"], "detail": {"clusterArn": ["x"]}, "lastStatus": ["STOPPED"]}"#;
    let notes = read_as("x.json", pattern).notes;
    assert!(notes.iter().any(|note| note.message.contains("an event pattern")), "{notes:?}");
}

#[test]
fn what_register_task_definition_cannot_read_is_told() {
    let task = r#"{"family": "web", "containerDefinitions": [{"name": "app", "image": "x"}]}"#;
    assert_eq!(remarks("x.json", task), [""; 0]);
    assert_remark("x.json", &format!("[{task}]"), "the task definition is in a list");
    let capital = r#"{"Family": "web", "ContainerDefinitions": [{"Name": "app", "Image": "x"}]}"#;
    assert_remark("x.json", capital, "the keys begin with capitals");
    assert_eq!(remarks("x.json", &capital.replace(r#""x""#, r#"{"Ref": "Image"}"#)), [""; 0]);
}

#[test]
fn files_of_other_kinds_get_the_supported_way() {
    for (name, text, part) in [
        ("x", "<match **>\n  @type stdout\n</match>\n", "Fluentd"),
        ("main.tf", "resource \"aws_ecs_task_definition\" \"web\" {\n}\n", "terraform show -json"),
        ("x", "{% if a %}\n[OUTPUT]\n{% endif %}\n", "template"),
        ("x.yaml", "a: {{ b }}: c\n", "template"),
        ("x.json", "{\"a\": {{ b }}}", "template"),
        ("x.conf", "[OUTPUT]\n    Name {{ name }}\n", "template"),
        ("x.yaml", "services:\n  web: {image: x}\n", "compose"),
        ("x.yaml", "apiVersion: apps/v1\nkind: Deployment\n", "Kubernetes"),
        ("x.yaml", "replicaCount: 1\nimage: {tag: x}\n", "helm template"),
        ("x.json", "[{\"Id\": \"a\", \"HostConfig\": {}}]", "docker inspect"),
        ("x.json", "{\"tasks\": [{\"taskArn\": \"a\"}], \"failures\": []}", "describe-task-definition"),
        ("x.json", "{\"detail-type\": \"ECS Task State Change\"}", "explain"),
        ("x.ts", "import * as cdk from 'aws-cdk-lib';\n", "cdk synth"),
        ("x.txt", "hello world\n", "neither"),
    ] {
        assert_remark(name, text, part);
    }
}

#[test]
fn a_name_for_another_format_is_an_error() {
    let classic = "[OUTPUT]\n    Name ecs_router\n";
    assert_remark("fluent-bit.yaml", classic, "1: the file has the classic format, but Fluent Bit reads");
    assert_remark("fluent-bit.YML", classic, "let its name end in .conf");
    let yaml = "pipeline:\n  outputs:\n    - name: ecs_router\n";
    assert_remark("fluent-bit.conf", yaml, "1: the file is YAML, but Fluent Bit reads");
    assert_eq!(remarks("fluent-bit.conf", classic), [""; 0]);
    assert_eq!(remarks("fluent-bit.yaml", yaml), [""; 0]);
}

#[test]
fn json_that_people_write_is_named() {
    for (text, part) in [
        ("// c\n{}", "1: the file is not valid JSON: it has a comment"),
        ("{\n  \"a\": 1 // c\n}", "2: the file is not valid JSON: it has a comment"),
        ("{\n  /* c */ \"a\": 1}", "2: the file is not valid JSON: it has a comment"),
        ("{\"a\": 1,\n}", "2: the file is not valid JSON: a comma stands before"),
        ("{\"a\": [1,]}", "a comma stands before"),
        ("{'a': 1}", "single quotation marks"),
        ("{“a”: 1}", "typographic quotation marks"),
        ("{\"a\":\u{a0}1}", "not an ordinary one"),
    ] {
        assert_remark("x.json", text, part);
    }
}

#[test]
fn characters_that_only_look_like_others_are_named_once() {
    for (text, part) in [
        ("[OUTPUT]\n    Name “null”\n    Match ”*”\n", "2: Name has typographic"),
        (
            "[OUTPUT]\n    Name\u{a0}null\n    Match\u{a0}*\n",
            "2: the line has a blank that is not an ordinary one",
        ),
        ("[OUTPUT]\n\u{a0}   Name null\n", "2: the line has a blank"),
        ("[OUTPUT]\n    Name null\u{a0}\n    Match *\n", "2: Name has a blank"),
        ("pipeline:\n  outputs:\n    - name: ‘null’\n", "3: name has typographic"),
    ] {
        assert_remark("x", text, part);
    }
    assert_eq!(
        remarks("x", "[OUTPUT]\n    Name null\n    text it’s “so” said\n    a エラー\u{3000}発生\n"),
        [""; 0]
    );
    assert_eq!(remarks("x.yaml", "Description: “the best” service\nResources: {}\n"), [""; 0]);
}

#[test]
fn unknown_sections_are_named() {
    for (name, text, part) in [
        ("x", "[INPTU]\n    Name dummy\n", "there is no section [INPTU]"),
        ("x", "[INPTU]\n    Name dummy\n", "did you mean [INPUT]?"),
        ("x", "[OUTPUTSS]\n    Name null\n", "did you mean [OUTPUTS]?"),
        ("x", "[PARSERS]\n    Name a\n", "did you mean [PARSER]?"),
        ("x.yaml", "pipeline:\n  output:\n    - name: a\n", "did you mean outputs?"),
        ("x.yaml", "pipelines:\n  outputs:\n    - name: a\n", "did you mean pipeline?"),
        ("x.yaml", "outputs:\n  - name: a\n", "write outputs below pipeline:"),
        ("x.yaml", "service: {}\nextra: {a: b}\n", "Fluent Bit passes over it"),
        ("x.yaml", "service: {}\nextra: {a: {b: c}}\n", "Fluent Bit refuses the file"),
        ("x.yaml", "pipeline:\n  inputs:\n    name: dummy\n", "'inputs' must be a list"),
        ("x.yaml", "pipeline:\n  inputs:\n    - dummy\n", "must be a map with name"),
        ("x.yaml", "pipeline:\n", "'pipeline' must be a map"),
        ("x.yaml", "service: {}\n---\nservice: {}\n", "for the second time"),
        ("x.yaml", "service: {a: [b]}\n", "must be a text"),
        ("x.yaml", "env: {a: &b c}\nservice: {a: *b}\n", "alias"),
    ] {
        assert_remark(name, text, part);
    }
}

#[test]
fn one_mistake_is_told_once() {
    assert_remark("x", "[OUTPUT]\n\tName\tnull\n\tMatch\t*\n\tAlias\ta\n", "(and 2 more lines alike)");
}

#[test]
fn configurations_in_manifests_are_read_where_they_stand() {
    let manifest = "apiVersion: v1\nkind: ConfigMap\ndata:\n  a.conf: |\n    @INCLUDE b.conf\n    [SERVICE]\n        Flush 1\n  b.conf: |\n    [OUTPUT]\n        Name ecs_router\n        Match\n";
    let read = read_as("x.yaml", manifest);
    let errors: Vec<usize> = read.errors.iter().map(|error| error.location.line).collect();
    assert_eq!((errors, read.outputs.len()), (vec![11], 1));
    let lines: Vec<usize> = read
        .outputs
        .iter()
        .flat_map(|output| &output.settings)
        .map(|setting| setting.location.line)
        .collect();
    assert_eq!(lines, [10]);
    assert!(
        read.notes
            .iter()
            .any(|note| note.message.contains("a.conf and b.conf in the data of this ConfigMap"))
    );
    let values = "config:\n  service: |\n    [SERVICE]\n        Flush 1\n  outputs: |\n    [OUTPUT]\n        Name ecs_router\n";
    assert_eq!(read_as("values.yaml", values).outputs.len(), 1);
}

#[test]
fn terraform_is_read_from_plan_and_state() {
    let containers = r#"[{\"name\": \"app\", \"image\": \"x\", \"logConfiguration\": {\"logDriver\": \"awsfirelens\", \"options\": {\"Name\": \"ecs_router\"}}}]"#;
    for key in ["planned_values", "values"] {
        let text = format!(
            r#"{{"format_version": "1.2", "terraform_version": "1.9.0", "{key}": {{"root_module": {{"child_modules": [{{"resources": [
{{"address": "module.web.aws_ecs_task_definition.web", "type": "aws_ecs_task_definition", "values": {{"family": "web", "task_role_arn": "arn",
"container_definitions": "{containers}"}}}}]}}]}}}}, "resource_changes": [{{"change": {{"after": {{"container_definitions": "{containers}"}}}}}}]}}"#
        );
        let read = read_as("plan.json", &text);
        assert!(read.errors.is_empty(), "{:?}", read.errors);
        let [output] = read.outputs.as_slice() else { panic!("{:?}", read.outputs) };
        assert_eq!((output.location.line, output.container.as_deref()), (3, Some("app")));
        let [task] = read.tasks.as_slice() else { panic!("{:?}", read.tasks) };
        assert_eq!(task.name.as_deref(), Some("module.web.aws_ecs_task_definition.web"));
        assert_eq!(task.node.text_of("taskRoleArn"), Some("arn"));
    }
    let later = r#"{"terraform_version": "1", "planned_values": {"resources": [{"type": "aws_ecs_task_definition", "address": "a.b", "values": {"family": "x"}}]}}"#;
    assert_remark("x.json", later, "a.b: container_definitions are known only after apply");
    let broken = r#"{"terraform_version": "1", "values": {"x": {"container_definitions": "[{"}}}"#;
    assert_remark("x.json", broken, "container_definitions: the file is not valid JSON");
}
