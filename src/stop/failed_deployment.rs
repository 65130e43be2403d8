//! A deployment in a report: which one it is about, and what is filled in where it failed.

use super::event::StopEvent;
use super::field;
use super::kind::EcsEvent;
use super::revision::ReadChanges;
use super::texts::short_name;

/// What ids of deployments begin with.
const DEPLOYMENT_PREFIX: &str = "ecs-svc/";

impl StopEvent {
    /// The deployment that failed, or the one that started the task.
    #[must_use]
    pub fn deployment_id(&self) -> Option<&str> {
        let name = if self.ecs_event == EcsEvent::DeploymentFailed { "deploymentId" } else { "startedBy" };
        let id = field::text(self.event.get("detail")?, name).and_then(short_name);
        id.filter(|id| id.starts_with(DEPLOYMENT_PREFIX))
    }

    /// Fills in the revision that failed and what changed since the one before.
    pub fn note_changes(&mut self, read: ReadChanges) {
        self.failed_revision = Some(read.failed);
        match read.changes {
            Some(Ok(changes)) => self.revision_changes = Some(changes),
            Some(Err(why)) => self.revision_changes_missing = Some(why),
            None => {}
        }
    }
}
