//! What is masked for whom, in one output.

use super::redactor::Redactor;

/// The rules of an output, and which of them apply to which destination.
#[derive(Debug, Default)]
pub struct Redaction {
    /// The names of all rules, in the order of the counters.
    pub rules: Vec<String>,
    /// One for each set of rules that a destination has.
    pub redactors: Vec<Redactor>,
    /// By destination: the position of its redactor. `None`: it gets everything as it is.
    pub by_destination: Vec<Option<usize>>,
}

impl Redaction {
    /// Whether nothing is masked for anybody.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.redactors.is_empty()
    }

    /// The position of the redactor of a destination.
    #[must_use]
    pub fn position(&self, destination: usize) -> Option<usize> {
        self.by_destination.get(destination).copied().flatten()
    }
}
