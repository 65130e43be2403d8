//! `router::pipeline`: one chunk through the stages up to the batches, with nothing behind them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use ecs_router::classify::classes::Entry;
use ecs_router::config::keys::DestinationKind;
use ecs_router::config::{AwsEnvironments, DestinationSettings, KeyReader, Lookup, Problem, Settings};
use ecs_router::delivery::progress::Progress;
use ecs_router::destination::{self, Destination};
use ecs_router::encode::batch::Batch;
use ecs_router::encode::template::RenderContext;
use ecs_router::incident::{Clock, IncidentTracker};
use ecs_router::input::decode::{self, MalformedChunk};
use ecs_router::join::chunk::join_alone;
use ecs_router::join::rules::JoinRules;
use ecs_router::level::LogLevel;
use ecs_router::limit::{DropNotice, LimitRules, LineLimiter};
use ecs_router::metrics::RecorderCounts;
use ecs_router::printable;
use ecs_router::router::entries::for_each_entry;
use ecs_router::router::pipeline::{Pipeline, Stages, new_metrics};
use ecs_router::router::process::{process_chunk, process_news};

/// Stands in for the region of the machine; no request is made.
const PLACEHOLDER_REGION: &str = "us-east-1";

/// An output without a way to the network.
pub(crate) struct DryRun {
    pipeline: Pipeline,
    settings: Vec<DestinationSettings>,
    destinations: Vec<Destination>,
    has_levels: bool,
    join: Option<JoinRules>,
    /// The rules by which data are masked.
    rules: Vec<String>,
}

/// What became of one record.
pub(crate) struct DryRecord {
    /// As `$(class)` calls it.
    pub(crate) class: String,
    /// As `$(level)` calls it.
    pub(crate) level: Option<&'static str>,
    /// By destination on its route. None at all: it is dropped on purpose.
    pub(crate) copies: Vec<DryCopy>,
    /// The container that wrote it.
    pub(crate) container: Option<String>,
    /// The key of the limit or sample that drops it.
    pub(crate) dropped_by: Option<String>,
    /// What the flight recorder has to do with it.
    pub(crate) recorded: Recorded,
}

/// Lines of one container that a limit or a sample drops.
pub(crate) struct DryDrops {
    /// `None`: of containers beyond those that are told apart.
    pub(crate) container: Option<String>,
    /// The key, and its value.
    pub(crate) key: String,
    pub(crate) value: String,
    pub(crate) lines: u64,
}

/// What the flight recorder has to do with a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recorded {
    /// Nothing.
    No,
    /// It holds the record, besides what the route says.
    Held,
    /// The row is an earlier record that it releases.
    Released,
}

/// One record at one destination.
pub(crate) struct DryCopy {
    /// The destination's position.
    pub(crate) destination: usize,
    /// `None` when the destination leaves it out.
    pub(crate) sent: Option<DrySent>,
}

/// A record as a destination would get it.
pub(crate) struct DrySent {
    /// Its place inside the destination.
    pub(crate) target: Vec<u8>,
    /// Its bytes in the request.
    pub(crate) bytes: usize,
    /// Its size as the destination counts it.
    pub(crate) counted: usize,
}

/// What became of one chunk.
pub(crate) struct DryChunk {
    /// By entry: each record, and each event that a record carries.
    pub(crate) rows: Vec<DryRecord>,
    /// By destination: how many batches.
    pub(crate) batches: Vec<usize>,
    /// By rule: values that were masked.
    pub(crate) redacted: Vec<(String, u64)>,
    /// What the flight recorder did; `None`: it is off.
    pub(crate) recorder: Option<RecorderCounts>,
    /// Lines that became parts of the record before them; `None`: none can.
    pub(crate) joined: Option<u64>,
    /// Entries that are not records.
    pub(crate) shapeless: usize,
    /// Where reading had to stop.
    pub(crate) fault: Option<MalformedChunk>,
}

impl DryRun {
    /// Reads the keys as the plugin does when it starts.
    pub(crate) fn open(lookup: &dyn Lookup) -> Result<Self, Vec<Problem>> {
        Self::open_with_clock(lookup, Clock::System)
    }

    /// The same output without limits and samples; `None` where it has none.
    pub(crate) fn open_unlimited(lookup: &dyn Lookup) -> Option<Self> {
        let limited = Self::open(lookup).ok()?;
        limited.pipeline.limiter()?;
        Self::open_as(lookup, Clock::System, |settings| settings.limits = LimitRules::default()).ok()
    }

    fn open_with_clock(lookup: &dyn Lookup, clock: Clock) -> Result<Self, Vec<Problem>> {
        Self::open_as(lookup, clock, |_| {})
    }

    fn open_as(
        lookup: &dyn Lookup,
        clock: Clock,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self, Vec<Problem>> {
        let problems = RefCell::new(Vec::new());
        let mut settings = Settings::read(lookup, &problems);
        change(&mut settings);
        let reader = KeyReader::new(lookup, &problems);
        let destinations = settings.destinations.iter();
        let destinations = destinations
            .map(|named| destination::open(named, &reader, &AwsEnvironments::in_region(PLACEHOLDER_REGION)))
            .collect();
        let problems = problems.into_inner();
        if !problems.is_empty() {
            return Err(problems);
        }
        let metrics = Arc::new(new_metrics(&settings));
        Ok(Self {
            settings: settings.destinations.clone(),
            rules: settings.redaction.rules.clone(),
            destinations,
            has_levels: settings.levels.is_on(),
            join: settings.join.clone(),
            pipeline: Pipeline::with_clock(settings, metrics, clock),
        })
    }

    /// Name and type of every destination.
    pub(crate) fn destinations(&self) -> impl Iterator<Item = (&str, DestinationKind)> {
        self.settings.iter().map(|named| (named.name.as_str(), named.kind))
    }

    /// Whether records have levels.
    pub(crate) fn has_levels(&self) -> bool {
        self.has_levels
    }

    /// What limits and samples dropped since the last time, by container.
    pub(crate) fn take_drops(&self) -> Vec<DryDrops> {
        let notices = self.pipeline.limiter().map(LineLimiter::take_notices).unwrap_or_default();
        let drops = notices.into_iter().map(|DropNotice { class, rule, span, source, .. }| DryDrops {
            container: source.map(|source| source.container),
            key: format!("{}.{}", rule.word(), self.pipeline.class_name(class)),
            value: self.pipeline.rule_text(class, rule),
            lines: span.count,
        });
        drops.collect()
    }

    /// Takes a chunk through the stages.
    pub(crate) fn process(&self, tag: &str, chunk: &[u8]) -> DryChunk {
        let joined = self.join.as_ref().map(|rules| join_alone(rules, chunk));
        let lines = joined.as_ref().map(|joined| joined.lines);
        let chunk = joined.as_ref().and_then(|joined| joined.bytes.as_deref()).unwrap_or(chunk);
        let destinations: Vec<&Destination> = self.destinations.iter().collect();
        let stages = self.pipeline.stages(self.pipeline.origin(tag.as_bytes()), &destinations);
        let progress = Progress::new(destinations.len());
        let processed = process_chunk(&stages, &dry_context(tag), chunk, &progress);
        let mut rows = rows(&stages, chunk, &progress);
        for (destination, batches) in processed.batches.iter().enumerate() {
            batches.iter().for_each(|batch| fill_in_batch(&mut rows, destination, batch));
        }
        let batches = processed.batches.iter().map(Vec::len).collect();
        let redacted = self.rules.iter().cloned().zip(processed.redacted).collect();
        DryChunk {
            rows,
            batches,
            redacted,
            recorder: self.pipeline.recorder().map(|_| processed.recorder),
            joined: lines,
            shapeless: processed.tally.shapeless,
            fault: processed.tally.fault,
        }
    }
}

/// The lines of applications in a chunk, and how long it took to write them.
#[derive(Debug, Default)]
pub(crate) struct ApplicationLines {
    pub(crate) lines: u64,
    /// Bytes of the lines alone, as the driver `awslogs` would send them.
    pub(crate) bytes: u64,
    /// Milliseconds since 1970 of the first and the last record.
    pub(crate) first: Option<i64>,
    pub(crate) last: Option<i64>,
}

impl ApplicationLines {
    pub(crate) fn add_chunk(&mut self, chunk: &[u8]) {
        decode::records(chunk, |record| {
            let time = record.time.millis();
            self.first = Some(self.first.map_or(time, |first| first.min(time)));
            self.last = Some(self.last.map_or(time, |last| last.max(time)));
            let line = record.text(b"source").and(record.text(b"log"));
            self.lines += u64::from(line.is_some());
            self.bytes += line.map_or(0, |line| u64::try_from(line.len()).unwrap_or_default());
        });
    }
}

/// Classes and routes, before anything is encoded: of the chunk's entries, then of the lines that they release.
fn rows(stages: &Stages<'_>, chunk: &[u8], progress: &Progress) -> Vec<DryRecord> {
    let mut rows = Vec::new();
    let dropped = progress.dropped();
    let recorder = stages.recorder();
    for_each_entry(stages, chunk, progress, |ordinal, entry| {
        let is_dropped = dropped.as_ref().is_some_and(|dropped| dropped.contains(ordinal));
        let rule =
            stages.limiter.filter(|_| is_dropped).map(|limiter| limiter.rule_of_dropped(entry, ordinal));
        let route = if is_dropped { &[] } else { stages.routes.get(entry.class) };
        let is_held = !is_dropped
            && entry.stop.is_none()
            && recorder.is_some_and(|recorder| recorder.holds(entry.class));
        rows.push(DryRecord {
            class: entry.class_name.to_owned(),
            level: entry.level.map(LogLevel::name),
            copies: copies(route),
            container: container(entry),
            dropped_by: rule.map(|rule| format!("{}.{}", rule.word(), entry.class_name)),
            recorded: if is_held { Recorded::Held } else { Recorded::No },
        });
    });
    if let (Some(released), Some(recorder)) = (progress.released(), recorder) {
        rows.extend(released.lines().map(|released| DryRecord {
            class: stages.classifier.name(released.line.class).to_owned(),
            level: released.line.level.map(LogLevel::name),
            copies: copies(recorder.destinations()),
            container: None,
            dropped_by: None,
            recorded: Recorded::Released,
        }));
    }
    rows
}

fn copies(route: &[usize]) -> Vec<DryCopy> {
    route.iter().map(|&destination| DryCopy { destination, sent: None }).collect()
}

/// As FireLens's tag names it, or else the record.
fn container(entry: &Entry<'_, '_, '_>) -> Option<String> {
    let own = || entry.record.text(b"container_name").map(|name| name.strip_prefix(b"/").unwrap_or(name));
    let name = entry.identity.tagged_container().or_else(own)?;
    Some(printable::line(&String::from_utf8_lossy(name)).into_owned())
}

/// Fills in where each record of the batch goes, and its size there.
fn fill_in_batch(rows: &mut [DryRecord], destination: usize, batch: &Batch) {
    for item in batch.items.iter() {
        let row = usize::try_from(item.ordinal).ok().and_then(|at| rows.get_mut(at));
        let copies = row.map(|row| row.copies.iter_mut()).into_iter().flatten();
        for copy in copies.filter(|copy| copy.destination == destination) {
            copy.sent = Some(DrySent {
                target: batch.target().to_vec(),
                bytes: item.end - item.start,
                counted: item.size,
            });
        }
    }
}

/// An output whose clock is turned by hand, and whose every request arrives.
pub(crate) struct TimedRun {
    dry: DryRun,
    clock: Rc<Cell<i64>>,
    tracker: Rc<IncidentTracker>,
}

/// One request of a timed run.
pub(crate) struct TimedSent {
    /// The destination's position.
    pub(crate) destination: usize,
    pub(crate) records: usize,
    /// What people read, at a destination that alerts them.
    pub(crate) text: Option<String>,
}

/// What one chunk became.
pub(crate) struct TimedChunk {
    pub(crate) sent: Vec<TimedSent>,
    /// The incident of each of its stops.
    pub(crate) incidents: Vec<String>,
}

impl TimedRun {
    /// As [`DryRun::open`]; `None` when stops become no incidents.
    pub(crate) fn open(lookup: &dyn Lookup) -> Result<Option<Self>, Vec<Problem>> {
        let clock = Rc::new(Cell::new(0));
        let dry = DryRun::open_with_clock(lookup, Clock::Turned(Rc::clone(&clock)))?;
        let tracker = dry.pipeline.incidents().cloned();
        Ok(tracker.map(|tracker| Self { dry, clock, tracker }))
    }

    /// Name and type of every destination.
    pub(crate) fn destinations(&self) -> impl Iterator<Item = (&str, DestinationKind)> {
        self.dry.destinations()
    }

    /// In milliseconds since 1970.
    pub(crate) fn now(&self) -> i64 {
        self.clock.get()
    }

    /// Whether no incident is open.
    pub(crate) fn is_idle(&self) -> bool {
        self.tracker.look(|incidents| incidents.is_idle() && !incidents.has_news())
    }

    /// Takes one chunk of these records, each with its time, through the stages.
    pub(crate) fn bring(&self, tag: &str, records: &[(i64, Vec<u8>)]) -> TimedChunk {
        let destinations: Vec<&Destination> = self.dry.destinations.iter().collect();
        let pipeline = &self.dry.pipeline;
        let stages = pipeline.stages(pipeline.origin(tag.as_bytes()), &destinations);
        let progress = Progress::new(destinations.len());
        let chunk: Vec<u8> = records.iter().flat_map(|(at, body)| chunk_of(*at, body)).collect();
        let processed = process_chunk(&stages, &dry_context(tag), &chunk, &progress);
        let mut incidents = Vec::new();
        for_each_entry(&stages, &chunk, &progress, |_, entry| {
            incidents.extend(entry.stop.and_then(|stop| stop.incident_id.clone()));
        });
        let sent = self.sent(processed.batches, &progress);
        pipeline.confirm(&progress);
        TimedChunk { sent, incidents }
    }

    /// Turns the clock.
    pub(crate) fn pass_time(&self, now: i64) -> Vec<TimedSent> {
        self.clock.set(now);
        let news = self.tracker.with(|incidents, now| {
            incidents.tick(now);
            incidents.take_news(now)
        });
        let destinations: Vec<&Destination> = self.dry.destinations.iter().collect();
        let progress = Progress::new(destinations.len());
        let stages = self.dry.pipeline.news_stages(&destinations);
        let processed = process_news(&stages, &dry_context("ecs_router.incident"), &news, &progress);
        let sent = self.sent(processed.batches, &progress);
        self.tracker.with(|incidents, _| incidents.news_delivered());
        sent
    }

    /// The requests of these batches, all of which arrive.
    fn sent(&self, batches: Vec<Vec<Batch>>, progress: &Progress) -> Vec<TimedSent> {
        let mut sent = Vec::new();
        for (destination, batches) in batches.iter().enumerate() {
            for batch in batches {
                progress.settle(destination, batch.items.iter().map(|item| item.ordinal));
                let text = self.dry.destinations.get(destination).and_then(|one| one.headline(batch));
                sent.push(TimedSent { destination, records: batch.items.len(), text });
            }
        }
        sent
    }
}

fn dry_context(tag: &str) -> RenderContext<'_> {
    RenderContext { tag: tag.as_bytes(), uuid: "$(uuid)", chunk: "$(uuid)", task: None, overflow: None }
}

/// `[time, record]`
pub(super) fn chunk_of(at: i64, body: &[u8]) -> Vec<u8> {
    let mut chunk = vec![0x92];
    // Numbers always have a msgpack form.
    chunk.extend(rmp_serde::to_vec(&(at as f64 / 1_000.0)).unwrap_or_default());
    chunk.extend(body);
    chunk
}
