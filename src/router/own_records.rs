//! Sends records of the plugin's own, which no chunk carries.

use std::rc::Rc;

use tokio::time::Instant;

use super::process::{OwnRecord, process_own};
use super::{Router, join_all};
use crate::classify::routes::Routes;
use crate::delivery::progress::Progress;
use crate::metrics::EmfSource;

/// What names may hold of records of the plugin's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct OwnNames<'n> {
    pub(super) tag: &'n [u8],
    pub(super) class: &'n str,
}

impl Router {
    /// Sends records of the plugin's own by these routes, as far as they have not arrived.
    pub(super) async fn send_own(
        &self,
        routes: &Routes,
        names: OwnNames<'_>,
        records: &[OwnRecord],
        progress: &Rc<Progress>,
        deadline: Instant,
    ) {
        let destinations = self.destinations();
        let stages = self.pipeline.own_stages(routes, &destinations);
        let task = self.task.task();
        let context = self.render_context(names.tag, progress, task.as_deref());
        let processed = process_own(&stages, &context, names.class, records, progress);
        // What is still on its way at the deadline is waited for, so that it does not arrive twice.
        join_all(&mut self.send(processed.batches, progress, deadline)).await;
        // It is not a record of the user's: what is refused for good is counted and logged.
        progress.clear_dead_letters();
        progress.stop();
    }

    /// The task that the router runs in, by the names that reports of stops have too.
    pub(super) fn own_source(&self) -> EmfSource {
        let task = self.task.task().unwrap_or_default();
        let last_part =
            |arn: &Option<String>| arn.as_deref().and_then(|arn| arn.rsplit('/').next()).map(str::to_owned);
        EmfSource {
            namespace: self.emf.as_ref().map(|emf| emf.namespace.clone()).unwrap_or_default(),
            cluster: last_part(&task.cluster),
            service: task.service_name.clone().or_else(|| task.family.clone()),
            task_id: last_part(&task.arn),
        }
    }
}
