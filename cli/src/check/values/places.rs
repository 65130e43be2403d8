//! Buckets and folders that are written as something else: an address, an ARN, a device.

use crate::check::finding::Finding;
use crate::check::placeholders::destination_kind;
use crate::config::{Section, Setting, SettingValue};
use ecs_router::config::keys::DestinationKind;

/// `name` is the key without its destination.
pub(super) fn of_value(section: &Section, setting: &Setting, name: &str, text: &str) -> Option<Finding> {
    if setting.key.eq_ignore_ascii_case("incident.state_path") {
        return state_file(setting, text).or_else(|| relative(setting, text));
    }
    let destination = setting.key.rsplit_once('.').map(|(destination, _)| destination)?;
    match (name, destination_kind(section, destination)?) {
        ("bucket", DestinationKind::S3) => bucket(setting, text),
        ("key", DestinationKind::S3) => key(setting, text),
        ("spool_dir", DestinationKind::S3) => folder(setting, text),
        ("path", DestinationKind::File) => file(setting, text),
        ("tags", DestinationKind::Datadog) => tags(setting, text),
        _ => None,
    }
}

/// A value whose variables are not known: what comes before them is.
pub(super) fn of_open_value(section: &Section, setting: &Setting) -> Option<Finding> {
    let SettingValue::Interpolated(text) = &setting.value else { return None };
    let (destination, name) = setting.key.rsplit_once('.')?;
    let start = text.split("${").next().filter(|start| !start.is_empty())?;
    match (name.to_ascii_lowercase().as_str(), destination_kind(section, destination)?) {
        ("bucket", DestinationKind::S3) => {
            let scheme =
                ["arn:", "s3://", "https://", "http://"].iter().find(|scheme| start.starts_with(**scheme))?;
            let message = format!("begins with {scheme}, and must be the name of a bucket alone");
            Some(Finding::error_of(setting, message, "leave that and the folder out".to_owned()))
        }
        ("key", DestinationKind::S3) => key(setting, text),
        ("spool_dir", DestinationKind::S3) => folder(setting, text),
        ("path", DestinationKind::File) => file(setting, text),
        _ => None,
    }
}

/// A bucket's host is a name that a bucket could have, so that the plugin itself takes it.
fn bucket(setting: &Setting, text: &str) -> Option<Finding> {
    let host = text.split_once("://").map_or(text, |(_, rest)| rest);
    let host = host.rsplit('@').next().unwrap_or(host);
    let start = host.find(".s3.").or_else(|| host.find(".s3-"))?;
    let name = host.get(..start).filter(|_| text.contains("amazonaws"))?;
    let message = format!("'{text}' is the host of a bucket, not its name");
    Some(Finding::warn_of(setting, message, format!("write {name}")))
}

fn key(setting: &Setting, text: &str) -> Option<Finding> {
    // An address is reported as such.
    if text.contains("://") {
        return None;
    }
    let Some(rest) = text.strip_prefix('/') else { return empty_folder(setting, text) };
    let message = "begins with /, so that every object lies in a folder without a name".to_owned();
    Some(Finding::warn_of(setting, message, format!("write {}", rest.replace("//", "/"))))
}

/// Two slashes, as a prefix with one at its end makes them.
fn empty_folder(setting: &Setting, text: &str) -> Option<Finding> {
    let message = "has two slashes in a row, so that every object lies in a folder without a name".to_owned();
    text.contains("//")
        .then(|| Finding::warn_of(setting, message, format!("write {}", text.replace("//", "/"))))
}

fn folder(setting: &Setting, text: &str) -> Option<Finding> {
    if text.contains("://") {
        let message = format!("'{text}' is an address, and must be a folder of the router's container");
        return Some(Finding::error_of(setting, message, "write /var/spool/ecs_router".to_owned()));
    }
    relative(setting, text)
}

fn relative(setting: &Setting, text: &str) -> Option<Finding> {
    if text.starts_with('/') || text.starts_with('$') {
        return None;
    }
    let message = format!("'{text}' is below the folder that Fluent Bit happens to be started in");
    Some(Finding::warn_of(setting, message, format!("write it in full, for example /var/log/{text}")))
}

/// The file of open incidents is one on the router's disk.
fn state_file(setting: &Setting, text: &str) -> Option<Finding> {
    let instead = "write for example /var/lib/ecs_router/incidents.json".to_owned();
    if text.contains("://") {
        let message = format!("'{text}' is an address, and must be a file of the router's container");
        return Some(Finding::error_of(setting, message, instead));
    }
    let message = format!("'{text}' is a folder, and must be a file");
    text.ends_with('/')
        .then(|| Finding::error_of(setting, message, format!("write for example {text}incidents.json")))
}

fn file(setting: &Setting, text: &str) -> Option<Finding> {
    if text.ends_with('/') {
        let message = format!("'{text}' is a folder, and must be a file");
        return Some(Finding::error_of(setting, message, format!("write for example {text}$(class).ndjson")));
    }
    if text == "/dev/stdout" || text == "/dev/stderr" || text.starts_with("/proc/") {
        let message = format!("'{text}' is a device, and the plugin writes to regular files only");
        return Some(Finding::error_of(setting, message, "write the type stdout instead of file".to_owned()));
    }
    relative(setting, text)
}

/// Datadog takes `name:value` with commas.
fn tags(setting: &Setting, text: &str) -> Option<Finding> {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > 1 && words.iter().all(|word| word.contains(':')) && !text.contains([',', ';']) {
        let message = format!("'{text}' is one tag, for tags have commas between them");
        return Some(Finding::warn_of(setting, message, format!("write {}", words.join(","))));
    }
    let parts: Vec<&str> = text.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let has_signs = parts.iter().any(|tag| tag.contains('=') && !tag.contains(':'));
    let is_split = text.contains(';') && parts.iter().all(|part| part.contains([':', '=']));
    let what = match () {
        () if has_signs => "tags with =",
        () if is_split => "tags with ; between them",
        () => return None,
    };
    let message = format!("'{text}' has {what}, which Datadog does not take apart");
    let words = parts.iter().flat_map(|part| part.split_whitespace());
    let tags: Vec<String> =
        words.map(|tag| tag.replace('=', if tag.contains(':') { "=" } else { ":" })).collect();
    Some(Finding::warn_of(setting, message, format!("write {}", tags.join(","))))
}
