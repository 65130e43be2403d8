//! Kinesis: PutRecords into data streams that exist.
//!
//! Limits: <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html> (read 2026-11), those that every
//! stream has. Sizes are counted before base64 and with the keys.

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
const MAX_RECORD_BYTES: usize = 1 << 20;
const MAX_BATCH_BYTES: usize = 5 << 20;
const MAX_KEY: usize = 256;
const MAX_NAME: usize = 128;

/// A record: its partition key and its data.
type Record = (String, Bytes);

/// All data streams by their names, and what they hold.
#[derive(Debug, Default)]
pub(crate) struct Store {
    streams: BTreeMap<String, Vec<Record>>,
}

pub(crate) fn serve(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    let input = Input::read(request)?;
    input.complain_about_strangers(core, &["StreamName", "StreamARN", "Records"]);
    let name = stream_name(&input)?;
    let missing = || format!("Stream {name} under account {ACCOUNT} not found.");
    let mut store = core.kinesis.lock();
    let stream =
        store.streams.get_mut(&name).ok_or_else(|| Refusal::state("ResourceNotFoundException", missing()))?;
    if request.api == Api::DescribeStreamSummary {
        let summary = json!({ "StreamDescriptionSummary": { "StreamName": name, "StreamStatus": "ACTIVE" } });
        return Ok(aws_json::reply(request.api, summary));
    }
    let records = records(&input)?.into_iter().enumerate();
    let answers: Vec<Value> = records.map(|(index, record)| put(stream, index, record, twist)).collect();
    let failed = answers.iter().filter(|answer| answer.get("ErrorCode").is_some()).count();
    Ok(aws_json::reply(request.api, json!({ "FailedRecordCount": failed, "Records": answers })))
}

fn put(stream: &mut Vec<Record>, index: usize, record: Record, twist: &Twist) -> Value {
    match twist.error_at(index, "ProvisionedThroughputExceededException") {
        Some(code) => json!({ "ErrorCode": code, "ErrorMessage": "Rate exceeded for shard" }),
        None => {
            stream.push(record);
            json!({ "SequenceNumber": format!("{:056}", stream.len()), "ShardId": "shardId-000000000000" })
        }
    }
}

fn stream_name(input: &Input) -> Result<String, Refusal> {
    let name = match input.text("StreamARN")? {
        Some(arn) => arn.rsplit('/').next().unwrap_or_default(),
        None => input.required("StreamName")?,
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
    match (1..=MAX_NAME).contains(&name.len()) && name.chars().all(allowed) {
        true => Ok(name.to_owned()),
        false => Err(input.constraint(
            name,
            "streamName",
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        )),
    }
}

fn records(input: &Input) -> Result<Vec<Record>, Refusal> {
    let records = input.list("Records")?;
    if !(1..=MAX_RECORDS).contains(&records.len()) {
        let rule = "Member must have length between 1 and 500";
        return Err(input.constraint(&format!("[{} records]", records.len()), "records", rule));
    }
    let records: Vec<Record> =
        records.iter().enumerate().map(|(n, value)| record(input, n, value)).collect::<Result<_, _>>()?;
    match records.iter().map(|(key, data)| key.len() + data.len()).sum::<usize>() {
        ..=MAX_BATCH_BYTES => Ok(records),
        bytes => Err(Refusal::broken(
            "InvalidArgumentException",
            format!("Records size exceeds 5 MB limit: {bytes} bytes"),
        )),
    }
}

fn record(input: &Input, index: usize, value: &Value) -> Result<Record, Refusal> {
    let member = format!("records.{}.member", index + 1);
    let text = |name: &str| value[name].as_str().ok_or_else(|| input.missing(&format!("{member}.{name}")));
    let key = text("PartitionKey")?;
    let data =
        BASE64_STANDARD.decode(text("Data")?).map_err(|error| malformed(format!("{member}: {error}")))?;
    let is_right = (1..=MAX_KEY).contains(&key.chars().count()) && key.len() + data.len() <= MAX_RECORD_BYTES;
    match is_right {
        true => Ok((key.to_owned(), data.into())),
        false => Err(input.constraint(
            &format!("[{} and {} bytes]", key.len(), data.len()),
            &member,
            "Member must have length less than or equal to 1048576",
        )),
    }
}

/// What Kinesis holds; from [`crate::Cloud::kinesis`].
#[derive(Debug, Clone, Copy)]
pub struct Kinesis<'a> {
    core: &'a Core,
}

impl<'a> Kinesis<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Creates a data stream; without one, requests are refused.
    pub fn create_stream(&self, name: &str) {
        self.core.kinesis.lock().streams.entry(name.to_owned()).or_default();
    }

    /// Partition key and data of a stream's records in order of arrival; none if there is no such stream.
    pub fn records(&self, stream: &str) -> Vec<(String, Bytes)> {
        self.core.kinesis.lock().streams.get(stream).cloned().unwrap_or_default()
    }

    /// The lines of a stream: its records joined, then split at `\n`.
    pub fn lines(&self, stream: &str) -> Vec<String> {
        let joined: Vec<u8> = self.records(stream).into_iter().flat_map(|(_, data)| data).collect();
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

    fn put(cloud: &Cloud, records: &[(&str, Vec<u8>)]) -> Answer {
        let record = |(key, data): &(&str, Vec<u8>)| json!({"Data": BASE64_STANDARD.encode(data), "PartitionKey": key});
        let records: Vec<Value> = records.iter().map(record).collect();
        let body = json!({"StreamName": "s", "Records": records});
        Call::aws("1.1", "Kinesis_20131202.PutRecords", &body).sign(cloud, "kinesis")
    }

    fn ready() -> Cloud {
        let cloud = Cloud::start();
        cloud.kinesis().create_stream("s");
        cloud
    }

    #[test]
    fn records_arrive_but_those_that_fail() {
        let cloud = ready();
        cloud.script(Api::PutRecords, [Fault::partial([1])]);
        let reply =
            put(&cloud, &[("k", b"a\n".to_vec()), ("k", b"b\n".to_vec()), ("l", b"c\n".to_vec())]).json();
        assert_eq!(reply["FailedRecordCount"], 1);
        assert_eq!(reply["Records"][1]["ErrorCode"], "ProvisionedThroughputExceededException");
        assert_eq!(cloud.kinesis().lines("s"), ["a", "c"]);
        cloud.assert_no_complaints();
    }

    #[test]
    fn limits_are_kept() {
        let cloud = ready();
        let mega = || vec![0; MAX_RECORD_BYTES - 1];
        let long = "k".repeat(257);
        for (records, code) in [
            (vec![], "ValidationException"),
            (vec![("k", vec![0]); 501], "ValidationException"),
            (vec![("kk", mega())], "ValidationException"),
            (vec![("", vec![0])], "ValidationException"),
            (vec![(long.as_str(), vec![0])], "ValidationException"),
            (
                vec![
                    ("k", mega()),
                    ("k", mega()),
                    ("k", mega()),
                    ("k", mega()),
                    ("k", mega()),
                    ("k", vec![]),
                ],
                "InvalidArgumentException",
            ),
        ] {
            assert_eq!(put(&cloud, &records).error(), (400, code.to_owned()));
        }
        assert_eq!(put(&cloud, &[("k", mega())]).status, 200);
        assert_eq!(cloud.take_complaints().len(), 6);
    }

    #[test]
    fn a_stream_has_to_exist() {
        let cloud = Cloud::start();
        assert_eq!(put(&cloud, &[("k", vec![0])]).error(), (400, "ResourceNotFoundException".to_owned()));
        cloud.assert_no_complaints();
    }
}
