//! Replies that broke off after their status, for every type of destination: where the status decides, the reply means
//! what it would have meant whole; everywhere else nothing is taken for granted.

use super::testing::{Keys, batch_of, judged, open, reply, word};
use super::{Purpose, Reply};
use crate::config::keys::DestinationKind;

const CLOUDWATCH: (DestinationKind, Keys<'_>) = (DestinationKind::Cloudwatch, &[("log_group", "g")]);
const FIREHOSE: (DestinationKind, Keys<'_>) = (DestinationKind::Firehose, &[("delivery_stream", "s")]);
const KINESIS: (DestinationKind, Keys<'_>) = (DestinationKind::Kinesis, &[("stream", "s")]);
const FIREHOSE_HTTP: (DestinationKind, Keys<'_>) =
    (DestinationKind::FirehoseHttp, &[("url", "https://example.com/")]);
const HTTP: (DestinationKind, Keys<'_>) = (DestinationKind::Http, &[("url", "https://example.com/")]);
const NEWRELIC: (DestinationKind, Keys<'_>) = (DestinationKind::Newrelic, &[("license_key", "k")]);
const DATADOG: (DestinationKind, Keys<'_>) = (DestinationKind::Datadog, &[("api_key", "k")]);
const SLACK: (DestinationKind, Keys<'_>) =
    (DestinationKind::Slack, &[("webhook_url", "https://hooks.slack.com/services/x")]);
const TEAMS: (DestinationKind, Keys<'_>) =
    (DestinationKind::Teams, &[("webhook_url", "https://example.com/workflows/x")]);
const PAGERDUTY: (DestinationKind, Keys<'_>) =
    (DestinationKind::Pagerduty, &[("integration_key", "0123456789abcdef0123456789abcdef")]);
const OTLP: (DestinationKind, Keys<'_>) = (DestinationKind::Otlp, &[("endpoint", "http://localhost:4318")]);
const SNS: (DestinationKind, Keys<'_>) =
    (DestinationKind::Sns, &[("topic_arn", "arn:aws:sns:eu-west-1:111122223333:t")]);
const EVENTBRIDGE: (DestinationKind, Keys<'_>) = (DestinationKind::Eventbridge, &[]);
const S3: (DestinationKind, Keys<'_>) = (DestinationKind::S3, &[("bucket", "logs"), ("upload_timeout", "0")]);

fn cut(status: u16, body: &'static str) -> Reply {
    Reply { truncated: true, ..reply(status, body) }
}

#[test]
fn a_reply_that_broke_off_is_classified_by_what_is_there() {
    for ((kind, keys), status, body, meaning) in [
        (NEWRELIC, 202, "", "Delivered"),
        (NEWRELIC, 403, "{", "NextFlush"),
        (DATADOG, 202, "{", "Delivered"),
        (DATADOG, 500, "{", "Backoff"),
        (HTTP, 200, "half of a pa", "Delivered"),
        (HTTP, 404, "half of a pa", "NextFlush"),
        (SLACK, 200, "o", "Delivered"),
        (SLACK, 200, "", "Delivered"),
        (SLACK, 200, "<ht", "Backoff"),
        (SLACK, 404, "no_ser", "NextFlush"),
        (TEAMS, 202, "", "Delivered"),
        (TEAMS, 200, "Webhook mess", "Backoff"),
        (TEAMS, 400, r#"{"error":{"code":"Workf"#, "Backoff"),
        (PAGERDUTY, 202, r#"{"status":"suc"#, "Delivered"),
        (PAGERDUTY, 400, r#"{"status":"inv"#, "Backoff"),
        (CLOUDWATCH, 200, "", "Backoff"),
        (CLOUDWATCH, 200, r#"{"rejectedLogEventsInfo":"#, "Backoff"),
        (CLOUDWATCH, 200, "{}", "Delivered"),
        (CLOUDWATCH, 400, r#"{"__type":"AccessDen"#, "Backoff"),
        (CLOUDWATCH, 413, "", "Split"),
        (FIREHOSE, 200, r#"{"FailedPutCount":0,"Requ"#, "Backoff"),
        (FIREHOSE, 400, r#"{"__type":"Resour"#, "Backoff"),
        (KINESIS, 200, r#"{"FailedRecordCount":0,"Rec"#, "Backoff"),
        (KINESIS, 400, r#"{"__type":"Resour"#, "Backoff"),
        (FIREHOSE_HTTP, 200, r#"{"requestId":""#, "Backoff"),
        (FIREHOSE_HTTP, 401, "{", "NextFlush"),
        (OTLP, 200, "", "Backoff"),
        (OTLP, 200, "\u{a}\0", "Backoff"),
        (OTLP, 400, "", "Split"),
        (OTLP, 500, "", "Rejected"),
        (SNS, 200, "<PublishBatchResponse><PublishBatchResult><Successful><member>", "Backoff"),
        (SNS, 400, "<ErrorResponse><Error><Code>InvalidPar", "Backoff"),
        (SNS, 400, "<ErrorResponse><Error><Code>NotFound</Code><Mess", "NextFlush"),
        (EVENTBRIDGE, 200, r#"{"FailedEntryCount":0,"Entr"#, "Backoff"),
        (EVENTBRIDGE, 400, r#"{"__type":"Resour"#, "Backoff"),
        (S3, 200, "", "Backoff"),
        (S3, 403, "<Error><Code>AccessDen", "Backoff"),
        (S3, 403, "<Error><Code>AccessDenied</Code><Mess", "NextFlush"),
        (S3, 412, "", "Delivered"),
    ] {
        let action = judged(&open(kind, keys), 3, &cut(status, body));
        assert_eq!(word(&action), meaning, "{kind:?} {status} {body}");
    }
}

#[test]
fn a_preparation_is_not_ignored_for_an_error_that_nobody_read() {
    let cloudwatch = open(CLOUDWATCH.0, CLOUDWATCH.1);
    let batch = batch_of(&cloudwatch, &[serde_json::json!({"log": "line"})]);
    let classify =
        |reply| word(&cloudwatch.classify_reply(Purpose::Prepare("PutRetentionPolicy"), &batch, &reply));
    assert_eq!(classify(reply(400, "")), "Ignored");
    assert_eq!(classify(cut(400, "")), "Backoff");
}
