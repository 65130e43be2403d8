//! A Fluent Bit configuration: what can be translated is, everything else stays.

use std::path::Path;

use super::outputs::{self, MigratedOutput, raw};
use super::rewrite::{self, RewriteFilter};
use super::routes::{self, MigratedGroup};
use super::service;
use super::steps::{self, ServiceImage};
use super::{MigratedFile, Migration, owner};
use crate::config::{Configuration, Section, Setting, matches};
use crate::init;

/// Translates the built-in outputs of a file.
pub(super) fn migrate(path: &Path, text: &str, configuration: &Configuration) -> Migration {
    let mut migration = Migration::default();
    let mut translated: Vec<(&Section, MigratedOutput)> = Vec::new();
    let mut kept: Vec<&Section> = Vec::new();
    let main = configuration.files.first().cloned();
    for section in configuration.outputs.iter().filter(|section| !section.is_ours()) {
        let is_included = main.as_ref().is_some_and(|main| *main != section.location.file);
        match outputs::translate(section) {
            Ok(_) if is_included => {
                let place = &section.location;
                migration
                    .remarks
                    .push(format!("{place}: stands in an included file; migrate that file, too"));
                kept.push(section);
            }
            Ok(output) => translated.push((section, output)),
            Err(reasons) => {
                migration.remarks.extend(reasons);
                kept.push(section);
            }
        }
    }
    migration.is_partial = !kept.is_empty();
    if translated.is_empty() {
        return migration;
    }
    let dropped = replaced_filters(configuration, &kept, &mut migration.remarks);
    let filters: Vec<RewriteFilter> = dropped.iter().map(|(_, filter)| filter.clone()).collect();
    let groups = routes::group(&translated, &filters);
    let removed: Vec<&Section> = translated
        .iter()
        .map(|(section, _)| *section)
        .chain(dropped.iter().map(|(section, _)| *section))
        .collect();
    let is_yaml = path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml");
    let mut out = match is_yaml {
        true => regenerated(configuration, &removed, &mut migration.remarks),
        false => without(text, &removed),
    };
    out = service::complete(&out, configuration, &mut migration.remarks);
    let ours: String = groups.iter().map(output).collect();
    out.push_str(&with_indentation_of(&out, &ours));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let name = if is_yaml { Path::new(&name).with_extension("conf").display().to_string() } else { name };
    let image = image(&name, text, configuration);
    migration.steps = steps::of_configuration(&image);
    migration.files.push(MigratedFile { name: name.clone(), text: out, is_checked: true });
    migration.files.extend(image.files());
    migration
}

/// The image that the configuration goes into: account and region are those that the file names.
fn image<'n>(name: &'n str, text: &str, configuration: &'n Configuration) -> ServiceImage<'n> {
    let mut owner = owner::of(text);
    let regions = configuration.outputs.iter().filter_map(|section| section.text("region"));
    owner.region = owner.region.or_else(|| regions.map(str::to_owned).find(|region| !region.contains("${")));
    ServiceImage {
        configuration: name,
        plugins_file: configuration.service_setting("plugins_file").and_then(|setting| setting.value.text()),
        lists_plugins: configuration.lists_plugins,
        parts: init::sidecar("web", &owner, true),
        is_of_known_account: owner.account.is_some(),
    }
}

/// The `rewrite_tag` filters whose work the classes do. Those that something else needs stay.
fn replaced_filters<'c>(
    configuration: &'c Configuration,
    kept: &[&Section],
    remarks: &mut Vec<String>,
) -> Vec<(&'c Section, RewriteFilter)> {
    let mut replaced = Vec::new();
    for section in configuration.filters.iter().filter(|section| rewrite::is_rewrite(section)) {
        let place = &section.location;
        let Some(filter) = rewrite::read(section) else {
            remarks.push(format!(
                "{place}: the filter rewrite_tag stays: a rule of it has no counterpart as a class"
            ));
            continue;
        };
        let needs = |other: &Section| {
            let pattern = other.text("match").unwrap_or("*");
            filter.rules.iter().any(|rule| matches(pattern, &rule.example))
                && !matches(pattern, &filter.example)
        };
        let is_needed = kept.iter().any(|output| {
            let pattern = output.text("match").unwrap_or("*");
            filter.rules.iter().any(|rule| matches(pattern, &rule.example))
        });
        let others = configuration.filters.iter().filter(|other| !std::ptr::eq(*other, section));
        if is_needed || others.clone().any(needs) {
            remarks.push(format!("{place}: the filter rewrite_tag stays, for others need its tags"));
            continue;
        }
        replaced.push((section, filter));
    }
    replaced
}

/// The text without these sections.
fn without(text: &str, removed: &[&Section]) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let is_header = |line: &str| line.trim_start().starts_with('[');
    let is_of_next = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let mut is_removed = vec![false; lines.len()];
    for section in removed {
        let start = section.location.line.saturating_sub(1);
        let length = lines.iter().skip(start + 1).take_while(|line| !is_header(line)).count();
        let section_lines = lines.iter().skip(start).take(length + 1);
        // What is between the last key and the next section belongs to that one.
        let tail = section_lines.rev().take_while(|line| is_of_next(line)).count();
        is_removed.iter_mut().skip(start).take(length + 1 - tail).for_each(|removed| *removed = true);
    }
    let mut out = String::new();
    for (line, _) in lines.iter().zip(is_removed).filter(|(_, removed)| !removed) {
        // Removed sections leave one blank line, not several.
        if !line.trim().is_empty() || !(out.is_empty() || out.ends_with("\n\n")) {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

/// A YAML file in the classic format, which FireLens reads.
fn regenerated(configuration: &Configuration, removed: &[&Section], remarks: &mut Vec<String>) -> String {
    let mut out = String::new();
    if !configuration.service.is_empty() {
        section(&mut out, "SERVICE", &configuration.service, remarks);
    }
    let all = [
        ("INPUT", &configuration.inputs),
        ("FILTER", &configuration.filters),
        ("OUTPUT", &configuration.outputs),
    ];
    for (head, sections) in all {
        for one in sections.iter().filter(|one| !removed.iter().any(|gone| std::ptr::eq(*gone, *one))) {
            section(&mut out, head, &one.settings, remarks);
        }
    }
    out
}

fn section(out: &mut String, head: &str, settings: &[Setting], remarks: &mut Vec<String>) {
    out.push_str(&format!("[{head}]\n"));
    for setting in settings {
        match raw(setting) {
            Some(value) => out.push_str(&format!("    {} {value}\n", setting.key)),
            None => {
                let Setting { location, key, .. } = setting;
                out.push_str(&format!(
                    "    # {key} is a list or a map, which the classic format cannot hold\n"
                ));
                remarks.push(format!("{}: {key} is a list or a map and was left out", location));
            }
        }
    }
    out.push('\n');
}

/// Our sections indented like the rest of the file: Fluent Bit refuses any other.
fn with_indentation_of(text: &str, ours: &str) -> String {
    let indented = text.lines().find(|line| line.starts_with([' ', '\t']) && !line.trim().is_empty());
    let Some(first) = indented else { return ours.to_owned() };
    let indentation = first.get(..first.len() - first.trim_start().len()).unwrap_or("    ");
    let lines = ours.lines().map(|line| match line.strip_prefix("    ") {
        Some(rest) => format!("{indentation}{rest}\n"),
        None => format!("{line}\n"),
    });
    lines.collect()
}

fn output(group: &MigratedGroup) -> String {
    let mut lines: Vec<(String, String)> = Vec::new();
    let mut line = |key: &str, value: &str| lines.push((key.to_owned(), value.to_owned()));
    line("Name", "ecs_router");
    line(group.match_key, &group.pattern);
    line("Workers", "2");
    line("Retry_Limit", "no_limits");
    if group.destinations.iter().any(|(_, output)| output.kind.name() == "s3") {
        line("exit_timeout", "20s");
    }
    line("", "");
    if !group.classes.is_empty() {
        let names: Vec<&str> = group.classes.iter().map(|(name, _, _)| name.as_str()).collect();
        line("classes", &names.join(", "));
    }
    for (name, field, regex) in &group.classes {
        line(&format!("class.{name}.match"), &format!("{field} {regex}"));
    }
    let list = |names: &[String]| if names.is_empty() { "drop".to_owned() } else { names.join(", ") };
    for (class, names) in &group.routes {
        line(&format!("route.{class}"), &list(names));
    }
    line(
        "#",
        "New: why containers ended. Without a line of their own such reports go where route.default says.",
    );
    line("route.stop", &list(&group.stops()));
    line("route.default", &list(&group.base));
    for (name, destination) in &group.destinations {
        line("", "");
        line("#", &format!("From {}.", destination.origin));
        destination.notes.iter().for_each(|note| line("#", &format!("Differs: {note}.")));
        line(&format!("{name}.type"), destination.kind.name());
        destination.keys.iter().for_each(|(key, value)| line(&format!("{name}.{key}"), value));
    }
    format!("\n[OUTPUT]\n{}", aligned(&lines))
}

/// Keys with their values below each other; an empty key is a blank line, `#` a comment.
pub(super) fn aligned(lines: &[(String, String)]) -> String {
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let mut out = String::new();
    for (key, value) in lines {
        match key.as_str() {
            "" => out.push('\n'),
            "#" => out.push_str(&format!("    # {value}\n")),
            key => out.push_str(&format!("    {key:<width$} {value}\n")),
        }
    }
    out
}
