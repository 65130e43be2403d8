use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::classify::classes::Class;

fn read(pairs: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let map: BTreeMap<String, String> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    let problems = RefCell::new(Vec::new());
    let settings = Settings::read(&map, &problems);
    (settings, problems.into_inner().iter().map(ToString::to_string).collect())
}

fn names(settings: &Settings, class: Class) -> Vec<&str> {
    settings.routes[class.index()].iter().map(|&at| settings.destinations[at].name.as_str()).collect()
}

#[test]
fn routes_name_destinations_and_types_come_from_the_name_or_the_key() {
    let (settings, problems) = read(&[
        ("route.stop", "stops, stdout"),
        ("route.stderr", "errors"),
        ("route.stdout", "file"),
        ("stops.type", "cloudwatch"),
        ("errors.type", "CloudWatch"),
    ]);
    assert_eq!(problems, [""; 0]);
    assert_eq!(names(&settings, Class::Stop), ["stops", "stdout"]);
    assert_eq!(names(&settings, Class::ExpectedStop), ["stops", "stdout"]);
    assert_eq!(names(&settings, Class::Stderr), ["errors"]);
    assert_eq!(names(&settings, Class::Other), ["file"], "other falls back to stdout's route");
    assert_eq!(settings.destinations.len(), 4);
    assert_eq!(settings.flush_timeout, Duration::from_secs(10));
}

#[test]
fn default_serves_what_has_no_route_and_drop_discards() {
    let (settings, problems) = read(&[
        ("route.default", "stdout"),
        ("route.stop.expected", "drop"),
        ("classes", "health"),
        ("class.health.match", "log ^GET /healthz"),
        ("route.health", "drop"),
    ]);
    assert_eq!(problems, [""; 0]);
    assert_eq!(names(&settings, Class::Stderr), ["stdout"]);
    assert_eq!(names(&settings, Class::ExpectedStop), [""; 0]);
    assert_eq!(names(&settings, Class::Own(0)), [""; 0]);
    assert!(settings.classes[0].pattern.is_match(b"GET /healthz"));
}

#[test]
fn every_problem_is_reported_at_once() {
    let (_, problems) = read(&[
        ("route.stop", "nowhere"),
        ("route.stdout", "drop, stdout"),
        ("nowhere2.type", "x"),
        ("route.other", "nowhere2"),
        ("classes", "a, a, stop"),
        ("class.a.match", "log ("),
        ("flush_timeout", "soon"),
    ]);
    let text = problems.join("\n");
    for expected in [
        "route.stop: destination 'nowhere' has no type; write nowhere.type with one of: cloudwatch, s3, firehose,",
        "route.stdout: 'drop' cannot be combined with destinations",
        "nowhere2.type: 'x' is not a type of destination",
        "classes: 'a' is taken",
        "classes: 'stop' is taken",
        "class.a.match: '(' is not a regular expression",
        "class.stop.match: is missing",
        "route.stderr: class 'stderr' has no route; write route.stderr <destination>, route.stderr drop, or route.default",
        "flush_timeout: 'soon' is not a duration such as 10s",
    ] {
        assert!(text.contains(expected), "missing: {expected}\nin:\n{text}");
    }
}

#[test]
fn the_names_of_fluent_bits_own_outputs_are_understood() {
    let (_, problems) = read(&[
        ("route.stop", "a"),
        ("route.default", "opentelemetry"),
        ("route.stderr", "null"),
        ("a.type", "cloudwatch_logs"),
    ]);
    let expected = [
        "a.type: 'cloudwatch_logs' is not a type of destination; did you mean cloudwatch? there are: cloudwatch,",
        "route.stderr: destination 'null' has no type; to discard a class, write drop in its route. write null.type",
        "route.default: destination 'opentelemetry' has no type; did you mean otlp? write opentelemetry.type with",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:#?}");
    for expected in expected {
        assert!(problems.iter().any(|problem| problem.starts_with(expected)), "{expected} in {problems:#?}");
    }
}

#[test]
fn what_concerns_several_routes_is_said_once() {
    let (_, problems) = read(&[("route.default", "out"), ("out.type", "sdout")]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let (_, problems) = read(&[("route.default", "nowhere")]);
    assert_eq!(problems.len(), 1, "{problems:?}");
}

#[test]
fn every_problem_is_one_line_that_says_what_to_write_instead() {
    let (_, problems) = read(&[
        ("route.default", "stdout"),
        ("flush_timeout", "soon"),
        ("stop.once", "1"),
        ("stop.user_stop_is_error", "(?i)watchdog|("),
        ("stop.context_lines", "500"),
        ("classes", "a"),
        ("class.a.match", "^GET"),
    ]);
    let text = problems.join("\n");
    assert_eq!(problems.len(), text.lines().count(), "{text}");
    for expected in [
        "class.a.match: '^GET' is not a field name, a space and a regular expression; for example: class.a.match log ^GET /healthz",
        "stop.user_stop_is_error: '(?i)watchdog|(' is not a regular expression: unclosed group at character 14; for example: stop.user_stop_is_error (?i)watchdog|deadlock",
        "stop.once: '1' is neither on nor off; for example: stop.once off",
        "stop.context_lines: 500 is more than 100; for example: stop.context_lines 50",
        "flush_timeout: 'soon' is not a duration such as 10s, 500ms or 5m; for example: flush_timeout 10s",
    ] {
        assert!(problems.iter().any(|problem| problem == expected), "missing: {expected}\nin:\n{text}");
    }
}

#[test]
fn a_pattern_that_takes_too_long_for_a_hostile_line_is_refused() {
    let problems = |pattern: &str| {
        let rule = format!("log {pattern}");
        let keys = [("route.default", "stdout"), ("classes", "a"), ("class.a.match", rule.as_str())];
        let user_stop = [("route.default", "stdout"), ("stop.user_stop_is_error", pattern)];
        [read(&keys).1, read(&user_stop).1].concat()
    };
    for large in [r"\w{100}", "a[ab]{9000}c", "(([ab]{50}){50}){50}"] {
        let problems = problems(large);
        assert_eq!(problems.len(), 2, "{large}: {problems:?}");
        for problem in problems {
            assert!(problem.contains("takes too long to match") && problem.lines().count() == 1, "{problem}");
        }
    }
    for usual in [
        r"(?i)\b(error|exception|fatal|panic|traceback)\b",
        r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[.,]\d{3}Z? +ERROR",
        r#"^\S+ \S+ \S+ \[[^\]]+\] "(GET|HEAD) /(healthz|ready|live)[^"]*" 200"#,
        r"^\{.*\x22level\x22: ?\x22(warn|error)\x22",
    ] {
        assert_eq!(problems(usual), [""; 0], "{usual}");
    }
}

#[test]
fn fields_are_picked_by_name() {
    let names = || vec!["log".to_owned()];
    assert!(
        Fields::All.pick(b"log")
            && Fields::Only(names()).pick(b"log")
            && !Fields::Without(names()).pick(b"log")
    );
    assert!(!Fields::Only(names()).pick(b"logs") && Fields::Without(names()).pick(b"logs"));
}

#[test]
fn secrets_never_show() {
    let secret = Secret::new("hunter2".into());
    assert_eq!(format!("{secret:?} {secret}"), "****** ******");
    assert_eq!(secret.reveal(), "hunter2");
}

#[test]
fn what_cannot_be_read_is_one_problem_and_its_default_goes_on() {
    let (settings, problems) = read(&[("route.default", "stdout"), ("flush_timeout", "soon")]);
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(settings.flush_timeout, Duration::from_secs(10));
}

/// A configuration whose metrics go to CloudWatch, with these keys besides.
fn with_metrics(more: &[(&str, &str)]) -> (Settings, Vec<String>) {
    let keys = [
        ("route.default", "stdout"),
        ("metrics.emf", "on"),
        ("metrics.destination", "m"),
        ("m.type", "cloudwatch"),
    ];
    read(&[&keys, more].concat())
}

#[test]
fn metrics_have_a_destination_of_their_own() {
    let (settings, problems) = with_metrics(&[]);
    assert_eq!(problems, [""; 0]);
    let emf = settings.emf.unwrap();
    assert_eq!(settings.destinations[emf.destination].name, "m");
    assert_eq!(
        (&*emf.namespace, emf.interval, emf.max_services),
        ("ecs_router", Duration::from_mins(1), 100)
    );
    assert!(settings.routes.iter().all(|route| !route.contains(&emf.destination)));
    let (settings, problems) = with_metrics(&[("metrics.emf", "off")]);
    assert_eq!((settings.emf, settings.destinations.len(), problems.len()), (None, 1, 0));
}

#[test]
fn what_would_keep_metrics_from_being_some_is_told() {
    for (more, told) in [
        (&[("route.stderr", "m")][..], "metrics.destination: 'm' is on a route too"),
        (&[("route.dead_letter", "m")], "metrics.destination: 'm' is on a route too"),
        (&[("m.type", "datadog")], "metrics.destination: 'm' is of type datadog"),
        (&[("m.log_key", "log")], "m.log_key: would take metrics apart"),
        (&[("m.include", "log")], "m.include: would take metrics apart"),
        (
            &[("m.auto_create_group", "on"), ("m.log_group_class", "INFREQUENT_ACCESS")],
            "m.log_group_class: is a class",
        ),
        (&[("metrics.interval", "10ms")], "metrics.interval: is shorter than 1s"),
        (&[("metrics.namespace", "AWS/ECS")], "metrics.namespace: begins with AWS/"),
        (&[("metrics.namespace", "a*b")], "metrics.namespace: is not a namespace"),
        (&[("metrics.destination", "")], "metrics.destination: is missing"),
        (&[("metrics.emf", "")], "metrics.destination: has no effect"),
    ] {
        let (_, problems) = with_metrics(more);
        assert!(problems.len() == 1 && problems[0].starts_with(told), "{more:?}: {problems:?}");
    }
}

#[test]
fn errors_and_warnings_have_routes_only_where_levels_are_read() {
    let keys = [("route.stderr", "file"), ("route.default", "stdout"), ("route.error", "cloudwatch")];
    let (settings, problems) = read(&[&keys[..], &[("level", "auto")]].concat());
    assert_eq!(problems, [""; 0]);
    assert_eq!(names(&settings, Class::Error), ["cloudwatch"]);
    assert!(!settings.levels.separates_warnings && names(&settings, Class::Warn).is_empty());
    let (settings, _) = read(&[&keys[..2], &[("level", "auto"), ("route.warn", "stdout")]].concat());
    assert_eq!(names(&settings, Class::Error), ["file"], "as standard error");
    assert!(settings.levels.separates_warnings && names(&settings, Class::Warn) == ["stdout"]);
    let (settings, problems) = read(&keys);
    assert_eq!(problems, [""; 0], "a key of no effect stops nothing");
    assert!(names(&settings, Class::Error).is_empty() && settings.destinations.len() == 2);
}

#[test]
fn what_has_no_effect_without_levels_is_told() {
    let idle = |pairs: &[(&str, &str)]| {
        let map: BTreeMap<String, String> = pairs.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        let settings = read(pairs).0;
        idle_level_routes(&map, &settings.levels, &settings.classes)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let keys = [("route.default", "stdout"), ("route.error", "stdout")];
    let said = |level: &str| {
        format!(
            "route.error: has no effect with level {level}, which reads no record; write level auto, or leave route.error out"
        )
    };
    assert_eq!(idle(&keys), [said("off")]);
    assert_eq!(idle(&[&keys[..], &[("level", "stream")]].concat()), [said("stream")]);
    assert_eq!(idle(&[&keys[..], &[("level", "auto")]].concat()), [""; 0]);
    let own = [("classes", "error"), ("class.error.match", "log x")];
    assert_eq!(idle(&[&keys[..], &own].concat()), [""; 0], "a class of the user's own");
    let (_, problems) = read(&[&keys[..], &own, &[("level", "auto")]].concat());
    assert!(problems[0].starts_with("classes: 'error' is the class that level auto gives"), "{problems:?}");
    let (_, problems) = read(&[("route.default", "stdout"), ("level.field", "x")]);
    assert_eq!(problems, ["level.field: has no effect without level auto; leave level.field out"]);
    for field in ["$(status)", "$log['level']", "$level", "log['level']", "status, severity"] {
        let (_, problems) = read(&[("route.default", "stdout"), ("level", "auto"), ("level.field", field)]);
        let said = format!("level.field: '{field}' is not the name of a field; write the name alone");
        assert!(matches!(problems.as_slice(), [one] if one.starts_with(&said)), "{problems:?}");
    }
    let (_, problems) = read(&[("route.stdout", "stdout"), ("route.stop", "stdout"), ("level", "auto")]);
    assert_eq!(problems.len(), 1, "one line says that standard error has no route: {problems:?}");
}

#[test]
fn classes_have_commas_between_them() {
    for names in ["health audit", "health; audit"] {
        let (_, problems) = read(&[("route.default", "stdout"), ("classes", names)]);
        let said = format!("classes: '{names}' cannot be the name of a class; write names without blanks");
        assert!(matches!(problems.as_slice(), [one] if one.starts_with(&said)), "{problems:?}");
    }
}
