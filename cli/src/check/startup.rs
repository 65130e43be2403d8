//! Problems that the plugin would refuse to start with, found by the plugin's own code.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use ecs_router::config::keys::{DestinationKind, Key, KeyForm, find};
use ecs_router::config::{
    AwsEnvironments, KeyReader, Problem, QueueSettings, Settings, exposures, idle_changes, idle_level_routes,
    recorder_advice,
};
use ecs_router::destination;
use ecs_router::redact::BuiltInRule;

use super::choices;
use super::finding::{Finding, FindingSeverity};
use super::placeholders::{Placeholder, PlaceholderLookup, destination_kind};
use crate::config::{Location, Section, Setting, SettingValue};
use crate::suggest::{closest, closest_or_part};

/// Used where the plugin would ask the machine for its region.
const PLACEHOLDER_REGION: &str = "us-east-1";

/// Starts the output without files and network, and returns its `flush_timeout` if the file tells it.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) -> Option<Duration> {
    let Started { settings, mut problems, mut advice } =
        start(&PlaceholderLookup::new(section, Placeholder::Example));
    if section.settings.iter().any(|setting| setting.value.text().is_none()) {
        for placeholder in Placeholder::ALL {
            let other = start(&PlaceholderLookup::new(section, placeholder));
            problems.retain(|problem| other.problems.contains(problem));
            advice.retain(|advice| other.advice.contains(advice));
        }
    }
    // Further problems of one key often follow from the first.
    let mut keys = BTreeSet::new();
    let certain = problems.iter().filter(|problem| keys.insert(&problem.key) && is_certain(section, problem));
    findings.extend(certain.map(|problem| finding(FindingSeverity::Error, section, problem)));
    let certain = advice.iter().filter(|advice| is_certain(section, advice));
    findings.extend(certain.map(|advice| finding(FindingSeverity::Note, section, advice)));
    let lookup = PlaceholderLookup::new(section, Placeholder::Example);
    let mut warnings = exposures(&lookup, &settings);
    if section.get("classes").is_none_or(|classes| classes.value.text().is_some()) {
        warnings.extend(idle_level_routes(&lookup, &settings.levels, &settings.classes));
    }
    if let Some(recorder) = &settings.recorder {
        warnings.extend(recorder_advice(&lookup, recorder, &settings.levels, &settings.routes));
    }
    // Whether stops are incidents may depend on any value.
    if section.settings.iter().all(|setting| setting.value.text().is_some()) {
        warnings.extend(idle_changes(&lookup, &settings.incidents));
    }
    // An error of the same key says enough.
    let certain =
        warnings.iter().filter(|problem| is_certain(section, problem) && !keys.contains(&problem.key));
    findings.extend(certain.map(|problem| finding(FindingSeverity::Warning, section, problem)));
    let is_known = section.get("flush_timeout").is_none_or(|setting| setting.value.text().is_some());
    is_known.then_some(settings.flush_timeout)
}

/// What a start would say.
struct Started {
    settings: Settings,
    problems: Vec<Problem>,
    /// What works, but perhaps not as the user wants it.
    advice: Vec<Problem>,
}

fn start(lookup: &PlaceholderLookup<'_>) -> Started {
    let problems = RefCell::new(Vec::new());
    let mut advice = Vec::new();
    let machine = AwsEnvironments::in_region(PLACEHOLDER_REGION);
    let settings = Settings::read(lookup, &problems);
    let reader = KeyReader::new(lookup, &problems);
    for named in &settings.destinations {
        let destination = destination::open(named, &reader, &machine);
        advice.extend(destination.advice.clone());
    }
    drop(QueueSettings::read(&reader, &machine));
    Started { settings, problems: problems.into_inner(), advice }
}

/// Whether the value is in the file, or is missing from a section that is seen as a whole.
fn is_certain(section: &Section, problem: &Problem) -> bool {
    match section.get(&problem.key) {
        Some(setting) => setting.value.text().is_some(),
        None => !section.open,
    }
}

fn finding(severity: FindingSeverity, section: &Section, problem: &Problem) -> Finding {
    let (message, instead) = problem.what.split_once("; ").unwrap_or((&problem.what, ""));
    let choice = closest_choice(section, &problem.key).map(str::to_owned);
    let instead = match choice
        .or_else(|| closest_destination(section, problem))
        .or_else(|| closest_rule(section, problem))
    {
        _ if instead.contains("did you mean") || message.starts_with("has quotation marks") => {
            instead.to_owned()
        }
        Some(word) if word == "drop" => "write drop".to_owned(),
        // The example may be another word than the one that was meant.
        Some(word) if instead.starts_with("for example") => format!("did you mean {word}?"),
        Some(word) => format!("did you mean {word}? {instead}"),
        None => instead.to_owned(),
    };
    Finding::new(severity, &location(section, &problem.key), &problem.key, message.to_owned(), instead.trim())
}

/// The line of the key, of another key of its destination, or of a route there; otherwise that of the section.
fn location(section: &Section, key: &str) -> Location {
    let find_setting = |is_wanted: fn(&Setting, &str) -> bool| {
        let (destination, _) = key.rsplit_once('.')?;
        section.settings.iter().find(|setting| is_wanted(setting, destination))
    };
    let setting = section
        .get(key)
        .or_else(|| find_setting(belongs_to_destination))
        .or_else(|| find_setting(routes_to_destination));
    setting.map_or(&section.location, |setting| &setting.location).clone()
}

fn belongs_to_destination(setting: &Setting, destination: &str) -> bool {
    setting.key.rsplit_once('.').is_some_and(|(other, _)| other.eq_ignore_ascii_case(destination))
}

fn routes_to_destination(setting: &Setting, destination: &str) -> bool {
    let mut names = setting.value.text().unwrap_or_default().split(',').map(str::trim);
    setting.key.starts_with("route.") && names.any(|name| name == destination)
}

/// What the table of keys says of a key.
pub(super) fn row(section: &Section, key: &str) -> Option<&'static Key> {
    find(None, key).or_else(|| {
        let (destination, name) = key.rsplit_once('.')?;
        find(Some(destination_kind(section, destination)?), name)
    })
}

/// The allowed word closest to the value, for keys that only take some words.
fn closest_choice(section: &Section, key: &str) -> Option<&'static str> {
    let SettingValue::Text(text) = &section.get(key)?.value else { return None };
    let words = match key.rsplit_once('.') {
        Some((_, "type")) => DestinationKind::ALL.map(DestinationKind::name).to_vec(),
        _ => match row(section, key)?.form {
            KeyForm::Choice(words) => words.to_vec(),
            _ => return None,
        },
    };
    let near = choices::meant(text, &words)?;
    (!near.eq_ignore_ascii_case(text)).then_some(near)
}

/// For a route to an unknown destination: the closest of the destinations with keys, the types, and `drop`.
fn closest_destination(section: &Section, problem: &Problem) -> Option<String> {
    let rest = problem.what.strip_prefix("destination '").filter(|_| names_destinations(&problem.key))?;
    let (name, _) = rest.split_once('\'')?;
    let is_none = ["off", "none", "no", "nowhere", "false", "discard", "ignore"].contains(&name);
    if is_none && problem.key.starts_with("route.") {
        return Some("drop".to_owned());
    }
    let described = section.settings.iter().filter_map(|setting| setting.key.strip_suffix(".type"));
    closest(name, described.chain(DestinationKind::ALL.map(DestinationKind::name)).chain(["drop"]))
        .map(str::to_owned)
}

fn names_destinations(key: &str) -> bool {
    key.starts_with("route.") || ["metrics.destination", "recorder.destination"].contains(&key)
}

/// For a rule of masking that there is not: the closest of those there are.
fn closest_rule(section: &Section, problem: &Problem) -> Option<String> {
    let rest = problem.what.strip_prefix("there is no rule '").filter(|_| problem.key.ends_with("redact"))?;
    let (name, _) = rest.split_once('\'')?;
    let own = section.settings.iter().filter_map(|setting| setting.key.strip_prefix("redact."));
    let own = own.filter(|name| !matches!(*name, "mode" | "key"));
    let known: Vec<&str> = BuiltInRule::ALL.map(BuiltInRule::name).into_iter().chain(own).collect();
    closest_or_part(name, &known).map(str::to_owned)
}
