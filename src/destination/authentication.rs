//! What a reply of an API of the user's says about who sends, where `auth` proves that.

use super::aws_error::{AwsError, aws_error};
use super::{Reply, ReplyAction, RetryTiming, http_post};
use crate::config::RequestAuth;

/// Services, and what permits to send to them
/// (<https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html>,
/// read 2026-11).
const PERMISSIONS: [(&str, &str); 6] = [
    ("logs", "logs:PutLogEvents"),
    ("es", "es:ESHttpPost, and a role in the domain's fine-grained access control where that is on,"),
    ("aoss", "aoss:APIAccessAll, and write access in the collection's data access policy,"),
    ("osis", "osis:Ingest"),
    ("execute-api", "execute-api:Invoke"),
    ("lambda", "lambda:InvokeFunctionUrl and lambda:InvokeFunction"),
];

/// What the reply says about who sends; `None` when it is about something else. `owner` is the destination's name, `who`
/// answered.
pub(super) fn classify(auth: &RequestAuth, owner: &str, who: &str, reply: &Reply) -> Option<ReplyAction> {
    match auth {
        RequestAuth::Headers => None,
        RequestAuth::OAuth2(_) => of_token(owner, who, reply),
        RequestAuth::Aws { service, .. } => of_signature(service, owner, who, reply),
    }
}

fn of_token(owner: &str, who: &str, reply: &Reply) -> Option<ReplyAction> {
    let reason = http_post::describe(who, reply);
    match reply.status {
        401 => Some(ReplyAction::Reauthorize { reason }),
        403 => {
            let hint = format!("the token does not permit this: check {owner}.scope and {owner}.audience");
            Some(http_post::keep(&reason, &hint))
        }
        _ => None,
    }
}

/// API Gateway, function URLs and OpenSearch answer in JSON, with or without a code; what is not AWS's own is left to the
/// caller.
fn of_signature(service: &str, owner: &str, who: &str, reply: &Reply) -> Option<ReplyAction> {
    if !matches!(reply.status, 400 | 401 | 403 | 404) {
        return None;
    }
    let error = aws_error(reply);
    let reason = error.describe(who);
    if error.is_clock_skew() {
        let hint = "set this machine's clock by NTP: AWS refuses signatures that are minutes off";
        return Some(http_post::keep(&reason, hint));
    }
    if service == "logs" && lacks_place(&error, reply) {
        let hint = format!("create the log group and the stream that {owner}.headers names");
        return Some(http_post::keep(&reason, &hint));
    }
    if error.is_authentication() || error.is_about_credentials() {
        return Some(ReplyAction::Reauthorize { reason });
    }
    match reply.status {
        400 => throttled(&error, reason),
        404 => None,
        _ => {
            let permission = PERMISSIONS.iter().find(|(known, _)| *known == service);
            let permission = permission.map_or("the request", |(_, permission)| permission);
            let hint = format!("grant {permission} to the task role, or to {owner}.role_arn if set");
            Some(http_post::keep(&reason, &hint))
        }
    }
}

/// CloudWatch's OTLP endpoint makes neither group nor stream. Its words may be in a message of protobuf.
fn lacks_place(error: &AwsError, reply: &Reply) -> bool {
    error.code.starts_with("ResourceNotFound")
        || memchr::memmem::find(&reply.body, b"does not exist").is_some()
}

fn throttled(error: &AwsError, reason: String) -> Option<ReplyAction> {
    error.is_throttle().then_some(ReplyAction::Retry { timing: RetryTiming::Backoff, reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Identity, OAuth2Client, Secret};

    fn aws(status: u16, body: &str) -> Option<ReplyAction> {
        signed_for("lambda", status, body)
    }

    fn signed_for(service: &'static str, status: u16, body: &str) -> Option<ReplyAction> {
        let auth = RequestAuth::Aws { service, identity: Identity::default() };
        let reply = Reply { status, body: body.to_owned().into(), ..Reply::default() };
        classify(&auth, "d", "the endpoint", &reply)
    }

    #[test]
    fn what_awss_front_ends_say_of_credentials() {
        for (status, body, expected) in [
            (403, r#"{"message":"The security token included in the request is expired"}"#, "fresh"),
            (403, r#"{"message":"The security token included in the request is invalid."}"#, "fresh"),
            (403, r#"{"__type":"InvalidSignatureException","message":"x"}"#, "fresh"),
            (403, r#"{"message":"The request signature we calculated does not match"}"#, "fresh"),
            (403, r#"{"message":"Signature expired: 1 is now earlier than 2"}"#, "this machine's clock"),
            (403, r#"{"message":"Signature not yet current: 1"}"#, "this machine's clock"),
            (403, r#"{"Message":"Forbidden"}"#, "grant lambda:InvokeFunctionUrl"),
            (401, "", "d.role_arn if set"),
            (400, r#"{"__type":"ThrottlingException"}"#, "ThrottlingException"),
            (400, r#"{"error":"bad json"}"#, ""),
            (200, "", ""),
            (404, "", ""),
        ] {
            let said = match aws(status, body) {
                Some(ReplyAction::Reauthorize { .. }) => "fresh".to_owned(),
                Some(ReplyAction::Retry { reason, .. }) => reason,
                None => String::new(),
                other => panic!("{other:?}"),
            };
            assert!(said.contains(expected) && said.is_empty() == expected.is_empty(), "{body}: {said}");
        }
    }

    #[test]
    fn a_log_group_that_is_missing_loses_nothing() {
        for body in [r#"{"__type":"ResourceNotFoundException"}"#, "\x08\x05\x12The log group does not exist."]
        {
            for status in [400, 404] {
                let Some(ReplyAction::Retry { reason, .. }) = signed_for("logs", status, body) else {
                    panic!("{status} {body}")
                };
                assert!(reason.contains("create the log group"), "{reason}");
            }
        }
    }

    #[test]
    fn a_token_that_is_refused_is_replaced_and_one_that_may_not_is_kept() {
        let client = OAuth2Client {
            token_url: String::new(),
            id: String::new(),
            secret: Secret::default(),
            is_posted: false,
            scope: None,
            audience: None,
        };
        let said = |status| {
            let reply = Reply { status, ..Reply::default() };
            classify(&RequestAuth::OAuth2(client.clone()), "d", "the endpoint", &reply)
        };
        assert!(matches!(said(401), Some(ReplyAction::Reauthorize { .. })));
        let Some(ReplyAction::Retry { reason, .. }) = said(403) else { panic!("kept") };
        assert!(reason.contains("check d.scope"), "{reason}");
        assert_eq!(said(400), None);
    }
}
