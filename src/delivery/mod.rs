//! When to send, when to send again, and when to give up.

pub mod breaker;
pub mod ledger;
pub mod progress;
pub mod rate_limit;
pub mod retry;
pub mod sender;
pub mod verdict;
