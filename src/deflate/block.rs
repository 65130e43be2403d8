//! Writes tokens as blocks (RFC 1951, 3.2.3), with the codes that fit them or those of the RFC, whichever is shorter.

use super::huffman::{code_lengths, codes};
use super::tokens::{
    DISTANCES, END_OF_BLOCK, EXTRA_BITS, FIRST_DISTANCE, LITERALS_AND_LENGTHS, SYMBOLS, extra, symbol,
};

/// Two tokens, a length and a distance with all their bits, fit into 57 bits; the RFC would allow 15 for both.
const MAX_LENGTH_BITS: usize = 14;
const MAX_DISTANCE_BITS: usize = 15;
const MAX_CODE_LENGTH_BITS: usize = 7;

/// In this order the lengths of the code lengths' codes are written.
const CODE_LENGTH_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Bits that end inside a byte.
pub(super) struct BlockWriter {
    out: Vec<u8>,
    /// Fewer than eight, between calls.
    pending: u64,
    pending_bits: u32,
}

/// How many bits the code of each symbol has.
struct CodeLengths {
    literals: Vec<u8>,
    distances: Vec<u8>,
}

/// The code of a symbol: its bits, how many, and how many with the extra bits.
#[derive(Clone, Copy, Default)]
struct Code {
    bits: u16,
    length: u8,
    with_extra: u8,
}

/// A code length, or a repetition of one, as it is written; and the value of its extra bits.
#[derive(Clone, Copy)]
struct CodeLength {
    symbol: u8,
    extra: u8,
}

impl CodeLength {
    fn extra_bits(self) -> u32 {
        match self.symbol {
            16 => 2,
            17 => 3,
            18 => 7,
            _ => 0,
        }
    }
}

/// The code lengths of a block's own codes, and the codes that say them.
struct Description {
    literals: usize,
    distances: usize,
    list: Vec<CodeLength>,
    lengths: Vec<u8>,
}

impl BlockWriter {
    pub(super) fn new(out: Vec<u8>) -> Self {
        Self { out, pending: 0, pending_bits: 0 }
    }

    pub(super) fn write(&mut self, tokens: &[u32], is_last: bool) {
        let counts = count(tokens);
        let own = CodeLengths::fitting(&counts);
        let description = Description::of(&own);
        let fixed = CodeLengths::fixed();
        self.put(u64::from(is_last), 1);
        if own.bits(&counts) + description.bits() < fixed.bits(&counts) {
            self.put(2, 2);
            self.put_description(&description);
            self.put_tokens(tokens, &own.table(), own.bits(&counts));
        } else {
            self.put(1, 2);
            self.put_tokens(tokens, &fixed.table(), fixed.bits(&counts));
        }
    }

    /// Fills the last byte up by an empty block of stored bytes, as zlib does at a full flush.
    pub(super) fn align(&mut self) {
        self.put(0, 3);
        self.put(0, (8 - self.pending_bits) % 8);
        self.out.extend([0, 0, 0xff, 0xff]);
    }

    /// Moves the whole bytes to the end of `out`.
    pub(super) fn drain(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.out);
    }

    /// The whole bytes, the last one filled up.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.put(0, (8 - self.pending_bits) % 8);
        self.out
    }

    /// Appends up to 56 bits.
    fn put(&mut self, bits: u64, count: u32) {
        self.pending |= bits << self.pending_bits;
        self.pending_bits += count;
        while self.pending_bits >= 8 {
            self.out.push(self.pending as u8);
            self.pending >>= 8;
            self.pending_bits -= 8;
        }
    }

    fn put_description(&mut self, description: &Description) {
        let codes: Vec<u16> = codes(&description.lengths).collect();
        let written = description.written_lengths();
        self.put(description.literals as u64 - 257, 5);
        self.put(description.distances as u64 - 1, 5);
        self.put(written as u64 - 4, 4);
        for symbol in CODE_LENGTH_ORDER.iter().take(written) {
            self.put(u64::from(description.lengths[*symbol]), 3);
        }
        for entry in &description.list {
            let symbol = usize::from(entry.symbol);
            self.put(u64::from(codes[symbol]), u32::from(description.lengths[symbol]));
            self.put(u64::from(entry.extra), entry.extra_bits());
        }
    }

    /// Writes all tokens and the end of the block, `bits` together, two tokens at a time and without asking what they are.
    fn put_tokens(&mut self, tokens: &[u32], table: &[Code; SYMBOLS], bits: u64) {
        let mut at = self.out.len();
        self.out.resize(at + bits as usize / 8 + 2 * size_of::<u64>(), 0);
        let mut pending = self.pending;
        let mut count = self.pending_bits;
        let pairs = tokens.as_chunks::<2>();
        for [first, second] in pairs.0 {
            let first_bits = u32::from(table[symbol(*first)].with_extra);
            let both = coded(*first, table) | coded(*second, table) << (first_bits % 64);
            pending |= both << count;
            count += first_bits + u32::from(table[symbol(*second)].with_extra);
            if let Some(room) = self.out.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
                *room = pending.to_le_bytes();
            }
            at += count as usize / 8;
            pending >>= count - count % 8;
            count %= 8;
        }
        self.out.truncate(at);
        self.pending = pending;
        self.pending_bits = count;
        for token in pairs.1.iter().chain(&[END_OF_BLOCK as u32]) {
            self.put(coded(*token, table), u32::from(table[symbol(*token)].with_extra));
        }
    }
}

/// A token's code and extra bits.
#[inline(always)]
fn coded(token: u32, table: &[Code; SYMBOLS]) -> u64 {
    let code = table[symbol(token)];
    u64::from(code.bits) | u64::from(extra(token)) << (code.length % 64)
}

/// How often each symbol occurs. Two counts of each, so that a symbol twice in a row does not wait for itself.
fn count(tokens: &[u32]) -> [u32; SYMBOLS] {
    let mut counts = [0; SYMBOLS];
    let mut others = [0; SYMBOLS];
    let pairs = tokens.as_chunks::<2>();
    for [first, second] in pairs.0 {
        counts[symbol(*first)] += 1;
        others[symbol(*second)] += 1;
    }
    pairs.1.iter().for_each(|token| counts[symbol(*token)] += 1);
    counts.iter_mut().zip(others).for_each(|(count, other)| *count += other);
    counts[END_OF_BLOCK] = 1;
    counts
}

impl CodeLengths {
    fn fitting(counts: &[u32; SYMBOLS]) -> Self {
        let distances = counts.iter().skip(FIRST_DISTANCE).take(DISTANCES).copied().collect::<Vec<_>>();
        Self {
            literals: code_lengths(counts.get(..LITERALS_AND_LENGTHS).unwrap_or_default(), MAX_LENGTH_BITS),
            distances: code_lengths(&distances, MAX_DISTANCE_BITS),
        }
    }

    /// RFC 1951, 3.2.6.
    fn fixed() -> Self {
        let literals = (0..288).map(|symbol| match symbol {
            0..144 => 8,
            144..256 => 9,
            256..280 => 7,
            _ => 8,
        });
        Self { literals: literals.collect(), distances: vec![5; DISTANCES] }
    }

    /// By the symbols of tokens.
    fn by_symbol(&self) -> impl Iterator<Item = u8> {
        let gap = std::iter::repeat_n(0, FIRST_DISTANCE - self.literals.len());
        self.literals.iter().copied().chain(gap).chain(self.distances.iter().copied())
    }

    /// What all tokens take.
    fn bits(&self, counts: &[u32; SYMBOLS]) -> u64 {
        let lengths = self.by_symbol().zip(EXTRA_BITS).map(|(length, extra)| u64::from(length + extra));
        lengths.zip(counts).map(|(bits, count)| bits * u64::from(*count)).sum()
    }

    fn table(&self) -> [Code; SYMBOLS] {
        let mut table = [Code::default(); SYMBOLS];
        let gap = std::iter::repeat_n(0, FIRST_DISTANCE - self.literals.len());
        let bits = codes(&self.literals).chain(gap).chain(codes(&self.distances));
        for (((entry, length), extra), bits) in
            table.iter_mut().zip(self.by_symbol()).zip(EXTRA_BITS).zip(bits)
        {
            *entry = Code { bits, length, with_extra: length + extra };
        }
        table
    }
}

impl Description {
    fn of(codes: &CodeLengths) -> Self {
        let literals = used(&codes.literals).max(257);
        let distances = used(&codes.distances).max(1);
        let all = codes.literals.iter().take(literals).chain(codes.distances.iter().take(distances));
        let list = run_lengths(&all.copied().collect::<Vec<u8>>());
        let mut counts = [0; CODE_LENGTH_ORDER.len()];
        list.iter().for_each(|entry| counts[usize::from(entry.symbol)] += 1);
        Self { literals, distances, lengths: code_lengths(&counts, MAX_CODE_LENGTH_BITS), list }
    }

    /// How many lengths of code lengths' codes are written, in their order.
    fn written_lengths(&self) -> usize {
        let last = CODE_LENGTH_ORDER.iter().rposition(|symbol| self.lengths[*symbol] > 0);
        last.map_or(4, |last| 4.max(last + 1))
    }

    fn bits(&self) -> u64 {
        let list = self
            .list
            .iter()
            .map(|entry| u64::from(self.lengths[usize::from(entry.symbol)]) + u64::from(entry.extra_bits()));
        14 + 3 * self.written_lengths() as u64 + list.sum::<u64>()
    }
}

/// How many there are up to the last that is not zero.
fn used(lengths: &[u8]) -> usize {
    lengths.iter().rposition(|length| *length > 0).map_or(0, |last| last + 1)
}

/// RFC 1951, 3.2.7: 16 repeats the one before, 17 and 18 are zeros.
fn run_lengths(lengths: &[u8]) -> Vec<CodeLength> {
    let mut list = Vec::with_capacity(lengths.len());
    for run in lengths.chunk_by(|one, next| one == next) {
        let Some(length) = run.first().copied() else { continue };
        let mut left = run.len();
        if length > 0 {
            list.push(CodeLength { symbol: length, extra: 0 });
            left -= 1;
        }
        while let Some(repetition) = repetition(length, left) {
            list.push(repetition.0);
            left -= repetition.1;
        }
        list.extend(std::iter::repeat_n(CodeLength { symbol: length, extra: 0 }, left));
    }
    list
}

/// The repetition that takes most of a run, and how many it takes.
fn repetition(length: u8, left: usize) -> Option<(CodeLength, usize)> {
    let of = |symbol: u8, least: usize, most: usize| {
        let taken = left.min(most);
        Some((CodeLength { symbol, extra: (taken - least) as u8 }, taken))
    };
    match (length, left) {
        (_, ..3) => None,
        (0, ..11) => of(17, 3, 10),
        (0, _) => of(18, 11, 138),
        _ => of(16, 3, 6),
    }
}
