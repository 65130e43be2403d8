//! The rings of all containers, and the memory that they share.

use std::collections::VecDeque;

use super::block::{BlockMemory, LineBlock, RecordedLine};
use super::key::{SourceKey, stopped_containers};
use super::released::ReleasedBlock;
use super::ring::Ring;
use crate::config::RecorderSettings;
use crate::metrics::RecorderCounts;
use crate::stop::{StopEvent, StoppedContainer};

/// Containers at one time; one more evicts the one that was silent for longest.
const MAX_CONTAINERS: usize = 256;

/// Stops whose containers may still bring their first lines.
const MAX_RECENT_STOPS: usize = 64;

/// Lines of a container that fell silent are kept for so much longer than the window, for the news of its stop.
const SILENCE_MS: i64 = 60_000;

/// The lines that are held.
#[derive(Debug)]
pub(super) struct Rings {
    window_ms: i64,
    after_ms: i64,
    max_bytes: usize,
    container_max_bytes: usize,
    all: Vec<Ring>,
    memory: BlockMemory,
    recent_stops: VecDeque<RecentStop>,
    /// What was not counted yet.
    counts: RecorderCounts,
}

/// A stop that is known before the last lines of its containers.
#[derive(Debug)]
struct RecentStop {
    containers: Vec<StoppedContainer>,
    task_arn: Option<String>,
    /// In milliseconds since 1970.
    at_ms: i64,
}

impl Rings {
    pub(super) fn new(settings: &RecorderSettings) -> Self {
        let millis = |duration: std::time::Duration| i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self {
            window_ms: millis(settings.window),
            after_ms: millis(settings.after),
            max_bytes: settings.max_bytes,
            container_max_bytes: settings.container_max_bytes,
            all: Vec::new(),
            memory: BlockMemory::default(),
            recent_stops: VecDeque::new(),
            counts: RecorderCounts::default(),
        }
    }

    /// What happened since the last call.
    pub(super) fn take_counts(&mut self) -> RecorderCounts {
        let counts = std::mem::take(&mut self.counts);
        RecorderCounts { memory_bytes: self.memory.bytes() as u64, ..counts }
    }

    pub(super) fn key(&self, at: usize) -> Option<SourceKey<'_>> {
        self.all.get(at).map(Ring::key)
    }

    /// The place of this container's ring, which is made if need be.
    pub(super) fn place(&mut self, key: SourceKey<'_>, now_ms: i64) -> usize {
        let known = self.all.iter().position(|ring| ring.key() == key);
        let at = known.unwrap_or_else(|| self.add(key));
        if let Some(ring) = self.all.get_mut(at) {
            ring.heard_at = ring.heard_at.max(now_ms);
        }
        at
    }

    /// Adds a ring, open already if the container's stop is known.
    fn add(&mut self, key: SourceKey<'_>) -> usize {
        if self.all.len() >= MAX_CONTAINERS {
            self.evict_most_silent();
        }
        let mut ring = Ring::new(key, &self.memory);
        let is_of = |stop: &&RecentStop| {
            let task_arn = stop.task_arn.as_deref();
            stop.containers.iter().any(|container| key.is(container, task_arn))
        };
        for stop in self.recent_stops.iter().filter(is_of) {
            ring.open(stop.at_ms, self.after_ms);
        }
        self.all.push(ring);
        self.all.len() - 1
    }

    fn evict_most_silent(&mut self) {
        let silent = self.all.iter().enumerate().min_by_key(|(_, ring)| ring.heard_at).map(|(at, _)| at);
        if let Some(mut ring) = silent.map(|at| self.all.swap_remove(at)) {
            while let Some(block) = ring.pop_oldest() {
                self.counts.evict(&block);
            }
        }
    }

    /// Lets go of containers that have been silent for longer than the window. Places change.
    pub(super) fn forget_silent(&mut self, now_ms: i64) {
        let since = now_ms.saturating_sub(self.window_ms).saturating_sub(SILENCE_MS);
        let counts = &mut self.counts;
        self.all.retain(|ring| {
            let stays = ring.heard_at >= since;
            counts.expired += if stays { 0 } else { ring.len() as u64 };
            stays
        });
        self.recent_stops.retain(|stop| stop.at_ms >= since);
    }

    /// Holds a line that was written at `at_ms`, or appends it to `released` where lines pass.
    pub(super) fn take(
        &mut self,
        at: usize,
        line: &RecordedLine<'_>,
        at_ms: i64,
        released: &mut Vec<ReleasedBlock>,
    ) {
        self.counts.held += 1;
        let Some(ring) = self.all.get_mut(at) else { return };
        if ring.is_open_at(at_ms) {
            self.counts.released += 1;
            pass(ring, line, at_ms, released);
        } else {
            ring.push(line, at_ms);
            self.counts.expired += ring.expire(self.window_ms) as u64;
        }
        self.evict(at, released);
    }

    /// Brings the memory back into its bounds: the container with the most lines loses its oldest ones, those that are held
    /// before those that this chunk has released. What waits for its delivery counts and stays.
    fn evict(&mut self, at: usize, released: &mut Vec<ReleasedBlock>) {
        let is_over = |ring: &Ring, most_bytes: usize| ring.memory().container_bytes() > most_bytes;
        while self.all.get(at).is_some_and(|ring| is_over(ring, self.container_max_bytes))
            && self.evict_block_of(at, released)
        {}
        while self.memory.bytes() > self.max_bytes && self.evict_block_of_largest(released) {}
    }

    /// Returns whether there was a block of this container to evict.
    fn evict_block_of(&mut self, at: usize, released: &mut Vec<ReleasedBlock>) -> bool {
        let Some(ring) = self.all.get_mut(at) else { return false };
        if let Some(block) = ring.pop_oldest() {
            self.counts.evict(&block);
            return true;
        }
        let is_its = |one: &ReleasedBlock| one.block.memory().is_of_same_container(ring.memory());
        let oldest = released.iter().position(is_its);
        oldest.is_some_and(|oldest| self.evict_released(oldest, released))
    }

    /// Returns whether there was a block to evict.
    fn evict_block_of_largest(&mut self, released: &mut Vec<ReleasedBlock>) -> bool {
        let rings = self.all.iter().enumerate().filter(|(_, ring)| !ring.is_empty());
        let held = rings.map(|(at, ring)| (ring.memory().container_bytes(), at)).max();
        // The oldest of the largest container: of equal ones, `max_by_key` takes the last.
        let passed = released.iter().enumerate().rev();
        let passed = passed.map(|(at, one)| (one.block.memory().container_bytes(), at));
        let passed = passed.max_by_key(|(bytes, _)| *bytes);
        match (held, passed) {
            (Some((most, at)), passed) if passed.is_none_or(|(bytes, _)| most >= bytes) => {
                self.evict_block_of(at, released)
            }
            (_, Some((_, oldest))) => self.evict_released(oldest, released),
            _ => false,
        }
    }

    fn evict_released(&mut self, at: usize, released: &mut Vec<ReleasedBlock>) -> bool {
        let block = released.remove(at);
        let lines = block.lines().count() as u64;
        self.counts.released -= lines;
        self.counts.evicted += lines;
        self.counts.evicted_bytes += block.block.bytes() as u64;
        true
    }

    /// Releases the lines of a container around an error of this time, and those that follow.
    pub(super) fn release(&mut self, at: usize, error_ms: i64, released: &mut Vec<ReleasedBlock>) {
        let Some(ring) = self.all.get_mut(at) else { return };
        let since = error_ms.saturating_sub(self.window_ms);
        for block in ring.open(error_ms, self.after_ms) {
            let block = ReleasedBlock { tag: ring.tag().clone(), block, since };
            let lines = block.lines().count();
            self.counts.released += lines as u64;
            self.counts.expired += (block.block.len() - lines) as u64;
            if lines > 0 {
                released.push(block);
            }
        }
    }

    /// Releases the lines of the containers that a stop is about; their last lines may be still to come.
    pub(super) fn release_stop(&mut self, stop: &StopEvent, at_ms: i64, released: &mut Vec<ReleasedBlock>) {
        let containers: Vec<StoppedContainer> = stopped_containers(stop).cloned().collect();
        let task_arn = stop.task_arn.clone();
        for at in 0..self.all.len() {
            let is_of = |key: SourceKey<'_>| containers.iter().any(|one| key.is(one, task_arn.as_deref()));
            if self.key(at).is_some_and(is_of) {
                self.release(at, at_ms, released);
            }
        }
        self.recent_stops.push_back(RecentStop { containers, task_arn, at_ms });
        if self.recent_stops.len() > MAX_RECENT_STOPS {
            self.recent_stops.pop_front();
        }
    }
}

/// Appends a line to what is released, without its ring.
fn pass(ring: &Ring, line: &RecordedLine<'_>, at_ms: i64, released: &mut Vec<ReleasedBlock>) {
    let continues = |last: &ReleasedBlock| {
        last.since == i64::MIN && last.tag == *ring.tag() && last.block.has_room_for(line)
    };
    if !released.last().is_some_and(continues) {
        released.push(ReleasedBlock::whole(ring.tag(), LineBlock::new(ring.memory())));
    }
    if let Some(last) = released.last_mut() {
        last.block.push(line, at_ms);
    }
}

#[cfg(test)]
impl Rings {
    /// The tags of the containers that are known.
    pub(super) fn all_keys(&self) -> Vec<&[u8]> {
        self.all.iter().map(|ring| ring.key().tag).collect()
    }

    /// How many lines are held.
    pub(super) fn lines(&self) -> u64 {
        self.all.iter().map(|ring| ring.len() as u64).sum()
    }
}

impl RecorderCounts {
    fn evict(&mut self, block: &LineBlock) {
        self.evicted += block.len() as u64;
        self.evicted_bytes += block.bytes() as u64;
    }
}
