//! `--connect`: asks every destination whether it would take records, with the environment's variables and credentials.
//! Stores nothing; docs/check.md says what is asked.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use ecs_router::config::Lookup;

use super::addresses::location;
use super::finding::{Finding, FindingSeverity};
use super::routes::list;
use super::variables;
use crate::adapter::probe::{self, ProbeAnswer, ProbeReport};
use crate::config::{Configuration, Section, SettingValue};

/// How long a destination has to answer.
const LIMIT: Duration = Duration::from_secs(5);

/// Asks the destinations of every output, one output after the other.
pub(super) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let mut environment: BTreeMap<String, String> = std::env::vars().collect();
    // The file's variables take precedence, as in Fluent Bit.
    environment.extend(configuration.variables.clone());
    for section in configuration.ours() {
        let keys = FilledIn::new(section, &environment, findings);
        match probe::ask(&keys, LIMIT) {
            Ok(reports) => findings.extend(reports.iter().map(|report| told(section, report))),
            Err(problems) => findings.extend(problems.iter().map(|problem| {
                let message = format!("keeps destinations from being asked: {}", problem.what);
                Finding::warn(section, &problem.key, message, "")
            })),
        }
    }
}

fn told(section: &Section, report: &ProbeReport) -> Finding {
    let name = &report.destination;
    let (severity, text) = match &report.answer {
        ProbeAnswer::Works => {
            (FindingSeverity::Note, "works: address, key and permission are accepted".to_owned())
        }
        ProbeAnswer::Misconfigured(reason) => {
            (FindingSeverity::Error, format!("would take no record: {reason}"))
        }
        ProbeAnswer::Unclear(reason) => {
            (FindingSeverity::Warning, format!("cannot be told from here: {reason}"))
        }
    };
    let (message, instead) = text.split_once("; ").unwrap_or((&text, ""));
    Finding::new(severity, &location(section, name), name, message, instead)
}

/// The section's values with those of the environment. Destinations with a value that is not known are on no route.
struct FilledIn {
    /// By key in lower case.
    values: BTreeMap<String, String>,
    left_out: BTreeSet<String>,
}

impl FilledIn {
    /// Reports the values that are not known.
    fn new(section: &Section, environment: &BTreeMap<String, String>, findings: &mut Vec<Finding>) -> Self {
        let mut keys = Self { values: BTreeMap::new(), left_out: BTreeSet::new() };
        for setting in &section.settings {
            let key = setting.key.to_ascii_lowercase();
            match filled_in(&setting.value, environment) {
                Ok(text) => drop(keys.values.entry(key).or_insert(text)),
                Err(reason) => {
                    let Some((destination, _)) = key.rsplit_once('.') else { continue };
                    keys.left_out.insert(destination.to_owned());
                    let message = format!("{reason}, so that {destination} is not asked");
                    findings.push(Finding::warn_of(setting, message, "set it for this command"));
                }
            }
        }
        keys
    }
}

impl Lookup for FilledIn {
    fn get(&self, key: &str) -> Option<String> {
        let key = key.to_ascii_lowercase();
        let text = self.values.get(&key)?;
        if !key.starts_with("route.") {
            return Some(text.clone());
        }
        let is_asked = |name: &String| !self.left_out.contains(&name.to_ascii_lowercase());
        let names: Vec<String> = list(text).filter(is_asked).collect();
        Some(if names.is_empty() { "drop".to_owned() } else { names.join(", ") })
    }
}

/// The value, or why it is not known.
fn filled_in(value: &SettingValue, environment: &BTreeMap<String, String>) -> Result<String, String> {
    match value {
        SettingValue::Text(text) => Ok(text.clone()),
        SettingValue::Interpolated(text) => variables::filled(text, environment)
            .map_err(|name| format!("${{{name}}} is not in the environment")),
        SettingValue::Unknown | SettingValue::Nested => Err("its value is not in the file".to_owned()),
    }
}
