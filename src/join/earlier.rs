//! What the chunks of one tag leave to the next: records that may go on, and when each stream was written last.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use super::record::{OpenRecord, distance};
use crate::input::record::Timestamp;

/// Streams of one tag whose last lines are dated. One more forgets them all.
const MAX_STREAMS: usize = 256;

/// A chunk that is further behind was not overtaken by a later one: the clock was set back.
const MAX_OVERTAKEN: Duration = Duration::from_secs(60);

/// One stream of one container: its lines follow each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct StreamKey<'a> {
    pub(super) container: Cow<'a, [u8]>,
    pub(super) source: Cow<'a, [u8]>,
}

impl StreamKey<'_> {
    /// Whether these bytes name the stream's container by its id.
    pub(crate) fn is_container_in(&self, bytes: &[u8]) -> bool {
        !self.container.is_empty() && memchr::memmem::find(bytes, &self.container).is_some()
    }

    pub(super) fn into_owned(self) -> StreamKey<'static> {
        let Self { container, source } = self;
        StreamKey { container: container.into_owned().into(), source: source.into_owned().into() }
    }
}

/// What an earlier chunk of the same tag left open.
#[derive(Debug, Clone)]
pub(crate) struct OpenTail {
    pub(crate) key: StreamKey<'static>,
    pub(crate) record: OpenRecord<'static>,
}

/// What earlier chunks of the same tag left.
#[derive(Debug, Default)]
pub(crate) struct EarlierChunks {
    pub(crate) tails: Vec<OpenTail>,
    /// By stream, when its last line so far was written.
    pub(crate) last_times: HashMap<StreamKey<'static>, Timestamp>,
}

impl EarlierChunks {
    /// Notes when the last lines of a chunk were written.
    pub(crate) fn note(&mut self, last_times: Vec<(StreamKey<'static>, Timestamp)>) {
        if self.last_times.len() + last_times.len() > MAX_STREAMS {
            self.last_times.clear();
        }
        let excess = last_times.len().saturating_sub(MAX_STREAMS);
        for (key, time) in last_times.into_iter().skip(excess) {
            let last = self.last_times.entry(key).or_insert(time);
            if !is_overtaken(time, *last) {
                *last = time;
            }
        }
    }
}

/// Whether a chunk that begins at this time was overtaken by a later one, which ended at `last`.
pub(super) fn is_overtaken(time: Timestamp, last: Timestamp) -> bool {
    time < last && distance(time, last) <= MAX_OVERTAKEN
}
