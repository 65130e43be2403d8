//! Keys of local files.

use super::key::KeyForm::{Choice, Template};
use super::key::{Key, Scope, key};
use super::kind::DestinationKind;

const FILE: Scope = Scope::Only(&[DestinationKind::File]);

pub(super) const KEYS: &[Key] = &[
    key(
        FILE,
        "path",
        Template,
        "File to append lines to: a regular file, not a pipe, device or link. For standard output, use the type `stdout`. The plugin creates missing folders with mode 0750.",
        "/var/log/ecs/$(class)-%Y-%m-%d.ndjson",
    ),
    key(
        FILE,
        "mode",
        Choice(&["0600", "0640", "0644", "0660", "0664"]),
        "Who may read and write a file that the plugin creates. Logs contain whatever applications print.",
        "0640",
    )
    .default("0600"),
];
