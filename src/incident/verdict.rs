//! What the stops of a service say about its deployment that failed: one sentence for that report.

use super::open::{self, OpenIncident};
use crate::stop::{EcsEvent, StopEvent};

/// Incidents that the sentence names, those with the most stops first.
const MAX_NAMED: usize = 3;

/// `10 tasks of revision 42 stopped: app error (app exit 1, after 3 s).` `None`: it is no failed deployment, or no stop of
/// its service is known.
pub(super) fn verdict<'i>(
    deployment: &StopEvent,
    open: impl Iterator<Item = &'i OpenIncident>,
) -> Option<String> {
    if deployment.ecs_event != EcsEvent::DeploymentFailed {
        return None;
    }
    let is_of_service = |incident: &&OpenIncident| {
        !incident.is_of_several_services() && open::is_same_service(&incident.latest, deployment)
    };
    let of_service: Vec<&OpenIncident> = open.filter(is_of_service).collect();
    // A deployment that fails is of the latest revision that was seen.
    let numbers = of_service.iter().flat_map(|incident| incident.revisions());
    let (revision, _) = numbers.max_by_key(|(revision, _)| revision.parse::<u64>().unwrap_or_default())?;
    let mut counted: Vec<(u64, String)> = of_service
        .iter()
        .filter_map(|incident| {
            let (_, count) = incident.revisions().find(|(name, _)| *name == revision)?;
            Some((count, matter(&incident.latest)))
        })
        .collect();
    counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let total: u64 = counted.iter().map(|(count, _)| count).sum();
    let matters: Vec<&str> = counted.iter().take(MAX_NAMED).map(|(_, matter)| matter.as_str()).collect();
    let plural = if total == 1 { "task" } else { "tasks" };
    Some(format!("{total} {plural} of revision {revision} stopped: {}.", matters.join(", ")))
}

/// `app error (app exit 1, after 3 s)`
fn matter(stop: &StopEvent) -> String {
    let category = serde_json::to_value(stop.category).unwrap_or_default();
    let category = category.as_str().unwrap_or("unknown").replace('_', " ");
    let exit = stop.exit_code.map(|code| format!(" exit {code}")).unwrap_or_default();
    let container = stop.container.as_ref().map(|name| format!("{name}{exit}"));
    let after = stop.runtime_seconds.map(|seconds| format!("after {seconds} s"));
    let details: Vec<String> = container.into_iter().chain(after).collect();
    if details.is_empty() { category } else { format!("{category} ({})", details.join(", ")) }
}
