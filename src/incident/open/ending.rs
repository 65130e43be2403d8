//! Whether an incident is over, and why.

use super::{OpenIncident, Recovered};
use crate::incident::service::ServiceIdentity;
use crate::stop::{IncidentEnd, RecoveryStep, ServiceRecovery, StopEvent};

impl OpenIncident {
    /// Notes what ECS says of the service, if it is this incident's. Of several services one says nothing of the others.
    pub(in crate::incident) fn note_recovery(&mut self, recovery: &ServiceRecovery, now: i64) {
        if self.is_of_several_services() || !ServiceIdentity::of_recovery(recovery).is_of(&self.latest) {
            return;
        }
        match recovery.how {
            RecoveryStep::RollingBack => self.rollback.clone_from(&recovery.deployment),
            RecoveryStep::Recovered(how) => self.note_well(how, recovery, now),
        }
    }

    /// Takes the service for well, unless a stop happened after that.
    fn note_well(&mut self, how: IncidentEnd, recovery: &ServiceRecovery, now: i64) {
        let at = recovery.at.unwrap_or(now).min(now);
        if at < self.last_at {
            return;
        }
        if recovery.deployment.is_some() {
            self.rollback.take_if(|target| recovery.deployment.as_ref() != Some(target));
        }
        // A steady state says nothing of deployments: what the one before it said still holds.
        let earlier = self.recovery.take();
        let (how, deployment) = match (how, &earlier) {
            (IncidentEnd::SteadyState, Some(earlier)) if earlier.deployment.is_some() => {
                (earlier.how, earlier.deployment.clone())
            }
            _ => (how, recovery.deployment.clone()),
        };
        let seen_at = earlier.map_or(now, |earlier| earlier.seen_at);
        self.recovery = Some(Recovered { how, deployment, at, seen_at });
    }

    /// Notes that the deployment of this service failed, and which one takes its place.
    pub(in crate::incident) fn note_failed_deployment(&mut self, deployment: &StopEvent) {
        if self.is_of_service_of(deployment)
            && let Some(target) = deployment.rollback_target()
        {
            self.rollback = Some(target.to_owned());
        }
    }

    /// Whether the service recovered only by going back: a deployment that takes a failed one's place does not mend it, and
    /// neither does the steady state on the way.
    fn is_rolled_back(&self, recovered: &Recovered) -> bool {
        self.rollback.is_some() && (recovered.deployment.is_none() || recovered.deployment == self.rollback)
    }

    /// Whether a stop or the opening is on its way.
    pub(in crate::incident) fn is_under_way(&self) -> bool {
        self.pending > 0 || self.is_opening
    }

    /// Whether its end must wait: for a message that would come after it, or because nothing of it arrived yet. A stop that
    /// tells nothing is not waited for, for another collector may have delivered it; it counts as late if it still arrives.
    pub(in crate::incident) fn must_wait(&self) -> bool {
        self.telling > 0 || self.owed.is_some() || self.arrived_count() == 0
    }

    /// Why it is over, if it is.
    pub(in crate::incident) fn end(&self, quiet: i64, settle: i64, now: i64) -> Option<IncidentEnd> {
        let since = |then: i64| now.saturating_sub(then);
        if self.must_wait() {
            return None;
        }
        let recovered = self.recovery.as_ref();
        match recovered.filter(|recovered| since(recovered.seen_at.max(self.seen_at)) >= settle) {
            Some(recovered) if self.is_rolled_back(recovered) => Some(IncidentEnd::RolledBack),
            Some(recovered) => Some(recovered.how),
            None => (since(self.seen_at) >= quiet).then_some(IncidentEnd::Quiet),
        }
    }

    /// Until when a stop must have happened to belong to it once it is over.
    pub(in crate::incident) fn until(&self) -> i64 {
        self.recovery.as_ref().map_or(self.last_at, |recovered| recovered.at.max(self.last_at))
    }
}
