//! The data stream: its name, or its ARN where it is another account's.

use serde_json::{Value, json};

use crate::config::KeyReader;
use crate::destination::resource_arn;

/// The longest name of a stream, in characters
/// (<https://docs.aws.amazon.com/kinesis/latest/APIReference/API_CreateStream.html>, read 2026-11).
const MAX_NAME_CHARS: usize = 128;

/// One data stream.
#[derive(Debug)]
pub(super) struct DataStream {
    /// Its name or its ARN.
    pub(super) name: String,
}

/// Reads the key `stream`.
pub(super) fn read(reader: &KeyReader<'_>) -> DataStream {
    let stream = DataStream { name: reader.required("stream") };
    // A missing name has been reported already.
    if !stream.name.is_empty() && !is_name(&stream.name) && stream.region().is_none() {
        let what = format!(
            "'{}' is neither the ARN of a data stream nor a name: 1 to {MAX_NAME_CHARS} of a-z A-Z 0-9 _ . -",
            stream.name
        );
        reader.problem("stream", what);
    }
    stream
}

impl DataStream {
    /// The region that its ARN names, if it is given by one.
    pub(super) fn region(&self) -> Option<&str> {
        let is_stream = |resource: &str| resource.strip_prefix("stream/").is_some_and(is_name);
        resource_arn::region(&self.name, "kinesis", is_stream)
    }

    /// The member of a request that names it.
    pub(super) fn member(&self) -> &'static str {
        if self.name.starts_with("arn:") { "StreamARN" } else { "StreamName" }
    }

    /// A request's body that says nothing else.
    pub(super) fn body(&self) -> Value {
        json!({ self.member(): self.name })
    }
}

fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'))
}
