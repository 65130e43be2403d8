//! Endpoints of AWS as keys, environment variables and profiles name them. What is asked over TLS is seen at a proxy.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use fake_cloud::{Api, Cloud};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::record::line;
use test_support::temp::TempDir;
use test_support::this_test;

use crate::network::plain_service;
use crate::router::Router;

const CLOUDWATCH: &[(&str, &str)] =
    &[("route.default", "cloudwatch"), ("cloudwatch.region", "us-east-1"), ("cloudwatch.log_group", "/g")];

const S3: &[(&str, &str)] = &[
    ("route.default", "s3"),
    ("s3.region", "us-east-1"),
    ("s3.bucket", "my-logs"),
    ("s3.key", "a"),
    ("s3.upload_timeout", "1s"),
];

const FIREHOSE: &[(&str, &str)] =
    &[("route.default", "firehose"), ("firehose.region", "us-gov-west-1"), ("firehose.delivery_stream", "s")];

fn bring(keys: &[(&str, &str)], more: &[(&str, &str)]) -> Verdict {
    let usual = [("flush_timeout", "2s")];
    Router::with(usual.iter().chain(keys).chain(more)).bring(&Chunk::now(&[line("web", "stdout", "hello")]))
}

/// The host that is asked first.
fn first_host(asked: &Receiver<String>) -> String {
    let line = asked.recv_timeout(Duration::from_secs(60)).expect("nobody is asked");
    let host = line.strip_prefix("CONNECT ").and_then(|rest| rest.split(':').next());
    host.unwrap_or(&line).to_owned()
}

fn host_asked(keys: &[(&str, &str)], more: &[(&str, &str)]) -> String {
    let (proxy, asked) = plain_service();
    environment::tls_proxy(&format!("http://127.0.0.1:{proxy}"));
    bring(keys, more);
    first_host(&asked)
}

#[test]
fn the_environment_asks_for_fips_and_dual_stack_endpoints() {
    alone(this_test!("the_environment_asks_for_fips_and_dual_stack_endpoints"), || {
        environment::aws(&[("AWS_USE_FIPS_ENDPOINT", "true"), ("AWS_USE_DUALSTACK_ENDPOINT", "true")]);
        assert_eq!(host_asked(CLOUDWATCH, &[]), "logs-fips.us-east-1.api.aws");
        assert_eq!(host_asked(FIREHOSE, &[]), "firehose-fips.us-gov-west-1.api.aws");
        assert_eq!(host_asked(S3, &[]), "my-logs.s3-fips.dualstack.us-east-1.amazonaws.com");
    });
}

#[test]
fn a_key_comes_before_the_environment_and_a_destination_before_its_output() {
    alone(this_test!("a_key_comes_before_the_environment_and_a_destination_before_its_output"), || {
        environment::aws(&[("AWS_USE_FIPS_ENDPOINT", "true")]);
        assert_eq!(host_asked(CLOUDWATCH, &[]), "logs-fips.us-east-1.amazonaws.com");
        assert_eq!(host_asked(CLOUDWATCH, &[("fips", "off")]), "logs.us-east-1.amazonaws.com");
        let both = [("fips", "off"), ("cloudwatch.fips", "on"), ("dualstack", "on")];
        assert_eq!(host_asked(CLOUDWATCH, &both), "logs-fips.us-east-1.api.aws");
    });
}

#[test]
fn the_environment_names_the_address_of_one_service_or_of_all() {
    alone(this_test!("the_environment_names_the_address_of_one_service_or_of_all"), || {
        let cloud = Cloud::builder().create_groups(["/g"]).start();
        let (nobody, asked) = plain_service();
        let nobody = format!("http://127.0.0.1:{nobody}");
        environment::aws(&[
            ("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS", &cloud.endpoint()),
            ("AWS_ENDPOINT_URL", &nobody),
        ]);
        assert_eq!(bring(CLOUDWATCH, &[]), Verdict::Ok);
        assert!(cloud.attempts(Api::PutLogEvents) > 0);
        bring(FIREHOSE, &[]);
        assert_eq!(asked.recv_timeout(Duration::from_secs(60)).unwrap(), "POST / HTTP/1.1");
        environment::aws(&[("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true")]);
        assert_eq!(host_asked(CLOUDWATCH, &[]), "logs.us-east-1.amazonaws.com");
    });
}

#[test]
fn a_profile_names_region_variant_and_addresses() {
    alone(this_test!("a_profile_names_region_variant_and_addresses"), || {
        let cloud = Cloud::builder().create_groups(["/g"]).start();
        let folder = TempDir::new();
        let profiles = format!(
            "[profile government]\nregion = us-gov-east-1\nuse_fips_endpoint = true\n\
             [profile local]\nregion = eu-west-1\nservices = stand-in\n\
             [services stand-in]\ncloudwatch_logs =\n  endpoint_url = {}\n",
            cloud.endpoint()
        );
        let file = folder.file("config", &profiles);
        environment::aws(&[("AWS_CONFIG_FILE", file.to_str().unwrap())]);
        let group = [("route.default", "cloudwatch"), ("cloudwatch.log_group", "/g")];
        let stream = [
            ("route.default", "firehose"),
            ("firehose.delivery_stream", "s"),
            ("firehose.profile", "government"),
        ];
        assert_eq!(host_asked(&stream, &[]), "firehose-fips.us-gov-east-1.amazonaws.com");
        assert_eq!(bring(&group, &[("cloudwatch.profile", "local")]), Verdict::Ok);
        assert!(cloud.attempts(Api::PutLogEvents) > 0);
    });
}

/// Whoever names a host has chosen its variant; AWS's own tools refuse the two together as well.
#[test]
fn what_cannot_be_together_is_said_at_the_start() {
    let problems = |keys: &[(&str, &str)]| -> String {
        let keys: BTreeMap<String, String> =
            keys.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let problems = Instance::start(0, &keys).expect_err("it starts");
        problems.iter().map(|problem| format!("{problem}\n")).collect()
    };
    let named = problems(
        &[CLOUDWATCH, &[("cloudwatch.endpoint", "https://vpce.example"), ("cloudwatch.fips", "on")]].concat(),
    );
    assert!(named.contains("cloudwatch.fips: has no effect on the address that endpoint names"), "{named}");
    let china = [("s3.region", "cn-north-1"), ("s3.fips", "on")];
    let china = problems(&[S3.get(..1).unwrap(), S3.get(2..).unwrap(), &china].concat());
    assert!(
        china
            .contains("s3.fips: cannot be on in cn-north-1: s3 has no FIPS endpoint in the partition aws-cn"),
        "{china}"
    );
}
