//! Huffman codes of limited length, in the canonical form of RFC 1951, 3.2.2.

/// As many symbols as any alphabet here has.
const MAX_SYMBOLS: usize = 288;

/// No code is longer in RFC 1951.
const MAX_BITS: usize = 15;

const SYMBOL_BITS: u32 = 9;

/// How many bits each symbol's code has, at most `longest`; 0 for those that do not occur. There are always two codes at
/// least, because not every decoder takes one.
pub(super) fn code_lengths(counts: &[u32], longest: usize) -> Vec<u8> {
    let mut lengths = vec![0; counts.len()];
    let symbols = by_count(counts);
    if symbols.len() < 2 {
        let only = symbols.first().map_or(0, |symbol| symbol_of(*symbol));
        lengths.iter_mut().take(2.max(only + 1)).enumerate().for_each(|(symbol, length)| {
            *length = u8::from(symbol == only || symbol == usize::from(only == 0));
        });
        return lengths;
    }
    let per_length = limited(codes_per_length(&symbols), longest);
    // The rarest symbols come first, and get the longest codes.
    let longest_first =
        (1..=longest).rev().flat_map(|bits| std::iter::repeat_n(bits as u8, per_length[bits]));
    for (symbol, bits) in symbols.iter().zip(longest_first) {
        lengths[symbol_of(*symbol)] = bits;
    }
    lengths
}

/// The symbols that occur, below how often they do, the rarest first.
fn by_count(counts: &[u32]) -> Vec<u32> {
    let mut symbols: Vec<u32> = (0..)
        .zip(counts)
        .filter(|(_, count)| **count > 0)
        .map(|(symbol, count): (u32, _)| count << SYMBOL_BITS | symbol)
        .collect();
    symbols.sort_unstable();
    symbols
}

fn symbol_of(counted: u32) -> usize {
    (counted % (1 << SYMBOL_BITS)) as usize
}

/// Huffman's algorithm: joins the two rarest until one is left. Those that were joined come out rarest first, too, so two
/// queues are enough.
struct Tree {
    leaves: usize,
    /// How often what was joined occurs, in the order in which it was.
    weights: Vec<u32>,
    /// The join that took each leaf, and each join.
    parents_of_leaves: [u16; MAX_SYMBOLS],
    parents_of_joins: [u16; MAX_SYMBOLS],
    joins: usize,
}

impl Tree {
    fn of(symbols: &[u32]) -> Self {
        let mut tree = Self {
            leaves: 0,
            weights: Vec::with_capacity(symbols.len()),
            parents_of_leaves: [0; MAX_SYMBOLS],
            parents_of_joins: [0; MAX_SYMBOLS],
            joins: 0,
        };
        for _ in 1..symbols.len() {
            let weight = tree.take_rarest(symbols) + tree.take_rarest(symbols);
            tree.weights.push(weight);
        }
        tree
    }

    /// Takes the rarest of what is left as a child of the next join; returns how often it occurs.
    fn take_rarest(&mut self, symbols: &[u32]) -> u32 {
        let parent = self.weights.len() as u16;
        let leaf = symbols.get(self.leaves).map(|symbol| symbol >> SYMBOL_BITS);
        let join = self.weights.get(self.joins).copied();
        match leaf {
            Some(leaf) if join.is_none_or(|join| leaf <= join) => {
                self.parents_of_leaves[self.leaves] = parent;
                self.leaves += 1;
                leaf
            }
            _ => {
                self.parents_of_joins[self.joins] = parent;
                self.joins += 1;
                join.unwrap_or_default()
            }
        }
    }
}

/// How many codes have each length, up to 63: a longer one needs more tokens than a block has.
fn codes_per_length(symbols: &[u32]) -> [usize; 64] {
    let tree = Tree::of(symbols);
    let mut depths = [0u8; MAX_SYMBOLS];
    let root = symbols.len() - 2;
    for join in (0..root).rev() {
        depths[join] = depths[usize::from(tree.parents_of_joins[join])] + 1;
    }
    let mut per_length = [0; 64];
    for parent in tree.parents_of_leaves.iter().take(symbols.len()) {
        per_length[usize::from(depths[usize::from(*parent)] + 1) % 64] += 1;
    }
    per_length
}

/// Cuts codes that are too long, and makes shorter ones longer until there is room for all (zlib's `gen_bitlen`).
fn limited(mut per_length: [usize; 64], longest: usize) -> [usize; 64] {
    let too_long: usize = per_length.iter().skip(longest + 1).sum();
    per_length[longest] += too_long;
    let used: usize = (1..=longest).map(|bits| per_length[bits] << (longest - bits)).sum();
    for _ in 1 << longest..used {
        let Some(shorter) = (1..longest).rev().find(|bits| per_length[*bits] > 0) else { break };
        per_length[shorter] -= 1;
        per_length[shorter + 1] += 2;
        per_length[longest] -= 1;
    }
    per_length
}

/// The codes, first bit lowest, as they are written.
pub(super) fn codes(lengths: &[u8]) -> impl Iterator<Item = u16> {
    let mut next = first_codes(lengths);
    lengths.iter().map(move |bits| {
        let bits = usize::from(*bits) % (MAX_BITS + 1);
        let code = next[bits];
        next[bits] += 1;
        code.reverse_bits().checked_shr(16 - bits as u32).unwrap_or_default()
    })
}

/// The first code of each length.
fn first_codes(lengths: &[u8]) -> [u16; MAX_BITS + 1] {
    let mut per_length = [0u16; MAX_BITS + 1];
    lengths
        .iter()
        .filter(|bits| **bits > 0)
        .for_each(|bits| per_length[usize::from(*bits) % (MAX_BITS + 1)] += 1);
    let mut first = [0u16; MAX_BITS + 1];
    for bits in 1..=MAX_BITS {
        first[bits] = (first[bits - 1] + per_length[bits - 1]) << 1;
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_complete_and_not_too_long_whatever_the_counts() {
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..2_000 {
            let mut counts = vec![0; random.usize(2..287)];
            counts.iter_mut().for_each(|count| *count = (random.u32(..) >> random.u32(9..32)) / 3);
            for longest in [9, 14, 15] {
                let lengths = code_lengths(&counts, longest);
                let used: usize = lengths
                    .iter()
                    .filter(|bits| **bits > 0)
                    .map(|bits| 1 << (longest - usize::from(*bits)))
                    .sum();
                assert_eq!(used, 1 << longest, "{counts:?}");
                let occurs = |symbol: usize| counts[symbol] > 0;
                assert!((0..counts.len()).all(|symbol| !occurs(symbol) || lengths[symbol] > 0), "{counts:?}");
            }
        }
    }

    /// Counts like Fibonacci numbers make the longest codes there are.
    #[test]
    fn the_longest_codes_are_cut() {
        let mut counts = vec![1, 1];
        while counts.len() < 30 {
            counts.push(counts[counts.len() - 1] + counts[counts.len() - 2]);
        }
        let lengths = code_lengths(&counts, 7);
        assert_eq!(lengths.iter().max(), Some(&7));
        assert!(lengths.is_sorted_by(|rare, frequent| rare >= frequent), "{lengths:?}");
    }

    /// The example of RFC 1951, 3.2.2.
    #[test]
    fn codes_are_those_of_the_rfc() {
        let expected = [0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111u16];
        let lengths = [3, 3, 3, 3, 3, 2, 4, 4];
        let expected = expected.iter().zip(lengths).map(|(code, bits)| code.reverse_bits() >> (16 - bits));
        assert!(codes(&lengths).eq(expected));
    }
}
