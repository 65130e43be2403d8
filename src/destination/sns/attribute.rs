//! What the filter policy of a subscription can ask for.
//!
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>, read 2026-11.

use serde::{Deserialize, Serialize};

use crate::json;
use crate::printable;

/// Bytes of an attribute's value; names of AWS have no more.
const MAX_VALUE_BYTES: usize = 255;
/// Bytes of a list; names beyond that are left out.
const MAX_LIST_BYTES: usize = 2_048;
/// Bytes that all attributes of a notification count for.
pub(super) const MAX_ATTRIBUTES_BYTES: usize = 8 * (MAX_VALUE_BYTES + 32) + MAX_LIST_BYTES;

/// One attribute of a notification.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SnsAttribute {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether the value is a list in JSON, of which a policy need match only one.
    is_list: bool,
}

impl SnsAttribute {
    /// `None`: an attribute may not be empty.
    pub(super) fn text(name: &str, value: &str) -> Option<Self> {
        let value = printable::line(value.trim());
        let value = String::from_utf8_lossy(json::cut(value.as_bytes(), MAX_VALUE_BYTES)).into_owned();
        (!value.is_empty()).then(|| Self { name: name.to_owned(), value, is_list: false })
    }

    /// `None`: there is nothing to list.
    pub(super) fn list(name: &str, values: &[String]) -> Option<Self> {
        let mut bytes = "[]".len();
        let fits = |value: &&String| {
            bytes += serde_json::to_string(value).map_or(0, |text| text.len()) + ",".len();
            bytes <= MAX_LIST_BYTES
        };
        let listed: Vec<&String> = values.iter().take_while(fits).collect();
        let value = serde_json::to_string(&listed).ok().filter(|_| !listed.is_empty())?;
        Some(Self { name: name.to_owned(), value, is_list: true })
    }

    pub(super) fn data_type(&self) -> &'static str {
        if self.is_list { "String.Array" } else { "String" }
    }

    /// What it counts for, in bytes.
    pub(super) fn counted_bytes(&self) -> usize {
        self.name.len() + self.data_type().len() + self.value.len()
    }
}
