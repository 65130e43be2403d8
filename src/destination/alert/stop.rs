//! A stop event as a batch holds it: the fields that a message may show, written by `encode` and read by `request`.
//! How they are laid out is each vendor's business.

use jiff::Timestamp;
use serde::Deserialize as _;
use serde_json::{Map, Value};

use crate::printable;
use crate::stop::{self, Category, Cause, EcsEvent, Severity, StopEvent, StoppedContainer};

/// The field that tells a stop event from a line.
pub(crate) const MARKER_FIELD: &str = "ecs_event";
/// The containers of a task that has several, as a text.
pub(crate) const CONTAINERS_FIELD: &str = "container_list";

/// When it happened, of an event that is not a task's stop.
pub(crate) const AT_FIELD: &str = "happened_at";
/// ECS's name for an event of a service.
pub(crate) const EVENT_NAME_FIELD: &str = "event_name";

/// Bytes of the longest name of an event that is shown.
const MAX_EVENT_NAME_BYTES: usize = 100;

/// The agent of a task names no more in a message; what is more is counted.
const MAX_CONTAINERS: usize = 8;
/// Services that an incident of several is told with; what is more is counted.
const MAX_SERVICES: usize = 5;
/// Characters of a container's name in the list of them.
const MAX_CONTAINER_CHARS: usize = 60;
/// Bytes of an address that a message links; of longer ones, people find their own way.
const MAX_URL_BYTES: usize = 1_100;
/// Categories whose cause the application's own lines tell.
const TOLD_BY_LINES: [&str; 4] = ["app_error", "app_signal", "oom", "app_completed"];

/// What a category means on a lock screen, where its name alone says little.
const IN_WORDS: [(&str, &str); 16] = [
    ("image_pull", "image cannot be pulled"),
    ("secret", "secret cannot be read"),
    ("logging", "logging failed"),
    ("storage", "storage failed"),
    ("network", "network cannot be set up"),
    ("capacity", "tasks cannot be placed"),
    ("container_start", "cannot start"),
    ("platform", "ECS or the container runtime failed"),
    ("oom", "out of memory"),
    ("health_check", "health check failed"),
    ("deployment", "deployment failed"),
    ("user", "stopped on request"),
    ("spot", "Spot interruption"),
    ("host", "host went away"),
    ("service_event", "service problem"),
    ("unknown", "stopped for an unknown reason"),
];

/// A cause on a lock screen.
fn cause_in_words(category: &str, cause: Cause) -> &'static str {
    match cause {
        Cause::Permission => "no permission",
        Cause::NotFound => "not found",
        Cause::Network => "connection failed",
        Cause::RateLimit => "rate limit",
        Cause::Quota => "quota used up",
        Cause::DiskFull => "disk full",
        Cause::PlatformMismatch => "wrong platform",
        Cause::Timeout => "timed out",
        // Of an image or a secret it is the thing itself, or its name.
        Cause::Invalid if matches!(category, "image_pull" | "secret") => "not valid",
        Cause::Invalid => "invalid configuration",
    }
}

/// ` (not found, exit 127)`: those that are known.
fn in_brackets(parts: &[Option<&str>]) -> String {
    let known: Vec<&str> = parts.iter().copied().flatten().collect();
    if known.is_empty() { String::new() } else { format!(" ({})", known.join(", ")) }
}

/// Appends what a message may show of the event: everything but the original event, and the containers on one line.
pub(crate) fn write(stop: &StopEvent, out: &mut Vec<u8>) {
    out.extend_from_slice(Value::Object(shown(stop)).to_string().as_bytes());
}

fn shown(stop: &StopEvent) -> Map<String, Value> {
    let Ok(Value::Object(mut fields)) = serde_json::to_value(stop) else { return Map::new() };
    fields.remove("event");
    fields.remove("containers");
    if stop.stopped_at.is_none()
        && let Some(at) = stop.at()
    {
        let at = Timestamp::from_millisecond(at).unwrap_or_default();
        fields.insert(AT_FIELD.to_owned(), at.to_string().into());
    }
    if let Some(name) = event_name(stop) {
        fields.insert(EVENT_NAME_FIELD.to_owned(), name.into());
    }
    if let Some(Value::Array(lines)) = fields.get_mut("last_lines") {
        lines.iter_mut().for_each(make_readable);
    }
    if stop.containers.len() > 1 {
        fields.insert(CONTAINERS_FIELD.to_owned(), container_list(&stop.containers).into());
    }
    fields
}

/// `SERVICE_TASK_START_IMPAIRED`: what people look up.
fn event_name(stop: &StopEvent) -> Option<&str> {
    let is_about_service = matches!(stop.ecs_event, EcsEvent::ServiceEvent | EcsEvent::DeploymentFailed);
    let name = stop.event.get("detail")?.get("eventName")?.as_str()?;
    Some(name).filter(|name| is_about_service && name.len() <= MAX_EVENT_NAME_BYTES)
}

fn make_readable(line: &mut Value) {
    if let Value::String(text) = line {
        *text = printable::without_colours(text).trim_end().to_owned();
    }
}

/// `app exit 1, envoy exit 0, init without an exit code`
fn container_list(containers: &[StoppedContainer]) -> String {
    let mut parts: Vec<String> = containers.iter().take(MAX_CONTAINERS).map(container).collect();
    let rest = containers.len().saturating_sub(MAX_CONTAINERS);
    if rest > 0 {
        parts.push(format!("and {rest} more"));
    }
    parts.join(", ")
}

fn container(container: &StoppedContainer) -> String {
    let name: String = container.name.chars().take(MAX_CONTAINER_CHARS).collect();
    match container.exit_code {
        Some(code) => format!("{name} exit {code}"),
        None => format!("{name} without an exit code"),
    }
}

#[derive(Debug)]
pub(crate) struct StopFields(Map<String, Value>);

impl StopFields {
    /// What a message may show of the event.
    pub(crate) fn of(stop: &StopEvent) -> Self {
        Self(shown(stop))
    }

    pub(crate) fn new(fields: Map<String, Value>) -> Self {
        Self(fields)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// The application's last lines, the oldest first.
    pub(crate) fn last_lines(&self) -> Vec<&str> {
        let lines = self.get("last_lines").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        lines.iter().filter_map(Value::as_str).collect()
    }

    /// How urgent it is to tell people.
    pub(crate) fn severity(&self) -> Severity {
        let is_escalated = self.get("incident").is_some_and(|incident| incident["escalated"] == true);
        match self.text("severity") {
            _ if is_escalated => Severity::Error,
            Some("info") => Severity::Info,
            Some("warning") => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// `🔴 web in prod (eu-west-1): container app exits with 1, revision 42`, as plain text: what a lock screen shows.
    pub(crate) fn headline(&self) -> String {
        format!("{} {}", self.emoji(), self.full_matter())
    }

    pub(crate) fn revision(&self) -> Option<&str> {
        self.text("task_definition")?.split_once(':').map(|(_, revision)| revision)
    }

    /// `web in prod (eu-west-1): container app exits with 1, revision 42`, as plain text.
    pub(crate) fn full_matter(&self) -> String {
        match self.revision() {
            Some(revision) => format!("{}, revision {revision}", self.matter()),
            None => self.matter(),
        }
    }

    /// `🔴 web in prod (eu-west-1): image cannot be pulled (not found), container app`, as plain text.
    pub(crate) fn title(&self) -> String {
        format!("{} {}", self.emoji(), self.matter())
    }

    /// `web in prod (eu-west-1): image cannot be pulled (not found), container app`, as plain text.
    pub(crate) fn matter(&self) -> String {
        format!("{}: {}", self.place(), self.happening())
    }

    /// What happened, and to which container: `container app exits with 1`, `container app out of memory (exit 137)`.
    pub(crate) fn happening(&self) -> String {
        let category = self.text("category").unwrap_or("unknown");
        let code = self.get("exit_code").and_then(Value::as_i64);
        let shown = code.filter(|_| !self.may_exit_with_any_code());
        let exit_code = shown.map(|code| format!("exit {code}"));
        let exit = in_brackets(&[exit_code.as_deref()]);
        let Some(name) = self.text("container") else { return self.happening_to_service() };
        if self.get("incident").is_some_and(|incident| incident["various"] == true) {
            return format!("{}, various containers or exit codes", self.words());
        }
        match (category, code) {
            ("app_error" | "app_completed", Some(code)) => format!("container {name} exits with {code}"),
            ("oom", _) => format!("container {name} out of memory{exit}"),
            ("app_signal", _) => {
                format!("container {name} ended by {}{exit}", self.text("signal").unwrap_or("a signal"))
            }
            ("container_start", _) => {
                format!("container {name} cannot start{}", in_brackets(&[self.cause(), exit_code.as_deref()]))
            }
            _ => format!("{}, container {name}{exit}", self.words()),
        }
    }

    /// Whether stops of its incident differ in their exit codes: those of a task that was ended from outside show only how.
    fn may_exit_with_any_code(&self) -> bool {
        let category = self.get("category").and_then(|word| Category::deserialize(word).ok());
        self.get("incident").is_some() && category.is_some_and(Category::is_external)
    }

    /// `deployment of revision 42 failed`, what ECS says of the service, or what the category means.
    fn happening_to_service(&self) -> String {
        let failed = self.get("failed_revision").and_then(|failed| failed.get("revision")?.as_str());
        match failed.filter(|_| self.revision().is_none()) {
            Some(revision) => format!("deployment of revision {revision} failed"),
            None => self.told_of_service().unwrap_or_else(|| self.words()),
        }
    }

    /// `its tasks cannot be placed ("RESOURCE:GPU")`: the summary without the service, which stands before.
    fn told_of_service(&self) -> Option<String> {
        let is_event = self.text(MARKER_FIELD) == Some("service_event");
        let (_, told) = self.text("summary").filter(|_| is_event)?.split_once(": ")?;
        Some(told.strip_suffix('.').unwrap_or(told).to_owned()).filter(|told| !told.is_empty())
    }

    /// What an incident counts: of a service there are events, and none of them stopped a task.
    pub(crate) fn counted(&self) -> &'static str {
        match self.text(MARKER_FIELD) {
            Some("service_event" | "deployment_failed") => "event",
            _ => "stop",
        }
    }

    /// When it happened.
    pub(crate) fn at(&self) -> Option<&str> {
        self.text("stopped_at").or_else(|| self.text(AT_FIELD))
    }

    pub(crate) fn is_expected(&self) -> bool {
        self.get("expected") == Some(&Value::Bool(true))
    }

    /// What the category means, and the cause, for somebody who sees nothing else.
    fn words(&self) -> String {
        format!("{}{}", self.meaning(), in_brackets(&[self.cause()]))
    }

    /// Why it happened, unless what the category means says it.
    fn cause(&self) -> Option<&'static str> {
        let category = self.text("category").filter(|category| *category != "user")?;
        let cause = Cause::deserialize(self.get("cause")?).ok()?;
        Some(cause_in_words(category, cause))
    }

    fn meaning(&self) -> String {
        let category = self.text("category").unwrap_or("unknown");
        let of_task = self.text("task_id").is_some() || self.revision().is_some();
        match category {
            "deployment" if of_task && self.is_expected() => "deployment or scale-in".to_owned(),
            "deployment" if of_task => "stopped by the service scheduler".to_owned(),
            "user" if self.text("cause") == Some("timeout") => "job ran longer than its timeout".to_owned(),
            "host" if self.is_expected() => "host maintenance".to_owned(),
            _ => match IN_WORDS.iter().find(|(name, _)| *name == category) {
                Some((_, words)) => (*words).to_owned(),
                None => category.replace('_', " "),
            },
        }
    }

    /// Whether the application's own lines tell why it stopped.
    pub(crate) fn is_told_by_lines(&self) -> bool {
        self.text("category").is_some_and(|category| TOLD_BY_LINES.contains(&category))
    }

    pub(crate) fn emoji(&self) -> &'static str {
        match self.severity() {
            Severity::Info => "🟢",
            Severity::Warning => "🟠",
            Severity::Error => "🔴",
        }
    }

    /// What stopped: the service, else the task family, else the group.
    pub(crate) fn owner(&self) -> String {
        let family = self.text("task_definition").and_then(|name| name.split(':').next());
        let owner = self.text("service").or(family).or(self.text("group")).unwrap_or("ECS");
        self.services().unwrap_or_else(|| owner.to_owned())
    }

    /// What stopped, and in which cluster.
    pub(crate) fn origin(&self) -> String {
        let owner = self.owner();
        match self.text("cluster") {
            Some(cluster) => format!("{owner} in {cluster}"),
            None => owner,
        }
    }

    /// The services of an incident of several: `web, api, shop and 27 more services`.
    pub(in crate::destination) fn services(&self) -> Option<String> {
        let services: Vec<&str> =
            self.get("incident")?["services"].as_array()?.iter().filter_map(Value::as_str).collect();
        let (named, rest) = services.split_at(services.len().min(MAX_SERVICES));
        let more = match rest.len() {
            0 => String::new(),
            1 => " and 1 more service".to_owned(),
            more => format!(" and {more} more services"),
        };
        (services.len() > 1).then(|| format!("{}{more}", named.join(", ")))
    }

    /// The origin with its region: clusters of one name may be in several.
    pub(crate) fn place(&self) -> String {
        match self.text("region") {
            Some(region) => format!("{} ({region})", self.origin()),
            None => self.origin(),
        }
    }

    /// The task's page in the ECS console, or the service's when there is no task.
    pub(crate) fn console_url(&self) -> Option<String> {
        self.task_url().map(str::to_owned).or_else(|| self.service_url())
    }

    /// The task's page in the ECS console.
    pub(crate) fn task_url(&self) -> Option<&str> {
        self.link("task_url")
    }

    /// The page of the log.
    pub(crate) fn logs_url(&self) -> Option<&str> {
        self.link("logs_url")
    }

    /// The service's health in the ECS console, or the cluster's services when it is about several.
    pub(crate) fn service_url(&self) -> Option<String> {
        let (region, cluster) = self.text("region").zip(self.text("cluster"))?;
        match self.services() {
            Some(_) => stop::cluster_page(region, cluster),
            None => stop::service_page(region, cluster, self.text("service")?),
        }
    }

    /// An address that may be in markup, and is not too long for it.
    fn link(&self, field: &str) -> Option<&str> {
        let is_safe = |url: &&str| {
            url.starts_with("https://")
                && url.len() <= MAX_URL_BYTES
                && url.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>' | b'|'))
        };
        self.text(field).filter(is_safe)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::*;

    fn matter(more: &Value) -> String {
        let mut fields = json!({"service": "web", "cluster": "prod", "region": "eu-west-1"});
        fields.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let Value::Object(fields) = fields else { unreachable!() };
        StopFields::new(fields).matter().replace("web in prod (eu-west-1): ", "")
    }

    #[test]
    fn a_lock_screen_says_what_happened_without_the_names_of_categories() {
        for (fields, expected) in [
            (json!({"category": "image_pull", "container": "app"}), "image cannot be pulled, container app"),
            (
                json!({"category": "image_pull", "cause": "not_found", "container": "app"}),
                "image cannot be pulled (not found), container app",
            ),
            (json!({"category": "secret", "cause": "permission"}), "secret cannot be read (no permission)"),
            (
                json!({"category": "host", "container": "app", "exit_code": 137}),
                "host went away, container app (exit 137)",
            ),
            (
                json!({"category": "container_start", "container": "app", "exit_code": 127}),
                "container app cannot start (exit 127)",
            ),
            (
                json!({"category": "container_start", "cause": "not_found", "container": "app", "exit_code": 127}),
                "container app cannot start (not found, exit 127)",
            ),
            (json!({"category": "container_start"}), "cannot start"),
            (
                json!({"category": "deployment", "task_id": "0123", "expected": true}),
                "deployment or scale-in",
            ),
            (
                json!({"category": "deployment", "task_id": "0123", "expected": false, "container": "app"}),
                "stopped by the service scheduler, container app",
            ),
            (
                json!({"category": "user", "cause": "timeout", "container": "app", "exit_code": 143}),
                "job ran longer than its timeout, container app (exit 143)",
            ),
            (json!({"category": "host", "task_id": "0123", "expected": true}), "host maintenance"),
            (
                json!({"category": "capacity", "ecs_event": "service_event",
                    "summary": "Service web (cluster prod): its tasks cannot be placed (\"RESOURCE:GPU\")."}),
                "its tasks cannot be placed (\"RESOURCE:GPU\")",
            ),
            (json!({"category": "deployment"}), "deployment failed"),
            (json!({"category": "capacity"}), "tasks cannot be placed"),
            (
                json!({"category": "app_error", "cause": "not_found", "container": "app", "exit_code": 127}),
                "container app exits with 127",
            ),
            (
                json!({"category": "app_error", "cause": "not_found", "container": "app", "exit_code": 127,
                    "incident": {"various": true}}),
                "app error (not found), various containers or exit codes",
            ),
            (json!({"category": "network", "cause": "<!channel>"}), "network cannot be set up"),
            (json!({}), "stopped for an unknown reason"),
        ] {
            assert_eq!(matter(&fields), expected, "{fields}");
        }
    }

    /// Every cause that a report can have, and none.
    const CAUSES: [Option<&str>; 10] = [
        None,
        Some("permission"),
        Some("not_found"),
        Some("network"),
        Some("rate_limit"),
        Some("quota"),
        Some("disk_full"),
        Some("platform_mismatch"),
        Some("timeout"),
        Some("invalid"),
    ];

    /// Stops of one service that differ in nothing but their cause are of different incidents.
    #[test]
    fn headlines_that_differ_only_in_the_cause_differ() {
        for category in [
            "image_pull",
            "secret",
            "logging",
            "storage",
            "network",
            "capacity",
            "container_start",
            "platform",
        ] {
            for more in [
                json!({}),
                json!({"container": "app"}),
                json!({"container": "app", "exit_code": 127}),
                json!({"container": "app", "exit_code": 127, "incident": {"various": true}}),
            ] {
                let headline = |cause: Option<&str>| {
                    let mut fields = more.clone();
                    fields["category"] = category.into();
                    fields["cause"] = cause.into();
                    matter(&fields)
                };
                let headlines: BTreeSet<String> = CAUSES.into_iter().map(headline).collect();
                assert_eq!(headlines.len(), CAUSES.len(), "{category} {more}: {headlines:#?}");
            }
        }
    }
}
