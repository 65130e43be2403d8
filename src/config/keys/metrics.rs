//! Keys of the output about metrics in CloudWatch.

use super::key::KeyForm::{Duration, Flag, Number, Text};
use super::key::Scope::Output;
use super::key::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        Output,
        "metrics.emf",
        Flag,
        "Write the plugin's counters, and stops by service and category, as metrics to CloudWatch (embedded metric format).",
        "on",
    )
    .default("off"),
    key(
        Output,
        "metrics.destination",
        Text,
        "The `cloudwatch` destination that takes the metrics. It takes nothing else: no route names it.",
        "metrics_log",
    ),
    key(Output, "metrics.namespace", Text, "Namespace of the metrics in CloudWatch.", "Logging/ecs_router")
        .default("ecs_router"),
    key(
        Output,
        "metrics.interval",
        Duration,
        "How often to write the metrics, at least 1s. CloudWatch keeps one value a minute.",
        "5m",
    )
    .default("1m"),
    key(
        Output,
        "metrics.max_services",
        Number,
        "How many services get metrics of their own about stops; the rest share the service `other`. Each new combination of service and category is billed as a metric.",
        "500",
    )
    .default("100"),
];
