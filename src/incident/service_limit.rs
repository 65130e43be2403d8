//! How many incidents one service may have open, so that its loop does not end those of others.

use std::collections::{BTreeMap, HashMap};

use super::group::{self, GroupId};
use super::open::OpenIncident;
use crate::config::GroupField;
use crate::stop::{Category, StopEvent};

/// More kinds of exits of one service are told as one.
const MAX_OF_SERVICE: usize = 8;

/// Whose incident it is: the service, or else the task definition's family, where it runs.
type Owner<'s> = [Option<&'s str>; 4];

fn owner(stop: &StopEvent) -> Owner<'_> {
    [stop.account.as_deref(), stop.region.as_deref(), stop.cluster.as_deref(), stop.origin()]
}

/// The group in which an exit is counted instead of its own, when its service has so many incidents open that it is to
/// open no further one.
pub(super) fn shared_group(
    open: &BTreeMap<GroupId, OpenIncident>,
    stop: &StopEvent,
    fields: &[GroupField],
) -> Option<GroupId> {
    let is_exit = stop.container.is_some() && stop.category != Category::Host;
    if !is_exit {
        return None;
    }
    let owner = owner(stop);
    let of_service =
        open.values().filter(|incident| !incident.various && self::owner(&incident.latest) == owner);
    (of_service.count() >= MAX_OF_SERVICE).then(|| group::group_of_various(stop, fields))
}

/// The incident that is ended for another: those first of which nothing is under way, of these one of the service that has
/// most, and of those the one that was quiet for longest.
pub(super) fn most_dispensable(open: &BTreeMap<GroupId, OpenIncident>) -> Option<GroupId> {
    let mut counts: HashMap<Owner<'_>, usize> = HashMap::new();
    open.values().for_each(|incident| *counts.entry(owner(&incident.latest)).or_default() += 1);
    let rank = |incident: &OpenIncident| {
        let of_service = counts.get(&owner(&incident.latest)).copied().unwrap_or_default();
        (incident.is_under_way(), std::cmp::Reverse(of_service), incident.seen_at)
    };
    let may_end = open.iter().filter(|(_, incident)| !incident.must_wait());
    may_end.min_by_key(|(_, incident)| rank(incident)).map(|(group, _)| *group)
}
