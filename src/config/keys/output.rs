//! Keys of the output itself.

use super::key::KeyForm::{Choice, Duration, Flag, List, Number, Template, Text};
use super::key::Scope::Output;
use super::key::{Key, key};

pub(super) const KEYS: &[Key] = &[
    key(
        Output,
        "route.stop",
        List,
        "Destinations of ECS stop and failure events, or `drop`.",
        "stops, slack",
    ),
    key(
        Output,
        "route.stop.expected",
        List,
        "Destinations of planned stops (deployments, scale-in, a user's request). Without it, they go where `route.stop` says.",
        "drop",
    ),
    key(Output, "route.stderr", List, "Destinations of what applications write to standard error.", "errors"),
    key(Output, "route.stdout", List, "Destinations of the rest of the applications' output.", "archive"),
    key(
        Output,
        "route.error",
        List,
        "With `level auto`: destinations of lines that say they are errors, on either stream. Without it, they go where `route.stderr` says.",
        "errors",
    ),
    key(
        Output,
        "route.warn",
        List,
        "With `level auto`: destinations of lines that say they are warnings, on either stream. Without it, they go with their stream.",
        "errors",
    ),
    key(
        Output,
        "route.other",
        List,
        "Destinations of everything else. Without it: `route.default`, then `route.stdout`.",
        "archive",
    ),
    key(Output, "route.<class>", List, "Destinations of a class of your own.", "drop"),
    key(Output, "route.default", List, "Destinations of every class that has no route of its own.", "all"),
    key(
        Output,
        "route.dead_letter",
        List,
        "Destinations of records that another destination refused for good: the original record, the destination, the reason and the time.",
        "refused",
    ),
    key(
        Output,
        "route.router_exit",
        List,
        "Destinations of one record about the router itself when it ends: records read, delivered and lost, by destination and reason, and gaps that are suspected. Without it, only the log has that.",
        "stops",
    ),
    key(
        Output,
        "classes",
        List,
        "Names of your own classes. The plugin tries them in this order, after stop events and before stderr and stdout.",
        "health, audit",
    ),
    key(
        Output,
        "class.<class>.match",
        Text,
        "A field and the regular expression that its text must match, for a class of your own.",
        "log ^GET /healthz",
    ),
    key(
        Output,
        "level",
        Choice(&["off", "stream", "auto"]),
        "Give each record a level, for `$(level)`, Datadog, New Relic and OTLP: from what it says itself, or else from its stream (`auto`), or from its stream alone (`stream`). `auto` also makes the classes `error` and `warn`.",
        "auto",
    )
    .default("off"),
    key(
        Output,
        "level.field",
        Text,
        "With `level auto`: a field to look for the level in before the usual ones, in the record or in the JSON of its line; dots lead into nested fields.",
        "record.level.name",
    ),
    key(
        Output,
        "stop.once",
        Flag,
        "Report each stop once, however often its event is delivered. A later event that brings the exit code is sent as an update.",
        "off",
    )
    .default("on"),
    key(
        Output,
        "stop.context_lines",
        Number,
        "Last lines of a container to show when it ends, at most 100. 0 keeps none.",
        "50",
    )
    .default("20"),
    key(
        Output,
        "stop.context_streams",
        Choice(&["auto", "stderr", "stdout", "both"]),
        "Streams that these lines are taken from. `auto`: standard error, or standard output where a container wrote nothing to standard error.",
        "both",
    )
    .default("auto"),
    key(
        Output,
        "stop.fetch_logs",
        Flag,
        "Read the last lines of a stopped task's container from CloudWatch Logs before its report is sent, where no router has them: by the task definition's `awslogs` options, or by the two names below. Needs `ecs:DescribeTaskDefinition` and `logs:GetLogEvents`.",
        "on",
    )
    .default("off"),
    key(
        Output,
        "stop.fetch_changes",
        Choice(&["auto", "on", "off"]),
        "When a deployment fails, report what changed between its revision and the one before: image, command, sizes, names of environment variables, secrets and log options. Needs incidents and `ecs:DescribeTaskDefinition`. `auto`: where `stop.fetch_logs` is on.",
        "on",
    )
    .default("auto"),
    key(
        Output,
        "stop.fetch_logs_group",
        Template,
        "Log group that a router writes a container's lines to. With the stream, it replaces the task definition's options in `stop.fetch_logs` and makes `logs_url` lead to the stream.",
        "/ecs/$(ecs_service)",
    ),
    key(
        Output,
        "stop.fetch_logs_stream",
        Template,
        "Log stream of that container in that group.",
        "$(container_name)/$(ecs_task_id)",
    ),
    key(
        Output,
        "stop.fetch_logs_endpoint",
        Text,
        "Another CloudWatch Logs address for `stop.fetch_logs`, for example a VPC endpoint.",
        "https://vpce-1.logs.eu-west-1.vpce.amazonaws.com",
    ),
    key(
        Output,
        "stop.fetch_logs_ecs_endpoint",
        Text,
        "Another ECS address for `stop.fetch_logs` and `stop.fetch_changes`.",
        "https://vpce-1.ecs.eu-west-1.vpce.amazonaws.com",
    ),
    key(
        Output,
        "stop.ignore_containers",
        List,
        "More containers that are not the application; `*` at the end stands for any ending. Routers and containers that AWS injects are known already.",
        "envoy, datadog-agent*",
    ),
    key(
        Output,
        "stop.user_stop_is_error",
        Text,
        "Treat a stop by StopTask as unplanned if its reason matches this regular expression.",
        "(?i)watchdog|deadlock",
    ),
    key(
        Output,
        "stop.trusted_tags",
        List,
        "Tags under which Fluent Bit brings events to trust, such as those of an `http` input; `*` stands for any text. By default none is trusted, and a tag with `-firelens-` never is. Task metadata and `queue.url` need no tag.",
        "ecs_events, docker.*",
    ),
    key(
        Output,
        "stop.include_event",
        Flag,
        "Include ECS's event in a report, as `event`. Secrets in it are masked; `off` leaves it out. With `stop_format raw`, the event is the report and is always sent.",
        "off",
    )
    .default("on"),
    key(
        Output,
        "task_metadata",
        Choice(&["auto", "on", "off"]),
        "Ask the task metadata endpoint, to report containers of the plugin's own task that end and to fill names such as `$(image_tag)`. `auto`: where the endpoint exists.",
        "off",
    )
    .default("auto"),
    key(Output, "task_metadata.interval", Duration, "How often to ask the endpoint, at least 200ms.", "5s").default("2s"),
    key(
        Output,
        "fips",
        Flag,
        "Use the FIPS endpoints of AWS, for the queue and for destinations that do not say `fips` themselves. Default: `AWS_USE_FIPS_ENDPOINT`, then the profile.",
        "on",
    ),
    key(
        Output,
        "dualstack",
        Flag,
        "Use the dual-stack endpoints of AWS (IPv4 and IPv6), for the queue and for destinations that do not say `dualstack` themselves. Default: `AWS_USE_DUALSTACK_ENDPOINT`, then the profile.",
        "on",
    ),
    key(
        Output,
        "queue.url",
        Text,
        "SQS queue to poll for ECS events, filled by an EventBridge rule. The plugin deletes a message when its event has arrived.",
        "https://sqs.eu-west-1.amazonaws.com/111122223333/ecs-stops",
    ),
    key(
        Output,
        "queue.region",
        Text,
        "Region of the queue. Default: from its address, then the machine's.",
        "eu-west-1",
    ),
    key(
        Output,
        "queue.role_arn",
        Text,
        "Role to assume for the queue.",
        "arn:aws:iam::111122223333:role/ecs-stops",
    ),
    key(Output, "queue.external_id", Text, "External id for that role.", "ecs-router"),
    key(
        Output,
        "queue.sts_endpoint",
        Text,
        "Another STS address for the queue's role.",
        "https://sts.example.com",
    ),
    key(
        Output,
        "queue.profile",
        Text,
        "Profile of the shared AWS configuration files for the queue.",
        "logs",
    ),
    key(
        Output,
        "queue.endpoint",
        Text,
        "Another SQS address, for example a VPC endpoint.",
        "https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com",
    ),
    key(
        Output,
        "queue.ca_file",
        Text,
        "PEM file of certificate authorities to trust for the queue besides the machine's own. Default: the file named by `AWS_CA_BUNDLE`.",
        "/etc/ssl/corporate.pem",
    ),
    key(
        Output,
        "flush_timeout",
        Duration,
        "How long one flush may try before it asks Fluent Bit to retry the chunk. Keep it below `Grace`.",
        "10s",
    )
    .default("10s"),
    key(
        Output,
        "exit_timeout",
        Duration,
        "How long the plugin may continue to deliver when Fluent Bit ends.",
        "5s",
    )
    .default("5s"),
    key(
        Output,
        "stats_interval",
        Duration,
        "How often to log one line for each destination that had traffic: delivered, retries, lost by reason, waiting in the spool. 0: never.",
        "1h",
    )
    .default("5m"),
];
