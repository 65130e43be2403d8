//! The questions tests ask about S3, and how they arrange its buckets.
//!
//! Every answer is a copy, so that a test holds nothing the server waits for.

use std::collections::BTreeMap;

use super::{Bucket, S3Object, S3Upload};
use crate::{core::Core, received::decompress_by_content};

/// What S3 holds; from [`crate::Cloud::s3`].
#[derive(Debug, Clone, Copy)]
pub struct S3<'a> {
    core: &'a Core,
}

impl<'a> S3<'a> {
    pub(crate) fn new(core: &'a Core) -> Self {
        Self { core }
    }

    /// Creates a bucket that any region's signature may use.
    pub fn create_bucket(&self, name: &str) {
        self.core.s3.lock().create_bucket(name, None);
    }

    /// Creates a bucket in a region; signatures for others are redirected with 301.
    pub fn create_bucket_in(&self, name: &str, region: &str) {
        self.core.s3.lock().create_bucket(name, Some(region));
    }

    /// Lets a bucket have ACLs, which buckets do not by default.
    pub fn allow_acls(&self, bucket: &str) {
        self.with(bucket, |bucket| bucket.acls = true);
    }

    /// Turns Object Lock on: objects need a checksum from now on.
    pub fn lock_objects(&self, bucket: &str) {
        self.with(bucket, |bucket| bucket.object_lock = true);
    }

    /// Names of all buckets.
    pub fn buckets(&self) -> Vec<String> {
        self.core.s3.lock().buckets.keys().cloned().collect()
    }

    /// A bucket's objects by key.
    pub fn objects(&self, bucket: &str) -> BTreeMap<String, S3Object> {
        self.with(bucket, |bucket| bucket.objects.clone())
    }

    /// A bucket's keys, sorted.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        self.with(bucket, |bucket| bucket.objects.keys().cloned().collect())
    }

    /// An object's lines, decompressed if its content looks compressed. Panics if there is no such object.
    #[track_caller]
    pub fn lines(&self, bucket: &str, key: &str) -> Vec<String> {
        let objects = self.objects(bucket);
        let object =
            objects.get(key).unwrap_or_else(|| panic!("no object `{key}` among {:?}", objects.keys()));
        let content = decompress_by_content(&object.bytes).unwrap_or_else(|error| panic!("{key}: {error}"));
        String::from_utf8_lossy(&content).lines().map(str::to_owned).collect()
    }

    /// The lines of all objects of a bucket, in order of their keys.
    pub fn all_lines(&self, bucket: &str) -> Vec<String> {
        self.keys(bucket).iter().flat_map(|key| self.lines(bucket, key)).collect()
    }

    /// The uploads of a bucket that nobody completed or aborted, and that somebody would pay for.
    pub fn uploads(&self, bucket: &str) -> Vec<S3Upload> {
        self.with(bucket, |bucket| bucket.uploads.iter().map(|(id, upload)| upload.public(id)).collect())
    }

    /// Panics if there is no such bucket.
    fn with<T>(&self, name: &str, use_it: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut store = self.core.s3.lock();
        use_it(store.buckets.get_mut(name).unwrap_or_else(|| panic!("no bucket `{name}`")))
    }
}
