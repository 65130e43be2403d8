//! Options of log drivers, names of variables and the like, which ECS or the agent refuses.

use super::{FIRELENS, assert_says, said, task};

#[test]
fn options_and_names_that_keep_a_container_from_starting_are_errors() {
    let awslogs = |options: &str| {
        task("", "", "")
            .replace("\"awslogs-group\": \"/x\"", &format!("\"awslogs-group\": \"/x\", {options}"))
    };
    for (options, part) in [
        (r#""awslogs-streamprefix": "x""#, "did you mean awslogs-stream-prefix?"),
        (r#""mode": "nonblocking""#, "neither blocking nor non-blocking"),
        (r#""mode": "blocking", "max-buffer-size": "25m""#, "has no buffer to size"),
        (r#""awslogs-multiline-pattern": "^x", "awslogs-datetime-format": "%Y""#, "cannot be used together"),
        (r#""awslogs-create-group": null"#, "must be a string"),
    ] {
        assert_says(&awslogs(options), "error", part);
    }
    let group = task("", "", "").replace("\"/x\"", "\"/ecs/web logs\"");
    assert_says(&group, "error", "' ' may not stand in the name of a log group");
    let fine = r#""mode": "non-blocking", "max-buffer-size": "25m", "awslogs-create-group": "true""#;
    assert_eq!(said(&awslogs(fine)), [""; 0]);
    let limit = |text: &str| {
        task("", "", "")
            .replace("\"Workers\"", &format!("\"log-driver-buffer-limit\": \"{text}\", \"Workers\""))
    };
    assert_says(&limit("2GB"), "error", "is not a number of bytes");
    assert_eq!(said(&limit("2097152")), [""; 0]);
    let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:web-AbCdEf";
    for (app, severity, part) in [
        (
            r#""environment": [{"name": "A=B", "value": "x"}],"#.to_owned(),
            "error",
            "cannot be the name of a variable",
        ),
        (r#""pseudoTerminal": true,"#.to_owned(), "warning", "route.stderr gets nothing"),
        (format!(r#""secrets": [{{"name": "A", "valueFrom": "{arn}:key"}}],"#), "error", "AbCdEf:KEY::"),
        (
            r#""environment": [{"name": "A", "value": "{{resolve:secretsmanager:x}}"}],"#.to_owned(),
            "warning",
            "only CloudFormation replaces {{resolve:",
        ),
        (
            r#""healthCheck": {"command": ["CMD", "curl", "localhost", "||", "exit", "1"]},"#.to_owned(),
            "error",
            "only CMD-SHELL has a shell",
        ),
    ] {
        assert_says(&task("", &app, ""), severity, part);
    }
    let option = |value: &str| {
        let secret = format!(
            r#""secretOptions": [{{"name": "http.bearer_token", "valueFrom": "{value}"}}], "options""#
        );
        let url = r#""route.default": "http", "http.url": "https://a.example/in""#;
        task("", "", "").replacen("\"options\"", &secret, 1).replace(r#""route.default": "stdout""#, url)
    };
    for (value, part) in
        [("", "'' is not the ARN"), ("p4ss w0rd!", "neither an ARN"), (&format!("{arn}:key"), ":KEY::")]
    {
        assert_says(&option(value), "error", part);
    }
    assert_says(
        &task("", r#""environment": [{"name": "A", "value": null}],"#, ""),
        "error",
        "ECS wants a string",
    );
    assert_eq!(
        said(&task("", &format!(r#""secrets": [{{"name": "A", "valueFrom": "{arn}:key::"}}],"#), "")),
        [""; 0]
    );
    assert_says(&task("", "", r#""stopTimeout": 2,"#), "warning", "is 2 s");
    let file = |path: &str| {
        let options = format!(
            r#""type": "fluentbit", "options": {{"config-file-type": "file", "config-file-value": "{path}"}}"#
        );
        task("", "", "").replace(FIRELENS, &options)
    };
    assert_says(&file("/ecs-router/"), "error", "is a folder");
    assert_says(&file("/ecs-router/fluent-bit.yaml"), "error", "is YAML");
}

#[test]
fn options_without_the_name_of_an_output_keep_the_task_from_starting() {
    let ours =
        r#""Name": "ecs_router", "Workers": "2", "Retry_Limit": "no_limits", "route.default": "stdout""#;
    let options = |text: &str| task("", "", "").replace(ours, text);
    for (text, part) in [
        (
            r#""awslogs-group": "/x", "awslogs-region": "eu-west-1""#,
            "awslogs-group, awslogs-region but no Name",
        ),
        (r#""mode": "non-blocking""#, "has mode but no Name"),
        (r#""enable-ecs-log-metadata": "true""#, "or write \"Name\": \"ecs_router\""),
    ] {
        assert_says(&options(text), "error", part);
    }
    let no_name = |text: &str| said(&options(text)).into_iter().any(|line| line.contains("no Name"));
    for text in [r#""log-driver-buffer-limit": "2097152""#, r#""@type": "null""#, ""] {
        assert!(!no_name(text), "{text}");
    }
}

#[test]
fn a_number_in_quotation_marks_is_shown_without_its_unit() {
    let check = r#""healthCheck": {"command": ["CMD", "x"], "interval": "10s"},"#;
    assert_says(&task("", check, ""), "error", "write 10");
    assert!(!said(&task("", check, "")).iter().any(|line| line.contains("write 10s")));
    let seconds = task("", r#""stopTimeout": "30 seconds","#, "");
    assert!(said(&seconds).iter().any(|line| line.ends_with("in quotation marks; write 30")), "{seconds}");
    let mount = r#""mountPoints": [{"sourceVolume": "spoool", "containerPath": "/spool"}],"#;
    let volumes = r#""volumes": [{"name": "spool"}],"#;
    assert_says(&task(volumes, mount, ""), "error", "did you mean spool?");
}

#[test]
fn patterns_of_firelens_are_regular_expressions() {
    let with = |key: &str, pattern: &str| {
        task("", "", "").replace("\"Workers\"", &format!("\"{key}\": \"{pattern}\", \"Workers\""))
    };
    assert_says(&with("exclude-pattern", "*health*"), "error", "write \"health\", which is found anywhere");
    assert_says(&with("include-pattern", "["), "error", "'[' is not a regular expression (unclosed");
    for pattern in ["^GET /health", "(?!x)y", "\\\\d+", "ELB-HealthChecker"] {
        assert_eq!(said(&with("exclude-pattern", pattern)), [""; 0], "{pattern}");
    }
}
