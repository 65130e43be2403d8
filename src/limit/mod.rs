//! Keeps the lines of a class within a budget: so many for each container (`limit.<class>`), or a share of all
//! (`sample.<class>`).
//!
//! Owns: the rules, what each container has used up, and what was dropped and not told yet. Does not own: that a replay
//! drops the same lines (`router::limiting`), nor the telling (`router::drop_reports`).
//!
//! Time is that of the records. After an outage many minutes of lines come at once, and none may be lost for it.

mod bucket;
mod meters;
mod notice;
mod rules;
mod trace;

use std::cell::RefCell;

use self::meters::{Meter, MeterKey, Meters};
pub use self::notice::{DropLevels, DropNotice, DropSource, DropSpan};
pub use self::rules::{ClassLimits, DropRule, LimitRules, RateLimit, RateUnit, SampleShare};
pub use self::trace::TraceFields;
use crate::classify::classes::{Class, Entry};
use crate::stop::StopEvent;

/// How long after a container's stop its lines are still kept, whatever the rules say: until late ones have come.
const SPARED_AFTER_STOP_MS: i64 = 300_000;

/// Decides which lines are dropped, and remembers what each container used up.
#[derive(Debug)]
pub struct LineLimiter {
    rules: LimitRules,
    meters: RefCell<Meters>,
}

impl LineLimiter {
    /// `None` where nothing is limited.
    #[must_use]
    pub fn new(rules: LimitRules) -> Option<Self> {
        (!rules.is_empty()).then(|| Self { rules, meters: RefCell::default() })
    }

    /// The rule by which this entry is dropped, which is noted; `None`: it stays. `ordinal` is the entry's place in its
    /// chunk, and `tag` the chunk's. Asked again, it decides anew: a replay must not ask.
    #[must_use]
    pub fn judge(&self, entry: &Entry<'_, '_, '_>, ordinal: u32, tag: &[u8]) -> Option<DropRule> {
        let limits = self.rules.get(entry.class)?;
        let mut meters = self.meters.borrow_mut();
        let meter = meters.meter(MeterKey::of_entry(entry, tag), entry.class)?;
        let at_ms = entry.record.time.millis();
        if at_ms <= meter.spared_until_ms {
            return None;
        }
        let rule = self.broken_rule(limits, meter, entry, ordinal)?;
        meter.note(rule, entry.level, at_ms, || DropSource::new(entry, tag));
        Some(rule)
    }

    /// A line that is not in the sample takes nothing from the rate.
    fn broken_rule(
        &self,
        limits: &ClassLimits,
        meter: &mut Meter,
        entry: &Entry<'_, '_, '_>,
        ordinal: u32,
    ) -> Option<DropRule> {
        if self.is_left_out(limits, entry, ordinal) {
            return Some(DropRule::Sample);
        }
        let is_over = |limit: &RateLimit| !meter.bucket.take(limit, entry.record.time.millis());
        limits.rate.as_ref().is_some_and(is_over).then_some(DropRule::Limit)
    }

    /// Whether the entry is in no sample of its class; always the same for the same entry.
    fn is_left_out(&self, limits: &ClassLimits, entry: &Entry<'_, '_, '_>, ordinal: u32) -> bool {
        limits.sample.is_some_and(|share| !share.keeps(self.rules.trace.hash(entry.record, ordinal)))
    }

    /// The rule by which an entry was dropped, of which that is known.
    #[must_use]
    pub fn rule_of_dropped(&self, entry: &Entry<'_, '_, '_>, ordinal: u32) -> DropRule {
        match self.rules.get(entry.class) {
            Some(limits) if self.is_left_out(limits, entry, ordinal) => DropRule::Sample,
            _ => DropRule::Limit,
        }
    }

    /// Keeps the lines of containers that ended from now on, by this report of `at_ms`: they tell why.
    #[cold]
    pub fn spare(&self, stop: &StopEvent, at_ms: i64) {
        let until_ms = at_ms.saturating_add(SPARED_AFTER_STOP_MS);
        let mut meters = self.meters.borrow_mut();
        for key in stop.containers.iter().flat_map(|container| MeterKey::of_container(container, stop)) {
            for class in self.rules.classes() {
                if let Some(meter) = meters.meter(key, class) {
                    meter.spared_until_ms = meter.spared_until_ms.max(until_ms);
                }
            }
        }
    }

    /// Takes what was dropped since the last time: the most dropped first.
    #[must_use]
    pub fn take_notices(&self) -> Vec<DropNotice> {
        self.meters.borrow_mut().take_notices()
    }

    /// What the rules say of a class.
    #[must_use]
    pub fn limits(&self, class: Class) -> Option<&ClassLimits> {
        self.rules.get(class)
    }
}

#[cfg(test)]
mod tests;
