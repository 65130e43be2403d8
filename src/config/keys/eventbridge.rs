//! Keys of EventBridge.

use super::key::KeyForm::Text;
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

pub(super) const KEYS: &[Key] = &[key(
    Scope::Only(&[DestinationKind::Eventbridge]),
    "event_bus",
    Text,
    "Name of an existing event bus, or its ARN in another account, which also determines the region. Events have the source `ecs_router`.",
    "ecs-stops",
)
.default("default")];
