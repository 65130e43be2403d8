//! Whether a rule can match at all: a few bytes that each of its matches has, searched a vector at a time, for rules whose
//! matches have no rare byte. For others the search for the matches begins with `memchr`.
//!
//! Sixty-four positions at a step, in loops of fixed width without a branch, which the compiler turns into vector compares.
//! What is searched is copied between zeros first, so that no step has an end of its own: that costs less than the ends.

/// Positions that a step looks at.
const STEP: usize = 64;

/// Bytes from a position on that may decide about it.
const WIDTH: usize = 6;

/// Bytes that a step touches.
const BLOCK: usize = STEP + WIDTH - 1;

/// The bytes from some position on.
pub(super) type Window = [u8; WIDTH];

/// Texts to be searched, with zeros around each.
#[derive(Debug, Clone, Default)]
pub(super) struct Haystack(Vec<u8>);

impl Haystack {
    #[cfg(test)]
    pub(super) fn of(text: &[u8]) -> Self {
        let mut haystack = Self::default();
        haystack.fill(|push| push(text));
        haystack
    }

    /// Replaces the texts by those that `fill` pushes.
    pub(super) fn fill(&mut self, fill: impl FnOnce(&mut dyn FnMut(&[u8]))) {
        self.0.clear();
        self.0.extend([0; 2]);
        fill(&mut |text| {
            self.0.extend_from_slice(text);
            self.0.push(0);
        });
        self.0.resize(self.0.len().next_multiple_of(STEP) + WIDTH - 1, 0);
    }

    /// The texts with zeros around each, for a search of its own.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether the bytes from any position on pass `test`.
    #[inline(always)]
    pub(super) fn any(&self, test: impl Fn(&Window) -> bool + Copy) -> bool {
        let mut rest = self.0.as_slice();
        while let Some(block) = rest.first_chunk::<BLOCK>() {
            if has(block, test) {
                return true;
            }
            rest = rest.get(STEP..).unwrap_or_default();
        }
        false
    }
}

#[inline(always)]
fn has(block: &[u8; BLOCK], test: impl Fn(&Window) -> bool + Copy) -> bool {
    let window = |at: usize| std::array::from_fn(|offset| block[at + offset]);
    (0..STEP).fold(0, |found, at| found | u8::from(test(&window(at)))) != 0
}

/// Whether a byte is this letter, which is given in lower case, in any case.
#[inline(always)]
pub(super) const fn is_letter(byte: u8, letter: u8) -> bool {
    byte | 0x20 == letter
}

#[inline(always)]
pub(super) const fn is_digit(byte: u8) -> bool {
    byte.wrapping_sub(b'0') < 10
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_found_wherever_it_stands() {
        let is_word = |window: &Window| (window[0] == b'e') & (window[1] == b'y') & (window[2] == b'J');
        for length in 3..200 {
            for at in 0..=length - 3 {
                let mut text = vec![b'.'; length];
                assert!(!Haystack::of(&text).any(is_word));
                text[at..at + 3].copy_from_slice(b"eyJ");
                assert!(Haystack::of(&text).any(is_word), "{length} {at}");
            }
        }
    }

    #[test]
    fn texts_are_apart_and_those_before_are_gone() {
        let is_word = |window: &Window| (window[0] == b'a') & (window[1] == b'b');
        let mut haystack = Haystack::of(b"ab");
        assert!(haystack.any(is_word));
        haystack.fill(|push| {
            push(b"a");
            push(b"b");
        });
        assert!(!haystack.any(is_word));
        assert!(haystack.any(|window| window[0] == b'b'));
        assert!(!Haystack::of(b"").any(|window| window[0] == b'b'));
    }
}
