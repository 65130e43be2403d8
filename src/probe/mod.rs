//! What `ecs-router check` wants to know of destinations: the address that each asks, and whether it would take records.
//!
//! Owns: one request to each destination that stores nothing, all at one time. Does not own: what that request is, or
//! what its reply means (`destination`).

pub mod task;

use std::cell::RefCell;
use std::time::Duration;

use crate::config::keys::DestinationKind;
use crate::config::{
    AwsEnvironments, ClientCertificate, DestinationSettings, KeyReader, Lookup, Problem, QueueSettings,
    Settings,
};
use crate::destination::{
    self, Destination, Endpoint, HttpRequest, Network, ObjectCall, ReplyAction, RetryTiming,
};
use crate::encode::batch::Batch;
use crate::instance;
use crate::transport::http::Failure;
use crate::transport::{self, SendRequest as _, Transport, UnusableFile};

/// Where a destination sends to, without secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationAddress {
    /// The destination's name, or `queue`.
    pub destination: String,
    /// The method of HTTP.
    pub method: String,
    /// The URL; for S3 that of the bucket.
    pub url: String,
}

/// What a destination said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProbeAnswer {
    /// It would take records.
    Works,
    /// The address, the key or a permission is wrong: which, and what to change.
    Misconfigured(String),
    /// Nobody knows from here: no reply in time, a service that is busy, no credentials.
    Unclear(String),
}

/// One destination and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProbeReport {
    /// The destination's name.
    pub destination: String,
    /// What it said.
    pub answer: ProbeAnswer,
}

/// The addresses of all destinations behind a network and of the queue, as far as the keys tell them. `region` stands
/// for the machine's.
#[must_use]
pub fn addresses(lookup: &dyn Lookup, region: &str) -> Vec<DestinationAddress> {
    // The caller has reported them already.
    let problems = RefCell::new(Vec::new());
    let settings = Settings::read(lookup, &problems);
    let environments = AwsEnvironments::in_region(region);
    let reader = KeyReader::new(lookup, &problems);
    let destinations = settings.destinations.iter().filter_map(|named| {
        let destination = destination::open(named, &reader, &environments);
        let request = delivery(&destination)?;
        Some(DestinationAddress {
            destination: named.name.clone(),
            method: request.method.to_string(),
            url: shown(named, &request.url),
        })
    });
    let queue = QueueSettings::read(&reader, &environments).map(|queue| DestinationAddress {
        destination: "queue".to_owned(),
        method: "POST".to_owned(),
        url: without_user(&queue.endpoint.unwrap_or(queue.url)),
    });
    destinations.chain(queue).filter(|address| address.url.contains("://")).collect()
}

/// The request that would deliver; for an object, the first of those.
fn delivery(destination: &Destination) -> Option<HttpRequest> {
    destination.network.as_ref()?;
    let request = match destination.store() {
        Some(store) => store.request("", &ObjectCall::Begin),
        None => destination.request(&Batch::empty(Vec::new())),
    };
    match request.endpoint {
        Endpoint::Http(request) => Some(request),
        _ => None,
    }
}

/// The URL without what may be secret: a user, a query, and all of a webhook's path.
fn shown(named: &DestinationSettings, url: &str) -> String {
    let address = &without_user(url.split('?').next().unwrap_or(url));
    match named.kind {
        DestinationKind::Slack if address.contains("://") => format!("{}/services/…", origin(address)),
        DestinationKind::Teams if address.contains("://") => format!("{}/…", origin(address)),
        _ => address.to_owned(),
    }
}

/// Scheme and host.
fn origin(address: &str) -> String {
    let host = address.split('/').nth(2).unwrap_or_default();
    let scheme = address.split("://").next().unwrap_or_default();
    format!("{scheme}://{host}")
}

fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let authority = rest.split('/').next().unwrap_or(rest);
    match authority.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://{}", rest.get(user.len() + 1..).unwrap_or_default()),
        None => url.to_owned(),
    }
}

/// What is wrong with the files of a client's certificate, as the key that names the file and words for the user; `None`:
/// a server can be shown it.
#[must_use]
pub fn certificate_problem(certificate: &ClientCertificate) -> Option<Problem> {
    let UnusableFile { key, what } = transport::certificate_problem(certificate)?;
    Some(Problem { key: key.to_owned(), what })
}

/// Asks every destination behind a network whether it would take records, all at one time and each for at most `limit`.
///
/// # Errors
/// Every problem of the configuration at once.
pub fn ask(lookup: &dyn Lookup, limit: Duration) -> Result<Vec<ProbeReport>, Vec<Problem>> {
    let problems = RefCell::new(Vec::new());
    let settings = Settings::read(lookup, &problems);
    let environments = instance::aws_environments(&settings, lookup, &problems);
    let reader = KeyReader::new(lookup, &problems);
    let open = |named| destination::open(named, &reader, &environments);
    let destinations: Vec<Destination> = settings.destinations.iter().map(open).collect();
    let problems = problems.into_inner();
    if problems.is_empty() { Ok(ask_all(destinations, limit)) } else { Err(problems) }
}

fn ask_all(destinations: Vec<Destination>, limit: Duration) -> Vec<ProbeReport> {
    std::thread::scope(|scope| {
        let remote = destinations.into_iter().filter(|destination| destination.network.is_some());
        // Collected first, so that all of them run before the first is waited for.
        let asked: Vec<_> =
            remote.map(|destination| scope.spawn(move || report(&destination, limit))).collect();
        asked.into_iter().filter_map(|asked| asked.join().ok()).collect()
    })
}

fn report(destination: &Destination, limit: Duration) -> ProbeReport {
    ProbeReport { destination: destination.common.name.clone(), answer: ask_one(destination, limit) }
}

fn ask_one(destination: &Destination, limit: Duration) -> ProbeAnswer {
    let network = destination.network.clone().unwrap_or_default();
    let transport = match Transport::remote(&Network { timeout: limit, ..network }) {
        Ok(transport) => transport,
        Err(UnusableFile { key, what }) => {
            return ProbeAnswer::Misconfigured(format!("{}.{key}: {what}", destination.common.name));
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return ProbeAnswer::Unclear(format!("cannot ask: {error}")),
    };
    let mut request = destination.probe();
    let reply = runtime.block_on(async { tokio::time::timeout(limit, transport.send(&mut request)).await });
    match reply {
        Ok(Ok(reply)) => answer(destination.classify_probe(&reply)),
        Ok(Err(failure @ Failure::TokenRefused { .. })) => {
            let advice = failure.advice(&destination.common.name).unwrap_or_default();
            ProbeAnswer::Misconfigured(format!("{failure}; {advice}"))
        }
        Ok(Err(failure)) => ProbeAnswer::Unclear(without_reply(&failure)),
        Err(_elapsed) => ProbeAnswer::Unclear(format!("no reply within {} s", limit.as_secs())),
    }
}

/// Why there is no reply. The check mostly runs at a terminal, not in a task.
fn without_reply(failure: &Failure) -> String {
    match failure {
        Failure::Credentials(reason) => format!(
            "no AWS credentials: {reason}; log in with aws sso login and name the profile in AWS_PROFILE, or set \
             AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; in a task or on an instance its role is taken"
        ),
        failure => failure.to_string(),
    }
}

/// What the action means for somebody who has not deployed yet. A service that objects to the records of the probe has
/// taken the address and the key.
fn answer(action: ReplyAction) -> ProbeAnswer {
    match action {
        ReplyAction::Delivered
        | ReplyAction::Partial { .. }
        | ReplyAction::PartialUnknown { .. }
        | ReplyAction::Ignored { .. }
        | ReplyAction::Prepare(_)
        | ReplyAction::SendInstead(_)
        | ReplyAction::Rejected { .. }
        | ReplyAction::Split { .. } => ProbeAnswer::Works,
        ReplyAction::Retry { timing: RetryTiming::Backoff, reason } => ProbeAnswer::Unclear(reason),
        ReplyAction::Retry { timing: RetryTiming::NextFlush, reason } => ProbeAnswer::Misconfigured(reason),
        ReplyAction::Reauthorize { reason } => ProbeAnswer::Misconfigured(format!(
            "{reason}; the credentials are not accepted: check the access key, or the role that is assumed"
        )),
        ReplyAction::WrongRegion { region, reason } => {
            ProbeAnswer::Misconfigured(format!("{reason}; the bucket is in {region}: write that region"))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn urls(pairs: &[(&str, &str)]) -> Vec<String> {
        let lookup: BTreeMap<String, String> =
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        addresses(&lookup, "<region>").into_iter().map(|address| address.url).collect()
    }

    #[test]
    fn addresses_have_host_and_path_and_no_secret() {
        for (destination, key, value, url) in [
            (
                "newrelic",
                "endpoint",
                "https://log-api.eu.newrelic.com/log/v1",
                "https://log-api.eu.newrelic.com/log/v1",
            ),
            ("newrelic", "site", "eu", "https://log-api.eu.newrelic.com/log/v1"),
            ("datadog", "site", "datadoghq.eu", "https://http-intake.logs.datadoghq.eu/api/v2/logs"),
            ("otlp", "endpoint", "https://otlp.example/otlp", "https://otlp.example/otlp/v1/logs"),
            ("s3", "bucket", "my-logs", "https://my-logs.s3.<region>.amazonaws.com/"),
            ("s3", "bucket", "my.logs", "https://s3.<region>.amazonaws.com/my.logs/"),
            ("cloudwatch", "region", "cn-north-1", "https://logs.cn-north-1.amazonaws.com.cn"),
            ("firehose", "delivery_stream", "s", "https://firehose.<region>.amazonaws.com"),
            (
                "slack",
                "webhook_url",
                "https://hooks.slack.com/services/T/B/secret",
                "https://hooks.slack.com/services/…",
            ),
            (
                "teams",
                "webhook_url",
                "https://prod-1.westeurope.logic.azure.com:443/workflows/a/paths/invoke?sig=secret",
                "https://prod-1.westeurope.logic.azure.com:443/…",
            ),
            ("http", "url", "https://logs.example/in?token=secret", "https://logs.example/in"),
            ("http", "url", "https://me:secret@logs.example/in", "https://logs.example/in"),
            ("datadog", "endpoint", "https://me:secret@logs.example", "https://logs.example/api/v2/logs"),
        ] {
            let written = format!("{destination}.{key}");
            let found = urls(&[("route.default", destination), (&written, value)]);
            assert_eq!(found, [url], "{destination} {value}");
        }
        assert_eq!(urls(&[("route.default", "stdout")]), [""; 0]);
        let queue = "https://sqs.eu-west-1.amazonaws.com/111122223333/stops";
        assert_eq!(urls(&[("route.default", "stdout"), ("queue.url", queue)]), [queue]);
    }

    #[test]
    fn a_reply_about_the_probes_records_shows_that_the_rest_is_right() {
        let reason = || "r".to_owned();
        assert_eq!(answer(ReplyAction::Rejected { reason: reason() }), ProbeAnswer::Works);
        let retry = |timing| answer(ReplyAction::Retry { timing, reason: reason() });
        assert_eq!(retry(RetryTiming::Backoff), ProbeAnswer::Unclear(reason()));
        assert_eq!(retry(RetryTiming::NextFlush), ProbeAnswer::Misconfigured(reason()));
    }
}
