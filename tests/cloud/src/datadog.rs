//! Datadog's logs intake: `POST /api/v2/logs`.
//!
//! Limits: <https://docs.datadoghq.com/api/latest/logs/#send-logs> (read 2026-11). A log that Datadog
//! would accept and truncate is a complaint here. zstd is read as well, which the vendor's own agent sends.

use serde_json::{Map, Value, json};

use crate::{
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
};

const MAX_BYTES: usize = 5_000_000;
const MAX_LOGS: usize = 1_000;
const MAX_LOG_BYTES: usize = 1_000_000;

/// A log as Datadog would index it.
#[derive(Debug, Clone, PartialEq)]
pub struct DatadogLog {
    /// `message`, as text.
    pub message: String,
    /// `ddsource`; empty if absent, as are the next three.
    pub ddsource: String,
    /// `ddtags`, separated by commas.
    pub ddtags: String,
    /// `hostname`.
    pub hostname: String,
    /// `service`.
    pub service: String,
    /// All other members.
    pub attributes: Map<String, Value>,
}

/// What arrived, and which key is accepted.
#[derive(Debug, Default)]
pub(crate) struct Store {
    logs: Vec<DatadogLog>,
    key: Option<String>,
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    check_key(core, request)?;
    if request.body.len() > MAX_BYTES {
        return Err(too_large(format!("{} bytes", request.body.len())));
    }
    let logs = logs(core, request)?;
    core.datadog.lock().logs.extend(logs);
    Ok(Reply::json(202, &json!({})))
}

fn check_key(core: &Core, request: &Received) -> Result<(), Refusal> {
    let accepted = core.datadog.lock().key.clone();
    match (request.header("dd-api-key"), accepted) {
        (None | Some(""), _) => Err(Refusal::broken("Unauthorized", "DD-API-KEY is missing").status(401)),
        (Some(key), Some(accepted)) if key != accepted => {
            Err(Refusal::state("Forbidden", "Authorization failed").status(403))
        }
        _ => Ok(()),
    }
}

fn logs(core: &Core, request: &Received) -> Result<Vec<DatadogLog>, Refusal> {
    if !request.header("content-type").is_some_and(|value| value.starts_with("application/json")) {
        return Err(Refusal::broken("Bad Request", "Content-Type is not application/json"));
    }
    let broken = |error: serde_json::Error| Refusal::broken("Bad Request", error.to_string());
    let entries = match serde_json::from_slice(&request.body).map_err(broken)? {
        Value::Array(entries) if entries.len() > MAX_LOGS => {
            return Err(too_large(format!("{} logs", entries.len())));
        }
        Value::Array(entries) => entries,
        other => vec![other],
    };
    entries.into_iter().map(|entry| log(core, entry)).collect()
}

fn log(core: &Core, entry: Value) -> Result<DatadogLog, Refusal> {
    let bytes = entry.to_string().len();
    if bytes > MAX_LOG_BYTES {
        core.complain(format!("DatadogLogs: a log of {bytes} bytes will be truncated"));
    }
    let Value::Object(mut attributes) = entry else {
        return Err(Refusal::broken("Bad Request", "a log is not an object"));
    };
    let mut take = |name: &str| match attributes.remove(name) {
        Some(Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    Ok(DatadogLog {
        message: take("message"),
        ddsource: take("ddsource"),
        ddtags: take("ddtags"),
        hostname: take("hostname"),
        service: take("service"),
        attributes,
    })
}

fn too_large(detail: String) -> Refusal {
    Refusal::broken("Payload Too Large", detail).status(413)
}

/// A refusal as Datadog spells it.
pub(crate) fn error(refusal: &Refusal) -> Reply {
    let error =
        json!({ "status": refusal.status.to_string(), "title": refusal.code, "detail": refusal.message });
    Reply::json(refusal.status, &json!({ "errors": [error] }))
}

/// What Datadog holds; from [`crate::Cloud::datadog`].
#[derive(Debug, Clone, Copy)]
pub struct Datadog<'a> {
    core: &'a Core,
}

impl<'a> Datadog<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Every log, in order of arrival.
    pub fn logs(&self) -> Vec<DatadogLog> {
        self.core.datadog.lock().logs.clone()
    }

    /// As [`Datadog::logs`], messages only.
    pub fn messages(&self) -> Vec<String> {
        self.logs().into_iter().map(|log| log.message).collect()
    }

    /// Answers 403 to every other key; until then any key is accepted.
    pub fn accept_only(&self, key: &str) {
        self.core.datadog.lock().key = Some(key.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Cloud,
        testing::{Answer, Call},
    };

    fn post(cloud: &Cloud, body: &Value) -> Answer {
        let call = Call::new("POST", "/api/v2/logs")
            .header("dd-api-key", "k")
            .header("content-type", "application/json");
        call.body(body.to_string()).send(cloud).unwrap()
    }

    #[test]
    fn logs_are_decoded() {
        let cloud = Cloud::start();
        let body = json!([{"message": "a", "ddsource": "ecs", "ddtags": "env:prod", "service": "web", "hostname": "h", "n": 1}]);
        assert_eq!(post(&cloud, &body).status, 202);
        let log = &cloud.datadog().logs()[0];
        assert_eq!(
            (log.message.as_str(), log.ddtags.as_str(), &log.attributes["n"]),
            ("a", "env:prod", &json!(1))
        );
        cloud.assert_no_complaints();
    }

    #[test]
    fn zstd_is_read_here_and_not_by_everybody() {
        use ruzstd::encoding::{CompressionLevel, compress_to_vec};
        let cloud = Cloud::start();
        let body = compress_to_vec(&b"[{\"message\":\"a\"}]"[..], CompressionLevel::Fastest);
        let post = |path, key| {
            let call = Call::new("POST", path).header(key, "k").header("content-type", "application/json");
            call.header("content-encoding", "zstd").body(body.clone()).send(&cloud).unwrap().status
        };
        assert_eq!((post("/api/v2/logs", "dd-api-key"), post("/log/v1", "api-key")), (202, 400));
        assert_eq!(cloud.datadog().messages(), ["a"]);
    }

    #[test]
    fn limits_are_kept() {
        let cloud = Cloud::start();
        assert_eq!(post(&cloud, &json!(vec![json!({"message": "m"}); 1_001])).status, 413);
        assert_eq!(post(&cloud, &json!(vec![json!({"message": "m"}); 1_000])).status, 202);
        assert_eq!(post(&cloud, &json!([{"message": "x".repeat(5_000_000)}])).status, 413);
        assert_eq!(post(&cloud, &json!([{"message": "x".repeat(1_000_000)}])).status, 202);
        assert_eq!(post(&cloud, &json!("text")).json()["errors"][0]["status"], "400");
        assert_eq!(cloud.take_complaints().len(), 4);
    }

    #[test]
    fn keys_are_checked() {
        let cloud = Cloud::start();
        assert_eq!(Call::new("POST", "/api/v2/logs").send(&cloud).unwrap().status, 401);
        cloud.datadog().accept_only("other");
        assert_eq!(post(&cloud, &json!([])).status, 403);
        assert_eq!(cloud.complaints().len(), 1);
    }
}
