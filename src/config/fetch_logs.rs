//! The keys about the log of a stopped container: where it is, and how its last lines are read from CloudWatch Logs.

use std::cell::RefCell;

use super::endpoint::{AwsService, host};
use super::environment::AwsEnvironments;
use super::error::Problem;
use super::identity::Identity;
use super::incidents::IncidentSettings;
use super::reader::{KeyReader, Lookup};
use crate::classify::classes::{Class, Entry};
use crate::encode::template::{NameKind, RenderContext, Template};
use crate::input::record::Record;
use crate::stop::{LogPlace, StopEvent};

/// Where a router writes the lines of a container, as the user says.
#[derive(Debug)]
pub struct LogNames {
    group: Template,
    stream: Template,
}

const GROUP: &str = "stop.fetch_logs_group";
const STREAM: &str = "stop.fetch_logs_stream";

impl LogNames {
    /// `None` where neither key is written.
    pub(super) fn read(reader: &KeyReader<'_>) -> Option<Self> {
        let is_written = |key| reader.written(key).is_some();
        let is_missing = |key, other| {
            reader.problem(key, format!("is missing beside {other}; write both, or neither"));
            None
        };
        match (is_written(GROUP), is_written(STREAM)) {
            (false, false) => None,
            (true, false) => is_missing(STREAM, GROUP),
            (false, true) => is_missing(GROUP, STREAM),
            (true, true) => Some(Self {
                group: reader.template(GROUP, NameKind::LogGroup),
                stream: reader.template(STREAM, NameKind::LogStream),
            }),
        }
    }

    /// The stream of the stop's container; `None` when the event lacks a field that the names need.
    #[must_use]
    pub fn place(&self, record: &Record<'_, '_>, stop: &StopEvent) -> Option<LogPlace> {
        let entry = Entry::new(record, Class::Stop, Class::Stop.name(), Some(stop));
        let name = |template: &Template| {
            let mut name = Vec::new();
            let missing = template.render(&entry, &RenderContext::default(), &mut name);
            missing.is_none().then(|| String::from_utf8_lossy(&name).into_owned())
        };
        Some(LogPlace { region: None, group: name(&self.group)?, stream: name(&self.stream)? })
    }
}

/// What is wrong with asking for changes of deployments where nothing says which revision failed.
#[must_use]
pub fn idle_changes(lookup: &dyn Lookup, incidents: &IncidentSettings) -> Option<Problem> {
    let problems = RefCell::default();
    let reader = KeyReader::new(lookup, &problems);
    let is_idle = reader.choice("stop.fetch_changes") == Some("on") && !incidents.is_on;
    let what = "has no effect without incidents, which say which revision failed; write incident on, or route stops to \
                an alerting destination";
    is_idle.then(|| Problem { key: "stop.fetch_changes".into(), what: what.to_owned() })
}

/// How the last lines of stopped containers and task definitions are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchLogsSettings {
    /// Signs the requests, each for the region of its stop.
    pub identity: Identity,
    /// Address of CloudWatch Logs, if it is not AWS's own.
    pub logs_endpoint: Option<String>,
    /// Address of ECS, if it is not AWS's own.
    pub ecs_endpoint: Option<String>,
    /// Whether last lines are read.
    pub lines: bool,
    /// Whether it is read what changed when a deployment failed.
    pub changes: bool,
    /// How many lines are read.
    pub max_lines: usize,
}

/// Where credentials are asked for when the machine names no region; requests are signed for the region of their stop.
const SOME_REGION: &str = "us-east-1";

impl FetchLogsSettings {
    /// `None` where nothing is to be read.
    #[must_use]
    pub fn read(reader: &KeyReader<'_>, environments: &AwsEnvironments) -> Option<Self> {
        if !Self::is_wanted(reader) {
            return None;
        }
        let environment = environments.of(None);
        let named = |key, service| environment.named_address(reader, key, service);
        Some(Self {
            identity: Identity {
                region: environment.region.clone().unwrap_or_else(|| SOME_REGION.to_owned()),
                variant: environment.variant(reader),
                ..Identity::default()
            },
            logs_endpoint: named("stop.fetch_logs_endpoint", AwsService::Logs),
            ecs_endpoint: named("stop.fetch_logs_ecs_endpoint", AwsService::Ecs),
            lines: reader.flag("stop.fetch_logs"),
            changes: Self::wants_changes(reader),
            max_lines: usize::try_from(reader.number("stop.context_lines")).unwrap_or_default(),
        })
    }

    /// Whether anything is to be read.
    #[must_use]
    pub fn is_wanted(reader: &KeyReader<'_>) -> bool {
        reader.flag("stop.fetch_logs") || Self::wants_changes(reader)
    }

    fn wants_changes(reader: &KeyReader<'_>) -> bool {
        match reader.choice("stop.fetch_changes") {
            Some("on") => true,
            Some("off") => false,
            _ => reader.flag("stop.fetch_logs"),
        }
    }

    /// The address of CloudWatch Logs or ECS in a region; `None` where there is none.
    #[must_use]
    pub fn address(&self, service: AwsService, region: &str) -> Option<String> {
        let named = match service {
            AwsService::Ecs => &self.ecs_endpoint,
            _ => &self.logs_endpoint,
        };
        let own = || Some(format!("https://{}", host(service, region, self.identity.variant).ok()?));
        named.clone().or_else(own)
    }
}
