use std::net::TcpListener;

use fake_cloud::{Api, Cloud, Fault};
use test_support::environment;
use test_support::temp::TempDir;

use super::{Ran, command, finish};

/// Every kind of destination behind a network, at the cloud's address.
fn lines(endpoint: &str) -> String {
    format!(
        "    route.default cloudwatch, s3, firehose, newrelic, datadog, http, firehose_http, otlp, slack, sns, eventbridge, kinesis, pagerduty, teams
    cloudwatch.log_group /ecs/web
    cloudwatch.endpoint {endpoint}
    s3.bucket my-logs
    s3.endpoint {endpoint}
    firehose.delivery_stream stream
    firehose.endpoint {endpoint}
    newrelic.license_key ${{KEY}}
    newrelic.endpoint {endpoint}
    datadog.api_key ${{KEY}}
    datadog.endpoint {endpoint}
    http.url {endpoint}/http/in
    firehose_http.url {endpoint}/firehose/v1
    firehose_http.access_key ${{KEY}}
    otlp.endpoint {endpoint}
    slack.webhook_url ${{HOOK}}
    sns.topic_arn arn:aws:sns:eu-west-1:111122223333:alerts
    sns.endpoint {endpoint}
    kinesis.stream stream
    kinesis.endpoint {endpoint}
    eventbridge.event_bus alerts-bus
    eventbridge.endpoint {endpoint}
    teams.webhook_url ${{TEAMS_HOOK}}
    pagerduty.integration_key ${{PAGER_KEY}}
    pagerduty.endpoint {endpoint}
"
    )
}

/// A cloud with everything that [`lines`] names.
fn cloud() -> Cloud {
    let cloud = Cloud::builder().create_groups(["/ecs/web"]).start();
    cloud.s3().create_bucket("my-logs");
    cloud.firehose().create_stream("stream");
    cloud.kinesis().create_stream("stream");
    cloud.eventbridge().create_bus("alerts-bus");
    cloud.sns().create_topic("arn:aws:sns:eu-west-1:111122223333:alerts");
    cloud
}

/// A configuration of one output with these lines.
fn written(folder: &TempDir, lines: &str) -> String {
    let text = format!(
        "[SERVICE]\n    Grace 30\n    Plugins_File p\n[OUTPUT]\n    Name ecs_router\n    Match *-firelens-*\n    Workers 2\n    \
         Retry_Limit no_limits\n{lines}"
    );
    folder.file("extra.conf", &text).display().to_string()
}

fn connect(folder: &TempDir, cloud: &Cloud, lines: &str) -> Ran {
    let path = written(folder, lines);
    let mut command = command(&["check", "--connect", &path]);
    for (name, value) in environment::VARIABLES {
        command.env(name, value);
    }
    command
        .env("AWS_REGION", "eu-west-1")
        .env("KEY", "key")
        .env("PAGER_KEY", "0123456789abcdef0123456789abcdef");
    command.env("TEAMS_HOOK", format!("{}/workflows/a/invoke?sig=s", cloud.endpoint()));
    command.env("HOOK", format!("{}/services/T/B/x", cloud.endpoint()));
    finish(command, b"")
}

/// What is said of a destination, besides its address.
fn said<'o>(ran: &'o Ran, destination: &str) -> Vec<&'o str> {
    let lines = ran.out.lines().filter(|line| line.contains(&format!(": {destination}: ")));
    lines.filter(|line| !line.contains(": sends to ")).collect()
}

const DESTINATIONS: [&str; 14] = [
    "cloudwatch",
    "s3",
    "firehose",
    "newrelic",
    "datadog",
    "http",
    "firehose_http",
    "otlp",
    "slack",
    "sns",
    "eventbridge",
    "kinesis",
    "pagerduty",
    "teams",
];

#[test]
fn every_destination_that_works_says_so_and_stores_nothing() {
    let folder = TempDir::new();
    let cloud = cloud();
    let ran = connect(&folder, &cloud, &lines(&cloud.endpoint()));
    for destination in DESTINATIONS {
        let said = said(&ran, destination);
        let works = matches!(said.as_slice(), [one] if one.contains("note: ") && one.contains("works"));
        assert!(works, "{destination}: {said:?}\n{}", ran.out);
    }
    assert_eq!(cloud.requests().len(), DESTINATIONS.len(), "one request each");
    assert!(cloud.cloudwatch().streams("/ecs/web").is_empty());
    assert!(cloud.s3().keys("my-logs").is_empty() && cloud.s3().uploads("my-logs").is_empty());
    assert!(cloud.firehose().records("stream").is_empty() && cloud.kinesis().records("stream").is_empty());
    assert!(cloud.newrelic().logs().is_empty() && cloud.datadog().logs().is_empty());
    assert!(cloud.http().records().is_empty() && cloud.firehose_http().records().is_empty());
    assert!(cloud.eventbridge().events("alerts-bus").is_empty());
    assert!(cloud.sns().messages("arn:aws:sns:eu-west-1:111122223333:alerts").is_empty());
    assert!(cloud.otlp().logs().is_empty() && cloud.slack().messages().is_empty());
    assert!(cloud.pagerduty().events().is_empty() && cloud.teams().messages().is_empty());
}

/// What somebody did wrong, what the service says then, and the hint.
#[test]
fn what_is_wrong_is_named_with_the_key_to_change() {
    let folder = TempDir::new();
    let cloud = cloud();
    cloud.newrelic().accept_only("other");
    cloud.datadog().accept_only("other");
    cloud.firehose_http().accept_only("other");
    cloud.pagerduty().accept_only("other");
    cloud.script(Api::TeamsWebhook, [Fault::reply(404)]);
    cloud.script(Api::SlackWebhook, [Fault::reply(404)]);
    cloud.script(Api::OtlpLogs, [Fault::reply(404)]);
    let wrong = lines(&cloud.endpoint())
        .replace("/ecs/web", "/ecs/wbe")
        .replace("my-logs", "no-logs")
        .replace("delivery_stream stream", "delivery_stream steam")
        .replace(":alerts", ":altres")
        .replace("alerts-bus", "altres-bus")
        .replace("kinesis.stream stream", "kinesis.stream steam")
        .replace("/http/in", "/nowhere");
    let ran = connect(&folder, &cloud, &wrong);
    for (destination, hint) in [
        ("cloudwatch", "log group /ecs/wbe does not exist; create it or set cloudwatch.auto_create_group on"),
        ("s3", "NoSuchBucket"),
        ("firehose", "; create delivery stream steam or correct firehose.delivery_stream"),
        ("kinesis", "; create data stream steam or correct kinesis.stream"),
        ("newrelic", "; check that newrelic.license_key is an ingest licence key of newrelic.site"),
        ("datadog", "; check that datadog.api_key is an API key of datadog.site"),
        ("http", "; check http.url"),
        ("firehose_http", "; check firehose_http.access_key"),
        ("otlp", "; check otlp.endpoint"),
        ("eventbridge", "; create event bus altres-bus or correct eventbridge.event_bus"),
        ("sns", "; create topic arn:aws:sns:eu-west-1:111122223333:altres or correct sns.topic_arn"),
        ("slack", "; create another for slack.webhook_url"),
        ("teams", "; the flow was deleted; create another for teams.webhook_url"),
        ("pagerduty", "; check that pagerduty.integration_key is the key of an Events API v2 integration"),
    ] {
        let said = said(&ran, destination);
        let named = matches!(said.as_slice(), [one] if one.contains(": error: ") && one.contains(hint));
        assert!(named, "{destination}: {said:?}\n{}", ran.out);
    }
    assert_eq!(ran.code, 2);
}

#[test]
fn a_missing_permission_is_told_from_a_wrong_address() {
    let folder = TempDir::new();
    let cloud = cloud();
    cloud.script(Api::PutLogEvents, [Fault::aws(400, "AccessDeniedException")]);
    cloud.script(Api::UploadPart, [Fault::aws(403, "AccessDenied")]);
    cloud.script(Api::DescribeDeliveryStream, [Fault::aws(400, "AccessDeniedException")]);
    let ran = connect(&folder, &cloud, &lines(&cloud.endpoint()));
    for destination in ["cloudwatch", "s3"] {
        let said = said(&ran, destination);
        assert!(said[0].contains("; grant this permission to the task role"), "{said:?}");
    }
    let firehose = said(&ran, "firehose");
    assert!(
        firehose[0].contains(": warning: ") && firehose[0].contains("DescribeDeliveryStream"),
        "{firehose:?}"
    );
}

#[test]
fn who_does_not_answer_is_not_waited_for() {
    let folder = TempDir::new();
    let cloud = cloud();
    cloud.script(Api::Http, [Fault::hang()]);
    cloud.script(Api::DatadogLogs, [Fault::hang()]);
    let closed = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
    let lines = lines(&cloud.endpoint())
        .replace("otlp.endpoint ", &format!("otlp.endpoint http://{closed} #"))
        .replace(&format!(" #{}", cloud.endpoint()), "");
    let begun = std::time::Instant::now();
    let ran = connect(&folder, &cloud, &lines);
    assert!(begun.elapsed().as_secs() < 9, "both are waited for at one time");
    for (destination, expected) in
        [("http", "no reply"), ("datadog", "no reply"), ("otlp", "cannot connect to 127.0.0.1")]
    {
        let said = said(&ran, destination);
        assert!(said[0].contains(": warning: ") && said[0].contains(expected), "{said:?}");
    }
    assert_eq!(ran.code, 1, "{}", ran.out);
}

#[test]
fn what_is_not_in_the_environment_is_said_and_the_rest_is_asked() {
    let folder = TempDir::new();
    let cloud = cloud();
    let lines = lines(&cloud.endpoint()).replace("${HOOK}", "${NOBODY_SET_THIS}");
    let ran = connect(&folder, &cloud, &lines);
    assert!(
        ran.out.contains("slack.webhook_url: ${NOBODY_SET_THIS} is not in the environment"),
        "{}",
        ran.out
    );
    assert!(said(&ran, "s3")[0].contains("works"), "{}", ran.out);
    assert_eq!(cloud.attempts(Api::SlackWebhook), 0);
}

#[test]
fn without_credentials_people_are_told_how_to_log_in() {
    let folder = TempDir::new();
    let lines =
        "    route.default cloudwatch\n    cloudwatch.log_group /g\n    cloudwatch.region eu-west-1\n";
    let path = written(&folder, lines);
    let mut command = command(&["check", "--connect", &path]);
    command.env_remove("AWS_SECRET_ACCESS_KEY").env("HOME", folder.path());
    let ran = finish(command, b"");
    let said = said(&ran, "cloudwatch");
    assert!(matches!(said.as_slice(), [one] if one.contains("aws sso login")), "{}", ran.out);
    assert!(!ran.out.contains("taskRoleArn"), "who asks is no task: {}", ran.out);
    assert_eq!(ran.code, 1);
}

#[test]
fn no_secret_of_the_environment_is_shown() {
    let folder = TempDir::new();
    let cloud = cloud();
    let ran = connect(&folder, &cloud, &lines(&cloud.endpoint()));
    assert!(!ran.out.contains("T/B/x") && !ran.err.contains("T/B/x"), "{}", ran.out);
}
