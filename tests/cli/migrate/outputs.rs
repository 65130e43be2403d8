//! Fluent Bit configurations.

use test_support::temp::TempDir;

use super::{assert_passes_check, migrated, routes, text};
use crate::ran;

/// One configuration and what becomes of it.
struct Case {
    name: &'static str,
    input: &'static str,
    /// Lines of the result, with one blank where it has several.
    has: &'static [&'static str],
    /// What must be gone.
    gone: &'static [&'static str],
    /// Class and destinations of three records.
    routes: [&'static str; 3],
}

const CLOUDWATCH: &str = "[OUTPUT]\n Name cloudwatch_logs\n Match *-firelens-*\n region eu-west-1\n";

const CASES: &[Case] = &[
    Case {
        name: "names",
        input: "[OUTPUT]\n Name cloudwatch_logs\n Match *-firelens-*\n region eu-west-1\n log_group_name /ecs/web\n \
                log_stream_name a\n",
        has: &["cloudwatch.log_group /ecs/web", "cloudwatch.log_stream a", "cloudwatch.region eu-west-1"],
        gone: &["cloudwatch_logs\n", "log_group_name"],
        routes: ["stderr:cloudwatch", "stdout:cloudwatch", "stdout:cloudwatch"],
    },
    Case {
        name: "prefix and retention",
        input: "[OUTPUT]\n Name cloudwatch_logs\n Match *-firelens-*\n region eu-west-1\n log_group_name /ecs/web\n \
                log_stream_prefix web-\n log_retention_days 30\n auto_create_group true\n log_key log\n",
        has: &[
            "cloudwatch.log_stream web-$(tag)",
            "cloudwatch.retention_days 30",
            "cloudwatch.auto_create_group true",
            "cloudwatch.log_key log",
            "# Differs: retention_days is for groups",
        ],
        gone: &["log_stream_prefix"],
        routes: ["stderr:cloudwatch", "stdout:cloudwatch", "stdout:cloudwatch"],
    },
    Case {
        name: "template with a fallback",
        input: "[OUTPUT]\n Name cloudwatch_logs\n Match *-firelens-*\n region eu-west-1\n log_group_name /ecs/x\n \
                log_group_template $ecs_cluster\n log_stream_name s\n log_stream_template a-$container_name\n",
        has: &["cloudwatch.log_group $(ecs_cluster:-/ecs/x)", "cloudwatch.log_stream a-$(container_name)"],
        gone: &[],
        routes: ["stderr:cloudwatch", "stdout:cloudwatch", "stdout:cloudwatch"],
    },
    Case {
        name: "the plugin in Go",
        input: "[OUTPUT]\n Name cloudwatch\n Match *-firelens-*\n region eu-west-1\n log_group_name /ecs/$(ecs_cluster)\n \
                log_stream_name $(ecs_task_id)\n",
        has: &["cloudwatch.log_group /ecs/$(ecs_cluster)", "cloudwatch.log_stream $(ecs_task_id)"],
        gone: &[],
        routes: ["stderr:cloudwatch", "stdout:cloudwatch", "stdout:cloudwatch"],
    },
    Case {
        name: "standard error elsewhere",
        input: "[FILTER]\n Name rewrite_tag\n Match *-firelens-*\n Rule $source ^stderr$ errors false\n\n[OUTPUT]\n Name \
                cloudwatch_logs\n Match errors\n region eu-west-1\n log_group_name /e\n log_stream_name s\n\n[OUTPUT]\n \
                Name s3\n Match *-firelens-*\n region eu-west-1\n bucket my-logs\n",
        has: &[
            "route.stderr cloudwatch",
            "route.default s3",
            "s3.compress none",
            "s3.key fluent-bit-logs/$(tag)/%Y/%m/%d/%H/$(uuid)",
        ],
        gone: &["rewrite_tag", "errors false"],
        routes: ["stderr:cloudwatch", "stdout:s3", "stdout:s3"],
    },
    Case {
        name: "a new tag that the other output takes as well",
        input: "[FILTER]\n Name rewrite_tag\n Match *-firelens-*\n Rule $source ^stderr$ errors.$TAG false\n\n[OUTPUT]\n \
                Name cloudwatch_logs\n Match errors.*\n region eu-west-1\n log_group_name /e\n log_stream_name \
                s\n\n[OUTPUT]\n Name s3\n Match *-firelens-*\n region eu-west-1\n bucket my-logs\n",
        has: &["route.stderr s3, cloudwatch"],
        gone: &["rewrite_tag"],
        routes: ["stderr:cloudwatch+s3", "stdout:s3", "stdout:s3"],
    },
    Case {
        name: "a copy of standard error",
        input: "[FILTER]\n Name rewrite_tag\n Match *-firelens-*\n Rule $source ^(stderr)$ errors true\n\n[OUTPUT]\n Name \
                slack\n Match errors\n webhook ${SLACK_WEBHOOK_URL}\n\n[OUTPUT]\n Name s3\n Match \
                *-firelens-*\n region eu-west-1\n bucket my-logs\n",
        has: &["route.stderr s3, slack", "slack.webhook_url ${SLACK_WEBHOOK_URL}"],
        gone: &["rewrite_tag"],
        routes: ["stderr:s3+slack", "stdout:s3", "stdout:s3"],
    },
    Case {
        name: "a class of one's own",
        input: "[FILTER]\n Name rewrite_tag\n Match *-firelens-*\n Rule $log ^GET\\s/health health false\n\n[OUTPUT]\n \
                Name s3\n Match health\n region eu-west-1\n bucket my-logs\n\n[OUTPUT]\n Name cloudwatch_logs\n Match \
                *-firelens-*\n region eu-west-1\n log_group_name /e\n log_stream_name s\n",
        has: &["classes health", "class.health.match log ^GET\\s/health", "route.health s3"],
        gone: &["rewrite_tag"],
        routes: ["stderr:cloudwatch", "health:s3", "stdout:cloudwatch"],
    },
    Case {
        name: "records that go nowhere",
        input: "[FILTER]\n Name rewrite_tag\n Match *-firelens-*\n Rule $log ^GET noise false\n\n[OUTPUT]\n Name \
                cloudwatch_logs\n Match *-firelens-*\n region eu-west-1\n log_group_name /e\n log_stream_name s\n",
        has: &["route.noise drop"],
        gone: &["rewrite_tag"],
        routes: ["stderr:cloudwatch", "noise:", "stdout:cloudwatch"],
    },
    Case {
        name: "only standard error",
        input: "[FILTER]\n Name rewrite_tag\n Match *-firelens-*\n Rule $source stderr errors false\n\n[OUTPUT]\n Name \
                cloudwatch_logs\n Match errors\n region eu-west-1\n log_group_name /e\n log_stream_name s\n",
        has: &["Match *-firelens-*", "route.stop cloudwatch", "route.default drop"],
        gone: &["rewrite_tag"],
        routes: ["stderr:cloudwatch", "stdout:", "stdout:"],
    },
    Case {
        name: "several outputs of one match",
        input: "[OUTPUT]\n Name s3\n Match *-firelens-*\n region eu-west-1\n bucket my-logs\n s3_key_format \
                /a/$TAG/%Y/%H%M%S/$UUID.gz\n compression gzip\n use_put_object On\n[OUTPUT]\n Name s3\n Match \
                *-firelens-*\n region eu-west-1\n bucket other-logs\n total_file_size 50M\n upload_timeout 5m\n store_dir \
                /var/spool/ecs_router/x\n",
        has: &[
            "route.default s3, s3_2",
            "s3.key a/$(tag)/%Y/%H/$(uuid).gz",
            "s3.compress gzip",
            "s3_2.total_file_size 50M",
            "s3_2.spool_dir /var/spool/ecs_router/x",
            "# Differs: the key stops at the hour",
        ],
        gone: &["use_put_object"],
        routes: ["stderr:s3+s3_2", "stdout:s3+s3_2", "stdout:s3+s3_2"],
    },
    Case {
        name: "firehose",
        input: "[OUTPUT]\n Name kinesis_firehose\n Match *-firelens-*\n region eu-west-1\n delivery_stream d\n time_key \
                at\n time_key_format %Y\n role_arn arn:aws:iam::111122223333:role/x\n",
        has: &[
            "firehose.delivery_stream d",
            "firehose.date_key at",
            "firehose.role_arn arn:aws:iam",
            "# Differs: the time is always ISO 8601",
        ],
        gone: &["kinesis_firehose\n"],
        routes: ["stderr:firehose", "stdout:firehose", "stdout:firehose"],
    },
    Case {
        name: "kinesis in Go",
        input: "[OUTPUT]\n Name kinesis\n Match *-firelens-*\n region eu-west-1\n stream s\n partition_key container_id\n",
        has: &["route.default kinesis", "kinesis.stream s", "kinesis.partition_key $(container_id)"],
        gone: &["partition_key container_id"],
        routes: ["stderr:kinesis", "stdout:kinesis", "stdout:kinesis"],
    },
    Case {
        name: "firehose in Go",
        input: "[OUTPUT]\n Name firehose\n Match *-firelens-*\n region eu-west-1\n delivery_stream d\n data_keys log, source\n",
        has: &["firehose.include log, source"],
        gone: &["data_keys"],
        routes: ["stderr:firehose", "stdout:firehose", "stdout:firehose"],
    },
    Case {
        name: "datadog",
        input: "[OUTPUT]\n Name datadog\n Match *-firelens-*\n Host http-intake.logs.datadoghq.eu\n TLS on\n apikey \
                ${DD_API_KEY}\n dd_service web\n dd_source nginx\n dd_tags env:prod\n provider ecs\n compress gzip\n",
        has: &[
            "datadog.site datadoghq.eu",
            "datadog.api_key ${DD_API_KEY}",
            "datadog.service web",
            "datadog.tags env:prod",
        ],
        gone: &["provider ecs", "apikey"],
        routes: ["stderr:datadog", "stdout:datadog", "stdout:datadog"],
    },
    Case {
        name: "new relic",
        input: "[OUTPUT]\n Name nrlogs\n Match *-firelens-*\n license_key ${KEY}\n base_uri \
                https://log-api.eu.newrelic.com/log/v1\n",
        has: &["newrelic.license_key ${KEY}", "newrelic.site eu"],
        gone: &["nrlogs\n"],
        routes: ["stderr:newrelic", "stdout:newrelic", "stdout:newrelic"],
    },
    Case {
        name: "new relic in Go",
        input: "[OUTPUT]\n Name newrelic\n Match *-firelens-*\n licenseKey ${KEY}\n",
        has: &["newrelic.license_key ${KEY}"],
        gone: &["licenseKey"],
        routes: ["stderr:newrelic", "stdout:newrelic", "stdout:newrelic"],
    },
    Case {
        name: "http",
        input: "[OUTPUT]\n Name http\n Match *-firelens-*\n Host logs.example.com\n Port 443\n URI /in\n tls on\n Format \
                json_lines\n Header X-Tenant web\n Header X-Env prod\n http_User u\n http_Passwd ${P}\n json_date_key \
                at\n",
        has: &[
            "http.url https://logs.example.com/in",
            "http.format ndjson",
            "http.headers X-Tenant=web, X-Env=prod",
            "http.user u",
            "http.password ${P}",
            "http.date_key at",
        ],
        gone: &["http_User"],
        routes: ["stderr:http", "stdout:http", "stdout:http"],
    },
    Case {
        name: "http of another port",
        input: "[OUTPUT]\n Name http\n Match *-firelens-*\n Host 127.0.0.1\n Port 8080\n Format json\n json_date_format \
                iso8601\n",
        has: &["http.url http://127.0.0.1:8080/", "http.format json"],
        gone: &[],
        routes: ["stderr:http", "stdout:http", "stdout:http"],
    },
    Case {
        name: "otlp",
        input: "[OUTPUT]\n Name opentelemetry\n Match *-firelens-*\n Host 127.0.0.1\n Port 4318\n Logs_uri \
                /v1/logs\n Metrics_uri /v1/metrics\n Header x-key ${K}\n",
        has: &[
            "otlp.endpoint http://127.0.0.1:4318",
            "otlp.headers x-key=${K}",
            "# Differs: metrics are not sent",
        ],
        gone: &["opentelemetry\n"],
        routes: ["stderr:otlp", "stdout:otlp", "stdout:otlp"],
    },
    Case {
        name: "a certificate",
        input: "[OUTPUT]\n Name opentelemetry\n Match *-firelens-*\n Host otel.example.com\n Port 443\n tls on\n tls.ca_file \
                /ca.pem\n tls.crt_file /c.pem\n tls.key_file /c.key\n",
        has: &[
            "otlp.endpoint https://otel.example.com",
            "otlp.ca_file /ca.pem",
            "otlp.tls_cert_file /c.pem",
            "otlp.tls_key_file /c.key",
        ],
        gone: &["tls.crt_file"],
        routes: ["stderr:otlp", "stdout:otlp", "stdout:otlp"],
    },
    Case {
        name: "a signature of AWS",
        input: "[OUTPUT]\n Name http\n Match *-firelens-*\n Host a1b2.execute-api.eu-west-1.amazonaws.com\n Port 443\n URI /in\n \
                tls on\n Format json\n aws_auth on\n aws_service execute-api\n",
        has: &["http.auth aws", "http.aws_service execute-api"],
        gone: &["aws_auth"],
        routes: ["stderr:http", "stdout:http", "stdout:http"],
    },
    Case {
        name: "a token",
        input: "[OUTPUT]\n Name http\n Match *-firelens-*\n Host logs.example.com\n Port 443\n URI /in\n tls on\n Format \
                json\n oauth2.enable true\n oauth2.token_url https://login.example.com/t\n oauth2.client_id router\n \
                oauth2.client_secret ${S}\n oauth2.auth_method post\n",
        has: &[
            "http.auth oauth2",
            "http.token_url https://login.example.com/t",
            "http.client_id router",
            "http.client_secret ${S}",
            "http.client_auth post",
        ],
        gone: &["oauth2.enable"],
        routes: ["stderr:http", "stdout:http", "stdout:http"],
    },
    Case {
        name: "everything else stays",
        input: "# mine\n[SERVICE]\n Flush 5\n Grace 60\n Parsers_File p\n\n[INPUT]\n Name tail\n Tag x-firelens-y\n Path /a\n\n# parses\n\
                [FILTER]\n Name parser\n Match *\n Key_Name log\n Parser json\n Reserve_Data On\n\n[OUTPUT]\n Name s3\n Match \
                *-firelens-*\n region eu-west-1\n bucket my-logs\n Retry_Limit 5\n workers 1\n\n# the end\n[FILTER]\n Name \
                grep\n Match *\n Regex log x\n",
        has: &[
            "# mine",
            "Flush 5",
            "# parses",
            "Parser json",
            "# the end",
            "Regex log x",
            "Plugins_File /ecs-router/plugins.conf",
            "# Differs: Retry_Limit is no_limits here",
        ],
        gone: &["workers 1", "Name s3"],
        routes: ["stderr:s3", "stdout:s3", "stdout:s3"],
    },
];

/// Blanks as one, so that columns do not matter.
fn plain(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn built_in_outputs_become_ours_and_records_go_where_they_went() {
    for Case { name, input, has, gone, routes: expected } in CASES {
        let folder = TempDir::new();
        let out = folder.path().join("out");
        let moved = migrated(&folder.file("extra.conf", input), &out);
        assert_eq!(moved.code, 0, "{name}: {}", moved.err);
        let made = plain(&text(&out, "extra.conf"));
        for line in *has {
            assert!(made.contains(line), "{name}: missing {line}\n{made}");
        }
        for line in *gone {
            let is_there =
                made.lines().any(|made| !made.starts_with('#') && format!("{made}\n").contains(line));
            assert!(!is_there, "{name}: still has {line}\n{made}");
        }
        let path = out.join("extra.conf");
        if expected.concat().contains("slack") {
            // Lines stay where they went, and check tells of them.
            let checked = ran(&["check", &path.display().to_string()]);
            assert!(checked.out.contains("0 error(s), 1 warning(s)"), "{name}: {}", checked.out);
            assert!(checked.out.contains("becomes a message of its own in slack"), "{name}: {}", checked.out);
        } else {
            assert_passes_check(&[&path], name);
        }
        assert_eq!(routes(&path, "1"), *expected, "{name}\n{made}");
    }
}

/// What cannot be translated is named with its line, and stays as it was beside ours.
#[test]
fn what_has_no_counterpart_stays_and_is_named() {
    for (lines, said) in [
        (
            "Name splunk\n Match *\n Host h\n",
            "the output 'splunk' stays as it is; Firehose can deliver to Splunk",
        ),
        ("Name loki\n Match *\n Host h\n", "the output 'loki' stays as it is; Loki takes OTLP"),
        ("Name stdout\n Match *\n", "the output 'stdout' stays"),
        ("Name forward\n Match *\n Host h\n", "the output 'forward' stays"),
        (
            "Name s3\n Match *\n bucket b\n region eu-west-1\n compression snappy\n",
            "compression has a counterpart",
        ),
        (
            "Name s3\n Match *\n bucket b\n region eu-west-1\n s3_key_format /$INDEX\n",
            "s3_key_format has names",
        ),
        ("Name http\n Match *\n Host h\n", "the format is msgpack"),
        ("Name http\n Match *\n Host h\n Format gelf\n", "Format has a counterpart as json"),
        (
            "Name http\n Match *\n Host h\n Format json\n tls.verify off\n",
            "tls.verify has a counterpart as 'on'",
        ),
        (
            "Name cloudwatch_logs\n Match *\n region eu-west-1\n log_group_name g\n log_stream_name s\n log_group_template \
          $kubernetes['x']\n",
            "log_group_template has names",
        ),
        (
            "Name cloudwatch_logs\n Match *\n region eu-west-1\n log_group_name g\n log_stream_name s\n metric_namespace \
          x\n",
            "metric_namespace has no counterpart",
        ),
    ] {
        let folder = TempDir::new();
        let input = format!("{} log_group_name g\n log_stream_name s\n\n[OUTPUT]\n {lines}", CLOUDWATCH);
        let out = folder.path().join("out");
        let ran = migrated(&folder.file("extra.conf", &input), &out);
        assert_eq!(ran.code, 1, "{lines}: {}", ran.err);
        assert!(ran.err.contains(said) && ran.err.contains("extra.conf:"), "{lines}: {}", ran.err);
        let made = text(&out, "extra.conf");
        assert!(made.contains(&format!("[OUTPUT]\n {lines}")), "{lines}\n{made}");
        assert_eq!(made.matches("ecs_router\n").count(), 1, "{made}");
    }
}

#[test]
fn filters_whose_tags_others_need_stay() {
    let folder = TempDir::new();
    let input = "[FILTER]\n Name rewrite_tag\n Match *-firelens-*\n Rule $source ^stderr$ errors.$TAG false\n\n[OUTPUT]\n \
                 Name cloudwatch_logs\n Match errors.*\n region eu-west-1\n log_group_name /e\n log_stream_name s\n\n\
                 [OUTPUT]\n Name splunk\n Match errors.*\n Host h\n";
    let out = folder.path().join("out");
    let ran = migrated(&folder.file("extra.conf", input), &out);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(
        ran.err.contains("extra.conf:1: the filter rewrite_tag stays, for others need its tags"),
        "{}",
        ran.err
    );
    let made = plain(&text(&out, "extra.conf"));
    assert!(made.contains("Name rewrite_tag") && made.contains("Match errors.*\nWorkers 2"), "{made}");
    assert!(made.contains("route.default cloudwatch") && !made.contains("route.stderr"), "{made}");
}

#[test]
fn rules_without_a_counterpart_keep_their_filter() {
    for rule in ["$log (?<=a)b errors.$TAG false", "$kubernetes['x'] ^a$ errors.$TAG false"] {
        let folder = TempDir::new();
        let input = format!(
            "[FILTER]\n Name rewrite_tag\n Match *-firelens-*\n Rule {rule}\n\n{CLOUDWATCH} log_group_name g\n \
             log_stream_name s\n"
        );
        let out = folder.path().join("out");
        let ran = migrated(&folder.file("extra.conf", &input), &out);
        assert!(ran.err.contains("a rule of it has no counterpart"), "{rule}: {}", ran.err);
        assert!(text(&out, "extra.conf").contains(rule));
    }
}

#[test]
fn outputs_of_other_tags_are_outputs_of_their_own() {
    let folder = TempDir::new();
    let input = "[OUTPUT]\n Name s3\n Match app.*\n region eu-west-1\n bucket my-logs\n[OUTPUT]\n Name cloudwatch_logs\n \
                 Match_Regex ^nginx\\.\n region eu-west-1\n log_group_name /e\n log_stream_name s\n";
    let out = folder.path().join("out");
    let ran = migrated(&folder.file("extra.conf", input), &out);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let made = plain(&text(&out, "extra.conf"));
    assert!(made.contains("Match app.*\n") && made.contains("Match_Regex ^nginx\\.\n"), "{made}");
    assert_eq!(made.matches("Name ecs_router\n").count(), 2, "{made}");
}

/// The first block of a section of `docs/migration.md` in the classic format.
fn documented(start: &str) -> String {
    let page = std::fs::read_to_string(test_support::root().join("docs/migration.md")).expect("the page");
    let (_, section) = page.split_once(start).unwrap_or_else(|| panic!("the page has no {start}"));
    let block = section.split_once("```conf\n").expect("a block").1;
    block.split_once("```").expect("its end").0.to_owned()
}

#[test]
fn the_documented_filter_becomes_one_section_with_a_health_check_and_stops_among_the_errors() {
    let folder = TempDir::new();
    let out = folder.path().join("out");
    let ran = migrated(&folder.file("extra.conf", &documented("## From `rewrite_tag`")), &out);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let made = plain(&text(&out, "extra.conf"));
    assert_eq!(made.matches("[SERVICE]").count(), 1, "{made}");
    let service = "[SERVICE]\nFlush 1\nGrace 30\nPlugins_File /ecs-router/plugins.conf\nHTTP_Server On\nHTTP_Listen \
                   127.0.0.1\nHTTP_Port 2020\n";
    assert!(made.contains(service), "{made}");
    assert!(
        made.contains("# New: why containers ended.") && made.contains("route.stop cloudwatch\n"),
        "{made}"
    );
    for step in ["Next, in", "/ecs-router/extra.conf", "\"/ecs-router/ecs-router\", \"health\""] {
        assert!(ran.out.contains(step), "{step}: {}", ran.out);
    }
    assert_passes_check(&[&out.join("extra.conf")], "the documented filter");
}

#[test]
fn a_configuration_gets_what_makes_its_image() {
    let role = "role_arn arn:aws:iam::444455556666:role/logs";
    let output = format!("{CLOUDWATCH} {role}\n log_group_name g\n log_stream_name s\n");
    for (service, copied, is_written) in [
        ("", "COPY extra.conf plugins.conf /ecs-router/\n", true),
        ("[SERVICE]\n Plugins_File /mine/plugins.conf\n\n", "COPY extra.conf /ecs-router/\n", false),
    ] {
        let folder = TempDir::new();
        let out = folder.path().join("out");
        let ran = migrated(&folder.file("extra.conf", &format!("{service}{output}")), &out);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let dockerfile = text(&out, "Dockerfile");
        assert!(
            dockerfile.contains("ARG ROUTER=444455556666.dkr.ecr.eu-west-1.amazonaws.com/ecs-router:1\n")
        );
        assert!(dockerfile.ends_with(copied), "{dockerfile}");
        assert_eq!(out.join("plugins.conf").exists(), is_written, "{service}");
        assert_eq!(ran.out.contains("add the plugin to [PLUGINS] in /mine/plugins.conf"), !is_written);
        assert!(!ran.out.contains("111122223333"), "{}", ran.out);
        for step in ["create-repository --region eu-west-1", "docker build -t 444455556666.dkr.ecr.eu-west-1"]
        {
            assert!(ran.out.contains(step), "{step}: {}", ran.out);
        }
    }
}

#[test]
fn a_server_that_is_switched_off_is_named() {
    let folder = TempDir::new();
    let input = format!("[SERVICE]\n HTTP_Server Off\n\n{CLOUDWATCH} log_group_name g\n log_stream_name s\n");
    let ran = migrated(&folder.file("extra.conf", &input), &folder.path().join("out"));
    assert!(ran.err.contains("extra.conf:2: HTTP_Server is off"), "{}", ran.err);
}

#[test]
fn slack_does_not_get_the_reports_of_stops_alone() {
    let folder = TempDir::new();
    let out = folder.path().join("out");
    let case = CASES.iter().find(|case| case.name == "a copy of standard error").expect("the case");
    migrated(&folder.file("extra.conf", case.input), &out);
    let made = plain(&text(&out, "extra.conf"));
    assert!(made.contains("route.stop s3, slack\n"), "{made}");
}

#[test]
fn yaml_becomes_the_format_that_firelens_reads() {
    let folder = TempDir::new();
    let input = "service:\n  flush: 1\npipeline:\n  inputs:\n    - name: tail\n      tag: a-firelens-b\n      path: /a\n  \
                 filters:\n    - name: rewrite_tag\n      match: '*-firelens-*'\n      rule: $source ^stderr$ errors \
                 false\n  outputs:\n    - name: cloudwatch_logs\n      match: errors\n      region: eu-west-1\n      \
                 log_group_name: /e\n      log_stream_name: s\n    - name: s3\n      match: '*-firelens-*'\n      region: \
                 eu-west-1\n      bucket: my-logs\n";
    let out = folder.path().join("out");
    let ran = migrated(&folder.file("fluent-bit.yaml", input), &out);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let made = plain(&text(&out, "fluent-bit.conf"));
    assert!(
        made.contains("[INPUT]\nname tail\ntag a-firelens-b\n") && !made.contains("rewrite_tag"),
        "{made}"
    );
    assert_eq!(routes(&out.join("fluent-bit.conf"), "1"), ["stderr:cloudwatch", "stdout:s3", "stdout:s3"]);
}

#[test]
fn nothing_is_overwritten_and_nothing_to_do_is_said() {
    let folder = TempDir::new();
    let ours = "[OUTPUT]\n Name ecs_router\n Match *\n route.default a\n a.type stdout\n";
    let none = ran(&["migrate", &folder.file("ours.conf", ours).display().to_string()]);
    assert_eq!((none.code, none.out.as_str()), (2, ""));
    assert!(none.err.contains("nothing was written"), "{}", none.err);
    let input = format!("{CLOUDWATCH} log_group_name g\n log_stream_name s\n");
    let file = folder.file("extra.conf", &input);
    let second = migrated(&file, folder.path());
    assert!(second.code == 2 && second.err.contains("extra.conf is there already"), "{}", second.err);
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), input);
    let printed = ran(&["migrate", &file.display().to_string()]);
    assert!(
        printed.code == 0
            && printed.out.contains("Name        ecs_router") | printed.out.contains("ecs_router")
    );
    assert_eq!(ran(&["migrate", "no-such-file.conf"]).code, 2);
}
