//! Values that the plugin can read but that cannot be meant: regions and accounts that do not exist, ARNs of another
//! form, times that are not times for their key.

mod addresses;
mod arns;
mod around;
mod credentials;
mod durations;
mod endpoints;
mod names;
mod partitions;
mod patterns;
mod places;
mod regions;
mod rules;
#[cfg(test)]
mod tests;

use ecs_router::config::keys::{DestinationKind, Key, KeyForm};
use ecs_router::config::within_quotes;

pub(crate) use self::arns::is_account;
pub(super) use self::durations::{MAX_STOP_TIMEOUT, read as read_duration};
pub(super) use self::partitions::{is_known as is_partition, of_region as partition_of_region};
pub(super) use self::regions::{is_known as is_region, suggestion as region_meant};
use super::finding::{Finding, FindingSeverity};
use super::startup::row;
use super::templates::written;
use super::{host_keys, variables};
use crate::config::{Configuration, Origin, Section, Setting, SettingValue};

/// Reports every such value of a section.
pub(super) fn check(section: &Section, configuration: &Configuration, findings: &mut Vec<Finding>) {
    findings.extend(section.settings.iter().filter_map(|setting| headers(section, setting)));
    findings.extend(section.settings.iter().filter_map(no_field));
    findings.extend(section.settings.iter().filter_map(|setting| places::of_open_value(section, setting)));
    for check in
        [names::of_value, addresses::of_value, rules::of_value, patterns::of_value, credentials::of_value]
    {
        findings.extend(section.settings.iter().filter_map(|setting| check(section, setting)));
    }
    for setting in &section.settings {
        if !is_reported(setting, findings) {
            findings.extend(quoted(section, setting).or_else(|| around::of_value(section, setting)));
        }
    }
    for setting in section.settings.iter().filter(|setting| !host_keys::is_key(section.origin, &setting.key))
    {
        let known = variables::known(&setting.value, &configuration.variables);
        let Some(text) = known.as_deref().filter(|text| !text.is_empty()) else { continue };
        let Some(row) = row(section, &setting.key).filter(|row| !row.secret) else { continue };
        let finding = match (row.form, last_part(&setting.key)) {
            (KeyForm::Duration, _) => durations::of_value(setting, row.name, text),
            (_, name) if name == "region" => regions::of_value(setting, text),
            (KeyForm::Text, name) => arns::of_value(section, setting, &name, text)
                .or_else(|| endpoints::of_value(section, setting, &name, text))
                .or_else(|| regions::of_address(setting, text))
                .or_else(|| places::of_value(section, setting, &name, text))
                .or_else(|| grpc(setting, row, text)),
            (KeyForm::List, _) if !is_reported(setting, findings) => blanks(setting, text),
            (KeyForm::Template, name) => places::of_value(section, setting, &name, text),
            _ => None,
        };
        findings.extend(finding);
    }
    if section.origin == Origin::FluentBit {
        findings.extend(durations::of_flush(configuration));
        findings.extend(durations::of_shutdown(section, configuration));
    }
}

/// Reports a regular expression without the field to look in: its first word is taken for one.
fn no_field(setting: &Setting) -> Option<Finding> {
    let key = setting.key.to_ascii_lowercase();
    let is_class = key.starts_with("class.") && key.ends_with(".match");
    let text = setting.value.text().filter(|_| is_class)?;
    let (field, _) = text.split_once(' ')?;
    let is_pattern = field.contains(['^', '\\', '*', '+', '?', '|', '(']) || field.starts_with(['/', '[']);
    let message = format!("takes '{field}' for the field to look in, which no record has");
    is_pattern.then(|| Finding::warn_of(setting, message, format!("write log {text}")))
}

/// Reports headers as HTTP writes them, also where their values are not known.
fn headers(section: &Section, setting: &Setting) -> Option<Finding> {
    let SettingValue::Interpolated(text) = &setting.value else { return None };
    let row = row(section, &setting.key).filter(|row| row.form == KeyForm::Pairs)?;
    if text.contains('=') || text.starts_with('$') {
        return None;
    }
    let (what, pair) = match text.split_once(':') {
        Some((name, _)) if name.contains('$') => return None,
        Some(pair) => ("is written as in HTTP", pair),
        None => ("has no =", text.split_once(' ')?),
    };
    let message = format!("{what}, and {} wants NAME=VALUE", row.name);
    let instead = format!("write {}={}", pair.0.trim(), pair.1.trim());
    Some(Finding::error_of(setting, message, instead))
}

/// Quotation marks around a value that the plugin takes as it is: Fluent Bit hands them on.
fn quoted(section: &Section, setting: &Setting) -> Option<Finding> {
    let key = last_part(&setting.key);
    let is_json = ["body", "batch_prefix", "batch_suffix", "match"].contains(&key.as_str());
    let inside = written(&setting.value).filter(|_| !is_json).and_then(within_quotes)?;
    let is_secret = row(section, &setting.key).is_some_and(|row| row.secret);
    let message = "has quotation marks, which become a part of the value".to_owned();
    let instead = match is_secret && !inside.starts_with("${") {
        true => "write it without them".to_owned(),
        false => format!("write {} {inside}", setting.key),
    };
    let is_ours = !host_keys::is_key(section.origin, &setting.key);
    (section.origin == Origin::FluentBit && is_ours).then(|| Finding::warn_of(setting, message, instead))
}

/// Whether the plugin itself refuses the value. A key that is missing is reported at the line of another.
fn is_reported(setting: &Setting, findings: &[Finding]) -> bool {
    let is_about = |key: &str| key.eq_ignore_ascii_case(&setting.key);
    findings.iter().any(|finding| {
        finding.severity == FindingSeverity::Error
            && finding.location == setting.location
            && finding.key.as_deref().is_none_or(is_about)
    })
}

/// Reports a list of names with blanks between them.
fn blanks(setting: &Setting, text: &str) -> Option<Finding> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_name =
        |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.*/:".contains(&byte));
    let is_list = words.len() > 1 && !text.contains(',') && words.iter().all(is_name);
    let message = format!("'{text}' is one item of a list, whose items have commas between them");
    is_list.then(|| Finding::warn_of(setting, message, format!("write {}", words.join(", "))))
}

/// Reports the port on which receivers of OTLP speak gRPC.
fn grpc(setting: &Setting, row: &Key, text: &str) -> Option<Finding> {
    let is_otlp =
        row.applies_to(Some(DestinationKind::Otlp)) && !row.applies_to(Some(DestinationKind::Newrelic));
    let (_, rest) = text.split_once("://")?;
    let is_grpc = rest.split('/').next()?.ends_with(":4317");
    let message =
        "ends in 4317, the port for gRPC; the plugin sends OTLP over HTTP, whose port is 4318".to_owned();
    let instead = format!("write {}", text.replacen(":4317", ":4318", 1));
    (is_otlp && is_grpc).then(|| Finding::warn_of(setting, message, instead))
}

/// The key without its destination, in lower case.
fn last_part(key: &str) -> String {
    key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase()
}
