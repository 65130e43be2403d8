//! `auth aws`: the stand-in computes each signature anew, and so does botocore where it is.

use std::io::Write as _;
use std::process::{Command, Stdio};

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Fault, Received};
use serde_json::{Value, json};
use test_support::alone::alone;
use test_support::chunk::Chunk;
use test_support::environment;
use test_support::record::{line, stop};
use test_support::this_test;

use super::{hello, router};
use crate::router::Router;

/// An API: the destination's type, the service, the path, and more keys.
type Row = (&'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const BULK: &[(&str, &str)] = &[
    ("format", "ndjson"),
    ("body", r#"{"create": {}}$(newline){"@timestamp": "$(time)", "record": $(.:json)}"#),
];
const PLACE: &[(&str, &str)] = &[("headers", "x-aws-log-group=/g, x-aws-log-stream=s")];

const APIS: [Row; 6] = [
    ("http", "es", "/ecs-logs/_bulk", BULK),
    ("http", "aoss", "/ecs-logs/_bulk", BULK),
    ("http", "execute-api", "/prod/in", &[("compress", "gzip")]),
    ("http", "lambda", "/", &[("format", "ndjson"), ("headers", "X-Tenant=  web   one")]),
    ("otlp", "logs", "", PLACE),
    ("otlp", "osis", "/pipeline", &[("encoding", "json"), ("compress", "off")]),
];

fn signed(cloud: &Cloud, row: &Row, more: &[(&str, &str)]) -> Router {
    let (kind, service, path, keys) = *row;
    let usual = [("auth", "aws"), ("aws_service", service), ("region", "eu-west-1")];
    router(cloud, kind, &format!("/signed/{service}{path}"), &[&usual, keys, more].concat())
}

fn start() -> Cloud {
    Cloud::builder().region("eu-west-1").create_groups(["/g"]).start()
}

fn arrived(cloud: &Cloud) -> usize {
    cloud.http().records().len() + cloud.otlp().logs().len()
}

#[test]
fn every_api_takes_what_is_signed_for_it() {
    for row in &APIS {
        let cloud = start();
        let router = signed(&cloud, row, &[]);
        let chunk =
            Chunk::now(&[line("web", "stdout", "grüße"), line("web", "stderr", "it \"broke\""), stop()]);
        assert_eq!(router.bring(&chunk), Verdict::Ok, "{row:?} {:?}", cloud.complaints());
        assert_eq!(arrived(&cloud), 3, "{row:?}");
        cloud.assert_no_complaints();
    }
}

#[test]
fn credentials_with_a_session_are_sent_with_it() {
    alone(this_test!("credentials_with_a_session_are_sent_with_it"), || {
        for row in &APIS {
            let cloud = start();
            environment::of_the_container(&cloud.credentials_uri());
            assert_eq!(signed(&cloud, row, &[]).bring(&hello()), Verdict::Ok, "{row:?}");
            assert!(cloud.requests_for(Api::SignedApi)[0].header("x-amz-security-token").is_some());
            cloud.assert_no_complaints();
        }
    });
}

/// The client sends an address in its normal form, and that is what has to be signed.
#[test]
fn an_address_in_another_form_is_signed_as_it_is_sent() {
    for path in ["/a/./b/../c", "/{tenant}/in", "/a//b", "/a%20b/%7Bc%7D?z=1&a=2&a=1&empty", "?q=%2F%20x"] {
        let cloud = start();
        let router = signed(&cloud, &("http", "lambda", path, &[]), &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok, "{path} {:?}", cloud.complaints());
    }
}

#[test]
fn a_role_is_assumed_for_it() {
    let cloud = start();
    let endpoint = cloud.endpoint();
    let role = [("role_arn", "arn:aws:iam::111122223333:role/logs"), ("sts_endpoint", endpoint.as_str())];
    assert_eq!(signed(&cloud, &APIS[3], &role).bring(&hello()), Verdict::Ok);
    assert_eq!(cloud.assumed_roles().len(), 1);
    cloud.assert_no_complaints();
}

#[test]
fn credentials_that_expired_are_fetched_again() {
    alone(this_test!("credentials_that_expired_are_fetched_again"), || {
        let cloud = start();
        environment::of_the_container(&cloud.credentials_uri());
        let router = signed(&cloud, &APIS[0], &[]);
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        cloud.expire_credentials();
        cloud.accept_credentials("ASIASECOND", "second", Some("token"));
        assert_eq!(router.bring(&hello()), Verdict::Ok);
        assert_eq!((cloud.attempts(Api::Credentials), arrived(&cloud)), (2, 2));
    });
}

/// No other credentials would help, so that none are asked for.
#[test]
fn a_clock_that_is_wrong_is_said_and_loses_nothing() {
    let said = alone(this_test!("a_clock_that_is_wrong_is_said_and_loses_nothing"), || {
        let cloud = start();
        environment::of_the_container(&cloud.credentials_uri());
        let router = signed(&cloud, &APIS[2], &[]);
        let chunk = hello();
        for minutes in [20, -20] {
            cloud.set_clock_offset_ms(minutes * 60_000);
            assert_eq!(router.bring(&chunk), Verdict::Retry, "{minutes}");
        }
        assert_eq!((cloud.attempts(Api::Credentials), cloud.attempts(Api::SignedApi)), (1, 2));
        cloud.set_clock_offset_ms(0);
        assert_eq!(router.bring(&chunk), Verdict::Ok);
        assert_eq!(arrived(&cloud), 1);
    });
    assert!(said.contains("set this machine's clock by NTP"), "{said}");
}

#[test]
fn a_wrong_secret_means_retry_without_a_storm_and_says_neither_secret_nor_request() {
    let test = this_test!("a_wrong_secret_means_retry_without_a_storm_and_says_neither_secret_nor_request");
    let said = alone(test, || {
        let cloud = Cloud::builder().credentials("AKIDEXAMPLE", "another secret").start();
        environment::aws(&[("AWS_SESSION_TOKEN", "session-token")]);
        let keys = [("flush_timeout", "2s"), ("headers", "X-Tenant=hunter2")];
        let router = signed(&cloud, &APIS[2], &keys);
        assert_eq!(router.bring(&hello()), Verdict::Retry);
        let attempts = cloud.attempts(Api::SignedApi);
        assert!((2..=8).contains(&attempts), "{attempts}");
    });
    assert!(said.contains("http.role_arn and http.region"), "{said}");
    assert!(
        !said.contains("session-token") && !said.contains("hunter2") && !said.contains("Canonical"),
        "{said}"
    );
}

#[test]
fn a_permission_that_is_missing_is_named_and_loses_nothing() {
    let said = alone(this_test!("a_permission_that_is_missing_is_named_and_loses_nothing"), || {
        for row in &APIS {
            let cloud = start();
            let router = signed(&cloud, row, &[]);
            cloud.script(Api::SignedApi, [Fault::reply(403).body("{\"message\": \"not authorized\"}")]);
            let chunk = hello();
            assert_eq!(
                (router.bring(&chunk), cloud.attempts(Api::SignedApi)),
                (Verdict::Retry, 1),
                "{row:?}"
            );
            assert_eq!(router.bring(&chunk), Verdict::Ok);
            assert_eq!(arrived(&cloud), 1, "{row:?}");
        }
    });
    for permission in [
        "grant es:ESHttpPost",
        "grant aoss:APIAccessAll",
        "grant execute-api:Invoke to the task role, or to http.role_arn if set",
        "grant lambda:InvokeFunctionUrl",
        "grant logs:PutLogEvents to the task role, or to otlp.role_arn if set",
        "grant osis:Ingest",
    ] {
        assert!(said.contains(permission), "{permission}: {said}");
    }
}

#[test]
fn a_log_group_that_nobody_made_loses_nothing() {
    let cloud = Cloud::start();
    let router = signed(&cloud, &APIS[4], &[]);
    let chunk = hello();
    assert_eq!((router.bring(&chunk), cloud.attempts(Api::SignedApi)), (Verdict::Retry, 1));
    cloud.create_group("/g");
    assert_eq!(router.bring(&chunk), Verdict::Ok);
    assert_eq!(arrived(&cloud), 1);
}

#[test]
fn no_request_to_cloudwatch_is_longer_than_it_takes() {
    let cloud = start();
    let router = signed(&cloud, &APIS[4], &[]);
    let long = "x".repeat(100_000);
    let records: Vec<Value> = (0..30).map(|_| line("web", "stdout", &long)).collect();
    assert_eq!(router.bring(&Chunk::now(&records)), Verdict::Ok);
    assert_eq!(arrived(&cloud), 30);
    cloud.assert_no_complaints();
}

#[test]
fn botocore_computes_the_same_signatures() {
    let Some(python) = std::env::var_os("PYTHON") else {
        eprintln!("skipped: set PYTHON to an interpreter that has botocore");
        return;
    };
    let cloud = start();
    for row in &APIS {
        assert_eq!(signed(&cloud, row, &[]).bring(&hello()), Verdict::Ok, "{row:?}");
    }
    let odd = ("http", "lambda", "/a/../{b}//c%20d?z=1&a=2&a=1", &[][..]);
    assert_eq!(signed(&cloud, &odd, &[]).bring(&hello()), Verdict::Ok);
    let requests = cloud.requests_for(Api::SignedApi);
    // What is sent compressed was decompressed by the stand-in.
    let plain: Vec<&Received> =
        requests.iter().filter(|request| request.header("content-encoding").is_none()).collect();
    assert!(plain.len() >= 4, "{} requests", plain.len());
    let told: Vec<Value> = plain.iter().map(|request| for_botocore(&cloud, request)).collect();
    let mut child = Command::new(python)
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite/authentication/signatures.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(json!(told).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let computed = String::from_utf8(output.stdout).unwrap();
    let sent: Vec<&str> = plain.iter().map(|request| field(request, "Signature=")).collect();
    assert_eq!(computed.lines().collect::<Vec<_>>(), sent);
}

fn for_botocore(cloud: &Cloud, request: &Received) -> Value {
    let names = field(request, "SignedHeaders=").split(';');
    let headers: Vec<Value> = names.map(|name| json!([name, request.header(name)])).collect();
    let scope: Vec<&str> = field(request, "Credential=").split('/').collect();
    let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
    json!({
        "method": request.method,
        "url": format!("{}{}{query}", cloud.endpoint(), request.path),
        "headers": headers,
        "body": request.body.iter().collect::<Vec<_>>(),
        "date": request.header("x-amz-date"),
        "region": scope[2],
        "service": scope[3],
    })
}

fn field<'r>(request: &'r Received, name: &str) -> &'r str {
    let header = request.header("authorization").unwrap();
    header.split(name).nth(1).unwrap().split(',').next().unwrap()
}
