//! Replies that answer for each entry of a request by itself: 200 is not yet delivery there.

use serde_json::Value;

use super::{Reply, ReplyAction, RetryTiming, redact};
use crate::metrics::Reason;

/// What the error of one entry means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EntryFault {
    /// The service will never take it.
    Refused,
    /// It may be taken later.
    Later(RetryTiming),
}

/// How an operation answers for each entry.
#[derive(Debug)]
pub(super) struct EntryFields {
    /// The operation, as it is called in messages.
    pub(super) operation: &'static str,
    /// The field that counts the entries that failed.
    pub(super) failed: &'static str,
    /// The field with an answer for each entry, in the order of the request.
    pub(super) entries: &'static str,
    /// What entries are called in messages.
    pub(super) what: &'static str,
    /// What the error code of an entry means.
    pub(super) fault: fn(&str) -> EntryFault,
}

/// What a 200 in JSON means for a request of this many entries.
pub(super) fn classify_json(fields: &EntryFields, entries: usize, reply: &Reply) -> ReplyAction {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let (Some(failed), Some(answers)) = (body[fields.failed].as_u64(), body[fields.entries].as_array())
    else {
        return not_understood(fields.operation, "without JSON, so something else answered");
    };
    if failed == 0 {
        return ReplyAction::Delivered;
    }
    let codes: Vec<Option<String>> =
        answers.iter().map(|answer| answer["ErrorCode"].as_str().map(str::to_owned)).collect();
    if codes.len() != entries || codes.iter().flatten().count() == 0 {
        let missing = format!("and does not say which {} failed", fields.what);
        return not_understood(fields.operation, &missing);
    }
    judge(fields.operation, &codes, fields.fault)
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
