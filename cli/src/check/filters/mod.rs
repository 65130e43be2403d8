//! Filters that FireLens's records pass before they reach the output: what each takes from the fields by which the
//! plugin tells who wrote a record.
//!
//! Sources: `plugins/filter_*` of Fluent Bit, read on 1.9.10 and 5.1.1. FireLens adds its own fields before the filters
//! of the user, so every one of them can undo these.

mod arguments;
mod grep;
mod modify;
mod nest;
mod parser;
mod record_modifier;
mod rewrite_tag;
#[cfg(test)]
mod tests;

use super::finding::{Finding, FindingSeverity};
use super::tags;
use crate::config::{Configuration, Section, Setting};

/// The fields that Docker's log driver and FireLens add to every line.
const MARKS: [&str; 6] =
    ["source", "container_id", "container_name", "ecs_cluster", "ecs_task_arn", "ecs_task_definition"];

/// Filters that run what the configuration does not show.
const SCRIPTS: [&str; 2] = ["lua", "wasm"];

/// Reports filters on the way to an output of the plugin.
pub(super) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let is_used = configuration.ours().next().is_some();
    for filter in &configuration.filters {
        if is_used {
            findings.extend(arguments::check(filter, configuration));
        }
        let mut outputs = configuration.ours();
        if outputs.any(|output| tags::share_firelens_records(filter, output)) {
            findings.extend(of_filter(filter, configuration));
        }
    }
}

fn of_filter(filter: &Section, configuration: &Configuration) -> Vec<Finding> {
    match filter.text("name").unwrap_or_default().to_ascii_lowercase().as_str() {
        "parser" => parser::check(filter),
        "nest" => nest::check(filter),
        "modify" => modify::check(filter),
        "record_modifier" => record_modifier::check(filter),
        "rewrite_tag" => rewrite_tag::check(filter, configuration),
        "grep" => grep::check(filter),
        "kubernetes" => vec![kubernetes(filter)],
        name if SCRIPTS.contains(&name) => vec![script(filter, name)],
        _ => Vec::new(),
    }
}

fn kubernetes(filter: &Section) -> Finding {
    let message = "asks the API server of Kubernetes, which a task of ECS does not have";
    Finding::warn(filter, "Name", message, "leave the filter out; FireLens's records know their task")
}

fn script(filter: &Section, name: &str) -> Finding {
    let message = format!("check cannot read what this {name} filter does to FireLens's records");
    let instead = format!("leave {} as they are in it", MARKS.join(", "));
    Finding::new(FindingSeverity::Note, &filter.location, "Name", message, instead)
}

/// The mark of this name, as fields are compared.
fn mark(name: &str) -> Option<&'static str> {
    MARKS.into_iter().find(|mark| *mark == name)
}

/// What no longer works without the field, or with another value in it.
fn loss(mark: &str) -> &'static str {
    match mark {
        "source" => "standard error is not told from standard output",
        "container_id" => "the last lines of a container are not found when it ends",
        "container_name" => "records do not say which container wrote them",
        _ => "names do not know the task",
    }
}

/// A warning about a rule that touches a mark.
fn touched(setting: &Setting, what: &str, mark: &str, instead: &str) -> Finding {
    Finding::warn_of(setting, format!("{what} {mark}, FireLens's own field: {}", loss(mark)), instead)
}

fn exclude(mark: &str) -> String {
    format!("leave the line out, and write <destination>.exclude {mark} where the field is not wanted")
}

/// The words of a rule.
fn words(setting: &Setting) -> Vec<&str> {
    setting.value.text().unwrap_or_default().split_whitespace().collect()
}

/// Whether Fluent Bit takes the text for true.
pub(super) fn is_on(text: &str) -> bool {
    ["on", "true", "yes"].iter().any(|on| text.eq_ignore_ascii_case(on))
}
