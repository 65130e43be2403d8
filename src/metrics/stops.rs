//! Stops by service and category. Services are names of the users', so their number is bounded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

/// What stops that are counted together have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StopSeries {
    /// Name of the cluster.
    pub cluster: String,
    /// The service; without one the task definition's family, else the group.
    pub service: String,
    /// The kind of problem, as a report says it.
    pub category: String,
}

/// How many such stops there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StopCounts {
    /// All of them, planned ones too.
    pub all: u64,
    /// Stops of severity `error`.
    pub failed: u64,
}

/// Counters of stops.
#[derive(Debug)]
pub struct StopCounters {
    max_services: usize,
    counted: Mutex<CountedStops>,
}

#[derive(Debug, Default)]
struct CountedStops {
    services: BTreeSet<(String, String)>,
    series: BTreeMap<StopSeries, StopCounts>,
}

/// Stands for the cluster and the service of those beyond the limit.
const OTHER: &str = "other";

/// The default of `metrics.max_services`.
const USUAL_MAX_SERVICES: usize = 100;

impl Default for StopCounters {
    fn default() -> Self {
        Self::new(USUAL_MAX_SERVICES)
    }
}

impl StopCounters {
    /// Services beyond this many are counted together.
    #[must_use]
    pub fn new(max_services: usize) -> Self {
        Self { max_services, counted: Mutex::default() }
    }

    /// Counts one stop.
    pub fn count(&self, series: StopSeries, is_failure: bool) {
        let mut counted = self.counted.lock().unwrap_or_else(PoisonError::into_inner);
        let series = counted.bound(series, self.max_services);
        let counts = counted.series.entry(series).or_default();
        counts.all += 1;
        counts.failed += u64::from(is_failure);
    }

    /// What was counted so far.
    #[must_use]
    pub fn read(&self) -> BTreeMap<StopSeries, StopCounts> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner).series.clone()
    }
}

impl CountedStops {
    /// The series itself while there is room for its service, else the one of all others.
    fn bound(&mut self, series: StopSeries, max_services: usize) -> StopSeries {
        let service = (series.cluster.clone(), series.service.clone());
        if self.services.contains(&service) {
            return series;
        }
        if self.services.len() < max_services {
            self.services.insert(service);
            return series;
        }
        StopSeries { cluster: OTHER.to_owned(), service: OTHER.to_owned(), category: series.category }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(service: &str, category: &str) -> StopSeries {
        StopSeries { cluster: "prod".into(), service: service.into(), category: category.into() }
    }

    #[test]
    fn services_beyond_the_limit_are_counted_together() {
        let counters = StopCounters::new(2);
        for (service, category) in
            [("a", "oom"), ("b", "oom"), ("c", "oom"), ("d", "oom"), ("a", "app_error"), ("d", "oom")]
        {
            counters.count(series(service, category), service == "d");
        }
        let all = |count, failed| StopCounts { all: count, failed };
        let other = StopSeries { cluster: OTHER.into(), ..series(OTHER, "oom") };
        let expected: BTreeMap<_, _> = [
            (series("a", "app_error"), all(1, 0)),
            (series("a", "oom"), all(1, 0)),
            (series("b", "oom"), all(1, 0)),
            (other, all(3, 2)),
        ]
        .into();
        assert_eq!(counters.read(), expected);
    }

    #[test]
    fn a_service_is_another_one_in_another_cluster() {
        let counters = StopCounters::new(2);
        counters.count(series("web", "oom"), true);
        counters.count(StopSeries { cluster: "test".into(), ..series("web", "oom") }, true);
        assert_eq!(counters.read().len(), 2);
    }
}
