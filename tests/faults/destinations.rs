//! Every type of destination beside each other: what each needs in the cloud, its keys, and what it took.

use std::path::Path;

use fake_cloud::Cloud;

use crate::host::Output;
use crate::tally::{Arrivals, at_path, count, in_bucket, in_file, in_group};

pub(crate) const LICENSE_KEY: &str = "0123456789012345678901234567890123456789";
pub(crate) const API_KEY: &str = "0123456789abcdef0123456789abcdef";
pub(crate) const ACCESS_KEY: &str = "access-key";

pub(crate) const STREAM: &str = "ecs-logs";
pub(crate) const GROUP: &str = "/wrong";
pub(crate) const BUS: &str = "wrong";
pub(crate) const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:wrong";
pub(crate) const PAGER_KEY: &str = "hunter2hunter2hunter2hunter2hunt";

pub(crate) fn builder(port: u16) -> fake_cloud::Builder {
    Cloud::builder()
        .port(port)
        .create_groups([GROUP])
        .create_buckets(["archive", "spooled"])
        .create_delivery_streams([STREAM])
}

/// With everything that destinations need.
pub(crate) fn complete(port: u16) -> Cloud {
    furnished(builder(port).start())
}

pub(crate) fn furnished(cloud: Cloud) -> Cloud {
    cloud.kinesis().create_stream(STREAM);
    cloud.eventbridge().create_bus(BUS);
    cloud.sns().create_topic(TOPIC);
    cloud
}

pub(crate) fn output(destinations: &[&str], port: u16) -> Output {
    let all = destinations.join(",");
    let usual = [("route.default", all.as_str()), ("flush_timeout", "4s"), ("exit_timeout", "15s")];
    let endpoint = format!("http://127.0.0.1:{port}");
    destinations.iter().fold(Output::new(usual), |output, name| {
        // A busy machine is not a fault of the setting's.
        let patient = ("timeout", "60s".to_owned());
        keys(name, &endpoint)
            .into_iter()
            .chain((*name != "file").then_some(patient))
            .fold(output, |output, (key, value)| output.with(&format!("{name}.{key}"), &value))
    })
}

fn keys(destination: &str, endpoint: &str) -> Vec<(&'static str, String)> {
    let at = |path: &str| format!("{endpoint}{path}");
    let text = str::to_owned;
    let aws = [("region", text("us-east-1")), ("endpoint", text(endpoint))];
    let of_aws = |more: &[(&'static str, &str)]| {
        aws.iter().cloned().chain(more.iter().map(|(key, value)| (*key, text(value)))).collect()
    };
    match destination {
        "cloudwatch" => of_aws(&[
            ("log_group", GROUP),
            ("log_stream", "$(container_name)"),
            ("log_key", "log"),
            ("auto_create_group", "off"),
        ]),
        "s3" => of_aws(&[("bucket", "archive"), ("upload_timeout", "0")]),
        "spooled" => of_aws(&[("type", "s3"), ("bucket", "spooled"), ("upload_timeout", "1s")]),
        "firehose" => of_aws(&[("delivery_stream", STREAM)]),
        "kinesis" => of_aws(&[("stream", STREAM)]),
        "eventbridge" => of_aws(&[("event_bus", BUS)]),
        "sns" => of_aws(&[("topic_arn", TOPIC)]),
        "newrelic" => vec![("endpoint", at("")), ("license_key", text(LICENSE_KEY))],
        "datadog" => vec![("endpoint", at("")), ("api_key", text(API_KEY))],
        "http" => vec![("url", at("/http/x"))],
        "firehose_http" => vec![("url", at("/firehose/v1")), ("access_key", text(ACCESS_KEY))],
        "template" => {
            vec![("type", text("http")), ("url", at("/http/t")), ("body", text(r#"{"log": $(log:json)}"#))]
        }
        "pagerduty" => {
            vec![("endpoint", at("")), ("integration_key", text(PAGER_KEY)), ("required", text("on"))]
        }
        "teams" => {
            let path = "/workflows/a/triggers/manual/paths/invoke?sig=x";
            vec![("webhook_url", at(path)), ("required", text("on"))]
        }
        "slack" => vec![("webhook_url", at("/services/T/B/x")), ("required", text("on"))],
        "otlp" => vec![("endpoint", at(""))],
        _ => Vec::new(),
    }
}

/// How many lines the messages of a destination that tells people of them say that there are; `None`: it keeps each record.
pub(crate) fn told(destination: &str, cloud: &Cloud) -> Option<usize> {
    let texts: Vec<String> = match destination {
        "slack" => cloud.slack().messages().into_iter().map(|message| message.text).collect(),
        "teams" => cloud.teams().messages().into_iter().map(|message| message.summary).collect(),
        "pagerduty" => cloud.pagerduty().events().into_iter().map(|event| event.summary).collect(),
        _ => return None,
    };
    Some(texts.iter().map(|text| lines_in(text)).sum())
}

/// `📄 3 log lines …` → 3
fn lines_in(text: &str) -> usize {
    let number = text.trim_start_matches("📄 ").split(' ').next();
    number.and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("no number of lines in {text}"))
}

/// What arrived where each record is kept as one.
pub(crate) fn arrivals(destination: &str, cloud: &Cloud, file: &Path) -> Arrivals {
    match destination {
        "cloudwatch" => in_group(cloud, GROUP),
        "s3" => in_bucket(cloud, "archive"),
        "spooled" => in_bucket(cloud, "spooled"),
        "firehose" => count(cloud.firehose().lines(STREAM)),
        "kinesis" => count(cloud.kinesis().lines(STREAM)),
        "eventbridge" => {
            count(cloud.eventbridge().events(BUS).iter().map(|event| event["detail"].to_string()))
        }
        "sns" => count(cloud.sns().messages(TOPIC).into_iter().map(|message| message.text)),
        "newrelic" => count(cloud.newrelic().messages()),
        "datadog" => count(cloud.datadog().messages()),
        "http" => at_path(cloud, "/http/x"),
        "template" => at_path(cloud, "/http/t"),
        "firehose_http" => count(cloud.firehose_http().lines()),
        "otlp" => count(cloud.otlp().messages()),
        "file" => in_file(file),
        other => panic!("{other}"),
    }
}
