//! What failed is not asked again for a while, so that the reports after it go out at once.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::stop::MissingLines;

/// How long after a refusal nobody asks: permissions change by a person.
const AFTER_REFUSAL: Duration = Duration::from_mins(1);

/// How long after a service did not answer nobody asks.
const AFTER_OUTAGE: Duration = Duration::from_secs(10);

/// More are forgotten: each costs one more call.
const MAX_PAUSES: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Pauses(RefCell<HashMap<String, (Instant, MissingLines)>>);

impl Pauses {
    /// Why this is not to be asked now.
    pub(super) fn of(&self, scope: &str) -> Option<MissingLines> {
        let pauses = self.0.borrow();
        let (until, why) = pauses.get(scope)?;
        (Instant::now() < *until).then_some(*why)
    }

    /// Notes a failure.
    pub(super) fn note(&self, scope: &str, why: MissingLines) {
        let pause = match why {
            MissingLines::Permission => AFTER_REFUSAL,
            MissingLines::Timeout | MissingLines::Unavailable => AFTER_OUTAGE,
            // These are about one stop, or pass in a moment.
            MissingLines::Throttled
            | MissingLines::NotFound
            | MissingLines::Empty
            | MissingLines::OtherLogDriver => return,
        };
        let mut pauses = self.0.borrow_mut();
        if pauses.len() >= MAX_PAUSES {
            pauses.clear();
        }
        pauses.insert(scope.to_owned(), (Instant::now() + pause, why));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_refusal_holds_longer_than_an_outage_and_for_its_own_scope_only() {
        let pauses = Pauses::default();
        pauses.note("ecs", MissingLines::Permission);
        pauses.note("logs a", MissingLines::Timeout);
        pauses.note("logs b", MissingLines::NotFound);
        let now = ["ecs", "logs a", "logs b"].map(|scope| pauses.of(scope));
        assert_eq!(now, [Some(MissingLines::Permission), Some(MissingLines::Timeout), None]);
        tokio::time::sleep(AFTER_OUTAGE).await;
        assert_eq!((pauses.of("ecs"), pauses.of("logs a")), (Some(MissingLines::Permission), None));
        tokio::time::sleep(AFTER_REFUSAL).await;
        assert_eq!(pauses.of("ecs"), None);
        (0..1_000).for_each(|number| pauses.note(&number.to_string(), MissingLines::Timeout));
        assert!(pauses.0.borrow().len() <= MAX_PAUSES);
    }
}
