//! Which deployment of a service ran which revision, by what its stops say: planned ones, too.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::service::ServiceIdentity;
use crate::stop::{FailedRevision, PreviousRevision, RevisionSource, StopEvent};

/// Revisions of all services, at about 300 bytes each.
const MAX_KNOWN: usize = 1_000;

/// The oldest are forgotten first.
#[derive(Debug, Default)]
pub(super) struct KnownRevisions(VecDeque<SeenRevision>);

/// A revision that a service ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SeenRevision {
    service: String,
    cluster: Option<String>,
    region: Option<String>,
    account: Option<String>,
    /// Its ARN, or `family:revision`.
    definition: String,
    /// The deployment that started its tasks.
    deployment: Option<String>,
}

impl SeenRevision {
    fn of(stop: &StopEvent) -> Option<Self> {
        let definition = stop.task_definition_arn().or(stop.task_definition.as_deref())?;
        numbered(definition)?;
        Some(Self {
            service: stop.service.clone()?,
            cluster: stop.cluster.clone(),
            region: stop.region.clone(),
            account: stop.account.clone(),
            definition: definition.to_owned(),
            deployment: stop.deployment_id().map(str::to_owned),
        })
    }

    fn is_of(&self, stop: &StopEvent) -> bool {
        self.service().is_of(stop)
    }

    fn service(&self) -> ServiceIdentity<'_> {
        ServiceIdentity {
            service: &self.service,
            cluster: self.cluster.as_deref(),
            region: self.region.as_deref(),
            account: self.account.as_deref(),
        }
    }

    fn number(&self) -> u64 {
        numbered(&self.definition).map_or(0, |(_, number)| number)
    }

    fn family(&self) -> &str {
        numbered(&self.definition).map_or("", |(family, _)| family)
    }

    fn as_previous(&self, known_by: RevisionSource) -> PreviousRevision {
        previous(self.definition.clone(), self.number(), known_by)
    }
}

impl KnownRevisions {
    /// The revisions that an earlier process saw, oldest first.
    pub(super) fn restored(seen: Vec<SeenRevision>) -> Self {
        let excess = seen.len().saturating_sub(MAX_KNOWN);
        Self(seen.into_iter().skip(excess).collect())
    }

    /// Notes what the stop's service ran. `false`: that is known.
    pub(super) fn note(&mut self, stop: &StopEvent) -> bool {
        let seen = SeenRevision::of(stop).filter(|seen| !self.0.contains(seen));
        let is_new = seen.is_some();
        self.0.extend(seen);
        if self.0.len() > MAX_KNOWN {
            self.0.pop_front();
        }
        is_new
    }

    /// All of them, oldest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = &SeenRevision> {
        self.0.iter()
    }

    /// Whether any revision of the stop's service is known.
    pub(super) fn knows(&self, stop: &StopEvent) -> bool {
        self.0.iter().any(|seen| seen.is_of(stop))
    }

    /// The revision of a deployment that failed: the one whose tasks it started, else the latest whose tasks do not say
    /// who started them. `rollback`: the deployment to which the service goes back.
    pub(super) fn failed(&self, deployment: &StopEvent, rollback: Option<&str>) -> Option<FailedRevision> {
        let of_service: Vec<&SeenRevision> = self.0.iter().filter(|seen| seen.is_of(deployment)).collect();
        let id = deployment.deployment_id();
        let by_id = of_service.iter().rev().find(|seen| id.is_some() && seen.deployment.as_deref() == id);
        let may_be = |seen: &&&SeenRevision| seen.deployment.is_none() || id.is_none();
        let latest = || of_service.iter().filter(may_be).max_by_key(|seen| seen.number());
        let failed = by_id.or_else(latest)?;
        Some(FailedRevision {
            revision: failed.number().to_string(),
            image_tag: None,
            stops: 0,
            desired: None,
            desired_missing: None,
            previous: before(failed, &of_service, rollback),
            definition: Some(failed.definition.clone()),
        })
    }
}

/// What ran before: the target of the rollback, else the latest earlier revision that was seen, else the number before.
fn before(
    failed: &SeenRevision,
    of_service: &[&SeenRevision],
    rollback: Option<&str>,
) -> Option<PreviousRevision> {
    let target = of_service.iter().find(|seen| rollback.is_some() && seen.deployment.as_deref() == rollback);
    if let Some(target) = target {
        return Some(target.as_previous(RevisionSource::Rollback));
    }
    let earlier =
        of_service.iter().filter(|seen| seen.family() == failed.family() && seen.number() < failed.number());
    if let Some(seen) = earlier.max_by_key(|seen| seen.number()) {
        return Some(seen.as_previous(RevisionSource::Stops));
    }
    let number = failed.number().checked_sub(1).filter(|number| *number > 0)?;
    Some(previous(format!("{}:{number}", failed.family()), number, RevisionSource::Number))
}

fn previous(definition: String, number: u64, known_by: RevisionSource) -> PreviousRevision {
    PreviousRevision { revision: number.to_string(), stops: 0, known_by, definition }
}

/// A definition without its number, and that.
fn numbered(definition: &str) -> Option<(&str, u64)> {
    let (family, number) = definition.rsplit_once(':')?;
    Some((family, number.parse().ok()?))
}
