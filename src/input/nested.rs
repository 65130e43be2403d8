//! Values inside values, read once from front to back however deep they are.
//!
//! Owns: going into containers and out of them, and taking out of the written text what is under a key that comes again.
//! Does not own what is written. Looking into a container from outside reads all that is in it; doing so at each level
//! would read the innermost value once for each level.

use smallvec::SmallVec;

use super::distinct;
use super::msgpack::MsgpackReader;
use super::record::{Value, ValueHead};

/// Reads a value and what is in it, one after another.
#[derive(Debug)]
pub struct NestedReader<'a> {
    reader: MsgpackReader<'a>,
    /// Pairs of the maps that are being written, outermost first; on the stack for the usual few.
    pairs: SmallVec<[WrittenPair<'a>; 16]>,
}

/// A pair of a map, and where its written form begins.
#[derive(Debug, Clone, Copy)]
struct WrittenPair<'a> {
    key: Value<'a>,
    at: usize,
    /// Bytes that the outermost escaping had added before.
    added: usize,
}

/// A map that is being written.
#[derive(Debug)]
pub struct OpenMap {
    first_pair: usize,
    may_repeat: bool,
}

impl<'a> NestedReader<'a> {
    /// The head of a value, and the reader of what is in it.
    #[must_use]
    pub fn open(value: Value<'a>) -> (ValueHead<'a>, Self) {
        let (head, inside): (_, &[u8]) = match value {
            Value::Array(count, items) => (ValueHead::Array(count), items),
            Value::Map(count, entries) => (ValueHead::Map(count), entries),
            scalar => (ValueHead::Scalar(scalar), &[]),
        };
        (head, Self { reader: MsgpackReader::new(inside), pairs: SmallVec::new() })
    }

    /// The head of the next value; after that of a container, its content must be read or skipped. `None`: malformed
    /// bytes, or the end.
    pub fn head(&mut self) -> Option<ValueHead<'a>> {
        self.reader.head().ok()
    }

    /// The next pair's key and the head of its value.
    pub fn pair(&mut self) -> Option<(Value<'a>, ValueHead<'a>)> {
        let key = self.reader.value().ok()?;
        Some((key, self.head()?))
    }

    /// Steps over what is in a container.
    pub fn skip(&mut self, head: ValueHead<'a>) {
        let values = match head {
            ValueHead::Scalar(_) => 0,
            ValueHead::Array(count) => u64::from(count),
            ValueHead::Map(count) => 2 * u64::from(count),
        };
        // Behind malformed bytes there is nothing to read.
        self.reader.skip(values).ok();
    }

    /// Begins to write a map of this many pairs.
    pub fn open_map(&self, count: u32) -> OpenMap {
        OpenMap { first_pair: self.pairs.len(), may_repeat: count > 1 }
    }

    /// Notes that a pair of the map will be written at `at`, before which escaping has added `added` bytes. All of it up to
    /// the next pair belongs to the pair.
    pub fn note_pair(&mut self, map: &OpenMap, key: Value<'a>, at: usize, added: usize) {
        if map.may_repeat {
            self.pairs.push(WrittenPair { key, at, added });
        }
    }

    /// Ends the map at the end of `out`: takes out each pair whose key comes again after it. Returns what escaping has
    /// added to them.
    pub fn close_map(&mut self, map: &OpenMap, out: &mut Vec<u8>, added: usize) -> usize {
        let pairs = self.pairs.get(map.first_pair..).unwrap_or_default();
        let keys = pairs.iter().map(|pair| pair.key);
        let removed = distinct::repeated(keys).map_or(0, |repeated| remove(pairs, &repeated, out, added));
        self.pairs.truncate(map.first_pair);
        removed
    }
}

/// Removes the pairs marked in `repeated` from the end of `out`.
fn remove(pairs: &[WrittenPair<'_>], repeated: &[bool], out: &mut Vec<u8>, added: usize) -> usize {
    let end = WrittenPair { key: Value::Nil, at: out.len(), added };
    let ends = pairs.iter().skip(1).chain([&end]);
    let mut kept = pairs.first().map_or(end.at, |pair| pair.at);
    let mut removed = 0;
    for ((pair, end), repeated) in pairs.iter().zip(ends).zip(repeated) {
        if *repeated {
            removed += end.added - pair.added;
        } else {
            out.copy_within(pair.at..end.at, kept);
            kept += end.at - pair.at;
        }
    }
    out.truncate(kept);
    removed
}

#[cfg(test)]
mod tests;
