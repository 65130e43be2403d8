//! The operations: DescribeTaskDefinition, DescribeServices and GetLogEvents, their requests and what the replies say. Pure.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTaskDefinition.html>,
//! <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html> and
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>, read 2026-11.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::config::endpoint::AwsService;
use crate::destination::{HttpRequest, Reply};
use crate::stop::{LogPlace, MissingLines, StopEvent};

/// One call before it has an address.
#[derive(Debug)]
pub(super) struct ReadCall {
    pub(super) service: AwsService,
    pub(super) operation: &'static str,
    pub(super) purpose: ReadPurpose,
    /// What fails together: calls of one operation in one region, to one account or one group.
    pub(super) scope: String,
    region: Option<String>,
    target: &'static str,
    body: Value,
}

/// What a call is for, and so what a report lacks without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadPurpose {
    /// The last lines of a container.
    Lines,
    /// What changed between two revisions.
    Changes,
    /// How many tasks a service wants.
    Desired,
}

/// One revision of a task definition.
pub(super) fn describe(region: Option<&str>, arn: &str, purpose: ReadPurpose) -> ReadCall {
    ReadCall {
        purpose,
        service: AwsService::Ecs,
        operation: "DescribeTaskDefinition",
        scope: format!("ecs {} {}", region.unwrap_or_default(), arn.split(':').nth(4).unwrap_or_default()),
        region: region.map(str::to_owned),
        target: "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition",
        body: json!({"taskDefinition": arn}),
    }
}

/// The service of a deployment; `None`: the event does not name it.
pub(super) fn service(deployment: &StopEvent) -> Option<ReadCall> {
    let region = deployment.region.as_deref();
    let account = deployment.account.as_deref();
    Some(ReadCall {
        purpose: ReadPurpose::Desired,
        service: AwsService::Ecs,
        operation: "DescribeServices",
        scope: format!("services {} {}", region.unwrap_or_default(), account.unwrap_or_default()),
        region: region.map(str::to_owned),
        target: "AmazonEC2ContainerServiceV20141113.DescribeServices",
        body: json!({"cluster": deployment.cluster.as_ref()?, "services": [deployment.service.as_ref()?]}),
    })
}

/// How many tasks the service wants. A deployment that failed wants none any more once it is rolled back; the service
/// still does.
pub(super) fn desired_count(body: &[u8]) -> Result<u64, MissingLines> {
    #[derive(Deserialize)]
    struct Described {
        services: Vec<DescribedService>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct DescribedService {
        desired_count: u64,
    }
    let described: Described = serde_json::from_slice(body).map_err(|_| MissingLines::Unavailable)?;
    let wanted = described.services.first().map(|service| service.desired_count);
    wanted.filter(|count| *count > 0).ok_or(MissingLines::NotFound)
}

/// The last events of a stream, or those before `token`.
pub(super) fn events(region: Option<&str>, place: &LogPlace, limit: usize, token: Option<&str>) -> ReadCall {
    let mut body = json!({
        "logGroupName": place.group,
        "logStreamName": place.stream,
        "limit": limit,
        "startFromHead": false,
    });
    if let (Some(token), Some(body)) = (token, body.as_object_mut()) {
        body.insert("nextToken".to_owned(), token.into());
    }
    ReadCall {
        service: AwsService::Logs,
        purpose: ReadPurpose::Lines,
        operation: "GetLogEvents",
        scope: format!("logs {} {}", region.unwrap_or_default(), place.group),
        region: region.map(str::to_owned),
        target: "Logs_20140328.GetLogEvents",
        body,
    }
}

impl ReadCall {
    /// The region, if it can be one: it becomes part of a host's name.
    pub(super) fn region(&self) -> Option<&str> {
        let is_label = |region: &&str| {
            !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        self.region.as_deref().filter(is_label)
    }

    pub(super) fn request(&self, address: String) -> HttpRequest {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
        headers.insert(HeaderName::from_static("x-amz-target"), HeaderValue::from_static(self.target));
        HttpRequest {
            method: Method::POST,
            url: address,
            headers,
            body: self.body.to_string().into(),
            sign: Some(self.service.label()),
        }
    }
}

/// A page of a stream's events.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LogPage {
    /// The oldest first.
    pub(super) lines: Vec<String>,
    /// For the page before it.
    pub(super) next: Option<String>,
}

/// `None`: this is not a reply of GetLogEvents.
pub(super) fn page(reply: &Reply) -> Option<LogPage> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Events {
        events: Vec<LoggedLine>,
        next_backward_token: Option<String>,
    }
    #[derive(Deserialize)]
    struct LoggedLine {
        message: String,
    }
    let read: Events = serde_json::from_slice(&reply.body).ok()?;
    let lines = read.events.into_iter().map(|event| line_of(event.message)).collect();
    Some(LogPage { lines, next: read.next_backward_token })
}

/// The application's own line: a router may have written it as the field `log` of a record.
fn line_of(message: String) -> String {
    let record = message.starts_with('{').then(|| serde_json::from_str(&message)).and_then(Result::ok);
    let log = record.as_ref().and_then(|record: &Value| record.get("log")?.as_str());
    log.map(str::to_owned).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_name_what_is_asked_for() {
        let place = LogPlace { region: None, group: "/ecs/web".into(), stream: "web/app/1".into() };
        let call = events(Some("eu-west-1"), &place, 20, Some("b/1"));
        let request = call.request("https://logs.eu-west-1.amazonaws.com".to_owned());
        assert_eq!(request.headers["x-amz-target"], "Logs_20140328.GetLogEvents");
        let body: Value = serde_json::from_slice(&request.body.to_bytes()).unwrap();
        assert_eq!(
            body,
            json!({"logGroupName": "/ecs/web", "logStreamName": "web/app/1", "limit": 20, "startFromHead": false,
                "nextToken": "b/1"})
        );
        assert_eq!(describe(Some("cn-north-1"), "web:7", ReadPurpose::Lines).region(), Some("cn-north-1"));
        for bad in [None, Some(""), Some("x/../y"), Some("evil.example#")] {
            assert_eq!(describe(bad, "web:7", ReadPurpose::Lines).region(), None, "{bad:?}");
        }
    }

    #[test]
    fn a_service_that_is_gone_or_wants_nothing_has_no_count() {
        for (body, count) in [
            (r#"{"services":[{"serviceName":"web","desiredCount":10}],"failures":[]}"#, Ok(10)),
            (r#"{"services":[{"desiredCount":0}]}"#, Err(MissingLines::NotFound)),
            (r#"{"services":[],"failures":[{"reason":"MISSING"}]}"#, Err(MissingLines::NotFound)),
            (r#"{"message":"?"}"#, Err(MissingLines::Unavailable)),
            ("<html>", Err(MissingLines::Unavailable)),
        ] {
            assert_eq!(desired_count(body.as_bytes()), count, "{body}");
        }
    }

    /// Else a stop of an account that the role may not read would cost all others their last lines.
    #[test]
    fn a_refusal_by_one_account_is_none_by_another() {
        let scope = |arn: &str| describe(Some("eu-west-1"), arn, ReadPurpose::Changes).scope;
        let own = scope("arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7");
        assert_ne!(own, scope("arn:aws:ecs:eu-west-1:444455556666:task-definition/web:7"));
        assert_eq!(own, scope("arn:aws:ecs:eu-west-1:111122223333:task-definition/api:1"));
    }

    #[test]
    fn lines_are_the_applications_own() {
        let body = json!({"events": [{"timestamp": 1, "message": "plain"}, {"message": "{\"log\":\"of a record\",\"a\":1}"},
            {"message": "{\"level\":\"error\"}"}, {"message": "{ no JSON"}], "nextBackwardToken": "b/2"});
        let reply = Reply { status: 200, body: body.to_string().into(), ..Reply::default() };
        let read = page(&reply).unwrap();
        assert_eq!(read.lines, ["plain", "of a record", "{\"level\":\"error\"}", "{ no JSON"]);
        assert_eq!(read.next.as_deref(), Some("b/2"));
        assert_eq!(page(&Reply { body: "<html>".into(), ..Reply::default() }), None);
    }
}
