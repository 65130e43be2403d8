//! What the stops of a service say about its deployment that failed: one sentence for that report, and the revisions.

use super::open::OpenIncident;
use crate::stop::{FailedRevision, RevisionSource, StopEvent};

/// Incidents that the sentence names, those with the most stops first.
const MAX_NAMED: usize = 3;

/// What is added to the report of a deployment that failed.
#[derive(Debug, Clone)]
pub(super) struct DeploymentVerdict {
    /// `None`: no stop of its revision is known.
    sentence: Option<String>,
    failed: FailedRevision,
}

impl DeploymentVerdict {
    /// Adds it to the report.
    pub(super) fn add_to(&self, deployment: &mut StopEvent) {
        if let Some(sentence) = &self.sentence {
            deployment.summary = format!("{} {sentence}", deployment.summary);
        }
        deployment.failed_revision = Some(self.failed.clone());
    }

    /// The report with it.
    pub(super) fn added_to(&self, deployment: &StopEvent) -> StopEvent {
        let mut judged = deployment.clone();
        self.add_to(&mut judged);
        judged
    }
}

/// `10 of 10 tasks of revision 42 (image tag 1.42.0) stopped: app error (app exit 1, after 3 s); none of revision 41.` `known` is
/// the revision that failed; without it, it is the latest of the incidents. `None`: neither is known.
pub(super) fn verdict<'i>(
    deployment: &StopEvent,
    known: Option<FailedRevision>,
    open: impl Iterator<Item = &'i OpenIncident>,
) -> Option<DeploymentVerdict> {
    let is_of_service = |incident: &&OpenIncident| {
        !incident.is_of_several_services() && incident.is_of_service_of(deployment)
    };
    let of_service: Vec<&OpenIncident> = open.filter(is_of_service).collect();
    let mut failed = known.or_else(|| latest(&of_service))?;
    failed.stops = stops_of(&failed.revision, &of_service);
    failed.image_tag = image_tag(&failed.revision, &of_service);
    if let Some(previous) = &mut failed.previous {
        previous.stops = stops_of(&previous.revision, &of_service);
    }
    let sentence = (failed.stops > 0).then(|| sentence(&failed, &of_service));
    Some(DeploymentVerdict { sentence, failed })
}

/// A deployment that fails is of the latest revision that was seen.
fn latest(incidents: &[&OpenIncident]) -> Option<FailedRevision> {
    let numbers = incidents.iter().flat_map(|incident| incident.revisions());
    let (revision, _) = numbers.max_by_key(|(revision, _)| revision.parse::<u64>().unwrap_or_default())?;
    Some(FailedRevision {
        revision: revision.to_owned(),
        image_tag: None,
        stops: 0,
        desired: None,
        desired_missing: None,
        previous: None,
        definition: None,
    })
}

fn count_of(revision: &str, incident: &OpenIncident) -> u64 {
    let mut counts = incident.revisions().filter(|(name, _)| *name == revision).map(|(_, count)| count);
    counts.next().unwrap_or_default()
}

fn stops_of(revision: &str, incidents: &[&OpenIncident]) -> u64 {
    incidents.iter().map(|incident| count_of(revision, incident)).sum()
}

/// The image's tag in the latest stop of the incident that has the most.
fn image_tag(revision: &str, incidents: &[&OpenIncident]) -> Option<String> {
    let of_revision = incidents.iter().filter(|one| one.latest.revision() == Some(revision));
    of_revision.max_by_key(|one| count_of(revision, one))?.latest.image_tag.clone()
}

fn sentence(failed: &FailedRevision, incidents: &[&OpenIncident]) -> String {
    let revision = &failed.revision;
    let mut counted: Vec<(u64, String)> = incidents
        .iter()
        .map(|incident| (count_of(revision, incident), matter(&incident.latest)))
        .filter(|(count, _)| *count > 0)
        .collect();
    counted.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let matters: Vec<&str> = counted.iter().take(MAX_NAMED).map(|(_, matter)| matter.as_str()).collect();
    let tag = failed.image_tag.as_ref().map(|tag| format!(" (image tag {tag})")).unwrap_or_default();
    format!(
        "{} of revision {revision}{tag} stopped{}: {}{}.",
        tasks(failed),
        wanted(failed),
        matters.join(", "),
        before(failed)
    )
}

/// `10 of 10 tasks`: where each place failed once at most, beside how many places there are.
fn tasks(failed: &FailedRevision) -> String {
    let stops = failed.stops;
    let all = failed.desired.filter(|desired| stops <= *desired);
    let plural = if all.unwrap_or(stops) == 1 { "task" } else { "tasks" };
    let of = all.map(|desired| format!(" of {desired}")).unwrap_or_default();
    format!("{stops}{of} {plural}")
}

/// How many tasks the service wants, where more than that have stopped: they were started again and again.
fn wanted(failed: &FailedRevision) -> String {
    let wanted = failed.desired.filter(|desired| failed.stops > *desired);
    wanted.map(|desired| format!(" ({desired} wanted at a time)")).unwrap_or_default()
}

/// How the revision before did, if it is known to have run.
fn before(failed: &FailedRevision) -> String {
    match &failed.previous {
        Some(previous) if previous.revision == failed.revision => {
            "; the deployment before ran the same revision".to_owned()
        }
        Some(previous) if previous.known_by == RevisionSource::Number => String::new(),
        Some(previous) if previous.stops == 0 => format!("; none of revision {}", previous.revision),
        Some(previous) => format!("; {} of revision {} did, too", previous.stops, previous.revision),
        None => String::new(),
    }
}

/// `app error (app exit 1, after 3 s)`
fn matter(stop: &StopEvent) -> String {
    let category = stop.category.word().replace('_', " ");
    let exit = stop.exit_code.map(|code| format!(" exit {code}")).unwrap_or_default();
    let container = stop.container.as_ref().map(|name| format!("{name}{exit}"));
    let after = stop.runtime_seconds.map(|seconds| format!("after {seconds} s"));
    let details: Vec<String> = container.into_iter().chain(after).collect();
    if details.is_empty() { category } else { format!("{category} ({})", details.join(", ")) }
}
