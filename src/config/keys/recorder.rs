//! Keys of the output about the flight recorder.

use super::key::KeyForm::{Duration, List, Size};
use super::key::Scope::Output;
use super::key::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        Output,
        "recorder.window",
        Duration,
        "Turns the flight recorder on: hold the last lines of each container in memory for so long, and release them only when the container writes an error or stops.",
        "5m",
    ),
    key(
        Output,
        "recorder.destination",
        List,
        "Destinations of released lines. Lines that are not released never go there.",
        "errors",
    ),
    key(
        Output,
        "recorder.classes",
        List,
        "Classes whose lines are held: some of stdout, other, warn and classes of your own.",
        "stdout, debug",
    )
    .default("stdout"),
    key(
        Output,
        "recorder.after",
        Duration,
        "How long after an error or a stop the container's lines are released as they come.",
        "10s",
    )
    .default("30s"),
    key(
        Output,
        "recorder.max_bytes",
        Size,
        "Most memory for the lines of all containers. Beyond it, the oldest lines of the container with the most bytes are discarded.",
        "64M",
    )
    .default("32M"),
    key(
        Output,
        "recorder.container_max_bytes",
        Size,
        "Most memory for the lines of one container. Beyond it, its oldest lines are discarded.",
        "16M",
    )
    .default("8M"),
];
