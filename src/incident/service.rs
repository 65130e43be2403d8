//! Which service of ECS an event is about, as far as it tells.

use crate::stop::{ServiceRecovery, StopEvent};

/// A service by its name, and by what events do not always tell of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServiceIdentity<'s> {
    pub(super) service: &'s str,
    pub(super) cluster: Option<&'s str>,
    pub(super) region: Option<&'s str>,
    pub(super) account: Option<&'s str>,
}

impl<'s> ServiceIdentity<'s> {
    /// The service whose task stopped; `None`: the task belonged to none.
    pub(super) fn of_stop(stop: &'s StopEvent) -> Option<Self> {
        Some(Self {
            service: stop.service.as_deref()?,
            cluster: stop.cluster.as_deref(),
            region: stop.region.as_deref(),
            account: stop.account.as_deref(),
        })
    }

    pub(super) fn of_recovery(recovery: &'s ServiceRecovery) -> Self {
        Self {
            service: &recovery.service,
            cluster: recovery.cluster.as_deref(),
            region: recovery.region.as_deref(),
            account: recovery.account.as_deref(),
        }
    }

    /// Whether both are one service: nothing that both events tell contradicts it.
    fn is_same(self, other: ServiceIdentity<'_>) -> bool {
        self.service == other.service
            && agree(self.cluster, other.cluster)
            && agree(self.region, other.region)
            && agree(self.account, other.account)
    }

    /// Whether this is the service whose task stopped.
    pub(super) fn is_of(self, stop: &StopEvent) -> bool {
        ServiceIdentity::of_stop(stop).is_some_and(|stopped| self.is_same(stopped))
    }
}

/// What an event does not tell contradicts nothing.
fn agree(one: Option<&str>, other: Option<&str>) -> bool {
    one.is_none() || other.is_none() || one == other
}
