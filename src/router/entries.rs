//! From a chunk's bytes to its entries, numbered in the one order that a replay finds again.
//!
//! Reads top to bottom: [`for_each_entry`] decodes; each record is classified, events are unwrapped from their
//! envelope, repeated stop events are left out, and what is left is emitted. Does not own: what becomes of an entry.

use super::pipeline::Stages;
use crate::classify::classes::{Class, Classified, Entry};
use crate::classify::levels::GradedLine;
use crate::classify::provenance::{ContainerIdentity, Provenance, ProvenanceReader};
use crate::delivery::progress::Progress;
use crate::envelope::{Budget, Envelope};
use crate::input::decode::{self, Tally};
use crate::input::record::{Record, Source};
use crate::level::LogLevel;
use crate::metrics::StopSeries;
use crate::stop::dedup::Occurrence;
use crate::stop::output_tail::ChunkTail;
use crate::stop::{ServiceRecovery, Severity, StopEvent};

/// What a chunk held.
#[derive(Debug, Default)]
pub struct ReadEntries {
    /// Records, entries that are none, and where reading had to stop.
    pub tally: Tally,
    /// The classes of the events that were left out because their stop was reported before.
    pub repeated_stops: Vec<Class>,
    /// Records that read like events, but came in a way that nobody vouches for.
    pub unvouched: u64,
    /// Records of FireLens that a filter has robbed of the fields that tell their stream.
    pub unmarked: u64,
    /// Records that are envelopes and were left closed, at least in part, because they take too much to open.
    pub unopened: u64,
}

/// Hands each entry of the chunk to `emit`, with its ordinal.
pub fn for_each_entry(
    stages: &Stages<'_>,
    chunk: &[u8],
    progress: &Progress,
    emit: impl FnMut(u32, &Entry<'_, '_, '_>),
) -> ReadEntries {
    let mut entries = Entries {
        stages,
        progress,
        provenance: ProvenanceReader::new(stages.origin),
        chunk_tail: stages.state.map(|state| state.output_tail.begin_chunk()),
        emit,
        budget: Budget::default(),
        next_ordinal: 0,
        stops: 0,
        read: ReadEntries::default(),
    };
    let tally = decode::records(chunk, |record| entries.read(record));
    if let (Some(state), Some(chunk_tail)) = (stages.state, entries.chunk_tail)
        && !progress.is_replay()
        && !progress.is_heard()
    {
        state.output_tail.merge(chunk_tail);
    }
    ReadEntries { tally, unopened: entries.budget.refused(), ..entries.read }
}

/// The entries of one chunk while it is read.
struct Entries<'p, 'c, E> {
    stages: &'p Stages<'p>,
    progress: &'p Progress,
    provenance: ProvenanceReader<'p, 'c>,
    /// What the containers wrote in this chunk.
    chunk_tail: Option<ChunkTail<'c>>,
    emit: E,
    /// For opening envelopes, the same each time the chunk comes.
    budget: Budget,
    next_ordinal: u32,
    /// Stop events so far.
    stops: usize,
    /// What the chunk held so far, except for the tally.
    read: ReadEntries,
}

impl<'p: 'c, 'c, E: FnMut(u32, &Entry<'_, '_, '_>)> Entries<'p, 'c, E> {
    /// Takes one record of the chunk.
    #[inline]
    fn read(&mut self, record: &Record<'c, '_>) {
        let provenance = self.provenance.read(record);
        let classified = self.stages.classifier.classify(record, &provenance, &self.budget);
        self.read.unmarked += u64::from(provenance.lacks_marks());
        match classified {
            Classified::Plain(class) => self.visit_line(record, &provenance, class),
            Classified::Stop(class, stop) => self.visit_stop(record, class, *stop),
            Classified::Recovery(class, recovery) => self.visit_recovery(record, class, &recovery),
            Classified::Envelope(envelope) => self.visit_envelope(record, &provenance, &envelope),
            Classified::Unvouched(class) => {
                self.read.unvouched += 1;
                self.emit(record, class, None, provenance.identity());
            }
        }
    }

    /// Notes what a container wrote, also where the line belongs to a class of the user's own, unless that is dropped on
    /// purpose, and takes the line.
    #[inline]
    fn visit_line(&mut self, record: &Record<'c, '_>, provenance: &Provenance<'c>, plain_class: Class) {
        let GradedLine { class, level } = self.stages.classifier.grade(record, provenance, plain_class);
        if let Some(chunk_tail) = &mut self.chunk_tail {
            let source = match plain_class {
                Class::Stderr => Some(Source::Stderr),
                Class::Stdout => Some(Source::Stdout),
                Class::Own(_) if !self.stages.routes.get(plain_class).is_empty() => provenance.stream(),
                Class::Own(_)
                | Class::Stop
                | Class::ExpectedStop
                | Class::Error
                | Class::Warn
                | Class::Other => None,
            };
            if let Some(source) = source {
                let name = provenance.identity().tagged_container();
                chunk_tail.observe(record, source, class == Class::Error, name);
            }
        }
        self.emit_with_level(record, class, None, provenance.identity(), level);
    }

    /// Each event of an envelope is a record of its own; what else the envelope holds stays in it.
    #[cold]
    fn visit_envelope(&mut self, record: &Record<'_, '_>, provenance: &Provenance<'_>, envelope: &Envelope) {
        for event in &envelope.events {
            // A JSON value always has a msgpack form.
            let body = rmp_serde::to_vec(event).unwrap_or_default();
            let fields = decode::fields(&body);
            let event = Record::new(record.time, &fields, &body);
            match self.stages.classifier.classify_event(&event) {
                Classified::Stop(class, stop) => self.visit_stop(&event, class, *stop),
                Classified::Recovery(class, recovery) => self.visit_recovery(&event, class, &recovery),
                Classified::Plain(class) | Classified::Unvouched(class) => {
                    self.emit_event(&event, class, None)
                }
                Classified::Envelope(_) => {}
            }
        }
        if envelope.has_rest {
            let class = self.stages.classifier.plain_class(record, provenance);
            self.emit_event(record, class, None);
        }
    }

    #[cold]
    fn visit_stop(&mut self, record: &Record<'_, '_>, class: Class, mut stop: StopEvent) {
        let nth = self.stops;
        self.stops += 1;
        if let Some(state) = self.stages.state {
            match state.observe(&stop, self.progress, nth) {
                Occurrence::First => {}
                Occurrence::Update => stop.update = true,
                Occurrence::Followed => return self.emit_event(record, Class::Other, None),
                Occurrence::Repeated => return self.read.repeated_stops.push(class),
            }
            self.count_stop(&stop);
            state.fill_in_lines(record, &mut stop, self.progress.log(nth));
            self.progress.changes(nth).into_iter().for_each(|changes| stop.note_changes(changes));
            state.join_incident(&mut stop, self.progress, nth, self.next_ordinal);
        }
        self.emit_event(record, class, Some(&stop));
    }

    /// Counts a stop that is told for the first time.
    fn count_stop(&self, stop: &StopEvent) {
        if stop.update || self.progress.is_replay() {
            return;
        }
        let series = StopSeries {
            cluster: stop.cluster.clone().unwrap_or_default(),
            service: stop.origin().unwrap_or_default().to_owned(),
            category: stop.category.word(),
        };
        self.stages.metrics.stops.count(series, stop.severity == Severity::Error);
    }

    #[cold]
    fn visit_recovery(&mut self, record: &Record<'_, '_>, class: Class, recovery: &ServiceRecovery) {
        if let Some(state) = self.stages.state {
            state.note_recovery(recovery);
        }
        self.emit_event(record, class, None);
    }

    /// Emits an event, or a record that carried some: neither is a container's output.
    fn emit_event(&mut self, record: &Record<'_, '_>, class: Class, stop: Option<&StopEvent>) {
        self.emit(record, class, stop, ContainerIdentity::default());
    }

    #[inline]
    fn emit(
        &mut self,
        record: &Record<'_, '_>,
        class: Class,
        stop: Option<&StopEvent>,
        identity: ContainerIdentity<'_>,
    ) {
        let level = stop.and_then(|stop| self.stages.classifier.stop_level(stop));
        self.emit_with_level(record, class, stop, identity, level);
    }

    #[inline]
    fn emit_with_level(
        &mut self,
        record: &Record<'_, '_>,
        class: Class,
        stop: Option<&StopEvent>,
        identity: ContainerIdentity<'_>,
        level: Option<LogLevel>,
    ) {
        let class_name = self.stages.classifier.name(class);
        let entry = Entry { record, class, class_name, stop, identity, level };
        (self.emit)(self.next_ordinal, &entry);
        self.next_ordinal = self.next_ordinal.saturating_add(1);
    }
}
