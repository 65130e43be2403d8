//! The keys that the plugin needs in `[SERVICE]`.

use crate::config::Configuration;

/// The text with them in its own `[SERVICE]`, or in a new one at its end. Two sections of that name would each set only
/// some of the keys.
pub(super) fn complete(text: &str, configuration: &Configuration, remarks: &mut Vec<String>) -> String {
    if let Some(setting) = configuration.service_setting("http_server")
        && setting
            .value
            .text()
            .is_some_and(|value| ["off", "false", "no"].contains(&value.to_lowercase().as_str()))
    {
        let place = &setting.location;
        remarks
            .push(format!("{place}: HTTP_Server is off, but the router's health check asks it; turn it on"));
    }
    let missing = missing(configuration);
    if missing.is_empty() {
        return text.to_owned();
    }
    let lines: Vec<&str> = text.lines().collect();
    let header = lines.iter().position(|line| line.trim().eq_ignore_ascii_case("[service]"));
    match header {
        Some(header) => inserted(&lines, header, &missing),
        None => format!("{text}\n[SERVICE]\n{}", with_indentation(&missing, indentation(&lines))),
    }
}

/// What the file does not set.
fn missing(configuration: &Configuration) -> Vec<(&'static str, &'static str)> {
    let is_set = |key: &str| configuration.service_setting(key).is_some();
    let loads = is_set("plugins_file") || configuration.lists_plugins;
    let wanted = [
        ("Grace", "30", true),
        ("Plugins_File", "/ecs-router/plugins.conf", !loads),
        ("HTTP_Server", "On", true),
        ("HTTP_Listen", "127.0.0.1", !is_set("http_server")),
        ("HTTP_Port", "2020", !is_set("http_server")),
    ];
    let wanted = wanted.into_iter().filter(|(key, _, is_wanted)| *is_wanted && !is_set(&key.to_lowercase()));
    wanted.map(|(key, value, _)| (key, value)).collect()
}

/// The lines with more settings after the last one of the section at `header`.
fn inserted(lines: &[&str], header: usize, missing: &[(&str, &str)]) -> String {
    let is_setting = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
    let section: Vec<&str> = lines
        .iter()
        .skip(header + 1)
        .take_while(|line| !line.trim_start().starts_with('['))
        .copied()
        .collect();
    let end = section.iter().rposition(is_setting).map_or(header, |last| header + 1 + last);
    let more = with_indentation(missing, indentation(&section));
    let mut out = String::new();
    for (number, line) in lines.iter().enumerate() {
        out.push_str(&format!("{line}\n"));
        if number == end {
            out.push_str(&more);
        }
    }
    out
}

/// What is in front of the first setting: Fluent Bit refuses two kinds in one file.
fn indentation<'l>(lines: &[&'l str]) -> &'l str {
    let first = lines.iter().find(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty());
    let start = first.and_then(|line| line.get(..line.len() - line.trim_start().len()));
    start.unwrap_or("    ")
}

fn with_indentation(settings: &[(&str, &str)], indentation: &str) -> String {
    settings.iter().map(|(key, value)| format!("{indentation}{key:<12} {value}\n")).collect()
}
