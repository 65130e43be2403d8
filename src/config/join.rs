//! The keys about lines that are one record.

use std::time::Duration;

use super::pattern;
use super::reader::KeyReader;
use crate::join::rules::{JoinRules, LineRule};

/// Keys that do nothing while nothing is joined.
const DETAILS: [&str; 3] = ["join.start_pattern", "join.wait", "join.max_bytes"];

/// A record of fewer bytes is no longer than one piece of a line, and one of more than any destination takes.
const MIN_BYTES: u64 = 16 << 10;
const MAX_BYTES: u64 = 8 << 20;

/// Reads what is to be joined; `None`: nothing is.
pub(super) fn read(reader: &KeyReader<'_>, flush_timeout: Duration) -> Option<JoinRules> {
    let mode = reader.choice("join").unwrap_or_default();
    if !matches!(mode, "partial" | "traces" | "both") {
        for key in DETAILS.into_iter().filter(|key| reader.written(key).is_some()) {
            reader.problem(key, "has no effect with join off; write: join both");
        }
        return None;
    }
    Some(JoinRules {
        pieces: mode != "traces",
        lines: read_lines(reader, mode),
        wait: read_wait(reader, flush_timeout),
        max_bytes: read_max_bytes(reader),
    })
}

fn read_lines(reader: &KeyReader<'_>, mode: &str) -> Option<LineRule> {
    let written = reader.written("join.start_pattern");
    if mode == "partial" {
        if written.is_some() {
            let what = "has no effect with join partial; write: join both".to_owned();
            reader.problem("join.start_pattern", what);
        }
        return None;
    }
    let Some(written) = written else { return Some(LineRule::Traces) };
    match pattern::compile_for_bytes(&written) {
        Ok(pattern) => Some(LineRule::StartPattern(pattern)),
        Err(error) => {
            reader.problem("join.start_pattern", error);
            None
        }
    }
}

fn read_wait(reader: &KeyReader<'_>, flush_timeout: Duration) -> Duration {
    let wait = reader.duration("join.wait");
    let limit = flush_timeout / 2;
    if wait > limit || wait.is_zero() {
        let what = format!(
            "must be more than 0 and at most half of flush_timeout, {limit:?}, so that there is time to deliver what waited; write a shorter time, or raise flush_timeout"
        );
        reader.problem("join.wait", what);
    }
    wait
}

fn read_max_bytes(reader: &KeyReader<'_>) -> usize {
    let bytes = reader.size("join.max_bytes");
    if !(MIN_BYTES..=MAX_BYTES).contains(&bytes) {
        let what = "must be between 16K and 8M; for example: join.max_bytes 1M".to_owned();
        reader.problem("join.max_bytes", what);
    }
    usize::try_from(bytes.min(MAX_BYTES)).unwrap_or_default()
}
