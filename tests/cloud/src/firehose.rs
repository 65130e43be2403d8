//! Firehose: PutRecordBatch into streams that exist.
//!
//! Limits: <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html> (read
//! 2026-11). The 4 MiB are counted before base64, as AWS's own senders do.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::{
    aws_json::{self, Input, malformed},
    core::Core,
    fault::Twist,
    identity::ACCOUNT,
    received::Received,
    reply::{Refusal, Reply},
    route::Api,
};

const MAX_RECORDS: usize = 500;
const MAX_RECORD_BYTES: usize = 1_024_000;
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;
const MAX_NAME: usize = 64;

/// All delivery streams and what they hold.
#[derive(Debug, Default)]
pub(crate) struct Store {
    streams: BTreeMap<String, Vec<Bytes>>,
}

pub(crate) fn serve(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    let input = Input::read(request)?;
    input.complain_about_strangers(core, &["DeliveryStreamName", "Records"]);
    let name = stream_name(&input)?;
    if request.api == Api::DescribeDeliveryStream {
        return describe(core, request, name);
    }
    let records = records(&input)?;
    let mut store = core.firehose.lock();
    let missing = || format!("Firehose {name} under account {ACCOUNT} not found.");
    let stream =
        store.streams.get_mut(name).ok_or_else(|| Refusal::state("ResourceNotFoundException", missing()))?;
    let responses: Vec<_> =
        records.into_iter().enumerate().map(|(index, data)| put(stream, index, data, twist)).collect();
    let failed = responses.iter().filter(|response| response.get("ErrorCode").is_some()).count();
    let body = json!({ "FailedPutCount": failed, "Encrypted": false, "RequestResponses": responses });
    Ok(aws_json::reply(request.api, body))
}

fn describe(core: &Core, request: &Received, name: &str) -> Result<Reply, Refusal> {
    let missing = || format!("Firehose {name} under account {ACCOUNT} not found.");
    let body = json!({ "DeliveryStreamDescription": { "DeliveryStreamName": name, "DeliveryStreamStatus": "ACTIVE" } });
    match core.firehose.lock().streams.contains_key(name) {
        true => Ok(aws_json::reply(request.api, body)),
        false => Err(Refusal::state("ResourceNotFoundException", missing())),
    }
}

fn put(stream: &mut Vec<Bytes>, index: usize, data: Bytes, twist: &Twist) -> Value {
    match twist.error_at(index, "ServiceUnavailableException") {
        Some(code) => json!({ "ErrorCode": code, "ErrorMessage": "Slow down." }),
        None => {
            stream.push(data);
            json!({ "RecordId": format!("{:016}", stream.len()) })
        }
    }
}

fn stream_name(input: &Input) -> Result<&str, Refusal> {
    let name = input.required("DeliveryStreamName")?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    match (1..=MAX_NAME).contains(&name.len()) && name.chars().all(allowed) {
        true => Ok(name),
        false => Err(input.constraint(
            name,
            "deliveryStreamName",
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        )),
    }
}

fn records(input: &Input) -> Result<Vec<Bytes>, Refusal> {
    let records = input.list("Records")?;
    if !(1..=MAX_RECORDS).contains(&records.len()) {
        let rule = "Member must have length between 1 and 500";
        return Err(input.constraint(&format!("[{} records]", records.len()), "records", rule));
    }
    let records: Vec<_> =
        records.iter().enumerate().map(|(n, value)| record(input, n, value)).collect::<Result<_, _>>()?;
    match records.iter().map(Bytes::len).sum::<usize>() {
        ..=MAX_BATCH_BYTES => Ok(records),
        bytes => Err(Refusal::broken(
            "InvalidArgumentException",
            format!("Records size exceeds 4 MB limit: {bytes} bytes"),
        )),
    }
}

fn record(input: &Input, index: usize, value: &Value) -> Result<Bytes, Refusal> {
    let member = format!("records.{}.member.data", index + 1);
    let data = value.get("Data").ok_or_else(|| input.missing(&member))?;
    let data = data.as_str().ok_or_else(|| malformed(format!("{member} is not a string")))?;
    let data = BASE64_STANDARD.decode(data).map_err(|error| malformed(format!("{member}: {error}")))?;
    match data.len() {
        ..=MAX_RECORD_BYTES => Ok(data.into()),
        n => Err(input.constraint(
            &format!("[{n} bytes]"),
            &member,
            "Member must have length less than or equal to 1024000",
        )),
    }
}

/// What Firehose holds; from [`crate::Cloud::firehose`].
#[derive(Debug, Clone, Copy)]
pub struct Firehose<'a> {
    core: &'a Core,
}

impl<'a> Firehose<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Creates a delivery stream; without one, requests are refused.
    pub fn create_stream(&self, name: &str) {
        self.core.firehose.lock().streams.entry(name.to_owned()).or_default();
    }

    /// The data of a stream's records in order of arrival; empty if there is no such stream.
    pub fn records(&self, stream: &str) -> Vec<Bytes> {
        self.core.firehose.lock().streams.get(stream).cloned().unwrap_or_default()
    }

    /// The lines of a stream, as the object in S3 would have them: records joined, then split at `\n`.
    pub fn lines(&self, stream: &str) -> Vec<String> {
        let joined = self.records(stream).concat();
        String::from_utf8_lossy(&joined).lines().map(str::to_owned).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Cloud, Fault,
        testing::{Answer, Call},
    };

    fn put(cloud: &Cloud, records: &[Vec<u8>]) -> Answer {
        let records: Vec<_> =
            records.iter().map(|data| json!({"Data": BASE64_STANDARD.encode(data)})).collect();
        let body = json!({"DeliveryStreamName": "s", "Records": records});
        Call::aws("1.1", "Firehose_20150804.PutRecordBatch", &body).sign(cloud, "firehose")
    }

    fn ready() -> Cloud {
        let cloud = Cloud::start();
        cloud.firehose().create_stream("s");
        cloud
    }

    #[test]
    fn records_arrive_but_those_that_fail() {
        let cloud = ready();
        cloud.script(Api::PutRecordBatch, [Fault::partial([1])]);
        let reply = put(&cloud, &[b"a\n".to_vec(), b"b\n".to_vec(), b"c\n".to_vec()]).json();
        assert_eq!(reply["FailedPutCount"], 1);
        assert_eq!(reply["RequestResponses"][1]["ErrorCode"], "ServiceUnavailableException");
        assert!(reply["RequestResponses"][2]["RecordId"].is_string());
        assert_eq!(cloud.firehose().lines("s"), ["a", "c"]);
        cloud.assert_no_complaints();
    }

    #[test]
    fn limits_are_kept() {
        let cloud = ready();
        let codes = [vec![vec![0]; 501], vec![vec![0; 1_024_001]], vec![vec![0; 1_024_000]; 5], vec![]];
        let codes: Vec<_> = codes.iter().map(|records| put(&cloud, records).error()).collect();
        let expected =
            ["ValidationException", "ValidationException", "InvalidArgumentException", "ValidationException"];
        assert_eq!(codes, expected.map(|code| (400, code.to_owned())));
        assert_eq!(put(&cloud, &vec![vec![0; 1_024_000]; 4]).status, 200);
        assert_eq!(cloud.take_complaints().len(), 4);
    }

    #[test]
    fn a_stream_has_to_exist() {
        let cloud = Cloud::start();
        assert_eq!(put(&cloud, &[b"a".to_vec()]).error(), (400, "ResourceNotFoundException".to_owned()));
        cloud.assert_no_complaints();
    }

    #[test]
    #[should_panic(expected = "PutObject cannot do")]
    fn a_fault_has_to_suit_the_api() {
        Cloud::start().script(Api::PutObject, [Fault::partial([0])]);
    }
}
