//! OTLP/HTTP logs: `POST /v1/logs`, as protobuf or as JSON.
//!
//! Owns the answers and the store; `proto` has the messages, `json` reads their JSON form, `record`
//! flattens them. Specification: <https://opentelemetry.io/docs/specs/otlp/> (read 2026-11).

mod json;
mod proto;
mod record;

use prost::Message;
use serde_json::json;

use self::proto::{ExportLogsServiceRequest, ExportLogsServiceResponse, PartialSuccess, Status};
pub use self::record::OtlpLog;
use crate::{
    core::Core,
    fault::Twist,
    received::Received,
    reply::{Refusal, Reply},
};

/// The specification's recommendation for a request before compression.
const MAX_BYTES: usize = 64 * 1024 * 1024;
const PROTOBUF: &str = "application/x-protobuf";
/// `google.rpc.Code.INVALID_ARGUMENT`.
const INVALID_ARGUMENT: i32 = 3;

/// What arrived.
#[derive(Debug, Default)]
pub(crate) struct Store {
    logs: Vec<OtlpLog>,
}

pub(crate) fn serve(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    if request.body.len() > MAX_BYTES {
        return Err(broken(format!("{} bytes", request.body.len())).status(413));
    }
    let mut logs = record::logs(decode(core, request)?);
    logs.iter().filter_map(record::fault).for_each(|fault| core.complain(format!("OtlpLogs: {fault}")));
    let partial = match twist {
        Twist::RejectRecords(rejected, message) => {
            logs.truncate(logs.len().saturating_sub(*rejected));
            Some((*rejected, message.clone()))
        }
        _ => None,
    };
    core.otlp.lock().logs.extend(logs);
    Ok(reply(request, partial))
}

fn decode(core: &Core, request: &Received) -> Result<ExportLogsServiceRequest, Refusal> {
    match request.header("content-type").and_then(|value| value.split(';').next()) {
        Some(PROTOBUF) => {
            ExportLogsServiceRequest::decode(request.body.as_ref()).map_err(|error| broken(error.to_string()))
        }
        Some("application/json") => {
            let (message, strangers) = json::read(&request.body).map_err(broken)?;
            strangers.iter().for_each(|path| core.complain(format!("OtlpLogs: unknown field {path}")));
            Ok(message)
        }
        other => Err(broken(format!("Content-Type is {other:?}")).status(415)),
    }
}

fn reply(request: &Received, partial: Option<(usize, String)>) -> Reply {
    if is_protobuf(request) {
        let partial_success = partial.map(|(rejected, error_message)| PartialSuccess {
            rejected_log_records: i64::try_from(rejected).expect("a count of records"),
            error_message,
        });
        return Reply::new(200, PROTOBUF, ExportLogsServiceResponse { partial_success }.encode_to_vec());
    }
    let body = partial.map_or(json!({}), |(rejected, message)| {
        json!({ "partialSuccess": { "rejectedLogRecords": rejected.to_string(), "errorMessage": message } })
    });
    Reply::json(200, &body)
}

/// A refusal as OTLP wants it: a `google.rpc.Status` in the encoding of the request.
pub(crate) fn error(request: &Received, refusal: &Refusal) -> Reply {
    let message = format!("{}: {}", refusal.code, refusal.message);
    match is_protobuf(request) {
        true => {
            Reply::new(refusal.status, PROTOBUF, Status { code: INVALID_ARGUMENT, message }.encode_to_vec())
        }
        false => Reply::json(refusal.status, &json!({ "code": INVALID_ARGUMENT, "message": message })),
    }
}

fn is_protobuf(request: &Received) -> bool {
    request.header("content-type") == Some(PROTOBUF)
}

fn broken(message: impl Into<String>) -> Refusal {
    Refusal::broken("INVALID_ARGUMENT", message)
}

/// What the OTLP endpoint holds; from [`crate::Cloud::otlp`].
#[derive(Debug, Clone, Copy)]
pub struct Otlp<'a> {
    core: &'a Core,
}

impl<'a> Otlp<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Every log record, in order of arrival.
    pub fn logs(&self) -> Vec<OtlpLog> {
        self.core.otlp.lock().logs.clone()
    }

    /// As [`Otlp::logs`], bodies only: strings as they are, other values as JSON.
    pub fn messages(&self) -> Vec<String> {
        let text = |log: OtlpLog| log.body.as_str().map_or_else(|| log.body.to_string(), str::to_owned);
        self.logs().into_iter().map(text).collect()
    }
}

#[cfg(test)]
mod tests;
