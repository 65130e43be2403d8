//! The keys of the output and the rules between them: classes, routes, which destinations they name, and what is
//! watched besides.

use std::cell::RefCell;
use std::time::Duration;

use super::error::Problem;
use super::events::{MetadataSettings, StopSettings};
use super::fetch_logs::LogNames;
use super::incidents::IncidentSettings;
use super::level;
use super::limits;
use super::metrics::{self, EmfSettings};
use super::reader::{KeyReader, Lookup};
use super::recorder::{self, RecorderContext, RecorderSettings};
use super::redaction;
use super::routes::{self, DestinationSettings};
use super::{classes, join};
use crate::classify::classes::OwnClass;
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
                reader.problem("exclude", "cannot be combined with include; keep one of them");
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

impl Settings {
    /// Reads the keys of the output; what is wrong is added to `problems`.
    #[must_use]
    pub fn read(lookup: &dyn Lookup, problems: &RefCell<Vec<Problem>>) -> Self {
        let reader = KeyReader::new(lookup, problems);
        let levels = level::read(&reader);
        let classes = classes::read(&reader, &levels);
        let mut destinations = Vec::new();
        let routes = routes::read(&reader, &classes, &levels, &mut destinations);
        let dead_letters = routes::read_own_route(&reader, "route.dead_letter", &mut destinations);
        let exit_route = routes::read_own_route(&reader, "route.router_exit", &mut destinations);
        let memory_route = routes::read_memory_route(&reader, &classes, &mut destinations);
        let recorder = read_recorder(&reader, &classes, &levels, &routes, &mut destinations);
        let alerts = !routes::alerting(&routes, &destinations).is_empty();
        let is_routed = |index: usize| {
            let released = recorder.iter().map(|recorder| &recorder.destinations);
            routes
                .iter()
                .chain([&dead_letters, &exit_route, &memory_route])
                .chain(released)
                .any(|route| route.contains(&index))
        };
        let emf = metrics::read(&reader, &mut destinations, is_routed);
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
        routes::alerting(&self.routes, &self.destinations)
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
    let released = routes::read_own_route(reader, "recorder.destination", destinations);
    let names: Vec<&str> = destinations.iter().map(|one| one.name.as_str()).collect();
    let context = RecorderContext { own, levels, routes, destinations: &names };
    Some(recorder::read(reader, released, context))
}
