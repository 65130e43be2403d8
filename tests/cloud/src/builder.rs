//! What a cloud is like before it starts.
//!
//! Whatever can also be changed later is a method of [`Cloud`] or of its services.

use std::sync::Arc;

use crate::{
    cloud::Cloud,
    core::{Core, Settings},
    keyring::DEFAULT_KEY,
    server::Server,
};

/// What a cloud is like before it starts.
#[derive(Debug, Default)]
#[must_use]
pub struct Builder {
    settings: Settings,
    key: Option<(String, String)>,
    groups: Vec<String>,
    buckets: Vec<String>,
    delivery_streams: Vec<String>,
    queues: Vec<String>,
    port: u16,
}

impl Builder {
    /// Accepts this access key instead of the default one.
    pub fn credentials(mut self, access_key_id: &str, secret: &str) -> Self {
        self.key = Some((access_key_id.to_owned(), secret.to_owned()));
        self
    }

    /// Refuses signatures for another region.
    pub fn region(mut self, region: &str) -> Self {
        self.settings.region = Some(region.to_owned());
        self
    }

    /// Does not look at signatures: for tests that are not about them.
    pub fn unsigned(mut self) -> Self {
        self.settings.unsigned = true;
        self
    }

    /// Answers without verifying, decoding or storing anything, and keeps no bodies: for benchmarks.
    pub fn count_only(mut self) -> Self {
        self.settings.count_only = true;
        self
    }

    /// Log groups that exist from the start.
    pub fn create_groups<'a>(mut self, groups: impl IntoIterator<Item = &'a str>) -> Self {
        self.groups.extend(groups.into_iter().map(str::to_owned));
        self
    }

    /// Buckets that exist from the start, in the region of [`Builder::region`] if there is one.
    pub fn create_buckets<'a>(mut self, buckets: impl IntoIterator<Item = &'a str>) -> Self {
        self.buckets.extend(buckets.into_iter().map(str::to_owned));
        self
    }

    /// Firehose delivery streams that exist from the start.
    pub fn create_delivery_streams<'a>(mut self, streams: impl IntoIterator<Item = &'a str>) -> Self {
        self.delivery_streams.extend(streams.into_iter().map(str::to_owned));
        self
    }

    /// SQS queues that exist from the start.
    pub fn create_queues<'a>(mut self, queues: impl IntoIterator<Item = &'a str>) -> Self {
        self.queues.extend(queues.into_iter().map(str::to_owned));
        self
    }

    /// Listens on this port instead of a free one.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Starts the server.
    pub fn start(self) -> Cloud {
        let region = self.settings.region.clone();
        let core = Arc::new(Core::new(self.settings));
        let (id, secret) = self.key.unwrap_or((DEFAULT_KEY.0.to_owned(), DEFAULT_KEY.1.to_owned()));
        core.keyring.lock().accept(&id, &secret, None);
        let cloud = Cloud { server: Server::start(Arc::clone(&core), self.port), core };
        self.groups.iter().for_each(|group| cloud.core.cloudwatch.lock().create_group(group));
        self.buckets.iter().for_each(|bucket| cloud.core.s3.lock().create_bucket(bucket, region.as_deref()));
        self.delivery_streams.iter().for_each(|stream| cloud.firehose().create_stream(stream));
        self.queues.iter().for_each(|queue| drop(cloud.sqs().create_queue(queue)));
        cloud
    }
}
