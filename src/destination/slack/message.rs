//! What a whole batch says: stops first, one by one while they are few, then the ordinary lines.

use serde_json::{Value, json};

use super::blocks::{self, MAX_BLOCKS, MAX_TEXT};
use super::digest::{self, DigestLine};
use super::stops::{self, Stop};

/// More stops than this at one time become a digest.
const MOST_IN_FULL: usize = 3;

// The parts are sized so that together they never need cutting.
const _: () = assert!(MOST_IN_FULL * (stops::BLOCKS_IN_FULL + 1) + digest::MOST_BLOCKS <= MAX_BLOCKS);
const _: () = assert!(stops::BLOCKS_IN_DIGEST + 1 + digest::MOST_BLOCKS <= MAX_BLOCKS);

/// The payload for what [`super::Slack`] wrote into a lane.
pub(super) fn from_wire(wire: &[u8]) -> Value {
    let (mut stops, mut lines) = (Vec::new(), Vec::new());
    for object in wire.split(|byte| *byte == b'\n') {
        match serde_json::from_slice::<Value>(object) {
            Ok(Value::Object(fields)) if fields.contains_key(stops::MARK) => stops.push(Stop::new(fields)),
            Ok(value) => lines.push(DigestLine::new(value)),
            Err(_) => {}
        }
    }
    // The worst first; those of one severity stay in their order.
    stops.sort_by_key(|stop| std::cmp::Reverse(stop.severity()));
    let mut parts = match stops.len() {
        0..=MOST_IN_FULL => stops.iter().map(stops::in_full).collect(),
        _ => vec![stops::digest(&stops)],
    };
    if !lines.is_empty() {
        parts.push(digest::digest(&lines));
    }
    json!({"text": fallback(&stops, lines.len()), "blocks": parts.join(&blocks::divider())})
}

/// For notifications, and for whatever cannot show blocks.
fn fallback(stops: &[Stop], lines: usize) -> String {
    let mut said: Vec<String> = match stops.len() {
        0..=MOST_IN_FULL => stops.iter().map(Stop::headline).collect(),
        _ => vec![stops::title(stops)],
    };
    if lines > 0 {
        said.push(digest::title(lines));
    }
    blocks::escaped(&said.join("\n"), MAX_TEXT)
}
