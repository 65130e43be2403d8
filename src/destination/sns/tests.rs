use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::attribute::SnsAttribute;
use super::*;
use crate::config::keys::DestinationKind;
use crate::destination::testing::{
    any_chunk, batch_of, batches_of, chunk, configure, judged, line, open, reply, request_of, stopped, word,
};
use crate::destination::{HttpRequest, RetryTiming};
use crate::metrics::Reason;
use crate::stop::{Category, Cause, IncidentEnd, IncidentReport, IncidentState};

const TOPIC: &str = "arn:aws:sns:eu-west-1:111122223333:alerts";
const FIFO: &str = "arn:aws:sns:eu-west-1:111122223333:alerts.fifo";

fn sns(more: &[(&str, &str)]) -> Destination {
    open(DestinationKind::Sns, &[&[("topic_arn", TOPIC)], more].concat())
}

type Form = BTreeMap<String, String>;

fn form_of(request: &HttpRequest) -> Form {
    let body = String::from_utf8(request.body.to_bytes().to_vec()).unwrap();
    let decoded = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
    body.split('&')
        .map(|field| field.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), decoded(value)))
        .collect()
}

/// The form that is sent for these records.
fn form(destination: &Destination, records: &[serde_json::Value]) -> Form {
    form_of(&request_of(destination, &batch_of(destination, records)))
}

fn field<'f>(form: &'f Form, number: usize, name: &str) -> &'f str {
    form.get(&format!("PublishBatchRequestEntries.member.{number}.{name}")).map_or("", String::as_str)
}

fn attributes(form: &Form, number: usize) -> BTreeMap<&str, &str> {
    let at = |position: usize, part: &str| {
        field(form, number, &format!("MessageAttributes.entry.{position}.{part}"))
    };
    (1..)
        .take_while(|position| !at(*position, "Name").is_empty())
        .map(|position| {
            assert_eq!(at(position, "Value.DataType"), "String");
            (at(position, "Name"), at(position, "Value.StringValue"))
        })
        .collect()
}

#[test]
fn a_stop_reads_like_a_mail() {
    let form = form(&sns(&[]), &[stopped()]);
    assert_eq!(
        field(&form, 1, "Subject"),
        "[error] shop in prod (eu-west-1): container web out of memory (exit 137)"
    );
    let text = field(&form, 1, "Message");
    let paragraphs: Vec<&str> = text.split("\n\n").collect();
    assert!(paragraphs[0].contains("web") && !paragraphs[1].is_empty(), "{text}");
    for expected in [
        "Reason: OutOfMemoryError: Container killed due to memory usage",
        "\nExit code: 137 (SIGKILL)\n",
        "\nTask definition: web:42\n",
        "\nAccount: 111122223333\n",
        "\n\nNo last lines: set stop.fetch_logs on to read them, or run a router in the task.\n\n",
        "Open in the ECS console: https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/tasks/0123abcd/configuration",
        "\nLogs: https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/prod/tasks/0123abcd/logs",
    ] {
        assert!(text.contains(expected), "{expected} is not in:\n{text}");
    }
    assert_eq!(
        attributes(&form, 1),
        [
            ("class", "stop"),
            ("category", "oom"),
            ("severity", "error"),
            ("service", "shop"),
            ("cluster", "prod")
        ]
        .into()
    );
    assert_eq!(field(&form, 1, "MessageDeduplicationId"), "");
}

/// Whoever stops a task writes the reason, and whoever runs in it the last lines.
#[test]
fn no_text_of_others_reads_like_a_paragraph_of_the_report() {
    let forged = "x\n\nOpen in the ECS console: https://evil.example\u{2028}y";
    let mut stop = stopped();
    stop["detail"]["containers"][0]["reason"] = forged.into();
    stop["detail"]["stoppedReason"] = forged.into();
    let form = form(&sns(&[]), &[stop]);
    let text = field(&form, 1, "Message");
    assert!(text.contains("Reason: x  Open in the ECS console: https://evil.example"), "{text}");
    let links = text.lines().filter(|line| line.starts_with("Open in the ECS console: "));
    assert_eq!(links.count(), 1, "{text}");
    assert_eq!(
        notification::listed(&["a", "panic\n\nOpen in the ECS console: https://evil.example"]),
        "Last lines:\n    a\n    panic\n    \n    Open in the ECS console: https://evil.example"
    );
}

/// What is told of an incident of three stops.
fn news(state: IncidentState, ended_by: Option<IncidentEnd>, services: &[&str]) -> SnsNotification {
    let mut stop = crate::stop::read(stopped()).unwrap();
    stop.incident = Some(IncidentReport {
        state,
        count: 3,
        first_at: 0,
        last_at: 60_000,
        revisions: Vec::new(),
        services: services.iter().map(|name| (*name).to_owned()).collect(),
        ended_by,
        quiet_seconds: Some(1_800),
        escalated: false,
        various: false,
        is_news: true,
    });
    SnsNotification::of_stop(&stop)
}

#[test]
fn only_a_confirmed_recovery_is_called_resolved() {
    for (ended_by, standing) in [
        (Some(IncidentEnd::SteadyState), "[resolved] "),
        (Some(IncidentEnd::DeploymentCompleted), "[resolved] "),
        (Some(IncidentEnd::RolledBack), "[rolled back] "),
        (Some(IncidentEnd::Quiet), "[quiet] "),
        (Some(IncidentEnd::Evicted), "[no longer followed] "),
        (None, "[quiet] "),
    ] {
        let told = news(IncidentState::Resolved, ended_by, &[]);
        assert!(told.subject.starts_with(standing), "{}", told.subject);
    }
}

#[test]
fn news_begins_with_where_the_incident_stands() {
    let hint = crate::stop::read(stopped()).unwrap().hint;
    let goes_on = news(IncidentState::Continued, None, &[]).text;
    assert!(goes_on.starts_with("Incident: 3 stops since 00:00") && goes_on.contains(&hint), "{goes_on}");
    assert!(!goes_on.contains("No last lines"), "{goes_on}");
    let over = news(IncidentState::Resolved, Some(IncidentEnd::SteadyState), &[]).text;
    assert!(over.starts_with("Incident: Over, the service is steady") && !over.contains(&hint), "{over}");
}

#[test]
fn news_of_several_services_leads_to_their_cluster() {
    let told = news(IncidentState::Continued, None, &["shop", "web"]);
    let service = told.attributes.iter().find(|attribute| attribute.name == "service").unwrap();
    assert_eq!((service.data_type(), service.value.as_str()), ("String.Array", r#"["shop","web"]"#));
    let text = told.text;
    assert!(text.contains("\n\nServices: shop, web\n"), "{text}");
    assert!(text.contains("console.aws.amazon.com/ecs/v2/clusters/prod/services?region=eu-west-1"), "{text}");
    let one = news(IncidentState::Continued, None, &[]).text;
    assert!(one.contains("/ecs/v2/clusters/prod/services/shop/health?region=eu-west-1"), "{one}");
}

#[test]
fn many_services_keep_within_what_attributes_may_have() {
    let names: Vec<String> = (0..50).map(|number| format!("{number:0>255}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let told = news(IncidentState::Continued, None, &names);
    let bytes: usize = told.attributes.iter().map(SnsAttribute::counted_bytes).sum();
    assert!(bytes <= attribute::MAX_ATTRIBUTES_BYTES, "{bytes}");
    let service = told.attributes.iter().find(|attribute| attribute.name == "service").unwrap();
    let listed: Vec<String> = serde_json::from_str(&service.value).unwrap();
    assert_eq!(listed[0], names[0]);
}

#[test]
fn a_program_gets_the_report() {
    let form = form(&sns(&[("format", "json")]), &[stopped()]);
    let report: serde_json::Value = serde_json::from_str(field(&form, 1, "Message")).unwrap();
    assert_eq!((&report["category"], &report["event"]["id"]), (&json!("oom"), &json!("e1")));
}

#[test]
fn a_line_is_a_notification_of_its_own() {
    let text = form(&sns(&[]), &[line()]);
    assert_eq!(
        (field(&text, 1, "Message"), field(&text, 1, "Subject")),
        ("it \"broke\"", "[stderr] ecs-web-1")
    );
    assert_eq!(attributes(&text, 1), [("class", "stderr"), ("container", "ecs-web-1")].into());
    let json = form(&sns(&[("format", "json")]), &[line()]);
    let record: serde_json::Value = serde_json::from_str(field(&json, 1, "Message")).unwrap();
    assert_eq!(record, line());
}

#[test]
fn the_request_is_the_services() {
    let sns = sns(&[]);
    let request = request_of(&sns, &batch_of(&sns, &[line()]));
    assert_eq!(request.url, "https://sns.eu-west-1.amazonaws.com");
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded; charset=utf-8");
    assert_eq!(request.sign, Some("sns"));
    let form = form_of(&request);
    assert_eq!((form["Action"].as_str(), form["TopicArn"].as_str()), ("PublishBatch", TOPIC));
    let elsewhere = [("topic_arn", "arn:aws-cn:sns:cn-north-1:111122223333:t")];
    let elsewhere = open(DestinationKind::Sns, &elsewhere);
    assert_eq!(
        request_of(&elsewhere, &batch_of(&elsewhere, &[line()])).url,
        "https://sns.cn-north-1.amazonaws.com.cn",
        "the topic names its region"
    );
}

#[test]
fn ten_messages_and_256_kilobytes_fill_a_request() {
    let counts = |records: &[serde_json::Value]| -> Vec<usize> {
        batches_of(&sns(&[]), &chunk(records)).0.iter().map(|batch| batch.items.len()).collect()
    };
    assert_eq!(counts(&vec![json!({"log": "x"}); 21]), [10, 10, 1]);
    // The subject is `[other]`, the attribute `class`.
    let head = "[other]".len() + "class".len() + "String".len() + "other".len();
    let of = |length: usize| json!({"log": "x".repeat(length)});
    assert_eq!(counts(&vec![of(MAX_BYTES / 2 - head); 2]), [2]);
    assert_eq!(counts(&vec![of(MAX_BYTES / 2 - head + 1); 2]), [1, 1]);
}

#[test]
fn a_text_that_is_too_long_is_cut_and_says_so() {
    let (batches, outcomes) = batches_of(&sns(&[]), &chunk(&[json!({"log": "é".repeat(200_000)})]));
    assert!(matches!(outcomes[..], [Encoded::Truncated { size: ..=MAX_BYTES }]), "{outcomes:?}");
    let form = form_of(&request_of(&sns(&[]), &batches[0]));
    assert!(field(&form, 1, "Message").ends_with(" bytes]"));
}

#[test]
fn a_report_that_is_too_long_stays_json() {
    let mut event = stopped();
    event["detail"]["attributes"] = json!("x".repeat(300_000));
    let form = form(&sns(&[("format", "json")]), &[event]);
    let report: serde_json::Value = serde_json::from_str(field(&form, 1, "Message")).unwrap();
    assert_eq!((&report["left_out"], &report["exit_code"]), (&json!(["event"]), &json!(137)));
}

#[test]
fn a_subject_is_ascii_and_short_whatever_a_container_is_called() {
    let mut event = stopped();
    event["detail"]["containers"][0]["name"] = json!("wéb\n".repeat(60));
    let form = form(&sns(&[]), &[event]);
    let subject = field(&form, 1, "Subject");
    assert!(subject.len() <= MAX_SUBJECT_CHARS && subject.ends_with("..."), "{subject}");
    assert!(subject.chars().all(|c| c == ' ' || c.is_ascii_graphic()), "{subject}");
}

#[test]
fn a_subject_with_long_names_still_says_what_happened_and_why() {
    let mut stop = crate::stop::read(stopped()).unwrap();
    stop.service = Some("checkout-payment-service-blue".to_owned());
    stop.cluster = Some("production-cluster-of-the-shop".to_owned());
    stop.category = Category::ImagePull;
    stop.cause = Some(Cause::Permission);
    stop.exit_code = None;
    let subject = SnsNotification::of_stop(&stop).subject;
    assert_eq!(
        subject,
        "[error] checkout-payment-service-blue in ...: image cannot be pulled (no permission), container web"
    );
    assert_eq!(subject.len(), MAX_SUBJECT_CHARS);
}

#[test]
fn what_is_not_severe_enough_or_empty_is_left_out() {
    let outcome =
        |keys: &[(&str, &str)], record: serde_json::Value| batches_of(&sns(keys), &chunk(&[record])).1[0];
    let mut planned = stopped();
    planned["detail"]["stopCode"] = json!("ServiceSchedulerInitiated");
    planned["detail"]["containers"][0] = json!({"name": "web", "exitCode": 0, "lastStatus": "STOPPED"});
    planned["detail"]["stoppedReason"] = json!("Scaling activity initiated by (deployment ecs-svc/1)");
    assert_eq!(outcome(&[], planned.clone()), Encoded::Filtered);
    assert!(matches!(outcome(&[("min_severity", "info")], planned), Encoded::Complete { .. }));
    assert_eq!(outcome(&[], json!({"log": ""})), Encoded::Empty);
}

/// A topic that feeds the queue of the same collector must not go round and round.
#[test]
fn a_notification_of_the_same_topic_that_came_back_is_left_out() {
    let outcome = |topic: &str| {
        let record = json!({"Type": "Notification", "TopicArn": topic, "Message": "{}", "MessageId": "1"});
        batches_of(&sns(&[]), &chunk(&[record])).1[0]
    };
    assert_eq!(outcome(TOPIC), Encoded::Filtered);
    assert!(matches!(outcome("arn:aws:sns:eu-west-1:111122223333:other"), Encoded::Complete { .. }));
}

#[test]
fn a_fifo_topic_knows_a_stop_again_and_tells_equal_lines_apart() {
    let fifo = open(DestinationKind::Sns, &[("topic_arn", FIFO)]);
    let form = form(&fifo, &[stopped(), stopped(), line(), line()]);
    let ids: Vec<&str> = (1..=4).map(|number| field(&form, number, "MessageDeduplicationId")).collect();
    assert!(ids[0] == ids[1] && ids[2] != ids[3] && ids[0] != ids[2], "{ids:?}");
    assert!(ids.iter().all(|id| id.len() == 32));
    assert_eq!((field(&form, 1, "MessageGroupId"), field(&form, 3, "MessageGroupId")), ("shop", "ecs-web-1"));
    let again = self::form(&fifo, &[stopped(), stopped(), line(), line()]);
    assert_eq!(field(&again, 4, "MessageDeduplicationId"), ids[3], "a replay is no new line");
}

fn error(code: &str, message: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
    )
}

#[test]
fn every_reply_has_its_meaning() {
    let rows = [
        (200, taken(1), "Delivered", "Backoff"),
        (200, taken(3), "Backoff", "Delivered"),
        (200, String::new(), "Backoff", "Backoff"),
        (400, error("InvalidParameter", "Invalid parameter: Message"), "Rejected", "Split"),
        (400, error("InvalidParameterValue", ""), "Rejected", "Split"),
        (400, error("ValidationException", ""), "Rejected", "Split"),
        (400, error("InvalidParameter", "Invalid parameter: TopicArn"), "NextFlush", "NextFlush"),
        (400, error("BatchRequestTooLong", ""), "Split", "Split"),
        (400, error("TooManyEntriesInBatchRequest", ""), "Split", "Split"),
        (404, error("NotFound", "Topic does not exist"), "NextFlush", "NextFlush"),
        (403, error("AuthorizationError", ""), "NextFlush", "NextFlush"),
        (403, error("InvalidSecurity", ""), "NextFlush", "NextFlush"),
        (403, error("InvalidClientTokenId", ""), "Reauthorize", "Reauthorize"),
        (403, error("SignatureDoesNotMatch", ""), "Reauthorize", "Reauthorize"),
        (400, error("KMSAccessDenied", ""), "NextFlush", "NextFlush"),
        (400, error("KMSDisabled", ""), "NextFlush", "NextFlush"),
        (400, error("KMSThrottling", ""), "Backoff", "Backoff"),
        (400, error("EndpointDisabled", ""), "NextFlush", "NextFlush"),
        (429, error("Throttled", ""), "Backoff", "Backoff"),
        (400, error("Throttling", "Rate exceeded"), "Backoff", "Backoff"),
        (413, String::new(), "Split", "Split"),
        (500, error("InternalError", ""), "Backoff", "Backoff"),
        (503, "<html>".into(), "Backoff", "Backoff"),
    ];
    for (status, body, alone, among_others) in rows {
        let reply = reply(status, body.clone());
        assert_eq!(word(&judged(&sns(&[]), 1, &reply)), alone, "{status} {body}, one message");
        assert_eq!(word(&judged(&sns(&[]), 3, &reply)), among_others, "{status} {body}, three messages");
    }
}

fn taken(count: usize) -> String {
    answer(&(0..count).map(|_| None).collect::<Vec<_>>())
}

/// A reply that took these entries, but those that have a code.
fn answer(codes: &[Option<&str>]) -> String {
    let member = |(id, code): (usize, &Option<&str>)| match code {
        Some(code) => {
            format!("<member><Id>{id}</Id><Code>{code}</Code><SenderFault>true</SenderFault></member>")
        }
        None => format!("<member><Id>{id}</Id><MessageId>m</MessageId></member>"),
    };
    let all = |failed: bool| -> String {
        codes.iter().enumerate().filter(|(_, code)| code.is_some() == failed).map(member).collect()
    };
    format!(
        "<PublishBatchResponse><PublishBatchResult><Failed>{}</Failed><Successful>{}</Successful></PublishBatchResult></PublishBatchResponse>",
        all(true),
        all(false)
    )
}

#[test]
fn each_entry_is_judged_by_itself() {
    let judge = |codes: [Option<&str>; 3]| judged(&sns(&[]), 3, &reply(200, answer(&codes)));
    assert_eq!(
        judge([Some("InternalError"), None, Some("InvalidParameter")]),
        ReplyAction::Partial { retry: vec![0], rejected: vec![(2..3, Reason::Refused)] }
    );
    let nothing = judge([Some("InternalError"); 3]);
    assert!(
        matches!(&nothing, ReplyAction::Retry { timing: RetryTiming::Backoff, reason } if reason.contains("InternalError")),
        "{nothing:?}"
    );
    assert_eq!(word(&judge([Some("AuthorizationErrorException"); 3])), "NextFlush");
    assert_eq!(word(&judge([Some("KMSAccessDenied"); 3])), "NextFlush");
}

#[test]
fn arns_and_regions_are_checked() {
    let problems = |keys: &[(&str, &str)]| configure(DestinationKind::Sns, keys).1;
    assert!(problems(&[])[0].starts_with("d.topic_arn: is missing"));
    for (arn, right) in [
        (TOPIC, true),
        (FIFO, true),
        ("arn:aws-us-gov:sns:us-gov-west-1:111122223333:a-b_c", true),
        ("arn:aws:sns:eu-west-1:1:alerts", false),
        ("arn:aws:sqs:eu-west-1:111122223333:alerts", false),
        ("arn:aws:sns:eu-west-1:111122223333:.fifo", false),
        ("arn:aws:sns:eu-west-1:111122223333:a.b", false),
        ("arn:aws:sns:eu-west-1:111122223333:alerts:subscription", false),
        ("alerts", false),
    ] {
        assert_eq!(problems(&[("topic_arn", arn)]).is_empty(), right, "{arn}");
    }
    let elsewhere = problems(&[("topic_arn", TOPIC), ("region", "us-east-1")]);
    assert_eq!(elsewhere, ["d.region: is us-east-1, but topic_arn names eu-west-1; leave it out"]);
    assert!(problems(&[("topic_arn", TOPIC), ("stop_format", "raw")])[0].contains("has no effect on SNS"));
}

proptest! {
    #[test]
    fn any_record_becomes_a_form_within_the_limit(chunk in any_chunk(), format in prop_oneof![Just("text"), Just("json")]) {
        let sns = sns(&[("format", format)]);
        for batch in batches_of(&sns, &chunk).0 {
            let form = form_of(&request_of(&sns, &batch));
            prop_assert_eq!(form.keys().filter(|name| name.ends_with(".Id")).count(), batch.items.len());
            prop_assert!(batch.items.iter().map(|item| item.size).sum::<usize>() <= MAX_BYTES);
        }
    }
}
