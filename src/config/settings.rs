//! The keys of the output and the rules between them: classes, routes, which destinations they name, and what is
//! watched besides.

use std::cell::RefCell;
use std::time::Duration;

use super::error::Problem;
use super::events::{MEMORY_WARNING, MetadataSettings, StopSettings};
use super::fetch_logs::LogNames;
use super::incidents::IncidentSettings;
use super::join;
use super::keys::{self, DestinationKind};
use super::level::{self, LEVEL_CLASSES};
use super::limits;
use super::metrics::EmfSettings;
use super::pattern;
use super::reader::{KeyReader, Lookup};
use super::recorder::{self, RecorderContext, RecorderSettings};
use super::redaction;
use crate::classify::classes::{Class, OwnClass};
use crate::classify::levels::LevelRules;
use crate::join::rules::JoinRules;
use crate::limit::LimitRules;
use crate::redact::Redaction;

/// What one `[OUTPUT]` means. Destinations have a name and a type here; their own keys are read by `destination`.
#[derive(Debug)]
pub struct Settings {
    /// Classes by content, in the order they are tried.
    pub classes: Vec<OwnClass>,
    /// By `Class::index`: positions in `destinations`. Empty means dropped on purpose.
    pub routes: Vec<Vec<usize>>,
    /// Where records go that a destination refused for good: positions in `destinations`.
    pub dead_letters: Vec<usize>,
    /// Where the record about the router's end goes: positions in `destinations`.
    pub exit_route: Vec<usize>,
    /// Where records about containers close to their memory limit go: positions in `destinations`.
    pub memory_route: Vec<usize>,
    /// Every destination that a route or `metrics.destination` names, once.
    pub destinations: Vec<DestinationSettings>,
    /// How records get a level, and a class by it.
    pub levels: LevelRules,
    /// What the flight recorder holds; `None`: it is off.
    pub recorder: Option<RecorderSettings>,
    /// Which lines are dropped because their class has used up its budget.
    pub limits: LimitRules,
    /// Which lines become one record; `None`: none.
    pub join: Option<JoinRules>,
    /// What is masked for which of them.
    pub redaction: Redaction,
    /// How stop events are read and reported.
    pub stop: StopSettings,
    /// Where a router writes the lines of containers, as the user says.
    pub log_names: Option<LogNames>,
    /// How stops become incidents.
    pub incidents: IncidentSettings,
    /// How counters become metrics in CloudWatch; `None`: they do not.
    pub emf: Option<EmfSettings>,
    /// Whether to ask the task metadata endpoint.
    pub task_metadata: MetadataSettings,
    /// How long one flush may try.
    pub flush_timeout: Duration,
    /// How long the drain at exit may take.
    pub exit_timeout: Duration,
    /// How often the counts are logged; `None`: never.
    pub stats_interval: Option<Duration>,
}

/// A destination before its own keys are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DestinationSettings {
    /// The user's name for it.
    pub name: String,
    /// The type of destination.
    pub kind: DestinationKind,
}

/// Keys that every destination has.
#[derive(Debug, Clone, Default)]
pub struct Common {
    /// The user's name for the destination.
    pub name: String,
    /// Whether a failure makes Fluent Bit send the chunk again.
    pub required: bool,
    /// The only field that is sent, of records that have it.
    pub log_key: Option<String>,
    /// Whether stop events are sent with category, cause, summary and hint, or as ECS sent them.
    pub enrich_stops: bool,
    /// Which of a record's fields are sent.
    pub fields: Fields,
}

/// Which of a record's top-level fields are sent. Names still see all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Fields {
    /// Every one.
    #[default]
    All,
    /// Only those named.
    Only(Vec<String>),
    /// All but those named.
    Without(Vec<String>),
}

impl Fields {
    fn read(reader: &KeyReader<'_>) -> Self {
        match (reader.list("include"), reader.list("exclude")) {
            (Some(_), Some(_)) => {
                reader.problem("exclude", "cannot be combined with include; keep one of them".to_owned());
                Self::All
            }
            (Some(names), None) => Self::Only(names),
            (None, Some(names)) => Self::Without(names),
            (None, None) => Self::All,
        }
    }

    /// Whether a field of this name is sent.
    #[must_use]
    pub fn pick(&self, name: &[u8]) -> bool {
        let named = |names: &[String]| names.iter().any(|known| known.as_bytes() == name);
        match self {
            Self::All => true,
            Self::Only(names) => named(names),
            Self::Without(names) => !named(names),
        }
    }
}

impl Common {
    /// Reads the keys of the destination that `reader` is scoped to.
    #[must_use]
    pub fn read(name: &str, reader: &KeyReader<'_>) -> Self {
        Self {
            name: name.to_owned(),
            required: reader.flag("required"),
            log_key: reader.text("log_key"),
            enrich_stops: reader.choice("stop_format") == Some("enriched"),
            fields: Fields::read(reader),
        }
    }
}

/// The word that discards a class on purpose.
const DROP: &str = "drop";

/// Names that are classes already, or would read as one.
const RESERVED_CLASSES: [&str; 7] =
    ["stop", "stderr", "stdout", "other", "default", "dead_letter", "router_exit"];

impl Settings {
    /// Reads the keys of the output; what is wrong is added to `problems`.
    #[must_use]
    pub fn read(lookup: &dyn Lookup, problems: &RefCell<Vec<Problem>>) -> Self {
        let reader = KeyReader::new(lookup, problems);
        let levels = level::read(&reader);
        let classes = read_classes(&reader, &levels);
        let mut destinations = Vec::new();
        let routes = read_routes(&reader, &classes, &levels, &mut destinations);
        let dead_letters = read_own_route(&reader, "route.dead_letter", &mut destinations);
        let exit_route = read_own_route(&reader, "route.router_exit", &mut destinations);
        let memory_route = read_memory_route(&reader, &classes, &mut destinations);
        let recorder = read_recorder(&reader, &classes, &levels, &routes, &mut destinations);
        let alerts = !alerting(&routes, &destinations).is_empty();
        let is_routed = |index: usize| {
            let released = recorder.iter().map(|recorder| &recorder.destinations);
            routes
                .iter()
                .chain([&dead_letters, &exit_route, &memory_route])
                .chain(released)
                .any(|route| route.contains(&index))
        };
        let emf = read_emf(&reader, &mut destinations, is_routed);
        let named: Vec<_> = destinations.iter().map(|one| (one.name.as_str(), one.kind)).collect();
        let flush_timeout = reader.duration("flush_timeout");
        Self {
            limits: limits::read(&reader, &classes, &levels, &routes),
            join: join::read(&reader, flush_timeout),
            redaction: redaction::read(&reader, &named),
            classes,
            emf,
            routes,
            dead_letters,
            exit_route,
            memory_route,
            destinations,
            levels,
            recorder,
            stop: StopSettings::read(&reader),
            log_names: LogNames::read(&reader),
            incidents: IncidentSettings::read(&reader, alerts),
            task_metadata: MetadataSettings::read(&reader),
            flush_timeout,
            exit_timeout: reader.duration("exit_timeout"),
            stats_interval: Some(reader.duration("stats_interval")).filter(|interval| !interval.is_zero()),
        }
    }

    /// The destinations of stops that alert people, by their positions.
    #[must_use]
    pub fn alerting(&self) -> Vec<usize> {
        alerting(&self.routes, &self.destinations)
    }
}

/// What keeps a metric from being one, in the keys of the destination that takes metrics.
const NOT_FOR_METRICS: [&str; 3] = ["log_key", "include", "exclude"];

fn read_emf(
    reader: &KeyReader<'_>,
    destinations: &mut Vec<DestinationSettings>,
    is_routed: impl Fn(usize) -> bool,
) -> Option<EmfSettings> {
    let key = "metrics.destination";
    if !reader.flag("metrics.emf") {
        if reader.written(key).is_some() && reader.written("metrics.emf").is_none() {
            reader.problem(key, "has no effect unless metrics.emf is on; write: metrics.emf on".to_owned());
        }
        return None;
    }
    let name = Some(reader.required(key)).filter(|name| !name.is_empty())?;
    let index = destination_index(reader, key, &name, destinations)?;
    if is_routed(index) {
        let what = format!(
            "'{name}' is on a route too, and its counters would count metrics as records; name a destination of its own"
        );
        reader.problem(key, what);
    }
    check_metrics_destination(reader, destinations.get(index)?);
    Some(EmfSettings::read(reader, index))
}

fn check_metrics_destination(reader: &KeyReader<'_>, named: &DestinationSettings) {
    let DestinationSettings { name, kind } = named;
    if *kind != DestinationKind::Cloudwatch {
        let what = format!(
            "'{name}' is of type {}, but only CloudWatch makes metrics of log events; write {name}.type cloudwatch",
            kind.name()
        );
        return reader.problem("metrics.destination", what);
    }
    let reader = reader.for_destination(name, *kind);
    for key in NOT_FOR_METRICS.into_iter().filter(|key| reader.written(key).is_some()) {
        reader.problem(key, "would take metrics apart; leave it out where metrics go".to_owned());
    }
    if reader.choice("log_group_class") == Some("INFREQUENT_ACCESS") {
        let what = "is a class of which CloudWatch reads no metrics; leave it out where metrics go";
        reader.problem("log_group_class", what.to_owned());
    }
}

fn alerting(routes: &[Vec<usize>], destinations: &[DestinationSettings]) -> Vec<usize> {
    let stops = routes.get(Class::Stop.index()).map_or(&[][..], Vec::as_slice);
    let alerts = |index: &&usize| destinations.get(**index).is_some_and(|one| one.kind.alerts());
    stops.iter().filter(alerts).copied().collect()
}

fn read_classes(reader: &KeyReader<'_>, levels: &LevelRules) -> Vec<OwnClass> {
    let names = reader.list("classes").unwrap_or_default();
    if names.len() > usize::from(u8::MAX) {
        let what = format!("{} classes are more than the 255 there can be; leave some out", names.len());
        reader.problem("classes", what);
    }
    let mut seen: Vec<&str> = Vec::new();
    for name in &names {
        if !is_class_name(name) {
            let what = format!(
                "'{name}' cannot be the name of a class; write names without blanks and quotes, with commas between them"
            );
            reader.problem("classes", what);
        } else if RESERVED_CLASSES.contains(&name.as_str()) || seen.contains(&name.as_str()) {
            reader.problem("classes", format!("'{name}' is taken; choose another name"));
        } else if levels.reads_records() && LEVEL_CLASSES.iter().any(|class| class.name() == name) {
            let what = format!(
                "'{name}' is the class that level auto gives to lines of this level; leave it out, or choose another name"
            );
            reader.problem("classes", what);
        }
        seen.push(name);
    }
    names.iter().filter(|name| is_class_name(name)).filter_map(|name| read_class(reader, name)).collect()
}

/// Catches names without a comma between them, and quotes.
fn is_class_name(text: &str) -> bool {
    !text.contains(|c: char| c.is_whitespace() || matches!(c, ';' | '"' | '\''))
}

fn read_class(reader: &KeyReader<'_>, name: &str) -> Option<OwnClass> {
    let key = format!("class.{name}.match");
    let Some(rule) = reader.written(&key) else {
        reader.problem(&key, format!("is missing; for example: {key} log ^GET /healthz"));
        return None;
    };
    let Some((field, pattern)) = rule.split_once(char::is_whitespace) else {
        let what = format!(
            "'{rule}' is not a field name, a space and a regular expression; for example: {key} log ^GET /healthz"
        );
        reader.problem(&key, what);
        return None;
    };
    match pattern::compile_for_bytes(pattern.trim()) {
        Ok(pattern) => Some(OwnClass { name: name.to_owned(), field: field.to_owned(), pattern }),
        Err(problem) => {
            reader.problem(&key, problem);
            None
        }
    }
}

/// One row per class, in the order of `Class::index`.
fn read_routes(
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
fn read_own_route(
    reader: &KeyReader<'_>,
    key: &str,
    destinations: &mut Vec<DestinationSettings>,
) -> Vec<usize> {
    match reader.list(key) {
        Some(_) => read_route(reader, &[key], destinations),
        None => Vec::new(),
    }
}

fn read_recorder(
    reader: &KeyReader<'_>,
    own: &[OwnClass],
    levels: &LevelRules,
    routes: &[Vec<usize>],
    destinations: &mut Vec<DestinationSettings>,
) -> Option<RecorderSettings> {
    if !recorder::is_on(reader) {
        return None;
    }
    let released = read_own_route(reader, "recorder.destination", destinations);
    let names: Vec<&str> = destinations.iter().map(|one| one.name.as_str()).collect();
    let context = RecorderContext { own, levels, routes, destinations: &names };
    Some(recorder::read(reader, released, context))
}

/// The class of the records about memory, as names know it.
const MEMORY_CLASS: &str = "memory_warning";

/// A class of the user's own of that name keeps its route.
fn read_memory_route(
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
fn destination_index(
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
