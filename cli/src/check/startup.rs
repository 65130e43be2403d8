//! What the plugin would refuse when it starts, found by its own code.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use ecs_router::config::keys::{DestinationKind, Key, KeyForm, find};
use ecs_router::config::{KeyReader, Problem, QueueSettings, Settings};
use ecs_router::destination;

use super::assumed::{Assumed, Guess, kind_of};
use super::finding::{Finding, Severity};
use crate::config::{Place, Section, Setting, Written};
use crate::nearest::nearest;

/// Stands for the region that the machine would name.
const REGION: &str = "us-east-1";

/// What is known about an output that starts.
pub(super) struct Started {
    /// `None` when it is not known yet.
    pub(super) flush_timeout: Option<Duration>,
}

/// Starts the output as far as that needs no machine.
pub(super) fn judge(section: &Section, findings: &mut Vec<Finding>) -> Started {
    let (settings, mut problems) = start(&Assumed::new(section, Guess::Example));
    if section.settings.iter().any(|setting| setting.value.text().is_none()) {
        for guess in Guess::ALL {
            let (_, others) = start(&Assumed::new(section, guess));
            problems.retain(|problem| others.contains(problem));
        }
    }
    // What else is wrong with a value often follows from the first.
    let mut keys = BTreeSet::new();
    let told = problems.iter().filter(|problem| keys.insert(&problem.key) && is_certain(section, problem));
    findings.extend(told.map(|problem| tell(section, problem)));
    let known = section.get("flush_timeout").is_none_or(|setting| setting.value.text().is_some());
    Started { flush_timeout: known.then_some(settings.flush_timeout) }
}

fn start(lookup: &Assumed<'_>) -> (Settings, Vec<Problem>) {
    let problems = RefCell::new(Vec::new());
    let settings = Settings::read(lookup, &problems);
    let reader = KeyReader::new(lookup, &problems);
    for named in &settings.destinations {
        drop(destination::open(named, &reader, Some(REGION)));
    }
    drop(QueueSettings::read(&reader, Some(REGION)));
    (settings, problems.into_inner())
}

/// About a value that is there, or about one that is missing where everything can be seen.
fn is_certain(section: &Section, problem: &Problem) -> bool {
    match section.get(&problem.key) {
        Some(setting) => setting.value.text().is_some(),
        None => !section.open,
    }
}

fn tell(section: &Section, problem: &Problem) -> Finding {
    let (message, instead) = problem.what.split_once("; ").unwrap_or((&problem.what, ""));
    let word = meant(section, &problem.key).map(str::to_owned);
    let instead = match word.or_else(|| meant_destination(section, problem)) {
        Some(word) => format!("did you mean {word}? {instead}"),
        None => instead.to_owned(),
    };
    Finding::new(
        Severity::Error,
        &place(section, &problem.key),
        &problem.key,
        message.to_owned(),
        instead.trim(),
    )
}

/// The key's own line, a line of its destination, the line of the route there, or the section.
fn place(section: &Section, key: &str) -> Place {
    let destination = key.rsplit_once('.').map(|(destination, _)| destination);
    let of_destination = |setting: &&Setting| {
        destination.is_some_and(|name| {
            setting.key.rsplit_once('.').is_some_and(|(other, _)| other.eq_ignore_ascii_case(name))
        })
    };
    let names_it = |setting: &&Setting| {
        let names = setting.value.text().unwrap_or_default().split(',').map(str::trim);
        setting.key.starts_with("route.") && names.into_iter().any(|name| Some(name) == destination)
    };
    let settings = || section.settings.iter();
    let found =
        section.get(key).or_else(|| settings().find(of_destination).or_else(|| settings().find(names_it)));
    found.map_or(&section.place, |setting| &setting.place).clone()
}

fn row(section: &Section, key: &str) -> Option<&'static Key> {
    find(None, key).or_else(|| {
        let (destination, name) = key.rsplit_once('.')?;
        find(Some(kind_of(section, destination)?), name)
    })
}

/// The word that was meant, where only some are allowed.
fn meant(section: &Section, key: &str) -> Option<&'static str> {
    let Written::Text(text) = &section.get(key)?.value else { return None };
    let words = match key.rsplit_once('.') {
        Some((_, "type")) => DestinationKind::ALL.map(DestinationKind::name).to_vec(),
        _ => match row(section, key)?.form {
            KeyForm::Choice(words) => words.to_vec(),
            _ => return None,
        },
    };
    let near = nearest(text, words)?;
    (!near.eq_ignore_ascii_case(text)).then_some(near)
}

/// The destination that has keys, one that is called like its type, or `drop`, where a route names none of them.
fn meant_destination(section: &Section, problem: &Problem) -> Option<String> {
    let rest = problem.what.strip_prefix("destination '").filter(|_| problem.key.starts_with("route."))?;
    let (name, _) = rest.split_once('\'')?;
    let described = section.settings.iter().filter_map(|setting| setting.key.strip_suffix(".type"));
    nearest(name, described.chain(DestinationKind::ALL.map(DestinationKind::name)).chain(["drop"]))
        .map(str::to_owned)
}
