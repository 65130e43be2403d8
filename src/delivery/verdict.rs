//! From what one chunk's destinations have settled to the one answer that Fluent Bit understands.

use super::progress::Progress;

/// The answer to one flush.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing of the chunk could be read.
    Error,
    /// Every record was delivered, or rejected for good and counted.
    Ok,
    /// Fluent Bit is to send the same chunk again.
    Retry,
}

/// `required[d]` says whether destination `d` counts; the others are best effort. One more failure never improves the
/// verdict.
#[must_use]
pub fn verdict(progress: &Progress, required: impl IntoIterator<Item = bool>) -> Verdict {
    let mut destinations = required.into_iter().enumerate();
    match destinations.any(|(index, required)| required && progress.missing(index) > 0) {
        true => Verdict::Retry,
        false => Verdict::Ok,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn one_more_failure_never_improves_the_verdict(
            wanted in proptest::collection::vec(0u32..5, 1..5), settled in proptest::collection::vec(0u32..5, 5),
            required in proptest::collection::vec(any::<bool>(), 5), worse in 0usize..5,
        ) {
            let answer = |fail: Option<usize>| {
                let progress = Progress::new(wanted.len());
                for (at, &count) in wanted.iter().enumerate() {
                    progress.expect(at, count);
                    if fail != Some(at) {
                        progress.settle(at, 0..settled[at].min(count));
                    }
                }
                verdict(&progress, required.iter().copied())
            };
            if answer(None) == Verdict::Retry {
                prop_assert_eq!(answer(Some(worse)), Verdict::Retry);
            }
        }
    }
}
