//! Arguments without which a filter does not start, and Fluent Bit with it. Each was tried on 1.9.10 and 5.1.1.

use crate::check::finding::{Finding, FindingSeverity};
use crate::config::{Configuration, Section, Setting};
use crate::suggest::closest;

/// Keys of filters, how many words their values have at least, and what those are.
const WORDS: [(&str, &[&str], usize, &str); 3] = [
    ("grep", &["regex", "exclude"], 2, "a field and a regular expression, for example log ^GET /health"),
    ("record_modifier", &["record"], 2, "a field and its value, for example env prod"),
    (
        "modify",
        &["add", "set", "rename", "hard_rename", "copy", "hard_copy"],
        2,
        "two fields, or a field and its value",
    ),
];

/// Keys of which a filter needs one.
const NEEDED: [(&str, &[&str], &str); 4] = [
    ("lua", &["script", "code"], "write script /ecs-router/filter.lua"),
    ("lua", &["call"], "write call with the name of the function"),
    ("parser", &["key_name"], "write Key_Name log"),
    ("parser", &["parser"], "write Parser with the name of one"),
];

/// Parsers that Fluent Bit brings for the filter `multiline`; for `parser` it brings none.
const MULTILINE_PARSERS: [&str; 6] = ["cri", "docker", "go", "java", "python", "ruby"];

pub(super) fn check(filter: &Section, configuration: &Configuration) -> Vec<Finding> {
    let name = filter.text("name").unwrap_or_default().to_ascii_lowercase();
    let few = filter.settings.iter().filter_map(|setting| too_few_words(&name, setting));
    let needed = NEEDED.iter().filter(|(of, ..)| *of == name);
    let missing = needed.filter_map(|(_, keys, instead)| missing(filter, keys, instead));
    few.chain(missing).chain(parsers(&name, filter, configuration)).collect()
}

fn missing(filter: &Section, keys: &[&str], instead: &str) -> Option<Finding> {
    // The beginning of the name is reported as a key that the filter does not have.
    let is_meant =
        |setting: &Setting| keys.iter().any(|key| key.starts_with(&setting.key.to_ascii_lowercase()));
    if filter.open || filter.settings.iter().any(is_meant) {
        return None;
    }
    let message = "is missing, and Fluent Bit does not start without it";
    Some(Finding::new(FindingSeverity::Error, &filter.location, keys.first()?, message, instead))
}

fn too_few_words(filter: &str, setting: &Setting) -> Option<Finding> {
    let (_, _, least, what) = WORDS.iter().find(|(name, keys, ..)| {
        *name == filter && keys.iter().any(|key| key.eq_ignore_ascii_case(&setting.key))
    })?;
    let text = setting.value.text().filter(|text| text.split_whitespace().count() < *least)?;
    let message = format!("'{text}' is too short, and Fluent Bit does not start");
    Some(Finding::error_of(setting, message, format!("write {what}")))
}

/// Names of parsers that nothing defines.
fn parsers(filter: &str, section: &Section, configuration: &Configuration) -> Vec<Finding> {
    if configuration.service_setting("parsers_file").is_some() || configuration.lists_parsers {
        return Vec::new();
    }
    let (key, known): (&str, &[&str]) = match filter {
        "parser" => ("parser", &[]),
        "multiline" => ("multiline.parser", &MULTILINE_PARSERS),
        _ => return Vec::new(),
    };
    let named = section.settings.iter().filter(|setting| setting.key.eq_ignore_ascii_case(key));
    let unknown = named.flat_map(|setting| {
        let names = setting.value.text().unwrap_or_default().split(',').map(str::trim);
        names.filter(|name| !name.is_empty() && !known.contains(name)).map(move |name| (setting, name))
    });
    unknown.map(|(setting, name)| unknown_parser(setting, name, known)).collect()
}

fn unknown_parser(setting: &Setting, name: &str, known: &[&str]) -> Finding {
    let message = format!("nothing defines the parser '{name}', and Fluent Bit does not start");
    let file = "add Parsers_File /fluent-bit/parsers/parsers.conf, or one of your own, to [SERVICE]";
    let instead = match closest(name, known.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None => file.to_owned(),
    };
    Finding::error_of(setting, message, instead)
}
