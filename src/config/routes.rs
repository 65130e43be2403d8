//! Which destinations each class goes to, and which destinations there are: a route names them, and names are found by
//! following routes.

use super::events::MEMORY_WARNING;
use super::keys::{self, DestinationKind};
use super::level::LEVEL_CLASSES;
use super::reader::KeyReader;
use crate::classify::classes::{Class, OwnClass};
use crate::classify::levels::LevelRules;

/// A destination before its own keys are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationSettings {
    /// The user's name for it.
    pub name: String,
    /// The type of destination.
    pub kind: DestinationKind,
}

/// The word that discards a class on purpose.
const DROP: &str = "drop";

/// One row per class, in the order of `Class::index`.
pub(super) fn read(
    reader: &KeyReader<'_>,
    classes: &[OwnClass],
    levels: &LevelRules,
    destinations: &mut Vec<DestinationSettings>,
) -> Vec<Vec<usize>> {
    let own: Vec<String> = classes.iter().map(|class| format!("route.{}", class.name)).collect();
    let fallbacks: [&[&str]; 5] = [
        &["route.stop", "route.default"],
        &["route.stop.expected", "route.stop", "route.default"],
        &["route.stderr", "route.default"],
        &["route.stdout", "route.default"],
        &["route.other", "route.default", "route.stdout"],
    ];
    let mut routes = Vec::new();
    for keys in fallbacks {
        routes.push(read_route(reader, keys, destinations));
    }
    routes.extend(read_level_routes(reader, levels, destinations));
    for key in &own {
        routes.push(read_route(reader, &[key, "route.default"], destinations));
    }
    routes
}

/// A route for records of the plugin's own, which nobody has to write.
pub(super) fn read_own_route(
    reader: &KeyReader<'_>,
    key: &str,
    destinations: &mut Vec<DestinationSettings>,
) -> Vec<usize> {
    match reader.list(key) {
        Some(_) => read_route(reader, &[key], destinations),
        None => Vec::new(),
    }
}

/// The class of the records about memory, as names know it.
const MEMORY_CLASS: &str = "memory_warning";

/// A class of the user's own of that name keeps its route.
pub(super) fn read_memory_route(
    reader: &KeyReader<'_>,
    classes: &[OwnClass],
    destinations: &mut Vec<DestinationSettings>,
) -> Vec<usize> {
    let key = "route.memory_warning";
    let is_on = reader.written(MEMORY_WARNING).is_some();
    let is_own = classes.iter().any(|class| class.name == MEMORY_CLASS);
    match (is_on, is_own) {
        (true, true) => {
            let what =
                format!("'{MEMORY_CLASS}' is the class of what {MEMORY_WARNING} tells; choose another name");
            reader.problem("classes", what);
        }
        (false, false) if reader.written(key).is_some() => {
            let what = format!("has no effect unless {MEMORY_WARNING} is set; write: {MEMORY_WARNING} 95%");
            reader.problem(key, what);
        }
        _ => {}
    }
    if is_own { Vec::new() } else { read_own_route(reader, key, destinations) }
}

/// Of errors and of warnings, in the order of their classes. An error without a route goes where standard error goes.
fn read_level_routes(
    reader: &KeyReader<'_>,
    levels: &LevelRules,
    destinations: &mut Vec<DestinationSettings>,
) -> [Vec<usize>; LEVEL_CLASSES.len()] {
    if !levels.reads_records() {
        return Default::default();
    }
    let errors = read_route(reader, &["route.error", "route.stderr", "route.default"], destinations);
    let warnings = match levels.separates_warnings {
        true => read_route(reader, &["route.warn"], destinations),
        false => Vec::new(),
    };
    [errors, warnings]
}

/// The first of `keys` that is set decides.
fn read_route(
    reader: &KeyReader<'_>,
    keys: &[&str],
    destinations: &mut Vec<DestinationSettings>,
) -> Vec<usize> {
    let Some((key, names)) = keys.iter().find_map(|key| Some((*key, reader.list(key)?))) else {
        let key = keys.first().copied().unwrap_or_default();
        // The missing route of planned stops is that of stops, the one of errors that of standard error; one line says it.
        if !["route.stop.expected", "route.error"].contains(&key) {
            let class = key.trim_start_matches("route.");
            let what = format!(
                "class '{class}' has no route; write {key} <destination>, {key} drop, or route.default"
            );
            reader.problem(key, what);
        }
        return Vec::new();
    };
    if names.iter().any(|name| name == DROP) {
        if names.len() > 1 {
            reader.problem(
                key,
                format!("'{DROP}' cannot be combined with destinations; choose one or the other"),
            );
        }
        return Vec::new();
    }
    let mut route: Vec<usize> =
        names.iter().filter_map(|name| destination_index(reader, key, name, destinations)).collect();
    // A name given twice must not make the record go there twice.
    route.sort_unstable();
    route.dedup();
    route
}

/// The position of the destination of this name, which is added when it is new.
pub(super) fn destination_index(
    reader: &KeyReader<'_>,
    route: &str,
    name: &str,
    destinations: &mut Vec<DestinationSettings>,
) -> Option<usize> {
    if let Some(known) = destinations.iter().position(|destination| destination.name == name) {
        return Some(known);
    }
    if !is_name(name) {
        let what = format!(
            "'{name}' cannot be the name of a destination; write names of letters, digits, - and _, with commas between \
             them and without quotes"
        );
        reader.problem(route, what);
        return None;
    }
    if keys::is_group(name) {
        let what = format!(
            "no destination can be called '{name}': {name}.… are keys of the output; choose another name"
        );
        reader.problem(route, what);
        return None;
    }
    let kind = read_kind(reader, route, name)?;
    destinations.push(DestinationSettings { name: name.to_owned(), kind });
    Some(destinations.len() - 1)
}

/// Catches two names without a comma between them, quotes, and an equals sign.
fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

fn read_kind(reader: &KeyReader<'_>, route: &str, name: &str) -> Option<DestinationKind> {
    let key = format!("{name}.type");
    let types = DestinationKind::ALL.map(DestinationKind::name).join(", ");
    let advice =
        |text: &str| DestinationKind::advice(text).map(|advice| format!("{advice} ")).unwrap_or_default();
    match reader.written(&key) {
        Some(text) => DestinationKind::parse(&text).or_else(|| {
            let what = format!("'{text}' is not a type of destination; {}there are: {types}", advice(&text));
            reader.problem(&key, what);
            None
        }),
        None => DestinationKind::parse(name).or_else(|| {
            let what =
                format!("destination '{name}' has no type; {}write {key} with one of: {types}", advice(name));
            reader.problem(route, what);
            None
        }),
    }
}

/// The destinations of stops that alert people, by their positions.
pub(super) fn alerting(routes: &[Vec<usize>], destinations: &[DestinationSettings]) -> Vec<usize> {
    let stops = routes.get(Class::Stop.index()).map_or(&[][..], Vec::as_slice);
    let alerts = |index: &&usize| destinations.get(**index).is_some_and(|one| one.kind.alerts());
    stops.iter().filter(alerts).copied().collect()
}
