//! Errors of AWS services: how the JSON protocols write them, and what those mean that all services share.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html>, read 2026-11.

use http::HeaderName;
use serde_json::Value;

use super::{Reply, ReplyAction, RetryTiming};
use super::{http_post, redact};

/// Where a service that cannot verify a signature begins to repeat what it should have signed.
const ECHO_OF_REQUEST: &str = "The Canonical String";

/// An error as the service reported it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AwsError {
    pub(super) code: String,
    message: String,
    status: u16,
    /// The reply broke off before the error code.
    code_missing: bool,
}

/// Reads the error of a JSON-protocol reply; missing fields stay empty.
pub(super) fn aws_error(reply: &Reply) -> AwsError {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let header = reply.header(&HeaderName::from_static("x-amzn-errortype")).map(str::to_owned);
    let code = text("__type").or(header).or_else(|| text("code")).unwrap_or_default();
    let message = text("message").or_else(|| text("Message")).unwrap_or_default();
    AwsError::new(bare_code(&code).to_owned(), message, reply)
}

/// `com.amazonaws.logs#ThrottlingException:http://…` → `ThrottlingException`
fn bare_code(code: &str) -> &str {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code)
}

/// What a reply means for a call that carries no batch: 200 is success, errors that all services share are classified,
/// and any other error waits for the next flush, because a person must act. `operation` is the API's name, `owner` what
/// comes before the dot of its keys; both are for the log.
#[must_use]
pub fn classify_aws_reply(reply: &Reply, operation: &str, owner: &str) -> ReplyAction {
    if reply.status == 200 {
        return ReplyAction::Delivered;
    }
    let error = aws_error(reply);
    error.classify_common(reply, operation, owner).unwrap_or_else(|| ReplyAction::Retry {
        timing: RetryTiming::NextFlush,
        reason: error.describe(operation),
    })
}

/// Why a call failed that only reads, for callers that go on without its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReadFailure {
    Denied,
    CredentialsRefused,
    Throttled,
    NotFound,
    Unavailable,
}

/// What kept a call from reading, and its words for the log; `None`: nothing.
pub(crate) fn read_failure(reply: &Reply, operation: &str) -> Option<(ReadFailure, String)> {
    if reply.status == 200 && !reply.truncated {
        return None;
    }
    let error = aws_error(reply);
    let failure = match error.code.as_str() {
        _ if error.is_throttle() => ReadFailure::Throttled,
        _ if error.is_authentication() => ReadFailure::CredentialsRefused,
        code if code.starts_with("AccessDenied") || reply.status == 403 => ReadFailure::Denied,
        // ECS says so of a task definition or a cluster that it does not know.
        "ResourceNotFoundException" | "ClientException" | "ClusterNotFoundException" => ReadFailure::NotFound,
        _ => ReadFailure::Unavailable,
    };
    Some((failure, error.describe(operation)))
}

impl AwsError {
    /// An error whose code and message were read from the reply, in whichever protocol.
    pub(super) fn new(code: String, mut message: String, reply: &Reply) -> Self {
        // What follows repeats the request's headers, with the session's token among them.
        message.truncate(message.find(ECHO_OF_REQUEST).unwrap_or(message.len()));
        message.truncate(message.trim_end().len());
        Self { code_missing: reply.truncated && code.is_empty(), code, message, status: reply.status }
    }

    /// What the error means at every service; `None` when it depends on the service.
    pub(super) fn classify_common(&self, reply: &Reply, operation: &str, owner: &str) -> Option<ReplyAction> {
        let reason = self.describe(operation);
        if self.is_throttle() || self.is_outage() || self.code_missing {
            return Some(ReplyAction::Retry { timing: RetryTiming::Backoff, reason });
        }
        if self.is_authentication() {
            return Some(ReplyAction::Reauthorize { reason });
        }
        if self.code.starts_with("AccessDenied") || reply.status == 403 {
            let reason =
                format!("{reason}; grant this permission to the task role, or to {owner}.role_arn if set");
            return Some(ReplyAction::Retry { timing: RetryTiming::NextFlush, reason });
        }
        if self.code.is_empty() && http_post::misconfigured(reply).is_some() {
            return Some(http_post::keep(
                &reason,
                &format!("this is not a reply of AWS; check {owner}.endpoint"),
            ));
        }
        None
    }

    /// Whether the service names this member of the request, or one inside it, as what breaks a rule.
    pub(super) fn is_about_member(&self, name: &str) -> bool {
        let is_invalid = matches!(self.code.as_str(), "InvalidParameterException" | "ValidationException");
        is_invalid && self.message.contains(&format!(" at '{name}"))
    }

    /// Whether the same request may succeed later without anybody changing anything.
    pub(super) fn is_transient(&self) -> bool {
        self.is_throttle() || self.is_outage() || self.is_authentication() || self.code_missing
    }

    pub(super) fn is_throttle(&self) -> bool {
        self.status == 429 || self.code.starts_with("Throttl") || self.code == "LimitExceededException"
    }

    fn is_outage(&self) -> bool {
        self.status >= 500
            || self.status == 408
            || matches!(
                self.code.as_str(),
                "ServiceUnavailableException" | "InternalFailure" | "RequestTimeout"
            )
    }

    pub(super) fn is_authentication(&self) -> bool {
        matches!(
            self.code.as_str(),
            "ExpiredTokenException"
                | "ExpiredToken"
                | "UnrecognizedClientException"
                | "InvalidClientTokenId"
                | "InvalidSignatureException"
                | "SignatureDoesNotMatch"
                | "RequestTimeTooSkewed"
                | "RequestExpired"
        )
    }

    /// Whether the clocks of this machine and of the service differ: other credentials change nothing.
    pub(super) fn is_clock_skew(&self) -> bool {
        self.code == "RequestTimeTooSkewed"
            || self.message.starts_with("Signature expired")
            || self.message.starts_with("Signature not yet current")
    }

    /// Whether the words are about credentials, for front ends that give no code.
    pub(super) fn is_about_credentials(&self) -> bool {
        let about = ["security token included in the request", "request signature we calculated"];
        about.iter().any(|words| self.message.contains(words))
    }

    /// For the log: operation, status, code and the service's own words, which never hold the payload.
    pub(super) fn describe(&self, operation: &str) -> String {
        let Self { code, message, status, code_missing } = self;
        let mut text = format!("{operation} answered {status} ");
        match code.as_str() {
            _ if *code_missing => text.push_str("and an incomplete body"),
            "" => text.push_str("no error code"),
            code => text.extend(redact::quoted(code)),
        }
        if !message.is_empty() {
            text.push_str(": ");
            text.extend(redact::quoted(message));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_is_not_awss_own_names_the_key_of_the_address() {
        for status in [301, 401, 404, 405] {
            let reply = Reply { status, ..Reply::default() };
            let ReplyAction::Retry { timing: RetryTiming::NextFlush, reason } =
                classify_aws_reply(&reply, "PutLogEvents", "logs")
            else {
                panic!("{status}")
            };
            assert!(reason.contains("check logs.endpoint"), "{reason}");
        }
    }

    #[test]
    fn what_keeps_a_call_from_reading() {
        let failure = |status, code: &str| {
            let body = format!("{{\"__type\":\"{code}\"}}");
            read_failure(&Reply { status, body: body.into(), ..Reply::default() }, "GetLogEvents")
                .map(|(why, _)| why)
        };
        for (status, code, expected) in [
            (200, "", None),
            (400, "com.amazonaws.logs#AccessDeniedException", Some(ReadFailure::Denied)),
            (403, "", Some(ReadFailure::Denied)),
            (400, "ThrottlingException", Some(ReadFailure::Throttled)),
            (400, "ResourceNotFoundException", Some(ReadFailure::NotFound)),
            (400, "ClientException", Some(ReadFailure::NotFound)),
            (400, "ExpiredTokenException", Some(ReadFailure::CredentialsRefused)),
            (503, "", Some(ReadFailure::Unavailable)),
            (301, "", Some(ReadFailure::Unavailable)),
        ] {
            assert_eq!(failure(status, code), expected, "{status} {code}");
        }
    }

    #[test]
    fn what_a_service_repeats_of_the_request_is_not_shown() {
        let message = "The request signature does not match. The Canonical String for this request should have been\n\
                       'POST\n/\n\nx-amz-security-token:hunter2";
        let body = serde_json::json!({ "__type": "InvalidSignatureException", "message": message });
        let reply = Reply { status: 403, body: body.to_string().into(), ..Reply::default() };
        let line = aws_error(&reply).describe("PutLogEvents");
        assert_eq!(
            line,
            "PutLogEvents answered 403 InvalidSignatureException: The request signature does not match."
        );
    }

    #[test]
    fn what_a_service_says_fits_one_line_of_the_log() {
        let long = format!("Bad\n\u{2028}{}", "x".repeat(1_000));
        let error = AwsError::new(long.clone(), long, &Reply::default());
        let line = error.describe("PutObject");
        assert!(line.starts_with("PutObject answered 0 Badxxx") && line.contains("x: Badxxx"), "{line}");
        assert!(line.len() < 700, "{line}");
    }
}
