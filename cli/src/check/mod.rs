//! `check`: whether a configuration will do what it says, before it is deployed.
//!
//! Reads the files it is given and nothing else: no environment, no network, no credentials. Checks only outputs of
//! the plugin, with the plugin's own code.

mod finding;
mod host;
mod known_keys;
mod placeholders;
mod routes;
mod secrets;
mod startup;
mod variables;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

use self::finding::{Finding, FindingSeverity};
pub(crate) use self::host::is_key as is_key_of_host;
pub(crate) use self::placeholders::{Placeholder, PlaceholderLookup};
use crate::config::{self, Configuration, Section};
use crate::suggest::closest;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArguments {
    /// Fluent Bit configurations, ECS task definitions, CloudFormation templates
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON object with everything that was found
    #[arg(long)]
    json: bool,
}

/// Checks every file. Exits with 0 without findings, 1 with warnings only, 2 with errors.
pub(crate) fn run(arguments: &CheckArguments) -> io::Result<ExitCode> {
    let findings: Vec<Finding> = arguments.files.iter().flat_map(|path| check_file(path)).collect();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let errors = count(FindingSeverity::Error);
    let warnings = count(FindingSeverity::Warning);
    let mut out = terminal::output();
    if arguments.json {
        let findings: Vec<_> = findings.iter().map(Finding::json).collect();
        let found = json!({"errors": errors, "warnings": warnings, "findings": findings});
        writeln!(out, "{}", terminal::json_line(&found))?;
    } else {
        findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
        let files = arguments.files.len();
        writeln!(out, "{files} file(s): {errors} error(s), {warnings} warning(s)")?;
    }
    out.flush()?;
    Ok(ExitCode::from(if errors > 0 { 2 } else { u8::from(warnings > 0) }))
}

/// Checks a file and the files it includes.
fn check_file(path: &Path) -> Vec<Finding> {
    check_configuration(config::read(path))
}

/// The findings, in the order of the lines.
fn check_configuration(configuration: Configuration) -> Vec<Finding> {
    let mut findings = Vec::new();
    for section in &configuration.outputs {
        match section.is_ours() {
            true => check_section(section, &configuration, &mut findings),
            false => findings.extend(misspelt_name(section)),
        }
    }
    findings.extend(configuration.errors.into_iter().map(Finding::from));
    // A stable sort: findings about one line stay in the order of the checks.
    findings.sort_by(|one, other| one.location.cmp(&other.location));
    findings.dedup();
    findings
}

fn check_section(section: &Section, configuration: &Configuration, findings: &mut Vec<Finding>) {
    let names = routes::SectionNames::new(section);
    let flush_timeout = startup::check(section, findings);
    known_keys::check(section, &names, findings);
    routes::check(section, &names, findings);
    secrets::check(section, &names, &configuration.variables, findings);
    variables::check(section, &configuration.variables, findings);
    host::check(section, configuration, flush_timeout, findings);
}

/// Reports an output that was probably meant to be the plugin's.
fn misspelt_name(section: &Section) -> Option<Finding> {
    let Some(name) = section.get("name") else {
        let ours = section.settings.iter().find(|setting| setting.key.starts_with("route."))?;
        let message = "is missing, so that no plugin gets these keys";
        return Some(Finding::new(
            FindingSeverity::Error,
            &ours.location,
            "Name",
            message,
            "write Name ecs_router",
        ));
    };
    let text = name.value.text()?;
    closest(text, ["ecs_router"])?;
    let message = format!("'{text}' is no output");
    Some(Finding::new(FindingSeverity::Error, &name.location, &name.key, message, "write ecs_router"))
}

#[cfg(test)]
mod tests;
