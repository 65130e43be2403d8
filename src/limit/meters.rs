//! What each container has used up of each class, within bounded memory.

use std::collections::{BTreeMap, HashMap};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::bucket::TokenBucket;
use super::notice::{DropLevels, DropNotice, DropSource, DropSpan};
use super::rules::DropRule;
use crate::classify::classes::{Class, Entry};
use crate::level::LogLevel;
use crate::stop::{StopEvent, StoppedContainer};

/// Classes of containers that are metered at one time. One more forgets those that were silent for longest: they start
/// afresh, so that no container loses lines because of others.
const MAX_METERS: usize = 1_024;

/// How many are left then.
const KEPT_METERS: usize = 768;

/// Told apart in one notice; the others are told as one sum.
const MAX_NOTICES: usize = 50;

/// By what a container is known: its name and its task in FireLens's tag, or else by its id in the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct MeterKey(u64);

const SEED_OF_TAGGED: u64 = 1;
const SEED_OF_IDS: u64 = 2;
const SEED_OF_TAGS: u64 = 3;

impl MeterKey {
    pub(super) fn of_entry(entry: &Entry<'_, '_, '_>, tag: &[u8]) -> Self {
        let identity = &entry.identity;
        if let (Some(name), Some(task)) = (identity.tagged_container(), identity.tagged_task()) {
            return Self::of_tagged(name, task);
        }
        let id = entry.record.text(b"container_id").or_else(|| entry.record.text(b"container_name"));
        id.map_or_else(|| Self(xxh3_64_with_seed(tag, SEED_OF_TAGS)), Self::of_id)
    }

    /// The keys that the lines of a container that ended may have.
    pub(super) fn of_container(container: &StoppedContainer, stop: &StopEvent) -> impl Iterator<Item = Self> {
        let has_ended = container.exit_code.is_some() || container.last_status.as_deref() == Some("STOPPED");
        let name = container.name.as_bytes();
        let tagged = stop.task_id.as_deref().map(|task| Self::of_tagged(name, task.as_bytes()));
        let by_id = container.runtime_id.as_deref().map(|id| Self::of_id(id.as_bytes()));
        tagged.into_iter().chain(by_id).filter(move |_| has_ended)
    }

    fn of_tagged(name: &[u8], task: &[u8]) -> Self {
        Self(xxh3_64_with_seed(task, xxh3_64_with_seed(name, SEED_OF_TAGGED)))
    }

    fn of_id(id: &[u8]) -> Self {
        Self(xxh3_64_with_seed(id, SEED_OF_IDS))
    }
}

/// One class of one container.
#[derive(Debug)]
pub(super) struct Meter {
    key: (MeterKey, Class),
    pub(super) bucket: TokenBucket,
    /// Lines up to this time are kept in any case.
    pub(super) spared_until_ms: i64,
    used_at: u64,
    /// What was dropped and is not told yet.
    drops: Vec<(DropRule, DropLevels)>,
    /// Whose lines these are.
    source: Option<Box<DropSource>>,
}

impl Meter {
    fn new(key: (MeterKey, Class)) -> Self {
        Self {
            key,
            bucket: TokenBucket::default(),
            spared_until_ms: i64::MIN,
            used_at: 0,
            drops: Vec::new(),
            source: None,
        }
    }

    /// Notes a line that is dropped.
    pub(super) fn note(
        &mut self,
        rule: DropRule,
        level: Option<LogLevel>,
        at_ms: i64,
        source: impl FnOnce() -> DropSource,
    ) {
        self.source.get_or_insert_with(|| Box::new(source()));
        if !self.drops.iter().any(|(known, _)| *known == rule) {
            self.drops.push((rule, DropLevels::default()));
        }
        if let Some((_, levels)) = self.drops.iter_mut().find(|(known, _)| *known == rule) {
            levels.add(level, DropSpan::of_one(at_ms));
        }
    }

    fn take_notices(&mut self) -> impl Iterator<Item = DropNotice> {
        let class = self.key.1;
        let source = self.source.take();
        let notice = move |(rule, levels)| DropNotice::new(class, rule, levels, source.as_deref().cloned());
        std::mem::take(&mut self.drops).into_iter().map(notice)
    }
}

/// By `Class::index` and rule.
type OtherDrops = BTreeMap<(usize, DropRule), (Class, DropLevels)>;

/// The meters of all containers.
#[derive(Debug, Default)]
pub(super) struct Meters {
    all: Vec<Meter>,
    positions: HashMap<(MeterKey, Class), usize>,
    /// The one that was used last: neighbouring records mostly come from one container.
    last: usize,
    uses: u64,
    /// What containers that were forgotten had dropped.
    others: OtherDrops,
}

impl Meters {
    /// The meter of this class of this container; there always is one.
    #[inline]
    pub(super) fn meter(&mut self, key: MeterKey, class: Class) -> Option<&mut Meter> {
        let key = (key, class);
        if self.all.get(self.last).is_none_or(|meter| meter.key != key) {
            self.last = self.positions.get(&key).copied().unwrap_or_else(|| self.insert(key));
        }
        self.uses += 1;
        let meter = self.all.get_mut(self.last)?;
        meter.used_at = self.uses;
        Some(meter)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    fn insert(&mut self, key: (MeterKey, Class)) -> usize {
        if self.all.len() >= MAX_METERS {
            self.make_room();
        }
        self.all.push(Meter::new(key));
        self.positions.insert(key, self.all.len() - 1);
        self.all.len() - 1
    }

    #[cold]
    fn make_room(&mut self) {
        self.all.sort_unstable_by_key(|meter| std::cmp::Reverse(meter.used_at));
        let mut forgotten = self.all.split_off(KEPT_METERS.min(self.all.len()));
        for notice in forgotten.iter_mut().flat_map(Meter::take_notices) {
            add_to(&mut self.others, notice);
        }
        self.positions = self.all.iter().enumerate().map(|(position, meter)| (meter.key, position)).collect();
    }

    /// What was dropped since the last time, the most first, and what is left over by class.
    pub(super) fn take_notices(&mut self) -> Vec<DropNotice> {
        let mut notices: Vec<DropNotice> = self.all.iter_mut().flat_map(Meter::take_notices).collect();
        notices.sort_by_key(|notice| std::cmp::Reverse(notice.span.count));
        let mut others = std::mem::take(&mut self.others);
        let rest = notices.split_off(MAX_NOTICES.min(notices.len()));
        rest.into_iter().for_each(|notice| add_to(&mut others, notice));
        let others = others.into_iter();
        let as_notice = |((_, rule), (class, levels))| DropNotice::new(class, rule, levels, None);
        notices.into_iter().chain(others.map(as_notice)).collect()
    }
}

fn add_to(others: &mut OtherDrops, notice: DropNotice) {
    let DropNotice { class, rule, levels, .. } = notice;
    let sum = others.entry((class.index(), rule)).or_insert((class, DropLevels::default()));
    sum.1.join(&levels);
}
