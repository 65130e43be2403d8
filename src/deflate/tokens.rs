//! Literals and matches as symbols of RFC 1951, 3.2.5, with their extra bits.
//!
//! A token is a symbol in its low nine bits, and the value of the symbol's extra bits above them. A match is two tokens, its
//! length and its distance; the symbols of distances follow those of literals and lengths, so that one table has the
//! codes of all of them and the writer need not ask which a token is.

use std::ops::Range;

use super::window::{CHUNK_BYTES, SlidingWindow};

/// The symbol that ends a block.
pub(super) const END_OF_BLOCK: usize = 256;

/// How many symbols literals and lengths have, and distances.
pub(super) const LITERALS_AND_LENGTHS: usize = 286;
pub(super) const DISTANCES: usize = 30;

/// The first symbol of distances here.
pub(super) const FIRST_DISTANCE: usize = 288;

/// More than there are symbols: what nine bits can say.
pub(super) const SYMBOLS: usize = 512;

const SYMBOL_BITS: u32 = 9;

pub(super) const MIN_MATCH: usize = 3;
const MAX_MATCH: usize = 258;

/// A block ends when it has as many tokens. More would share codes that fit none of them; fewer pay for their codes too
/// often.
const BLOCK_TOKENS: usize = 24 << 10;

/// What the parser may add at once: the literals before a match, and the matches of a chunk that is one.
pub(super) const MAX_LITERALS: usize = 4 << 10;
const ROOM: usize = 32 << 10;
const _: () = assert!(BLOCK_TOKENS + MAX_LITERALS + 8 + 2 * (CHUNK_BYTES / MAX_MATCH + 2) <= ROOM);

/// Tokens of the block that is being made.
pub(super) struct Tokens {
    list: [u32; ROOM],
    count: usize,
}

impl Default for Tokens {
    fn default() -> Self {
        Self { list: [0; ROOM], count: 0 }
    }
}

impl Tokens {
    pub(super) fn list(&self) -> &[u32] {
        self.list.get(..self.count).unwrap_or_default()
    }

    #[inline(always)]
    pub(super) fn count(&self) -> usize {
        self.count
    }

    #[inline(always)]
    pub(super) fn are_full(&self) -> bool {
        self.count >= BLOCK_TOKENS
    }

    /// Forgets all but the first.
    #[inline(always)]
    pub(super) fn rewind(&mut self, count: usize) {
        self.count = count;
    }

    /// Adds at most `MAX_LITERALS`, eight at a time; what is too much is overwritten by the next.
    #[inline(always)]
    pub(super) fn push_literals(&mut self, window: &SlidingWindow, range: Range<usize>) {
        let mut at = self.count;
        self.count += range.len();
        for word in window.words(range) {
            if let Some(room) = self.list.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
                *room = word.map(u32::from);
            }
            at += 8;
        }
    }

    /// Adds a match of `length` bytes, at least three; a long one is several.
    #[inline(always)]
    pub(super) fn push_match(&mut self, mut length: usize, distance: usize) {
        let distance = distance_token(distance);
        while length > MAX_MATCH {
            // What is left over must not be shorter than a match may be.
            let piece = MAX_MATCH.min(length - MIN_MATCH);
            self.push(length_token(piece));
            self.push(distance);
            length -= piece;
        }
        self.push(length_token(length));
        self.push(distance);
    }

    #[inline(always)]
    fn push(&mut self, token: u32) {
        self.list[self.count % ROOM] = token;
        self.count += 1;
    }
}

/// The index of a token's symbol.
#[inline(always)]
pub(super) const fn symbol(token: u32) -> usize {
    token as usize % SYMBOLS
}

/// The value of a token's extra bits.
#[inline(always)]
pub(super) const fn extra(token: u32) -> u32 {
    token >> SYMBOL_BITS
}

/// How many extra bits each symbol has.
pub(super) const EXTRA_BITS: [u8; SYMBOLS] = {
    let mut bits = [0; SYMBOLS];
    let mut length = 265;
    while length < 285 {
        bits[length] = ((length - 261) / 4) as u8;
        length += 1;
    }
    let mut distance = 4;
    while distance < DISTANCES {
        bits[FIRST_DISTANCE + distance] = (distance / 2 - 1) as u8;
        distance += 1;
    }
    bits
};

#[inline(always)]
fn length_token(length: usize) -> u32 {
    const TOKENS: [u32; SYMBOLS] = length_tokens();
    TOKENS[length % SYMBOLS]
}

const fn length_tokens() -> [u32; SYMBOLS] {
    let mut tokens = [0; SYMBOLS];
    let mut symbol = 257;
    let mut length = MIN_MATCH;
    while symbol < 285 {
        let mut extra = 0;
        while extra < 1 << EXTRA_BITS[symbol] {
            tokens[length] = symbol as u32 | extra << SYMBOL_BITS;
            length += 1;
            extra += 1;
        }
        symbol += 1;
    }
    // The longest has a symbol of its own.
    tokens[MAX_MATCH] = 285;
    tokens
}

/// The symbols of distances go up by half powers of two.
#[inline(always)]
const fn distance_token(distance: usize) -> u32 {
    let offset = distance as u32 - 1;
    if offset < 2 {
        return FIRST_DISTANCE as u32 + offset;
    }
    let exponent = offset.ilog2();
    let extra_bits = exponent - 1;
    let symbol = 2 * exponent + (offset >> extra_bits & 1);
    let extra = offset & ((1 << extra_bits) - 1);
    (FIRST_DISTANCE as u32 + symbol) | extra << SYMBOL_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tables of RFC 1951, 3.2.5: lengths and distances at which symbols begin.
    #[test]
    fn lengths_and_distances_have_the_symbols_of_the_rfc() {
        let lengths =
            [(3, 257), (10, 264), (11, 265), (12, 265), (13, 266), (114, 279), (115, 280), (258, 285)];
        for (length, expected) in lengths {
            assert_eq!(symbol(length_token(length)), expected, "{length}");
        }
        assert_eq!((extra(length_token(257)), symbol(length_token(257))), (30, 284));
        let distances =
            [(1, 0), (2, 1), (4, 3), (5, 4), (7, 5), (192, 14), (193, 15), (24_577, 29), (32_768, 29)];
        for (distance, expected) in distances {
            assert_eq!(symbol(distance_token(distance)) - FIRST_DISTANCE, expected, "{distance}");
        }
        assert_eq!(extra(distance_token(32_768)), 8_191);
    }

    #[test]
    fn no_piece_of_a_long_match_is_shorter_than_three() {
        for length in 3..2_000 {
            let mut tokens = Box::<Tokens>::default();
            tokens.push_match(length, 7);
            let pieces: Vec<u32> = tokens.list().chunks(2).map(|pair| pair[0]).collect();
            let covered: usize = pieces.iter().map(|piece| length_of(*piece)).sum();
            assert_eq!(covered, length);
        }
    }

    fn length_of(token: u32) -> usize {
        (MIN_MATCH..=MAX_MATCH).find(|length| length_token(*length) == token).unwrap()
    }
}
