//! What takes a chunk from bytes to batches, as one output is configured; it sends nothing.
//!
//! Owns: building the stages from the settings, and what they remember from chunk to chunk. Does not own: the order in
//! which a record passes them (`entries`, `process`).

use std::rc::Rc;
use std::sync::Arc;

use crate::classify::classes::{BUILT_IN, Class, Classifier};
use crate::classify::levels::LevelRules;
use crate::classify::provenance::{ChunkOrigin, TagPattern};
use crate::classify::routes::Routes;
use crate::config::{LogNames, Settings};
use crate::delivery::progress::Progress;
use crate::destination::Destination;
use crate::encode::buffer_pool::BufferPool;
use crate::encode::known_names::KnownNames;
use crate::incident::{Clock, IncidentTracker, Incidents};
use crate::input::record::Record;
use crate::level::LogLevel;
use crate::limit::{ClassLimits, DropRule, LineLimiter};
use crate::metrics::Metrics;
use crate::recorder::Recorder;
use crate::redact::Redaction;
use crate::stop::dedup::{Occurrence, StopDedup};
use crate::stop::output_tail::{ContextStreams, OutputTail};
use crate::stop::{EcsEvent, LogPlace, ReadLog, ServiceRecovery, StopEvent};

/// The stages of one output, for a running instance as for a dry run.
#[derive(Debug)]
pub struct Pipeline {
    classifier: Classifier,
    routes: Routes,
    /// Where refused records go; `None` counts them only.
    dead_letter_routes: Option<Routes>,
    /// Where news of incidents goes.
    news_routes: Routes,
    /// The positions of these destinations.
    alerting: Vec<usize>,
    metrics: Arc<Metrics>,
    /// What is masked for which destination; `None`: nothing is masked.
    redaction: Option<Redaction>,
    /// `None`: nothing is limited.
    limiter: Option<LineLimiter>,
    pool: BufferPool,
    state: CrossChunkState,
    trusted_tags: Vec<TagPattern>,
    /// By destination: the names it has used.
    names: Vec<KnownNames>,
}

impl Pipeline {
    /// Builds the stages that these settings ask for; they count in `metrics` (see [`new_metrics`]).
    #[must_use]
    pub fn new(settings: Settings, metrics: Arc<Metrics>) -> Self {
        Self::with_clock(settings, metrics, Clock::System)
    }

    /// Builds the stages as [`Self::new`] does, with another clock for incidents.
    #[must_use]
    pub fn with_clock(settings: Settings, metrics: Arc<Metrics>, clock: Clock) -> Self {
        let alerting = settings.alerting();
        let tracker = settings.incidents.is_on.then(|| {
            let incidents = Incidents::new(settings.incidents.clone(), !alerting.is_empty());
            Rc::new(IncidentTracker::new(incidents, clock, Arc::clone(&metrics)))
        });
        let routes = Routes::new(settings.routes);
        let dead_letter_routes = match settings.dead_letters.as_slice() {
            [] => None,
            destinations => Some(Routes::all_to(destinations, &routes)),
        };
        let names = settings.destinations.iter().map(|_| KnownNames::default()).collect();
        let state = CrossChunkState::new(settings.stop.once, settings.stop.context_lines)
            .with_streams(settings.stop.context_streams)
            .with_split_lines(settings.join.is_some())
            .with_recorder(settings.recorder.map(Recorder::new));
        Self {
            names,
            news_routes: Routes::all_to(&alerting, &routes),
            alerting,
            classifier: Classifier::new(settings.classes)
                .with_reader(settings.stop.reader)
                .with_levels(settings.levels),
            routes,
            dead_letter_routes,
            metrics,
            redaction: Some(settings.redaction).filter(|redaction| !redaction.is_off()),
            limiter: LineLimiter::new(settings.limits),
            pool: BufferPool::default(),
            state: CrossChunkState { incidents: tracker, log_names: settings.log_names, ..state },
            trusted_tags: settings.stop.trusted_tags,
        }
    }

    /// The origin of a chunk that Fluent Bit hands over under this tag.
    #[must_use]
    pub fn origin<'t>(&self, tag: &'t [u8]) -> ChunkOrigin<'t> {
        ChunkOrigin::from_tag(tag, &self.trusted_tags)
    }

    /// Whether a record of Fluent Bit can be an event under any tag.
    pub(super) fn trusts_a_tag(&self) -> bool {
        !self.trusted_tags.is_empty()
    }

    /// Whether stop events are delivered anywhere.
    pub(super) fn wants_stops(&self) -> bool {
        !self.routes.get(Class::Stop).is_empty()
    }

    /// The stages of a chunk of this origin, with the destinations in the order of the settings.
    #[must_use]
    pub fn stages<'s>(&'s self, origin: ChunkOrigin<'s>, destinations: &'s [&'s Destination]) -> Stages<'s> {
        Stages {
            origin,
            classifier: &self.classifier,
            routes: &self.routes,
            destinations,
            metrics: &self.metrics,
            redaction: self.redaction.as_ref(),
            limiter: self.limiter.as_ref(),
            pool: &self.pool,
            state: Some(&self.state),
            names: &self.names,
        }
    }

    /// The stages of a chunk of dead letters; `None` when nobody wants them.
    pub(super) fn dead_letter_stages<'s>(
        &'s self,
        destinations: &'s [&'s Destination],
    ) -> Option<Stages<'s>> {
        let routes = self.dead_letter_routes.as_ref()?;
        Some(Stages {
            routes,
            state: None,
            limiter: None,
            ..self.stages(ChunkOrigin::Untrusted, destinations)
        })
    }

    /// The stages of news of incidents, which goes to those only who alert people.
    #[must_use]
    pub fn news_stages<'s>(&'s self, destinations: &'s [&'s Destination]) -> Stages<'s> {
        let stages = self.stages(ChunkOrigin::Trusted, destinations);
        Stages { routes: &self.news_routes, state: None, limiter: None, ..stages }
    }

    /// Routes by which everything goes to these destinations.
    #[must_use]
    pub(super) fn routes_to(&self, destinations: &[usize]) -> Routes {
        Routes::all_to(destinations, &self.routes)
    }

    /// The stages of records of the plugin's own, which go by these routes.
    #[must_use]
    pub(super) fn own_stages<'s>(
        &'s self,
        routes: &'s Routes,
        destinations: &'s [&'s Destination],
    ) -> Stages<'s> {
        Stages { routes, state: None, limiter: None, ..self.stages(ChunkOrigin::Trusted, destinations) }
    }

    /// The level of a record of the plugin's own, where records have levels.
    pub(super) fn own_level(&self, level: LogLevel) -> Option<LogLevel> {
        self.classifier.has_levels().then_some(level)
    }

    /// What drops lines beyond a budget, where something does.
    #[must_use]
    pub fn limiter(&self) -> Option<&LineLimiter> {
        self.limiter.as_ref()
    }

    /// The name of a class, as users write it.
    #[must_use]
    pub fn class_name(&self, class: Class) -> &str {
        self.classifier.name(class)
    }

    /// The destinations of a class.
    pub(super) fn route(&self, class: Class) -> &[usize] {
        self.routes.get(class)
    }

    /// The value of a limit or a sample as the user would write it.
    #[must_use]
    pub fn rule_text(&self, class: Class, rule: DropRule) -> String {
        let limits = self.limiter.as_ref().and_then(|limiter| limiter.limits(class));
        limits.and_then(|limits: &ClassLimits| limits.text(rule)).unwrap_or_default()
    }

    /// The flight recorder, where lines are held.
    #[must_use]
    pub fn recorder(&self) -> Option<&Recorder> {
        self.state.recorder.as_ref()
    }

    /// The destinations of each class.
    pub(super) fn routes(&self) -> &Routes {
        &self.routes
    }

    /// The incidents, where stops become some.
    #[must_use]
    pub fn incidents(&self) -> Option<&Rc<IncidentTracker>> {
        self.state.incidents.as_ref()
    }

    /// The chunk is delivered: what it claimed is permanent. Returns how many of its entries nobody who alerts people took;
    /// they will be told again.
    pub fn confirm(&self, progress: &Progress) -> u32 {
        progress.claims().confirm();
        progress.sightings().confirm(|ordinal| self.has_told(progress, ordinal))
    }

    /// Notes which news those who alert people have by now.
    pub(super) fn note_told(&self, progress: &Progress) {
        progress.sightings().note_told(|ordinal| self.has_told(progress, ordinal));
    }

    /// Whether somebody who alerts people has this entry.
    fn has_told(&self, progress: &Progress, ordinal: u32) -> bool {
        let took = |index: &usize| progress.settled(*index).is_some_and(|one| one.contains(ordinal));
        self.alerting.iter().any(took)
    }

    /// Whether this destination alerts people of stops.
    pub(super) fn alerts(&self, destination: usize) -> bool {
        self.alerting.contains(&destination)
    }

    /// Whether somebody who alerts people has all entries of this progress.
    pub(super) fn is_told(&self, progress: &Progress) -> bool {
        self.alerting.is_empty() || self.alerting.iter().any(|index| progress.missing(*index) == 0)
    }
}

/// Counters for the classes and the destinations of these settings.
#[must_use]
pub fn new_metrics(settings: &Settings) -> Metrics {
    let built_in = BUILT_IN.iter().map(|class| counted_as(*class, &settings.levels).name().to_owned());
    let own = settings.classes.iter().map(|class| class.name.clone());
    let destinations = settings.destinations.iter().map(|destination| destination.name.clone());
    let metrics = Metrics::new(built_in.chain(own).collect(), destinations.collect())
        .with_redaction_rules(settings.redaction.rules.clone());
    match &settings.emf {
        Some(emf) => metrics.with_max_services(emf.max_services),
        None => metrics,
    }
}

/// A class that no record can have is not counted by its name, which may be that of a class of the user's own.
fn counted_as(class: Class, levels: &LevelRules) -> Class {
    match class {
        Class::Error if !levels.reads_records() => Class::Stderr,
        Class::Warn if !(levels.reads_records() && levels.separates_warnings) => Class::Stdout,
        class => class,
    }
}

/// What the stages need besides the chunk.
#[derive(Debug, Clone, Copy)]
pub struct Stages<'p> {
    /// How the chunk came.
    pub origin: ChunkOrigin<'p>,
    /// Tells what a record is.
    pub classifier: &'p Classifier,
    /// Which destinations each class goes to.
    pub routes: &'p Routes,
    /// How a record is written for each destination.
    pub destinations: &'p [&'p Destination],
    /// Counters of the instance.
    pub metrics: &'p Metrics,
    /// What is masked for which destination; `None`: nothing is masked.
    pub redaction: Option<&'p Redaction>,
    /// What drops lines beyond a budget; `None`: nothing is limited.
    pub limiter: Option<&'p LineLimiter>,
    /// Buffers to encode into.
    pub pool: &'p BufferPool,
    /// What earlier chunks held; without it each chunk stands for itself.
    pub state: Option<&'p CrossChunkState>,
    /// By destination: the names it has used; without them each is admitted.
    pub names: &'p [KnownNames],
}

impl<'p> Stages<'p> {
    /// The flight recorder, where lines are held.
    #[must_use]
    pub fn recorder(&self) -> Option<&'p Recorder> {
        self.state.and_then(|state| state.recorder.as_ref())
    }
}

/// What an instance keeps from one chunk to the next.
#[derive(Debug)]
pub struct CrossChunkState {
    /// Stops that were reported; `None` reports each event.
    dedup: Option<StopDedup>,
    /// The last lines of each container.
    pub(super) output_tail: OutputTail,
    /// Where routers write the lines of containers.
    log_names: Option<LogNames>,
    /// The incidents that stops belong to; `None`: to none.
    incidents: Option<Rc<IncidentTracker>>,
    /// The last lines of each container, held until an error releases them.
    recorder: Option<Recorder>,
}

impl CrossChunkState {
    /// With `once` each stop is reported once; `context_lines` is how many lines to keep of each container.
    #[must_use]
    pub fn new(once: bool, context_lines: usize) -> Self {
        Self {
            dedup: once.then(StopDedup::default),
            output_tail: OutputTail::new(context_lines),
            log_names: None,
            incidents: None,
            recorder: None,
        }
    }

    /// Holds lines by these settings.
    #[must_use]
    pub fn with_recorder(self, recorder: Option<Recorder>) -> Self {
        Self { recorder, ..self }
    }

    /// Takes the lines from these streams.
    #[must_use]
    pub fn with_streams(self, streams: ContextStreams) -> Self {
        Self { output_tail: self.output_tail.with_streams(streams), ..self }
    }

    /// Takes the text of a record apart into its lines.
    #[must_use]
    pub fn with_split_lines(self, splits_lines: bool) -> Self {
        Self { output_tail: self.output_tail.with_split_lines(splits_lines), ..self }
    }

    /// Fills in the last lines of the stop's container that were heard here, or else those that were read from its log.
    pub(super) fn fill_in_lines(&self, record: &Record<'_, '_>, stop: &mut StopEvent, log: Option<ReadLog>) {
        if let Some(place) = self.log_place(record, stop) {
            stop.note_log_place(&place);
        }
        self.output_tail.fill_in(stop);
        if let Some(log) = log.filter(|_| stop.last_lines.is_empty()) {
            stop.note_log(log);
        }
    }

    /// Whether the stop's report would lack the lines that tell why it stopped.
    pub(super) fn lacks_lines(&self, stop: &StopEvent) -> bool {
        let is_known = self.dedup.as_ref().is_some_and(|dedup| dedup.is_known(stop));
        stop.is_worth_reading() && !is_known && self.output_tail.lacks_lines(stop)
    }

    /// Whether the stop is a deployment that failed and was not reported before.
    pub(super) fn lacks_changes(&self, stop: &StopEvent) -> bool {
        let is_known = self.dedup.as_ref().is_some_and(|dedup| dedup.is_known(stop));
        stop.ecs_event == EcsEvent::DeploymentFailed && !is_known
    }

    /// Where the user says that the container's lines are.
    pub(super) fn log_place(&self, record: &Record<'_, '_>, stop: &StopEvent) -> Option<LogPlace> {
        self.log_names.as_ref()?.place(record, stop)
    }

    /// Tells the stop which incident it belongs to; `nth` as for `observe`, `ordinal` is its entry's.
    pub(super) fn join_incident(&self, stop: &mut StopEvent, progress: &Progress, nth: usize, ordinal: u32) {
        if let Some(tracker) = &self.incidents {
            progress.sightings().join(tracker, stop, nth, ordinal);
        }
    }

    /// Notes that a service is well again.
    pub(super) fn note_recovery(&self, recovery: &ServiceRecovery) {
        if let Some(tracker) = &self.incidents {
            tracker.recover(recovery);
        }
    }

    /// What the event is to its stop; `nth` counts the stop events of the chunk from 0.
    pub(super) fn observe(&self, stop: &StopEvent, progress: &Progress, nth: usize) -> Occurrence {
        match &self.dedup {
            Some(dedup) => dedup.observe(stop, progress.claims(), nth),
            None => Occurrence::First,
        }
    }
}
