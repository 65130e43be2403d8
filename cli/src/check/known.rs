//! Which keys there are: the plugin's own, by its table, and those that Fluent Bit and FireLens keep for themselves.

use ecs_router::config::keys::{DestinationKind, KEYS, Scope, find, is_group};

use super::assumed::kind_of;
use super::finding::{Finding, Severity};
use super::host;
use super::routes::{Routes, is_of_output, starts_with};
use crate::config::{Origin, Section, Setting, Written};
use crate::nearest::{nearest, nearest_or_part};

/// Says which keys nobody reads, and which values nobody can.
pub(super) fn judge(section: &Section, routes: &Routes, findings: &mut Vec<Finding>) {
    for (position, setting) in section.settings.iter().enumerate() {
        if host::is_key(section.origin, &setting.key) {
            continue;
        }
        let found = unreadable(setting).or_else(|| {
            let (message, instead) = unknown(section, routes, setting)?;
            Some(Finding::new(Severity::Error, &setting.place, &setting.key, message, instead))
        });
        let found = found.or_else(|| repeated(section, position));
        findings.extend(found.or_else(|| commented(section.origin, setting)));
    }
}

/// A list where the plugin can only be given a text.
fn unreadable(setting: &Setting) -> Option<Finding> {
    let message = "is a list or a map, but the plugin can be given texts only";
    let instead = format!("write {0}: a, b for a list, and {0}.<key>: … for the keys of a map", setting.key);
    (setting.value == Written::Nested)
        .then(|| Finding::new(Severity::Error, &setting.place, &setting.key, message, instead))
}

/// Fluent Bit knows comments only where a line begins.
fn commented(origin: Origin, setting: &Setting) -> Option<Finding> {
    setting.value.text().filter(|text| origin == Origin::FluentBit && text.contains(" #"))?;
    let message = "ends with a comment, which Fluent Bit takes for a part of the value";
    let instead = "give the comment a line of its own";
    Some(Finding::new(Severity::Warning, &setting.place, &setting.key, message, instead))
}

fn repeated(section: &Section, position: usize) -> Option<Finding> {
    let setting = section.settings.get(position)?;
    let mut before = section.settings.iter().take(position);
    let first = before.find(|other| other.key.eq_ignore_ascii_case(&setting.key))?;
    let message = format!("is written twice, and the plugin gets the value of line {}", first.place.line);
    Some(Finding::new(Severity::Warning, &setting.place, &setting.key, message, "keep one of them"))
}

/// What is wrong with a key and what may have been meant; `None` when it is one.
fn unknown(section: &Section, routes: &Routes, setting: &Setting) -> Option<(String, String)> {
    let key = setting.key.to_ascii_lowercase();
    if is_of_output(&key) {
        let names_class = starts_with(&key, "route.") || starts_with(&key, "class.");
        return match find(None, &key) {
            Some(_) => None,
            None if names_class => unknown_class_key(routes, &key),
            None => Some(suggest(section, routes, &key)),
        };
    }
    let Some((destination, name)) = key.rsplit_once('.') else {
        return match find(None, &key) {
            Some(_) => None,
            None => Some(suggest(section, routes, &key)),
        };
    };
    if !routes.knows(destination) {
        // Nobody knows yet which destinations there are.
        let uncertain = routes.uncertain && KEYS.iter().any(|row| row.name == name);
        return (!uncertain).then(|| suggest(section, routes, &key));
    }
    let known = match kind_of(section, destination) {
        Some(kind) => find(Some(kind), name).is_some(),
        None => KEYS.iter().any(|row| row.name == name && row.scope != Scope::Output),
    };
    (!known).then(|| suggest(section, routes, &key))
}

/// `route.<class>` and `class.<class>.match` want a class that there is.
fn unknown_class_key(routes: &Routes, key: &str) -> Option<(String, String)> {
    let Some(own) = &routes.classes else { return None };
    let class = match key.strip_prefix("class.") {
        Some(rest) => match rest.strip_suffix(".match") {
            Some(class) => class,
            None => return Some(("unknown key".to_owned(), "write class.<class>.match".to_owned())),
        },
        None => key.strip_prefix("route.").unwrap_or_default(),
    };
    if own.iter().any(|known| known.eq_ignore_ascii_case(class)) {
        return None;
    }
    let built_in = KEYS.iter().filter(|row| row.scope == Scope::Output && !row.name.contains('<'));
    let built_in = built_in.filter_map(|row| row.name.strip_prefix("route."));
    let instead = match nearest(class, built_in.chain(own.iter().map(String::as_str))) {
        Some(near) if starts_with(key, "route.") => format!("did you mean route.{near}?"),
        Some(near) => format!("did you mean class.{near}.match?"),
        None => format!("add {class} to classes, or leave this line out"),
    };
    Some((format!("there is no class '{class}'"), instead))
}

fn suggest(section: &Section, routes: &Routes, key: &str) -> (String, String) {
    let destinations = routes.routed.iter().chain(&routes.described).filter(|name| !is_group(name));
    let mut candidates: Vec<String> = destinations
        .flat_map(|name| {
            let of = kind_of(section, name);
            let keys =
                KEYS.iter().filter(move |row| row.scope != Scope::Output && fits(row.applies_to(of), of));
            keys.map(move |row| format!("{name}.{}", row.name))
        })
        .collect();
    let own = KEYS.iter().filter(|row| row.scope == Scope::Output && !row.name.contains('<'));
    candidates.extend(own.map(|row| row.name.to_owned()));
    candidates.extend(host::KEYS.iter().map(|key| (*key).to_owned()));
    if let Some(destination) = owner(section, routes, key) {
        let message = "is a key of destinations, not of the output".to_owned();
        return (message, format!("write {destination}.{key}, for each destination that needs it"));
    }
    let message = "unknown key".to_owned();
    if let Some(near) = of_destination(section, routes, key) {
        return (message, format!("did you mean {near}?"));
    }
    if let Some(near) = nearest(key, candidates.iter().map(String::as_str)) {
        return (message, format!("did you mean {near}?"));
    }
    let Some((destination, _)) = key.rsplit_once('.') else {
        return (message, "ecs-router keys lists those there are".to_owned());
    };
    if !routes.knows(destination) {
        let what = format!("unknown key: '{destination}' is no destination of a route");
        return (what, format!("write {destination}.type and put it on a route, or leave the key out"));
    }
    let of = kind_of(section, destination).map_or("", DestinationKind::name);
    (message, format!("ecs-router keys {of} lists those there are"))
}

/// The first destination that has a key of this name, when it stands there on its own.
fn owner<'r>(section: &Section, routes: &'r Routes, key: &str) -> Option<&'r String> {
    let mut destinations = routes.described.iter().chain(&routes.routed);
    destinations.find(|name| kind_of(section, name).is_some_and(|kind| find(Some(kind), key).is_some()))
}

/// The key of the same destination that was meant.
fn of_destination(section: &Section, routes: &Routes, key: &str) -> Option<String> {
    let (destination, name) = key.rsplit_once('.')?;
    if is_group(destination) || !routes.knows(destination) {
        return None;
    }
    let of = kind_of(section, destination);
    let keys = KEYS.iter().filter(|row| row.scope != Scope::Output && fits(row.applies_to(of), of));
    let near = nearest_or_part(name, &keys.map(|row| row.name).collect::<Vec<_>>())?;
    Some(format!("{destination}.{near}"))
}

/// Every key of a destination whose type is not known.
fn fits(applies: bool, kind: Option<DestinationKind>) -> bool {
    applies || kind.is_none()
}
