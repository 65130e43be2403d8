//! A running instance of the plugin in front of a fake cloud.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use ecs_router::metrics::{Reason, Snapshot};
use fake_cloud::Cloud;

use test_support::chunk::Chunk;
use test_support::environment;

/// The group and tag of tests that are about something else. Records under this tag may be events.
pub(crate) const GROUP: &str = "/test";
pub(crate) const TAG: &str = "test";

/// One instance.
pub(crate) struct Router(Instance);

impl Router {
    /// Everything goes to CloudWatch, group [`GROUP`], one stream per container; `keys` add to that or change it.
    pub(crate) fn to(cloud: &Cloud, keys: &[(&str, &str)]) -> Self {
        let endpoint = cloud.endpoint();
        let usual = [
            ("route.default", "cloudwatch"),
            ("cloudwatch.region", "us-east-1"),
            ("cloudwatch.endpoint", &endpoint),
            ("cloudwatch.log_group", GROUP),
            ("cloudwatch.log_stream", "$(container_name)"),
            ("cloudwatch.log_key", "log"),
            ("cloudwatch.auto_create_group", "on"),
            ("flush_timeout", "45s"),
            ("exit_timeout", "2s"),
        ];
        Self::with(usual.iter().chain(keys))
    }

    /// Only these keys, and events under every tag.
    pub(crate) fn with<'k>(keys: impl IntoIterator<Item = &'k (&'k str, &'k str)>) -> Self {
        environment::of_the_fake_cloud();
        let keys = [("stop.trusted_tags", "*")].iter().chain(keys);
        let keys: BTreeMap<String, String> =
            keys.map(|(key, value)| ((*key).into(), (*value).into())).collect();
        // On a thread of its own, as Fluent Bit does with `Workers 1` and more.
        let start = || {
            std::thread::scope(|scope| scope.spawn(|| Instance::start(0, &keys)).join().expect("no panic"))
        };
        Self(start().unwrap_or_else(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("the router does not start:\n{}", problems.join("\n"))
        }))
    }

    /// Flushes under the usual tag.
    pub(crate) fn bring(&self, chunk: &Chunk) -> Verdict {
        self.0.flush(TAG.as_bytes(), chunk.bytes())
    }

    /// Flushes again and again, as Fluent Bit does, until the answer is no RETRY any more; answers with the number
    /// of flushes.
    #[track_caller]
    pub(crate) fn bring_until_ok(&self, chunk: &Chunk, most: usize) -> usize {
        let flushes = (1..=most).find(|_| self.bring(chunk) == Verdict::Ok);
        flushes.unwrap_or_else(|| panic!("still no OK after {most} flushes"))
    }

    /// Lines that became parts of the record before them.
    pub(crate) fn joined_lines(&self) -> u64 {
        self.0.metrics().joined_lines.load(Relaxed)
    }

    /// Flushes and measures.
    pub(crate) fn timed(&self, chunk: &Chunk) -> (Verdict, Duration) {
        let start = Instant::now();
        (self.bring(chunk), start.elapsed())
    }

    /// The counters of one destination.
    #[track_caller]
    pub(crate) fn counters(&self, destination: &str) -> Snapshot {
        let all = self.0.metrics().snapshot();
        all.into_iter().find(|counters| counters.name == destination).expect("a destination of this name")
    }

    /// How many records of a destination were let go, for this reason.
    #[track_caller]
    pub(crate) fn lost(&self, destination: &str, reason: Reason) -> u64 {
        let lost = self.counters(destination).lost;
        lost.iter().find(|(found, _)| *found == reason).map_or(0, |(_, count)| *count)
    }

    /// Every record that was read is accounted for at this destination, the only one.
    #[track_caller]
    pub(crate) fn assert_adds_up(&self, destination: &str) {
        let read: u64 = self.0.metrics().classes().iter().map(|(_, count)| count).sum();
        let dropped = self.0.metrics().dropped_on_purpose.load(Relaxed);
        let counters = self.counters(destination);
        let lost: u64 = counters.lost.iter().map(|(_, count)| count).sum();
        assert_eq!(read, counters.delivered + lost + dropped, "{read} read, {dropped} dropped, {counters:?}");
    }
}

impl Deref for Router {
    type Target = Instance;

    fn deref(&self) -> &Instance {
        &self.0
    }
}
