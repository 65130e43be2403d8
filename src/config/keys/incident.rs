//! Keys of the output about incidents.

use super::key::KeyForm::{Choice, Duration, List, Text};
use super::key::Scope::Output;
use super::key::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        Output,
        "incident",
        Choice(&["auto", "on", "off"]),
        "Group stops that share the same values into one incident: alerting destinations (such as Slack) report its start, counts and end; all others get every stop with its `incident_id`. `auto`: where stops go to an alerting destination.",
        "off",
    )
    .default("auto"),
    key(
        Output,
        "incident.group_by",
        List,
        "What stops of one incident have in common, besides account, region and severity: some of cluster, service, category, cause, container, exit_code, task_definition, image_tag, availability_zone, stop_code.",
        "cluster, service",
    )
    .default("cluster, service, category, cause, container, exit_code"),
    key(
        Output,
        "incident.quiet",
        Duration,
        "An incident is over after this time without such a stop, or 5 minutes after ECS said that the service is steady or its deployment completed.",
        "1h",
    )
    .default("30m"),
    key(
        Output,
        "incident.remind",
        Duration,
        "How often to send a reminder that an incident goes on, besides at its 3rd, 10th, 30th, 100th … stop. 0: never.",
        "4h",
    )
    .default("1h"),
    key(
        Output,
        "incident.state_path",
        Text,
        "File that keeps open incidents over a restart, in a folder that only Fluent Bit's user can write. Without it they are forgotten.",
        "/var/lib/ecs_router/incidents.json",
    ),
];
