//! CloudWatch Logs: groups, streams and events, and the questions tests ask about them.
//!
//! Owns the store and the administrative calls. The rules for names and settings are in `names`, those
//! of PutLogEvents in `put`. API reference:
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/> (read 2026-11).

mod entity;
mod get;
mod names;
mod put;
mod query;

use std::collections::BTreeMap;

use serde_json::Value;

pub use self::query::{CloudWatch, LogCall};
use crate::{
    aws_json::{self, Input},
    core::Core,
    received::Received,
    reply::{Refusal, Reply},
    route::Api,
};

/// A log event as CloudWatch keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEvent {
    /// Time of the event, in ms since 1970.
    pub timestamp_ms: i64,
    /// The message.
    pub message: String,
}

/// A log group's settings.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupInfo {
    /// Days until events expire; `None` keeps them for ever.
    pub retention_days: Option<i64>,
    /// `logGroupClass`; `STANDARD` if the request did not say.
    pub class: String,
    /// Tags, from creation or TagResource.
    pub tags: BTreeMap<String, String>,
    /// KMS key for encryption at rest.
    pub kms_key_id: Option<String>,
}

#[derive(Debug, Default)]
struct Group {
    info: GroupInfo,
    streams: BTreeMap<String, Vec<LogEvent>>,
    /// The entities that came, each with its stream.
    entities: Vec<(String, Value)>,
}

/// All groups.
#[derive(Debug, Default)]
pub(crate) struct Store {
    groups: BTreeMap<String, Group>,
}

impl Store {
    pub(crate) fn create_group(&mut self, name: &str) {
        let info = GroupInfo { class: "STANDARD".to_owned(), ..GroupInfo::default() };
        self.groups.insert(name.to_owned(), Group { info, ..Group::default() });
    }

    pub(crate) fn has_group(&self, name: &str) -> bool {
        self.groups.contains_key(name)
    }

    pub(crate) fn create_stream(&mut self, group: &str, stream: &str) {
        if !self.groups.contains_key(group) {
            self.create_group(group);
        }
        self.groups.get_mut(group).expect("a group").streams.entry(stream.to_owned()).or_default();
    }

    pub(crate) fn add_event(&mut self, group: &str, stream: &str, event: LogEvent) {
        self.create_stream(group, stream);
        let group = self.groups.get_mut(group).expect("a group");
        group.streams.get_mut(stream).expect("a stream").push(event);
    }

    pub(crate) fn delete_group(&mut self, name: &str) {
        self.groups.remove(name);
    }

    pub(crate) fn delete_stream(&mut self, group: &str, stream: &str) {
        if let Some(group) = self.groups.get_mut(group) {
            group.streams.remove(stream);
        }
    }

    fn existing(&mut self, name: &str) -> Result<&mut Group, Refusal> {
        self.groups.get_mut(name).ok_or_else(|| {
            Refusal::state("ResourceNotFoundException", "The specified log group does not exist.")
        })
    }
}

pub(crate) fn serve(core: &Core, request: &Received) -> Result<Reply, Refusal> {
    let input = Input::read(request)?;
    input.complain_about_strangers(core, known_members(request.api));
    match request.api {
        Api::CreateLogGroup => create_group(core, &input),
        Api::CreateLogStream => create_stream(core, &input),
        Api::PutRetentionPolicy => put_retention(core, &input),
        Api::TagResource => tag(core, &input),
        Api::GetLogEvents => get::events(core, &input),
        _ => put::events(core, &input),
    }
}

fn create_group(core: &Core, input: &Input) -> Result<Reply, Refusal> {
    let name = names::group(input.required("logGroupName")?)?;
    let info = GroupInfo {
        retention_days: None,
        class: names::class(input.text("logGroupClass")?)?,
        tags: names::tags(input.get("tags"))?,
        kms_key_id: input.text("kmsKeyId")?.map(str::to_owned),
    };
    let mut store = core.cloudwatch.lock();
    if store.groups.contains_key(name) {
        return Err(Refusal::state(
            "ResourceAlreadyExistsException",
            "The specified log group already exists",
        ));
    }
    store.groups.insert(name.to_owned(), Group { info, ..Group::default() });
    Ok(aws_json::done(input.api))
}

fn create_stream(core: &Core, input: &Input) -> Result<Reply, Refusal> {
    let group = names::group(input.required("logGroupName")?)?;
    let stream = names::stream(input.required("logStreamName")?)?;
    let mut store = core.cloudwatch.lock();
    let group = store.existing(group)?;
    if group.streams.contains_key(stream) {
        return Err(Refusal::state(
            "ResourceAlreadyExistsException",
            "The specified log stream already exists",
        ));
    }
    group.streams.insert(stream.to_owned(), Vec::new());
    Ok(aws_json::done(input.api))
}

fn put_retention(core: &Core, input: &Input) -> Result<Reply, Refusal> {
    let group = names::group(input.required("logGroupName")?)?;
    let days = names::retention(input.get("retentionInDays"))?;
    core.cloudwatch.lock().existing(group)?.info.retention_days = Some(days);
    Ok(aws_json::done(input.api))
}

fn tag(core: &Core, input: &Input) -> Result<Reply, Refusal> {
    let arn = input.required("resourceArn")?;
    let group = arn.split(":log-group:").nth(1).map(|name| name.trim_end_matches(":*"));
    let group = group.ok_or_else(|| names::invalid(format!("'{arn}' is not the ARN of a log group")))?;
    let tags = names::tags(input.get("tags"))?;
    core.cloudwatch.lock().existing(group)?.info.tags.extend(tags);
    Ok(aws_json::done(input.api))
}

/// Members the API reference lists.
fn known_members(api: Api) -> &'static [&'static str] {
    match api {
        Api::CreateLogGroup => &["logGroupName", "kmsKeyId", "tags", "logGroupClass"],
        Api::CreateLogStream => &["logGroupName", "logStreamName"],
        Api::PutRetentionPolicy => &["logGroupName", "retentionInDays"],
        Api::TagResource => &["resourceArn", "tags"],
        Api::GetLogEvents => &[
            "logGroupName",
            "logStreamName",
            "logGroupIdentifier",
            "startTime",
            "endTime",
            "nextToken",
            "limit",
            "startFromHead",
            "unmask",
        ],
        _ => &["logGroupName", "logStreamName", "logEvents", "sequenceToken", "entity"],
    }
}

#[cfg(test)]
mod tests;
