//! Which API a request is meant for, by its target header, form action, host and path.
//!
//! Does not look into bodies, except for the `Action` of a query-protocol form.

use http::{Method, request::Parts};

use crate::{s3, signed_api};

/// An operation the cloud knows, as tests name it when they script faults or count attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "every variant without words of its own is an AWS operation's name")]
pub enum Api {
    // CloudWatch Logs.
    PutLogEvents,
    CreateLogStream,
    CreateLogGroup,
    PutRetentionPolicy,
    TagResource,
    GetLogEvents,
    // ECS.
    DescribeTaskDefinition,
    DescribeServices,
    // S3.
    PutObject,
    CreateMultipartUpload,
    UploadPart,
    CompleteMultipartUpload,
    AbortMultipartUpload,
    ListParts,
    ListMultipartUploads,
    HeadBucket,
    HeadObject,
    GetObject,
    // Firehose.
    PutRecordBatch,
    DescribeDeliveryStream,
    // Kinesis.
    PutRecords,
    DescribeStreamSummary,
    // EventBridge.
    PutEvents,
    DescribeEventBus,
    // SNS.
    PublishBatch,
    GetTopicAttributes,
    // SQS.
    ReceiveMessage,
    DeleteMessage,
    DeleteMessageBatch,
    ChangeMessageVisibility,
    ChangeMessageVisibilityBatch,
    GetQueueUrl,
    GetQueueAttributes,
    // STS.
    AssumeRole,
    GetCallerIdentity,
    /// The ECS container credentials endpoint, `GET /credentials`.
    Credentials,
    /// New Relic's Log API, `/log/v1`.
    NewRelicLogs,
    /// Datadog's logs intake, `/api/v2/logs`.
    DatadogLogs,
    /// A Slack incoming webhook, `/services/…`.
    SlackWebhook,
    /// A webhook of Teams, `/workflows/…`.
    TeamsWebhook,
    /// PagerDuty's Events API, `/v2/enqueue`.
    PagerDutyEvents,
    /// Any HTTP endpoint, `/http/…`.
    Http,
    /// Firehose's HTTP endpoint delivery: `/firehose/v1` (New Relic), `/v1/input` (Datadog).
    FirehoseHttp,
    /// OTLP/HTTP, `/v1/logs`.
    OtlpLogs,
    /// An API of AWS that takes what is signed, `/signed/<service>/…`.
    SignedApi,
    /// The token endpoint of OAuth2, `/oauth2/token`.
    Token,
    /// Anything else; always a complaint.
    Unknown,
}

/// How a service spells its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protocol {
    /// AWS JSON 1.0.
    Json10,
    /// AWS JSON 1.1.
    Json11,
    /// The query protocol of STS and SNS: forms in, XML out.
    Query,
    /// S3's XML.
    S3,
    /// A vendor's own, without AWS's signature.
    Vendor,
}

impl Api {
    /// The service's name in a signature's scope; `None` if requests are not signed.
    pub(crate) fn signing_name(self) -> Option<&'static str> {
        use Api::*;
        match self {
            PutLogEvents | CreateLogStream | CreateLogGroup | PutRetentionPolicy | TagResource
            | GetLogEvents => Some("logs"),
            DescribeTaskDefinition | DescribeServices => Some("ecs"),
            PutObject
            | CreateMultipartUpload
            | UploadPart
            | CompleteMultipartUpload
            | AbortMultipartUpload
            | ListParts
            | ListMultipartUploads
            | HeadBucket
            | HeadObject
            | GetObject => Some("s3"),
            PutRecordBatch | DescribeDeliveryStream => Some("firehose"),
            PutRecords | DescribeStreamSummary => Some("kinesis"),
            PutEvents | DescribeEventBus => Some("events"),
            PublishBatch | GetTopicAttributes => Some("sns"),
            ReceiveMessage
            | DeleteMessage
            | DeleteMessageBatch
            | ChangeMessageVisibility
            | ChangeMessageVisibilityBatch
            | GetQueueUrl
            | GetQueueAttributes => Some("sqs"),
            AssumeRole | GetCallerIdentity => Some("sts"),
            Credentials | NewRelicLogs | DatadogLogs | SlackWebhook | TeamsWebhook | PagerDutyEvents
            | Http | FirehoseHttp | OtlpLogs | SignedApi | Token | Unknown => None,
        }
    }

    pub(crate) fn protocol(self) -> Protocol {
        match self.signing_name() {
            Some("logs" | "firehose" | "kinesis" | "events" | "ecs") => Protocol::Json11,
            Some("sqs") => Protocol::Json10,
            Some("sts" | "sns") => Protocol::Query,
            Some("s3") => Protocol::S3,
            _ => Protocol::Vendor,
        }
    }

    /// Whether `Content-Encoding` belongs to what is stored and not to the request.
    pub(crate) fn keeps_encoding(self) -> bool {
        self.protocol() == Protocol::S3
    }

    /// Whether requests compressed with zstd are read. Datadog does not document it, but its own agent sends it.
    pub(crate) fn reads_zstd(self) -> bool {
        matches!(self, Api::DatadogLogs | Api::Http | Api::OtlpLogs | Api::SignedApi)
    }
}

/// The operation a request asks for.
pub(crate) fn api_of(parts: &Parts, body: &[u8]) -> Api {
    match parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok()) {
        Some(target) => by_target(target),
        None if s3::is_meant(parts) => s3::api_of(parts),
        None => by_path(&parts.method, parts.uri.path(), parts.uri.query().unwrap_or_default(), body),
    }
}

fn by_target(target: &str) -> Api {
    match target {
        "Logs_20140328.PutLogEvents" => Api::PutLogEvents,
        "Logs_20140328.CreateLogStream" => Api::CreateLogStream,
        "Logs_20140328.CreateLogGroup" => Api::CreateLogGroup,
        "Logs_20140328.PutRetentionPolicy" => Api::PutRetentionPolicy,
        "Logs_20140328.TagResource" => Api::TagResource,
        "Logs_20140328.GetLogEvents" => Api::GetLogEvents,
        "AmazonEC2ContainerServiceV20141113.DescribeTaskDefinition" => Api::DescribeTaskDefinition,
        "AmazonEC2ContainerServiceV20141113.DescribeServices" => Api::DescribeServices,
        "Firehose_20150804.PutRecordBatch" => Api::PutRecordBatch,
        "Firehose_20150804.DescribeDeliveryStream" => Api::DescribeDeliveryStream,
        "Kinesis_20131202.PutRecords" => Api::PutRecords,
        "Kinesis_20131202.DescribeStreamSummary" => Api::DescribeStreamSummary,
        "AWSEvents.PutEvents" => Api::PutEvents,
        "AWSEvents.DescribeEventBus" => Api::DescribeEventBus,
        "AmazonSQS.ReceiveMessage" => Api::ReceiveMessage,
        "AmazonSQS.DeleteMessage" => Api::DeleteMessage,
        "AmazonSQS.DeleteMessageBatch" => Api::DeleteMessageBatch,
        "AmazonSQS.ChangeMessageVisibility" => Api::ChangeMessageVisibility,
        "AmazonSQS.ChangeMessageVisibilityBatch" => Api::ChangeMessageVisibilityBatch,
        "AmazonSQS.GetQueueUrl" => Api::GetQueueUrl,
        "AmazonSQS.GetQueueAttributes" => Api::GetQueueAttributes,
        _ => Api::Unknown,
    }
}

fn by_path(method: &Method, path: &str, query: &str, body: &[u8]) -> Api {
    match (method.as_str(), path) {
        ("GET", "/credentials") => Api::Credentials,
        ("POST", "/") => by_action(body),
        ("POST", "/log/v1") => Api::NewRelicLogs,
        ("POST", "/api/v2/logs") if query.contains("dd-protocol=aws-kinesis-firehose") => Api::FirehoseHttp,
        ("POST", "/api/v2/logs") => Api::DatadogLogs,
        ("POST", "/firehose/v1" | "/v1/input") => Api::FirehoseHttp,
        ("POST", path) if path.starts_with("/workflows/") => Api::TeamsWebhook,
        ("POST", "/v2/enqueue") => Api::PagerDutyEvents,
        ("POST", "/v1/logs" | "/oauth2/v1/logs") => Api::OtlpLogs,
        ("POST", "/oauth2/token") => Api::Token,
        ("POST" | "HEAD", path) if signed_api::service(path).is_some() => Api::SignedApi,
        ("POST" | "HEAD", path) if path.starts_with("/oauth2/http/") => Api::Http,
        ("POST", path) if path.starts_with("/services/") => Api::SlackWebhook,
        ("POST" | "PUT" | "HEAD", path) if path == "/http" || path.starts_with("/http/") => Api::Http,
        _ => Api::Unknown,
    }
}

fn by_action(body: &[u8]) -> Api {
    match form(body).into_iter().find(|(name, _)| name == "Action").map(|(_, value)| value).as_deref() {
        Some("PublishBatch") => Api::PublishBatch,
        Some("GetTopicAttributes") => Api::GetTopicAttributes,
        Some("AssumeRole") => Api::AssumeRole,
        Some("GetCallerIdentity") => Api::GetCallerIdentity,
        _ => Api::Unknown,
    }
}

/// The fields of an urlencoded form, decoded.
pub(crate) fn form(body: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(body);
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    pairs.map(|(name, value)| (field(name), field(value))).collect()
}

fn field(text: &str) -> String {
    percent_encoding::percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
