//! The names that a destination has used lately, and how many new ones it may still use this minute.
//!
//! A name with a record's field in it is made by whoever writes the records: without a limit, a request id in it makes
//! a log stream, an object or a file of every line. Owns: which names are known, within bounded memory, and the count of
//! new ones. Does not own: what becomes of a record whose name is one too many (`router::encoder`).

use std::cell::RefCell;
use std::collections::HashSet;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

/// New names are counted in windows of this length.
const WINDOW: Duration = Duration::from_secs(60);

/// Memory for names, with what a set needs for each: some 30,000 names of usual length.
const MAX_BYTES: usize = 4 << 20;
const BYTES_PER_NAME: usize = 64;

/// The names of one destination. Of two generations, the older one is forgotten as a whole when the younger is full; a
/// name that is used passes into the younger.
#[derive(Debug, Default)]
pub struct KnownNames(RefCell<Generations>);

#[derive(Debug, Default)]
struct Generations {
    young: HashSet<Bytes>,
    young_bytes: usize,
    old: HashSet<Bytes>,
    /// When the first new name of this window came, and how many have come since.
    window: Option<(Instant, u64)>,
}

impl KnownNames {
    /// Whether a record may go to this name: it is known, or one of the first `limit` new ones of this minute, and
    /// is known then. For a known name `now` does not matter.
    pub fn admit(&self, name: &[u8], limit: u64, now: Instant) -> bool {
        let mut names = self.0.borrow_mut();
        if names.recall(name) {
            return true;
        }
        let admitted = names.count_new(limit, now);
        if admitted {
            names.remember(Bytes::copy_from_slice(name));
        }
        admitted
    }

    /// Makes a name known without counting it.
    pub fn remember(&self, name: &[u8]) {
        let mut names = self.0.borrow_mut();
        if !names.recall(name) {
            names.remember(Bytes::copy_from_slice(name));
        }
    }

    /// Whether the name was used lately.
    #[must_use]
    pub fn contains(&self, name: &[u8]) -> bool {
        let names = self.0.borrow();
        names.young.contains(name) || names.old.contains(name)
    }

    /// How many names are known.
    #[must_use]
    pub fn len(&self) -> usize {
        let names = self.0.borrow();
        names.young.len() + names.old.len()
    }

    /// Whether no name is known yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Generations {
    fn recall(&mut self, name: &[u8]) -> bool {
        if self.young.contains(name) {
            return true;
        }
        let known = self.old.take(name);
        let is_known = known.is_some();
        known.into_iter().for_each(|name| self.remember(name));
        is_known
    }

    fn remember(&mut self, name: Bytes) {
        let bytes = name.len() + BYTES_PER_NAME;
        if self.young_bytes + bytes > MAX_BYTES / 2 {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += bytes;
        self.young.insert(name);
    }

    fn count_new(&mut self, limit: u64, now: Instant) -> bool {
        let (start, count) = self.window.filter(|(start, _)| now < *start + WINDOW).unwrap_or((now, 0));
        let admitted = count < limit;
        self.window = Some((start, count + u64::from(admitted)));
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(number: usize) -> Vec<u8> {
        format!("name-{number}").into_bytes()
    }

    #[test]
    fn so_many_new_names_a_minute_and_known_ones_at_any_time() {
        let names = KnownNames::default();
        let start = Instant::now();
        let admitted = |now| (0..10).filter(|number| names.admit(&name(*number), 3, now)).count();
        assert_eq!(admitted(start), 3);
        assert_eq!(admitted(start + WINDOW / 2), 3, "the same ones");
        assert_eq!(admitted(start + WINDOW), 6, "three more");
        assert!(names.contains(b"name-5") && !names.contains(b"name-6"));
    }

    #[test]
    fn memory_is_bounded_and_a_name_in_use_is_not_forgotten() {
        let names = KnownNames::default();
        let now = Instant::now();
        let mut most = 0;
        for number in 0..200_000 {
            assert!(names.admit(&name(number), u64::MAX, now));
            assert!(names.admit(b"in use", 0, now) || number == 0, "{number}");
            names.remember(b"in use");
            most = most.max(names.len());
        }
        assert!(most <= MAX_BYTES / BYTES_PER_NAME, "{most}");
        assert!(!names.contains(b"name-0") && names.contains(b"name-199999"));
    }
}
