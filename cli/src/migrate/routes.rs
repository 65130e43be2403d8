//! Which of our outputs gets which records: one for each `Match`, with the rewritten tags as classes.

use ecs_router::config::keys::DestinationKind;

use super::outputs::MigratedOutput;
use super::rewrite::RewriteFilter;
use crate::config::{Section, matches};

/// One output of ours.
#[derive(Debug)]
pub(super) struct MigratedGroup {
    /// `Match` or `Match_Regex`.
    pub(super) match_key: &'static str,
    pub(super) pattern: String,
    /// By name.
    pub(super) destinations: Vec<(String, MigratedOutput)>,
    /// The names of those that get what no class takes.
    pub(super) base: Vec<String>,
    /// Own classes: name, field, expression.
    pub(super) classes: Vec<(String, String, String)>,
    /// Class and the names of where it goes.
    pub(super) routes: Vec<(String, Vec<String>)>,
}

/// `Match` or `Match_Regex` of an output, and its value.
fn pattern(section: &Section) -> (&'static str, String) {
    match (section.text("match"), section.text("match_regex")) {
        (Some(pattern), _) => ("Match", pattern.to_owned()),
        (None, Some(regex)) => ("Match_Regex", regex.to_owned()),
        (None, None) => ("Match", "*".to_owned()),
    }
}

impl MigratedGroup {
    fn new(match_key: &'static str, pattern: &str) -> Self {
        Self {
            match_key,
            pattern: pattern.to_owned(),
            destinations: Vec::new(),
            base: Vec::new(),
            classes: Vec::new(),
            routes: Vec::new(),
        }
    }

    fn takes(&self, tag: &str) -> bool {
        self.match_key == "Match" && matches(&self.pattern, tag)
    }

    /// Adds a destination; its name.
    fn add(&mut self, output: &MigratedOutput) -> String {
        let kind = output.kind.name();
        let count = self.destinations.iter().filter(|(_, other)| other.kind == output.kind).count();
        let name = if count == 0 { kind.to_owned() } else { format!("{kind}_{}", count + 1) };
        self.destinations.push((name.clone(), output.clone()));
        name
    }

    /// Where reports of stops go: with the errors, where those have a place of their own. What alerts people keeps nothing, so it does
    /// not get them alone.
    pub(super) fn stops(&self) -> Vec<String> {
        let errors = self.routes.iter().find(|(class, _)| class == "stderr").map(|(_, names)| names.clone());
        let errors = errors.unwrap_or_default();
        let own: Vec<String> = errors.iter().filter(|name| !self.base.contains(name)).cloned().collect();
        let alerts = |name: &String| {
            let kind =
                self.destinations.iter().find(|(known, _)| known == name).map(|(_, output)| output.kind);
            kind.is_some_and(DestinationKind::alerts)
        };
        let first = || self.destinations.iter().map(|(name, _)| name.clone()).take(1).collect();
        match (own.is_empty(), errors.is_empty(), self.base.is_empty()) {
            (false, _, _) if !own.iter().all(alerts) => own,
            (_, false, _) => errors,
            (_, true, false) => self.base.clone(),
            (_, true, true) => first(),
        }
    }

    fn add_route(&mut self, class: &str, names: Vec<String>) {
        match self.routes.iter_mut().find(|(known, _)| known == class) {
            Some((_, known)) => known.extend(names),
            None => self.routes.push((class.to_owned(), names)),
        }
    }
}

/// Groups the outputs. `filters`: those whose work the classes do.
pub(super) fn group(outputs: &[(&Section, MigratedOutput)], filters: &[RewriteFilter]) -> Vec<MigratedGroup> {
    let is_derived = |section: &Section| {
        let (key, pattern) = pattern(section);
        let by = |filter: &RewriteFilter| {
            let is_reached = filter.rules.iter().any(|rule| rule.reaches(&pattern));
            is_reached && !matches(&pattern, &filter.example)
        };
        key == "Match" && filters.iter().any(by)
    };
    let mut groups: Vec<MigratedGroup> = Vec::new();
    for (section, output) in outputs.iter().filter(|(section, _)| !is_derived(section)) {
        let (key, pattern) = pattern(section);
        let position = groups.iter().position(|group| group.match_key == key && group.pattern == pattern);
        if position.is_none() {
            groups.push(MigratedGroup::new(key, &pattern));
        }
        let group = position.map_or(groups.len() - 1, |position| position);
        if let Some(group) = groups.get_mut(group) {
            let name = group.add(output);
            group.base.push(name);
        }
    }
    let derived: Vec<&(&Section, MigratedOutput)> =
        outputs.iter().filter(|(section, _)| is_derived(section)).collect();
    filters.iter().for_each(|filter| add_filter(&mut groups, filter, &derived));
    groups
}

/// Adds the classes of a filter to every output whose records it rewrites; its own destinations to the first of them.
fn add_filter(
    groups: &mut Vec<MigratedGroup>,
    filter: &RewriteFilter,
    derived: &[&(&Section, MigratedOutput)],
) {
    if !groups.iter().any(|group| group.takes(&filter.example)) {
        groups.push(MigratedGroup::new("Match", &filter.pattern));
    }
    let mut is_first = true;
    for group in groups.iter_mut().filter(|group| group.takes(&filter.example)) {
        for rule in &filter.rules {
            let goes_on = rule.is_kept || rule.reaches(&group.pattern);
            let mut names = if goes_on { group.base.clone() } else { Vec::new() };
            if is_first {
                let own = derived.iter().filter(|(section, _)| rule.reaches(&pattern(section).1));
                names.extend(own.map(|(_, output)| named(group, output)).collect::<Vec<_>>());
            }
            let class = class(group, rule);
            group.add_route(&class, names);
        }
        is_first = false;
    }
}

/// The name of a destination that several rules may lead to.
fn named(group: &mut MigratedGroup, output: &MigratedOutput) -> String {
    let known = group.destinations.iter().find(|(_, other)| other.origin == output.origin);
    match known.map(|(name, _)| name.clone()) {
        Some(name) => name,
        None => group.add(output),
    }
}

/// The class of a rule's records.
fn class(group: &mut MigratedGroup, rule: &super::rewrite::RewriteRule) -> String {
    if let Some(class) = rule.built_in_class() {
        return class.to_owned();
    }
    let name = rule.class_name();
    let count = group.classes.iter().filter(|(known, _, _)| known.starts_with(&name)).count();
    let name = if count == 0 { name } else { format!("{name}_{}", count + 1) };
    group.classes.push((name.clone(), rule.field.clone(), rule.regex.clone()));
    name
}
