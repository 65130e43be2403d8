//! The key of a record, which decides its shard: records of one key stay in order.

use crate::classify::classes::Entry;
use crate::config::KeyReader;
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::json;

/// The longest key: 256 characters, none of which is longer here than it counts.
pub(super) const MAX_KEY_BYTES: usize = 256;

/// Makes the keys of records.
#[derive(Debug)]
pub(super) struct PartitionKey {
    template: Template,
    /// Whether the user chose it.
    is_own: bool,
}

impl PartitionKey {
    /// Reads the key `partition_key`.
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        Self {
            template: reader.template("partition_key", NameKind::Label),
            is_own: reader.written("partition_key").is_some(),
        }
    }

    /// Appends the key, which can be in a JSON string as it is; returns a field of the user's template that the record
    /// lacks. By default a record without a task has its chunk's key, so that such records spread over the shards.
    pub(super) fn write<'t>(
        &'t self,
        entry: &Entry<'_, '_, '_>,
        context: &RenderContext<'_>,
        out: &mut Vec<u8>,
    ) -> Option<&'t str> {
        let start = out.len();
        let missing = self.template.render(entry, context, out);
        if out.len() == start || (missing.is_some() && !self.is_own) {
            out.truncate(start);
            out.extend_from_slice(context.chunk.as_bytes());
        }
        let length = json::cut(out.get(start..).unwrap_or_default(), MAX_KEY_BYTES).len();
        out.truncate(start + length);
        missing.filter(|_| self.is_own)
    }
}
