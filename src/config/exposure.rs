//! Secrets that a configuration gives away although the output can start with it.

use http::Uri;

use super::address::is_local_host;
use super::error::Problem;
use super::keys::{DestinationKind, KEYS, Key, KeyForm};
use super::reader::{KeyReader, Lookup};
use super::request_auth::is_signed;
use super::settings::Settings;
use crate::redact::is_secret;

/// Keys that hold the address of a destination.
const ADDRESSES: [&str; 3] = ["url", "endpoint", "token_url"];

/// Keys of the queue that hold an address.
const QUEUE_ADDRESSES: [&str; 2] = ["queue.url", "queue.endpoint"];

/// What gives secrets away: one that goes to another machine over plain HTTP, and one in an address. Requests to AWS are
/// signed, and carry no secret.
#[must_use]
pub fn exposures(lookup: &dyn Lookup, settings: &Settings) -> Vec<Problem> {
    let problems = std::cell::RefCell::default();
    let reader = KeyReader::new(lookup, &problems);
    let destinations = settings.destinations.iter();
    let of_queue = QUEUE_ADDRESSES.into_iter().flat_map(|key| in_address(&reader, key));
    let found = destinations.flat_map(|named| {
        let reader = reader.for_destination(&named.name, named.kind);
        let keys = ADDRESSES.into_iter();
        keys.flat_map(move |key| exposed(&reader, named.kind, key)).collect::<Vec<_>>()
    });
    found.chain(of_queue).collect()
}

fn exposed(reader: &KeyReader<'_>, kind: DestinationKind, key: &str) -> Vec<Problem> {
    if !is_key(kind, key) {
        return Vec::new();
    }
    let Some(uri) = address(reader, key) else { return Vec::new() };
    let is_plain = uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_local_host);
    let secret = if is_plain { sent_secret(reader, kind) } else { None };
    let plain = secret.map(|secret| {
        let what = format!(
            "is plain http:// to another machine, so anybody on the network path can read {secret}; write https://"
        );
        Problem { key: reader.full_name(key), what }
    });
    plain.into_iter().chain(in_address(reader, key)).collect()
}

fn address(reader: &KeyReader<'_>, key: &str) -> Option<Uri> {
    reader.written(key)?.parse().ok()
}

/// A user is refused by the destinations that know HTTP's own authentication; AWS has no use for one.
fn in_address(reader: &KeyReader<'_>, key: &str) -> Option<Problem> {
    let uri = address(reader, key)?;
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    let what = match uri.query().is_some_and(names_a_secret) {
        true => {
            "holds a secret in its query, which proxies and receivers write to their logs; send it in a header"
        }
        false if has_user => "holds a user name, which is not kept secret; leave it out",
        false => return None,
    };
    Some(Problem { key: reader.full_name(key), what: what.to_owned() })
}

fn is_key(kind: DestinationKind, name: &str) -> bool {
    KEYS.iter().any(|row| row.name == name && row.applies_to(Some(kind)))
}

/// What of the destination's secrets its requests show.
fn sent_secret(reader: &KeyReader<'_>, kind: DestinationKind) -> Option<String> {
    match secret_key(reader, kind) {
        Some("client_secret") => Some(format!("the token that {} gets", reader.full_name("client_secret"))),
        Some(secret) => Some(reader.full_name(secret)),
        None if !kind.is_aws() && is_signed(reader, kind) => {
            Some(format!("the session token that {} sends", reader.full_name("auth")))
        }
        None => None,
    }
}

/// The first key of the destination that holds a secret which its requests carry.
fn secret_key(reader: &KeyReader<'_>, kind: DestinationKind) -> Option<&'static str> {
    let mut secrets = KEYS.iter().filter(|row| row.secret && row.applies_to(Some(kind)));
    secrets.find(|row| holds_secret(reader, row)).map(|row| row.name)
}

/// Most headers are not secret.
fn holds_secret(reader: &KeyReader<'_>, row: &Key) -> bool {
    let Some(text) = reader.written(row.name) else { return false };
    let mut headers = text.split(',').filter_map(|pair| pair.split_once('='));
    row.form != KeyForm::Pairs || headers.any(|(name, _)| is_secret(name.trim()))
}

fn names_a_secret(query: &str) -> bool {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.any(|(name, value)| !value.is_empty() && is_secret(name))
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    fn said(pairs: &[(&str, &str)]) -> Vec<String> {
        let keys: BTreeMap<String, String> =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let problems = RefCell::default();
        let settings = Settings::read(&keys, &problems);
        assert_eq!(problems.into_inner(), []);
        exposures(&keys, &settings).iter().map(|problem| problem.key.clone()).collect()
    }

    #[test]
    fn a_secret_over_plain_http_to_another_machine_is_told() {
        for (url, key, value, expected) in [
            ("http://logs.example.com/x", "http.bearer_token", "t", 1),
            ("http://10.0.0.7/x", "http.password", "p", 1),
            ("http://127.evil.example/x", "http.password", "p", 1),
            ("http://logs.example.com/x", "http.headers", "X-Api-Key=k", 1),
            ("http://logs.example.com/x", "http.headers", "X-Tenant=web", 0),
            ("https://logs.example.com/x", "http.bearer_token", "t", 0),
            ("http://127.0.0.1:9880/x", "http.bearer_token", "t", 0),
            ("http://localhost/x", "http.bearer_token", "t", 0),
            ("http://[::1]/x", "http.bearer_token", "t", 0),
            ("http://169.254.170.2/x", "http.bearer_token", "t", 0),
            ("https://logs.example.com/x?token=t", "http.user", "", 1),
            ("https://logs.example.com/x?page=t", "http.user", "", 0),
            ("http://logs.example.com/x?api_key=t", "http.bearer_token", "t", 2),
        ] {
            let found = said(&[("route.default", "http"), ("http.url", url), (key, value)]);
            assert_eq!(found, vec!["http.url"; expected], "{url} {key}");
        }
        let signed = |url| {
            said(&[
                ("route.default", "http"),
                ("http.url", url),
                ("http.auth", "aws"),
                ("http.aws_service", "es"),
            ])
        };
        assert_eq!(signed("http://search.example.com/x"), ["http.url"], "a session token");
        assert_eq!(signed("https://search.example.com/x"), [""; 0]);
        let otlp =
            [("route.default", "otlp"), ("otlp.endpoint", "http://a/"), ("otlp.headers", "Authorization=x")];
        assert_eq!(said(&otlp), ["otlp.endpoint"]);
        let s3 = [
            ("route.default", "s3"),
            ("s3.endpoint", "https://me:pw@minio.example/"),
            ("queue.url", "https://me:pw@sqs.eu-west-1.amazonaws.com/1/q"),
        ];
        assert_eq!(said(&s3), ["s3.endpoint", "queue.url"]);
    }
}
