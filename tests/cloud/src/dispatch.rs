//! From an API to the service that serves it, and from a refusal to the reply it becomes.
//!
//! Owns the one place where refusals turn into complaints.

use serde_json::json;

use crate::{
    aws_json, canned, cloudwatch,
    core::Core,
    datadog, ecs, eventbridge,
    fault::Twist,
    firehose, firehose_http, http_intake, identity, kinesis, newrelic, oauth2, otlp, pagerduty,
    received::Received,
    reply::{Refusal, Reply},
    route::{Api, Protocol},
    s3, signed_api, slack, sns, sqs, teams,
};

/// Serves a request that may be served.
pub(crate) async fn serve(core: &Core, request: &Received, twist: &Twist) -> Reply {
    if core.settings.count_only {
        return canned::reply(request);
    }
    let result = match request.api {
        Api::ReceiveMessage => sqs::receive(core, request).await,
        _ => by_api(core, request, twist),
    };
    result.unwrap_or_else(|refusal| refuse(core, request, &refusal))
}

/// Turns a refusal into a reply, and into a complaint if it is one.
pub(crate) fn refuse(core: &Core, request: &Received, refusal: &Refusal) -> Reply {
    if refusal.complaint {
        let Received { api, method, path, .. } = request;
        core.complain(format!("{api:?} ({method} {path}): {}: {}", refusal.code, refusal.message));
    }
    render(request, refusal)
}

/// A refusal as the service asked would spell it.
pub(crate) fn render(request: &Received, refusal: &Refusal) -> Reply {
    let reply = match request.api.protocol() {
        Protocol::Json10 | Protocol::Json11 => refusal.aws_json(aws_json::content_type_of(request.api)),
        Protocol::Query => refusal.query_xml(),
        Protocol::S3 => refusal.s3_xml(),
        Protocol::Vendor => render_vendor(request, refusal),
    };
    refusal.headers.iter().fold(reply, |reply, (name, value)| reply.header(name, value))
}

fn render_vendor(request: &Received, refusal: &Refusal) -> Reply {
    match request.api {
        Api::DatadogLogs => datadog::error(refusal),
        Api::SlackWebhook => slack::error(refusal),
        Api::TeamsWebhook => teams::error(refusal),
        Api::PagerDutyEvents => pagerduty::error(refusal),
        Api::FirehoseHttp => firehose_http::error(request, refusal),
        Api::OtlpLogs => otlp::error(request, refusal),
        Api::Token => oauth2::error(refusal),
        Api::SignedApi => signed_api::error(refusal),
        _ => Reply::json(refusal.status, &json!({ "error": refusal.code, "message": refusal.message })),
    }
}

fn by_api(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    match request.api {
        Api::Credentials => identity::serve(core, request),
        Api::NewRelicLogs => newrelic::serve(core, request),
        Api::DatadogLogs => datadog::serve(core, request),
        Api::SlackWebhook => slack::serve(core, request),
        Api::TeamsWebhook => teams::serve(core, request),
        Api::PagerDutyEvents => pagerduty::serve(core, request),
        Api::Http => http_intake::serve(core, request),
        Api::FirehoseHttp => firehose_http::serve(core, request),
        Api::OtlpLogs => otlp::serve(core, request, twist),
        Api::Token => oauth2::serve(core, request),
        Api::SignedApi => signed_api::serve(core, request, twist),
        _ => by_service(core, request, twist),
    }
}

fn by_service(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    match request.api.signing_name() {
        Some("logs") => cloudwatch::serve(core, request),
        Some("ecs") => ecs::serve(core, request),
        Some("s3") => s3::serve(core, request),
        Some("firehose") => firehose::serve(core, request, twist),
        Some("kinesis") => kinesis::serve(core, request, twist),
        Some("events") => eventbridge::serve(core, request, twist),
        Some("sns") => sns::serve(core, request, twist),
        Some("sqs") => sqs::serve(core, request),
        Some("sts") => identity::serve(core, request),
        _ => Err(unknown(request)),
    }
}

fn unknown(request: &Received) -> Refusal {
    match request.header("x-amz-target") {
        Some(target) => Refusal::broken("UnknownOperationException", target),
        None => Refusal::broken("NotFound", "no such route").status(404),
    }
}
