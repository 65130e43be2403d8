//! SNS: PublishBatch to topics that exist.
//!
//! Limits: <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html> and
//! <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatchRequestEntry.html> (read 2026-11). Subscriptions are left
//! to the tests: here is what a topic would hand on.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    core::Core,
    fault::Twist,
    received::Received,
    reply::{REQUEST_ID, Refusal, Reply, escape},
    route::{self, Api},
};

const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 262_144;
const MAX_SUBJECT: usize = 99;
const MAX_ID: usize = 128;
/// A subscription by SQS with raw delivery drops a message that has more.
const MAX_ATTRIBUTES: usize = 10;

/// A message as a topic took it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnsMessage {
    /// The subject; empty when it has none.
    pub subject: String,
    /// The text.
    pub text: String,
    /// Its attributes, all of which are strings.
    pub attributes: BTreeMap<String, String>,
    /// `MessageGroupId`, in a FIFO topic.
    pub group: Option<String>,
    /// `MessageDeduplicationId`, in a FIFO topic.
    pub deduplication_id: Option<String>,
}

/// All topics by their ARN, and what they took.
#[derive(Debug, Default)]
pub(crate) struct Store {
    topics: BTreeMap<String, Vec<SnsMessage>>,
}

type Fields = BTreeMap<String, String>;

pub(crate) fn serve(core: &Core, request: &Received, twist: &Twist) -> Result<Reply, Refusal> {
    let fields: Fields = route::form(&request.body).into_iter().collect();
    if fields.get("Version").map(String::as_str) != Some("2010-03-31") {
        return Err(Refusal::broken("InvalidAction", "Could not find operation for version"));
    }
    let arn = fields.get("TopicArn").map(String::as_str).unwrap_or_default();
    if !core.sns.lock().topics.contains_key(arn) {
        return Err(Refusal::state("NotFound", "Topic does not exist").status(404));
    }
    match request.api {
        Api::GetTopicAttributes => {
            Ok(reply("GetTopicAttributes", &format!("<Attributes>{}</Attributes>", escape(arn))))
        }
        _ => publish(core, &fields, arn, twist),
    }
}

fn publish(core: &Core, fields: &Fields, arn: &str, twist: &Twist) -> Result<Reply, Refusal> {
    let entries = entries(fields, arn.ends_with(".fifo"))?;
    let mut store = core.sns.lock();
    let topic = store.topics.entry(arn.to_owned()).or_default();
    let mut taken = String::new();
    let mut failed = String::new();
    for (index, (id, message)) in entries.into_iter().enumerate() {
        match twist.error_at(index, "InternalError") {
            Some(code) => {
                failed += &member(&id, &format!("<Code>{code}</Code><SenderFault>false</SenderFault>"))
            }
            None => {
                taken += &member(&id, "<MessageId>4cc0c2e8-0000-4000-8000-fa4ec10d0000</MessageId>");
                accept(topic, message);
            }
        }
    }
    let result = format!("<Failed>{failed}</Failed><Successful>{taken}</Successful>");
    Ok(reply("PublishBatch", &result))
}

/// What came before under the same id is taken and dropped.
fn accept(topic: &mut Vec<SnsMessage>, message: SnsMessage) {
    let is_known = |other: &SnsMessage| other.deduplication_id == message.deduplication_id;
    if message.deduplication_id.is_none() || !topic.iter().any(is_known) {
        topic.push(message);
    }
}

fn member(id: &str, inside: &str) -> String {
    format!("<member><Id>{id}</Id>{inside}</member>")
}

fn reply(action: &str, result: &str) -> Reply {
    let body = format!(
        "<{action}Response xmlns=\"https://sns.amazonaws.com/doc/2010-03-31/\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{action}Response>"
    );
    Reply::new(200, "text/xml", body)
}

fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::broken("InvalidParameter", message)
}

fn entries(fields: &Fields, is_fifo: bool) -> Result<Vec<(String, SnsMessage)>, Refusal> {
    let prefix = |number: usize| format!("PublishBatchRequestEntries.member.{number}.");
    let has = |number: &usize| fields.contains_key(&format!("{}Id", prefix(*number)));
    let numbers: Vec<usize> = (1..).take_while(has).collect();
    match numbers.len() {
        0 => {
            return Err(Refusal::broken(
                "EmptyBatchRequest",
                "The batch request doesn't contain any entries.",
            ));
        }
        1..=MAX_ENTRIES => {}
        count => return Err(Refusal::broken("TooManyEntriesInBatchRequest", count.to_string())),
    }
    let entries: Vec<(String, SnsMessage)> = numbers
        .into_iter()
        .map(|number| entry(fields, &prefix(number), is_fifo))
        .collect::<Result<_, _>>()?;
    let ids: BTreeSet<&String> = entries.iter().map(|(id, _)| id).collect();
    if ids.len() != entries.len() {
        return Err(Refusal::broken("BatchEntryIdsNotDistinct", "Two or more entries have the same Id."));
    }
    match entries.iter().map(|(_, message)| bytes(message)).sum::<usize>() {
        ..=MAX_BYTES => Ok(entries),
        bytes => Err(Refusal::broken("BatchRequestTooLong", format!("{bytes} bytes"))),
    }
}

fn bytes(message: &SnsMessage) -> usize {
    let attributes = message.attributes.iter().map(|(name, value)| name.len() + "String".len() + value.len());
    message.text.len() + message.subject.len() + attributes.sum::<usize>()
}

fn entry(fields: &Fields, prefix: &str, is_fifo: bool) -> Result<(String, SnsMessage), Refusal> {
    let field = |name: &str| fields.get(&format!("{prefix}{name}")).cloned();
    let message = SnsMessage {
        subject: field("Subject").unwrap_or_default(),
        text: field("Message").unwrap_or_default(),
        attributes: attributes(fields, prefix)?,
        group: field("MessageGroupId"),
        deduplication_id: field("MessageDeduplicationId"),
    };
    check_subject(&message.subject)?;
    check_order(&message, is_fifo)?;
    match message.text.is_empty() {
        true => Err(invalid("Invalid parameter: Empty message")),
        false => Ok((field("Id").unwrap_or_default(), message)),
    }
}

fn check_subject(subject: &str) -> Result<(), Refusal> {
    let begins_well = subject.is_empty() || subject.starts_with(|c: char| c.is_ascii_graphic());
    let is_plain = subject.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    match begins_well && is_plain && subject.len() <= MAX_SUBJECT {
        true => Ok(()),
        false => Err(invalid("Invalid parameter: Subject")),
    }
}

fn check_order(message: &SnsMessage, is_fifo: bool) -> Result<(), Refusal> {
    let is_id = |id: &Option<String>| {
        id.as_ref()
            .is_some_and(|id| (1..=MAX_ID).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic()))
    };
    match is_fifo {
        true if is_id(&message.group) && is_id(&message.deduplication_id) => Ok(()),
        true => Err(invalid("Invalid parameter: The MessageGroupId parameter is required for FIFO topics")),
        false if message.deduplication_id.is_none() => Ok(()),
        false => Err(invalid(
            "Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
        )),
    }
}

fn attributes(fields: &Fields, prefix: &str) -> Result<BTreeMap<String, String>, Refusal> {
    let mut attributes = BTreeMap::new();
    for number in 1.. {
        let field =
            |name: &str| fields.get(&format!("{prefix}MessageAttributes.entry.{number}.{name}")).cloned();
        let Some(name) = field("Name") else { break };
        let value = field("Value.StringValue").unwrap_or_default();
        let is_right = match field("Value.DataType").as_deref() {
            Some("String") => !value.is_empty(),
            Some("String.Array") => serde_json::from_str::<Vec<String>>(&value).is_ok(),
            _ => false,
        };
        if !is_right || number > MAX_ATTRIBUTES || attributes.insert(name, value).is_some() {
            return Err(Refusal::broken(
                "ParameterValueInvalid",
                "The message attribute must contain non-empty value",
            ));
        }
    }
    Ok(attributes)
}

/// What SNS holds; from [`crate::Cloud::sns`].
#[derive(Debug, Clone, Copy)]
pub struct Sns<'a> {
    core: &'a Core,
}

impl<'a> Sns<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Creates the topic of this ARN; without one, requests are refused.
    pub fn create_topic(&self, arn: &str) {
        self.core.sns.lock().topics.entry(arn.to_owned()).or_default();
    }

    /// The messages of a topic in order of arrival; none if there is no such topic.
    pub fn messages(&self, arn: &str) -> Vec<SnsMessage> {
        self.core.sns.lock().topics.get(arn).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
