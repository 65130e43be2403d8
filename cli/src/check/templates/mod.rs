//! Names with fields in them: fields that no record has, and the syntax of other plugins, which is taken literally.

use ecs_router::config::keys::KeyForm;

use super::finding::Finding;
use super::startup::row;
use super::tags::pattern;
use crate::config::{Configuration, Origin, Section, Setting, SettingValue};
use crate::suggest::closest;

/// Fields of FireLens's records, of stop events, and those that the plugin derives from them.
const KNOWN_FIELDS: [&str; 20] = [
    "account",
    "class",
    "container_id",
    "container_name",
    "ec2_instance_id",
    "ecs_availability_zone",
    "ecs_cluster",
    "ecs_launch_type",
    "ecs_service",
    "ecs_task_arn",
    "ecs_task_definition",
    "ecs_task_family",
    "ecs_task_id",
    "ecs_task_revision",
    "image_tag",
    "log",
    "region",
    "source",
    "tag",
    "uuid",
];

/// Fields of an ECS event itself, in the records that hold one.
const EVENT_FIELDS: [&str; 8] =
    ["account", "region", "time", "id", "detail", "detail-type", "resources", "version"];

/// Filters that add no field of a name of their own.
const PLAIN_FILTERS: [&str; 2] = ["grep", "throttle"];

/// Reports names that will not become what they look like.
pub(super) fn check(section: &Section, configuration: &Configuration, findings: &mut Vec<Finding>) {
    for setting in &section.settings {
        let Some(text) = written(&setting.value) else { continue };
        let Some(row) = row(section, &setting.key).filter(|row| !row.secret) else { continue };
        if row.form != KeyForm::Template {
            findings.extend(no_template(setting, row.form, text));
            continue;
        }
        findings.extend(bare_field(setting, text).or_else(|| one_shard(setting, text)));
        findings
            .extend(literals(text).chain(bracketed(text)).map(|literal| taken_literally(setting, &literal)));
        for field in fields(text) {
            let finding = tag_part(section, setting, field);
            findings.extend(finding.or_else(|| unknown(section, configuration, setting, field)));
        }
    }
}

/// The text as it is written, with its variables.
pub(super) fn written(value: &SettingValue) -> Option<&str> {
    match value {
        SettingValue::Text(text) | SettingValue::Interpolated(text) => Some(text),
        SettingValue::Unknown | SettingValue::Nested => None,
    }
}

/// The names in `$(name)` and `$(name:-fallback)`.
pub(super) fn fields(text: &str) -> impl Iterator<Item = &str> {
    let inside = text.split("$(").skip(1).filter_map(|rest| rest.split_once(')'));
    inside.map(|(field, _)| field.split(":-").next().unwrap_or(field).trim())
}

/// The letters after each `%` of a date, without flags and widths.
pub(super) fn conversions(text: &str) -> Vec<String> {
    let mut letters = Vec::new();
    let mut rest = text.replace("%%", "");
    while let Some((_, behind)) = rest.split_once('%') {
        let behind = behind.trim_start_matches(|c: char| c.is_ascii_digit() || "-_0^#:.".contains(c));
        letters.extend(behind.chars().next().map(String::from));
        rest = behind.to_owned();
    }
    letters
}

fn is_known(field: &str) -> bool {
    let first = field.split('.').next().unwrap_or(field);
    KNOWN_FIELDS.contains(&field) || EVENT_FIELDS.contains(&first) || field.starts_with("tag[")
}

/// Reports a field that records of FireLens do not have.
fn unknown(
    section: &Section,
    configuration: &Configuration,
    setting: &Setting,
    field: &str,
) -> Option<Finding> {
    let is_level = field == "level";
    if field.is_empty() || is_known(field) || is_level && has_levels(section) {
        return None;
    }
    if let Some((name, fallback)) = field.split_once(':').filter(|(name, _)| is_known(name.trim())) {
        let message = format!("no record has a field {field}: a fallback stands behind :-");
        let instead = format!("write $({}:-{})", name.trim(), fallback.trim_start_matches(['=', '?']).trim());
        return Some(Finding::warn_of(setting, message, instead));
    }
    let message = format!("no record has a field {field}, unless a filter or the application adds it");
    if let Some(near) = closest(field, KNOWN_FIELDS).or_else(|| known_part(field)) {
        return Some(Finding::warn_of(setting, message, format!("did you mean $({near})?")));
    }
    let is_of_firelens = field.starts_with("ecs_") || field.starts_with("container_");
    let may_be_added = !is_of_firelens
        && (section.origin == Origin::FireLens
            || !configuration.inputs.is_empty()
            || configuration.filters.iter().any(adds_fields));
    let known = KNOWN_FIELDS.join(", ");
    let instead = match is_level {
        true => "write level auto to give records one".to_owned(),
        false => format!("known are {known}"),
    };
    (!may_be_added).then(|| Finding::warn_of(setting, message, instead))
}

/// Whether the output gives records a level.
fn has_levels(section: &Section) -> bool {
    let is_off =
        |setting: &Setting| setting.value.text().is_some_and(|text| text.eq_ignore_ascii_case("off"));
    section.get("level").is_some_and(|setting| !is_off(setting))
}

/// The known field whose words are turned around or cut short: `cluster_name` of `ecs_cluster`, `task_id`.
fn known_part(field: &str) -> Option<&'static str> {
    let field = field.to_ascii_lowercase();
    let short = field.strip_prefix("ecs_").unwrap_or(&field);
    let short = short.strip_suffix("_name").unwrap_or(short);
    let with_prefix = format!("ecs_{short}");
    KNOWN_FIELDS
        .into_iter()
        .find(|known| *known == with_prefix || (short == "container" && *known == "container_name"))
}

fn adds_fields(filter: &Section) -> bool {
    let name = filter.text("name").unwrap_or_default().to_ascii_lowercase();
    !PLAIN_FILTERS.contains(&name.as_str())
}

/// Reports parts of FireLens's tags, which have no dots to part them.
fn tag_part(section: &Section, setting: &Setting, field: &str) -> Option<Finding> {
    let position: usize = field.strip_prefix("tag[")?.strip_suffix(']')?.parse().ok()?;
    let is_firelens = section.origin == Origin::FireLens || pattern(section).contains("-firelens-");
    if position == 0 || !is_firelens {
        return None;
    }
    let message = format!(
        "FireLens's tags, such as web-firelens-0123abcd, have no dots, so that $({field}) is always 'unknown'"
    );
    Some(Finding::warn_of(setting, message, "write $(container_name) or $(ecs_task_id)"))
}

/// Reports a field in a value that is not a name.
fn no_template(setting: &Setting, form: KeyForm, text: &str) -> Option<Finding> {
    let is_word = matches!(form, KeyForm::Text | KeyForm::List | KeyForm::Choice(_));
    let is_regex = setting.key.starts_with("class.") || setting.key.contains("user_stop");
    // It has a syntax of its own, which the plugin tries at the start.
    let is_body = setting.key.to_ascii_lowercase().ends_with(".body");
    let is_name = is_word && !is_regex && !is_body;
    let field = fields(text).find(|field| KNOWN_FIELDS.contains(field)).filter(|_| is_name)?;
    let message = format!("$({field}) is taken literally: this key is the same for all records");
    Some(Finding::warn_of(setting, message, "write a fixed value, or a destination for each"))
}

/// Reports the name of a field that is alone, without `$(…)`.
fn bare_field(setting: &Setting, text: &str) -> Option<Finding> {
    let is_field = |part: &&str| part.contains('_') && KNOWN_FIELDS.contains(part);
    let field = text.split('/').map(str::trim).find(is_field)?;
    let message = format!("'{field}' is taken literally: the value of a field is $({field})");
    Some(Finding::warn_of(setting, message, format!("write $({field})")))
}

/// Reports a partition key that all records share.
fn one_shard(setting: &Setting, text: &str) -> Option<Finding> {
    let is_constant = setting.key.to_ascii_lowercase().ends_with(".partition_key") && !text.contains('$');
    let message = format!("'{text}' is the same for all records, so that one shard takes them all");
    let instead = "write $(container_name)/$(ecs_task_id), or leave it out";
    is_constant.then(|| Finding::warn_of(setting, message, instead))
}

/// One word of another plugin's syntax, and what this one calls it.
struct Literal {
    text: String,
    instead: String,
}

fn taken_literally(setting: &Setting, literal: &Literal) -> Finding {
    let message = format!("'{}' is taken literally: it is the syntax of another plugin", literal.text);
    Finding::warn_of(setting, message, literal.instead.clone())
}

/// `$TAG`, `$TAG[1]`, `$UUID`, `$container_name`, `$kubernetes['pod_name']`, outside of `$(…)` and `${…}`.
fn literals(text: &str) -> impl Iterator<Item = Literal> {
    text.split('$').skip(1).filter_map(dollar)
}

/// `$[field]`, `<field>`, `{field}`: a known field in other brackets than `$(…)`.
fn bracketed(text: &str) -> Option<Literal> {
    [('[', ']'), ('<', '>'), ('{', '}')].into_iter().find_map(|(open, close)| {
        let (before, rest) = text.split_once(open)?;
        let (field, _) = rest.split_once(close)?;
        let is_variable = open == '{' && before.ends_with('$');
        let is_other = KNOWN_FIELDS.contains(&field.trim()) && !is_variable;
        let sign = if before.ends_with('$') { "$" } else { "" };
        is_other.then(|| Literal {
            text: format!("{sign}{open}{field}{close}"),
            instead: format!("write $({})", field.trim()),
        })
    })
}

/// What follows a `$`.
fn dollar(rest: &str) -> Option<Literal> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
    let (name, behind) = rest.split_at_checked(end)?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let index_end = behind.rfind(']').filter(|_| behind.starts_with('[')).map_or(0, |at| at + 1);
    let index = behind.get(..index_end).unwrap_or_default();
    Some(Literal { text: format!("${name}{index}"), instead: translation(name, index) })
}

fn translation(name: &str, index: &str) -> String {
    match name {
        "TAG" if index.is_empty() => "write $(tag), or $(container_name)".to_owned(),
        "TAG" => format!("write $(tag{index}); FireLens's tags have no dots, so $(container_name) says more"),
        "UUID" => "write $(uuid)".to_owned(),
        "INDEX" => "leave it out: $(uuid) tells objects apart".to_owned(),
        _ if name.chars().all(|c| c.is_ascii_uppercase() || c == '_') => {
            format!("write ${{{name}}} for a variable of the router's environment")
        }
        _ => {
            let inside: String = index.replace(['\'', '"', ']'], "").replace('[', ".");
            format!("write $({name}{inside})")
        }
    }
}

#[cfg(test)]
mod tests;
