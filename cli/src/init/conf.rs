//! The Fluent Bit configuration.

use ecs_router::config::keys::DestinationKind;

use super::iam;
use super::plan::{Plan, PlannedDestination, RoutePurpose};
use super::secrets::secret_of;
use super::signed;

/// A key and its value; an empty key makes a blank line, `#` a comment.
type Line = (String, String);

/// `extra.conf` of a sidecar, or the whole configuration of a collector.
pub(super) fn configuration(plan: &Plan) -> String {
    if plan.yaml { yaml(plan) } else { classic(plan) }
}

fn classic(plan: &Plan) -> String {
    let mut text = format!("# {}\n\n[SERVICE]\n", title(plan));
    text.push_str(&section(&service(plan)));
    if plan.is_collector() {
        text.push_str("\n# Fluent Bit does not run without an input. Events by POST to /ecs_events are believed, too.\n");
        text.push_str("[INPUT]\n");
        text.push_str(&section(&input()));
    }
    text.push_str("\n[OUTPUT]\n");
    text.push_str(&section(&output(plan)));
    text
}

fn yaml(plan: &Plan) -> String {
    let mut text = format!("# {}\n\nservice:\n", title(plan));
    text.push_str(&mapping(&service(plan), "  "));
    text.push_str("\npipeline:\n  inputs:\n");
    text.push_str(&item(&input()));
    text.push_str("\n  outputs:\n");
    text.push_str(&item(&output(plan)));
    text
}

fn title(plan: &Plan) -> String {
    match plan.is_collector() {
        true => format!("The collector of ECS stop events, {}.", plan.name),
        false => {
            let name = &plan.name;
            format!(
                "The log router beside {name}. FireLens includes this file in the configuration it generates."
            )
        }
    }
}

fn line(key: &str, value: &str) -> Line {
    (key.to_owned(), value.to_owned())
}

fn comment(text: &str) -> Line {
    line("#", text)
}

fn blank() -> Line {
    line("", "")
}

fn service(plan: &Plan) -> Vec<Line> {
    vec![
        line("Flush", "1"),
        comment("Longer than flush_timeout. The container's stopTimeout covers it and exit_timeout."),
        line("Grace", "30"),
        line("Plugins_File", "/ecs-router/plugins.conf"),
        comment(match plan.is_collector() {
            true => "For the health check and for metrics.",
            false => {
                "For the health check and for metrics. In awsvpc mode all containers of a task share their ports."
            }
        }),
        line("HTTP_Server", "On"),
        line("HTTP_Listen", "127.0.0.1"),
        line("HTTP_Port", "2020"),
    ]
}

fn input() -> Vec<Line> {
    vec![line("Name", "http"), line("Tag", "ecs_events"), line("Listen", "127.0.0.1"), line("Port", "9880")]
}

fn output(plan: &Plan) -> Vec<Line> {
    let pattern = if plan.is_collector() { "ecs_events" } else { "*-firelens-*" };
    let mut lines = vec![
        line("Name", "ecs_router"),
        line("Match", pattern),
        comment("0, the default, would let a slow endpoint hold up Fluent Bit's inputs."),
        line("Workers", "2"),
        comment("The default of 1 gives a chunk up after its second try."),
        line("Retry_Limit", "no_limits"),
    ];
    if plan.uses(DestinationKind::S3) {
        lines.push(comment("At the end every object is uploaded, however young."));
        lines.push(line("exit_timeout", "20s"));
    }
    lines.push(blank());
    lines.extend(routes(plan));
    for destination in &plan.destinations {
        lines.push(blank());
        lines.extend(keys(plan, destination));
    }
    lines
}

fn routes(plan: &Plan) -> Vec<Line> {
    let mut lines = Vec::new();
    if plan.is_collector() {
        lines.push(line("queue.url", &plan.queue_url()));
        lines.push(line("queue.region", &plan.region));
        lines.push(comment("Events that the input above brings are believed."));
        lines.push(line("stop.trusted_tags", "ecs_events"));
        if !plan.fetched_groups.is_empty() {
            lines.push(comment("Last lines of tasks without a router, by their task definitions."));
            lines.push(line("stop.fetch_logs", "on"));
        }
        lines.push(blank());
    }
    lines.push(line("route.stop", &route(plan, RoutePurpose::Stop)));
    lines.extend(expected_route(plan));
    if !plan.is_collector() {
        lines.extend(error_routes(plan));
    }
    lines.push(line("route.default", &route(plan, RoutePurpose::Rest)));
    lines
}

/// Standard error goes to stores as a whole. People get the lines that say they are errors, for each is a message.
fn error_routes(plan: &Plan) -> Vec<Line> {
    let of_errors = || plan.destinations.iter().filter(|one| one.purpose == RoutePurpose::Error);
    if !of_errors().any(|destination| alerts_people(destination.kind)) {
        return vec![line("route.stderr", &route(plan, RoutePurpose::Error))];
    }
    let stored: Vec<&str> =
        of_errors().filter(|one| !alerts_people(one.kind)).map(|one| one.name.as_str()).collect();
    let mut lines = vec![
        comment("Lines that say they are errors, by their level; each is a message."),
        line("level", "auto"),
        line("route.error", &route(plan, RoutePurpose::Error)),
    ];
    lines.extend((!stored.is_empty()).then(|| line("route.stderr", &stored.join(", "))));
    lines
}

const fn alerts_people(kind: DestinationKind) -> bool {
    matches!(kind, DestinationKind::Slack | DestinationKind::Teams | DestinationKind::Pagerduty)
}

/// People in a channel need not know of planned stops; they are kept all the same.
fn expected_route(plan: &Plan) -> Option<Line> {
    let stored = plan.stored_stops();
    let is_wanted = plan.is_collector() && plan.alerts() && !stored.is_empty();
    is_wanted.then(|| line("route.stop.expected", &stored.join(", ")))
}

fn route(plan: &Plan, purpose: RoutePurpose) -> String {
    let names = plan.destinations.iter().filter(|destination| destination.purpose == purpose);
    let names: Vec<&str> = names.map(|destination| destination.name.as_str()).collect();
    if names.is_empty() { "drop".to_owned() } else { names.join(", ") }
}

/// The keys of one destination.
fn keys(plan: &Plan, destination: &PlannedDestination) -> Vec<Line> {
    let PlannedDestination { name, kind, purpose } = destination;
    let key = |key: &str, value: &str| line(&format!("{name}.{key}"), value);
    let mut lines = vec![key("type", kind.name())];
    if kind.is_aws() {
        lines.push(key("region", &plan.region));
    }
    let own = own_keys(plan, name, *kind, *purpose);
    lines.extend(own.into_iter().map(|(own, value)| match own {
        "#" => comment(&value),
        own => key(own, &value),
    }));
    lines
}

fn own_keys(
    plan: &Plan,
    name: &str,
    kind: DestinationKind,
    purpose: RoutePurpose,
) -> Vec<(&'static str, String)> {
    let secret = secret_of(kind).map(|(variable, _)| format!("${{{variable}}}")).unwrap_or_default();
    match kind {
        DestinationKind::Cloudwatch => vec![
            ("log_group", plan.log_group(purpose).to_owned()),
            ("log_stream", stream(plan, purpose).to_owned()),
        ],
        DestinationKind::S3 => s3_keys(plan, name),
        DestinationKind::Firehose => vec![("delivery_stream", plan.delivery_stream.clone())],
        DestinationKind::Kinesis => vec![("stream", plan.delivery_stream.clone())],
        DestinationKind::Newrelic => vec![
            ("license_key", secret),
            ("#", "The site of your account: us, eu or fedramp.".to_owned()),
            ("site", "us".to_owned()),
        ],
        DestinationKind::Datadog => vec![
            ("api_key", secret),
            ("#", "The site of your organization; in the EU datadoghq.eu.".to_owned()),
            ("site", "datadoghq.com".to_owned()),
        ],
        DestinationKind::Slack | DestinationKind::Teams => alert_keys(plan, ("webhook_url", secret)),
        DestinationKind::Eventbridge => vec![("event_bus", plan.name.clone())],
        DestinationKind::Sns => alert_keys(plan, ("topic_arn", iam::topic_arn(plan))),
        DestinationKind::Pagerduty => vec![
            ("integration_key", secret),
            ("#", "The service region of your account: us or eu.".to_owned()),
            ("site", "us".to_owned()),
        ],
        DestinationKind::Http => with_signature(plan, "url", &plan.http_url),
        DestinationKind::FirehoseHttp => vec![("url", plan.firehose_url.clone()), ("access_key", secret)],
        DestinationKind::Otlp => with_signature(plan, "endpoint", &plan.otlp_endpoint),
        DestinationKind::File => vec![("path", format!("/var/spool/ecs_router/{name}.jsonl"))],
        DestinationKind::Stdout => Vec::new(),
    }
}

/// An address, and what else it takes if it is one of AWS.
fn with_signature(plan: &Plan, key: &'static str, url: &str) -> Vec<(&'static str, String)> {
    let mut keys = vec![(key, url.to_owned())];
    keys.extend(signed::keys(plan, url));
    keys
}

/// The keys of what people read. A collector sees the stops of all services, so only failures are posted.
fn alert_keys(plan: &Plan, address: (&'static str, String)) -> Vec<(&'static str, String)> {
    let mut keys = vec![address];
    if plan.is_collector() {
        keys.push(("#", "A Spot stop or a lost host is a warning; 'warning' posts those, too.".to_owned()));
        keys.push(("min_severity", "error".to_owned()));
    }
    keys
}

fn s3_keys(plan: &Plan, name: &str) -> Vec<(&'static str, String)> {
    vec![
        ("bucket", plan.bucket.clone()),
        // The prefix is the one that the role may write to, so no record can choose another.
        ("key", format!("{}/$(class)/%Y/%m/%d/%H/$(uuid).json", plan.prefix())),
        ("total_file_size", "50M".to_owned()),
        ("upload_timeout", "5m".to_owned()),
        ("spool_dir", format!("/var/spool/ecs_router/{name}")),
    ]
}

fn stream(plan: &Plan, purpose: RoutePurpose) -> &'static str {
    match purpose {
        RoutePurpose::Stop => "$(ecs_cluster)/$(ecs_service:-no-service)",
        RoutePurpose::Rest if plan.is_collector() => "not-a-stop",
        RoutePurpose::Error | RoutePurpose::Rest => "$(container_name)/$(ecs_task_id)",
    }
}

/// A section of the classic format, with its values below each other.
fn section(lines: &[Line]) -> String {
    let width = lines.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (key, value) in lines {
        match key.as_str() {
            "" => text.push('\n'),
            "#" => text.push_str(&format!("    # {value}\n")),
            key => text.push_str(&format!("    {key:<width$} {value}\n")),
        }
    }
    text
}

/// A map of YAML. Every value is a text, so that none becomes a number or a truth value on the way.
fn mapping(lines: &[Line], indent: &str) -> String {
    let mut text = String::new();
    for (key, value) in lines {
        match key.as_str() {
            "" => text.push('\n'),
            "#" => text.push_str(&format!("{indent}# {value}\n")),
            key => {
                let key = if key.contains('.') { key.to_owned() } else { key.to_ascii_lowercase() };
                text.push_str(&format!("{indent}{key}: \"{value}\"\n"));
            }
        }
    }
    text
}

/// An item of a list of maps.
fn item(lines: &[Line]) -> String {
    let text = mapping(lines, "      ");
    text.replacen("      ", "    - ", 1)
}
