//! The recorded crash loop, two collectors on one queue of SQS (moto's), and a kill in the middle: what was doubled and what
//! was missing, against what docs/incidents.md promises.
//!
//! The collectors are the first and the last Fluent Bit that `FLUENT_BIT` names. `cargo test --test suite -- recorded
//! --nocapture` shows the table.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use fake_cloud::{Cloud, PagerDutyEvent};
use jiff::Timestamp;
use serde_json::Value;

use super::host::{Alive, Host};
use super::{ARRIVAL, binaries};
use crate::cloud::{GROUP, Moto, sqs};
use test_support::crash_loop::{STOPS, crash_loop};
use test_support::process::until;
use test_support::temp::TempDir;

/// Their names are those of the streams to which they write.
const COLLECTORS: [&str; 2] = ["first", "second"];

/// Six hours of the recording in 30 seconds.
const HOUR_MS: i64 = 5_000;

/// The quiet time: longer than what was in flight stays invisible, and than the whole recording.
const QUIET: Duration = Duration::from_secs(40);

/// What one collector has in flight at most, which comes again after a kill.
const IN_FLIGHT: usize = 40;

/// How many events have arrived before the kill, and how many more are on their way.
const BEFORE: usize = 300;
const ON_THEIR_WAY: usize = 100;

#[test]
fn one_of_two_collectors_is_killed_and_nothing_is_missing() {
    let Some(scene) = Scene::set() else { return };
    let mut collectors = COLLECTORS.map(|name| scene.collector(name));
    let events = scene.bring_to_the_middle();
    let [first, _] = &mut collectors;
    first.kill();
    *first = scene.collector("first");
    sqs::send(&scene.moto, &scene.queue, &events[BEFORE + ON_THEIR_WAY..]);
    scene.end(collectors);
    scene.assert_promises(&["first"]);
}

#[test]
fn both_collectors_are_killed_and_nothing_is_missing() {
    let Some(scene) = Scene::set() else { return };
    let mut collectors = COLLECTORS.map(|name| scene.collector(name));
    let events = scene.bring_to_the_middle();
    collectors.iter_mut().for_each(Alive::kill);
    // The queue keeps what comes while nobody reads it.
    sqs::send(&scene.moto, &scene.queue, &events[BEFORE + ON_THEIR_WAY..]);
    scene.end(COLLECTORS.map(|name| scene.collector(name)));
    scene.assert_promises(&COLLECTORS);
}

/// moto with a queue and a log group, a PagerDuty, and a folder for the collectors' files.
struct Scene {
    moto: Moto,
    queue: String,
    people: Cloud,
    place: TempDir,
}

impl Scene {
    /// `None`: there is no Fluent Bit, or no moto.
    fn set() -> Option<Self> {
        if binaries().is_empty() {
            return None;
        }
        let moto = Moto::start()?;
        Some(Self { queue: sqs::create_queue(&moto), moto, people: Cloud::start(), place: TempDir::new() })
    }

    fn collector(&self, name: &str) -> Alive {
        let mut binaries = binaries();
        let binary = if name == "first" { binaries.remove(0) } else { binaries.pop().unwrap() };
        let state = self.place.path().join(name).join("incidents.json");
        Host::new(&binary).output("ecs_*", &self.keys(name, &state)).start()
    }

    fn keys(&self, name: &str, state: &Path) -> Vec<(String, String)> {
        let keys = [
            ("route.stop", "pagerduty, stops"),
            ("route.default", "drop"),
            ("pagerduty.endpoint", &self.people.endpoint()),
            ("pagerduty.integration_key", "0123456789abcdef0123456789abcdef"),
            ("stops.type", "cloudwatch"),
            ("stops.region", "us-east-1"),
            ("stops.endpoint", &self.moto.endpoint()),
            ("stops.log_group", GROUP),
            ("stops.log_stream", name),
            ("stops.auto_create_group", "on"),
            ("queue.url", &self.queue),
            ("queue.region", "us-east-1"),
            ("flush_timeout", "2s"),
            ("incident.quiet", &format!("{}s", QUIET.as_secs())),
            ("incident.state_path", state.to_str().unwrap()),
        ];
        keys.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec()
    }

    /// Sends the first part of the recording, waits until it has arrived and is in the files, and has more on its way.
    /// Returns all of the recording.
    fn bring_to_the_middle(&self) -> Vec<Value> {
        let window = i64::try_from(QUIET.as_millis()).unwrap();
        // All of it in the window of one name.
        let start = (Timestamp::now().as_millisecond() / window - 1) * window;
        let events = crash_loop(start, HOUR_MS);
        sqs::send(&self.moto, &self.queue, &events[..BEFORE]);
        // An event that is not a stop is dropped.
        let arrived = || (self.stored().tasks.len() + 1 >= BEFORE).then_some(());
        until(3 * ARRIVAL, arrived).expect("the first part");
        std::thread::sleep(Duration::from_secs(3));
        sqs::send(&self.moto, &self.queue, &events[BEFORE..BEFORE + ON_THEIR_WAY]);
        events
    }

    /// Waits until all has arrived and every incident that was told has ended.
    fn end(&self, mut collectors: [Alive; 2]) {
        let is_empty = || {
            std::thread::sleep(Duration::from_secs(1));
            (sqs::waiting(&self.moto, &self.queue) == 0).then_some(())
        };
        until(2 * ARRIVAL, is_empty).unwrap_or_else(|| panic!("{}", collectors[1].said()));
        let all_ended = || {
            let told = self.told();
            let is_over = told.len() == STOPS.len() && self.people.pagerduty().open_alerts().is_empty();
            is_over.then_some(())
        };
        until(ARRIVAL + QUIET, all_ended).unwrap_or_else(|| panic!("no end: {:?}", self.told()));
        collectors.iter_mut().for_each(Alive::assert_ends_well);
    }

    fn stored(&self) -> Stored {
        let mut stored = Stored::default();
        for name in COLLECTORS {
            for event in self.moto.events_so_far(name).unwrap_or_default() {
                let report: Value = serde_json::from_str(event[1].as_str().unwrap()).unwrap();
                stored.add(name, &report);
            }
        }
        stored
    }

    /// What PagerDuty was told, by incident.
    fn told(&self) -> BTreeMap<String, Told> {
        let mut told = BTreeMap::<String, Told>::new();
        for event in self.people.pagerduty().events() {
            told.entry(event.dedup_key.clone()).or_default().add(&event);
        }
        told
    }

    fn assert_promises(&self, killed: &[&str]) {
        let (stored, told) = (self.stored(), self.told());
        println!("{} collector(s) killed\n{stored}", killed.len());
        let all: usize = STOPS.iter().map(|(_, count)| count).sum();
        assert_eq!(stored.tasks.len(), all, "none is missing");
        assert_eq!(stored.incidents.len(), STOPS.len(), "one name for each: {:?}", stored.incidents);
        for (name, doubled) in &stored.doubled {
            let limit = if killed.contains(name) { IN_FLIGHT } else { 0 };
            assert!(*doubled <= limit, "{name} stored {doubled} twice");
        }
        assert_eq!(told.keys().collect::<BTreeSet<_>>(), stored.incidents.iter().collect(), "told as stored");
        told.values().for_each(Told::assert_promises);
    }
}

/// What the destination that stores everything has.
#[derive(Default)]
struct Stored {
    /// How often each task was stored.
    tasks: BTreeMap<String, usize>,
    incidents: BTreeSet<String>,
    seen: BTreeSet<(&'static str, String)>,
    /// Tasks that a collector stored again.
    doubled: BTreeMap<&'static str, usize>,
}

impl Stored {
    fn add(&mut self, collector: &'static str, report: &Value) {
        let task = report["task_id"].as_str().expect("a task").to_owned();
        let incident = report["incident_id"].as_str().expect("a stop has its incident_id");
        self.incidents.insert(incident.to_owned());
        *self.tasks.entry(task.clone()).or_default() += 1;
        let is_new = self.seen.insert((collector, task));
        *self.doubled.entry(collector).or_default() += usize::from(!is_new);
    }
}

impl std::fmt::Display for Stored {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let twice = self.tasks.values().filter(|times| **times > 1).count();
        write!(
            out,
            "stored: {} stops, {twice} of them twice, in {} incidents",
            self.tasks.len(),
            self.incidents.len()
        )
    }
}

/// What PagerDuty was told of one incident.
#[derive(Debug, Default)]
struct Told {
    summary: String,
    openings: usize,
    /// Counts on the way, and reminders.
    continued: usize,
    ends: usize,
}

impl Told {
    fn add(&mut self, event: &PagerDutyEvent) {
        let state = &event.event["payload"]["custom_details"]["incident"]["state"];
        match (event.action.as_str(), state.as_str()) {
            ("resolve", _) => self.ends += 1,
            (_, Some("opened")) => {
                self.openings += 1;
                self.summary.clone_from(&event.summary);
            }
            _ => self.continued += 1,
        }
    }

    /// One opening from each collector at most, counts at 3, 10, 30 and 100 from each, and an end. The kills come seconds
    /// after the openings were told, so that they are in the files.
    fn assert_promises(&self) {
        println!(
            "  {} opening(s), {} count(s), {} end(s): {}",
            self.openings, self.continued, self.ends, self.summary
        );
        assert!((1..=COLLECTORS.len()).contains(&self.openings), "{self:?}");
        assert!((1..=COLLECTORS.len()).contains(&self.ends), "{self:?}");
        assert!(self.continued <= 4 * COLLECTORS.len(), "{self:?}");
    }
}
