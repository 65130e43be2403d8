//! When people are warned of a container that stays close to its memory limit. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::memory::MemoryReading;

/// How long a container stays above the threshold before that is reported: the peak of a single request concerns nobody.
const STAYS: Duration = Duration::from_secs(10);

/// How far below the threshold, in percent of the limit, it is well again: around the threshold it would come and go.
const HYSTERESIS: u64 = 5;

/// A container is reported no more often than this.
const REPEAT: Duration = Duration::from_hours(1);

/// A container that stays above the threshold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryWarning {
    /// The container's name.
    pub container: String,
    /// What it uses, in bytes.
    pub used: u64,
    /// What it may use, in bytes.
    pub limit: u64,
    /// The threshold, in percent of the limit.
    pub threshold: u64,
    /// Since when it is above.
    pub since: Timestamp,
    /// When that was seen.
    pub at: Timestamp,
}

/// What is known of the containers of one task.
#[derive(Debug)]
pub(super) struct MemoryWarnings {
    /// In percent of the limit.
    threshold: u64,
    /// By runtime id.
    known: BTreeMap<String, WatchedContainer>,
}

#[derive(Debug, Default)]
struct WatchedContainer {
    /// Since when it is above the threshold.
    above_since: Option<Timestamp>,
    warned_at: Option<Timestamp>,
}

impl MemoryWarnings {
    pub(super) fn new(threshold: u64) -> Self {
        Self { threshold, known: BTreeMap::new() }
    }

    /// The warnings that are due now. Forgets containers that are not among the readings.
    pub(super) fn update(&mut self, readings: &[MemoryReading], now: Timestamp) -> Vec<MemoryWarning> {
        self.known.retain(|id, _| readings.iter().any(|reading| reading.id == *id));
        readings.iter().filter_map(|reading| self.observe(reading, now)).collect()
    }

    fn observe(&mut self, reading: &MemoryReading, now: Timestamp) -> Option<MemoryWarning> {
        let threshold = self.threshold;
        let container = self.known.entry(reading.id.clone()).or_default();
        if reading.is_above(threshold) {
            container.above_since.get_or_insert(now);
        } else if !reading.is_above(threshold.saturating_sub(HYSTERESIS)) {
            container.above_since = None;
        }
        let since = container.above_since?;
        let is_old = |then: Timestamp, age: Duration| {
            Duration::try_from(now.duration_since(then)).is_ok_and(|elapsed| elapsed >= age)
        };
        let was_told = container.warned_at.is_some_and(|warned| !is_old(warned, REPEAT));
        if was_told || !reading.is_above(threshold) || !is_old(since, STAYS) {
            return None;
        }
        container.warned_at = Some(now);
        Some(MemoryWarning {
            container: reading.container.clone(),
            used: reading.used,
            limit: reading.limit,
            threshold,
            since,
            at: now,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which a container of 100 bytes is warned of, with what it uses from which second on.
    fn warned(uses: &[(i64, u64)], until: i64) -> Vec<i64> {
        let mut warnings = MemoryWarnings::new(95);
        let used_at = |second: i64| uses.iter().rev().find(|(from, _)| *from <= second).unwrap().1;
        let told = |second: &i64| {
            let used = used_at(*second);
            let reading = MemoryReading { id: "a".into(), container: "app".into(), used, limit: 100 };
            let told = warnings.update(&[reading], Timestamp::from_second(*second).unwrap());
            !told.is_empty()
        };
        (0..until).step_by(2).filter(told).collect()
    }

    #[test]
    fn only_one_that_stays_above_is_told_and_once_an_hour() {
        assert_eq!(warned(&[(0, 94)], 100), [0; 0]);
        assert_eq!(warned(&[(0, 94), (10, 95)], 100), [20], "at the threshold, after ten seconds");
        assert_eq!(warned(&[(0, 99), (8, 50), (10, 99), (18, 50)], 100), [0; 0], "peaks");
        assert_eq!(warned(&[(0, 99)], 7_300), [10, 3_610, 7_210], "while it stays");
        assert_eq!(warned(&[(0, 99), (100, 10), (200, 99)], 3_700), [10, 3_610], "also when it comes again");
    }

    #[test]
    fn around_the_threshold_it_does_not_begin_anew() {
        assert_eq!(warned(&[(0, 95), (4, 92), (6, 95), (8, 91), (10, 95)], 60), [10]);
        assert_eq!(warned(&[(0, 95), (4, 89), (6, 95)], 60), [16], "well again in between");
    }

    #[test]
    fn each_container_counts_for_itself_and_those_that_are_gone_are_forgotten() {
        let mut warnings = MemoryWarnings::new(80);
        let at = |second| Timestamp::from_second(second).unwrap();
        let reading =
            |id: &str, used| MemoryReading { id: id.into(), container: id.into(), used, limit: 100 };
        let mut told = Vec::new();
        for second in [0, 5, 10] {
            told = warnings.update(&[reading("a", 81), reading("b", 79)], at(second));
        }
        let expected = MemoryWarning {
            container: "a".into(),
            used: 81,
            limit: 100,
            threshold: 80,
            since: at(0),
            at: at(10),
        };
        assert_eq!(told, [expected]);
        assert_eq!(warnings.update(&[], at(12)), []);
        assert!(warnings.known.is_empty());
    }
}
