//! Addresses of services that have a type of their own, and what goes with an address: user, password, token.

use crate::check::finding::{Finding, FindingSeverity};
use crate::check::placeholders::destination_kind;
use crate::check::templates::written;
use crate::config::{Section, Setting};
use ecs_router::config::keys::DestinationKind;

/// Parts of hosts, and the type that speaks to them.
const OF_VENDORS: [(&str, &str); 6] = [
    ("hooks.slack.com", "slack, with webhook_url"),
    (".logs.datadoghq.", "datadog, with api_key and site"),
    ("log-api.newrelic.com", "newrelic, with license_key"),
    ("log-api.eu.newrelic.com", "newrelic, with license_key and site eu"),
    ("otlp.nr-data.net", "otlp, with endpoint"),
    ("gov-log-api.newrelic.com", "newrelic, with license_key"),
];

pub(super) fn of_value(section: &Section, setting: &Setting) -> Option<Finding> {
    let text = written(&setting.value)?;
    let key = setting.key.to_ascii_lowercase();
    if key == "queue.url" {
        return queue(setting, text).or_else(|| queue_of_sidecar(section, setting));
    }
    let (destination, name) = setting.key.rsplit_once('.')?;
    let kind = destination_kind(section, destination)?;
    match (kind, name.to_ascii_lowercase().as_str()) {
        (DestinationKind::Http, "url") => vendor(setting, text).or_else(|| fragment(setting, text)),
        (DestinationKind::Http | DestinationKind::Otlp, "bearer_token") => {
            scheme(setting, text).or_else(|| both(section, setting, destination))
        }
        (DestinationKind::Http, "user") => other_half(section, setting, destination, "password"),
        (DestinationKind::Http, "password") => other_half(section, setting, destination, "user"),
        (_, "endpoint") => service_name(setting, text).or_else(|| in_clear(setting, text)),
        _ => None,
    }
}

fn queue(setting: &Setting, text: &str) -> Option<Finding> {
    let message = "is a page of the AWS console, not the queue's URL".to_owned();
    let instead = "write https://sqs.REGION.amazonaws.com/ACCOUNT/NAME, the URL under the queue's details";
    text.contains("console.aws").then(|| Finding::error_of(setting, message, instead.to_owned()))
}

/// Each router would take a part of the events of all tasks, and end with its own.
fn queue_of_sidecar(section: &Section, setting: &Setting) -> Option<Finding> {
    let is_sidecar = section.get("match")?.value.text()?.contains("-firelens-");
    let message =
        "is beside the lines of a task, so that every task takes a part of all events, and ends with them";
    let instead = "poll the queue in one service of its own, the collector";
    is_sidecar.then(|| Finding::new(FindingSeverity::Note, &setting.location, &setting.key, message, instead))
}

fn vendor(setting: &Setting, text: &str) -> Option<Finding> {
    let (_, rest) = text.split_once("://")?;
    let host = without_user(rest.split('/').next()?);
    let (_, instead) = OF_VENDORS.iter().find(|(part, _)| host.contains(part))?;
    let message = format!("is {host}, which does not take what the type http sends");
    Some(Finding::warn_of(setting, message, format!("write the type {instead}")))
}

fn fragment(setting: &Setting, text: &str) -> Option<Finding> {
    let (before, _) = text.split_once('#')?;
    let message = "has a # in it: what follows is never sent to a server".to_owned();
    Some(Finding::warn_of(setting, message, format!("write {before}, or %23 for the character")))
}

fn scheme(setting: &Setting, text: &str) -> Option<Finding> {
    let (word, token) = text.split_once(' ')?;
    let message = "begins with 'Bearer', which the plugin writes itself".to_owned();
    word.eq_ignore_ascii_case("bearer")
        .then(|| Finding::warn_of(setting, message, format!("write {}", shown(token))))
}

/// The token if it is a variable.
fn shown(token: &str) -> &str {
    if token.starts_with("${") { token } else { "the token alone" }
}

fn both(section: &Section, setting: &Setting, destination: &str) -> Option<Finding> {
    let key = format!("{destination}.user");
    let message = format!("stands beside {key}, and a request has one Authorization header");
    section.get(&key).map(|_| Finding::warn_of(setting, message, "keep one of them".to_owned()))
}

fn other_half(section: &Section, setting: &Setting, destination: &str, other: &str) -> Option<Finding> {
    let is_there = section.open || section.get(&format!("{destination}.{other}")).is_some();
    let message = format!("has no {destination}.{other} beside it");
    (!is_there)
        .then(|| Finding::warn_of(setting, message, format!("write both, or leave {} out", setting.key)))
}

/// `com.amazonaws.eu-west-1.logs` names an endpoint service; an endpoint has a host of its own.
fn service_name(setting: &Setting, text: &str) -> Option<Finding> {
    let name = text.split("://").last()?.trim_end_matches('/');
    let message = format!("'{name}' is the name of an endpoint service, not the host of an endpoint");
    let instead = "write https:// and the DNS name of the endpoint; with private DNS, leave the key out";
    name.starts_with("com.amazonaws.").then(|| Finding::error_of(setting, message, instead.to_owned()))
}

fn in_clear(setting: &Setting, text: &str) -> Option<Finding> {
    let rest = text.strip_prefix("http://")?;
    let host = without_user(rest.split('/').next()?).split(':').next()?;
    let message = format!("sends records to {host} without TLS");
    host.contains(".amazonaws.com")
        .then(|| Finding::warn_of(setting, message, format!("write https://{rest}")))
}

/// The host and port of an authority, whose user may come with a password.
fn without_user(authority: &str) -> &str {
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}
