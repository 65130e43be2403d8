//! When to send, when to send again, and when to give up.

pub mod ack;
pub mod breaker;
pub mod rate_limit;
pub mod retry;
pub mod sender;
