//! From a chunk's bytes to its entries, numbered in the one order that a replay finds again.
//!
//! Owns: opening carriers, telling each stop once, and listening for last words. Does not own: what becomes of an entry.

use super::process::Stages;
use crate::classify::classes::{Class, Classified, Entry};
use crate::delivery::progress::Progress;
use crate::envelope::Envelope;
use crate::input::decode::{self, Tally};
use crate::input::record::Record;
use crate::stop::StopEvent;
use crate::stop::dedup::Occurrence;

/// Hands each entry of the chunk to `deal` with its ordinal. Answers with what was read, and the classes of events
/// whose stop was told before.
pub fn for_each_entry(
    stages: &Stages<'_>,
    chunk: &[u8],
    progress: &Progress,
    deal: impl FnMut(u32, &Entry<'_, '_, '_>),
) -> (Tally, Vec<Class>) {
    let mut heard = stages.memory.map(|memory| memory.stderr_tail.begin_chunk());
    let mut visitor =
        EntryVisitor { stages, progress, dispatch: deal, ordinal: 0, stops: 0, repeated: Vec::new() };
    let tally = decode::records(chunk, |record| {
        let sight = stages.classifier.classify(record);
        if let (Classified::Plain(Class::Stderr), Some(heard)) = (&sight, &mut heard) {
            heard.observe(record);
        }
        visitor.visit(record, sight);
    });
    let repeated = visitor.repeated;
    if let (Some(memory), Some(heard)) = (stages.memory, heard)
        && !progress.is_replay()
    {
        memory.stderr_tail.merge(heard);
    }
    (tally, repeated)
}

struct EntryVisitor<'p, D> {
    stages: &'p Stages<'p>,
    progress: &'p Progress,
    dispatch: D,
    ordinal: u32,
    stops: usize,
    repeated: Vec<Class>,
}

impl<D: FnMut(u32, &Entry<'_, '_, '_>)> EntryVisitor<'_, D> {
    #[inline]
    fn visit(&mut self, record: &Record<'_, '_>, sight: Classified) {
        match sight {
            Classified::Plain(class) => self.emit(record, class, None),
            Classified::Stop(class, stop) => self.visit_stop(record, class, *stop),
            Classified::Envelope(carried) => self.visit_envelope(record, &carried),
        }
    }

    #[cold]
    fn visit_stop(&mut self, record: &Record<'_, '_>, class: Class, mut stop: StopEvent) {
        let nth = self.stops;
        self.stops += 1;
        if let Some(memory) = self.stages.memory {
            match memory.standing(&stop, self.progress, nth) {
                Occurrence::First => {}
                Occurrence::Update => stop.update = true,
                Occurrence::Followed => return self.emit(record, Class::Other, None),
                Occurrence::Repeated => return self.repeated.push(class),
            }
            stop.last_lines = memory.stderr_tail.for_stop(&stop);
        }
        self.emit(record, class, Some(&stop));
    }

    /// Each event of a carrier is a record of its own; what else the carrier holds stays in it.
    #[cold]
    fn visit_envelope(&mut self, carrier: &Record<'_, '_>, carried: &Envelope) {
        for event in &carried.events {
            // A JSON value always has a msgpack form.
            let body = rmp_serde::to_vec(event).unwrap_or_default();
            let fields = decode::fields(&body);
            let record = Record::new(carrier.time, &fields, &body);
            self.visit(&record, self.stages.classifier.classify_event(&record));
        }
        if carried.rest {
            self.emit(carrier, self.stages.classifier.plain_class(carrier), None);
        }
    }

    #[inline]
    fn emit(&mut self, record: &Record<'_, '_>, class: Class, stop: Option<&StopEvent>) {
        let entry = Entry { record, class, class_name: self.stages.classifier.name(class), stop };
        (self.dispatch)(self.ordinal, &entry);
        self.ordinal = self.ordinal.saturating_add(1);
    }
}
