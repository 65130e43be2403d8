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
        "# c\n[OUTPUT]\n    Name   ecs_router  \n    a.b ${X} c\n\n[input]\n    Name dummy\n[OUT]\n    c  d e # f\n",
    );
    let expected = [
        (3, "Name".to_owned(), text("ecs_router")),
        (4, "a.b".to_owned(), SettingValue::Interpolated("${X} c".to_owned())),
        (9, "c".to_owned(), text("d e # f")),
    ];
    assert_eq!(found, expected);
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
        "pipeline:\n  outputs:\n  - name: ecs_router\n    retryLimit: 5\n    a.b: on\n    c: &x [1]\n    d: *x\n    e: !y z\n    f: '${X}'\n",
    );
    let expected = [
        (3, "name".to_owned(), text("ecs_router")),
        (4, "retry_limit".to_owned(), text("5")),
        (5, "a.b".to_owned(), text("on")),
        (6, "c".to_owned(), SettingValue::Nested),
        (7, "d".to_owned(), SettingValue::Unknown),
        (8, "e".to_owned(), SettingValue::Unknown),
        (9, "f".to_owned(), SettingValue::Interpolated("${X}".to_owned())),
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
