//! When to send, when to send again, and when to give up.

pub(crate) mod answer;
mod attempts;
mod backoff;
mod breaker;
mod call;
pub(crate) mod ledger;
pub mod progress;
mod rate_limit;
mod reporter;
mod retry;
pub(crate) mod sender;
pub mod verdict;

pub(crate) use self::backoff::Backoff;
pub(crate) use self::call::{Call, Outcome};
pub(crate) use self::rate_limit::RateLimiter;
