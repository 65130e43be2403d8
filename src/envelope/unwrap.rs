//! Unwraps a text, down to the events in it. Owns how envelopes nest and where that has to end; `shape` knows what each
//! of them looks like.
//!
//! Everything is stepped over as text, without a value tree, until it is known to be an event: so noise of any size
//! costs one pass and no memory.

use serde_json::Value;
use serde_json::value::RawValue;

use super::shape::{self, JsonObject};
use super::{Envelope, agent, decode, docker, logfmt};
use crate::stop;

/// Levels of envelopes in envelopes; Firehose around CloudWatch Logs around SNS around an array makes four.
const MAX_DEPTH: u8 = 4;
/// A Firehose delivery has at most this many records.
const MAX_EVENTS: usize = 10_000;
/// EventBridge takes no event of more than 1 MiB.
const MAX_EVENT_BYTES: usize = 2 << 20;

/// Unwraps one record.
#[derive(Debug)]
pub(super) struct Unwrapper {
    envelope: Envelope,
    /// Levels of envelopes that may still be unwrapped.
    depth: u8,
    decoder: decode::Decoder,
    docker: docker::Converter,
    /// Whether the detail of an event may stand for the event.
    is_vouched: bool,
}

impl Default for Unwrapper {
    fn default() -> Self {
        Self {
            envelope: Envelope::default(),
            depth: MAX_DEPTH,
            decoder: decode::Decoder::default(),
            docker: docker::Converter::default(),
            is_vouched: false,
        }
    }
}

impl Unwrapper {
    /// Unwraps a text of which it is known that ECS's events are sent in it.
    pub(super) fn vouched() -> Self {
        Self { is_vouched: true, ..Self::default() }
    }

    /// The envelope; `None` if no event was found.
    pub(super) fn finish(self) -> Option<Envelope> {
        (!self.envelope.events.is_empty()).then_some(self.envelope)
    }

    /// Reads JSON values one after another, and line by line from the first text that is none.
    pub(super) fn text(&mut self, text: &str) {
        let rest = self.values(text);
        for line in rest.lines().filter(|line| !line.trim().is_empty()) {
            match line.starts_with(logfmt::LINE_START) {
                true => self.push(agent::event_from_logfmt(line)),
                false if line.starts_with(['{', '[']) => self.json_line(line),
                false => self.envelope.rest = true,
            }
        }
    }

    fn json_line(&mut self, line: &str) {
        let rest = self.values(line);
        self.envelope.rest |= !rest.trim().is_empty();
    }

    /// Unwraps JSON values; answers with the text from the first that is none.
    fn values<'t>(&mut self, text: &'t str) -> &'t str {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
        while let Some(Ok(value)) = values.next() {
            self.value(value);
        }
        text.get(values.byte_offset()..).unwrap_or_default()
    }

    fn value(&mut self, value: &RawValue) {
        match value.get().as_bytes().first() {
            Some(b'{') => self.object(value),
            Some(b'[') => self.nested(|unwrapper| unwrapper.elements(value, Self::value)),
            _ => self.envelope.rest = true,
        }
    }

    /// Application output is left alone, however it got into an envelope.
    fn object(&mut self, value: &RawValue) {
        match shape::parse(value) {
            Some(object) if !object.is_application_output() => self.shape(value, &object),
            _ => self.envelope.rest = true,
        }
    }

    fn shape(&mut self, value: &RawValue, object: &JsonObject<'_>) {
        if object.detail_type.is_some() {
            self.push(ecs_event(value));
        } else if object.is_docker_event() {
            self.docker_event(value);
        } else if object.is_agent_line() {
            self.push(agent::event_from_json(value));
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
        } else {
            self.push(Some(value).filter(|_| self.is_vouched).and_then(event_of_detail));
        }
    }

    fn docker_event(&mut self, value: &RawValue) {
        match self.docker.convert(value) {
            docker::ContainerEvent::Exit(event, superseded) => {
                if let Some(superseded) = superseded {
                    self.envelope.events.retain(|event| id(event) != Some(&superseded));
                }
                self.push(Some(event));
            }
            docker::ContainerEvent::Internal => {}
            docker::ContainerEvent::Other => self.envelope.rest = true,
        }
    }

    /// One message of a batch: of SQS with a body, of SNS with an envelope that Lambda takes apart.
    fn batch_message(&mut self, value: &RawValue) {
        let object = shape::parse(value);
        let payload = object.and_then(|it| it.body.or_else(|| shape::parse(it.sns?)?.sns_message));
        self.optional_payload(payload);
    }

    /// One record of Firehose, or the data of a CloudWatch Logs trigger.
    fn encoded(&mut self, value: &RawValue) {
        let data = shape::parse(value).and_then(|it| shape::text(it.data?));
        match data.and_then(|data| self.decoder.decode(&data)) {
            Some(text) => self.nested(|unwrapper| unwrapper.text(&text)),
            None => self.envelope.rest = true,
        }
    }

    /// One line of a log stream.
    fn log_event(&mut self, value: &RawValue) {
        self.optional_payload(shape::parse(value).and_then(|it| it.message));
    }

    fn optional_payload(&mut self, payload: Option<&RawValue>) {
        match payload {
            Some(payload) => self.payload(payload),
            None => self.envelope.rest = true,
        }
    }

    /// A text that holds JSON, or the JSON itself.
    fn payload(&mut self, value: &RawValue) {
        match shape::text(value) {
            Some(text) => self.nested(|unwrapper| unwrapper.text(&text)),
            None => self.nested(|unwrapper| unwrapper.value(value)),
        }
    }

    fn elements(&mut self, array: &RawValue, unwrap: fn(&mut Self, &RawValue)) {
        let is_array = shape::for_each_element(array, |element| unwrap(self, element));
        self.envelope.rest |= !is_array;
    }

    fn nested(&mut self, unwrap: impl FnOnce(&mut Self)) {
        let Some(depth) = self.depth.checked_sub(1) else {
            self.envelope.rest = true;
            return;
        };
        let outer_depth = std::mem::replace(&mut self.depth, depth);
        unwrap(self);
        self.depth = outer_depth;
    }

    fn push(&mut self, event: Option<Value>) {
        match event.filter(|_| self.envelope.events.len() < MAX_EVENTS) {
            Some(event) => self.envelope.events.push(event),
            None => self.envelope.rest = true,
        }
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
