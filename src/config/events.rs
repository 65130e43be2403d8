//! The keys about ECS events: how stop events are read, and where else than from Fluent Bit events come from (the task's
//! metadata, a queue).

use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;

use super::address::shown_address;
use super::endpoint::{AwsService, EndpointVariant};
use super::environment::{AwsEnvironments, aws_address};
use super::identity::Identity;
use super::pattern;
use super::reader::KeyReader;
use crate::classify::provenance::TagPattern;
use crate::stop;
use crate::stop::output_tail::ContextStreams;

/// How stop events are read and reported.
#[derive(Debug, Clone)]
pub struct StopSettings {
    /// Reads them.
    pub reader: stop::EventReader,
    /// Whether each stop is reported once, however often its event comes.
    pub once: bool,
    /// Last lines that are kept of each container.
    pub context_lines: usize,
    /// The streams that they are taken from.
    pub context_streams: ContextStreams,
    /// Tags under which a record may be an event.
    pub trusted_tags: Vec<TagPattern>,
}

impl StopSettings {
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        let default = stop::EventReader::default();
        if reader.flag("stop.fetch_logs") && reader.number("stop.context_lines") == 0 {
            reader.problem("stop.fetch_logs", "has no effect with stop.context_lines 0");
        }
        let ignored = reader.list("stop.ignore_containers").unwrap_or_default();
        Self {
            reader: stop::EventReader {
                ignore_containers: default.ignore_containers.into_iter().chain(ignored).collect(),
                user_stop_is_error: read_pattern(reader, "stop.user_stop_is_error"),
                include_event: reader.flag("stop.include_event"),
            },
            once: reader.flag("stop.once"),
            context_lines: context_lines(reader),
            context_streams: context_streams(reader),
            trusted_tags: trusted_tags(reader),
        }
    }
}

/// What every tag of FireLens contains.
const FIRELENS: &str = "firelens";

fn trusted_tags(reader: &KeyReader<'_>) -> Vec<TagPattern> {
    let patterns = reader.list("stop.trusted_tags").unwrap_or_default();
    if let Some(pattern) = patterns.iter().find(|pattern| pattern.contains(FIRELENS)) {
        let what = format!(
            "'{pattern}' is a tag of FireLens, under which applications write what they like, so it is never trusted; \
             name the tags of inputs that only you can reach"
        );
        reader.problem("stop.trusted_tags", what);
    }
    patterns.iter().map(|pattern| TagPattern::new(pattern)).collect()
}

/// Beyond that a report is a log of its own.
const MAX_CONTEXT_LINES: u64 = 100;

fn context_lines(reader: &KeyReader<'_>) -> usize {
    let lines = reader.number("stop.context_lines");
    if lines > MAX_CONTEXT_LINES {
        reader.problem("stop.context_lines", format!("{lines} is more than {MAX_CONTEXT_LINES}"));
    }
    usize::try_from(lines).unwrap_or_default()
}

fn context_streams(reader: &KeyReader<'_>) -> ContextStreams {
    match reader.choice("stop.context_streams") {
        Some("stderr") => ContextStreams::Stderr,
        Some("stdout") => ContextStreams::Stdout,
        Some("both") => ContextStreams::Both,
        _ => ContextStreams::Auto,
    }
}

fn read_pattern(reader: &KeyReader<'_>, name: &str) -> Option<Regex> {
    let text = reader.text(name)?;
    match pattern::compile(&text) {
        Ok(pattern) => Some(pattern),
        Err(problem) => {
            reader.problem(name, problem);
            None
        }
    }
}

/// Whether to ask the task metadata endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetadataSettings {
    /// Whether to ask at all.
    pub mode: MetadataMode,
    /// Time between two questions.
    pub interval: Duration,
    /// The share of its memory limit, in percent, above which a container is reported; `None`: none is.
    pub memory_warning: Option<u64>,
}

/// When the task metadata endpoint is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetadataMode {
    /// Always; the endpoint's address must be known.
    On,
    /// Never.
    Off,
    /// Where the endpoint's address is known.
    Auto,
}

/// Agents allow 40 questions a second for all containers of a host.
const MIN_METADATA_INTERVAL: Duration = Duration::from_millis(200);

impl MetadataSettings {
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        let mode = match reader.choice("task_metadata") {
            Some("on") => MetadataMode::On,
            Some("off") => MetadataMode::Off,
            _ => MetadataMode::Auto,
        };
        let interval = reader.duration("task_metadata.interval");
        if interval < MIN_METADATA_INTERVAL {
            reader.problem(
                "task_metadata.interval",
                "is shorter than 200ms, which the endpoint would refuse; write 200ms or more",
            );
        }
        Self { mode, interval, memory_warning: read_memory_warning(reader, mode) }
    }
}

/// What the key of the threshold is called.
pub(super) const MEMORY_WARNING: &str = "task_metadata.memory_warning";

fn read_memory_warning(reader: &KeyReader<'_>, mode: MetadataMode) -> Option<u64> {
    let text = reader.text(MEMORY_WARNING)?;
    let percent = text.strip_suffix('%').and_then(|number| number.trim_end().parse().ok());
    let fault = match percent {
        None => "is not a percentage; write a whole number with %, for example 95%",
        Some(0) => "is below what every container uses; write for example 95%",
        Some(101..) => "is above the limit, which no container passes; write 100% or less, for example 95%",
        Some(_) if mode == MetadataMode::Off => "has no effect with task_metadata off; leave out one of them",
        Some(percent) => return Some(percent),
    };
    reader.problem(MEMORY_WARNING, fault);
    None
}

/// The queue of events to poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// URL of the queue.
    pub url: String,
    /// Address of SQS, if it is not the host of the queue's URL.
    pub endpoint: Option<String>,
    /// Signs the requests.
    pub identity: Identity,
    /// Authorities to trust besides the machine's.
    pub ca_file: Option<PathBuf>,
}

impl QueueSettings {
    /// Reads the keys of the queue; `None` without `queue.url`. A URL that holds no region is in the machine's.
    #[must_use]
    pub fn read(reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Option<Self> {
        let url = reader.text("queue.url")?;
        if !url.starts_with("https://") && !url.starts_with("http://") {
            let what = format!(
                "'{}' is not a queue's address; it looks like https://sqs.eu-west-1.amazonaws.com/111122223333/stops",
                shown_address(&url)
            );
            reader.problem("queue.url", what);
        }
        let identity = Identity::read(reader, "queue.", region_in_url(&url), environments);
        let environment = environments.of(identity.profile.as_deref());
        let endpoint = environment
            .named_address(reader, "queue.endpoint", AwsService::Sqs)
            .or_else(|| other_variant(reader, &url, &identity));
        Some(Self { url, endpoint, identity, ca_file: reader.text("queue.ca_file").map(PathBuf::from) })
    }
}

/// AWS's address for a variant of which the queue's own URL says nothing.
fn other_variant(reader: &KeyReader<'_>, url: &str, identity: &Identity) -> Option<String> {
    let plain = identity.variant == EndpointVariant::default() || region_in_url(url).is_none();
    (!plain).then(|| aws_address(reader, AwsService::Sqs, identity))
}

/// Whether the machine's region is needed: the queue's URL is set and holds none, and neither is `queue.region` set.
#[must_use]
pub fn queue_needs_region(reader: &KeyReader<'_>) -> bool {
    reader
        .text("queue.url")
        .is_some_and(|url| region_in_url(&url).is_none() && reader.text("queue.region").is_none())
}

/// The region in `https://sqs.<region>.amazonaws.com/…`, in its older form, and in that of FIPS endpoints
/// (<https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>, read 2026-11).
fn region_in_url(url: &str) -> Option<&str> {
    let mut labels = url.split('/').nth(2)?.split('.');
    match (labels.next()?, labels.next()?, labels.next()?) {
        ("sqs" | "sqs-fips", region, "amazonaws" | "api") => Some(region),
        (region, "queue", "amazonaws") => Some(region),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_in_the_url() {
        for (url, region) in [
            ("https://sqs.eu-west-1.amazonaws.com/111122223333/q", Some("eu-west-1")),
            ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q", Some("cn-north-1")),
            ("https://eu-west-1.queue.amazonaws.com/111122223333/q", Some("eu-west-1")),
            ("http://127.0.0.1:4566/111122223333/q", None),
            ("nonsense", None),
        ] {
            assert_eq!(region_in_url(url), region, "{url}");
        }
    }
}
