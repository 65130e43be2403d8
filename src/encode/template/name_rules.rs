//! Rules for a rendered name as a whole: its length, its beginning, what its parts may not add up to.
//!
//! Every function changes the name in `out`, which begins at `start`.

use crate::json;

/// Stands for what is missing: a field without a fallback, or the whole name.
pub(super) const UNKNOWN: &str = "unknown";

/// CloudWatch's limit for both names, in characters, and enough for any other
/// (<https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html>, read 2026-11).
const MAX_NAME_BYTES: usize = 512;

/// Linux's limit for one segment of a path, in bytes: `NAME_MAX` of `<linux/limits.h>`.
const MAX_SEGMENT_BYTES: usize = 255;

/// Linux's limit for a path, in bytes, less the zero at its end: `PATH_MAX` there.
const MAX_PATH_BYTES: usize = 4_095;

/// A name of 1 to 512 characters.
pub(super) fn name(start: usize, out: &mut Vec<u8>) {
    if name_at(start, out).is_empty() {
        out.extend_from_slice(UNKNOWN.as_bytes());
    }
    let name = name_at(start, out);
    if name.len() > MAX_NAME_BYTES {
        let keep = json::cut(name, MAX_NAME_BYTES).len();
        out.truncate(start + keep);
    }
}

/// A name of 1 to 512 characters that does not begin as the names of AWS do.
pub(super) fn log_group(start: usize, out: &mut Vec<u8>) {
    if name_at(start, out).starts_with(b"aws/") {
        out.insert(start, b'_');
    }
    name(start, out);
}

/// Text that needs no escaping inside a JSON string.
pub(super) fn label(start: usize, out: &mut [u8]) {
    for byte in out.iter_mut().skip(start) {
        if matches!(*byte, 0..0x20 | b'"' | b'\\') {
            *byte = b'_';
        }
    }
}

/// Clients resolve the segments `.` and `..` before the service sees them, and an empty value can leave one behind.
pub(super) fn object_key(start: usize, out: &mut Vec<u8>) {
    let slashes = out.iter().skip(start).take_while(|byte| **byte == b'/').count();
    out.drain(start..start + slashes);
    replace_dot_segments(start, out);
}

/// A path that the system can open: no folder, not too long, and not above the folder that the template names unless
/// the template itself `climbs`.
pub(super) fn path(climbs: bool, start: usize, out: &mut Vec<u8>) {
    if !climbs && name_at(start, out).windows(2).any(|two| two == b"..") {
        replace_dot_segments(start, out);
    }
    if name_at(start, out).split(|byte| *byte == b'/').any(|segment| segment.len() > MAX_SEGMENT_BYTES) {
        let path = out.split_off(start);
        path.split_inclusive(|byte| *byte == b'/').for_each(|segment| push_cut_segment(segment, out));
    }
    out.truncate(start + MAX_PATH_BYTES - UNKNOWN.len());
    if matches!(name_at(start, out).last(), None | Some(b'/')) {
        out.extend_from_slice(UNKNOWN.as_bytes());
    }
}

/// Appends a segment, cut if it is too long, with its slash.
fn push_cut_segment(segment: &[u8], out: &mut Vec<u8>) {
    let (name, slash) = match segment.split_last() {
        Some((b'/', name)) => (name, true),
        _ => (segment, false),
    };
    out.extend_from_slice(json::cut(name, MAX_SEGMENT_BYTES));
    if slash {
        out.push(b'/');
    }
}

/// Replaces the segments `.` and `..`.
fn replace_dot_segments(start: usize, out: &mut [u8]) {
    for segment in out.get_mut(start..).unwrap_or_default().split_mut(|byte| *byte == b'/') {
        if segment.len() <= 2 && segment.iter().all(|byte| *byte == b'.') {
            segment.fill(b'_');
        }
    }
}

fn name_at(start: usize, out: &[u8]) -> &[u8] {
    out.get(start..).unwrap_or_default()
}
