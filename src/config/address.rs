//! Addresses that a user wrote: what they give away, and how they are shown.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv6Addr};

use http::Uri;

use super::error::Problem;
use super::keys::{DestinationKind, KEYS, Key, KeyForm};
use super::reader::{KeyReader, Lookup};
use super::settings::Settings;
use crate::stop::is_secret_name;

/// Keys that hold the address of a destination.
const ADDRESSES: [&str; 2] = ["url", "endpoint"];

/// Stands for a part of an address that is not shown.
const MASK: &str = "[redacted]";

/// Where Amazon's clock, names and credentials are on an instance with IPv6
/// (<https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html>, read 2026-11).
const METADATA_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23);

/// Whether the host is this machine, or on its own link.
#[must_use]
pub fn is_local_host(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse() {
        Ok(IpAddr::V4(address)) => address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_loopback() || address == METADATA_V6,
        Err(_) => host == "localhost",
    }
}

/// The address without what may be a secret in it: the user, and the values of its query.
#[must_use]
pub fn shown_address(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return Cow::Borrowed(text) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let host = match authority.rsplit_once('@') {
        Some((_user, host)) => format!("{MASK}@{host}"),
        None => authority.to_owned(),
    };
    let path = match path.split_once('?') {
        Some((path, query)) => format!("{path}?{}", shown_query(query)),
        None => path.to_owned(),
    };
    Cow::Owned(format!("{scheme}://{host}{path}"))
}

fn shown_query(query: &str) -> String {
    let pairs = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _value)) => format!("{name}={MASK}"),
        None => MASK.to_owned(),
    });
    pairs.collect::<Vec<_>>().join("&")
}

/// What gives secrets away although the output can start with it: a secret that goes to another machine over plain
/// HTTP, and one in an address.
#[must_use]
pub fn exposures(lookup: &dyn Lookup, settings: &Settings) -> Vec<Problem> {
    let problems = std::cell::RefCell::default();
    let reader = KeyReader::new(lookup, &problems);
    let destinations = settings.destinations.iter();
    let found = destinations.flat_map(|named| {
        let reader = reader.for_destination(&named.name, named.kind);
        let keys = ADDRESSES.into_iter();
        keys.flat_map(move |key| exposed(&reader, named.kind, key)).collect::<Vec<_>>()
    });
    found.collect()
}

fn exposed(reader: &KeyReader<'_>, kind: DestinationKind, key: &str) -> Vec<Problem> {
    let Some(address) = reader.written(key).filter(|_| is_key(kind, key)) else { return Vec::new() };
    let Ok(uri) = address.parse::<Uri>() else { return Vec::new() };
    let is_plain = uri.scheme_str() == Some("http") && !uri.host().is_some_and(is_local_host);
    let secret = if is_plain { secret_key(reader, kind) } else { None };
    let plain = secret.map(|secret| {
        let secret = reader.full_name(secret);
        format!("is plain http:// to another machine, so that whoever is on the way reads {secret}; write https://")
    });
    let in_query = uri.query().is_some_and(names_a_secret).then(|| {
        "holds a secret in its query, which proxies and receivers write to their logs; send it in a header".to_owned()
    });
    let problem = |what| Problem { key: reader.full_name(key), what };
    plain.into_iter().chain(in_query).map(problem).collect()
}

fn is_key(kind: DestinationKind, name: &str) -> bool {
    KEYS.iter().any(|row| row.name == name && row.applies_to(Some(kind)))
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
    row.form != KeyForm::Pairs || headers.any(|(name, _)| is_secret_name(name.trim()))
}

fn names_a_secret(query: &str) -> bool {
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.any(|(name, value)| !value.is_empty() && is_secret_name(name))
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
        let otlp =
            [("route.default", "otlp"), ("otlp.endpoint", "http://a/"), ("otlp.headers", "Authorization=x")];
        assert_eq!(said(&otlp), ["otlp.endpoint"]);
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        for (address, shown) in [
            ("https://a.example/p", "https://a.example/p"),
            ("https://me:pw@a.example:8/p?x=1&y", "https://[redacted]@a.example:8/p?x=[redacted]&[redacted]"),
            ("https://a.example?token=t", "https://a.example?token=[redacted]"),
            ("https://a@b@c/d@e", "https://[redacted]@c/d@e"),
            ("no address", "no address"),
        ] {
            assert_eq!(shown_address(address), shown);
        }
    }
}
