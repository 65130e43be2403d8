//! `check`: whether a configuration will do what it says, before it is deployed.
//!
//! Reads the files it is given and nothing else: no environment, no network, no credentials. Only outputs of the
//! plugin are judged, by the plugin's own code; other outputs are nobody's business here.

mod assumed;
mod finding;
mod host;
mod known;
mod routes;
mod secrets;
mod startup;
mod variables;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::json;

pub(crate) use self::assumed::{Assumed, Guess};
use self::finding::{Finding, Severity};
pub(crate) use self::host::is_key as is_key_of_host;
use crate::config::{self, Configuration, Section};
use crate::nearest::nearest;

/// What is checked, and how it is told.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Fluent Bit configurations, ECS task definitions, CloudFormation templates
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// One JSON object with everything that was found
    #[arg(long)]
    json: bool,
}

/// Checks every file: 0 when there is nothing to say, 1 for warnings, 2 for errors.
pub(crate) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let findings: Vec<Finding> = arguments.files.iter().flat_map(|path| file(path)).collect();
    let count = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let mut out = io::stdout().lock();
    if arguments.json {
        let findings: Vec<_> = findings.iter().map(Finding::json).collect();
        writeln!(out, "{}", json!({"errors": errors, "warnings": warnings, "findings": findings}))?;
    } else {
        findings.iter().try_for_each(|finding| writeln!(out, "{finding}"))?;
        let files = arguments.files.len();
        writeln!(out, "{files} file(s): {errors} error(s), {warnings} warning(s)")?;
    }
    Ok(ExitCode::from(if errors > 0 { 2 } else { u8::from(warnings > 0) }))
}

/// Everything there is to say about a file and what it includes, in the order of the lines.
fn file(path: &Path) -> Vec<Finding> {
    judge(config::read(path))
}

fn judge(configuration: Configuration) -> Vec<Finding> {
    let mut findings = Vec::new();
    for section in &configuration.outputs {
        match section.is_ours() {
            true => judge_section(section, &configuration, &mut findings),
            false => findings.extend(misspelt_name(section)),
        }
    }
    findings.extend(configuration.faults.into_iter().map(Finding::from));
    // Stable: what is said of one line stays in the order of the judges.
    findings.sort_by(|one, other| one.place.cmp(&other.place));
    findings.dedup();
    findings
}

fn judge_section(section: &Section, configuration: &Configuration, findings: &mut Vec<Finding>) {
    let routes = routes::Routes::new(section);
    let started = startup::judge(section, findings);
    known::judge(section, &routes, findings);
    routes::judge(section, &routes, findings);
    secrets::judge(section, &routes, &configuration.variables, findings);
    variables::judge(section, &configuration.variables, findings);
    host::judge(section, configuration, started.flush_timeout, findings);
}

/// An output that was meant to be the plugin's.
fn misspelt_name(section: &Section) -> Option<Finding> {
    let Some(name) = section.get("name") else {
        let ours = section.settings.iter().find(|setting| setting.key.starts_with("route."))?;
        let message = "is missing, so that no plugin gets these keys";
        return Some(Finding::new(Severity::Error, &ours.place, "Name", message, "write Name ecs_router"));
    };
    let text = name.value.text()?;
    nearest(text, ["ecs_router"])?;
    let message = format!("'{text}' is no output");
    Some(Finding::new(Severity::Error, &name.place, &name.key, message, "write ecs_router"))
}

#[cfg(test)]
mod tests;
