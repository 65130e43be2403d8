use crate::check::tests::said;

/// What is said of sections before an output of the plugin.
fn of(sections: &str) -> Vec<String> {
    let sections: String =
        sections.split('|').map(|line| format!("    {line}\n").replace("    [", "[")).collect();
    let found = said(
        "x",
        &format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n    Parsers_File p\n{sections}[OUTPUT]\n    Name ecs_router\n    \
             Match *-firelens-*\n    Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n"
        ),
    );
    // No output takes these inputs' tags.
    found.into_iter().filter(|line| !line.contains("no output takes")).collect()
}

#[test]
fn what_fluent_bit_does_not_have_is_reported_with_what_was_meant() {
    for (sections, expected) in [
        (
            "[INPUT]|Name forwad|Tag x",
            "error: Name: there is no input 'forwad', and Fluent Bit refuses to start; did you mean forward?",
        ),
        ("[FILTER]|Name grepp|Match *|Exclude log x", "did you mean grep?"),
        ("[FILTER]|Name rewrite-tag|Match *", "did you mean rewrite_tag?"),
        (
            "[FILTER]|Name datadog_enricher|Match *",
            "warning: Name: Fluent Bit 1.9.10 and 5.1.1 have no filter",
        ),
        ("[OUTPUT]|Name cloudwatch_log|Match x", "did you mean cloudwatch_logs?"),
        ("[FILTER]|Name grep|Match *|Exlude log x", "error: Exlude: is not a key of grep"),
        ("[FILTER]|Name grep|Match *|log_pattern x", "warning: log_pattern: is not a key of grep"),
        ("[FILTER]|Name multiline|Match *|multiline.key log", "is not a key of multiline"),
        ("[FILTER]|Name parser|Match *|Key log|Parser json|Reserve_Data On", "Key: is not a key of parser"),
        ("[INPUT]|Name tail|Tag x|Path /y|Paths /x", "did you mean path?"),
        ("[INPUT]|Name tail|Tag x", "Path: is missing from this tail input"),
        ("[FILTER]|Name rewrite_tag|Match x*|Rule $log ^E e.$TAG", "has not its four parts"),
        ("[FILTER]|Name grep|Match *|Exclude log [GET", "has no regular expression: unclosed"),
        ("[FILTER]|Name grep|Exclude log x", "error: Match: is missing from this filter"),
    ] {
        let found = of(sections);
        assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{sections}\n{found:#?}");
    }
}

#[test]
fn what_it_has_is_not() {
    for sections in [
        "[INPUT]|Name Tail|Tag x|Path /x|DB /y|storage.type memory|Mem_Buf_Limit 5M|parser_1 a",
        "[INPUT]|Name own_library|Tag x|anything 1",
        "[FILTER]|Name GREP|Match_Regex .*|Regex log x|Alias a",
        "[FILTER]|Name throttle|Match *|Rate 5|Window 5|Interval 1s",
        "[FILTER]|Name multiline|Match *|multiline.key_content log|multiline.parser java",
        "[OUTPUT]|Name firehose|Match x|delivery_stream y",
        "[FILTER]|Name ${FILTER}|Match *",
    ] {
        assert_eq!(of(sections), [""; 0], "{sections}");
    }
}
