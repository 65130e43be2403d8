//! The event bus: its name, or its ARN where it is another account's.
//!
//! <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html>, read 2026-11.

use crate::config::KeyReader;
use crate::destination::resource_arn;

/// The longest name or ARN of a bus, in characters.
const MAX_NAME_CHARS: usize = 1_600;

/// One event bus.
#[derive(Debug)]
pub(super) struct EventBus {
    /// Its name or its ARN.
    pub(super) name: String,
}

/// Reads the key `event_bus`.
pub(super) fn read(reader: &KeyReader<'_>) -> EventBus {
    let bus = EventBus { name: reader.required("event_bus") };
    if !is_name(&bus.name) && bus.region().is_none() {
        reader
            .problem("event_bus", format!("'{}' is neither the name nor the ARN of an event bus", bus.name));
    }
    bus
}

impl EventBus {
    /// The region that its ARN names, if it is given by one.
    pub(super) fn region(&self) -> Option<&str> {
        let is_bus = |resource: &str| resource.strip_prefix("event-bus/").is_some_and(is_name);
        resource_arn::region(&self.name, "events", is_bus)
    }
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'.' | b'-' | b'_'))
}
