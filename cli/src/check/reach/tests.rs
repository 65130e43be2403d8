use crate::check::tests::said;

fn of(sections: &str, pattern: &str) -> Vec<String> {
    let sections: String =
        sections.split('|').map(|line| format!("    {line}\n").replace("    [", "[")).collect();
    let text = format!(
        "[SERVICE]\n    Grace 30\n    Plugins_File p\n{sections}[OUTPUT]\n    Name ecs_router\n    Match {pattern}\n    \
         Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n"
    );
    said("x", &text).into_iter().filter(|line| line.contains(" Match: ")).collect()
}

#[test]
fn a_pattern_that_fits_no_tag_is_reported() {
    for (sections, pattern) in [
        ("[FILTER]|Name grep|Match x*", "app.*"),
        ("[FILTER]|Name grep|Match x*", "app"),
        ("[FILTER]|Name grep|Match x*", "ecs.*"),
        ("[FILTER]|Name grep|Match x*", "*firelens"),
        ("[FILTER]|Name grep|Match x*", "web-firelens"),
        ("[INPUT]|Name tail|Path /x|Tag files", "app.*"),
        ("[INPUT]|Name docker_events", "docker.*"),
    ] {
        let found = of(sections, pattern);
        assert!(matches!(found.as_slice(), [one] if one.contains("fits no record")), "{pattern}: {found:?}");
    }
}

#[test]
fn the_tag_of_an_input_is_suggested_where_it_is_meant() {
    let found = of("[INPUT]|Name http|Tag ecs_events", "ecs-events");
    assert!(found[0].ends_with("write Match ecs_events"), "{found:?}");
    let found = of("[INPUT]|Name tail|Path /x|Tag files", "app.*");
    assert!(found[0].ends_with("write Match *-firelens-*"), "{found:?}");
}

#[test]
fn a_collector_without_an_input_is_told_of_one() {
    let queue = "queue.url https://sqs.eu-west-1.amazonaws.com/111122223333/stops";
    let found = of("[FILTER]|Name grep|Match x*", &format!("ecs_events\n    {queue}"));
    assert!(found[0].contains("add the [INPUT]"), "{found:?}");
}

#[test]
fn an_input_that_no_output_takes_is_reported() {
    let of = |sections: &str, pattern: &str| {
        let sections = format!("    {}\n", sections.replace('|', "\n    ")).replace("    [", "[");
        let text = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n{sections}[OUTPUT]\n    Name ecs_router\n    Match {pattern}\n    \
             Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n"
        );
        said("x", &text).into_iter().filter(|line| line.contains("no output takes")).collect::<Vec<_>>()
    };
    let found = of("[INPUT]|Name tail|Path /x|Tag files", "*-firelens-*");
    assert!(matches!(found.as_slice(), [one] if one.contains("write Match files")), "{found:?}");
    for (sections, pattern) in [
        ("[INPUT]|Name tail|Path /x|Tag files", "*"),
        ("[INPUT]|Name dummy|Tag nothing", "*-firelens-*"),
        ("[INPUT]|Name tail|Path /x|Tag ${TAG}", "*-firelens-*"),
        ("[INPUT]|Name forward|Listen 127.0.0.1", "*-firelens-*"),
        ("[INPUT]|Name tail|Path /x|Tag files|[OUTPUT]|Name null|Match files", "*-firelens-*"),
        ("[INPUT]|Name tail|Path /x|Tag files|[OUTPUT]|Name null|Match_Regex f.*", "*-firelens-*"),
        (
            "[INPUT]|Name tail|Path /x|Tag files|[FILTER]|Name rewrite_tag|Match *|Rule $log x a.$TAG false",
            "*-firelens-*",
        ),
    ] {
        assert_eq!(of(sections, pattern), [""; 0], "{sections}");
    }
}

#[test]
fn a_pattern_that_fits_one_is_not() {
    for (sections, pattern) in [
        ("[FILTER]|Name grep|Match x*", "*-firelens-*"),
        ("[FILTER]|Name grep|Match x*", "web-firelens*"),
        ("[FILTER]|Name grep|Match x*", "web*"),
        ("[FILTER]|Name grep|Match x*", "web-firelens-0123456789abcdef0123456789abcdef"),
        ("[FILTER]|Name rewrite_tag|Match *|Rule $log x stops.$TAG false", "stops.*"),
        ("[INPUT]|Name tail|Path /x|Tag app.*", "app.*"),
        ("[INPUT]|Name docker_events", "docker_events.*"),
        ("[INPUT]|Name forward|Unix_Path /x", "anything"),
        ("[INPUT]|Name tail|Path /x|Tag ${TAG}", "anything"),
        ("[FILTER]|Name grep|Match x*", "${MATCH}"),
    ] {
        assert_eq!(of(sections, pattern), [""; 0], "{pattern}");
    }
}

#[test]
fn a_pattern_that_is_almost_one_of_firelens_is_reported() {
    for (pattern, instead) in [
        ("*-firelense-*", "write Match *-firelens-*"),
        ("*-firelen-*", "write Match *-firelens-*"),
        ("*-fire-lens-*", "write Match *-firelens-*"),
        ("*–firelens–*", "(U+2013); write Match *-firelens-*"),
        ("*-firelеns-*", "(U+0435); write Match *-firelens-*"),
        ("my-app-firelnes-*", "write Match my-app-firelens-*"),
        ("*firelense*", "write Match *-firelens-*"),
    ] {
        let found = of("[FILTER]|Name grep|Match *", pattern);
        assert!(matches!(found.as_slice(), [one] if one.ends_with(instead)), "{pattern}: {found:?}");
        let found = of(&format!("[FILTER]|Name grep|Match {pattern}"), "*-firelens-*");
        assert!(matches!(found.as_slice(), [one] if one.ends_with(instead)), "{pattern}: {found:?}");
    }
    for pattern in
        ["*-firelen*", "*-firele*", "fireline-*", "*fireline*", "firelense-firelens-*", "*-firehose-*"]
    {
        assert_eq!(of("[FILTER]|Name grep|Match *", pattern), [""; 0], "{pattern}");
    }
    assert_eq!(of("[INPUT]|Name tail|Path /x|Tag a-firelense-b", "a-firelense-*"), [""; 0]);
}

#[test]
fn a_filter_that_fits_no_tag_is_reported() {
    let found = of("[FILTER]|Name grep|Match app.*", "*-firelens-*");
    assert!(
        matches!(found.as_slice(), [one] if one.contains("x:6: warning: Match: 'app.*' fits no record")),
        "{found:?}"
    );
    let input = "[INPUT]|Name tail|Path /x|Tag app.log";
    assert_eq!(
        of(&format!("{input}|[FILTER]|Name grep|Match app.*|[OUTPUT]|Name null|Match app.*"), "*-firelens-*"),
        [""; 0]
    );
}

#[test]
fn a_filter_that_gives_another_tag_adds_to_those_that_are_given() {
    let rewrite = "[FILTER]|Name rewrite_tag|Match *-firelens-*|Rule $log ^E errors";
    let found = of(&format!("{rewrite} true"), "app.*");
    assert!(found.iter().any(|line| line.contains("'app.*' fits no record")), "{found:?}");
    assert_eq!(of(&format!("{rewrite}.$TAG true"), "errors.*"), [""; 0]);
    assert_eq!(of(&format!("{rewrite} ${{KEEP}}"), "app.*"), [""; 0]);
}

#[test]
fn a_tag_that_a_filter_gives_and_no_output_takes_is_reported() {
    let of = |tag: &str, more: &str| {
        let text = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n[FILTER]\n    Name rewrite_tag\n    Match *-firelens-*\n    \
             Rule $log ^E {tag} false\n{more}[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 1\n    \
             Retry_Limit no_limits\n    route.default stdout\n"
        );
        let found = said("x", &text);
        found.into_iter().filter(|line| line.contains("no output takes")).collect::<Vec<_>>()
    };
    let found = of("errors", "");
    let expected = "x:7: warning: Rule: no output takes the tag errors";
    assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{found:?}");
    for (tag, more) in [
        ("errors", "[OUTPUT]\n    Name null\n    Match err*\n"),
        ("errors", "[OUTPUT]\n    Name null\n    Match_Regex e.*\n"),
        ("errors", "[FILTER]\n    Name rewrite_tag\n    Match errors\n    Rule $log x a-firelens-b false\n"),
        ("errors.$TAG", ""),
        ("x-firelens-y", ""),
    ] {
        assert_eq!(of(tag, more), [""; 0], "{tag} {more}");
    }
}
