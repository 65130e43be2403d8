//! What stops of one incident have in common, as a number, and the name of an incident.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::Xxh3;

use crate::config::GroupField;
use crate::stop::{Category, EcsEvent, StopEvent};

/// The group of stops that an incident is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct GroupId(u64);

/// Account, region and severity are always among what stops have in common: names repeat between accounts, and a
/// destination's least severity must hold for all of an incident.
pub(super) fn group_of(stop: &StopEvent, fields: &[GroupField]) -> GroupId {
    let host = lost_host(stop);
    let left_out: &[GroupField] = match host {
        Some(_) => &TASK_FIELDS,
        None if stop.category.is_external() => &[GroupField::ExitCode],
        None => &[],
    };
    grouped(stop, fields, left_out, host)
}

/// The group of stops of one service that are of too many kinds to tell each.
pub(super) fn group_of_various(stop: &StopEvent, fields: &[GroupField]) -> GroupId {
    grouped(stop, fields, &VARIOUS_FIELDS, Some("various"))
}

/// `mark`: what else they have in common.
fn grouped(stop: &StopEvent, fields: &[GroupField], left_out: &[GroupField], mark: Option<&str>) -> GroupId {
    let mut hash = Xxh3::new();
    add(&mut hash, stop.account.as_deref());
    add(&mut hash, stop.region.as_deref());
    add(&mut hash, Some(&word(&stop.severity)));
    let is_shared = |field: &&GroupField| !left_out.contains(field);
    fields.iter().filter(is_shared).for_each(|field| add(&mut hash, value(stop, *field).as_deref()));
    mark.into_iter().for_each(|mark| add(&mut hash, Some(mark)));
    GroupId(hash.digest())
}

/// What exits of one service may each have for itself.
const VARIOUS_FIELDS: [GroupField; 5] = [
    GroupField::Container,
    GroupField::ExitCode,
    GroupField::TaskDefinition,
    GroupField::ImageTag,
    GroupField::StopCode,
];

/// What tasks of one machine do not have in common.
const TASK_FIELDS: [GroupField; 6] = [
    GroupField::Service,
    GroupField::Container,
    GroupField::ExitCode,
    GroupField::TaskDefinition,
    GroupField::ImageTag,
    GroupField::StopCode,
];

/// The container instance that went away, with all its tasks: that is one thing to know, however many services it takes
/// a task from.
fn lost_host(stop: &StopEvent) -> Option<&str> {
    match stop.category {
        Category::Host => stop.event.get("detail")?.get("containerInstanceArn")?.as_str(),
        _ => None,
    }
}

fn value(stop: &StopEvent, field: GroupField) -> Option<String> {
    match field {
        GroupField::Cluster => stop.cluster.clone(),
        GroupField::Service => stop.origin().map(str::to_owned),
        GroupField::Category => Some(word(&stop.category)),
        GroupField::Cause => stop.cause.as_ref().map(word),
        GroupField::Container => stop.container.clone(),
        GroupField::ExitCode => stop.exit_code.map(|code| code.to_string()),
        GroupField::TaskDefinition => stop.task_definition.clone(),
        GroupField::ImageTag => stop.image_tag.clone(),
        GroupField::AvailabilityZone => stop.availability_zone.clone(),
        GroupField::StopCode => stop.stop_code.clone(),
    }
}

/// A word of a closed vocabulary as the report has it.
fn word(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// What is absent differs from what is empty, and one value from two.
fn add(hash: &mut Xxh3, value: Option<&str>) {
    match value {
        Some(text) => {
            hash.update(&(text.len() as u64).to_be_bytes());
            hash.update(text.as_bytes());
        }
        None => hash.update(&u64::MAX.to_be_bytes()),
    }
}

/// A number that tells stops apart, whatever version of its event it was read from; `None`: nothing does.
pub(super) fn stop_number(stop: &StopEvent) -> Option<u64> {
    let (key, run) = stop.key()?;
    let mut hash = Xxh3::new();
    add(&mut hash, Some(key));
    // Each run of a container is a stop of its own; the versions of a task's event are all about one.
    if stop.ecs_event == EcsEvent::ContainerExited {
        hash.update(&run.to_be_bytes());
    }
    Some(hash.digest())
}

/// The name of the incident of this group that began in this window. Whoever saw its first stop in the same window comes
/// to the same name; `generation` tells apart those of one window.
pub(super) fn incident_id(group: GroupId, window: i64, generation: u64) -> String {
    let mut hash = Xxh3::new();
    hash.update(&group.0.to_be_bytes());
    hash.update(&window.to_be_bytes());
    hash.update(&generation.to_be_bytes());
    format!("inc-{:016x}", hash.digest())
}
