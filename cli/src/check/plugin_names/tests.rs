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
        (
            "[FILTER]|Name rewrite_tag|Match *|Rule $log *GET* web.$TAG false",
            "has no regular expression: repetition",
        ),
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

#[test]
fn keys_of_other_outputs_are_checked() {
    let logs = "[OUTPUT]|Name cloudwatch_logs|Match x|region eu-west-1|log_stream_prefix a";
    for (sections, expected) in [
        ("[OUTPUT]|Name datadog|Match x|apikey ${K}|Hots a", "error: Hots: is not a key of datadog"),
        (&format!("{logs}|log_group a"), "error: log_group: is not a key of cloudwatch_logs"),
        (logs, "error: log_group_name: is missing from this cloudwatch_logs output"),
        (
            "[OUTPUT]|Name cloudwatch_logs|Match x|region a|log_group_name a",
            "log_stream_prefix: is missing from this cloudwatch_logs output, and Fluent Bit refuses to start; add \
             log_stream_prefix or log_stream_name",
        ),
        ("[OUTPUT]|Name s3|Match x|region eu-west-1", "error: bucket: is missing"),
        ("[OUTPUT]|Name kinesis_firehose|Match x|delivery_stream a", "error: region: is missing"),
        ("[OUTPUT]|Name nrlogs|Match x|license_keys ${K}", "did you mean license_key?"),
        ("[OUTPUT]|Name splunk|Match x|splunk_tokn ${K}", "did you mean splunk_token?"),
        ("[OUTPUT]|Name es|Match x|Hots a", "did you mean host?"),
        ("[OUTPUT]|Name http|Match x|Formats json", "did you mean format?"),
        ("[OUTPUT]|Name loki|Match x|label a=b", "did you mean labels?"),
        (
            "[OUTPUT]|Name stdout|Match x|delivery_stream a",
            "warning: delivery_stream: is not a key of stdout",
        ),
    ] {
        let found = of(sections);
        assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{sections}\n{found:#?}");
    }
}

#[test]
fn keys_that_other_outputs_have_are_not_reported() {
    for sections in [
        "[OUTPUT]|Name cloudwatch_logs|Match x|region a|log_group_name a|log_stream_name a|auto_create_group On",
        "[OUTPUT]|Name S3|Match x|Bucket a|tls.verify Off|net.keepalive Off|storage.total_limit_size 1M|Workers 1",
        "[OUTPUT]|Name kafka|Match x|brokers a|topics b|rdkafka.log_level 7",
        "[OUTPUT]|Name http|Match x|header a b|header c d|oauth2.enable on|_debug.http.request_headers on",
        "[OUTPUT]|Name newrelic|Match x|endpoint https://a.example",
        "[OUTPUT]|Name cloudwatch|Match x|log_group_name a",
        "[OUTPUT]|Name kinesis|Match x|anything a",
        "[OUTPUT]|Name stdout|Match x|Retry_Limit 5|alias a|log_level warn|Host a|Port 1|condition a",
    ] {
        assert_eq!(of(sections), [""; 0], "{sections}");
    }
}

#[test]
fn options_of_other_outputs_are_checked() {
    let of = |options: &str| {
        let text = format!(
            r#"{{"name": "app", "image": "i", "logConfiguration": {{"logDriver": "awsfirelens", "options": {{{options}}}}}}}"#
        );
        let found = said("x.json", &text);
        found.into_iter().filter(|line| line.contains("refuse")).collect::<Vec<_>>()
    };
    let found = of(r#""Name": "s3", "buckets": "b", "region": "eu-west-1""#);
    assert!(
        matches!(found.as_slice(), [one] if one.contains("container app: buckets: is not a key of s3")),
        "{found:?}"
    );
    for right in [
        r#""Name": "s3", "bucket": "b", "log-driver-buffer-limit": "2097152", "exclude-pattern": "x""#,
        r#""Name": "firehose", "delivery_stream": "b""#,
        r#""@type": "cloudwatch_logs", "log_group_name": "b""#,
    ] {
        assert_eq!(of(right), [""; 0], "{right}");
    }
}
