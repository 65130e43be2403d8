//! The keys about incidents: which stops are one, how often people are told, and when one is over.

use std::path::PathBuf;
use std::time::Duration;

use super::reader::KeyReader;

/// How stops become incidents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncidentSettings {
    /// Whether stops become incidents at all.
    pub is_on: bool,
    /// What the stops of one incident have in common, besides account, region and severity.
    pub group_by: Vec<GroupField>,
    /// How long no such stop may come before it is over.
    pub quiet: Duration,
    /// How often people are told that it goes on, besides at counts 3, 10, 30 …; `None`: never.
    pub remind: Option<Duration>,
    /// Where open incidents are kept for the next start; `None`: they are forgotten at the end.
    pub state_path: Option<PathBuf>,
}

/// What stops may have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupField {
    /// The cluster.
    Cluster,
    /// The service; without one the task definition's family, else the group.
    Service,
    /// The kind of problem.
    Category,
    /// Its cause.
    Cause,
    /// The container to blame.
    Container,
    /// That container's exit code.
    ExitCode,
    /// Family and revision.
    TaskDefinition,
    /// The tag of the container's image.
    ImageTag,
    /// The zone.
    AvailabilityZone,
    /// ECS's own code.
    StopCode,
}

impl GroupField {
    /// The words for them in `incident.group_by`.
    pub const ALL: [(&'static str, GroupField); 10] = [
        ("cluster", GroupField::Cluster),
        ("service", GroupField::Service),
        ("category", GroupField::Category),
        ("cause", GroupField::Cause),
        ("container", GroupField::Container),
        ("exit_code", GroupField::ExitCode),
        ("task_definition", GroupField::TaskDefinition),
        ("image_tag", GroupField::ImageTag),
        ("availability_zone", GroupField::AvailabilityZone),
        ("stop_code", GroupField::StopCode),
    ];
}

/// A shorter window would end an incident between two tasks that one service starts in a row.
const MIN_QUIET: Duration = Duration::from_secs(1);

impl IncidentSettings {
    /// `alerts`: whether stops go to a destination that alerts people.
    pub(super) fn read(reader: &KeyReader<'_>, alerts: bool) -> Self {
        let quiet = reader.duration("incident.quiet");
        if quiet < MIN_QUIET {
            reader.problem("incident.quiet", "is shorter than 1s; write 1s or more, for example 30m");
        }
        Self {
            is_on: match reader.choice("incident") {
                Some("on") => true,
                Some("off") => false,
                _ => alerts,
            },
            group_by: group_by(reader),
            quiet,
            remind: Some(reader.duration("incident.remind")).filter(|remind| !remind.is_zero()),
            state_path: reader.text("incident.state_path").map(PathBuf::from),
        }
    }
}

fn group_by(reader: &KeyReader<'_>) -> Vec<GroupField> {
    let words = reader.list("incident.group_by").unwrap_or_default();
    words.iter().filter_map(|word| group_field(reader, word)).collect()
}

fn group_field(reader: &KeyReader<'_>, word: &str) -> Option<GroupField> {
    let known = GroupField::ALL.iter().find(|(name, _)| *name == word);
    if known.is_none() {
        let names = GroupField::ALL.map(|(name, _)| name).join(", ");
        reader.problem("incident.group_by", format!("'{word}' is not one of {names}"));
    }
    known.map(|(_, field)| *field)
}
