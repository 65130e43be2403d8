//! Keys of Firehose.

use super::kind::Kind;
use super::row::Form::Text;
use super::row::{Key, Scope, key};

const FIREHOSE: Scope = Scope::Only(&[Kind::Firehose]);

pub(super) const KEYS: &[Key] =
    &[key(FIREHOSE, "delivery_stream", Text, "Name of the delivery stream, which must exist.", "ecs-logs")];
