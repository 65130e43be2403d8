//! Ranges of a text that several searches found.

use std::ops::Range;

/// The ranges in order, with those that overlap as one, under the mark of the first of them.
pub(super) fn merged<T>(mut spans: Vec<(Range<usize>, T)>) -> Vec<(Range<usize>, T)> {
    spans.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut merged: Vec<(Range<usize>, T)> = Vec::with_capacity(spans.len());
    for (range, mark) in spans {
        match merged.last_mut() {
            Some((last, _)) if range.start < last.end => last.end = last.end.max(range.end),
            _ => merged.push((range, mark)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_overlaps_is_one() {
        let spans = vec![(5..9, 'b'), (0..3, 'a'), (6..12, 'c'), (12..13, 'd'), (5..7, 'e')];
        assert_eq!(merged(spans), [(0..3, 'a'), (5..12, 'b'), (12..13, 'd')]);
        assert_eq!(merged(Vec::<(Range<usize>, ())>::new()), []);
    }
}
