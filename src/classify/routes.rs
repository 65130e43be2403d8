//! Looks up where a class goes.

use super::classes::{BUILT_IN, Class};

/// The destinations of each class, by their positions.
#[derive(Debug, Default)]
pub struct Routes {
    by_class: Vec<Vec<usize>>,
}

impl Routes {
    /// One row per class, in the order of `Class::index`.
    #[must_use]
    pub fn new(by_class: Vec<Vec<usize>>) -> Self {
        Self { by_class }
    }

    /// Routes for as many classes as `like` has, all to the same destinations.
    #[must_use]
    pub fn all_to(destinations: &[usize], like: &Self) -> Self {
        Self { by_class: vec![destinations.to_vec(); like.by_class.len()] }
    }

    /// The destinations of a class; none means that it is dropped on purpose.
    #[must_use]
    pub fn get(&self, class: Class) -> &[usize] {
        self.by_class.get(class.index()).map_or(&[], Vec::as_slice)
    }

    /// The number of the user's own classes.
    #[must_use]
    pub fn own_classes(&self) -> usize {
        self.by_class.len().saturating_sub(BUILT_IN.len())
    }
}
