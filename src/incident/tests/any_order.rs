//! Stops, losses, recoveries and restarts in any order.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::{MINUTE, START, bounded, crash, recovery};
use crate::incident::{IncidentNews, Incidents, Sighting};
use crate::stop::{IncidentReport, IncidentState, MissingLines};

#[derive(Debug, Clone)]
enum Step {
    /// A stop of a service happens, and came this many minutes late.
    Stop {
        service: u8,
        task: u32,
        minutes_late: i64,
    },
    /// The oldest chunk under way is delivered, with its news or without.
    Confirm {
        told: bool,
    },
    /// The oldest chunk under way will not come again, and who was told is not known yet.
    Arrive,
    /// A chunk under way is given up, counted from the newest.
    Withdraw {
        nth: usize,
    },
    /// Last lines come after the report.
    Lines {
        service: u8,
    },
    Recover {
        service: u8,
    },
    Wait {
        minutes: i64,
    },
    Deliver,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => (0..3_u8, 0..60_u32, 0..20_i64)
            .prop_map(|(service, task, minutes_late)| Step::Stop { service, task, minutes_late }),
        5 => any::<bool>().prop_map(|told| Step::Confirm { told }),
        1 => Just(Step::Arrive),
        1 => (0..4_usize).prop_map(|nth| Step::Withdraw { nth }),
        1 => (0..3_u8).prop_map(|service| Step::Lines { service }),
        1 => (0..3_u8).prop_map(|service| Step::Recover { service }),
        3 => (0..40_i64).prop_map(|minutes| Step::Wait { minutes }),
        2 => Just(Step::Deliver),
        1 => Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..200)
}

struct UnderWay {
    number: u32,
    sighting: Sighting,
    has_arrived: bool,
}

/// Everything that was told and counted, beside the state machine.
#[derive(Default)]
struct Model {
    incidents: Option<Incidents>,
    max_open: usize,
    now: i64,
    under_way: Vec<UnderWay>,
    arrived: BTreeSet<u32>,
    opened: BTreeMap<String, u32>,
    resolved: BTreeMap<String, u32>,
    /// Late stops of incidents, by the incident.
    late: u64,
    resolved_count: u64,
}

impl Model {
    /// `max_open`: how many incidents may be open before the quietest is ended.
    fn new(max_open: usize) -> Self {
        Self { incidents: Some(bounded(max_open)), max_open, now: START, ..Self::default() }
    }

    fn incidents(&mut self) -> &mut Incidents {
        self.incidents.as_mut().unwrap()
    }

    fn hear(&mut self, id: &str, report: &IncidentReport) {
        match report.state {
            IncidentState::Opened => *self.opened.entry(id.to_owned()).or_default() += 1,
            IncidentState::Resolved => {
                *self.resolved.entry(id.to_owned()).or_default() += 1;
                self.resolved_count += report.count;
                assert!(self.opened.contains_key(id), "{id} is over and nobody knew of it");
            }
            IncidentState::Continued => {
                assert!(self.opened.contains_key(id), "{id} goes on unheard of");
                assert!(!self.resolved.contains_key(id), "{id} goes on although it is over");
            }
        }
    }

    fn deliver(&mut self) {
        let now = self.now;
        let news = self.incidents().take_news(now);
        for IncidentNews { stop } in &news {
            let (id, report) = (stop.incident_id.clone().unwrap(), stop.incident.clone().unwrap());
            self.hear(&id, &report);
        }
        self.incidents().news_delivered();
    }

    fn confirm(&mut self, told: bool) {
        self.arrive();
        if self.under_way.is_empty() {
            return;
        }
        let UnderWay { sighting, .. } = self.under_way.remove(0);
        if told && sighting.report().is_news {
            self.hear(sighting.incident_id(), sighting.report());
        }
        self.incidents().settle(&sighting, told);
    }

    fn arrive(&mut self) {
        let Some(oldest) = self.under_way.first_mut().filter(|one| !one.has_arrived) else { return };
        oldest.has_arrived = true;
        let (number, sighting) = (oldest.number, oldest.sighting.clone());
        let is_late = self.is_over(sighting.incident_id());
        self.late += u64::from(self.arrived.insert(number) && is_late);
        self.incidents().arrive(&sighting);
    }

    fn withdraw(&mut self, nth: usize) {
        let Some(at) = self.under_way.iter().rposition(|one| !one.has_arrived) else { return };
        let at = at.saturating_sub(nth);
        if !self.under_way[at].has_arrived {
            let given_up = self.under_way.remove(at);
            self.incidents().withdraw(&given_up.sighting);
        }
    }

    fn is_over(&mut self, id: &str) -> bool {
        let saved: serde_json::Value = serde_json::from_slice(&self.incidents().save()).unwrap();
        saved["closed"].as_array().unwrap().iter().any(|closed| closed["id"] == id)
    }

    fn step(&mut self, step: &Step) {
        let now = self.now;
        match step {
            Step::Stop { service, task, minutes_late } => {
                // A stop that is under way would be held back by the memory of stops.
                let number = u32::from(*service) * 100 + task;
                if self.arrived.contains(&number) || self.under_way.iter().any(|one| one.number == number) {
                    return;
                }
                let mut stop = crash(&format!("s{service}"), *task, 1, now - minutes_late * MINUTE);
                stop.last_lines_missing = Some(MissingLines::Timeout);
                let sighting = self.incidents().observe(&stop, now).unwrap();
                self.under_way.push(UnderWay { number, sighting, has_arrived: false });
            }
            Step::Confirm { told } => self.confirm(*told),
            Step::Arrive => self.arrive(),
            Step::Withdraw { nth } => self.withdraw(*nth),
            Step::Lines { service } => {
                let mut stop = crash(&format!("s{service}"), 1, 1, now);
                stop.last_lines.push("panicked".to_owned());
                self.incidents().bring_lines(&stop);
            }
            Step::Recover { service } => {
                let recovery = recovery(&format!("s{service}"), "SERVICE_STEADY_STATE", now);
                self.incidents().recover(&recovery, now);
            }
            Step::Wait { minutes } => {
                self.now += minutes * MINUTE;
                let now = self.now;
                self.incidents().tick(now);
            }
            Step::Deliver => self.deliver(),
            Step::Restart => {
                let saved = self.incidents().save();
                self.under_way.clear();
                let mut restarted = bounded(self.max_open);
                restarted.restore(&saved, now).unwrap();
                self.incidents = Some(restarted);
            }
        }
    }

    fn finish(&mut self) {
        while !self.under_way.is_empty() {
            self.confirm(false);
        }
        self.now += 31 * MINUTE;
        let now = self.now;
        self.incidents().tick(now);
        self.deliver();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_each_is_opened_and_resolved_once_and_the_counts_add_up(steps in steps(), max_open in 1..4_usize) {
        let mut model = Model::new(max_open);
        steps.iter().for_each(|step| model.step(step));
        model.finish();
        prop_assert!(model.incidents().is_idle());
        let once = |told: &BTreeMap<String, u32>| told.values().all(|times| *times == 1);
        prop_assert!(once(&model.opened) && once(&model.resolved), "{:?} {:?}", model.opened, model.resolved);
        prop_assert_eq!(model.opened.keys().collect::<Vec<_>>(), model.resolved.keys().collect::<Vec<_>>());
        prop_assert_eq!(model.resolved_count + model.late, model.arrived.len() as u64);
    }
}
