//! When to send, when to send again, and when to give up.

mod backoff;
mod breaker;
pub(crate) mod ledger;
pub mod progress;
mod rate_limit;
mod reporter;
mod retry;
pub(crate) mod sender;
pub mod verdict;

pub(crate) use self::backoff::Backoff;
pub(crate) use self::retry::{Call, Outcome};
