//! What an instance does beside the chunks of Fluent Bit: watching the task and the queue, and uploading.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;

use super::Router;
use super::incoming_chunk::IncomingChunk;
use crate::classify::provenance::ChunkOrigin;
use crate::config::QueueSettings;
use crate::delivery::ledger::ChunkMaker;
use crate::delivery::verdict::Verdict;
use crate::log::Level;
use crate::object::upload::{UploadDeadline, Uploader};
use crate::transport::http::Client;
use crate::watch::{self, ChunkSink, MemoryWarning, QueueWatch, TaskEndpoint, TaskWatch, WatchConfig};

/// How long the first chunk may wait for the task's metadata.
const FIRST_LOOK_TIMEOUT: Duration = Duration::from_secs(1);

impl ChunkSink for Rc<Router> {
    async fn submit(&self, tag: &str, chunk: &[u8]) -> Verdict {
        self.end_records_of(chunk);
        let (maker, origin) = (ChunkMaker::Watcher, ChunkOrigin::Trusted);
        self.route(IncomingChunk { maker, tag: tag.as_bytes(), origin, bytes: &chunk }, None).await
    }

    async fn warn_of_memory(&self, warning: &MemoryWarning) {
        self.tell_memory_warning(warning).await;
    }
}

impl Router {
    /// Uploads in the background, one task per destination with a spool.
    pub(crate) fn start_uploads(&self, deadline: &UploadDeadline) -> JoinSet<()> {
        let mut uploading = JoinSet::new();
        for (sender, spool) in self.senders.iter().zip(&self.spools) {
            if let Some(spool) = spool {
                let uploader = Uploader::new(Rc::clone(sender), Arc::clone(spool));
                uploading.spawn_local(uploader.run(deadline.clone(), self.task.stopping()));
            }
        }
        uploading
    }

    /// Starts the watchers. The task is looked at once before the first chunk, so that the first names are complete; a
    /// slow endpoint is waited for no longer than [`FIRST_LOOK_TIMEOUT`].
    pub(crate) async fn start_watchers(
        self: &Rc<Self>,
        config: WatchConfig,
        shutdown: &watch::ShutdownRx,
    ) -> JoinSet<()> {
        self.warn_without_events(&config);
        self.announce_recorder();
        let mut watchers = JoinSet::new();
        if let Some(mut task) = config.task.and_then(|endpoint| self.task_watch(endpoint)) {
            tokio::time::timeout(FIRST_LOOK_TIMEOUT, task.poll()).await.ok();
            watchers.spawn_local(task.run(shutdown.clone()));
        }
        if let Some(queue) = config.queue.and_then(|settings| self.queue_watch(&settings)) {
            watchers.spawn_local(queue.run(shutdown.clone()));
        }
        watchers
    }

    fn task_watch(self: &Rc<Self>, endpoint: TaskEndpoint) -> Option<TaskWatch<Rc<Self>>> {
        let client = Client::new(None).map_err(|error| self.log.line(Level::Error, error)).ok()?;
        Some(TaskWatch::new(endpoint, client, Rc::clone(self), Rc::clone(&self.log), Rc::clone(&self.task)))
    }

    fn queue_watch(self: &Rc<Self>, settings: &QueueSettings) -> Option<QueueWatch<Rc<Self>>> {
        let metrics = Arc::clone(&self.metrics);
        QueueWatch::new(settings, self.flush_timeout, Rc::clone(self), metrics, Rc::clone(&self.log))
            .map_err(|error| self.log.line(Level::Error, format_args!("queue.ca_file: {error}")))
            .ok()
    }
}
