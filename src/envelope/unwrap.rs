//! Unwraps a text, down to the events in it. Owns how envelopes nest and where that has to end; `shape` knows what each
//! of them looks like.
//!
//! Everything is stepped over as text, without a value tree, until it is known to be an event: so noise of any size
//! costs one pass and no memory.

use serde_json::Value;
use serde_json::value::RawValue;

use super::budget::Budget;
use super::decode::{self, Undecoded};
use super::shape::{self, JsonObject};
use super::{Envelope, agent, docker, logfmt};
use crate::stop;

/// Levels of envelopes in envelopes; Firehose around CloudWatch Logs around SNS around an array makes four.
const MAX_DEPTH: u8 = 4;
/// EventBridge takes no event of more than 1 MiB.
const MAX_EVENT_BYTES: usize = 2 << 20;

/// Steps for a value or a line besides those for its bytes, to be found and looked at.
const STEPS_PER_VALUE: usize = 32;
/// Steps for a byte that becomes part of a tree or a map, where each of its values takes memory of its own.
const STEPS_PER_TREE_BYTE: usize = 4;
/// Steps for an event that was found: it becomes a record, which is classified, explained and written.
const STEPS_PER_EVENT: usize = 5_000;
/// Steps for an event that is compared with another.
const STEPS_PER_COMPARISON: usize = 32;

/// Unwraps one record.
#[derive(Debug)]
pub(super) struct Unwrapper<'b> {
    envelope: Envelope,
    /// What its chunk has left.
    budget: &'b Budget,
    /// Whether the budget did not suffice: then the record is left as it is from there on.
    is_over_budget: bool,
    /// Levels of envelopes that may still be unwrapped.
    depth: u8,
    docker: docker::Converter,
    /// Whether the detail of an event may stand for the event.
    is_vouched: bool,
}

impl<'b> Unwrapper<'b> {
    pub(super) fn new(budget: &'b Budget) -> Self {
        Self {
            envelope: Envelope::default(),
            budget,
            is_over_budget: false,
            depth: MAX_DEPTH,
            docker: docker::Converter::default(),
            is_vouched: false,
        }
    }

    /// Unwraps a text of which it is known that ECS's events are sent in it.
    pub(super) fn vouched(budget: &'b Budget) -> Self {
        Self { is_vouched: true, ..Self::new(budget) }
    }

    /// The envelope; `None` if no event was found.
    pub(super) fn finish(self) -> Option<Envelope> {
        if self.is_over_budget {
            self.budget.count_refused();
        }
        (!self.envelope.events.is_empty()).then_some(self.envelope)
    }

    /// Unwraps the fields of a record of this length, written as JSON.
    pub(super) fn fields(&mut self, bytes: usize, write: impl FnOnce() -> String) {
        if self.spend(bytes) {
            self.text(&write());
        }
    }

    /// Reads JSON values one after another, and what is not JSON line by line.
    pub(super) fn text(&mut self, text: &str) {
        let rest = self.values(text);
        if !self.spend(rest.len()) {
            return;
        }
        for line in rest.lines().filter(|line| !line.trim().is_empty()) {
            if !self.spend(STEPS_PER_VALUE) {
                return;
            }
            match line.starts_with(logfmt::LINE_START) {
                true => self.agent_line(line),
                false if line.starts_with(['{', '[']) => self.json_line(line),
                false => self.envelope.has_rest = true,
            }
        }
    }

    fn agent_line(&mut self, line: &str) {
        let event = self.spend_tree(line).then(|| agent::event_from_logfmt(line)).flatten();
        self.push(event);
    }

    fn json_line(&mut self, line: &str) {
        let rest = self.values(line);
        self.envelope.has_rest |= !rest.trim().is_empty();
    }

    /// Unwraps JSON values; returns the text from the first that is none.
    fn values<'t>(&mut self, text: &'t str) -> &'t str {
        if !self.spend(text.len()) {
            return "";
        }
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        while let Some(Ok(value)) = values.next() {
            self.value(value);
            if self.is_over_budget {
                return "";
            }
        }
        text.get(values.byte_offset()..).unwrap_or_default()
    }

    fn value(&mut self, value: &RawValue) {
        if !self.spend(STEPS_PER_VALUE) {
            return;
        }
        match value.get().as_bytes().first() {
            Some(b'{') => self.object(value),
            Some(b'[') => self.nested(|unwrapper| unwrapper.elements(value, Self::value)),
            _ => self.envelope.has_rest = true,
        }
    }

    /// Application output is left alone, however it got into an envelope.
    fn object(&mut self, value: &RawValue) {
        match self.parse(value) {
            Some(object) if !object.is_application_output() => self.shape(value, &object),
            _ => self.envelope.has_rest = true,
        }
    }

    fn parse<'r>(&mut self, value: &'r RawValue) -> Option<JsonObject<'r>> {
        self.spend(value.get().len()).then(|| shape::parse(value)).flatten()
    }

    fn shape(&mut self, value: &RawValue, object: &JsonObject<'_>) {
        if object.detail_type.is_some() {
            self.event(value, ecs_event);
        } else if object.is_docker_event() {
            self.docker_event(value);
        } else if object.is_agent_line() {
            self.event(value, agent::event_from_json);
        } else if let Some(message) = object.sns_message {
            self.payload(message);
        } else if let Some(batch) = object.batch {
            self.elements(batch, Self::batch_message);
        } else if let Some(records) = object.records {
            self.elements(records, Self::encoded);
        } else if let Some(lines) = object.log_events.filter(|_| !object.is_control_message()) {
            self.elements(lines, Self::log_event);
        } else if let Some(data) = object.awslogs {
            self.encoded(data);
        } else if self.is_vouched {
            self.event(value, event_of_detail);
        } else {
            self.envelope.has_rest = true;
        }
    }

    fn event(&mut self, value: &RawValue, read: fn(&RawValue) -> Option<Value>) {
        let event = self.spend_tree(value.get()).then(|| read(value)).flatten();
        self.push(event);
    }

    fn docker_event(&mut self, value: &RawValue) {
        if !self.spend_tree(value.get()) {
            return;
        }
        match self.docker.convert(value) {
            docker::ContainerEvent::Exit(event, superseded) => {
                if let Some(superseded) = superseded {
                    self.take_back(&superseded);
                }
                self.push(Some(event));
            }
            docker::ContainerEvent::Internal => {}
            docker::ContainerEvent::Other => self.envelope.has_rest = true,
        }
    }

    /// Removes an event that a later one supersedes. Beyond the budget it stays: its end is said in two events then.
    fn take_back(&mut self, superseded: &str) {
        if self.spend(self.envelope.events.len() * STEPS_PER_COMPARISON) {
            self.envelope.events.retain(|event| id(event) != Some(superseded));
        }
    }

    /// One message of a batch: of SQS with a body, of SNS with an envelope that Lambda takes apart.
    fn batch_message(&mut self, value: &RawValue) {
        let object = self.parse(value);
        let payload = object.and_then(|it| it.body.or_else(|| self.parse(it.sns?)?.sns_message));
        self.optional_payload(payload);
    }

    /// One record of Firehose, or the data of a CloudWatch Logs trigger.
    fn encoded(&mut self, value: &RawValue) {
        let data = self.parse(value).and_then(|it| self.unquote(it.data?));
        match data.map(|data| decode::decode(&data, self.budget)) {
            Some(Ok(text)) => self.nested(|unwrapper| unwrapper.text(&text)),
            Some(Err(Undecoded::OverBudget)) => self.stop_at_budget(),
            Some(Err(Undecoded::Damaged)) | None => self.envelope.has_rest = true,
        }
    }

    /// One line of a log stream.
    fn log_event(&mut self, value: &RawValue) {
        let payload = self.parse(value).and_then(|it| it.message);
        self.optional_payload(payload);
    }

    fn optional_payload(&mut self, payload: Option<&RawValue>) {
        match payload {
            Some(payload) => self.payload(payload),
            None => self.envelope.has_rest = true,
        }
    }

    /// A text that holds JSON, or the JSON itself.
    fn payload(&mut self, value: &RawValue) {
        match self.unquote(value) {
            Some(text) => self.nested(|unwrapper| unwrapper.text(&text)),
            None => self.nested(|unwrapper| unwrapper.value(value)),
        }
    }

    fn unquote(&mut self, value: &RawValue) -> Option<String> {
        self.spend(value.get().len()).then(|| shape::text(value)).flatten()
    }

    fn elements(&mut self, array: &RawValue, unwrap: fn(&mut Self, &RawValue)) {
        if !self.spend(array.get().len()) {
            return;
        }
        let is_array = shape::for_each_element(array, |element| {
            if self.spend(STEPS_PER_VALUE) {
                unwrap(self, element);
            }
            !self.is_over_budget
        });
        self.envelope.has_rest |= !is_array;
    }

    fn nested(&mut self, unwrap: impl FnOnce(&mut Self)) {
        let Some(depth) = self.depth.checked_sub(1) else {
            self.envelope.has_rest = true;
            return;
        };
        let outer_depth = std::mem::replace(&mut self.depth, depth);
        unwrap(self);
        self.depth = outer_depth;
    }

    fn push(&mut self, event: Option<Value>) {
        match event {
            None => self.envelope.has_rest = true,
            Some(event) if self.spend(STEPS_PER_EVENT) && self.budget.spend_event() => {
                self.envelope.events.push(event);
            }
            Some(_) => self.stop_at_budget(),
        }
    }

    fn spend_tree(&mut self, text: &str) -> bool {
        self.spend(text.len().saturating_mul(STEPS_PER_TREE_BYTE))
    }

    /// Pays for steps; `false`: they may not be taken, here or anywhere else in the record.
    fn spend(&mut self, steps: usize) -> bool {
        if self.is_over_budget || !self.budget.spend_steps(steps) {
            self.stop_at_budget();
        }
        !self.is_over_budget
    }

    fn stop_at_budget(&mut self) {
        self.is_over_budget = true;
        self.envelope.has_rest = true;
    }
}

fn id(event: &Value) -> Option<&str> {
    event.get("id")?.as_str()
}

fn parse_event(value: &RawValue) -> Option<Value> {
    let text = Some(value.get()).filter(|text| text.len() <= MAX_EVENT_BYTES)?;
    serde_json::from_str(text).ok()
}

/// The event whose detail came without its envelope.
fn event_of_detail(value: &RawValue) -> Option<Value> {
    stop::from_detail(parse_event(value)?)
}

/// An event of ECS in EventBridge's envelope.
fn ecs_event(value: &RawValue) -> Option<Value> {
    let event = parse_event(value)?;
    let is_of_ecs = event.get("source")?.as_str()? == "aws.ecs";
    (is_of_ecs && event.get("detail-type")?.is_string() && event.get("detail")?.is_object()).then_some(event)
}
