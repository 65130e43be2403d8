//! Wrong paths, keys, regions and names, as each service answers them, for ten minutes on a turned clock: no record is
//! lost, one line a minute says what to change, and everything arrives once the setting is right.
//!
//! The same against a stand-in and in a real Fluent Bit is in `tests/faults/wrong_settings.rs`.

use serde_json::{Value, json};

use super::tests::{Answer, Stage};
use super::*;
use crate::config::keys::DestinationKind::{
    self, Cloudwatch, Datadog, Eventbridge, File, Firehose, FirehoseHttp, Http, Kinesis, Newrelic, Otlp,
    Pagerduty, S3, Slack, Sns, Teams,
};
use crate::delivery::verdict::{Verdict, verdict};
use crate::destination::testing::{Keys, batch_of, open};
use crate::transport::http::Failure;
use http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// How long the setting is wrong.
const WRONG_FOR: Duration = Duration::from_secs(600);

/// How often a new chunk comes.
const CHUNK_INTERVAL: Duration = Duration::from_secs(60);

/// How often Fluent Bit brings the chunks that wait, about.
const REPLAY_INTERVAL: Duration = Duration::from_secs(15);

const FLUSH_TIMEOUT: Duration = Duration::from_secs(10);

/// Records of one chunk: as many as one request of every destination holds.
const RECORDS: u32 = 10;

/// How long it may take until everything has arrived.
const LONGEST_RECOVERY: Duration = Duration::from_secs(120);

/// How long a flush may take once the destination has been wrong for a while, because others wait for it; Slack takes one
/// message a second.
const LONGEST_FLUSH: Duration = Duration::from_secs(3);

/// How a service answers while the setting is wrong.
#[derive(Debug, Clone, Copy)]
enum Says {
    Reply(u16, &'static str),
    /// No host of that name, or nobody listens there.
    NoHost,
    /// The file cannot be written there.
    NoPath,
}

use Says::{NoHost, NoPath, Reply as Answers};

/// One destination, its keys, and per wrong setting what the service says and what the line must name.
struct Row {
    kind: DestinationKind,
    keys: Keys<'static>,
    wrong: &'static [(&'static str, Says, &'static str)],
}

const PAGE: &str = "<!DOCTYPE html><html><head><title>404 Not Found</title></head></html>";

const ROWS: [Row; 15] = [
    Row {
        kind: Cloudwatch,
        keys: &[("log_group", "g"), ("log_stream", "s"), ("auto_create_group", "off")],
        wrong: &[
            ("path", Answers(404, PAGE), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            (
                "key",
                Answers(
                    400,
                    r#"{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}"#,
                ),
                "check the task role",
            ),
            (
                "region",
                Answers(
                    400,
                    r#"{"__type":"InvalidSignatureException","message":"Credential should be scoped to a valid region."}"#,
                ),
                "d.region",
            ),
            (
                "group",
                Answers(
                    400,
                    r#"{"__type":"ResourceNotFoundException","message":"The specified log group does not exist."}"#,
                ),
                "create it or set d.auto_create_group on",
            ),
            (
                "permission",
                Answers(
                    400,
                    r#"{"__type":"AccessDeniedException","message":"User is not authorized to perform: logs:PutLogEvents"}"#,
                ),
                "grant this permission",
            ),
        ],
    },
    Row {
        kind: S3,
        keys: &[("bucket", "logs"), ("upload_timeout", "0")],
        wrong: &[
            ("path", Answers(404, PAGE), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            ("key", Answers(403, "<Error><Code>InvalidAccessKeyId</Code></Error>"), "check the task role"),
            (
                "region",
                Answers(400, "<Error><Code>IllegalLocationConstraintException</Code></Error>"),
                "d.region",
            ),
            ("bucket", Answers(404, "<Error><Code>NoSuchBucket</Code></Error>"), "correct d.bucket"),
            ("bucket", Answers(400, "<Error><Code>InvalidBucketName</Code></Error>"), "d.bucket"),
            ("permission", Answers(403, "<Error><Code>AccessDenied</Code></Error>"), "grant this permission"),
        ],
    },
    Row {
        kind: Firehose,
        keys: &[("delivery_stream", "s")],
        wrong: &[
            ("path", Answers(404, PAGE), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            (
                "key",
                Answers(
                    400,
                    r#"{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}"#,
                ),
                "check the task role",
            ),
            (
                "region or stream",
                Answers(
                    400,
                    r#"{"__type":"ResourceNotFoundException","message":"Firehose s under account 123456789012 not found."}"#,
                ),
                "correct d.delivery_stream",
            ),
        ],
    },
    Row {
        kind: Kinesis,
        keys: &[("stream", "s")],
        wrong: &[
            ("path", Answers(404, PAGE), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            ("key", Answers(400, r#"{"__type":"UnrecognizedClientException"}"#), "check the task role"),
            (
                "region or stream",
                Answers(
                    400,
                    r#"{"__type":"ResourceNotFoundException","message":"Stream s under account 123456789012 not found."}"#,
                ),
                "correct d.stream",
            ),
            ("permission", Answers(400, r#"{"__type":"AccessDeniedException"}"#), "grant this permission"),
        ],
    },
    Row {
        kind: Newrelic,
        keys: &[("license_key", "k")],
        wrong: &[
            ("path", Answers(404, ""), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            ("key or region", Answers(403, "{}"), "d.license_key"),
        ],
    },
    Row {
        kind: Datadog,
        keys: &[("api_key", "k")],
        wrong: &[
            ("path", Answers(404, r#"{"errors":[{"status":"404","title":"Not Found"}]}"#), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            ("key", Answers(401, r#"{"errors":[{"status":"401","title":"Unauthorized"}]}"#), "d.api_key"),
            ("region", Answers(403, r#"{"errors":[{"status":"403","title":"Forbidden"}]}"#), "d.site"),
        ],
    },
    Row {
        kind: Http,
        keys: &[("url", "https://example.com/in")],
        wrong: &[
            ("path", Answers(404, PAGE), "d.url"),
            ("path", Answers(405, ""), "d.url"),
            ("address", NoHost, "cannot connect to"),
            ("sign-in page", Answers(302, ""), "d.url"),
            ("key", Answers(401, ""), "d.bearer_token"),
        ],
    },
    Row {
        kind: FirehoseHttp,
        keys: &[("url", "https://example.com/in"), ("compress", "off")],
        wrong: &[
            ("path", Answers(404, PAGE), "d.url"),
            ("address", NoHost, "cannot connect to"),
            (
                "key",
                Answers(401, r#"{"requestId":"r","timestamp":1,"errorMessage":"access key"}"#),
                "d.access_key",
            ),
        ],
    },
    Row {
        kind: Slack,
        keys: &[("webhook_url", "https://hooks.slack.com/services/T/B/x"), ("required", "on")],
        wrong: &[
            ("path", Answers(404, "no_service"), "create another for d.webhook_url"),
            ("path", Answers(404, "no_team"), "copy it again"),
            ("path", Answers(302, ""), "d.webhook_url"),
            ("address", NoHost, "cannot connect to"),
            ("key", Answers(403, "invalid_token"), "copy it again"),
            ("key", Answers(404, "no_active_hooks"), "enable it"),
            ("channel", Answers(404, "channel_not_found"), "the channel was deleted"),
            ("channel", Answers(410, "channel_is_archived"), "the channel is archived"),
            ("permission", Answers(403, "action_prohibited"), "does not allow d.webhook_url"),
        ],
    },
    Row {
        kind: Teams,
        keys: &[("webhook_url", "https://example.com/workflows/x"), ("required", "on")],
        wrong: &[
            (
                "path",
                Answers(404, r#"{"error":{"code":"WorkflowNotFound","message":"m"}}"#),
                "create another for d.webhook_url",
            ),
            ("path", Answers(302, ""), "d.webhook_url"),
            ("address", NoHost, "cannot connect to"),
            (
                "key",
                Answers(401, r#"{"error":{"code":"DirectApiAuthorizationRequired","message":"m"}}"#),
                "copy the whole address",
            ),
            (
                "flow",
                Answers(400, r#"{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"m"}}"#),
                "turn it on",
            ),
        ],
    },
    Row {
        kind: Pagerduty,
        keys: &[("integration_key", "0123456789abcdef0123456789abcdef"), ("required", "on")],
        wrong: &[
            ("path", Answers(404, ""), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            (
                "key",
                Answers(
                    400,
                    r#"{"status":"invalid event","message":"Event object is invalid","errors":["Length of 'routing_key' is incorrect (should be 32 characters)"]}"#,
                ),
                "d.integration_key",
            ),
            ("permission", Answers(403, ""), "d.integration_key"),
        ],
    },
    Row {
        kind: Sns,
        keys: &[("topic_arn", "arn:aws:sns:eu-west-1:111122223333:alerts")],
        wrong: &[
            ("path", Answers(404, PAGE), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            (
                "key",
                Answers(
                    403,
                    "<ErrorResponse><Error><Code>InvalidClientTokenId</Code></Error></ErrorResponse>",
                ),
                "check the task role",
            ),
            (
                "topic",
                Answers(
                    404,
                    "<ErrorResponse><Error><Code>NotFound</Code><Message>Topic does not exist</Message></Error></ErrorResponse>",
                ),
                "correct d.topic_arn",
            ),
            (
                "topic",
                Answers(
                    400,
                    "<ErrorResponse><Error><Code>InvalidParameter</Code><Message>Invalid parameter: TopicArn</Message></Error></ErrorResponse>",
                ),
                "correct d.topic_arn",
            ),
            (
                "permission",
                Answers(403, "<ErrorResponse><Error><Code>AuthorizationError</Code></Error></ErrorResponse>"),
                "grant this permission",
            ),
        ],
    },
    Row {
        kind: Eventbridge,
        keys: &[("event_bus", "alerts")],
        wrong: &[
            ("path", Answers(404, PAGE), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            ("key", Answers(400, r#"{"__type":"UnrecognizedClientException"}"#), "check the task role"),
            (
                "bus",
                Answers(
                    400,
                    r#"{"__type":"ResourceNotFoundException","message":"Event bus alerts does not exist."}"#,
                ),
                "correct d.event_bus",
            ),
            ("permission", Answers(400, r#"{"__type":"AccessDeniedException"}"#), "grant this permission"),
        ],
    },
    Row {
        kind: Otlp,
        keys: &[("endpoint", "http://localhost:4318")],
        wrong: &[
            ("path", Answers(404, "404 page not found"), "d.endpoint"),
            ("address", NoHost, "cannot connect to"),
            ("key", Answers(401, r#"{"status":"error","error":"invalid token"}"#), "d.headers"),
            ("permission", Answers(403, ""), "d.headers"),
        ],
    },
    Row { kind: File, keys: &[("path", "/var/log/out.log")], wrong: &[("path", NoPath, "d.path")] },
];

#[tokio::test(start_paused = true)]
async fn ten_minutes_of_a_wrong_setting_lose_nothing_and_everything_arrives_once_it_is_right() {
    let mut broken = Vec::new();
    for row in &ROWS {
        for (what, says, named) in row.wrong {
            if let Err(how) = expect_kept(row, *says, named).await {
                broken.push(format!("{:?}, wrong {what}: {says:?}: {how}", row.kind));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
}

/// What waits at the host.
struct Waiting {
    progress: Rc<Progress>,
    number: u32,
}

async fn expect_kept(row: &Row, says: Says, named: &str) -> Result<(), String> {
    let start = Instant::now();
    let kind = row.kind;
    let answer = move |_: &str, body: &[u8]| match start.elapsed() < WRONG_FOR {
        true => refusal(says),
        false => Ok(success(kind, body)),
    };
    let answer: Answer = Box::new(answer);
    let stage = Stage::of(open(kind, row.keys), Duration::from_millis(1), answer);
    let mut waiting: Vec<Waiting> = Vec::new();
    let mut chunks = 0;
    while start.elapsed() < WRONG_FOR || !waiting.is_empty() {
        if start.elapsed() < WRONG_FOR && start.elapsed() >= CHUNK_INTERVAL * chunks {
            waiting.push(Waiting { progress: Progress::new(1), number: chunks });
            chunks += 1;
        }
        waiting = replay(&stage, waiting, start).await?;
        tokio::time::sleep(REPLAY_INTERVAL).await;
        ensure(start.elapsed() < WRONG_FOR + LONGEST_RECOVERY, || "it does not recover".to_owned())?;
    }
    let counted = stage.metrics.snapshot()[0].delivered;
    ensure(counted == u64::from(chunks * RECORDS), || format!("{counted} of {chunks} chunks delivered"))?;
    ensure(stage.lost().is_empty(), || format!("lost: {:?}", stage.lost()))?;
    check_lines(&stage, says, named)
}

fn ensure(holds: bool, otherwise: impl Fn() -> String) -> Result<(), String> {
    if holds { Ok(()) } else { Err(otherwise()) }
}

/// Sends every chunk that waits; answers with those that still do.
async fn replay(stage: &Stage, waiting: Vec<Waiting>, start: Instant) -> Result<Vec<Waiting>, String> {
    let mut still = Vec::new();
    for chunk in waiting {
        let began = Instant::now();
        let is_known = began - start > 3 * FLUSH_TIMEOUT;
        let batch = batch_of(&stage.sender.destination, &records(chunk.number));
        chunk.progress.expect(0, RECORDS);
        let sender = Rc::clone(&stage.sender);
        sender.send_batch(batch, Rc::clone(&chunk.progress), began + FLUSH_TIMEOUT).await;
        let took = began.elapsed();
        ensure(!is_known || took <= LONGEST_FLUSH, || format!("a flush takes {took:?}"))?;
        if verdict(&chunk.progress, [true]) == Verdict::Retry {
            still.push(chunk);
        }
    }
    Ok(still)
}

fn records(chunk: u32) -> Vec<Value> {
    (0..RECORDS).map(|number| json!({"log": format!("n={}", chunk * RECORDS + number)})).collect()
}

fn refusal(says: Says) -> Result<Reply, Failure> {
    match says {
        Answers(status, body) => Ok(Reply { status, body: body.into(), ..Reply::default() }),
        NoHost => Err(Failure::Connect("logs.example.invalid".to_owned())),
        NoPath => Err(Failure::Path("cannot write /var/log/out.log: Not a directory".to_owned())),
    }
}

/// What the service answers to a good request.
fn success(kind: DestinationKind, body: &[u8]) -> Reply {
    let answers = |status, body: &str| Reply { status, body: body.to_owned().into(), ..Reply::default() };
    match kind {
        Cloudwatch => answers(200, "{}"),
        S3 => Reply {
            headers: HeaderMap::from_iter([(header::ETAG, HeaderValue::from_static("\"e\""))]),
            ..answers(200, "")
        },
        Firehose => answers(200, r#"{"FailedPutCount":0,"RequestResponses":[]}"#),
        Kinesis => answers(200, r#"{"FailedRecordCount":0,"Records":[]}"#),
        Eventbridge => answers(200, r#"{"FailedEntryCount":0,"Entries":[]}"#),
        Newrelic | Datadog | Pagerduty => answers(202, "{}"),
        Teams => answers(202, ""),
        Slack => answers(200, "ok"),
        Sns => answers(200, &published(body)),
        FirehoseHttp => {
            let request: Value = serde_json::from_slice(body).expect("JSON");
            answers(200, &json!({ "requestId": request["requestId"], "timestamp": 1 }).to_string())
        }
        _ => answers(200, ""),
    }
}

/// Every message of the form is taken.
fn published(form: &[u8]) -> String {
    let form = String::from_utf8_lossy(form);
    let ids =
        form.split('&').filter(|field| field.split('=').next().is_some_and(|name| name.ends_with(".Id")));
    let taken: String = ids.map(|_| "<member></member>").collect();
    format!("<PublishBatchResult><Failed/><Successful>{taken}</Successful></PublishBatchResult>")
}

/// About one line a minute, and one more where the destination is left alone because nobody answers; each says what to
/// change and what becomes of the records.
fn check_lines(stage: &Stage, says: Says, named: &str) -> Result<(), String> {
    let lines = stage.log.lines.lock().unwrap();
    let trouble: Vec<&String> = lines.iter().filter(|line| !line.contains("delivering again")).collect();
    let minutes = usize::try_from(WRONG_FOR.as_secs() / 60).unwrap();
    ensure((minutes / 2..=minutes + 1).contains(&trouble.len()), || format!("{trouble:#?}"))?;
    for words in [named, "Retry_Limit"] {
        ensure(trouble.iter().any(|line| line.contains(words)), || format!("no '{words}' in {trouble:#?}"))?;
    }
    let counted = stage.metrics.destination(0).misconfigured.load(Relaxed);
    ensure((counted > 0) != matches!(says, NoHost), || format!("{counted} replies are counted"))
}
