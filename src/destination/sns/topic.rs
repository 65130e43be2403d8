//! The topic: its ARN, and whether it keeps an order.

use crate::config::KeyReader;
use crate::destination::resource_arn;

/// The longest name of a topic, in characters
/// (<https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html>, read 2026-11).
const MAX_NAME_CHARS: usize = 256;

const FIFO_SUFFIX: &str = ".fifo";

/// One topic.
#[derive(Debug)]
pub(super) struct SnsTopic {
    pub(super) arn: String,
    /// It keeps the order of each group, and drops what comes twice.
    pub(super) is_fifo: bool,
}

/// Reads the key `topic_arn`.
pub(super) fn read(reader: &KeyReader<'_>) -> SnsTopic {
    let arn = reader.required("topic_arn");
    let topic = SnsTopic { is_fifo: arn.ends_with(FIFO_SUFFIX), arn };
    // A missing ARN has been reported already.
    if !topic.arn.is_empty() && topic.region().is_none() {
        reader.problem("topic_arn", format!("'{}' is not the ARN of a topic", topic.arn));
    }
    topic
}

impl SnsTopic {
    /// The region that its ARN names.
    pub(super) fn region(&self) -> Option<&str> {
        resource_arn::region(&self.arn, "sns", is_name)
    }
}

fn is_name(name: &str) -> bool {
    let bare = name.strip_suffix(FIFO_SUFFIX).unwrap_or(name);
    !bare.is_empty()
        && name.len() <= MAX_NAME_CHARS
        && bare.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}
