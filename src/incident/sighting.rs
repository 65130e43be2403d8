//! What one stop was to its incident, until it is known whether it arrived.

use super::group::GroupId;
use super::verdict::DeploymentVerdict;
use crate::stop::{IncidentReport, StopEvent};

/// A stop that was observed and whose arrival is still to be confirmed.
#[derive(Debug, Clone)]
pub struct Sighting {
    pub(super) group: GroupId,
    pub(super) id: String,
    pub(super) stop: Option<u64>,
    pub(super) report: IncidentReport,
    /// The stop, kept when it is to tell of the incident.
    pub(super) news: Option<Box<StopEvent>>,
    pub(super) kind: SightingKind,
    pub(super) revision: Option<String>,
    pub(super) verdict: Option<DeploymentVerdict>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SightingKind {
    Counted,
    /// It belongs to an incident that was over when it came.
    Late,
    /// It was counted before.
    Known,
}

impl Sighting {
    pub(super) fn new(
        group: GroupId,
        id: &str,
        stop: Option<u64>,
        report: IncidentReport,
        kind: SightingKind,
    ) -> Self {
        Self { group, id: id.to_owned(), stop, report, news: None, kind, revision: None, verdict: None }
    }

    /// For a deployment that failed: what the stops of its service say.
    #[must_use]
    pub(super) fn verdict(&self) -> Option<&DeploymentVerdict> {
        self.verdict.as_ref()
    }

    /// The incident's name.
    #[must_use]
    pub fn incident_id(&self) -> &str {
        &self.id
    }

    /// Where the incident stood when the stop was observed.
    #[must_use]
    pub fn report(&self) -> &IncidentReport {
        &self.report
    }
}
