//! Keys of the output about lines that are one record.

use super::key::KeyForm::{Choice, Duration, Size, Text};
use super::key::Scope::Output;
use super::key::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        Output,
        "join",
        Choice(&["off", "partial", "traces", "both"]),
        "Make one record of lines that are one: of the pieces of a line that Docker's log driver cut at 16 KiB (`partial`), of the lines of a stack trace (`traces`), or of both.",
        "both",
    )
    .default("off"),
    key(
        Output,
        "join.start_pattern",
        Text,
        "With `join traces` or `both`: a regular expression that the first line of every record matches. Each other line is joined with the record before it. Without it, the plugin knows the stack traces of Java, Python, Go, Node.js, .NET, Ruby, PHP and Rust.",
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}",
    ),
    key(
        Output,
        "join.wait",
        Duration,
        "How much later than the line before it a line may come, and how long a chunk that ends inside a record waits for the next one. Keep it longer than `Flush` and at most half of `flush_timeout`.",
        "3s",
    )
    .default("2s"),
    key(
        Output,
        "join.max_bytes",
        Size,
        "The longest text of a joined record, between 16K and 8M. The lines beyond it stay records of their own.",
        "256K",
    )
    .default("1M"),
];
