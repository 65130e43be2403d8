//! One chunk from bytes to batches: each entry is counted, routed by its class, encoded for each destination and packed.
//!
//! Reads top to bottom: [`process_chunk`] has [`entries`] read the chunk and gets each entry back in
//! `Dispatcher::dispatch`, which hands it to the encoder of each destination. Sends nothing.
//!
//! [`entries`]: super::entries

use super::encoder::{DestinationEncoder, NameOverflow};
use super::entries::{ReadEntries, for_each_entry};
use super::limiting::{ChunkLimiting, DropCounts};
use super::masking::Masking;
use super::pipeline::Stages;
use crate::classify::classes::{BUILT_IN, Class, Entry};
use crate::classify::provenance::{ChunkOrigin, Provenance};
use crate::delivery::progress::Progress;
use crate::encode::batch::Batch;
use crate::encode::template::RenderContext;
use crate::incident::IncidentNews;
use crate::input::decode::{self, Tally};
use crate::input::record::{Record, Timestamp};
use crate::level::LogLevel;
use crate::metrics::RecorderCounts;
use crate::recorder::{ChunkRecording, Recorder, ReleasedLine};
use crate::stop::StopEvent;

/// What a chunk became.
#[derive(Debug, Default)]
pub struct Processed {
    /// By destination: the batches to send.
    pub batches: Vec<Vec<Batch>>,
    /// By destination: names beyond its limit of new ones.
    pub overflows: Vec<Option<NameOverflow>>,
    /// What was read.
    pub tally: Tally,
    /// By `Class::index`: how many records.
    pub classes: Vec<u64>,
    /// Records whose class is dropped on purpose.
    pub dropped: u64,
    /// Records that limits and samples drop; none of a replay.
    pub limits: DropCounts,
    /// Events of stops that were reported already.
    pub repeated: u64,
    /// Envelopes that were left closed, at least in part.
    pub unopened: u64,
    /// A template field that some record lacked.
    pub missing_field: Option<String>,
    /// Records that read like events, but came in a way that nobody vouches for.
    pub unvouched: u64,
    /// Records of FireLens that a filter has robbed of the fields that tell their stream.
    pub unmarked: u64,
    /// By rule: values that were masked.
    pub redacted: Vec<u64>,
    /// What the flight recorder did.
    pub recorder: RecorderCounts,
    /// Entries from this ordinal on are older lines that the flight recorder has released.
    pub first_released: Option<u32>,
}

/// Takes a chunk through the stages. Entries that `progress` knows as settled are not encoded again.
#[must_use]
pub fn process_chunk(
    stages: &Stages<'_>,
    context: &RenderContext<'_>,
    chunk: &[u8],
    progress: &Progress,
) -> Processed {
    let mut dispatcher = Dispatcher::new(stages, context, progress).with_recording(progress);
    let read = for_each_entry(stages, chunk, progress, |ordinal, entry| dispatcher.dispatch(ordinal, entry));
    dispatcher.send_released(progress);
    dispatcher.finish(read, progress)
}

/// Takes news of incidents through the stages, as entries of their own.
#[must_use]
pub fn process_news(
    stages: &Stages<'_>,
    context: &RenderContext<'_>,
    news: &[IncidentNews],
    progress: &Progress,
) -> Processed {
    let mut dispatcher = Dispatcher::new(stages, context, progress);
    for (ordinal, IncidentNews { stop }) in (0..).zip(news) {
        // A report always has a msgpack form.
        let body = rmp_serde::to_vec_named(stop).unwrap_or_default();
        let fields = decode::fields(&body);
        let millis = stop.incident.as_ref().map_or(0, |incident| incident.last_at);
        let time = Timestamp { seconds: millis.div_euclid(1_000), nanos: 0 };
        let record = Record::new(time, &fields, &body);
        let class_name = stages.classifier.name(Class::Stop);
        let level = stages.classifier.stop_level(stop);
        let entry = Entry { level, ..Entry::new(&record, Class::Stop, class_name, Some(stop)) };
        dispatcher.dispatch(ordinal, &entry);
    }
    dispatcher.finish(ReadEntries::default(), progress)
}

/// A record of the plugin's own.
#[derive(Debug, Clone)]
pub struct OwnRecord {
    /// When it was made, in milliseconds since 1970.
    pub at_ms: i64,
    /// A JSON object.
    pub content: serde_json::Value,
    /// How grave it is, where records have levels.
    pub level: Option<LogLevel>,
}

/// Takes records of the plugin's own through the stages, as entries of class `other` that names know as `class_name`. The
/// context's tag says whose they are, as with records that come under it.
#[must_use]
pub fn process_own(
    stages: &Stages<'_>,
    context: &RenderContext<'_>,
    class_name: &str,
    records: &[OwnRecord],
    progress: &Progress,
) -> Processed {
    let mut dispatcher = Dispatcher::new(stages, context, progress);
    let origin = ChunkOrigin::from_tag(context.tag, &[]);
    for (ordinal, OwnRecord { at_ms, content, level }) in (0..).zip(records) {
        // A JSON value always has a msgpack form.
        let body = rmp_serde::to_vec(content).unwrap_or_default();
        let fields = decode::fields(&body);
        let nanos = u32::try_from(at_ms.rem_euclid(1_000)).unwrap_or_default() * 1_000_000;
        let record = Record::new(Timestamp { seconds: at_ms.div_euclid(1_000), nanos }, &fields, &body);
        let identity = Provenance::new(&record, origin).identity();
        let entry = Entry::new(&record, Class::Other, class_name, None);
        dispatcher.dispatch(ordinal, &Entry { identity, level: *level, ..entry });
    }
    dispatcher.finish(ReadEntries::default(), progress)
}

/// Brings the entries of one chunk to the encoders of their destinations.
struct Dispatcher<'p> {
    stages: &'p Stages<'p>,
    context: &'p RenderContext<'p>,
    /// By destination.
    encoders: Vec<DestinationEncoder<'p>>,
    features: Features<'p>,
    /// Whether any of them is on, so that a record asks once.
    has_features: bool,
    processed: Processed,
}

/// What comes between an entry and its destinations where the user wants it.
struct Features<'p> {
    /// `None`: nothing is masked.
    masking: Option<Masking<'p>>,
    /// `None`: nothing is limited.
    limiting: Option<ChunkLimiting<'p>>,
    /// `None`: nothing is held, or the chunk came before.
    recording: Option<ChunkRecording<'p>>,
}

impl Features<'_> {
    fn are_on(&self) -> bool {
        self.masking.is_some() || self.limiting.is_some() || self.recording.is_some()
    }
}

impl<'p> Dispatcher<'p> {
    fn new(stages: &'p Stages<'p>, context: &'p RenderContext<'p>, progress: &'p Progress) -> Self {
        let destinations = stages.destinations.iter().copied().enumerate();
        let classes = BUILT_IN.len() + stages.routes.own_classes();
        let limiting = |limiter| ChunkLimiting::new(limiter, context.tag, classes, progress);
        let features = Features {
            masking: stages.redaction.map(Masking::new),
            limiting: stages.limiter.map(limiting),
            recording: None,
        };
        Self {
            stages,
            context,
            encoders: destinations
                .map(|(index, one)| DestinationEncoder::new(index, one, progress, stages))
                .collect(),
            has_features: features.are_on(),
            features,
            processed: Processed { classes: vec![0; classes], ..Processed::default() },
        }
    }

    /// Has the flight recorder see each entry, unless it did when the chunk came before.
    fn with_recording(mut self, progress: &Progress) -> Self {
        let recorder = self.stages.recorder().filter(|_| !progress.is_replay());
        let begin = |recorder: &'p Recorder| {
            recorder.begin_chunk(self.context.tag, self.stages.origin, progress.arrived_at())
        };
        self.features.recording = recorder.map(begin);
        self.has_features = self.features.are_on();
        self
    }

    #[inline]
    fn dispatch(&mut self, ordinal: u32, entry: &Entry<'_, '_, '_>) {
        self.count(entry.class);
        let route = self.stages.routes.get(entry.class);
        if self.has_features || entry.stop.is_some() {
            return self.dispatch_by_features(route, ordinal, entry);
        }
        self.processed.dropped += u64::from(route.is_empty());
        for &index in route {
            self.push(index, ordinal, entry, self.context);
        }
    }

    #[inline(never)]
    fn dispatch_by_features(&mut self, route: &[usize], ordinal: u32, entry: &Entry<'_, '_, '_>) {
        if self.features.limiting.as_mut().is_some_and(|limiting| limiting.drops(ordinal, entry)) {
            return;
        }
        let is_held = match &mut self.features.recording {
            Some(recording) => recording.observe(ordinal, entry, route.is_empty()),
            None => false,
        };
        self.processed.dropped += u64::from(route.is_empty() && !is_held);
        self.send(route, ordinal, entry, self.context);
    }

    /// Sends the entry as each destination may see it.
    fn send(
        &mut self,
        route: &[usize],
        ordinal: u32,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
    ) {
        let Some(mut masking) = self.features.masking.take() else {
            return route.iter().for_each(|index| self.push_rare(*index, ordinal, entry, context));
        };
        let push = &mut |index, entry: &Entry<'_, '_, '_>| self.push_rare(index, ordinal, entry, context);
        masking.for_each_copy(entry, route, push);
        self.features.masking = Some(masking);
    }

    /// Keeps `push` from being compiled in once more. The lines of a report are cut here, behind the last who masks them.
    #[inline(never)]
    fn push_rare(
        &mut self,
        index: usize,
        ordinal: u32,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
    ) {
        let shown = entry.stop.and_then(StopEvent::with_lines_shown);
        self.push(index, ordinal, &Entry { stop: shown.as_ref().or(entry.stop), ..*entry }, context);
    }

    /// Sends what the chunk's errors and stops have released, after its own entries. A replay finds the same lines.
    fn send_released(&mut self, progress: &Progress) {
        if let Some(recording) = self.features.recording.take() {
            let (released, counts) = recording.finish();
            self.processed.recorder = counts;
            progress.note_released(released);
        }
        let (Some(released), Some(recorder)) = (progress.released(), self.stages.recorder()) else { return };
        self.processed.first_released = Some(released.first_ordinal());
        for released in released.lines() {
            self.send_released_line(recorder.destinations(), released);
        }
    }

    fn send_released_line(&mut self, route: &[usize], released: ReleasedLine<'_>) {
        let ReleasedLine { ordinal, tag, line } = released;
        let fields = decode::fields(line.body);
        let record = Record::new(line.time, &fields, line.body);
        let identity = Provenance::new(&record, ChunkOrigin::from_tag(tag, &[])).identity();
        let class_name = self.stages.classifier.name(line.class);
        let entry =
            Entry { identity, level: line.level, ..Entry::new(&record, line.class, class_name, None) };
        self.send(route, ordinal, &entry, &RenderContext { tag, ..*self.context });
    }

    #[inline]
    fn push(&mut self, index: usize, ordinal: u32, entry: &Entry<'_, '_, '_>, context: &RenderContext<'_>) {
        if let Some(encoder) = self.encoders.get_mut(index)
            && let Some(missing) = encoder.push(entry, context, ordinal, self.stages.metrics)
            && self.processed.missing_field.is_none()
        {
            self.processed.missing_field = Some(missing.to_owned());
        }
    }

    #[inline]
    fn count(&mut self, class: Class) {
        if let Some(count) = self.processed.classes.get_mut(class.index()) {
            *count += 1;
        }
    }

    fn finish(mut self, read: ReadEntries, progress: &Progress) -> Processed {
        for class in read.repeated_stops {
            self.count(class);
            self.processed.repeated += 1;
        }
        let overflows = self.encoders.iter().map(DestinationEncoder::name_overflow).collect();
        let batches = self.encoders.into_iter().map(|encoder| encoder.into_batches(progress)).collect();
        Processed {
            batches,
            overflows,
            unopened: read.unopened,
            tally: read.tally,
            unvouched: read.unvouched,
            unmarked: read.unmarked,
            redacted: self.features.masking.map(Masking::into_counts).unwrap_or_default(),
            limits: self.features.limiting.map(|limiting| limiting.finish(progress)).unwrap_or_default(),
            ..self.processed
        }
    }
}
