use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::config::Lookup;

const URL: &str = "https://logs.example.com/in";
const OAUTH2: [(&str, &str); 4] = [
    ("auth", "oauth2"),
    ("token_url", "https://login.example.com/token"),
    ("client_id", "router"),
    ("client_secret", "hunter2"),
];
const ES: &str = "https://search-x.eu-west-1.es.amazonaws.com/_bulk";

fn read(kind: DestinationKind, url: &str, keys: &[(&str, &str)]) -> (RequestAuth, Vec<String>) {
    let map: BTreeMap<String, String> =
        keys.iter().map(|(key, value)| (format!("d.{key}"), (*value).to_owned())).collect();
    let problems = RefCell::default();
    let lookup: &dyn Lookup = &map;
    let reader = KeyReader::new(lookup, &problems);
    let reader = reader.for_destination("d", kind);
    let auth = RequestAuth::read(&reader, url, &AwsEnvironments::in_region("us-east-1"));
    drop(ClientCertificate::read(&reader, url));
    (auth, problems.into_inner().iter().map(ToString::to_string).collect())
}

fn problems(url: &str, keys: &[(&str, &str)]) -> Vec<String> {
    read(DestinationKind::Http, url, keys).1
}

#[test]
fn an_address_of_aws_tells_service_and_region() {
    for (url, keys, service, region) in [
        (ES, vec![], "es", "eu-west-1"),
        ("https://X.AOSS.example/", vec![("aws_service", "aoss")], "aoss", "us-east-1"),
        (
            "https://api.example.com/",
            vec![("aws_service", "execute-api"), ("region", "eu-north-1")],
            "execute-api",
            "eu-north-1",
        ),
        ("https://A.Lambda-URL.ap-south-1.on.aws/", vec![], "lambda", "ap-south-1"),
    ] {
        let keys = [vec![("auth", "aws")], keys].concat();
        let (auth, problems) = read(DestinationKind::Http, url, &keys);
        assert_eq!(problems, [""; 0], "{url}");
        let RequestAuth::Aws { service: found, identity } = auth else { panic!("{auth:?}") };
        assert_eq!((found, identity.region.as_str()), (service, region), "{url}");
    }
}

#[test]
fn what_does_not_go_together_is_a_problem() {
    let aws = |more: &[(&'static str, &'static str)]| [&[("auth", "aws")], more].concat();
    let oauth2 = |more: &[(&'static str, &'static str)]| [&OAUTH2, more].concat();
    for (url, keys, expected) in [
        (URL, aws(&[]), "d.aws_service: is missing, and the address does not tell the service; for example"),
        (ES, aws(&[("region", "us-east-1")]), "d.region: is us-east-1, but the address is of eu-west-1"),
        (ES, aws(&[("aws_service", "aoss")]), "d.aws_service: is aoss, but the address is of es"),
        (ES, aws(&[("aws_service", "s3")]), "d.aws_service: 's3' is not one of"),
        (ES, aws(&[("bearer_token", "hunter2")]), "d.bearer_token: has no effect with auth aws; leave"),
        (
            ES,
            aws(&[("headers", "Authorization=hunter2")]),
            "d.headers: sets authorization, which auth aws writes",
        ),
        (ES, aws(&[("headers", "X-Amz-Date=1")]), "d.headers: sets x-amz-date, which"),
        ("https://a.lambda-url.eu-west-1.on.aws/?q=a+b", aws(&[]), "d.url: has a + in its query"),
        (ES, aws(&[("scope", "s")]), "d.scope: has no effect without auth oauth2"),
        (ES, aws(&[("external_id", "s")]), "d.external_id: has no effect without role_arn"),
        (
            URL,
            vec![("role_arn", "arn")],
            "d.role_arn: has no effect without auth aws; write d.auth aws, or leave the key out",
        ),
        (URL, vec![("client_secret", "hunter2")], "d.client_secret: has no effect without auth oauth2"),
        (URL, vec![("auth", "basic"), ("scope", "s")], "d.auth: 'basic' is not one of aws, oauth2"),
        (URL, oauth2(&[("user", "u")]), "d.user: has no effect with auth oauth2"),
        (URL, oauth2(&[("headers", "authorization=hunter2")]), "d.headers: sets authorization"),
        (
            URL,
            vec![("tls_cert_file", "/c")],
            "d.tls_cert_file: has no effect without tls_key_file; write both",
        ),
        (
            URL,
            vec![("tls_key_file", "/c")],
            "d.tls_key_file: has no effect without tls_cert_file; write both",
        ),
        (
            "http://x/",
            vec![("tls_cert_file", "/c"), ("tls_key_file", "/k")],
            "d.tls_cert_file: has no effect on an address with http://",
        ),
    ] {
        let found = problems(url, &keys);
        assert!(matches!(found.as_slice(), [one] if one.starts_with(expected)), "{expected}: {found:?}");
        assert!(!found[0].contains("hunter2"), "{found:?}");
    }
    assert_eq!(problems(URL, &OAUTH2), [""; 0]);
}

#[test]
fn a_client_lacks_nothing() {
    let found = problems(URL, &[("auth", "oauth2")]);
    let keys: Vec<&str> = found.iter().filter_map(|problem| problem.split(':').next()).collect();
    assert_eq!(keys, ["d.token_url", "d.client_id", "d.client_secret"]);
}

#[test]
fn the_secret_goes_over_tls_only() {
    for (url, expected) in [
        ("http://login.example.com/token", "d.token_url: is plain http://"),
        ("http://127.evil.example/token", "d.token_url: is plain http://"),
        ("login.example.com/token", "d.token_url: is not an address"),
        ("ftp://login.example.com/token", "d.token_url: must begin with https://"),
        ("https://me:hunter2@login.example.com/", "d.token_url: holds a user name"),
        ("https://login example/", "d.token_url: is not an address"),
        ("http://127.0.0.1:8080/token", ""),
        ("http://[::1]/token", ""),
        ("https://login.example.com/token?p=b2c", ""),
    ] {
        let mut keys = OAUTH2;
        keys[1].1 = url;
        let found = problems(URL, &keys).concat();
        assert!(found.starts_with(expected) && found.is_empty() == expected.is_empty(), "{url}: {found}");
        assert!(!found.contains("hunter2"), "{found}");
    }
}

#[test]
fn a_secret_is_not_shown() {
    let (auth, _) = read(DestinationKind::Otlp, URL, &OAUTH2);
    let shown = format!("{auth:?}");
    assert!(shown.contains("router") && !shown.contains("hunter2"), "{shown}");
}
