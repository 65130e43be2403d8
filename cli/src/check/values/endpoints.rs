//! Addresses that cannot be reached as they are written, or that belong to another region, service or site.

use super::regions;
use crate::check::finding::Finding;
use crate::check::placeholders::destination_kind;
use crate::config::{Section, Setting};
use ecs_router::config::keys::DestinationKind;
use ecs_router::config::shown_address;

/// The parts of an address.
struct Address<'t> {
    scheme: &'t str,
    host: &'t str,
    port: Option<&'t str>,
    path: &'t str,
}

impl<'t> Address<'t> {
    fn parse(text: &'t str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let authority = authority.rsplit('@').next().unwrap_or(authority);
        if authority.starts_with('[') {
            let (host, port) = authority.split_once(']')?;
            return Some(Self { scheme, host, port: port.strip_prefix(':'), path });
        }
        match authority.rsplit_once(':') {
            Some((host, port)) => Some(Self { scheme, host, port: Some(port), path }),
            None => Some(Self { scheme, host: authority, port: None, path }),
        }
    }
}

/// `name` is the key without its destination.
pub(super) fn of_value(section: &Section, setting: &Setting, name: &str, text: &str) -> Option<Finding> {
    if !matches!(name, "url" | "endpoint" | "sts_endpoint") {
        return None;
    }
    let Some(address) = Address::parse(text) else { return without_scheme(setting, name, text) };
    of_port(setting, &address)
        .or_else(|| of_service(section, setting, name, &address))
        .or_else(|| of_region(section, setting, &address))
        .or_else(|| of_path(section, setting, &address))
        .or_else(|| of_site(section, setting, &address))
}

/// The plugin itself refuses a `url` without a scheme.
fn without_scheme(setting: &Setting, name: &str, text: &str) -> Option<Finding> {
    let is_address = text.contains('.') || text.starts_with("localhost");
    if name == "url" || text.starts_with("arn:") || !is_address || text.contains(' ') {
        return None;
    }
    let address = format!("https://{text}");
    let shown = shown_address(&address);
    let bare = shown.trim_start_matches("https://");
    let message = format!("'{bare}' lacks https:// in front, so that it is not an address");
    Some(Finding::error_of(setting, message, format!("write {shown}")))
}

fn of_port(setting: &Setting, address: &Address<'_>) -> Option<Finding> {
    let port = address.port?;
    let message = match (address.scheme, port.parse::<u16>()) {
        (_, Ok(0) | Err(_)) => format!("'{port}' is not a port"),
        ("https", Ok(80)) => "is https on port 80, where servers speak plain http".to_owned(),
        ("http", Ok(443)) => "is http on port 443, where servers speak https".to_owned(),
        _ => return None,
    };
    Some(Finding::warn_of(setting, message, "leave the port out, or write the server's".to_owned()))
}

fn kind(section: &Section, setting: &Setting) -> Option<DestinationKind> {
    destination_kind(section, setting.key.rsplit_once('.')?.0)
}

/// The name of a service in the host of AWS: `logs` of `logs.eu-west-1.amazonaws.com`.
fn service(host: &str) -> Option<&str> {
    if !host.contains(".amazonaws.") {
        return None;
    }
    let known = ["logs", "firehose", "sqs", "sts", "s3", "monitoring", "events", "kinesis", "sns", "ecs"];
    host.split('.').find_map(|label| {
        let label = label.trim_end_matches("-fips");
        known.into_iter().find(|known| *known == label)
    })
}

fn of_service(section: &Section, setting: &Setting, name: &str, address: &Address<'_>) -> Option<Finding> {
    let is_queue = setting.key.to_ascii_lowercase().starts_with("queue.");
    let wanted = match (name, is_queue, kind(section, setting)) {
        ("sts_endpoint", ..) => "sts",
        (_, true, _) => "sqs",
        (_, _, Some(DestinationKind::Cloudwatch)) => "logs",
        (_, _, Some(DestinationKind::S3)) => "s3",
        (_, _, Some(DestinationKind::Firehose)) => "firehose",
        (_, _, Some(DestinationKind::Kinesis)) => "kinesis",
        (_, _, Some(DestinationKind::Sns)) => "sns",
        (_, _, Some(DestinationKind::Eventbridge)) => "events",
        _ => return None,
    };
    let found = service(address.host).filter(|found| *found != wanted)?;
    let message = format!("is an address of the service {found}, and this wants {wanted}");
    let instead = format!("write {}://{}", address.scheme, address.host.replacen(found, wanted, 1));
    Some(Finding::error_of(setting, message, instead))
}

/// AWS refuses a request that is signed for another region.
fn of_region(section: &Section, setting: &Setting, address: &Address<'_>) -> Option<Finding> {
    // The plugin itself compares the two for an API of the user's.
    if matches!(kind(section, setting), Some(DestinationKind::Http | DestinationKind::Otlp)) {
        return None;
    }
    let (destination, _) = setting.key.rsplit_once('.')?;
    let in_host = regions::in_host(address.host)?;
    let region = section.text(&format!("{destination}.region"))?;
    if region == in_host || setting.key.to_ascii_lowercase().ends_with("sts_endpoint") {
        return None;
    }
    let message = format!(
        "is an address in {in_host}, but {destination}.region is {region}: AWS refuses requests that are signed for another region"
    );
    Some(Finding::error_of(
        setting,
        message,
        format!("write {destination}.region {in_host}, or an address in {region}"),
    ))
}

/// Reports the paths of other signals of OTLP.
fn of_path(section: &Section, setting: &Setting, address: &Address<'_>) -> Option<Finding> {
    if kind(section, setting) != Some(DestinationKind::Otlp) {
        return None;
    }
    let other = ["/v1/traces", "/v1/metrics"].into_iter().find(|path| address.path.ends_with(path))?;
    let message = format!("ends in {other}, which takes no logs");
    let instead = "write the address without a path, or with /v1/logs";
    Some(Finding::warn_of(setting, message, instead.to_owned()))
}

/// Reports an address of the vendor's other site.
fn of_site(section: &Section, setting: &Setting, address: &Address<'_>) -> Option<Finding> {
    let (destination, _) = setting.key.rsplit_once('.')?;
    let site = section.text(&format!("{destination}.site"))?.to_ascii_lowercase();
    let other = match kind(section, setting)? {
        DestinationKind::Newrelic => match (address.host, site.as_str()) {
            ("log-api.newrelic.com", "eu") => "us",
            ("log-api.eu.newrelic.com", "us") => "eu",
            _ => return None,
        },
        DestinationKind::Datadog => {
            let (_, own) = address.host.split_once(".logs.")?;
            if own.eq_ignore_ascii_case(&site) || !own.contains("datadoghq") {
                return None;
            }
            own
        }
        _ => return None,
    };
    let message = format!("is an address of the site {other}, but {destination}.site is {site}");
    Some(Finding::warn_of(setting, message, "leave the endpoint out; the site says where it is".to_owned()))
}
