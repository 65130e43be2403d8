//! Amazon SNS: PublishBatch, one notification for each report or line.
//!
//! A topic alerts people and what they wired to it, so stops are told as incidents, in a text that is read in an e-mail,
//! or as JSON; attributes let each subscription filter.
//!
//! API: <https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html> and
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>, read 2026-11.

mod attribute;
mod notification;
mod reply;
mod request;
mod topic;

use self::notification::{MAX_SUBJECT_CHARS, SnsNotification};
use self::request::TopicRequests;
use super::{
    Destination, Encoded, Network, Purpose, Reply, ReplyAction, Request, Vendor, alert, content, resource_arn,
};
use crate::classify::classes::Entry;
use crate::config::{AwsEnvironments, Common, KeyReader};
use crate::encode::batch::{Batch, Limits};
use crate::encode::run_cache::RunCache;
use crate::encode::template::RenderContext;
use crate::input::record::Value;
use crate::json::Writer;
use crate::printable;
use crate::stop::{Severity, StopEvent};

/// The most that one message, and all messages of one request, may have together, in bytes: texts and attributes.
const MAX_BYTES: usize = 262_144;

const LIMITS: Limits = Limits { bytes: MAX_BYTES, records: 10, span_ms: None, ordered: false };

/// Bytes for the subject and the attributes: what a message's text may not take.
const HEAD_BYTES: usize = 8 << 10;

const MAX_TEXT_BYTES: usize = MAX_BYTES - HEAD_BYTES;

const _: () = assert!(MAX_SUBJECT_CHARS + attribute::MAX_ATTRIBUTES_BYTES <= HEAD_BYTES);

/// The field that holds the application's line, unless `log_key` names another.
const LINE_FIELD: &str = "log";

/// How a notification is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotificationFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// One topic.
#[derive(Debug)]
struct Sns {
    runs: RunCache,
    requests: TopicRequests,
    format: NotificationFormat,
    min_severity: Severity,
}

pub(super) fn open(common: Common, reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Destination {
    let topic = topic::read(reader);
    let identity = resource_arn::identity(reader, environments, "topic_arn", topic.region());
    let vendor = Sns {
        runs: RunCache::default(),
        requests: TopicRequests::read(reader, environments, &identity, topic),
        format: match reader.choice("format") {
            Some("json") => NotificationFormat::Json,
            _ => NotificationFormat::Text,
        },
        min_severity: alert::min_severity(reader),
    };
    if !common.enrich_stops {
        reader.problem("stop_format", "has no effect on SNS, which gets reports");
    }
    Destination::new(common, LIMITS, Some(Network::read_aws(reader, &identity)), vendor)
}

/// A message's text, and whether something of it is left out.
type CutText = (Vec<u8>, bool);

impl Sns {
    fn stop(&self, stop: &StopEvent) -> (SnsNotification, bool) {
        let notification = SnsNotification::of_stop(stop);
        let (text, is_cut) = match self.format {
            NotificationFormat::Text => fit(notification.text.as_bytes()),
            NotificationFormat::Json => alert::report_within(stop, MAX_TEXT_BYTES),
        };
        (notification.with_text(&text), is_cut)
    }

    fn line(&self, common: &Common, entry: &Entry<'_, '_, '_>) -> (SnsNotification, bool) {
        let (text, is_cut) = match (self.format, line_of(common, entry)) {
            (NotificationFormat::Text, Some(text)) => {
                fit(printable::lines(&String::from_utf8_lossy(text)).as_bytes())
            }
            _ => self.content(common, entry),
        };
        (SnsNotification::of_line(entry).with_text(&text), is_cut)
    }

    fn content(&self, common: &Common, entry: &Entry<'_, '_, '_>) -> CutText {
        let mut text = Vec::new();
        content::write(common, &self.runs, entry, &mut Writer::<false>::new(&mut text));
        match text.len() {
            0..=MAX_TEXT_BYTES => (text, false),
            _ => (content::cut(common, entry, MAX_TEXT_BYTES), true),
        }
    }

    /// Whether the record is a notification of this topic that came back: sent again, it would come back for ever.
    fn is_own(&self, entry: &Entry<'_, '_, '_>) -> bool {
        entry.record.text(b"TopicArn").is_some_and(|arn| arn == self.requests.topic.arn.as_bytes())
    }
}

fn line_of<'c>(common: &Common, entry: &Entry<'_, 'c, '_>) -> Option<&'c [u8]> {
    let key = common.log_key.as_deref().unwrap_or(LINE_FIELD);
    match entry.record.get(key.as_bytes()) {
        Some(Value::Text(text) | Value::Binary(text)) => Some(text),
        _ => None,
    }
}

fn fit(text: &[u8]) -> CutText {
    match text.len() {
        0..=MAX_TEXT_BYTES => (text.to_vec(), false),
        _ => (content::cut_text(text, MAX_TEXT_BYTES), true),
    }
}

impl Vendor for Sns {
    /// One JSON object per line, from which `request` makes the form once it knows the places in the batch.
    fn encode(
        &self,
        common: &Common,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Encoded {
        let (notification, is_cut) = match entry.stop {
            Some(stop) if !alert::is_told(stop, self.min_severity) => return Encoded::Filtered,
            Some(stop) => self.stop(stop),
            None if self.is_own(entry) => return Encoded::Filtered,
            None => self.line(common, entry),
        };
        if notification.text.is_empty() {
            return Encoded::Empty;
        }
        let size = notification.counted_bytes();
        notification.write(context.chunk, out);
        if is_cut { Encoded::Truncated { size } } else { Encoded::Complete { size } }
    }

    fn request(&self, batch: &Batch) -> Request {
        self.requests.publish_batch(batch)
    }

    fn headline(&self, batch: &Batch) -> Option<String> {
        let subjects: Vec<String> = request::notifications(batch).map(|(_, one)| one.subject).collect();
        Some(subjects.join("\n"))
    }

    fn classify_reply(&self, common: &Common, _: Purpose, batch: &Batch, reply: &Reply) -> ReplyAction {
        reply::classify(&common.name, &self.requests.topic, batch.items.len(), reply)
    }

    /// There is no way to publish nothing.
    fn probe(&self) -> Request {
        self.requests.get_topic_attributes()
    }

    fn classify_probe(&self, common: &Common, reply: &Reply) -> ReplyAction {
        reply::classify_probe(&common.name, &self.requests.topic, reply)
    }
}

#[cfg(test)]
mod tests;
