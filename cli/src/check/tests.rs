use ecs_router::config::keys::{DestinationKind, KEYS, Key};
use proptest::prelude::*;

use super::*;

pub(super) fn said(name: &str, text: &str) -> Vec<String> {
    let findings = check_deployment(vec![config::read_as(name, text)]);
    let counted = findings.iter().filter(|finding| finding.severity > FindingSeverity::Note);
    counted.map(ToString::to_string).collect()
}

/// The notes among what is said, too.
pub(super) fn noted(text: &str) -> Vec<String> {
    check_deployment(vec![config::read_as("x", text)]).iter().map(ToString::to_string).collect()
}

/// An output with these lines, otherwise without a finding.
pub(super) fn of_lines(lines: &str) -> Vec<String> {
    let text = format!(
        "[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 1\n    Retry_Limit no_limits\n{lines}"
    );
    said("x", &text)
}

#[test]
fn unknown_values_are_never_wrong() {
    for lines in [
        "    route.default ${A}\n",
        "    route.default cloudwatch\n    cloudwatch.log_group ${A}\n    cloudwatch.retention_days 7\n    cloudwatch.auto_create_group ${B}\n",
        "    route.default x\n    x.type ${A}\n    x.bucket b\n    x.log_group ${B}\n",
        "    route.default newrelic\n    newrelic.license_key ${A}\n    newrelic.api_key ${B}\n",
        "    route.default s3\n    s3.bucket ${A}\n    s3.spool_dir /x\n    s3.upload_timeout ${B}\n    s3.compress ${C}\n    s3.key x.gz\n",
        "    route.default http\n    http.url ${A}\n    http.user me\n    http.password ${B}\n    http.format ${C}\n",
        "    route.default stdout\n    classes ${A}\n    route.mine drop\n    class.mine.match log x\n",
        "    route.default stdout\n    classes mine\n    class.mine.match ${A}\n",
    ] {
        assert_eq!(of_lines(lines), [""; 0], "{lines}");
    }
}

#[test]
fn every_example_of_the_reference_is_right() {
    for kind in DestinationKind::ALL {
        let keys = KEYS.iter().filter(|key| key.applies_to(Some(kind)));
        // Examples that exclude each other: `include`, the other name of New Relic's key, a password, the extension
        // of a key, lines, which have nothing around them; people are always told of a stop in words; where the name
        // is a type, no other is needed; and who is proven by a signature is proven by nothing else.
        let needed = |key: &&Key| match key.name {
            "type" | "exclude" | "user" | "password" | "bearer_token" => false,
            "token_url" | "client_id" | "client_secret" | "client_auth" | "scope" | "audience" => false,
            "tls_cert_file" | "tls_key_file" => kind == DestinationKind::Http,
            "api_key" => kind != DestinationKind::Newrelic,
            "headers" => kind != DestinationKind::Otlp,
            "stop_format" => !kind.alerts(),
            "compress" => kind != DestinationKind::S3,
            "format" => kind != DestinationKind::Http,
            _ => true,
        };
        let lines: String = keys
            .filter(needed)
            .map(|key| format!("    {0}.{1} {2}\n", kind.name(), key.name, key.example))
            .collect();
        // The example of an endpoint is CloudWatch's.
        let lines = match kind {
            DestinationKind::S3
            | DestinationKind::Firehose
            | DestinationKind::Kinesis
            | DestinationKind::Sns => lines.replace(".logs.eu", &format!(".{}.eu", kind.name())),
            DestinationKind::Eventbridge => lines.replace(".logs.eu", ".events.eu"),
            _ => lines,
        };
        // Lines of standard output are not alerts.
        let route = if kind.alerts() { "route.default drop\n    route.stop" } else { "route.default" };
        let lines = format!("    {route} {}\n{lines}", kind.name());
        assert_eq!(of_lines(&lines), [""; 0], "{kind:?}\n{lines}");
    }
}

#[test]
fn a_grace_that_waits_forever_is_long_enough() {
    let with = |grace: &str, timeout: &str| {
        let text = format!(
            "[SERVICE]\n    Grace {grace}\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 1\n    \
             Retry_Limit no_limits\n    route.default stdout\n    flush_timeout {timeout}\n"
        );
        said("x", &text).len()
    };
    assert_eq!((with("-1", "10s"), with("${G}", "10s"), with("11", "10s")), (0, 0, 0));
    assert_eq!((with("10", "10s"), with("1", "${T}"), with("1", "900ms")), (1, 0, 0));
}

#[test]
fn a_pattern_of_tags_is_one_that_can_match() {
    let with = |pattern: &str| {
        let text = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    {pattern}\n    Workers 1\n    \
             Retry_Limit no_limits\n    route.default stdout\n"
        );
        said("x", &text).join("\n")
    };
    for (pattern, part) in [
        ("Match \"*-firelens-*\"", "quotation marks"),
        ("Match a-firelens-*,b-firelens-*", "not a list"),
        ("Match a-firelens-* b-firelens-*", "not a list"),
        ("Match *-FireLens-*", "small letters"),
        ("Match *_firelens_*", "has underscores"),
        ("Match_Regex [firelens", "is not a valid regular expression: unclosed"),
        ("Match_Regex *firelens*", "is not a valid regular expression: repetition"),
        ("Match_Regex -firelens-", "takes nothing that containers write"),
        ("Match_Regex (-firelens-|^ecs_events$)", "takes nothing that containers write"),
        ("Match_Regex \".*-firelens-.*\"", "quotation marks"),
        ("Match_Regex .*-FireLens-.*", "small letters"),
        ("Match_Regex .*_firelens_.*", "has underscores"),
        ("Match_Regex .*firelens", "health check"),
    ] {
        assert!(with(pattern).contains(part), "{pattern}: {}", with(pattern));
    }
    for pattern in [
        "Match app-firelens-*",
        "Match_Regex ^(?!x).*-firelens-",
        "Match_Regex .*-firelens-.*",
        "Match_Regex web-firelens-",
        "Match_Regex health",
        "Match_Regex ^(.*-firelens-.*|ecs_events)$",
    ] {
        assert_eq!(with(pattern), "", "{pattern}");
    }
}

#[test]
fn threads_are_a_number() {
    for workers in ["0", "-1", "two", "200"] {
        let lines = said(
            "x",
            &format!(
                "[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers {workers}\n    Retry_Limit no_limits\n    route.default stdout\n"
            ),
        );
        assert!(lines.iter().any(|line| line.contains("Workers: is")), "{workers}: {lines:?}");
    }
}

#[test]
fn every_limit_of_retries_is_reported() {
    let with = |limit: &str| {
        let text = format!(
            "[OUTPUT]\n    Name ecs_router\n    Match a\n    Workers 1\n    Retry_Limit {limit}\n    route.default stdout\n"
        );
        said("x", &text).into_iter().find(|line| line.contains("Retry_Limit: ")).unwrap_or_default()
    };
    for (limit, part) in [
        ("1", "is 1, so that"),
        ("5", "is 5, so that chunks are lost when that many retries fail"),
        ("no_retries", "first try"),
        ("many", "takes 1"),
    ] {
        assert!(with(limit).contains(part), "{limit}: {}", with(limit));
    }
    for limit in ["no_limits", "False", "off"] {
        assert_eq!(with(limit), "", "{limit}");
    }
}

/// Pieces that configurations are made of.
fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "[OUTPUT]",
        "[SERVICE]",
        "\n",
        "\n    ",
        "\n  ",
        "\t",
        "Name ecs_router",
        "name: ecs_router",
        "route.default",
        "route.stop",
        " stops, slack",
        "stops.type",
        " cloudwatch",
        "stops.log_group",
        " $(x",
        "${X}",
        "classes a",
        "class.a.match log (",
        "@SET ",
        "pipeline:",
        "outputs:",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "\"",
        "'",
        "!Ref ",
        "&a ",
        "*a",
        "<<: ",
        "Resources",
        "LogDriver",
        "awsfirelens",
        "\"logDriver\": \"awsfirelens\"",
        "Options",
        "\\u00",
        "Match *",
        "Match_Regex [",
        "Retry_Limit 99999999999999999999",
        "Grace 99999999999999999999",
        "flush_timeout ",
        "ß",
        "\u{feff}",
        "|",
        ">",
        "#",
        "---\n",
        "...\n",
        "?",
        "s3.total_file_size",
        " 18446744073709551615G",
        ".",
        "..",
    ])
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), name in "(x|x\\.conf|x\\.json)") {
        said(&name, &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_pieces_of_configurations_make_it_panic(pieces in proptest::collection::vec(piece(), 0..60), name in "(x|x\\.conf|x\\.json)") {
        said(&name, &pieces.concat());
    }

    #[test]
    fn no_keys_and_values_make_it_panic(pairs in proptest::collection::vec(("[a-z._<>]{1,12}", "\\PC{0,20}"), 0..20)) {
        let lines: String = pairs.iter().map(|(key, value)| format!("    {key} {value}\n")).collect();
        of_lines(&lines);
    }
}

#[test]
fn a_route_of_a_level_that_is_not_read_is_reported() {
    let lines = "    route.default stdout\n    route.error stdout\n";
    let found = of_lines(lines);
    let said = "has no effect with level off, which reads no record; write level auto";
    assert!(
        matches!(found.as_slice(), [one] if one.contains("route.error") && one.contains(said)),
        "{found:?}"
    );
    for more in [
        "    level auto\n    level.field status\n    route.warn stdout\n",
        "    level ${LEVEL}\n",
        "    classes error\n    class.error.match log x\n",
        "    classes ${CLASSES}\n",
    ] {
        assert_eq!(of_lines(&format!("{lines}{more}")), [""; 0], "{more}");
    }
    let found = of_lines("    route.default stdout\n    level atuo\n");
    assert!(matches!(found.as_slice(), [one] if one.contains("did you mean auto?")), "{found:?}");
    let found = of_lines("    route.default stdout\n    level.feild x\n");
    assert!(matches!(found.as_slice(), [one] if one.contains("did you mean level.field?")), "{found:?}");
}

/// Says one thing about these lines, in which this is.
#[track_caller]
fn says_once(lines: &str, expected: &str) {
    let found = of_lines(&format!("    route.default stdout\n    {}\n", lines.replace('|', "\n    ")));
    assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{expected}\nin {found:#?}");
}

#[test]
fn rules_of_masking_that_there_are_not_get_the_closest() {
    says_once("redact emial", "redact: there is no rule 'emial'; did you mean email? there are email, card");
    says_once("redact emails, card", "did you mean email?");
    says_once("redact credit_card", "did you mean card?");
    says_once("stdout.redact ordr|redact order|redact.order ORD-[0-9]+", "did you mean order?");
    says_once("redact phone", "there is no rule 'phone'; there are email");
    says_once("redact email card", "with commas between them");
    says_once(
        "redact order|redact.order (?<=x)y",
        "is not supported at character 1; write what stands around",
    );
}

#[test]
fn routes_of_levels_and_of_the_end_lead_to_those_there_are() {
    says_once("level auto|route.warning stdout", "there is no class 'warning'; did you mean route.warn?");
    says_once("level auto|route.fatal stdout", "there is no class 'fatal'; write route.error, which");
    says_once("level auto|route.info stdout", "there is no class 'info'; write route.stdout, which");
    says_once("route.exit stdout", "did you mean route.router_exit?");
    says_once("classes fatal|class.fatal.match log (|route.fatal stdout", "is not a regular expression");
    says_once("route.memory stdout", "did you mean route.memory_warning?");
}

#[test]
fn a_threshold_of_memory_is_a_percentage_that_is_asked_for_and_told() {
    let key = "task_metadata.memory_warning";
    says_once(&format!("{key} 95"), "is not a percentage; write a whole number with %, for example 95%");
    says_once(&format!("{key} 0.95"), "is not a percentage");
    says_once(&format!("{key} 101%"), "is above the limit, which no container passes; write 100% or less");
    says_once(&format!("{key} 0%"), "is below what every container uses; write for example 95%");
    says_once(&format!("{key} 95%|task_metadata off"), "has no effect with task_metadata off");
    says_once(
        "route.memory_warning stdout",
        "has no effect unless task_metadata.memory_warning is set; write",
    );
    let own = "classes memory_warning|class.memory_warning.match log x|route.memory_warning stdout";
    says_once(&format!("{own}|{key} 95%"), "'memory_warning' is the class of what");
    for good in [format!("{key} 95%|route.memory_warning stdout"), format!("{key} 100 %"), own.to_owned()] {
        let lines = format!("    route.default stdout\n    {}\n", good.replace('|', "\n    "));
        assert_eq!(of_lines(&lines), [""; 0], "{good}");
    }
}

#[test]
fn a_destination_of_metrics_that_there_is_not_gets_the_closest() {
    let lines = "metrics.emf on|metrics.destination numbrs|numbers.type cloudwatch|numbers.log_group g|numbers.log_stream s";
    let found = of_lines(&format!("    route.default stdout\n    {}\n", lines.replace('|', "\n    ")));
    assert!(found.iter().any(|one| one.contains("has no type; did you mean numbers?")), "{found:?}");
}

#[test]
fn a_route_that_is_off_drops() {
    let found = of_lines("    route.default stdout\n    route.stop off\n");
    assert!(
        matches!(found.as_slice(), [one] if one.ends_with("destination 'off' has no type; write drop")),
        "{found:?}"
    );
}

#[test]
fn classes_without_commas_are_told_where_they_stand() {
    let found = of_lines("    route.default stdout\n    classes health audit\n");
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with("x:10: error: classes: 'health audit' cannot be")),
        "{found:?}"
    );
}

#[test]
fn keys_that_do_not_exist_lead_to_those_that_do() {
    let queue = "    queue.url https://sqs.eu-west-1.amazonaws.com/111122223333/stops\n";
    for (line, part) in [
        ("incident.window 1h", "there are incident, incident.group_by, incident.quiet"),
        ("queue.wait_time 20s", "there are queue.url, queue.region"),
        ("recorder.size 3M", "there are recorder.window"),
        ("stop.foo 1", "there are stop.once"),
        ("x.prefix logs/", "did you mean x.key?"),
        ("x.path logs/", "did you mean x.key?"),
        ("x.kms_key_id k", "did you mean x.sse_kms_key_id?"),
        ("slack.channel ops", "leave it out: the webhook has a channel of its own"),
        ("eventbridge.bus default", "did you mean eventbridge.event_bus?"),
        ("datadog.host http-intake.logs.datadoghq.eu", "did you mean datadog.site?"),
        ("datadog.host web-1", "did you mean datadog.hostname?"),
    ] {
        let lines = format!(
            "    route.default x, eventbridge, datadog\n    route.stop slack\n    x.type s3\n    x.bucket b-1\n    \
             slack.webhook_url ${{URL}}\n    datadog.api_key ${{DD}}\n{queue}    {line}\n"
        );
        let found = of_lines(&lines);
        let is_said = found.iter().any(|said| said.contains("unknown key") && said.contains(part));
        assert!(is_said, "{line}: {found:#?}");
    }
}

#[test]
fn a_fallback_is_written_with_two_signs() {
    for (name, part) in [
        ("container_name:none", "write $(container_name:-none)"),
        ("ecs_service:=none", "write $(ecs_service:-none)"),
    ] {
        let found = of_lines(&format!(
            "    route.default x\n    x.type cloudwatch\n    x.log_group g\n    x.log_stream $({name})\n"
        ));
        assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{name}: {found:?}");
    }
}
