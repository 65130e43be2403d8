//! The keys of what the plugin does besides routing chunks: reading stop events, the task's metadata, a queue.

use std::path::PathBuf;
use std::time::Duration;

use regex::Regex;

use super::identity::Identity;
use super::reader::KeyReader;
use crate::stop;

/// How stop events are read and told.
#[derive(Debug, Clone)]
pub struct StopSettings {
    /// How they are read.
    pub reader: stop::EventReader,
    /// Each stop is told once.
    pub once: bool,
    /// Last lines of standard error to keep of each container.
    pub context_lines: usize,
}

impl StopSettings {
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        let default = stop::EventReader::default();
        let ignored = reader.list("stop.ignore_containers").unwrap_or_default();
        Self {
            reader: stop::EventReader {
                ignore_containers: default.ignore_containers.into_iter().chain(ignored).collect(),
                user_stop_is_error: pattern(reader, "stop.user_stop_is_error"),
            },
            once: reader.flag("stop.once"),
            context_lines: context_lines(reader),
        }
    }
}

/// Beyond that a report is a log of its own.
const MOST_CONTEXT_LINES: u64 = 100;

fn context_lines(reader: &KeyReader<'_>) -> usize {
    let lines = reader.number("stop.context_lines");
    if lines > MOST_CONTEXT_LINES {
        reader.problem("stop.context_lines", format!("{lines} is more than {MOST_CONTEXT_LINES}"));
    }
    usize::try_from(lines).unwrap_or_default()
}

fn pattern(reader: &KeyReader<'_>, name: &str) -> Option<Regex> {
    let text = reader.text(name)?;
    let compiled = Regex::new(&text);
    compiled
        .map_err(|error| reader.problem(name, format!("'{text}' is not a regular expression: {error}")))
        .ok()
}

/// Whether to ask the task metadata endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MetadataSettings {
    /// Only when set on must the endpoint's address be known.
    pub wanted: Wanted,
    /// How often to ask.
    pub interval: Duration,
}

/// on, off, or where it can be had
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// It must be there.
    On,
    /// Not at all.
    Off,
    /// If it is there.
    Auto,
}

/// Agents allow 40 questions a second for all containers of a host.
const SHORTEST_INTERVAL: Duration = Duration::from_millis(200);

impl MetadataSettings {
    pub(super) fn read(reader: &KeyReader<'_>) -> Self {
        let wanted = match reader.choice("task_metadata") {
            Some("on") => Wanted::On,
            Some("off") => Wanted::Off,
            _ => Wanted::Auto,
        };
        let interval = reader.duration("task_metadata.interval");
        if interval < SHORTEST_INTERVAL {
            reader.problem(
                "task_metadata.interval",
                "is shorter than 200ms, which the endpoint would refuse; write 200ms or more".to_owned(),
            );
        }
        Self { wanted, interval }
    }
}

/// The queue of events to poll.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueSettings {
    /// The queue's address.
    pub url: String,
    /// Another address of the service.
    pub endpoint: Option<String>,
    /// Whose name requests are signed in.
    pub identity: Identity,
    /// Authorities to trust besides the machine's.
    pub ca_file: Option<PathBuf>,
}

impl QueueSettings {
    /// `region` is the machine's, for an address that does not hold one.
    #[must_use]
    pub fn read(reader: &KeyReader<'_>, region: Option<&str>) -> Option<Self> {
        let url = reader.text("queue.url")?;
        if !url.starts_with("https://") && !url.starts_with("http://") {
            let what = format!(
                "'{url}' is no address; it looks like https://sqs.eu-west-1.amazonaws.com/111122223333/stops"
            );
            reader.problem("queue.url", what);
        }
        let identity = Identity::read(reader, "queue.", region_of(&url).or(region));
        let endpoint = reader.text("queue.endpoint");
        Some(Self { url, endpoint, identity, ca_file: reader.text("queue.ca_file").map(PathBuf::from) })
    }
}

/// Whether the machine's region is needed: the queue's address is written and does not hold one.
#[must_use]
pub fn queue_needs_region(reader: &KeyReader<'_>) -> bool {
    let unknown = |url: String| region_of(&url).is_none() && reader.text("queue.region").is_none();
    reader.text("queue.url").is_some_and(unknown)
}

/// The region in `https://sqs.<region>.amazonaws.com/…`, in its older form, and in that of FIPS endpoints
/// (<https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>, read 2026-11).
fn region_of(url: &str) -> Option<&str> {
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
    fn the_region_is_in_the_address() {
        for (url, region) in [
            ("https://sqs.eu-west-1.amazonaws.com/111122223333/q", Some("eu-west-1")),
            ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q", Some("cn-north-1")),
            ("https://eu-west-1.queue.amazonaws.com/111122223333/q", Some("eu-west-1")),
            ("http://127.0.0.1:4566/111122223333/q", None),
            ("nonsense", None),
        ] {
            assert_eq!(region_of(url), region, "{url}");
        }
    }
}
