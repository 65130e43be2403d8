//! Finds what repeats.

use super::tokens::{MAX_LITERALS, Tokens};
use super::window::{SlidingWindow, WINDOW_BYTES};

/// The tables of positions: fewer find less, more leave the processor's first cache.
const TABLE_BITS: u32 = 13;
const TABLE_ENTRIES: usize = 1 << TABLE_BITS;

/// What a hash is made of. Four bytes match more often, save little, and take as long.
const SHORT_BYTES: u32 = 5;

/// After so many literals in a row, half of the positions are skipped.
const LITERALS_BEFORE_SKIPPING: usize = 32;

/// A match whose whole predecessor repeats there, too, takes its place, unless that is longer than this.
const MAX_REPLACED: usize = 64;

/// Closer to the end than a word no match is looked for.
const MARGIN: usize = 8;

/// Where eight and five bytes were seen last, modulo 65,536, by their hash.
///
/// An entry may be of any age or of none: an index of the buffer is a place where something is, and what is there is
/// compared before it is believed.
pub(super) struct MatchTables {
    long: [u16; TABLE_ENTRIES],
    short: [u16; TABLE_ENTRIES],
    /// The distance of the last match; 0 if there was none.
    last_distance: usize,
}

impl Default for MatchTables {
    fn default() -> Self {
        Self { long: [0; TABLE_ENTRIES], short: [0; TABLE_ENTRIES], last_distance: 0 }
    }
}

impl MatchTables {
    pub(super) fn forget(&mut self) {
        self.long.fill(0);
        self.short.fill(0);
        self.last_distance = 0;
    }

    #[inline(always)]
    fn long(&mut self, next: u64) -> &mut u16 {
        &mut self.long[hash(next)]
    }

    #[inline(always)]
    fn short(&mut self, next: u64) -> &mut u16 {
        &mut self.short[hash(next << (64 - 8 * SHORT_BYTES))]
    }

    #[inline(always)]
    fn insert(&mut self, next: u64, position: usize) {
        *self.long(next) = position as u16;
        *self.short(next) = position as u16;
    }
}

/// Fibonacci hashing.
#[inline(always)]
fn hash(bytes: u64) -> usize {
    (bytes.wrapping_mul(0x9e37_79b1_85eb_ca87) >> (64 - TABLE_BITS)) as usize
}

/// Turns the bytes from `start` to `end` into tokens, until these are full; returns the end of what it took.
#[inline(never)]
pub(super) fn parse(
    window: &SlidingWindow,
    tables: &mut MatchTables,
    tokens: &mut Tokens,
    start: usize,
    end: usize,
) -> usize {
    let mut parser =
        Parser { window, position: start, literals: start, end, previous: Previous { length: 0, tokens: 0 } };
    while !tokens.are_full() {
        if let Some(candidate) = parser.search(tables) {
            parser.take(candidate, tables, tokens);
        } else if parser.position >= parser.limit() {
            tokens.push_literals(window, parser.literals..end);
            return end;
        } else {
            parser.push_literals(tokens);
        }
    }
    parser.position
}

struct Parser<'r> {
    window: &'r SlidingWindow,
    position: usize,
    /// The first byte that is in no token yet.
    literals: usize,
    end: usize,
    previous: Previous,
}

/// The match right before `literals`.
#[derive(Clone, Copy)]
struct Previous {
    /// Zero if there is none, or none that may be replaced.
    length: usize,
    /// How many tokens there were before it.
    tokens: usize,
}

/// A place where the next bytes were seen before.
#[derive(Clone, Copy)]
struct Candidate {
    distance: usize,
    /// How many bytes are known to be equal.
    known: usize,
}

impl Parser<'_> {
    #[inline(always)]
    fn limit(&self) -> usize {
        self.end.saturating_sub(MARGIN)
    }

    /// Looks for bytes that repeat; in vain at the end, and after as many literals as may be added at once.
    #[inline(always)]
    fn search(&mut self, tables: &mut MatchTables) -> Option<Candidate> {
        let stop = self.limit().min(self.literals + MAX_LITERALS - 1);
        while self.position < stop {
            let candidate = self.look_up(tables);
            if candidate.is_some() {
                return candidate;
            }
            self.position += 1 + usize::from(self.position - self.literals >= LITERALS_BEFORE_SKIPPING);
        }
        None
    }

    #[inline(always)]
    fn look_up(&self, tables: &mut MatchTables) -> Option<Candidate> {
        let next = self.window.load_8(self.position);
        let short = usize::from(std::mem::replace(tables.short(next), self.position as u16));
        let long = usize::from(std::mem::replace(tables.long(next), self.position as u16));
        if self.window.load_8(long) == next && self.is_in_window(long) {
            return Some(Candidate { distance: self.distance_to(long), known: 8 });
        }
        let last = tables.last_distance;
        if last > 0 && self.window.load_4(self.position.wrapping_sub(last)) == next as u32 {
            return Some(Candidate { distance: last, known: 4 });
        }
        if self.window.load_4(short) == next as u32 && self.is_in_window(short) {
            return Some(Candidate { distance: self.distance_to(short), known: 4 });
        }
        None
    }

    #[inline(always)]
    fn distance_to(&self, index: usize) -> usize {
        usize::from(self.position.wrapping_sub(index) as u16)
    }

    #[inline(always)]
    fn is_in_window(&self, index: usize) -> bool {
        self.distance_to(index).wrapping_sub(1) < WINDOW_BYTES
    }

    /// Adds the match, as long as it is in both directions, and the literals before it.
    #[inline(always)]
    fn take(&mut self, candidate: Candidate, tables: &mut MatchTables, tokens: &mut Tokens) {
        let from = self.position - candidate.distance;
        let ahead = self.window.equal_after(from, self.position, candidate.known, self.end - self.position);
        let behind = self.extend_back(from, tokens);
        self.position -= behind;
        tokens.push_literals(self.window, self.literals..self.position);
        self.add(behind + ahead, candidate.distance, tokens);
        tables.last_distance = candidate.distance;
        if self.literals < self.limit() {
            let second = self.position + 1;
            tables.insert(self.window.load_8(second), second);
        }
        self.position = self.literals;
    }

    /// How far back the bytes are equal, into literals that are not added yet. If they are as far as the previous match
    /// began, that is taken back.
    #[inline(always)]
    fn extend_back(&mut self, from: usize, tokens: &mut Tokens) -> usize {
        let literals = self.position - self.literals;
        let with_previous = literals + self.previous.length;
        let equal = self.window.equal_before(from, self.position, with_previous.min(from));
        if equal < with_previous || self.previous.length == 0 {
            return equal.min(literals);
        }
        tokens.rewind(self.previous.tokens);
        self.literals -= self.previous.length;
        equal
    }

    #[inline(always)]
    fn add(&mut self, length: usize, distance: usize, tokens: &mut Tokens) {
        self.previous =
            Previous { length: if length > MAX_REPLACED { 0 } else { length }, tokens: tokens.count() };
        tokens.push_match(length, distance);
        self.literals = self.position + length;
    }

    #[inline(always)]
    fn push_literals(&mut self, tokens: &mut Tokens) {
        tokens.push_literals(self.window, self.literals..self.position);
        self.literals = self.position;
        self.previous.length = 0;
    }
}
