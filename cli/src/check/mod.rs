//! `check`: whether a configuration will do what it says, before it is deployed.
//!
//! Reads the files it is given and nothing else: no environment, no network, no credentials, unless `--connect` asks for
//! them. Checks only outputs of the plugin, with the plugin's own code.

mod addresses;
mod aliases;
mod certificates;
mod choices;
mod cloudformation;
mod connect;
mod deployment;
mod duplicates;
mod entity;
mod environment;
mod fetch_logs;
mod filters;
mod finding;
mod given_tags;
mod host;
mod host_keys;
mod host_values;
mod incidents;
mod input_values;
mod inputs;
mod join;
mod known_keys;
mod limits;
mod lines_to_people;
mod match_pattern;
mod messages;
mod objects;
mod other_secrets;
mod output;
mod pieces;
mod placeholders;
mod plugin_names;
mod plugins;
mod reach;
mod redaction;
mod request_compression;
mod routes;
mod secret_kinds;
mod secrets;
mod service;
mod startup;
mod tags;
mod task;
mod templates;
mod values;
mod variables;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use self::finding::{Finding, FindingSeverity};
pub(crate) use self::host_keys::is_key as is_key_of_host;
pub(crate) use self::known_keys::problem_with_key;
use self::output::FindingFormat;
pub(crate) use self::placeholders::{Placeholder, PlaceholderLookup};
pub(crate) use self::values::is_account;
use crate::config::{self, Configuration, Origin, Section};
use crate::suggest::closest;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct CheckArguments {
    /// Fluent Bit configurations, ECS task definitions, CloudFormation templates, Terraform plans as JSON; - is
    /// standard input
    ///
    /// Files given together are one deployment: ecs-router check task.json extra.conf
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// How findings are written
    #[arg(long, value_enum, default_value_t)]
    format: FindingFormat,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// Asks every destination whether it would take records, with this environment's variables and credentials; stores
    /// nothing
    #[arg(long)]
    connect: bool,
}

/// Checks every file. Exits with 0 without findings, 1 with warnings only, 2 with errors.
pub(crate) fn run(arguments: &CheckArguments) -> io::Result<ExitCode> {
    let configurations: Vec<Configuration> = arguments.files.iter().map(|path| config::read(path)).collect();
    let mut asked = Vec::new();
    if arguments.connect {
        configurations.iter().for_each(|configuration| connect::check(configuration, &mut asked));
    }
    let findings: Vec<Finding> = check_deployment(configurations).into_iter().chain(asked).collect();
    let format = if arguments.json { FindingFormat::Json } else { arguments.format };
    let mut out = terminal::output();
    output::write(&mut out, format, &findings, arguments.files.len())?;
    out.flush()?;
    let errors = output::count(&findings, FindingSeverity::Error);
    let warnings = output::count(&findings, FindingSeverity::Warning);
    Ok(ExitCode::from(if errors > 0 { 2 } else { u8::from(warnings > 0) }))
}

/// The errors and warnings in files that are deployed together, a line each, with the name of the file and the container.
pub(crate) fn remarks(paths: &[PathBuf]) -> Vec<String> {
    let findings = check_deployment(paths.iter().map(|path| config::read(path)).collect());
    let serious = findings.iter().filter(|finding| finding.severity > FindingSeverity::Note);
    let remark = |finding: &Finding| {
        let file = finding.location.file.rsplit(['/', '\\']).next().unwrap_or_default();
        format!("{file}: {}", finding.text())
    };
    serious.map(remark).collect()
}

/// The findings in files that are deployed together, file by file, in the order of the lines.
fn check_deployment(mut configurations: Vec<Configuration>) -> Vec<Finding> {
    config::excuse_sources(&mut configurations);
    let asked = environment::asked(&configurations);
    let given = environment::given(&configurations);
    configurations.iter_mut().for_each(|configuration| environment::fill(configuration, &given));
    let ours: Vec<&Section> = configurations.iter().flat_map(Configuration::ours).collect();
    let mut findings: Vec<Finding> =
        configurations.iter().flat_map(|configuration| check_file(configuration, &ours)).collect();
    let mut whole = Configuration::default();
    configurations.into_iter().for_each(|configuration| whole.absorb(configuration));
    deployment::check(&whole, &asked, &mut findings);
    let position = |finding: &Finding| whole.files.iter().position(|file| *file == finding.location.file);
    // A stable sort: findings about one line stay in the order of the checks.
    findings.sort_by_key(|finding| (position(finding), finding.location.clone()));
    findings.dedup();
    findings
}

/// What is wrong with a file and those that it includes. `ours` are the plugin's outputs of the whole deployment.
fn check_file(configuration: &Configuration, ours: &[&Section]) -> Vec<Finding> {
    let mut findings = Vec::new();
    check_outputs(configuration, ours, &mut findings);
    task::check(configuration, ours, &mut findings);
    cloudformation::check(configuration, ours, &mut findings);
    findings
        .retain(|finding| !configuration.look_alikes.iter().any(|look| look.location == finding.location));
    findings.extend(findings_of_reader(configuration));
    check_fluent_bit(configuration, &mut findings);
    findings
}

/// The plugin's outputs, those that were probably meant to be, and secrets in those of others.
fn check_outputs(configuration: &Configuration, ours: &[&Section], findings: &mut Vec<Finding>) {
    for section in &configuration.outputs {
        let before = findings.len();
        match section.is_ours() {
            true => check_section(section, configuration, findings),
            // A line that cannot be read may have been the name.
            false if !configuration.errors.is_empty() || !configuration.look_alikes.is_empty() => {}
            false => findings.extend(misspelt_name(section)),
        }
        let about_it = findings.split_off(before).into_iter();
        findings.extend(about_it.map(|finding| finding.in_container(section.container.as_deref())));
    }
    // A file of others alone is nobody's business.
    let is_concerned = |section: &Section| section.origin == Origin::FireLens || !ours.is_empty();
    for section in configuration.outputs.iter().filter(|one| !one.is_ours() && is_concerned(one)) {
        other_secrets::check(section, &configuration.variables, findings);
    }
}

/// What was noticed when the file was read.
fn findings_of_reader(configuration: &Configuration) -> Vec<Finding> {
    let remarks = [
        (FindingSeverity::Error, &configuration.look_alikes),
        (FindingSeverity::Error, &configuration.errors),
        (FindingSeverity::Warning, &configuration.warnings),
        (FindingSeverity::Note, &configuration.notes),
    ];
    let findings = remarks.into_iter().flat_map(|(severity, remarks)| {
        remarks.iter().map(move |remark| Finding::of_file(severity, remark.clone()))
    });
    findings.collect()
}

/// What Fluent Bit itself refuses, or reads otherwise than it was meant.
fn check_fluent_bit(configuration: &Configuration, findings: &mut Vec<Finding>) {
    plugins::check(configuration, findings);
    plugin_names::check(configuration, findings);
    service::check(configuration, findings);
    filters::check(configuration, findings);
    input_values::check(configuration, findings);
    aliases::check(configuration, findings);
    duplicates::check(configuration, findings);
    reach::check_filters(configuration, findings);
    reach::check_inputs(configuration, findings);
}

/// An output of the plugin. The plugin's own code comes first: what it refuses is not said again.
fn check_section(section: &Section, configuration: &Configuration, findings: &mut Vec<Finding>) {
    let names = routes::SectionNames::new(section);
    let flush_timeout = startup::check(section, findings);
    known_keys::check(section, &names, findings);
    routes::check(section, &names, findings);
    lines_to_people::check(section, findings);
    secrets::check(section, &names, &configuration.variables, findings);
    secret_kinds::check(section, findings);
    variables::check(section, &configuration.variables, findings);
    values::check(section, configuration, findings);
    messages::check(section, findings);
    redaction::check(section, findings);
    pieces::check(section, configuration, findings);
    templates::check(section, configuration, findings);
    objects::check(section, findings);
    request_compression::check(section, findings);
    inputs::check(section, configuration, findings);
    join::check(section, configuration, findings);
    entity::check(section, findings);
    fetch_logs::check(section, findings);
    incidents::check(section, &names, findings);
    certificates::check(section, findings);
    addresses::note(section, configuration.router_region.as_deref(), findings);
    host::check(section, configuration, flush_timeout, findings);
    host_values::check(section, findings);
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
    let message = format!("'{text}' is not an output");
    Some(Finding::error_of(name, message, "write ecs_router"))
}

#[cfg(test)]
mod tests;
