//! The receiving end of Firehose's HTTP endpoint delivery, as New Relic and Datadog run it.
//!
//! Specification: <https://docs.aws.amazon.com/firehose/latest/dev/httpdeliveryrequestresponse.html>
//! (read 2026-11). A request id seen before is confirmed again and not stored twice.

use std::collections::HashSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Map, Value, json};

use crate::{
    core::{Core, real_now_ms},
    received::Received,
    reply::{Refusal, Reply},
};

const MAX_BYTES: usize = 64 * 1024 * 1024;
const MAX_RECORDS: usize = 10_000;
const MAX_DATA_CHARS: usize = 1_365_336;
const MAX_KEY_BYTES: usize = 4_096;
const MAX_ATTRIBUTES: usize = 50;
const MAX_ATTRIBUTE_NAME: usize = 256;
const MAX_ATTRIBUTE_VALUE: usize = 1_024;

/// A record as the endpoint decoded it.
#[derive(Debug, Clone, PartialEq)]
pub struct FirehoseHttpRecord {
    /// Id of the request that brought it.
    pub request_id: String,
    /// `X-Amz-Firehose-Source-Arn` of that request.
    pub source_arn: String,
    /// `X-Amz-Firehose-Common-Attributes` of that request.
    pub attributes: Map<String, Value>,
    /// The data, after base64.
    pub data: Bytes,
}

/// What arrived, which requests are known, and which key is accepted.
#[derive(Debug, Default)]
pub(crate) struct Store {
    records: Vec<FirehoseHttpRecord>,
    seen: HashSet<String>,
    duplicates: usize,
    key: Option<String>,
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    check_key(core, request)?;
    if request.body.len() > MAX_BYTES {
        return Err(broken(format!("{} bytes", request.body.len())).status(413));
    }
    let id = check_headers(request)?;
    let attributes = common_attributes(request)?;
    let records = records(request, &id)?;
    let source_arn = request.header("x-amz-firehose-source-arn").unwrap_or_default();
    let record = |data| FirehoseHttpRecord {
        request_id: id.clone(),
        source_arn: source_arn.to_owned(),
        attributes: attributes.clone(),
        data,
    };
    store(core, &id, records.into_iter().map(record).collect());
    Ok(Reply::json(200, &json!({ "requestId": id, "timestamp": real_now_ms() })))
}

fn store(core: &Core, id: &str, records: Vec<FirehoseHttpRecord>) {
    let mut store = core.firehose_http.lock();
    match store.seen.insert(id.to_owned()) {
        true => store.records.extend(records),
        false => store.duplicates += 1,
    }
}

fn check_key(core: &Core, request: &Received) -> Result<(), Refusal> {
    let accepted = core.firehose_http.lock().key.clone();
    let unauthorized = |refusal: Refusal| Err(refusal.status(401));
    match (request.header("x-amz-firehose-access-key"), accepted) {
        (None | Some(""), _) => unauthorized(broken("X-Amz-Firehose-Access-Key is missing")),
        (Some(key), _) if key.len() > MAX_KEY_BYTES => {
            unauthorized(broken("X-Amz-Firehose-Access-Key is too long"))
        }
        (Some(key), Some(accepted)) if key != accepted => {
            unauthorized(Refusal::state("Unauthorized", "wrong key"))
        }
        _ => Ok(()),
    }
}

/// Holds the headers against the specification; the request id is what counts.
fn check_headers(request: &Received) -> Result<String, Refusal> {
    let is = |name: &str, value: &str| match request.header(name) {
        Some(header) if header == value => Ok(()),
        other => Err(broken(format!("{name} is {other:?} and not {value}"))),
    };
    is("x-amz-firehose-protocol-version", "1.0")?;
    is("content-type", "application/json")?;
    if request.header("x-amz-firehose-source-arn").is_none() {
        return Err(broken("X-Amz-Firehose-Source-Arn is missing"));
    }
    match request.header("x-amz-firehose-request-id") {
        Some(id) if !id.is_empty() => Ok(id.to_owned()),
        _ => Err(broken("X-Amz-Firehose-Request-Id is missing")),
    }
}

fn common_attributes(request: &Received) -> Result<Map<String, Value>, Refusal> {
    let Some(header) = request.header("x-amz-firehose-common-attributes") else { return Ok(Map::new()) };
    let header: Value =
        serde_json::from_str(header).map_err(|error| broken(format!("common attributes: {error}")))?;
    let attributes = header["commonAttributes"].as_object().ok_or_else(|| broken("no `commonAttributes`"))?;
    let fits = |(name, value): (&String, &Value)| {
        name.len() <= MAX_ATTRIBUTE_NAME
            && value.as_str().is_some_and(|text| text.len() <= MAX_ATTRIBUTE_VALUE)
    };
    match attributes.len() <= MAX_ATTRIBUTES && attributes.iter().all(fits) {
        true => Ok(attributes.clone()),
        false => Err(broken("common attributes are too many, too long, or not strings")),
    }
}

fn records(request: &Received, id: &str) -> Result<Vec<Bytes>, Refusal> {
    let body: Value = serde_json::from_slice(&request.body).map_err(|error| broken(error.to_string()))?;
    if body["requestId"] != id || !body["timestamp"].is_i64() {
        return Err(broken("requestId differs from the header's, or timestamp is missing"));
    }
    let records = body["records"].as_array().ok_or_else(|| broken("records is not a list"))?;
    match (1..=MAX_RECORDS).contains(&records.len()) {
        true => records.iter().map(data).collect(),
        false => Err(broken(format!("{} records", records.len()))),
    }
}

fn data(record: &Value) -> Result<Bytes, Refusal> {
    let data = record["data"].as_str().ok_or_else(|| broken("a record has no data"))?;
    if data.len() > MAX_DATA_CHARS {
        return Err(broken(format!("a record of {} characters", data.len())));
    }
    BASE64_STANDARD.decode(data).map(Bytes::from).map_err(|error| broken(error.to_string()))
}

fn broken(message: impl Into<String>) -> Refusal {
    Refusal::broken("InvalidRequest", message)
}

/// A refusal as the specification wants it.
pub(crate) fn error(request: &Received, refusal: &Refusal) -> Reply {
    let id = request.header("x-amz-firehose-request-id").unwrap_or_default();
    let body = json!({ "requestId": id, "timestamp": real_now_ms(), "errorMessage": refusal.message });
    Reply::json(refusal.status, &body)
}

/// What the Firehose endpoint holds; from [`crate::Cloud::firehose_http`].
#[derive(Debug, Clone, Copy)]
pub struct FirehoseHttp<'a> {
    core: &'a Core,
}

impl<'a> FirehoseHttp<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Every record, in order of arrival, each once.
    pub fn records(&self) -> Vec<FirehoseHttpRecord> {
        self.core.firehose_http.lock().records.clone()
    }

    /// The data of every record as text, without a line feed at its end.
    pub fn lines(&self) -> Vec<String> {
        let text = |record: FirehoseHttpRecord| {
            String::from_utf8_lossy(&record.data).trim_end_matches('\n').to_owned()
        };
        self.records().into_iter().map(text).collect()
    }

    /// How many requests brought an id that was known already.
    pub fn duplicates(&self) -> usize {
        self.core.firehose_http.lock().duplicates
    }

    /// Answers 401 to every other key; until then any key is accepted.
    pub fn accept_only(&self, key: &str) {
        self.core.firehose_http.lock().key = Some(key.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Cloud,
        testing::{Answer, Call},
    };

    fn post(cloud: &Cloud, id: &str, body: &Value) -> Answer {
        let call = Call::new("POST", "/firehose/v1").header("content-type", "application/json");
        let call =
            call.header("x-amz-firehose-access-key", "k").header("x-amz-firehose-protocol-version", "1.0");
        let call = call.header("x-amz-firehose-request-id", id).header("x-amz-firehose-source-arn", "arn");
        let attributes = r#"{"commonAttributes":{"env":"prod"}}"#;
        call.header("x-amz-firehose-common-attributes", attributes)
            .body(body.to_string())
            .send(cloud)
            .unwrap()
    }

    fn body(id: &str) -> Value {
        json!({"requestId": id, "timestamp": 1, "records": [{"data": BASE64_STANDARD.encode("a\n")}]})
    }

    #[test]
    fn a_request_is_stored_once() {
        let cloud = Cloud::start();
        for _ in 0..2 {
            assert_eq!(post(&cloud, "1", &body("1")).json()["requestId"], "1");
        }
        assert_eq!(
            (cloud.firehose_http().lines(), cloud.firehose_http().duplicates()),
            (vec!["a".to_owned()], 1)
        );
        assert_eq!(cloud.firehose_http().records()[0].attributes["env"], "prod");
        cloud.assert_no_complaints();
    }

    #[test]
    fn what_the_specification_forbids_is_refused() {
        let cloud = Cloud::start();
        let reply = post(&cloud, "2", &body("1"));
        assert_eq!((reply.status, reply.json()["requestId"].as_str()), (400, Some("2")));
        let empty = json!({"requestId": "3", "timestamp": 1, "records": []});
        assert_eq!(post(&cloud, "3", &empty).status, 400);
        assert_eq!(Call::new("POST", "/v1/input").send(&cloud).unwrap().status, 401);
        assert_eq!(cloud.take_complaints().len(), 3);
        cloud.firehose_http().accept_only("other");
        assert_eq!(post(&cloud, "4", &body("4")).status, 401);
        cloud.assert_no_complaints();
    }
}
