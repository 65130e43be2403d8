//! What the plugin's outputs in a configuration of the classic format say, and the changes that a test needs.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;

use ecs_router::classify::classes::Class;
use ecs_router::classify::provenance::TagPattern;
use ecs_router::config::keys::{self, DestinationKind};
use ecs_router::config::{DestinationSettings, Settings};
use regex::{Captures, Regex};

use test_support::port::free_port;

/// Names in `${…}` and what stands for them.
pub(super) type Environment = BTreeMap<String, String>;

/// One [OUTPUT] of the plugin.
#[derive(Debug)]
pub(super) struct Output {
    keys: BTreeMap<String, String>,
    settings: Settings,
}

impl Output {
    /// All of a text.
    pub(super) fn all_in(text: &str, environment: &Environment) -> Vec<Self> {
        sections(text).filter_map(|section| Self::of(&section, environment)).collect()
    }

    fn of(section: &str, environment: &Environment) -> Option<Self> {
        let mut lines = section.lines().map(str::trim).filter(|line| !line.starts_with('#'));
        lines.next().filter(|header| *header == "[OUTPUT]")?;
        let pairs = lines.filter_map(|line| line.split_once(char::is_whitespace));
        let keys: BTreeMap<String, String> =
            pairs.map(|(key, value)| (key.to_owned(), expanded(value.trim(), environment))).collect();
        if keys.get("Name").is_none_or(|name| name != "ecs_router") {
            return None;
        }
        let problems = RefCell::default();
        let settings = Settings::read(&keys, &problems);
        let output = Self { keys, settings };
        // A file that lies beside the deployment's own may have names that only others set.
        assert!(output.unset().next().is_some() || problems.borrow().is_empty(), "{problems:?}");
        Some(output)
    }

    /// Names that its environment does not set: Fluent Bit would read nothing there.
    pub(super) fn unset(&self) -> impl Iterator<Item = &String> {
        self.keys.values().filter(|value| value.contains("${"))
    }

    /// The destinations of a class, in the order of the route.
    pub(super) fn destinations_of(&self, class: Class) -> impl Iterator<Item = &DestinationSettings> {
        self.settings.routes[class.index()].iter().map(|position| &self.settings.destinations[*position])
    }

    /// A destination's key, or what holds without it.
    pub(super) fn value(&self, destination: &DestinationSettings, key: &str) -> &str {
        let default = || keys::find(Some(destination.kind), key)?.default_value(Some(destination.kind));
        let written = self.keys.get(&format!("{}.{key}", destination.name)).map(String::as_str);
        written.or_else(default).unwrap_or_else(|| panic!("{}.{key}", destination.name))
    }

    /// Buckets are there before the router is.
    pub(super) fn buckets(&self) -> impl Iterator<Item = &str> {
        self.of_kind(DestinationKind::S3).map(|archive| self.value(archive, "bucket"))
    }

    /// Where objects are filled.
    pub(super) fn spools(&self) -> impl Iterator<Item = &str> {
        self.of_kind(DestinationKind::S3).map(|archive| self.value(archive, "spool_dir"))
    }

    /// Tags under which events are believed.
    pub(super) fn trusted_tags(&self) -> impl Iterator<Item = &str> {
        self.settings.stop.trusted_tags.iter().map(TagPattern::as_str)
    }

    /// So are groups that it does not make.
    pub(super) fn groups(&self) -> impl Iterator<Item = &str> {
        let given = self
            .of_kind(DestinationKind::Cloudwatch)
            .filter(|logs| self.value(logs, "auto_create_group") == "off");
        given.map(|logs| self.value(logs, "log_group"))
    }

    fn of_kind(&self, kind: DestinationKind) -> impl Iterator<Item = &DestinationSettings> {
        self.settings.destinations.iter().filter(move |destination| destination.kind == kind)
    }
}

fn expanded(value: &str, environment: &Environment) -> String {
    environment
        .iter()
        .fold(value.to_owned(), |text, (name, value)| text.replace(&format!("${{{name}}}"), value))
}

/// Where an `http` input listens.
pub(super) fn port_of_http_input(text: &str) -> Option<u16> {
    let input = inputs(text).find(|words| words.get(2).is_some_and(|name| name == "http"))?;
    Some(word_after("Port", &input)?.parse().expect("a port"))
}

/// Tags of the inputs that bring events, which is all but those of FireLens.
pub(super) fn tags_of_events(text: &str) -> Vec<String> {
    let is_firelens =
        |words: &Vec<String>| words.get(2).is_some_and(|name| name == "forward" || name == "tcp");
    let others = inputs(text).filter(|words| !is_firelens(words));
    others.map(|words| word_after("Tag", &words).expect("a tag of its own")).collect()
}

/// The words of each input, from `[INPUT] Name …` on.
fn inputs(text: &str) -> impl Iterator<Item = Vec<String>> {
    let words = |section: String| section.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    sections(text).map(words).filter(|words| words.starts_with(&["[INPUT]", "Name"].map(str::to_owned)))
}

fn word_after(key: &str, words: &[String]) -> Option<String> {
    words.iter().skip_while(|word| *word != key).nth(1).cloned()
}

/// From one header to the next; what comes before the first one is a section, too.
fn sections(text: &str) -> impl Iterator<Item = String> {
    let mut parts = text.split("\n[");
    let before = parts.next().map(str::to_owned);
    before.into_iter().chain(parts.map(|part| format!("[{part}")))
}

/// What a test cannot have as it is in an example.
pub(super) struct Changes<'c> {
    /// For what lies below `/ecs-router/` and `/var/spool/`.
    pub(super) folder: &'c Path,
    /// Of Fluent Bit's own server.
    pub(super) http_port: u16,
    /// Of the fake cloud.
    pub(super) endpoint: String,
    pub(super) environment: &'c Environment,
}

impl Changes<'_> {
    pub(super) fn make(&self, text: &str) -> String {
        let port = |key: &str| Regex::new(&format!(r"(?m)^(\s+{key}\s+)\d+$")).unwrap();
        let text = port("HTTP_Port").replace_all(text, format!("${{1}}{}", self.http_port));
        let free = |found: &Captures<'_>| format!("{}{}", &found[1], free_port());
        let text = port("Port").replace_all(&text, free);
        let sections = sections(&text).map(|section| self.with_endpoints(&section)).collect::<String>();
        let below = |name: &str| format!("{}/{name}", self.folder.display());
        sections.replace("/ecs-router/", &below("ecs-router/")).replace("/var/spool/", &below("spool/"))
    }

    fn with_endpoints(&self, section: &str) -> String {
        let is_endpoint =
            |line: &&str| line.split_whitespace().next().is_some_and(|key| key.ends_with(".endpoint"));
        let own: Vec<&str> = section.trim_end().lines().filter(|line| !is_endpoint(line)).collect();
        let mut out = own.join("\n") + "\n";
        let output = Output::of(section, self.environment);
        let destinations = output.iter().flat_map(|output| &output.settings.destinations);
        for destination in destinations.filter(|one| keys::find(Some(one.kind), "endpoint").is_some()) {
            out.push_str(&format!("    {}.endpoint {}\n", destination.name, self.endpoint));
        }
        out + "\n"
    }
}
