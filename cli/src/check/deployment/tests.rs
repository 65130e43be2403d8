use crate::check::check_deployment;
use crate::config::read_as;

const CONFIGURATION: &str = "[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 2\n    Retry_Limit no_limits\n    exit_timeout 20s\n    route.default http\n    http.url ${URL}\n    http.region ${AWS_REGION}\n";

fn router(more: &str) -> String {
    format!(
        r#"[{{"name": "app", "image": "x", "logConfiguration": {{"logDriver": "awsfirelens"}}}},
{{"name": "router", "image": "x", {more} "firelensConfiguration": {{"type": "fluentbit", "options":
{{"config-file-type": "file", "config-file-value": "/extra.conf"}}}}}}]"#
    )
}

fn said(files: &[(&str, &str)]) -> Vec<String> {
    let read = files.iter().map(|(name, text)| read_as(name, text)).collect();
    check_deployment(read).iter().map(ToString::to_string).filter(|line| !line.contains(": note: ")).collect()
}

/// The same configuration with these lines of the plugin's own.
fn of_output(lines: &str) -> String {
    format!("{}{lines}", CONFIGURATION.split("    route.default").next().expect("the start"))
}

fn beside(more: &str) -> Vec<String> {
    let configuration = CONFIGURATION.replace("    http.region ${AWS_REGION}\n", "");
    said(&[("task.json", &router(more)), ("extra.conf", &configuration)])
}

const URL: &str = r#""environment": [{"name": "URL", "value": "https://x/"}],"#;

#[test]
fn the_task_gives_what_the_configuration_asks_for() {
    let found = beside(r#""stopTimeout": 60,"#);
    assert!(
        matches!(found.as_slice(), [one] if one.starts_with("extra.conf:11: error: http.url: the router does not get ${URL}")),
        "{found:?}"
    );
    for given in [
        URL,
        r#""secrets": [{"name": "URL", "valueFrom": "arn"}],"#,
        r#""environmentFiles": [{"value": "arn:aws:s3:::b/k.env", "type": "s3"}],"#,
    ] {
        assert_eq!(beside(&format!(r#""stopTimeout": 60, {given}"#)), [""; 0], "{given}");
    }
}

#[test]
fn the_router_has_time_to_end() {
    let found = beside(URL);
    assert!(
        matches!(found.as_slice(), [one] if one.contains("stopTimeout: is not set and 30 s, but the router may need 50 s")),
        "{found:?}"
    );
    let found = beside(&format!(r#""stopTimeout": 49, {URL}"#));
    assert!(
        matches!(found.as_slice(), [one] if one.contains("is 49 s, but the router may need 50 s")),
        "{found:?}"
    );
    assert_eq!(beside(&format!(r#""stopTimeout": 50, {URL}"#)), [""; 0]);
}

#[test]
fn nothing_to_check_is_never_nothing_wrong() {
    for (name, text, part) in [
        ("x.conf", "", "empty"),
        ("x.conf", "# only a comment\n", "empty"),
        ("x.yaml", "", "empty"),
        ("x.conf", "[SERVICE]\n    Flush 1\n", "no output ecs_router"),
        ("x.conf", "[OUTPUT]\n    Name stdout\n    Match *\n", "only stdout"),
        ("x.yaml", "pipeline:\n  inputs:\n    - name: dummy\n", "no output ecs_router"),
        ("x.json", r#"{"containerDefinitions": [{"name": "a", "image": "b"}]}"#, "in its image"),
        ("x.json", r#"{"Resources": {}}"#, "no output ecs_router"),
    ] {
        let found = said(&[(name, text)]);
        assert!(
            matches!(found.as_slice(), [one] if one.contains(": warning: nothing to check") && one.contains(part)),
            "{text}\n{found:?}"
        );
    }
    let beside_it = said(&[
        ("a.conf", "[PARSER]\n    Name x\n    Format json\n"),
        (
            "b.conf",
            &CONFIGURATION.replace("${URL}", "https://x/").replace("    http.region ${AWS_REGION}\n", ""),
        ),
    ]);
    assert_eq!(beside_it, [""; 0]);
}

#[test]
fn a_file_without_outputs_does_not_hide_that_there_is_none() {
    let task = |file: &str| {
        let read = format!(r#""options": {{"config-file-type": "file", "config-file-value": "{file}"}}"#);
        router(&format!(r#""stopTimeout": 60, {URL}"#))
            .replace(r#""type": "fluentbit""#, &format!(r#""type": "fluentbit", {read}"#))
    };
    let loading = "[SERVICE]\n    Flush 1\n    Grace 30\n    Plugins_File /ecs-router/plugins.conf\n";
    let is_told = |files: &[(&str, &str)]| {
        let found = said(files);
        found.iter().any(|line| line.contains("no container of the task logs to an output ecs_router"))
    };
    assert!(is_told(&[("task.json", &task("/ecs-router/load.conf"))]));
    assert!(is_told(&[("task.json", &task("/ecs-router/load.conf")), ("load.conf", loading)]));
    assert!(is_told(&[("task.json", &task("/mine/own.conf")), ("own.conf", loading)]));
    assert!(!is_told(&[("task.json", &task("/mine/own.conf"))]));
    assert!(!is_told(&[("task.json", &task("/ecs-router/extra.conf"))]));
}

/// What is said of these lines of `[SERVICE]` and this `Match` beside a task whose router is asked at this port.
fn beside_health(service: &str, pattern: &str, port: u16) -> Vec<String> {
    let health = format!(
        r#""healthCheck": {{"command": ["CMD-SHELL", "curl -f http://127.0.0.1:{port}/ || exit 1"]}}, "stopTimeout": 60, {URL}"#
    );
    let configuration = CONFIGURATION
        .replace("    http.region ${AWS_REGION}\n", "")
        .replace("    Grace 30\n", &format!("    Grace 30\n{service}"))
        .replace("*-firelens-*", pattern);
    said(&[("task.json", &router(&health)), ("extra.conf", &configuration)])
}

#[test]
fn the_health_check_asks_a_port_that_answers() {
    let server = "    HTTP_Server On\n    HTTP_Port 2021\n";
    for (service, part) in
        [(server, "asks port 2020, but HTTP_Port is 2021"), ("", "asks port 2020, but HTTP_Server is not on")]
    {
        let found = beside_health(service, "*-firelens-*", 2020);
        assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{found:?}");
    }
    assert_eq!(beside_health(server, "*-firelens-*", 2021), [""; 0]);
    assert_eq!(beside_health("    HTTP_Server On\n", "*-firelens-*", 2020), [""; 0]);
}

#[test]
fn health_is_asked_where_it_is_told() {
    let said_of = |service: &str, path: &str| {
        let command = format!(r#"["CMD-SHELL", "curl -f http://127.0.0.1:2020{path} || exit 1"]"#);
        let health = format!(r#""healthCheck": {{"command": {command}}}, "stopTimeout": 60, {URL}"#);
        let configuration = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n    HTTP_Server On\n{service}[OUTPUT]\n    Name ecs_router\n    \
             Match *-firelens-*\n    Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n"
        );
        said(&[("task.json", &router(&health)), ("extra.conf", &configuration)])
    };
    let found = said_of("", "/api/v1/health");
    assert!(
        matches!(found.as_slice(), [one] if one.contains("write Health_Check On in [SERVICE]")),
        "{found:?}"
    );
    for (service, path) in [
        ("    Health_Check On\n", "/api/v1/health"),
        ("    Health_Check ${H}\n", "/api/v1/health"),
        ("", "/"),
    ] {
        let found = said_of(service, path);
        assert!(!found.iter().any(|line| line.contains("healthCheck")), "{service}{path}: {found:?}");
    }
}

#[test]
fn an_output_is_for_a_container_that_exists() {
    let server = "    HTTP_Server On\n";
    let found = beside_health(server, "web-firelens-*", 2020);
    assert!(
        matches!(found.as_slice(), [one] if one.contains("fits no container of the task that logs through FireLens: app")),
        "{found:?}"
    );
    for pattern in ["app-firelens-*", "a*"] {
        assert_eq!(beside_health(server, pattern, 2020), [""; 0], "{pattern}");
    }
}

/// What is said of an output with these lines beside a router with this environment.
fn with_environment(name: &str, value: &str, lines: &str) -> Vec<String> {
    let environment =
        format!(r#""stopTimeout": 60, "environment": [{{"name": "{name}", "value": "{value}"}}],"#);
    said(&[("task.json", &router(&environment)), ("extra.conf", &of_output(lines))])
}

const ARCHIVE: &str = "    route.default s3\n    s3.region eu-west-1\n    s3.bucket logs\n";

#[test]
fn what_the_task_gives_is_checked_like_what_the_file_says() {
    let bucket = ARCHIVE.replace("logs", "${X}");
    let keyed = |key: &str| format!("{ARCHIVE}    s3.key {key}\n");
    let minutes = keyed("${X}/%Y/%H/%M/$(uuid).json");
    for (value, lines, part) in [
        ("a", minutes.as_str(), "an object a minute"),
        ("arn:aws:s3:::x", &bucket, "s3.bucket: "),
        ("s3://x/", &bucket, "s3.bucket: "),
        ("/a", &keyed("${X}/$(uuid)"), "begins with /"),
        ("us-esat-1", &ARCHIVE.replace("eu-west-1", "${X}"), "s3.region: "),
        ("a", &ARCHIVE.replace("logs", "${X}   # comment"), "ends with a comment"),
    ] {
        let found = with_environment("X", value, lines);
        assert!(found.iter().any(|line| line.contains(part)), "{value} {lines}\n{found:?}");
    }
    let found = with_environment("X", "s3://logs/ecs", &keyed("${X}/%Y/$(uuid).json"));
    assert!(matches!(found.as_slice(), [one] if one.contains("s3.key: is an address")), "{found:?}");
    for (value, lines) in [("a", keyed("${X}/%Y/%H/$(uuid).json")), ("logs", bucket.clone())] {
        assert_eq!(with_environment("X", value, &lines), [""; 0], "{value} {lines}");
    }
}

#[test]
fn what_stands_around_a_variable_is_checked_without_its_value() {
    let alone = |lines: &str| said(&[("extra.conf", &of_output(&format!("{ARCHIVE}{lines}")))]);
    for (lines, part) in [
        ("    s3.key ${X}/%Y/%H/%M/$(uuid).json\n", "an object a minute"),
        ("    s3.key /${X}/$(uuid).json\n", "begins with /"),
        ("    s3.key ${X}/$(uuid).json # why\n", "ends with a comment"),
    ] {
        let found = alone(lines);
        assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{lines} {found:?}");
    }
    assert_eq!(alone("    s3.key ${X}/%Y/%H/$(uuid).json\n"), [""; 0]);
    let text = format!("{ARCHIVE}    s3.key a\n").replace("logs", "arn:aws:s3:::${X}");
    let found = said(&[("extra.conf", &of_output(&text))]);
    assert!(matches!(found.as_slice(), [one] if one.contains("begins with arn:")), "{found:?}");
}

#[test]
fn a_secret_does_not_belong_into_the_environment() {
    let lines = "    route.default datadog\n    datadog.api_key ${X}\n";
    let key = "0123456789abcdef0123456789abcdef";
    let arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:dd-AbCdEf";
    for (name, value, lines, part) in [
        ("X", key, lines.to_owned(), "warning: container router: environment: X is a secret, in clear text"),
        ("X", arn, lines.to_owned(), "error: container router: environment: X is the ARN of a secret"),
        ("OTHER_API_KEY", key, ARCHIVE.to_owned(), "OTHER_API_KEY is a secret"),
        ("Y", "z", ARCHIVE.to_owned() + "    route.stop datadog\n    datadog.api_kye abc\n", "in clear text"),
    ] {
        let found = with_environment(name, value, &lines);
        assert!(found.iter().any(|line| line.contains(part)), "{name} {value}\n{found:?}");
        assert!(!found.iter().any(|line| line.contains(key)), "the secret is printed: {found:?}");
    }
    assert_eq!(with_environment("TOKEN_COUNT", "5", ARCHIVE), [""; 0]);
}

#[test]
fn the_command_of_the_plugin_asks_the_usual_port() {
    let own = |command: &str, service: &str| {
        let health = format!(r#""healthCheck": {{"command": {command}}}, "stopTimeout": 60, {URL}"#);
        let configuration = CONFIGURATION
            .replace("    http.region ${AWS_REGION}\n", "")
            .replace("    Grace 30\n", &format!("    Grace 30\n{service}"));
        said(&[("task.json", &router(&health)), ("extra.conf", &configuration)])
    };
    let plain = r#"["CMD", "/ecs-router/ecs-router", "health"]"#;
    let other = r#"["CMD", "/ecs-router/ecs-router", "health", "--address", "127.0.0.1:2021"]"#;
    let on = "    HTTP_Server On\n    HTTP_Port 2021\n";
    for (command, service) in [(plain, on), (other, "    HTTP_Server On\n"), (plain, "    HTTP_Server Off\n")]
    {
        let found = own(command, service);
        assert!(matches!(found.as_slice(), [one] if one.contains("never healthy")), "{service} {found:?}");
    }
    for (command, service) in [(other, on), (plain, "    HTTP_Server On\n")] {
        assert_eq!(own(command, service), [""; 0], "{service}");
    }
}

#[test]
fn parts_of_a_deployment_are_no_mistake() {
    let collector = r#"{"family": "c", "containerDefinitions": [{"name": "c", "image": "x",
        "command": ["-c", "/ecs-router/fluent-bit.conf"]}]}"#;
    let resources = r#"{"Resources": {"Logs": {"Type": "AWS::Logs::LogGroup"}}}"#;
    for (name, text) in [("task.json", collector), ("resources.json", resources)] {
        assert_eq!(said(&[(name, text)]), [""; 0], "{name}");
        let all = check_deployment(vec![read_as(name, text)]);
        assert!(all.iter().any(|finding| finding.message.contains("nothing to check")), "{name} {all:?}");
    }
    let policy = r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"}]}"#;
    let configuration = of_output("    route.default http\n    http.url https://x/\n");
    for (name, text) in [("policy.json", policy), ("Dockerfile", "FROM debian\nCOPY a b\n")] {
        assert_eq!(said(&[(name, text), ("extra.conf", &configuration)]), [""; 0], "{name}");
    }
    let found = said(&[("Dockerfile", "FROM debian\nCOPY a b\n")]);
    assert!(matches!(found.as_slice(), [one] if one.contains("nothing to check")), "alone: {found:?}");
    let pattern = r#"{"source": ["aws.ecs"], "detail-type": ["ECS Service Action"], "resources": ["x"]}"#;
    for (name, text) in [("policy.json", policy), ("pattern.json", pattern)] {
        assert_eq!(said(&[(name, text)]), [""; 0], "{name}");
    }
}

/// Everything, notes too, that is said of this file beside a task whose application has these options.
fn beside_options(options: &str, configuration: &str, name: &str) -> Vec<String> {
    let task = router(&format!(r#""stopTimeout": 60, {URL}"#)).replace(
        r#""logDriver": "awsfirelens""#,
        &format!(r#""logDriver": "awsfirelens", "options": {{{options}}}"#),
    );
    let read = vec![read_as("task.json", &task), read_as(name, configuration)];
    check_deployment(read).iter().map(ToString::to_string).collect()
}

#[test]
fn the_pipeline_goes_with_firelens() {
    let good = CONFIGURATION.replace("    http.region ${AWS_REGION}\n", "");
    let with = |more: &str| format!("{good}{more}");
    let destination = |(name, region)| {
        format!("    {name}.type cloudwatch\n    {name}.log_group {name}\n    {name}.region {region}\n")
    };
    let destinations = [("a", "eu-west-1"), ("b", "eu-west-1"), ("c", "us-east-1")].map(destination);
    let regions = of_output(&format!("    route.default a,b,c\n{}", destinations.concat()));
    let other = r#""Name": "cloudwatch_logs", "region": "eu-west-1", "log_group_name": "g", "log_stream_prefix": "x""#;
    for (options, configuration, name, part) in [
        (
            "",
            with("[INPUT]\n    Name forward\n    unix_path /var/run/fluent.sock\n"),
            "extra.conf",
            "error: unix_path: is /var/run/fluent.sock",
        ),
        (
            "",
            with("[INPUT]\n    Name forward\n    Listen 127.0.0.1\n    Port 24224\n"),
            "extra.conf",
            "error: Port: is 24224",
        ),
        (
            "",
            with("[FILTER]\n    Name grep\n    Match web-*\n    Regex log x\n"),
            "extra.conf",
            "warning: Match: 'web-*' fits no container",
        ),
        (
            "",
            good.clone(),
            "exrta.conf",
            "warning: container router: config-file-value: names the file extra.conf",
        ),
        (
            "",
            good.clone(),
            "fluent-bit.conf",
            "note: container router: config-file-value: names the file extra.conf",
        ),
        (
            r#""Name": "ecs_router", "Retry_Limit": "no_limits", "Workers": "2", "route.default": "stdout""#,
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n".to_owned(),
            "load-all.conf",
            "note: container router: config-file-value: names the file extra.conf",
        ),
        (
            other,
            good.clone(),
            "extra.conf",
            "note: container app: options: the lines go to cloudwatch_logs and",
        ),
        ("", regions, "extra.conf", "note: c.region: is us-east-1"),
    ] {
        let found = beside_options(options, &configuration, name);
        assert!(found.iter().any(|line| line.contains(part)), "{part}\n{found:?}");
    }
    let fine = with(
        "[INPUT]\n    Name forward\n    Listen 127.0.0.1\n    Port 24225\n[FILTER]\n    Name grep\n    Match app-*\n    Regex log x\n",
    );
    let found = beside_options("", &fine, "extra.conf");
    assert!(found.iter().all(|line| line.contains("note: http: sends to")), "{found:?}");
}

/// A task of its own with the plugin, and the configuration in its image.
fn collector(more: &str, configuration: &str) -> Vec<String> {
    let task = format!(
        r#"{{"family": "c", {more} "containerDefinitions": [{{"name": "c", "image": "x", "stopTimeout": 60, {URL}
        "command": ["-c", "/ecs-router/fluent-bit.conf"],
        "healthCheck": {{"command": ["CMD", "/ecs-router/ecs-router", "health"]}}}}]}}"#
    );
    said(&[("task.json", &task), ("fluent-bit.conf", configuration)])
}

#[test]
fn a_collector_is_checked_against_its_file() {
    let good = CONFIGURATION
        .replace("    http.region ${AWS_REGION}\n", "")
        .replace("    Grace 30\n", "    Grace 30\n    HTTP_Server On\n");
    let signing = good.replace(
        "route.default http\n    http.url ${URL}",
        "route.default cloudwatch\n    cloudwatch.log_group g\n    cloudwatch.region eu-west-1",
    );
    let fargate =
        r#""requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512","#;
    for (more, configuration, part) in [
        (
            "",
            good.replace("HTTP_Server On", "HTTP_Server Off"),
            "HTTP_Server is not on: the router is never healthy",
        ),
        ("", good.replace("${URL}", "${ULR}"), "the router does not get ${ULR}"),
        (fargate, signing, "taskRoleArn: is missing, and cloudwatch wants"),
    ] {
        let found = collector(more, &configuration);
        assert!(
            found.iter().any(|line| line.contains(": error: ") && line.contains(part)),
            "{part} {found:?}"
        );
    }
    assert!(
        !collector("", &good).iter().any(|line| line.contains(": error: ")),
        "{:?}",
        collector("", &good)
    );
}

#[test]
fn the_lines_that_the_recorder_holds_fit_into_the_routers_memory() {
    let recorder = "    level auto\n    route.default stdout\n    route.stdout drop\n    route.other drop\n    recorder.window 5m\n    recorder.destination stdout\n";
    let found = |memory: &str, keys: &str| {
        let router = router(&format!(r#""memory": {memory}, "stopTimeout": 60,"#));
        let configuration = of_output(&format!("{recorder}{keys}"));
        let found = said(&[("task.json", &router), ("extra.conf", &configuration)]);
        found.into_iter().filter(|line| line.contains("recorder")).collect::<Vec<_>>()
    };
    assert_eq!(found("128", ""), [""; 0]);
    let small = found("90", "");
    assert!(
        small.len() == 1 && small[0].contains("memory: is 90 MiB, but recorder.max_bytes alone is 31 MiB"),
        "{small:?}"
    );
    assert!(found("128", "    recorder.max_bytes 100M\n")[0].contains("write 160 or more"));
}

#[test]
fn terraform_beside_other_files_is_no_mistake() {
    let tf = ("main.tf", "resource \"aws_ecs_task_definition\" \"web\" {\n}\n");
    let given = r#""stopTimeout": 60, "environment": [{"name": "URL", "value": "https://x/"}],"#;
    let configuration = CONFIGURATION.replace("    http.region ${AWS_REGION}\n", "");
    let task = router(given);
    let files = [("task.json", task.as_str()), ("extra.conf", configuration.as_str())];
    assert_eq!(said(&[files[0], files[1], tf]), [""; 0]);
    for alone in [&[tf][..], &[tf, ("variables.tf", "variable \"x\" {\n}\n")]] {
        let found = said(alone);
        assert!(found.len() == alone.len() && found[0].contains("terraform show -json"), "{found:?}");
    }
}

#[test]
fn what_was_to_be_replaced_is_told() {
    let with = |value: &str| {
        beside(&format!(
            r#""stopTimeout": 60, "environment": [{{"name": "URL", "value": "https://x/"}}, {{"name": "B", "value": "{value}"}}],"#
        ))
    };
    let found = with("<bucket>");
    assert!(matches!(found.as_slice(), [one] if one.contains("B: <bucket> was to be replaced")), "{found:?}");
    for right in ["a < b > c", "(?<user>[a-z]+)", "<3>", "my-logs"] {
        assert_eq!(with(right), [""; 0], "{right}");
    }
}

#[test]
fn addresses_are_those_of_the_region_that_the_router_gets() {
    let configuration = of_output(
        "    route.default logs\n    logs.type cloudwatch\n    logs.log_group /x\n    logs.log_stream y\n",
    );
    let note = |environment: &str| {
        let router = router(&format!(r#""stopTimeout": 60, "environment": [{environment}],"#));
        let read = vec![read_as("task.json", &router), read_as("extra.conf", &configuration)];
        let found = check_deployment(read).iter().map(ToString::to_string).collect::<Vec<_>>();
        found.into_iter().find(|line| line.contains("sends to")).unwrap_or_default()
    };
    for (environment, host) in [
        (r#"{"name": "AWS_REGION", "value": "eu-west-1"}"#, "logs.eu-west-1.amazonaws.com"),
        (r#"{"name": "AWS_DEFAULT_REGION", "value": "ap-northeast-1"}"#, "logs.ap-northeast-1.amazonaws.com"),
        (
            r#"{"name": "AWS_DEFAULT_REGION", "value": "us-east-1"}, {"name": "AWS_REGION", "value": "eu-west-1"}"#,
            "logs.eu-west-1.amazonaws.com",
        ),
        (r#"{"name": "AWS_REGION", "value": "${REGION}"}"#, "logs.<region>.amazonaws.com"),
        ("", "logs.<region>.amazonaws.com"),
    ] {
        assert!(note(environment).contains(host), "{environment}: {}", note(environment));
    }
}

#[test]
fn every_container_has_an_output() {
    let task = |options: &str, file: &str| {
        let own = r#""options": {"Name": "ecs_router", "Workers": "2", "Retry_Limit": "no_limits", "route.default": "stdout"}"#;
        format!(
            r#"[{{"name": "app", "image": "x", "logConfiguration": {{"logDriver": "awsfirelens", {own}}}}},
{{"name": "worker", "image": "x", "logConfiguration": {{"logDriver": "awsfirelens"{options}}}}},
{{"name": "router", "image": "x", "firelensConfiguration": {{"type": "fluentbit", "options":
{{"config-file-type": "file", "config-file-value": "{file}"}}}}}}]"#
        )
    };
    let nowhere = |files: &[(&str, &str)]| {
        said(files).into_iter().filter(|line| line.contains("goes nowhere")).collect::<Vec<_>>()
    };
    for options in ["", r#", "options": null"#] {
        let found = nowhere(&[("task.json", &task(options, "/ecs-router/load.conf"))]);
        assert!(
            matches!(found.as_slice(), [one] if one.contains(": error: container worker: logConfiguration: has no options, and /ecs-router/load.conf has no output")),
            "{found:?}"
        );
    }
    let other = r#", "options": {"Name": "stdout"}"#;
    assert_eq!(nowhere(&[("task.json", &task(other, "/ecs-router/load.conf"))]), [""; 0]);
    assert_eq!(nowhere(&[("task.json", &task("", "/extra.conf"))]), [""; 0]);
    let output = of_output("    route.default stdout\n");
    assert_eq!(
        nowhere(&[("task.json", &task("", "/ecs-router/load.conf")), ("load.conf", &output)]),
        [""; 0]
    );
}
