//! The names in a section: classes, destinations, and who of them nobody asks for.

use std::collections::BTreeSet;

use ecs_router::config::keys::{DestinationKind, is_group};

use super::finding::{Finding, Severity};
use crate::config::{Section, Setting, Written};

/// What routes and classes name.
#[derive(Debug, Default)]
pub(super) struct Routes {
    /// Classes of the user's own; `None` when they are not known yet.
    pub(super) classes: Option<Vec<String>>,
    /// Destinations that some route names.
    pub(super) routed: BTreeSet<String>,
    /// Some route is not known yet, so that any destination may be on it.
    pub(super) uncertain: bool,
    /// Destinations that have keys, in the order of their first.
    pub(super) described: Vec<String>,
}

impl Routes {
    pub(super) fn new(section: &Section) -> Self {
        let mut routes = Self { classes: classes(section), uncertain: section.open, ..Self::default() };
        for setting in &section.settings {
            if starts_with(&setting.key, "route.") {
                match &setting.value {
                    Written::Text(text) => routes.routed.extend(names(text)),
                    _ => routes.uncertain = true,
                }
            }
        }
        for setting in &section.settings {
            let Some(name) = destination(section, setting) else { continue };
            if !routes.described.iter().any(|known| known.eq_ignore_ascii_case(name)) {
                routes.described.push(name.to_owned());
            }
        }
        routes
    }

    /// Whether a route names this destination.
    fn leads_to(&self, name: &str) -> bool {
        self.routed.iter().any(|routed| routed.eq_ignore_ascii_case(name))
    }

    /// Whether it is a destination, with or without a route.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.leads_to(name) || self.described.iter().any(|known| known.eq_ignore_ascii_case(name))
    }
}

/// Says which destinations get nothing.
pub(super) fn judge(section: &Section, routes: &Routes, findings: &mut Vec<Finding>) {
    if routes.uncertain {
        return;
    }
    for name in routes.described.iter().filter(|name| !routes.leads_to(name)) {
        let prefix = format!("{name}.");
        let first = section.settings.iter().find(|setting| starts_with(&setting.key, &prefix));
        let Some(first) = first else { continue };
        let message = format!("destination '{name}' is on no route, so that nothing goes there");
        let instead = format!("add {name} to a route, or leave its keys out");
        findings.push(Finding::new(Severity::Warning, &first.place, &first.key, message, instead));
    }
}

fn classes(section: &Section) -> Option<Vec<String>> {
    match section.get("classes").map(|setting| &setting.value) {
        None => Some(Vec::new()),
        Some(Written::Text(text)) => Some(names(text).collect()),
        Some(_) => None,
    }
}

/// The destination a key belongs to, if there is such a destination: it has a type, or is called like one.
fn destination<'s>(section: &Section, setting: &'s Setting) -> Option<&'s str> {
    let (name, _) = setting.key.rsplit_once('.')?;
    let is_one = section.get(&format!("{name}.type")).is_some() || DestinationKind::parse(name).is_some();
    (is_one && !is_of_output(&setting.key)).then_some(name)
}

/// `route.…`, `class.…`, `queue.…` and the like are keys of the output, whatever follows.
pub(super) fn is_of_output(key: &str) -> bool {
    key.split_once('.').is_some_and(|(group, _)| is_group(&group.to_ascii_lowercase()))
}

pub(super) fn starts_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
}

fn names(text: &str) -> impl Iterator<Item = String> {
    let names = text.split(',').map(str::trim);
    names.filter(|name| !name.is_empty()).map(str::to_owned)
}
