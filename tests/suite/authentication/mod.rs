//! How requests to an API prove who sends them: signatures of AWS, tokens of OAuth2, certificates.

mod certificates;
mod hostile;
mod signatures;
mod tokens;

use fake_cloud::Cloud;
use serde_json::Value;
use test_support::chunk::Chunk;
use test_support::record::line;

use crate::router::Router;

/// What no line of the log may hold.
const SECRET: &str = "s3cret & more";

/// A router with one destination at a path of the cloud, which is its type's name.
fn router(cloud: &Cloud, kind: &str, path: &str, keys: &[(&str, &str)]) -> Router {
    let address = format!("{}{path}", cloud.endpoint());
    router_at(&address, kind, &[&[("flush_timeout", "2s")], keys].concat())
}

/// Keys without a dot are the output's.
fn router_at(address: &str, kind: &str, keys: &[(&str, &str)]) -> Router {
    let key = if kind == "http" { "url" } else { "endpoint" };
    let mut written = vec![
        ("route.default".to_owned(), kind.to_owned()),
        (format!("{kind}.{key}"), address.to_owned()),
        ("exit_timeout".to_owned(), "200ms".to_owned()),
    ];
    written.extend(keys.iter().map(|(key, value)| {
        let key = if *key == "flush_timeout" { (*key).to_owned() } else { format!("{kind}.{key}") };
        (key, (*value).to_owned())
    }));
    let written: Vec<(&str, &str)> =
        written.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    Router::with(&written)
}

/// Keys of a client that the stand-in's token endpoint knows.
fn oauth2<'k>(token_url: &'k str, more: &[(&'k str, &'k str)]) -> Vec<(&'k str, &'k str)> {
    let usual = [
        ("auth", "oauth2"),
        ("token_url", token_url),
        ("client_id", "router"),
        ("client_secret", SECRET),
        ("scope", "logs.write"),
    ];
    let kept = usual.into_iter().filter(|(key, _)| !more.iter().any(|(other, _)| other == key));
    kept.chain(more.iter().copied()).collect()
}

fn hello() -> Chunk {
    Chunk::now(&[line("web", "stdout", "hello")])
}

fn logs_of(values: &[Value]) -> Vec<&str> {
    values.iter().filter_map(|value| value["log"].as_str()).collect()
}
