use crate::check::check_deployment;
use crate::check::tests::of_lines;
use crate::config::read_as;

/// What is said of one line; the output has nothing else to say something of.
fn of(line: &str) -> Vec<String> {
    let rest = "    route.default s3, cloudwatch\n    s3.bucket logs\n    cloudwatch.log_group g\n    queue.url \
                https://sqs.eu-west-1.amazonaws.com/111122223333/stops\n";
    let text: String = match line.starts_with("queue.url") {
        true => rest
            .lines()
            .filter(|other| !other.contains("queue.url"))
            .map(|line| format!("{line}\n"))
            .collect(),
        false => rest.to_owned(),
    };
    let key = line.split(' ').next().unwrap_or_default();
    let found = of_lines(&format!("{text}    {line}\n"));
    found.into_iter().filter(|found| found.contains(&format!(" {key}: "))).collect()
}

#[track_caller]
fn says(line: &str, expected: &str) {
    let found = of(line);
    assert!(matches!(found.as_slice(), [one] if one.contains(expected)), "{line}: {found:?}");
}

#[test]
fn regions_that_do_not_exist_are_named_with_the_one_that_was_meant() {
    for (written, meant) in [
        ("eu-west1", "did you mean eu-west-1?"),
        ("EU-WEST-1", "did you mean eu-west-1?"),
        ("eu-west-1a", "did you mean eu-west-1?"),
        ("us-est-1", "did you mean us-east-1?"),
        ("us_east_1", "did you mean us-east-1?"),
        ("$AWS_REGION", "write ${AWS_REGION} to take it from the environment"),
        ("Ireland", "write for example eu-west-1"),
    ] {
        says(&format!("s3.region {written}"), meant);
        says(&format!("queue.region {written}"), meant);
    }
    for known in ["eu-west-1", "cn-north-1", "us-gov-west-1", "${AWS_REGION}"] {
        assert_eq!(of(&format!("s3.region {known}")), [""; 0], "{known}");
    }
    says("cloudwatch.endpoint https://logs.eu-west1.amazonaws.com", "did you mean eu-west-1?");
    for fine in [
        "https://vpce-1.logs.eu-west-1.vpce.amazonaws.com",
        "http://localhost:4566",
        "https://eu-west9.example.com",
    ] {
        assert_eq!(of(&format!("cloudwatch.endpoint {fine}")), [""; 0], "{fine}");
    }
}

#[test]
fn arns_of_another_form_are_named() {
    for (value, expected) in [
        ("web-task", "write it in full: arn:aws:iam::111122223333:role/web-task"),
        ("role/web-task", "write it in full: arn:aws:iam::111122223333:role/web-task"),
        ("arn:aws:iam::1111:role/x", "the account '1111'"),
        ("arn:aws:iam::111122223333:user/x", "is not the ARN of a role"),
        ("arn:aws:iam::111122223333:role/", "is not the ARN of a role"),
        ("arn:aws:iam:eu-west-1:111122223333:role/x", "is not the ARN of a role"),
        ("arn:aws:sts::111122223333:assumed-role/x/y", "is not the ARN of a role"),
        ("arn:aws:iam", "is not the ARN of a role"),
    ] {
        says(&format!("s3.role_arn {value}"), expected);
        says(&format!("queue.role_arn {value}"), expected);
    }
    for fine in ["arn:aws:iam::111122223333:role/path/x", "arn:aws-cn:iam::111122223333:role/x", "${ROLE}"] {
        assert_eq!(of(&format!("s3.role_arn {fine}")), [""; 0], "{fine}");
    }
    says("queue.url https://sqs.eu-west-1.amazonaws.com/1111/stops", "an account of twelve digits");
    says("queue.url https://sqs.eu-west-1.amazonaws.com/stops", "an account of twelve digits");
    says("queue.url https://sqs.eu-west1.amazonaws.com/111122223333/stops", "did you mean eu-west-1?");
}

#[test]
fn times_that_cannot_be_meant_are_named() {
    for (line, expected) in [
        ("exit_timeout 20000", "counts seconds: 5 h 33 min; write 20s if milliseconds were meant, or 20000s"),
        ("exit_timeout 5000", "counts seconds: 1 h 23 min; write 5s"),
        ("exit_timeout 3m", "120 s at most"),
        ("exit_timeout 20ms", "what is left at the end is not delivered"),
        (
            "incident.remind 5",
            "is only 5 s: people get a reminder so often; write for example incident.remind 1h",
        ),
        ("incident.quiet 30d", "stays open for so long"),
        ("metrics.interval 1s", "each is a log event to pay for"),
        ("flush_timeout 2h", "is 2 h: "),
        ("flush_timeout 10ms", "is only 10 ms: "),
        ("stats_interval 1", "is only 1 s: "),
        ("s3.timeout 0", "every request fails"),
        ("s3.timeout 10000", "write 10s if milliseconds were meant"),
        ("s3.upload_timeout 30d", "is lost with the task"),
        ("s3.upload_timeout 1s", "S3 gets an object"),
        ("task_metadata.interval 1h", "told late"),
    ] {
        // The output of these tests has no incidents.
        let found = of(line).into_iter().filter(|found| !found.contains("no stop goes to a destination"));
        let found: Vec<String> = found.collect();
        assert!(found.iter().any(|found| found.contains(expected)), "{line}: {found:?}");
        assert_eq!(found.len(), 1, "{found:?}");
    }
    for fine in [
        "exit_timeout 20s",
        "exit_timeout 5000ms",
        "stats_interval 0",
        "s3.upload_timeout 0",
        "s3.timeout 30s",
    ] {
        assert_eq!(of(fine), [""; 0], "{fine}");
    }
}

#[test]
fn ecs_waits_for_grace_and_exit_timeout_together() {
    let with = |grace: &str, exit: &str| {
        let text = format!(
            "[SERVICE]\n    Grace {grace}\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 1\n    \
             Retry_Limit no_limits\n    route.default stdout\n    exit_timeout {exit}\n"
        );
        crate::check::tests::said("x", &text)
    };
    assert_eq!(with("60", "60s"), [""; 0]);
    assert!(with("100", "60s")[0].contains("exit_timeout: begins when Grace (1 min 40 s) ends"));
    assert!(with("30\n    Flush 5000", "5s")[0].contains("Flush: is 5000 s"));
    assert!(with("300", "5s")[0].starts_with("x:2: warning: Grace: is 5 min"));
    // The last one counts.
    assert_eq!(with("300\n    Grace 30", "5s"), [""; 0]);
    assert!(with("30\n    Grace 300", "5s")[0].starts_with("x:3: warning: Grace: is 5 min"));
}

#[test]
fn a_variable_that_the_file_sets_is_known() {
    let text = "@SET REGION=eu-west1\n[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    \
                Workers 1\n    Retry_Limit no_limits\n    route.default s3\n    s3.bucket logs\n    s3.region ${REGION}\n";
    let found = crate::check::tests::said("x", text);
    assert!(matches!(found.as_slice(), [one] if one.contains("did you mean eu-west-1?")), "{found:?}");
    assert_eq!(crate::check::tests::said("x", &text.replace("@SET REGION", "@SET OTHER")), [""; 0]);
}

#[test]
fn otlp_is_not_sent_to_the_port_for_grpc() {
    let with = |endpoint: &str| {
        crate::check::tests::of_lines(&format!("    route.default otlp\n    otlp.endpoint {endpoint}\n"))
    };
    assert!(with("http://localhost:4317").iter().any(|line| line.contains("write http://localhost:4318")));
    assert_eq!(with("http://localhost:4318"), [""; 0]);
}

/// What is said of a CloudWatch destination in eu-west-1 with these lines.
fn of_errors(lines: &str) -> Vec<String> {
    let lines: String = lines.split('|').map(|line| format!("    {line}\n")).collect();
    of_lines(&format!(
        "    route.default errors\n    errors.type cloudwatch\n    errors.log_group g\n    errors.region eu-west-1\n{lines}"
    ))
}

#[test]
fn addresses_belong_to_their_region_and_service() {
    for (lines, part) in [
        ("errors.endpoint logs.eu-west-1.amazonaws.com", "write https://logs.eu-west-1.amazonaws.com"),
        ("errors.endpoint localhost:4566", "lacks https:// in front"),
        ("errors.endpoint https://logs.us-east-1.amazonaws.com", "signed for another region"),
        ("errors.endpoint https://s3.eu-west-1.amazonaws.com", "this wants logs"),
        ("errors.endpoint https://proxy.example:99999", "'99999' is not a port"),
        ("errors.endpoint http://proxy.example:443", "servers speak https"),
        ("errors.role_arn arn:aws-gov:iam::111122223333:role/web", "write arn:aws-us-gov:iam::"),
        ("errors.role_arn arn:aws-cn:iam::111122223333:role/web", "eu-west-1 is in aws"),
        (
            "queue.url https://sqs.us-east-1.amazonaws.com/111122223333/q|queue.region eu-west-1|route.stop errors",
            "write queue.region us-east-1",
        ),
    ] {
        let found = of_errors(lines);
        assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{lines}: {found:#?}");
    }
    for lines in [
        "errors.endpoint https://logs.eu-west-1.amazonaws.com",
        "errors.endpoint https://vpce-1.logs.eu-west-1.vpce.amazonaws.com|errors.sts_endpoint https://sts.us-east-1.amazonaws.com",
        "errors.endpoint http://localhost:4566|errors.role_arn arn:aws:iam::111122223333:role/web",
        "errors.endpoint ${ENDPOINT}",
        "queue.url https://sqs.us-east-1.amazonaws.com/111122223333/q|route.stop errors",
    ] {
        assert_eq!(of_errors(lines), [""; 0], "{lines}");
    }
}

/// What is said of a destination `x` of this type with these lines.
fn of_x(kind: &str, lines: &str) -> Vec<String> {
    let lines: String = lines.split('|').map(|line| format!("    x.{line}\n")).collect();
    of_lines(&format!("    route.default x\n    x.type {kind}\n{lines}"))
}

#[test]
fn places_are_written_as_their_key_wants_them() {
    for (kind, lines, part) in [
        ("s3", "bucket my-logs.s3.amazonaws.com", "is the host of a bucket, not its name; write my-logs"),
        ("s3", "bucket my-logs.s3.eu-west-1.amazonaws.com", "write my-logs"),
        ("s3", "bucket b-1|key /ecs/$(uuid).json", "begins with /"),
        ("cloudwatch", "log_group g|log_key log, source", "wants one field"),
        ("cloudwatch", "log_group g|include log;source", "write log, source"),
        ("cloudwatch", "log_group g|log_stream web-yyyy-MM-dd", "is taken literally; write web-%Y-%m-%d"),
        ("s3", "bucket b-1|key ${P}/%{+yyyy/MM/dd}/$(uuid).json", "write ${P}/%Y/%m/%d/$(uuid).json"),
        ("s3", "bucket b-1|key ${P}/yyyy/MM/dd/$(uuid).json", "write ${P}/%Y/%m/%d/$(uuid).json"),
        ("s3", "bucket b-1|key YYYYMMDD/$(uuid).json", "write %Y%m%d/$(uuid).json"),
        ("cloudwatch", "log_group g|log_stream web-YYYY/MM/DD", "is taken literally; write web-%Y/%m/%d"),
        ("s3", "bucket b-1|spool_dir spool", "is below the folder that Fluent Bit happens to be started in"),
        ("s3", "bucket b-1|spool_dir s3://tmp/x", "must be a folder of the router's container"),
        ("file", "path logs/out.log", "is below the folder"),
        ("file", "path /var/log/", "is a folder, and must be a file"),
        ("file", "path /dev/stdout", "write the type stdout instead of file"),
        ("datadog", "api_key ${K}|tags env=prod team=web", "write env:prod,team:web"),
        ("datadog", "api_key ${K}|tags env=prod;team=web", "write env:prod,team:web"),
        ("datadog", "api_key ${K}|tags env:prod; team:web", "tags with ; between them"),
        (
            "newrelic",
            "license_key ${K}|site us|endpoint https://log-api.eu.newrelic.com/log/v1",
            "the site eu, but x.site is us",
        ),
        ("otlp", "endpoint http://localhost:4318/v1/traces", "takes no logs"),
        ("http", "url https://x.example:80/in", "is https on port 80"),
        (
            "http",
            "url https://x.example/in|headers Authorization: Bearer ${T}",
            "write Authorization=Bearer ${T}",
        ),
        ("file", "path /x/$[container_name].log", "write $(container_name)"),
        ("file", "path /x/{ecs_task_id}.log", "write $(ecs_task_id)"),
    ] {
        let found = of_x(kind, lines);
        assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{lines}: {found:#?}");
    }
    for (kind, lines) in [
        ("s3", "bucket my.logs.eu|key a/$(uuid).json|spool_dir ${SPOOL}"),
        ("file", "path /var/log/$(class)-{x}.ndjson"),
        ("datadog", "api_key ${K}|tags env:prod,team:a=b"),
        ("newrelic", "license_key ${K}|site eu|endpoint https://log-api.eu.newrelic.com/log/v1"),
        ("http", "url https://x.example:8443/in|headers X-Tenant=${T}"),
        ("otlp", "endpoint http://localhost:4318/v1/logs"),
    ] {
        assert_eq!(of_x(kind, lines), [""; 0], "{lines}");
    }
}

#[test]
fn a_regular_expression_stands_without_slashes() {
    let lines = "    classes audit\n    route.audit stdout\n    route.default stdout\n";
    let found = of_lines(&format!("{lines}    class.audit.match log /AUDIT/i\n"));
    assert!(matches!(found.as_slice(), [one] if one.contains("write log AUDIT")), "{found:?}");
    assert_eq!(of_lines(&format!("{lines}    class.audit.match log /api/v1/\n")), [""; 0]);
}

#[test]
fn a_class_names_the_field_to_look_in() {
    let of = |pattern: &str| {
        of_lines(&format!(
            "    route.default stdout\n    classes mine\n    route.mine drop\n    class.mine.match {pattern}\n"
        ))
    };
    let found = of("^GET /healthz");
    assert!(matches!(found.as_slice(), [one] if one.contains("write log ^GET /healthz")), "{found:?}");
    assert_eq!(of("log ^GET /healthz"), [""; 0]);
    assert_eq!(of("request.path ^/healthz"), [""; 0]);
}

#[test]
fn a_list_has_commas() {
    let of = |line: &str| of_lines(&format!("    route.default stdout\n    {line}\n"));
    let found = of("stop.ignore_containers envoy agent*");
    assert!(matches!(found.as_slice(), [one] if one.contains("write envoy, agent*")), "{found:?}");
    assert_eq!(of("stop.ignore_containers envoy, agent*"), [""; 0]);
    assert_eq!(of("stop.ignore_containers envoy"), [""; 0]);
}

#[test]
fn a_queue_is_read_through_tls() {
    says(
        "queue.url http://sqs.eu-west-1.amazonaws.com/111122223333/stops",
        "write https://sqs.eu-west-1.amazonaws.com/111122223333/stops",
    );
    assert_eq!(of("queue.url http://localhost:4566/000000000000/stops"), [""; 0]);
}

#[test]
fn names_that_aws_refuses_or_that_grow_without_end_are_named() {
    for (line, part) in [
        ("cloudwatch.log_group aws/ecs/web", "which CloudWatch keeps"),
        (&*format!("cloudwatch.log_group /{}", "x".repeat(600)), "has 601 characters"),
        ("cloudwatch.log_group /ecs/$(ecs_task_id)", "every task or line gets a log group"),
        ("cloudwatch.log_stream $(log)", "every line gets a name of its own"),
        ("cloudwatch.log_stream $(container_name)/%H%M%S", "a stream begins every minute or second"),
        ("cloudwatch.log_key $log", "write log"),
        ("cloudwatch.log_key $(log)", "write log"),
        ("s3.key s3://logs/ecs/%Y", "write ecs/%Y"),
        ("s3.key ecs/YYYY/MM/DD/x.json", "write ecs/%Y/%m/%d/x.json"),
        ("s3.key ecs/%Y/%m/%d/%h/x.json", "has %h in it, which is the month's name"),
        ("s3.key ecs/%Q/x.json", "has %Q in it, which is the name of a time zone"),
        ("s3.key ecs/%Y/%mm/x.json", "has %mm in it, which is %m and a letter"),
        ("s3.key ecs/%YYYY/x.json", "write %Y"),
        ("s3.key ecs/%Y/%m/%d/%I/x.json", "two hours of a day have one name"),
        ("cloudwatch.log_stream $(container_name)/%n", "has %n in it, which is a line break"),
        ("s3.key ecs/%Y/x.parquet", "objects are lines of JSON"),
        ("s3.bucket 192.168.1.1", "is an IP address"),
        ("s3.bucket xn--logs", "begins with xn--"),
    ] {
        says_more(line, part);
    }
    for fine in ["log_stream $(container_name)/%Y-%m-%d", "log_stream x/%I%p", "log_stream %d", "log_key log"]
    {
        assert_eq!(of(&format!("cloudwatch.{fine}")), [""; 0], "{fine}");
    }
}

#[test]
fn addresses_of_other_types_and_halves_of_credentials_are_named() {
    for (line, part) in [
        ("x.url https://hooks.slack.com/services/T/B/x", "write the type slack"),
        ("x.url https://http-intake.logs.datadoghq.eu/api/v2/logs", "write the type datadog"),
        ("x.url https://a.example/#/in", "write https://a.example/"),
        ("x.bearer_token Bearer ${TOKEN}", "write ${TOKEN}"),
        ("x.user me", "has no x.password beside it"),
        ("x.headers Authorization ${TOKEN}", "write Authorization=${TOKEN}"),
    ] {
        let url = if line.contains("url") { "" } else { "    x.url https://a.example/in\n" };
        let found = of_lines(&format!("    route.default x\n    x.type http\n{url}    {line}\n"));
        assert!(found.iter().any(|found| found.contains(part)), "{line}: {found:?}");
    }
    says_more("queue.url https://eu-west-1.console.aws.amazon.com/sqs/v3/home", "a page of the AWS console");
    says_more("cloudwatch.endpoint https://com.amazonaws.eu-west-1.logs", "the name of an endpoint service");
    says_more("cloudwatch.endpoint http://logs.eu-west-1.amazonaws.com", "without TLS");
    says_more("s3.bucket \"${BUCKET}\"", "write s3.bucket ${BUCKET}");
}

#[test]
fn rules_that_catch_everything_are_named() {
    says_more("stop.user_stop_is_error true", "write .* for every stop by a user");
    says_more("stop.ignore_containers envoy, *", "no container counts as the application");
    says_more("exit_timeout 0", "given up at once");
    let misspelt = "    classes a\n    class.a.match lgo ERROR\n    route.a s3\n";
    let found = of_lines(&format!("    route.default s3\n    s3.bucket logs\n{misspelt}"));
    assert!(matches!(found.as_slice(), [one] if one.contains("did you mean log?")), "{found:?}");
    let classes = "    classes a, b\n    class.a.match log .*\n    class.b.match log ERROR\n    route.a s3\n    route.b s3\n";
    let found = of_lines(&format!("    route.default s3\n    s3.bucket logs\n{classes}"));
    assert!(matches!(found.as_slice(), [one] if one.contains("so that the class b gets none")), "{found:?}");
}

/// The line is reported, perhaps for more than one reason.
#[track_caller]
fn says_more(line: &str, expected: &str) {
    let found = of(line);
    assert!(found.iter().any(|found| found.contains(expected)), "{line}: {found:?}");
}

#[test]
fn a_queue_in_every_task_is_noted() {
    let with = |pattern: &str| {
        let text = format!(
            "[OUTPUT]\n    Name ecs_router\n    Match {pattern}\n    route.default stdout\n    queue.url \
             https://sqs.eu-west-1.amazonaws.com/111122223333/stops\n"
        );
        let found = check_deployment(vec![read_as("x", &text)]);
        found
            .iter()
            .any(|finding| finding.to_string().contains("note: queue.url: is beside the lines of a task"))
    };
    assert!(with("*-firelens-*") && !with("ecs_events"));
}

#[test]
fn the_file_of_incidents_is_a_file() {
    let of = |path: &str| {
        of_lines(&format!(
            "    route.default drop\n    route.stop slack\n    slack.webhook_url ${{URL}}\n    incident.state_path {path}\n"
        ))
    };
    for (path, part) in [
        ("/var/lib/ecs_router/", "write for example /var/lib/ecs_router/incidents.json"),
        ("s3://b/incidents.json", "must be a file of the router's container"),
        ("incidents.json", "is below the folder"),
    ] {
        let found = of(path);
        assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{path}: {found:?}");
    }
    assert_eq!(of("/var/lib/ecs_router/incidents.json"), [""; 0]);
}

#[test]
fn the_address_of_a_bucket_is_taken_apart() {
    let found = of_x("s3", "bucket https://my-logs.s3.eu-west-1.amazonaws.com/web");
    assert!(found.iter().any(|line| line.ends_with("write my-logs")), "{found:?}");
}
