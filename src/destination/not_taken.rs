//! What of a batch a reply did not take: nobody bills it.

use super::ReplyAction;

/// The records of a batch that a reply did not take, by position; none where the service does not say which.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NotTaken(Vec<usize>);

impl NotTaken {
    /// The records to be sent again, and those that are rejected for good.
    #[must_use]
    pub fn from_action(action: &ReplyAction) -> Self {
        let ReplyAction::Partial { retry, rejected } = action else { return Self::default() };
        let rejected = rejected.iter().flat_map(|(range, _)| range.clone());
        let mut positions: Vec<usize> = retry.iter().copied().chain(rejected).collect();
        positions.sort_unstable();
        Self(positions)
    }

    /// Whether the record at this position is among them.
    #[must_use]
    pub fn contains(&self, position: usize) -> bool {
        self.0.binary_search(&position).is_ok()
    }
}
