//! The questions tests ask about CloudWatch Logs.
//!
//! Every answer is a copy, so that a test holds nothing the server waits for.

use std::time::Instant;

use serde_json::Value;

use super::{GroupInfo, LogEvent, put::EVENT_OVERHEAD};
use crate::{core::Core, received::Received};

/// One call to CloudWatch Logs, whatever came of it.
#[derive(Debug, Clone)]
pub struct LogCall {
    /// Operation, as in `X-Amz-Target`.
    pub operation: String,
    /// `logGroupName`.
    pub group: String,
    /// `logStreamName`; empty if the operation has none.
    pub stream: String,
    /// Number of events; 0 if the operation has none.
    pub events: usize,
    /// Bytes as CloudWatch counts them: messages plus 26 for each.
    pub bytes: usize,
    /// `x-amzn-logs-format` (or `x-amz-log-format`), e.g. `json/emf`.
    pub log_format: Option<String>,
    /// When the call's headers had arrived.
    pub started: Instant,
    /// When its reply was ready; `None` if there was none.
    pub ended: Option<Instant>,
    /// Status of the reply; `None` if there was none.
    pub status: Option<u16>,
}

impl LogCall {
    fn of(request: &Received) -> Self {
        let body = request.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        let events = body["logEvents"].as_array().map_or(&[][..], Vec::as_slice);
        let bytes = |event: &Value| event["message"].as_str().unwrap_or_default().len() + EVENT_OVERHEAD;
        Self {
            operation: format!("{:?}", request.api),
            group: text("logGroupName"),
            stream: text("logStreamName"),
            events: events.len(),
            bytes: events.iter().map(bytes).sum(),
            log_format: ["x-amzn-logs-format", "x-amz-log-format"]
                .iter()
                .find_map(|name| request.header(name).map(str::to_owned)),
            started: request.at,
            ended: request.ended,
            status: request.status,
        }
    }

    /// Whether the two calls were under way at the same time.
    pub fn overlaps(&self, other: &Self) -> bool {
        let before = |a: &Self, b: &Self| a.ended.is_some_and(|ended| ended <= b.started);
        !before(self, other) && !before(other, self)
    }
}

/// What CloudWatch Logs holds; from [`crate::Cloud::cloudwatch`].
#[derive(Debug, Clone, Copy)]
pub struct CloudWatch<'a> {
    core: &'a Core,
}

impl<'a> CloudWatch<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Names of all log groups, sorted.
    pub fn groups(&self) -> Vec<String> {
        self.core.cloudwatch.lock().groups.keys().cloned().collect()
    }

    /// A log group's settings. Panics if there is no such group.
    #[track_caller]
    pub fn group(&self, group: &str) -> GroupInfo {
        let info = self.core.cloudwatch.lock().groups.get(group).map(|group| group.info.clone());
        info.unwrap_or_else(|| panic!("no log group `{group}` among {:?}", self.groups()))
    }

    /// Names of a group's streams, sorted; empty if there is no such group.
    pub fn streams(&self, group: &str) -> Vec<String> {
        let store = self.core.cloudwatch.lock();
        store.groups.get(group).map(|group| group.streams.keys().cloned().collect()).unwrap_or_default()
    }

    /// A stream's events in order of arrival; empty if there is no such stream.
    pub fn events(&self, group: &str, stream: &str) -> Vec<LogEvent> {
        let store = self.core.cloudwatch.lock();
        store.groups.get(group).and_then(|group| group.streams.get(stream)).cloned().unwrap_or_default()
    }

    /// As [`CloudWatch::events`], messages only.
    pub fn messages(&self, group: &str, stream: &str) -> Vec<String> {
        self.events(group, stream).into_iter().map(|event| event.message).collect()
    }

    /// The messages of all streams of all groups, in order of their names.
    pub fn all_messages(&self) -> Vec<String> {
        let store = self.core.cloudwatch.lock();
        let events = store.groups.values().flat_map(|group| group.streams.values()).flatten();
        events.map(|event| event.message.clone()).collect()
    }

    /// The entities that were accepted for a group, each with its stream, in order of arrival.
    pub fn entities(&self, group: &str) -> Vec<(String, Value)> {
        let store = self.core.cloudwatch.lock();
        store.groups.get(group).map(|group| group.entities.clone()).unwrap_or_default()
    }

    /// Every call of one operation, e.g. `"PutLogEvents"`, in order of arrival, refused ones included.
    pub fn calls(&self, operation: &str) -> Vec<LogCall> {
        let requests = self.core.requests().into_iter();
        let ours = requests.filter(|request| request.api.signing_name() == Some("logs"));
        ours.map(|request| LogCall::of(&request)).filter(|call| call.operation == operation).collect()
    }

    /// Creates a stream, and its group if need be, as someone else might.
    pub fn create_stream(&self, group: &str, stream: &str) {
        self.core.cloudwatch.lock().create_stream(group, stream);
    }

    /// Adds an event to a stream, which is created if need be, as a container's log driver would.
    pub fn add(&self, group: &str, stream: &str, message: &str) {
        let event = LogEvent { timestamp_ms: self.core.now_ms(), message: message.to_owned() };
        self.core.cloudwatch.lock().add_event(group, stream, event);
    }

    /// Deletes a stream with its events, as someone else might.
    pub fn delete_stream(&self, group: &str, stream: &str) {
        self.core.cloudwatch.lock().delete_stream(group, stream);
    }
}
