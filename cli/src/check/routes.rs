//! The classes and destinations that a section names, and destinations without a route.

use std::collections::BTreeSet;

use ecs_router::config::keys::{DestinationKind, is_group};

use super::finding::Finding;
use crate::config::{Section, Setting, SettingValue};

/// The names of classes and destinations in a section.
#[derive(Debug, Default)]
pub(super) struct SectionNames {
    /// The user's own classes; `None` when they are not known before deployment.
    pub(super) classes: Option<Vec<String>>,
    /// Destinations on a route, the one of metrics, and those of the flight recorder.
    pub(super) routed: BTreeSet<String>,
    /// A route is not known before deployment, so any destination may be on it.
    pub(super) has_unknown_route: bool,
    /// Destinations with keys, in the order of their first key.
    pub(super) configured: Vec<String>,
}

impl SectionNames {
    pub(super) fn new(section: &Section) -> Self {
        let mut names =
            Self { classes: classes(section), has_unknown_route: section.open, ..Self::default() };
        for setting in &section.settings {
            if starts_with(&setting.key, "route.") || names_destinations(&setting.key) {
                match &setting.value {
                    SettingValue::Text(text) => names.routed.extend(list(text)),
                    _ => names.has_unknown_route = true,
                }
            }
        }
        for setting in &section.settings {
            let Some(name) = destination(section, setting) else { continue };
            if !names.configured.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                names.configured.push(name.to_owned());
            }
        }
        names
    }

    fn is_routed(&self, name: &str) -> bool {
        self.routed.iter().any(|routed| routed.eq_ignore_ascii_case(name))
    }

    /// Whether a route or a key names this destination.
    pub(super) fn is_destination(&self, name: &str) -> bool {
        self.is_routed(name) || self.configured.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Whether the key is not a route, but names destinations too.
fn names_destinations(key: &str) -> bool {
    ["metrics.destination", "recorder.destination"].iter().any(|known| key.eq_ignore_ascii_case(known))
}

/// Reports destinations that get nothing.
pub(super) fn check(section: &Section, names: &SectionNames, findings: &mut Vec<Finding>) {
    if names.has_unknown_route {
        return;
    }
    for name in names.configured.iter().filter(|name| !names.is_routed(name)) {
        let prefix = format!("{name}.");
        let first = section.settings.iter().find(|setting| starts_with(&setting.key, &prefix));
        let Some(first) = first else { continue };
        let message = format!("destination '{name}' is on no route, so that nothing goes there");
        let instead = format!("add {name} to a route, or leave its keys out");
        findings.push(Finding::warn_of(first, message, instead));
    }
}

fn classes(section: &Section) -> Option<Vec<String>> {
    match section.get("classes").map(|setting| &setting.value) {
        None => Some(Vec::new()),
        Some(SettingValue::Text(text)) => Some(list(text).collect()),
        Some(_) => None,
    }
}

/// The destination that a key belongs to: one that has a type, or is called like a type.
fn destination<'s>(section: &Section, setting: &'s Setting) -> Option<&'s str> {
    let (name, _) = setting.key.rsplit_once('.')?;
    let is_destination =
        section.get(&format!("{name}.type")).is_some() || DestinationKind::parse(name).is_some();
    (is_destination && !is_output_key(&setting.key)).then_some(name)
}

/// Whether it is a key of the output with a dot: `route.…`, `class.…`, `queue.…` and the like.
pub(super) fn is_output_key(key: &str) -> bool {
    key.split_once('.').is_some_and(|(group, _)| is_group(&group.to_ascii_lowercase()))
}

pub(super) fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

/// The items of a list with commas.
pub(super) fn list(text: &str) -> impl Iterator<Item = String> {
    let items = text.split(',').map(str::trim);
    items.filter(|item| !item.is_empty()).map(str::to_owned)
}
