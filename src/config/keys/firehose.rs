//! Keys of Firehose.

use super::kind::DestinationKind;
use super::row::KeyForm::Text;
use super::row::{Key, Scope, key};

const FIREHOSE: Scope = Scope::Only(&[DestinationKind::Firehose]);

pub(super) const KEYS: &[Key] =
    &[key(FIREHOSE, "delivery_stream", Text, "Name of the delivery stream, which must exist.", "ecs-logs")];
