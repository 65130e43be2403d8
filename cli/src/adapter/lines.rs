//! `join`, `limit` and `recorder`: what they make of the lines in a file.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};

use ecs_router::config::{Problem, Settings};
use ecs_router::input::decode;
use ecs_router::join::chunk::join_alone;
use ecs_router::join::rules::JoinRules;
use serde_json::Value;

use super::pipeline::{DryRun, Recorded, chunk_of};
use crate::records::timestamp;

/// The class that a limit given without one is for.
const LIMITED_CLASS: &str = "stdout";

/// The tag of the lines; whoever explains them vouches for them.
const TAG: &str = "ecs_router.explain";

/// What everything is routed by; nothing is sent.
const ROUTES: [(&str, &str); 6] = [
    ("level", "auto"),
    ("route.default", "errors"),
    ("route.stdout", "lines"),
    ("errors.type", "stdout"),
    ("lines.type", "stdout"),
    ("stop.trusted_tags", TAG),
];

/// How lines are joined, limited and held.
pub(crate) struct LineRules {
    join: Option<JoinRules>,
    /// `None`: no line is limited or held.
    dry: Option<DryRun>,
    limits: bool,
}

/// The values of the keys, as far as they are given.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LineKeys<'k> {
    pub(crate) join: Option<&'k str>,
    pub(crate) limit: Option<&'k str>,
    pub(crate) recorder: Option<&'k str>,
}

/// A record as it is after joining.
#[derive(Debug, PartialEq)]
pub(crate) struct ExplainedRecord {
    pub(crate) record: Value,
    /// It was several records.
    pub(crate) is_joined: bool,
}

/// What limits and the flight recorder do with a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LineFate {
    /// Whether the limit drops it; `None`: it is none of the lines that are limited.
    pub(crate) is_dropped: Option<bool>,
    /// The recorder holds it.
    pub(crate) is_held: bool,
    /// So many lines that were held before it are released.
    pub(crate) released: usize,
}

impl LineRules {
    /// Reads the keys as the plugin does when it starts.
    pub(crate) fn read(keys: LineKeys<'_>) -> Result<Self, Vec<Problem>> {
        let LineKeys { join, limit, recorder } = keys;
        let limit = limit.map(|limit| ("limit.stdout", limit));
        let recorder =
            recorder.map(|window| [("recorder.window", window), ("recorder.destination", "errors")]);
        let needs_dry_run = limit.is_some() || recorder.is_some();
        let limits = limit.is_some();
        let given = join.map(|join| ("join", join)).into_iter().chain(limit);
        let given = given.chain(recorder.into_iter().flatten()).chain(ROUTES);
        let lookup: BTreeMap<String, String> =
            given.map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let problems = RefCell::new(Vec::new());
        let join = Settings::read(&lookup, &problems).join;
        let problems = problems.into_inner();
        if !problems.is_empty() {
            return Err(problems);
        }
        let dry = needs_dry_run.then(|| DryRun::open(&lookup)).transpose()?;
        Ok(Self { join, dry, limits })
    }

    /// Whether records may become one.
    pub(crate) fn joins(&self) -> bool {
        self.join.is_some()
    }

    /// Joins the lines among these records.
    pub(crate) fn join(&self, records: Vec<Value>) -> Vec<ExplainedRecord> {
        let bodies: Vec<Vec<u8>> = records.iter().map(body).collect();
        let entries = records.iter().zip(&bodies).map(|(record, body)| chunk_of(millis(record), body));
        let chunk = entries.collect::<Vec<_>>().concat();
        let joined = self.join.as_ref().and_then(|rules| join_alone(rules, &chunk).bytes);
        let Some(joined) = joined else {
            return records.into_iter().map(|record| ExplainedRecord { record, is_joined: false }).collect();
        };
        let as_they_were: HashSet<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        let mut explained = Vec::new();
        decode::records(&joined, |record| {
            let is_joined = !as_they_were.contains(record.body);
            let record = rmp_serde::from_slice(record.body).unwrap_or_default();
            explained.push(ExplainedRecord { record, is_joined });
        });
        explained
    }

    /// What becomes of the next line; `None` where nothing is limited or held.
    pub(crate) fn judge(&self, record: &Value) -> Option<LineFate> {
        let chunk = self.dry.as_ref()?.process(TAG, &chunk_of(millis(record), &body(record)));
        let own = chunk.rows.iter().find(|row| row.recorded != Recorded::Released)?;
        let is_limited = self.limits && own.class == LIMITED_CLASS;
        Some(LineFate {
            is_dropped: is_limited.then_some(own.dropped_by.is_some()),
            is_held: own.recorded == Recorded::Held,
            released: chunk.rows.iter().filter(|row| row.recorded == Recorded::Released).count(),
        })
    }
}

/// A JSON value always has a msgpack form.
fn body(record: &Value) -> Vec<u8> {
    rmp_serde::to_vec(record).unwrap_or_default()
}

fn millis(record: &Value) -> i64 {
    i64::try_from(timestamp::of_record(record).as_millis()).unwrap_or(i64::MAX)
}
