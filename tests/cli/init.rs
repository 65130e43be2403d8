//! What `init` writes: it passes `check`, cfn-lint and `terraform fmt`, and sends records where they were meant to go.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use test_support::record;
use test_support::temp::TempDir;

use crate::tools::{assert_cfn_lint_is_content, assert_is_formatted, task_template};
use crate::{Ran, ran};

const DESTINATIONS: [&str; 16] = [
    "cloudwatch",
    "s3",
    "firehose",
    "kinesis",
    "newrelic",
    "datadog",
    "slack",
    "sns",
    "eventbridge",
    "pagerduty",
    "teams",
    "http",
    "firehose_http",
    "otlp",
    "file",
    "stdout",
];

/// Lines of standard output do not go there.
const FOR_ALERTS: [&str; 5] = ["slack", "sns", "eventbridge", "pagerduty", "teams"];

/// Each line is a message there.
const FOR_PEOPLE: [&str; 3] = ["slack", "pagerduty", "teams"];

const PLACES: [&str; 3] = ["fargate", "ec2", "collector"];

fn init(folder: &Path, place: &str, more: &[&str]) -> Ran {
    let folder = folder.display().to_string();
    let common = [
        "init",
        "--where",
        place,
        "--name",
        "shop",
        "--region",
        "eu-west-1",
        "--cluster",
        "prod",
        "--http-url",
        "https://logs.example.com/ingest",
        "--firehose-url",
        "https://logs.example.com/firehose",
        "--otlp-endpoint",
        "http://127.0.0.1:4318",
        "--dir",
        &folder,
    ];
    ran(&[&common, more].concat())
}

/// Every place and destination, each once, with the folder that was written.
fn everything(iac: &str, visit: impl Fn(&str, &str, &Path)) {
    let folder = TempDir::new();
    for place in PLACES {
        for kind in DESTINATIONS {
            let path = folder.path().join(format!("{place}-{kind}"));
            let rest = if FOR_ALERTS.contains(&kind) { "stdout" } else { kind };
            let mut flags = vec!["--iac", iac, "--stop", kind, "--rest", rest];
            flags.extend((place != "collector").then_some(["--error", kind]).into_iter().flatten());
            let ran = init(&path, place, &flags);
            assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{place} {kind}");
            visit(place, kind, &path);
        }
    }
}

fn configuration(place: &str) -> &'static str {
    if place == "collector" { "fluent-bit.conf" } else { "extra.conf" }
}

fn text(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn parsed(folder: &Path, name: &str) -> Value {
    serde_json::from_str(&text(folder, name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Class and destinations of a standard error, a standard output and a stop event.
fn routes(folder: &Path, file: &str) -> Vec<(String, Vec<String>)> {
    let records = [
        record::line("app", "stderr", "boom"),
        record::line("app", "stdout", "fine"),
        record::event("oom-killed"),
    ];
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let recording = folder.join("recording");
    std::fs::write(&recording, lines.join("\n")).expect("a file");
    let paths = [folder.join(file).display().to_string(), recording.display().to_string()];
    let ran = ran(&["replay", "--json", &paths[0], &paths[1]]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let rows = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    rows.filter(|row| row.get("record").is_some())
        .map(|row| {
            let names = row["destinations"].as_array().expect("a list").iter();
            let names = names.filter(|one| !one["target"].is_null()).map(|one| one["name"].to_string());
            (row["class"].to_string(), names.collect())
        })
        .collect()
}

#[test]
fn every_place_and_destination_passes_check_and_sends_records_where_they_belong() {
    everything("cloudformation", |place, kind, folder| {
        let file = configuration(place);
        let paths = [file, "task-definition.json"].map(|name| folder.join(name).display().to_string());
        let checked = ran(&["check", &paths[0], &paths[1]]);
        assert_eq!(checked.code, 0, "{place} {kind}: {}", checked.out);
        assert!(checked.out.contains("0 error(s), 0 warning(s)"), "{}", checked.out);
        let row = |class: &str, name: &str| (format!("\"{class}\""), vec![format!("\"{name}\"")]);
        // People get what says that it is an error, which this line does not.
        let error = if place == "collector" || FOR_PEOPLE.contains(&kind) { "rest" } else { "errors" };
        let expected = [row("stderr", error), row("stdout", "rest"), row("stop", "stops")];
        assert_eq!(routes(folder, file), expected, "{place} {kind}");
    });
}

#[test]
fn policies_name_what_they_allow() {
    everything("cloudformation", |place, kind, folder| {
        let template = parsed(folder, "resources.json");
        for name in ["task-role-policy.json", "execution-role-policy.json"] {
            let path = folder.join(name);
            if !path.exists() {
                assert!(
                    !["cloudwatch", "s3", "firehose", "kinesis", "sns", "eventbridge"].contains(&kind)
                        && place != "collector"
                );
                continue;
            }
            for statement in parsed(folder, name)["Statement"].as_array().expect("a list") {
                let resources = statement["Resource"].to_string();
                let is_login = statement["Sid"] == "LogInToEcr";
                assert_eq!(resources == "\"*\"", is_login, "{place} {kind} {statement}");
                assert!(
                    is_login
                        || resources.contains("shop")
                        || resources.contains("ecs-router")
                        || resources.contains("/ecs/stopped-tasks"),
                    "{statement}"
                );
            }
        }
        // The groups that are written to are made, and expire.
        let resources = template["Resources"].as_object().expect("a map");
        let groups = resources.values().filter(|one| one["Type"] == "AWS::Logs::LogGroup");
        let groups: Vec<&Value> = groups.collect();
        assert!(groups.iter().all(|group| group["Properties"]["RetentionInDays"].is_u64()));
        let wanted = match (place, kind) {
            ("collector", "cloudwatch") => 2,
            (_, "cloudwatch") => 4,
            _ => 1,
        };
        assert_eq!(groups.len(), wanted, "{place} {kind}");
        assert_eq!(resources.contains_key("Queue"), place == "collector");
        assert_eq!(resources.contains_key("Bucket"), kind == "s3");
    });
}

/// What `init` writes for a destination at this address of AWS: its configuration, and the role's policy.
fn for_address(kind: &str, flag: &str, address: &str) -> (String, Option<Value>) {
    let folder = TempDir::new();
    let written = folder.path().display().to_string();
    let place =
        ["init", "--where", "fargate", "--name", "shop", "--region", "eu-west-1", "--cluster", "prod"];
    let routes = ["--stop", "drop", "--error", kind, "--rest", kind, flag, address, "--dir", &written];
    let ran = ran(&[&place[..], &routes].concat());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let policy = folder.path().join("task-role-policy.json").exists();
    (text(folder.path(), "extra.conf"), policy.then(|| parsed(folder.path(), "task-role-policy.json")))
}

#[test]
fn an_address_of_aws_gets_a_signature_and_the_role_what_it_needs() {
    for (kind, flag, address, lines, action, resource) in [
        (
            "http",
            "--http-url",
            "https://search-shop-abc123.eu-west-1.es.amazonaws.com/logs/_bulk",
            &["errors.auth aws", "errors.format ndjson", "errors.body {\"create\": {}}"][..],
            "es:ESHttpPost",
            "arn:aws:es:eu-west-1:111122223333:domain/shop/*",
        ),
        (
            "http",
            "--http-url",
            "https://a1b2.execute-api.us-east-1.amazonaws.com/prod/logs",
            &["errors.auth aws"],
            "execute-api:Invoke",
            "arn:aws:execute-api:us-east-1:111122223333:a1b2/*",
        ),
        (
            "otlp",
            "--otlp-endpoint",
            "https://logs.eu-west-1.amazonaws.com",
            &["errors.auth aws", "errors.headers x-aws-log-group=/ecs/shop/otlp, x-aws-log-stream=router"],
            "logs:PutLogEvents",
            "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/shop/otlp:*",
        ),
    ] {
        let (conf, policy) = for_address(kind, flag, address);
        let conf = conf.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in lines {
            assert!(conf.contains(line), "{line}: {conf}");
        }
        let policy = policy.expect("a policy");
        let statements = policy["Statement"].as_array().unwrap();
        let is_wanted = |one: &&Value| one["Action"] == json!([action]) && one["Resource"] == json!(resource);
        assert!(statements.iter().any(|one| is_wanted(&one)), "{policy}");
    }
    let (conf, policy) = for_address("http", "--http-url", "https://logs.example.com/in");
    assert!(!conf.contains("auth") && policy.is_none(), "{conf} {policy:?}");
}

#[test]
fn a_task_definition_has_all_that_firelens_needs() {
    let folder = TempDir::new();
    let ran = init(folder.path(), "fargate", &["--stop", "cloudwatch,slack"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let task = parsed(folder.path(), "task-definition.json");
    let router = &task["containerDefinitions"][1];
    assert_eq!(task["containerDefinitions"][0]["logConfiguration"], json!({"logDriver": "awsfirelens"}));
    assert_eq!(router["firelensConfiguration"]["options"]["config-file-value"], "/ecs-router/extra.conf");
    assert_eq!(router["mountPoints"][0]["containerPath"], "/var/spool/ecs_router");
    assert_eq!((&router["stopTimeout"], &task["volumes"][0]["name"]), (&json!(60), &json!("spool")));
    assert_eq!(router["secrets"][0]["name"], "SLACK_WEBHOOK_URL");
    assert_eq!(router["healthCheck"]["command"], json!(["CMD", "/ecs-router/ecs-router", "health"]));
    let text = text(folder.path(), "extra.conf");
    assert!(text.contains("stops_cloudwatch, stops_slack\n"), "{text}");
}

#[test]
fn names_and_addresses_are_of_the_partition_of_the_region() {
    for (region, partition, domain) in [
        ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
        ("cn-north-1", "aws-cn", "amazonaws.com.cn"),
        ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
    ] {
        let folder = TempDir::new();
        let written = folder.path().display().to_string();
        ran(&["init", "--where", "collector", "--name", "shop", "--region", region, "--dir", &written]);
        let task = text(folder.path(), "task-definition.json");
        assert!(task.contains(&format!("arn:{partition}:iam::")), "{task}");
        assert!(task.contains(&format!(".dkr.ecr.{region}.{domain}/")), "{task}");
        let configuration = text(folder.path(), "fluent-bit.conf");
        assert!(configuration.contains(&format!("https://sqs.{region}.{domain}/")), "{configuration}");
    }
}

#[test]
fn a_collector_may_read_the_log_groups_that_are_named_and_no_others() {
    let folder = TempDir::new();
    let ran = init(folder.path(), "collector", &["--fetch-logs", "/ecs/web,/ecs/api"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(text(folder.path(), "fluent-bit.conf").contains("stop.fetch_logs"));
    let policy = parsed(folder.path(), "task-role-policy.json");
    let statement = |action: &str| {
        let mut statements = policy["Statement"].as_array().expect("a list").iter();
        statements.find(|one| one["Action"] == json!([action])).expect("a statement")["Resource"].clone()
    };
    let group = |name: &str| format!("arn:aws:logs:eu-west-1:111122223333:log-group:{name}:*");
    assert_eq!(statement("logs:GetLogEvents"), json!([group("/ecs/web"), group("/ecs/api")]));
    assert_eq!(statement("ecs:DescribeTaskDefinition"), "*");
    assert_eq!(statement("ecs:DescribeServices"), "arn:aws:ecs:eu-west-1:111122223333:service/*");
    let checked = ran_check(folder.path());
    assert!(checked.out.contains("0 error(s), 0 warning(s)"), "{}", checked.out);
}

fn ran_check(folder: &Path) -> Ran {
    let paths =
        ["fluent-bit.conf", "task-definition.json"].map(|name| folder.join(name).display().to_string());
    ran(&["check", &paths[0], &paths[1]])
}

#[test]
fn nothing_is_overwritten_and_every_file_is_named() {
    let folder = TempDir::new();
    let first = init(folder.path(), "fargate", &[]);
    assert_eq!(first.code, 0, "{}", first.err);
    let names: Vec<PathBuf> = std::fs::read_dir(folder.path())
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(names.len() > 6);
    for name in &names {
        assert!(
            first.out.contains(&format!("wrote {}: ", name.display())),
            "{}\n{}",
            name.display(),
            first.out
        );
    }
    assert!(
        first.out.contains("Next, in ") && first.out.contains("register-task-definition"),
        "{}",
        first.out
    );
    std::fs::write(folder.path().join("extra.conf"), "mine").expect("a file");
    std::fs::remove_file(folder.path().join("Dockerfile")).expect("a file");
    let second = init(folder.path(), "fargate", &[]);
    assert_eq!((second.code, second.out.as_str()), (2, ""));
    assert!(
        second.err.contains("extra.conf is there already") && second.err.contains("--dir"),
        "{}",
        second.err
    );
    assert_eq!(text(folder.path(), "extra.conf"), "mine");
    assert!(!folder.path().join("Dockerfile").exists(), "all or nothing");
}

#[test]
fn a_dry_run_prints_and_writes_nothing() {
    let folder = TempDir::new();
    for flag in ["--dry-run", "--stdout"] {
        let ran = init(folder.path(), "collector", &[flag, "--yaml"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(
            ran.out.contains("==> fluent-bit.yaml <==\n") && ran.out.contains("==> resources.json <==\n")
        );
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}

#[test]
fn the_yaml_of_a_collector_is_as_good_as_its_classic_form() {
    let folder = TempDir::new();
    let ran_init =
        init(folder.path(), "collector", &["--yaml", "--stop", "cloudwatch,slack", "--rest", "s3"]);
    assert_eq!(ran_init.code, 0, "{}", ran_init.err);
    let path = folder.path().join("fluent-bit.yaml").display().to_string();
    let checked = ran(&["check", &path]);
    assert_eq!(checked.code, 0, "{}", checked.out);
    let stops = routes(folder.path(), "fluent-bit.yaml").pop().expect("a stop");
    assert_eq!(stops.1, ["\"stops_cloudwatch\"", "\"stops_slack\""]);
}

#[test]
fn people_get_the_errors_and_not_all_of_standard_error() {
    for kind in FOR_PEOPLE {
        let folder = TempDir::new();
        let path = folder.path().join(kind);
        let ran = init(&path, "fargate", &["--stop", kind, "--error", kind, "--rest", "stdout"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{kind}");
        let written = std::fs::read_to_string(path.join("extra.conf")).unwrap();
        let has = |key: &str| written.lines().any(|line| line.split_whitespace().next() == Some(key));
        assert!(has("level") && has("route.error") && !has("route.stderr"), "{written}");
    }
}

#[test]
fn mistakes_are_named_and_nothing_is_written() {
    let folder = TempDir::new();
    let path = folder.path().join("new");
    for (place, flags, said) in [
        ("fargate", vec!["--stop", "slak"], "did you mean slack?"),
        ("fargate", vec!["--name", "a b"], "--name: letters"),
        ("fargate", vec!["--bucket", "My_Bucket"], "bucket"),
        (
            "fargate",
            vec!["--region", "eu-wset-1"],
            "task-definition.json: container log_router: image: 'eu-wset-1'",
        ),
        ("fargate", vec!["--yaml"], "--yaml"),
        ("fargate", vec!["--account", "1"], "12 digits"),
        ("collector", vec!["--error", "s3"], "--error"),
        ("fargate", vec!["--secret", "DD_API_KEY=arn:x"], "no destination needs it"),
        (
            "fargate",
            vec!["--stop", "slack", "--secret", "SLACK_WEBHOOK_URL=foo"],
            "is not the ARN of a secret",
        ),
        ("fargate", vec!["--fetch-logs", "/ecs/web"], "--fetch-logs: only a collector"),
        ("fargate", vec!["--stop-log-group", "a b"], "log_group"),
    ] {
        let mut arguments = vec!["init", "--where", place, "--dir"];
        let folder = path.display().to_string();
        arguments.push(&folder);
        for (flag, value) in [("--name", "shop"), ("--region", "eu-west-1")] {
            if !flags.contains(&flag) {
                arguments.extend([flag, value]);
            }
        }
        arguments.extend(flags.iter().copied());
        let ran = ran(&arguments);
        assert_eq!((ran.code, path.exists()), (2, false), "{flags:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(said), "{flags:?}: {}", ran.err);
    }
    let nothing = ran(&["init"]);
    assert_eq!(nothing.code, 2);
    for flag in ["--where", "--name", "--region"] {
        assert!(nothing.err.contains(flag), "{}", nothing.err);
    }
    let address = ran(&["init", "--where", "ec2", "--name", "a", "--region", "eu-west-1", "--rest", "http"]);
    assert!(address.code == 2 && address.err.contains("--http-url is missing"), "{}", address.err);
}

#[test]
fn cfn_lint_has_nothing_to_say() {
    let templates = TempDir::new();
    everything("cloudformation", |place, kind, folder| {
        templates.file(&format!("{place}-{kind}.json"), &text(folder, "resources.json"));
        let task = task_template(&parsed(folder, "task-definition.json"));
        templates.file(&format!("{place}-{kind}-task.json"), &task.to_string());
    });
    assert_cfn_lint_is_content(templates.path());
}

#[test]
fn terraform_fmt_changes_nothing() {
    let copies = TempDir::new();
    everything("terraform", |place, kind, folder| {
        copies.file(&format!("{place}-{kind}.tf"), &text(folder, "main.tf"));
    });
    assert_is_formatted(copies.path());
}

/// Where each of the texts stands for the first time; fails when one is missing.
fn positions(text: &str, parts: &[&str]) -> Vec<usize> {
    parts.iter().map(|part| text.find(part).unwrap_or_else(|| panic!("{part} is not in:\n{text}"))).collect()
}

#[test]
fn the_base_image_is_read_and_never_pushed_to() {
    let folder = TempDir::new();
    let said = init(folder.path(), "fargate", &["--account", "444455556666"]).out;
    let registry = "444455556666.dkr.ecr.eu-west-1.amazonaws.com";
    let steps = [
        "aws ecr create-repository --region eu-west-1 --repository-name ecs-router-shop".to_owned(),
        format!("docker login --username AWS --password-stdin {registry}\n"),
        format!(
            "docker build -t {registry}/ecs-router-shop:1 . && docker push {registry}/ecs-router-shop:1\n"
        ),
    ];
    assert!(positions(&said, &steps.each_ref().map(String::as_str)).is_sorted(), "{said}");
    let dockerfile = text(folder.path(), "Dockerfile");
    assert!(
        dockerfile.contains(&format!("ARG ROUTER={registry}/ecs-router:1\nFROM ${{ROUTER}}\n")),
        "{dockerfile}"
    );
    let task = parsed(folder.path(), "task-definition.json");
    assert_eq!(task["containerDefinitions"][1]["image"], format!("{registry}/ecs-router-shop:1"));
    let image = format!("{registry}/ecs-router:1");
    let refused = init(&folder.path().join("x"), "fargate", &["--image", &image]);
    assert!(refused.code == 2 && refused.err.contains("is the base image"), "{}", refused.err);
}

#[test]
fn secrets_are_created_before_the_roles_that_name_them() {
    for (iac, resources, first_use) in [
        ("cloudformation", " and resources.json", "aws cloudformation deploy"),
        ("terraform", " and execution-role-policy.json", "terraform init"),
    ] {
        let folder = TempDir::new();
        let said = init(folder.path(), "fargate", &["--iac", iac, "--stop", "slack"]).out;
        let parts = ["secretsmanager create-secret", "task-definition.json", resources, first_use];
        let said = said.split_once("Next, in").expect("the next steps").1;
        assert!(positions(said, &parts).is_sorted(), "{said}");
        for file in std::fs::read_dir(folder.path()).expect("a folder") {
            let name = file.expect("a file").file_name().display().to_string();
            let is_named = said.lines().any(|line| line.contains("create-secret") && line.contains(&name));
            assert_eq!(
                text(folder.path(), &name).contains("slack-webhook-AbCdEf"),
                is_named,
                "{name}: {said}"
            );
        }
    }
    let folder = TempDir::new();
    let given = "SLACK_WEBHOOK_URL=arn:aws:secretsmanager:eu-west-1:111122223333:secret:mine-AbCdEf";
    let said = init(folder.path(), "fargate", &["--stop", "slack", "--secret", given]).out;
    assert!(!said.contains("create-secret"), "{said}");
}

#[test]
fn a_collector_posts_failures_to_slack_and_keeps_planned_stops() {
    let folder = TempDir::new();
    let ran = init(folder.path(), "collector", &["--stop", "cloudwatch,slack"]);
    assert!(ran.code == 0 && !ran.out.contains("docs/incidents.md"), "{}{}", ran.out, ran.err);
    let made = text(folder.path(), "fluent-bit.conf");
    let words: Vec<Vec<&str>> = made.lines().map(|line| line.split_whitespace().collect()).collect();
    for line in [["route.stop.expected", "stops_cloudwatch"], ["stops_slack.min_severity", "error"]] {
        assert!(words.iter().any(|words| *words == line), "{line:?}\n{made}");
    }
    let beside = TempDir::new();
    let said = init(beside.path(), "fargate", &["--stop", "cloudwatch,slack"]).out;
    assert!(said.contains("docs/incidents.md"), "{said}");
}

#[test]
fn the_site_of_a_vendor_is_written_where_it_can_be_changed() {
    for (kind, site, choice) in [("datadog", "datadoghq.com", "datadoghq.eu"), ("newrelic", "us", "eu")] {
        let folder = TempDir::new();
        let ran = init(folder.path(), "fargate", &["--error", kind]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let made = text(folder.path(), "extra.conf");
        let site = made.lines().position(|line| line.split_whitespace().eq(["errors.site", site]));
        let comment = site.and_then(|at| made.lines().nth(at - 1)).unwrap_or_default();
        assert!(comment.trim().starts_with('#') && comment.contains(choice), "{kind}\n{made}");
    }
}
