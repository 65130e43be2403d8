//! Unknown, repeated and unreadable keys. Known are those of the plugin's table, of Fluent Bit and of FireLens.

use ecs_router::config::keys::{DestinationKind, KEYS, Scope, find, is_group};

use super::finding::Finding;
use super::host_keys;
use super::limits;
use super::placeholders::destination_kind;
use super::redaction;
use super::routes::{SectionNames, is_output_key, starts_with};
use super::templates::written;
use crate::config::{Origin, Section, Setting, SettingValue};
use crate::suggest::{closest, closest_or_part};

/// Reports keys that nothing reads, and values that the plugin cannot read.
pub(super) fn check(section: &Section, names: &SectionNames, findings: &mut Vec<Finding>) {
    findings.extend(of_awslogs(section));
    for (position, setting) in section.settings.iter().enumerate() {
        if host_keys::is_key(section.origin, &setting.key) {
            findings.extend(commented(section.origin, setting));
            continue;
        }
        if is_of_awslogs(section.origin, &setting.key) {
            continue;
        }
        let finding = unreadable(setting).or_else(|| {
            let (message, instead) = unknown(section, names, setting)?;
            Some(Finding::error_of(setting, message, instead))
        });
        let finding = finding.or_else(|| repeated(section, position));
        findings.extend(finding.or_else(|| commented(section.origin, setting)));
    }
}

/// What is wrong with a key that is on the command line instead of in the section, and what to do.
pub(crate) fn problem_with_key(section: &Section, setting: &Setting) -> Option<(String, String)> {
    if host_keys::is_key(section.origin, &setting.key) {
        let message = "is a key of Fluent Bit, which the plugin never sees".to_owned();
        return Some((message, "leave it out".to_owned()));
    }
    unknown(section, &SectionNames::new(section), setting)
}

/// Reports options of the driver awslogs, all at once: FireLens would hand them to Fluent Bit, which refuses them.
fn of_awslogs(section: &Section) -> Option<Finding> {
    let found = section.settings.iter().filter(|setting| is_of_awslogs(section.origin, &setting.key));
    let found: Vec<&Setting> = found.collect();
    let first = found.first()?;
    let names: Vec<&str> = found.iter().map(|setting| setting.key.as_str()).collect();
    let message = format!(
        "not an option of awsfirelens but of the log driver awslogs: {}; Fluent Bit refuses it",
        names.join(", ")
    );
    let instead = "leave it out; the options of the output say where records go";
    Some(Finding::error_of(first, message, instead))
}

fn is_of_awslogs(origin: Origin, key: &str) -> bool {
    origin == Origin::FireLens && (key.starts_with("awslogs-") || matches!(key, "mode" | "max-buffer-size"))
}

/// Reports a list or a map: the plugin can only be given text.
fn unreadable(setting: &Setting) -> Option<Finding> {
    let message = "is a list or a map, but the plugin can be given texts only";
    let instead = format!("write {0}: a, b for a list, and {0}.<key>: … for the keys of a map", setting.key);
    (setting.value == SettingValue::Nested).then(|| Finding::error_of(setting, message, instead))
}

/// Reports a comment after a value: Fluent Bit knows comments only at the beginning of a line.
fn commented(origin: Origin, setting: &Setting) -> Option<Finding> {
    written(&setting.value).filter(|text| origin == Origin::FluentBit && text.contains(" #"))?;
    let message = "ends with a comment, which Fluent Bit takes for a part of the value";
    let instead = "give the comment a line of its own";
    Some(Finding::warn_of(setting, message, instead))
}

fn repeated(section: &Section, position: usize) -> Option<Finding> {
    let setting = section.settings.get(position)?;
    let mut before = section.settings.iter().take(position);
    let first = before.find(|other| other.key.eq_ignore_ascii_case(&setting.key))?;
    let message = format!("is written twice, and the plugin gets the value of line {}", first.location.line);
    Some(Finding::warn_of(setting, message, "keep one of them"))
}

/// Message and suggestion for a key that does not exist; `None` when it does.
fn unknown(section: &Section, names: &SectionNames, setting: &Setting) -> Option<(String, String)> {
    let key = setting.key.to_ascii_lowercase();
    if is_output_key(&key) {
        let names_class = starts_with(&key, "route.") || starts_with(&key, "class.");
        return match find(None, &key) {
            Some(_) => None,
            None if names_class => unknown_class_key(names, &key),
            None if limits::is_key(&key) => limits::unknown_key(names, &key),
            None if starts_with(&key, "redact.") => redaction::unknown_key(section, setting),
            None => Some(suggest(section, names, &key)),
        };
    }
    let Some((destination, name)) = key.rsplit_once('.') else {
        return match find(None, &key) {
            Some(_) => None,
            None => Some(suggest(section, names, &key)),
        };
    };
    if !names.is_destination(destination) {
        // Which destinations there are is not known before deployment.
        let may_exist = names.has_unknown_route && KEYS.iter().any(|row| row.name == name);
        return (!may_exist).then(|| suggest(section, names, &key));
    }
    let known = match destination_kind(section, destination) {
        Some(kind) => find(Some(kind), name).is_some(),
        None => KEYS.iter().any(|row| row.name == name && row.scope != Scope::Output),
    };
    (!known).then(|| suggest(section, names, &key))
}

/// Message and suggestion for `route.<class>` and `class.<class>.match` of a class that does not exist.
fn unknown_class_key(names: &SectionNames, key: &str) -> Option<(String, String)> {
    let Some(own) = &names.classes else { return None };
    let class = match key.strip_prefix("class.") {
        Some(rest) => match rest.strip_suffix(".match") {
            Some(class) => class,
            None => return Some(("unknown key".to_owned(), "write class.<class>.match".to_owned())),
        },
        None => key.strip_prefix("route.").unwrap_or_default(),
    };
    if own.iter().any(|known| known.eq_ignore_ascii_case(class)) {
        return None;
    }
    let built_in = KEYS.iter().filter(|row| row.scope == Scope::Output && !row.name.contains('<'));
    let built_in = built_in.filter_map(|row| row.name.strip_prefix("route."));
    if let Some(instead) = starts_with(key, "route.").then(|| meant_route(class)).flatten() {
        return Some((format!("there is no class '{class}'"), instead));
    }
    let instead = match closest(class, built_in.chain(own.iter().map(String::as_str))) {
        Some(near) if starts_with(key, "route.") => format!("did you mean route.{near}?"),
        Some(near) => format!("did you mean class.{near}.match?"),
        None => format!("add {class} to classes, or leave this line out"),
    };
    Some((format!("there is no class '{class}'"), instead))
}

/// What to write for a route by the name of a level, of the end of the router, or of memory.
fn meant_route(class: &str) -> Option<String> {
    match class {
        "warning" | "warnings" => Some("did you mean route.warn?".to_owned()),
        "err" | "critical" | "fatal" | "panic" => {
            Some("write route.error, which with level auto takes these lines too".to_owned())
        }
        "info" | "debug" | "trace" | "notice" => {
            Some("write route.stdout, which with level auto takes these lines".to_owned())
        }
        "expected" | "planned" => Some("did you mean route.stop.expected?".to_owned()),
        "exit" | "shutdown" => Some("did you mean route.router_exit?".to_owned()),
        "memory" | "oom" => Some("did you mean route.memory_warning?".to_owned()),
        _ => None,
    }
}

/// Message and suggestion for a key that does not exist.
fn suggest(section: &Section, names: &SectionNames, key: &str) -> (String, String) {
    if let Some(destination) = owner(section, names, key) {
        let message = "is a key of destinations, not of the output".to_owned();
        return (message, format!("write {destination}.{key}, for each destination that needs it"));
    }
    let message = "unknown key".to_owned();
    if let Some(near) = called_otherwise(section, key) {
        return (message, format!("did you mean {near}?"));
    }
    if let Some(instead) = not_needed(section, key) {
        return (message, instead);
    }
    if let Some(near) = closest_in_destination(section, names, key) {
        return (message, format!("did you mean {near}?"));
    }
    if let Some(near) = closest(key, every_key(section, names).iter().map(String::as_str)) {
        return (message, format!("did you mean {near}?"));
    }
    let Some((destination, _)) = key.rsplit_once('.') else {
        return (message, "ecs-router keys lists those there are".to_owned());
    };
    if is_group(destination) && !names.is_destination(destination) {
        return (message, keys_of_group(destination));
    }
    if !names.is_destination(destination) {
        let message = format!("unknown key: '{destination}' is not a destination of any route");
        return (message, format!("write {destination}.type and put it on a route, or leave the key out"));
    }
    let kind = destination_kind(section, destination).map_or("", DestinationKind::name);
    (message, format!("ecs-router keys {kind} lists those there are"))
}

/// The keys of the output that begin alike.
fn keys_of_group(group: &str) -> String {
    let is_in = |name: &str| name.split('.').next() == Some(group);
    let rows = KEYS.iter().filter(|row| row.scope == Scope::Output && is_in(row.name));
    format!("there are {}", rows.map(|row| row.name).collect::<Vec<_>>().join(", "))
}

/// What other destinations, other plugins or people call one of our keys, without the destination.
const OTHER_NAMES: [(&str, &str); 27] = [
    ("path", "key"),
    ("prefix", "key"),
    ("s3_key_format", "key"),
    ("kms_key_id", "sse_kms_key_id"),
    ("webhook", "webhook_url"),
    ("batch_size", "batch_records"),
    ("max_batch_size", "batch_records"),
    ("url", "endpoint"),
    ("uri", "url"),
    ("endpoint", "url"),
    ("host", "url"),
    ("host", "site"),
    ("host", "endpoint"),
    ("region", "site"),
    ("license_key", "api_key"),
    ("licence_key", "license_key"),
    ("api_key", "license_key"),
    ("integration_key", "webhook_url"),
    ("routing_key", "integration_key"),
    ("tls_ca_file", "ca_file"),
    ("tls.ca_file", "ca_file"),
    ("ca_cert", "ca_file"),
    ("log_group_retention_days", "retention_days"),
    ("retention", "retention_days"),
    ("log_retention_days", "retention_days"),
    ("log_group_name", "log_group"),
    ("log_stream_name", "log_stream"),
];

/// What people call a key of the output.
const OTHER_OUTPUT_NAMES: [(&str, &str); 13] = [
    ("multiline", "join"),
    ("multiline.parser", "join"),
    ("join.partial", "join"),
    ("join.traces", "join"),
    ("sqs.url", "queue.url"),
    ("queue", "queue.url"),
    ("sqs_queue_url", "queue.url"),
    ("incident.on", "incident"),
    ("incidents", "incident"),
    ("recorder", "recorder.window"),
    ("recorder.on", "recorder.window"),
    ("join.mode", "join"),
    ("redact.rules", "redact"),
];

/// Keys of other plugins that are not needed here, and why.
const NOT_NEEDED: [(&str, &str); 12] = [
    ("channel", "the webhook has a channel of its own"),
    ("username", "the webhook's app has a name of its own"),
    ("compress_level", "the level is fixed"),
    ("tls", "https:// in the address turns TLS on"),
    ("tls.verify", "certificates are always verified, and ca_file names authorities of your own"),
    ("tls_verify", "certificates are always verified, and ca_file names authorities of your own"),
    ("insecure", "certificates are always verified, and ca_file names authorities of your own"),
    ("method", "requests are always POST"),
    ("access_key_id", "requests are signed with the credentials of the task role"),
    ("secret_access_key", "requests are signed with the credentials of the task role"),
    ("aws_access_key_id", "requests are signed with the credentials of the task role"),
    ("aws_secret_access_key", "requests are signed with the credentials of the task role"),
];

/// Why a destination has no such key.
fn not_needed(section: &Section, key: &str) -> Option<String> {
    let (destination, name) = key.split_once('.')?;
    destination_kind(section, destination)?;
    let (_, why) = NOT_NEEDED.iter().find(|(other, _)| *other == name)?;
    Some(format!("leave it out: {why}"))
}

/// Our name of a key that others call otherwise.
fn called_otherwise(section: &Section, key: &str) -> Option<String> {
    let of = |names: &[(&str, &'static str)], name: &str| {
        let named = names.iter().filter(|(other, _)| *other == name);
        named.map(|(_, ours)| *ours).collect::<Vec<_>>()
    };
    if let [ours] = of(&OTHER_OUTPUT_NAMES, key).as_slice() {
        return Some((*ours).to_owned());
    }
    let (destination, name) = key.split_once('.')?;
    let kind = destination_kind(section, destination)?;
    // A name without a dot is that of a machine, not the address of a service.
    let is_machine = name == "host" && section.text(key).is_some_and(|text| !text.contains('.'));
    if is_machine && find(Some(kind), "hostname").is_some() {
        return Some(format!("{destination}.hostname"));
    }
    let ours = of(&OTHER_NAMES, name).into_iter().find(|ours| find(Some(kind), ours).is_some())?;
    Some(format!("{destination}.{ours}"))
}

/// Every key that the section could have: of its destinations, of the output, of Fluent Bit.
fn every_key(section: &Section, names: &SectionNames) -> Vec<String> {
    let destinations = names.routed.iter().chain(&names.configured).filter(|name| !is_group(name));
    let mut keys: Vec<String> = destinations
        .flat_map(|name| {
            let keys = destination_keys(destination_kind(section, name));
            keys.map(move |key| format!("{name}.{key}"))
        })
        .collect();
    let output_keys = KEYS.iter().filter(|row| row.scope == Scope::Output && !row.name.contains('<'));
    keys.extend(output_keys.map(|row| row.name.to_owned()));
    keys.extend(host_keys::HOST_KEYS.iter().map(|key| (*key).to_owned()));
    keys
}

/// The first destination whose type has this key, for a key that was written without a destination.
fn owner<'n>(section: &Section, names: &'n SectionNames, key: &str) -> Option<&'n String> {
    let mut destinations = names.configured.iter().chain(&names.routed);
    destinations
        .find(|name| destination_kind(section, name).is_some_and(|kind| find(Some(kind), key).is_some()))
}

/// The closest key of the same destination.
fn closest_in_destination(section: &Section, names: &SectionNames, key: &str) -> Option<String> {
    let (destination, name) = key.rsplit_once('.')?;
    if is_group(destination) || !names.is_destination(destination) {
        return None;
    }
    let keys: Vec<&str> = destination_keys(destination_kind(section, destination)).collect();
    let near = closest_or_part(name, &keys)?;
    Some(format!("{destination}.{near}"))
}

/// The keys of a destination; every type's keys when its type is not known.
fn destination_keys(kind: Option<DestinationKind>) -> impl Iterator<Item = &'static str> {
    let rows = KEYS.iter().filter(move |row| row.scope != Scope::Output);
    rows.filter(move |row| kind.is_none() || row.applies_to(kind)).map(|row| row.name)
}
