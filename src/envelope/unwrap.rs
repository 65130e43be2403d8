//! Takes a text apart, down to the events in it. Knows how carriers nest and where that has to end; what each form
//! looks like stands in `form`.
//!
//! Everything is stepped over as text, without a value tree, until it is known to be an event: so noise of any size
//! costs one pass and no memory.

use serde_json::Value;
use serde_json::value::RawValue;

use super::shape::{self, JsonObject};
use super::{Envelope, agent, decode, docker, logfmt};

/// How deep carriers may be nested; Firehose around CloudWatch Logs around SNS around an array makes four.
const DEEPEST: u8 = 4;
/// A Firehose delivery has at most this many records.
const MOST_EVENTS: usize = 10_000;
/// EventBridge takes no event of more than 1 MiB.
const LONGEST_EVENT: usize = 2 << 20;

/// The work on one record.
#[derive(Debug)]
pub(super) struct Unwrapper {
    carried: Envelope,
    /// How many carriers more may be opened inside the one at hand.
    depth: u8,
    unpacker: decode::Unpacker,
    docker: docker::Converter,
}

impl Default for Unwrapper {
    fn default() -> Self {
        Self {
            carried: Envelope::default(),
            depth: DEEPEST,
            unpacker: decode::Unpacker::default(),
            docker: docker::Converter::default(),
        }
    }
}

impl Unwrapper {
    /// What was found, if it was anything.
    pub(super) fn finish(self) -> Option<Envelope> {
        (!self.carried.events.is_empty()).then_some(self.carried)
    }

    /// JSON values one after another; from the first that is none on, line by line.
    pub(super) fn text(&mut self, text: &str) {
        let left = self.values(text);
        for line in left.lines().filter(|line| !line.trim().is_empty()) {
            match line.starts_with(logfmt::START) {
                true => self.keep(agent::event(&logfmt::fields(line))),
                false if line.starts_with(['{', '[']) => self.json_line(line),
                false => self.carried.rest = true,
            }
        }
    }

    /// One line of several: what cannot be read in it goes on with the record.
    fn json_line(&mut self, line: &str) {
        let left = self.values(line);
        self.carried.rest |= !left.trim().is_empty();
    }

    /// Opens JSON values; answers with the text from the first that is none.
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
            Some(b'[') => self.inside(|opener| opener.elements(value, Self::value)),
            _ => self.carried.rest = true,
        }
    }

    /// Application output is left alone, however it got into a carrier.
    fn object(&mut self, value: &RawValue) {
        match shape::read(value) {
            Some(object) if !object.is_application_output() => self.form(value, &object),
            _ => self.carried.rest = true,
        }
    }

    fn form(&mut self, value: &RawValue, object: &JsonObject<'_>) {
        if object.detail_type.is_some() {
            self.keep(event(value));
        } else if object.is_docker() {
            self.docker(value);
        } else if object.is_of_agent() {
            self.keep(agent::event_in(value));
        } else if let Some(message) = object.message_of_sns {
            self.wrapped(message);
        } else if let Some(batch) = object.batch {
            self.elements(batch, Self::delivered);
        } else if let Some(records) = object.records {
            self.elements(records, Self::packed);
        } else if let Some(lines) = object.log_events.filter(|_| !object.is_control_message()) {
            self.elements(lines, Self::line);
        } else if let Some(data) = object.awslogs {
            self.packed(data);
        } else {
            self.carried.rest = true;
        }
    }

    fn docker(&mut self, value: &RawValue) {
        match self.docker.read(value) {
            docker::ContainerEvent::Exit(event, superfluous) => {
                if let Some(superfluous) = superfluous {
                    self.carried.events.retain(|event| id(event) != Some(&superfluous));
                }
                self.keep(Some(event));
            }
            docker::ContainerEvent::Internal => {}
            docker::ContainerEvent::Other => self.carried.rest = true,
        }
    }

    /// One message of a batch: of SQS with a body, of SNS with an envelope that Lambda takes apart.
    fn delivered(&mut self, value: &RawValue) {
        let message =
            shape::read(value).and_then(|it| it.body.or_else(|| shape::read(it.sns?)?.message_of_sns));
        self.part(message, Self::wrapped);
    }

    /// One record of Firehose, or the data of a CloudWatch Logs trigger.
    fn packed(&mut self, value: &RawValue) {
        let data = shape::read(value).and_then(|it| shape::text(it.data?));
        match data.and_then(|data| self.unpacker.unpack(&data)) {
            Some(text) => self.inside(|opener| opener.text(&text)),
            None => self.carried.rest = true,
        }
    }

    /// One line of a log stream.
    fn line(&mut self, value: &RawValue) {
        self.part(shape::read(value).and_then(|it| it.message), Self::wrapped);
    }

    /// A text that holds JSON, or the JSON itself.
    fn wrapped(&mut self, value: &RawValue) {
        match shape::text(value) {
            Some(text) => self.inside(|opener| opener.text(&text)),
            None => self.inside(|opener| opener.value(value)),
        }
    }

    fn part(&mut self, value: Option<&RawValue>, open: fn(&mut Self, &RawValue)) {
        match value {
            Some(value) => open(self, value),
            None => self.carried.rest = true,
        }
    }

    fn elements(&mut self, array: &RawValue, open: fn(&mut Self, &RawValue)) {
        let whole = shape::elements(array, |element| open(self, element));
        self.carried.rest |= !whole;
    }

    fn inside(&mut self, open: impl FnOnce(&mut Self)) {
        let Some(depth) = self.depth.checked_sub(1) else {
            self.carried.rest = true;
            return;
        };
        let outside = std::mem::replace(&mut self.depth, depth);
        open(self);
        self.depth = outside;
    }

    fn keep(&mut self, event: Option<Value>) {
        match event.filter(|_| self.carried.events.len() < MOST_EVENTS) {
            Some(event) => self.carried.events.push(event),
            None => self.carried.rest = true,
        }
    }
}

fn id(event: &Value) -> Option<&str> {
    event.get("id")?.as_str()
}

/// An event of ECS in EventBridge's envelope.
fn event(value: &RawValue) -> Option<Value> {
    let text = Some(value.get()).filter(|text| text.len() <= LONGEST_EVENT)?;
    let event: Value = serde_json::from_str(text).ok()?;
    let is_of_ecs = event.get("source")?.as_str()? == "aws.ecs";
    (is_of_ecs && event.get("detail-type")?.is_string() && event.get("detail")?.is_object()).then_some(event)
}
