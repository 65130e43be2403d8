use crate::check::tests::said;
use crate::config::read_as;

/// What is said of a filter before an output that takes FireLens's records.
fn of_filter(lines: &str) -> Vec<String> {
    with_match("*-firelens-*", lines)
}

fn with_match(pattern: &str, lines: &str) -> Vec<String> {
    let text = format!(
        "[SERVICE]\n    Grace 30\n    Plugins_File p\n    Parsers_File p\n[FILTER]\n{lines}[OUTPUT]\n    Name ecs_router\n    Match {pattern}\n    \
         Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n"
    );
    said("x", &text)
}

#[test]
fn a_parser_that_throws_the_record_away_is_reported() {
    let parser = "    Name parser\n    Match *\n    Key_Name log\n    Parser json\n";
    let found = of_filter(parser);
    assert!(found[0].starts_with("x:5: warning: Reserve_Data: is not on"), "{found:?}");
    assert!(found[0].ends_with("write Reserve_Data On in this filter"), "{found:?}");
    let off = of_filter(&format!("{parser}    Reserve_Data Off\n"));
    assert!(off[0].starts_with("x:10: warning: Reserve_Data: "), "{off:?}");
    for kept in ["On", "true", "${KEEP}"] {
        assert_eq!(of_filter(&format!("{parser}    Reserve_Data {kept}\n")), [""; 0], "{kept}");
    }
    let elsewhere = parser.replace("Match *", "Match app.*");
    let found = of_filter(&elsewhere);
    assert!(matches!(found.as_slice(), [one] if one.contains("fits no record")), "{found:?}");
    let elsewhere = with_match("app.*", parser);
    assert!(
        !elsewhere.iter().any(|line| line.contains("Reserve_Data")),
        "their records never reach the output"
    );
}

#[test]
fn filters_that_would_keep_fluent_bit_from_starting_are_errors() {
    for (lines, part) in [
        ("Name grep|Match *|Exclude /health/", "Exclude: '/health/' is too short"),
        ("Name modify|Match *|Rename log", "Rename: 'log' is too short"),
        ("Name record_modifier|Match *|Record env", "Record: 'env' is too short"),
        ("Name lua|Match *|call f", "script: is missing"),
        ("Name lua|Match *|script f.lua", "call: is missing"),
        ("Name parser|Match *|Parser json|Reserve_Data On", "write Key_Name log"),
    ] {
        let found = of_filter(&lines_of(lines));
        let named = found.iter().any(|line| line.contains(" error: ") && line.contains(part));
        assert!(named, "{lines}: {found:?}");
    }
}

#[test]
fn parsers_that_nothing_defines_are_errors() {
    let parser = "Name parser|Match *|Key_Name log|Parser json|Reserve_Data On";
    let multiline = "Name multiline|Match *|multiline.key_content log|multiline.parser java, pyhton";
    let without_file = |lines: &str| {
        let text = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n[FILTER]\n{}[OUTPUT]\n    Name ecs_router\n    Match \
             *-firelens-*\n    Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n",
            lines_of(lines)
        );
        said("x", &text)
    };
    for (lines, part) in [(parser, "add Parsers_File"), (multiline, "'pyhton'"), (multiline, "mean python?")]
    {
        let found = without_file(lines);
        assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{found:?}");
        assert_eq!(of_filter(&lines_of(lines)), [""; 0], "a file may define it");
    }
    assert_eq!(without_file(&multiline.replace(", pyhton", "")), [""; 0]);
    let yaml = "service: {grace: 30, plugins_file: p}\nparsers: [{name: own, format: json}]\npipeline:\n  filters:\n    - {name: \
                parser, match: '*', key_name: log, parser: own, reserve_data: on}\n  outputs:\n    - {name: ecs_router, match: \
                '*-firelens-*', workers: 1, retry_limit: no_limits, route.default: stdout}\n";
    assert_eq!(said("x.yaml", yaml), [""; 0]);
    let main = "[SERVICE]\n    Grace 30\n    Plugins_File p\n[PARSER]\n    Name own\n    Format json\n";
    let found = said("x", &format!("{main}[OUTPUT]\n    Name null\n    Match x\n"));
    assert!(
        found.iter().any(|line| line.starts_with("x:4: error: ") && line.contains("Parsers_File")),
        "{found:?}"
    );
}

fn lines_of(lines: &str) -> String {
    lines.split('|').map(|line| format!("    {line}\n")).collect()
}

#[test]
fn filters_that_lose_or_find_nothing_are_reported() {
    for (lines, part) in [
        ("Name grep|Match *|Exclude source stderr", "takes standard error away"),
        ("Name grep|Match *|Regex source ^stderr$", "takes standard output away"),
        ("Name kubernetes|Match *", "which a task of ECS does not have"),
    ] {
        let lines: String = lines.split('|').map(|line| format!("    {line}\n")).collect();
        let found = of_filter(&lines);
        assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{found:?}");
    }
    assert_eq!(of_filter("    Name grep\n    Match *\n    Exclude log ^GET /health\n"), [""; 0]);
}

#[test]
fn rules_that_touch_firelens_fields_are_reported_at_their_line() {
    for (lines, expected) in [
        ("Name parser|Match *|Key_Name source|Parser p|Reserve_Data On", "Key_Name: takes apart source"),
        ("Name nest|Match *|Operation lift|Nested_under log", "Operation: lifts a map's fields"),
        (
            "Name nest|Match *|Operation nest|Wildcard container_*|Nest_under c",
            "Wildcard: moves into a map container_id",
        ),
        ("Name modify|Match *|Remove source", "Remove: removes source"),
        ("Name modify|Match web-firelens-*|Remove_wildcard ecs_", "Remove_wildcard: removes ecs_cluster"),
        ("Name modify|Match *|Remove_regex ^sour", "Remove_regex: removes source"),
        ("Name modify|Match *|Rename container_name name", "Rename: renames container_name"),
        (
            "Name modify|Match *|Hard_rename level source",
            "Hard_rename: lets an application's field write over source",
        ),
        (
            "Name modify|Match *|Hard_copy level source",
            "Hard_copy: lets an application's field write over source",
        ),
        ("Name modify|Match *|Set source stdout", "Set: writes over source"),
        ("Name record_modifier|Match *|Remove_key container_id", "Remove_key: removes container_id"),
        ("Name record_modifier|Match *|Record source stdout", "Record: writes over source"),
        ("Name record_modifier|Match *|Allowlist_key log", "Allowlist_key: removes source, container_id"),
    ] {
        let lines: String = lines.split('|').map(|line| format!("    {line}\n")).collect();
        let found = of_filter(&lines);
        assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{lines}{found:?}");
    }
}

#[test]
fn filters_that_leave_them_alone_are_nobodys_business() {
    for lines in [
        "Name nest|Match *|Operation lift|Nested_under log|Add_prefix app_",
        "Name nest|Match *|Operation nest|Wildcard http_*|Nest_under http",
        "Name modify|Match *|Remove password|Rename level severity|Add source x|Copy level source",
        "Name record_modifier|Match *|Remove_key password|Record team web",
        "Name grep|Match *|Exclude log ^$",
        "Name rewrite_tag|Match *|Rule $log ^E errors.$TAG false",
    ] {
        let lines: String = lines.split('|').map(|line| format!("    {line}\n")).collect();
        assert_eq!(of_filter(&lines), [""; 0], "{lines}");
    }
}

#[test]
fn a_tag_that_hides_where_records_come_from_is_reported() {
    let rule = |tag: &str| format!("    Name rewrite_tag\n    Match *\n    Rule $log ^E {tag} false\n");
    for (tag, better) in [("errors", "errors.$TAG"), ("e.$TAG[0]", "e.$TAG"), ("$container_name", "app.$TAG")]
    {
        let found = with_match("*", &rule(tag));
        let found: Vec<_> = found.iter().filter(|line| line.contains("Rule:")).collect();
        assert!(matches!(found.as_slice(), [one] if one.ends_with(better)), "{tag} {found:?}");
    }
    assert!(!with_match("*", &rule("errors.$TAG")).iter().any(|line| line.contains("Rule:")));
}

#[test]
fn a_script_is_only_noted() {
    let text = "[FILTER]\n    Name lua\n    Match *\n    script f.lua\n    call f\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n";
    let mut findings = Vec::new();
    super::check(&read_as("x", text), &mut findings);
    let said: Vec<String> = findings.iter().map(ToString::to_string).collect();
    assert!(said[0].starts_with("x:1: note: Name: check cannot read what this lua filter does"), "{said:?}");
}

#[test]
fn filters_in_yaml_are_read_as_well() {
    let text = "service:\n  grace: 30\n  plugins_file: p\n  parsers_file: p\npipeline:\n  filters:\n    - name: parser\n      match: '*'\n      \
                parser: json\n      key_name: log\n  outputs:\n    - name: ecs_router\n      match: '*-firelens-*'\n      workers: 1\n      \
                retry_limit: no_limits\n      route.default: stdout\n";
    let found = said("x.yaml", text);
    assert!(matches!(found.as_slice(), [one] if one.contains("Reserve_Data: is not on")), "{found:?}");
}

#[test]
fn each_rule_of_a_list_is_read() {
    let text = "service:\n  grace: 30\n  plugins_file: p\npipeline:\n  filters:\n    - name: record_modifier\n      match: '*'\n      \
                remove_key:\n        - password\n        - source\n  outputs:\n    - name: ecs_router\n      match: '*-firelens-*'\n      \
                workers: 1\n      retry_limit: no_limits\n      route.default: stdout\n";
    let found = said("x.yaml", text);
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with("x.yaml:10: warning: remove_key: removes source")),
        "{found:?}"
    );
}
