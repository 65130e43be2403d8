//! The answers of services that accept everything and look at nothing: for benchmarks.
//!
//! What a client cannot do without is there: upload ids, entity tags, request ids.

use serde_json::json;

use crate::{
    aws_json,
    received::Received,
    reply::{REQUEST_ID, Reply},
    route::{Api, Protocol},
};

pub(crate) fn reply(request: &Received) -> Reply {
    match request.api.protocol() {
        Protocol::Json10 | Protocol::Json11 => of_aws(request.api),
        Protocol::S3 => of_s3(request.api),
        Protocol::Query | Protocol::Vendor => of_vendor(request),
    }
}

fn of_aws(api: Api) -> Reply {
    match api {
        Api::PutRecordBatch => {
            aws_json::reply(api, json!({ "FailedPutCount": 0, "Encrypted": false, "RequestResponses": [] }))
        }
        Api::PutRecords => aws_json::reply(api, json!({ "FailedRecordCount": 0, "Records": [] })),
        Api::PutEvents => aws_json::reply(api, json!({ "FailedEntryCount": 0, "Entries": [] })),
        _ => aws_json::done(api),
    }
}

fn of_s3(api: Api) -> Reply {
    let body = match api {
        Api::CreateMultipartUpload => {
            "<InitiateMultipartUploadResult><UploadId>upload-1</UploadId></InitiateMultipartUploadResult>"
        }
        Api::CompleteMultipartUpload => {
            "<CompleteMultipartUploadResult><ETag>&quot;0&quot;</ETag></CompleteMultipartUploadResult>"
        }
        _ => return Reply::empty(200).header("etag", "\"0\""),
    };
    Reply::new(200, "application/xml", body)
}

fn of_vendor(request: &Received) -> Reply {
    match request.api {
        Api::NewRelicLogs => Reply::json(202, &json!({ "requestId": REQUEST_ID })),
        Api::DatadogLogs => Reply::json(202, &json!({})),
        Api::SlackWebhook => Reply::new(200, "text/plain", "ok"),
        Api::TeamsWebhook => Reply::empty(202),
        Api::PagerDutyEvents => Reply::json(202, &json!({ "status": "success" })),
        Api::FirehoseHttp => {
            let id = request.header("x-amz-firehose-request-id").unwrap_or_default();
            Reply::json(200, &json!({ "requestId": id, "timestamp": 0 }))
        }
        Api::OtlpLogs if request.header("content-type") == Some("application/x-protobuf") => {
            Reply::new(200, "application/x-protobuf", "")
        }
        Api::OtlpLogs => Reply::json(200, &json!({})),
        Api::Http => Reply::empty(200),
        _ => Reply::empty(404),
    }
}
