//! Replies that answer for each entry of a request by itself: 200 is not yet delivery there.

use super::{ReplyAction, RetryTiming, redact};
use crate::metrics::Reason;

/// What the error of one entry means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryFault {
    /// The service will never take it.
    Refused,
    /// It may be taken later.
    Later(RetryTiming),
}

/// What the reply means, from each entry's error code in the order of the request; `fault` says what a code means.
pub(super) fn judge(operation: &str, codes: &[Option<String>], fault: fn(&str) -> EntryFault) -> ReplyAction {
    let failed = || codes.iter().enumerate().filter_map(|(at, code)| Some((at, code.as_deref()?)));
    let is_refused = |code: &str| fault(code) == EntryFault::Refused;
    let retry: Vec<usize> = failed().filter(|(_, code)| !is_refused(code)).map(|(at, _)| at).collect();
    match failed().next() {
        None => ReplyAction::Delivered,
        // When no entry got through, a pause is what helps, or a person; when some did, only the rest is sent again.
        Some((_, first)) if retry.len() == codes.len() => {
            let code: String = redact::quoted(first).collect();
            let timing = match fault(first) {
                EntryFault::Later(timing) => timing,
                EntryFault::Refused => RetryTiming::Backoff,
            };
            retry_all(operation, timing, &format!("but accepted nothing: {code}"))
        }
        Some(_) => {
            let refused = failed().filter(|(_, code)| is_refused(code));
            ReplyAction::Partial {
                retry,
                rejected: refused.map(|(at, _)| (at..at + 1, Reason::Refused)).collect(),
            }
        }
    }
}

/// The reply says nothing that could be believed.
pub(super) fn not_understood(operation: &str, what: &str) -> ReplyAction {
    retry_all(operation, RetryTiming::Backoff, what)
}

fn retry_all(operation: &str, timing: RetryTiming, what: &str) -> ReplyAction {
    ReplyAction::Retry { timing, reason: format!("{operation} answered 200 {what}") }
}
