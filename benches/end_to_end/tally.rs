//! What arrived: requests and bytes by API, and when each task-stop event was first seen.

use std::collections::BTreeMap;
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::load::STOPPED_TASK_PREFIX;

/// What speaks to the endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Api {
    CloudWatch,
    S3,
    Datadog,
}

/// Of one API.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Count {
    pub(crate) requests: u64,
    /// Of bodies, as they came.
    pub(crate) bytes: u64,
}

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub(crate) struct Tally {
    pub(crate) cloudwatch: Count,
    pub(crate) s3: Count,
    pub(crate) datadog: Count,
    /// Microseconds since 1970, by the event's number.
    pub(crate) arrivals: BTreeMap<usize, u64>,
}

impl Tally {
    pub(crate) fn requests(&self) -> u64 {
        self.cloudwatch.requests + self.s3.requests + self.datadog.requests
    }

    pub(crate) fn add(&mut self, api: Api, bytes: usize) {
        let count = match api {
            Api::CloudWatch => &mut self.cloudwatch,
            Api::S3 => &mut self.s3,
            Api::Datadog => &mut self.datadog,
        };
        count.requests += 1;
        count.bytes += bytes as u64;
    }

    /// Notes the events in a body; only the first arrival of each counts.
    pub(crate) fn arrived(&mut self, body: &[u8], at: SystemTime) {
        let micros = micros(at);
        for number in numbers(body) {
            self.arrivals.entry(number).or_insert(micros);
        }
    }
}

/// Since 1970.
pub(crate) fn micros(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap().as_micros() as u64
}

fn numbers(body: &[u8]) -> impl Iterator<Item = usize> {
    let mark = STOPPED_TASK_PREFIX.as_bytes();
    let after = body.windows(mark.len() + 16).filter_map(move |window| window.strip_prefix(mark));
    after.filter_map(|digits| usize::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok())
}
