//! From a due object of the spool to an object of the store, in the background.
//!
//! Owns: which uploads are under way, the order of calls for one object, aborting what was begun in vain. Does not own:
//! when to try a call again (`delivery`), how a call is worded or what a reply means (`destination`). A file is removed
//! only after the service has confirmed the object, so that a process may end at any point.

mod gzip;
mod parts;

use std::io;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::Instant;

use self::parts::{Part, Parts};
use super::spool::{Adopted, Batches, Header, Object, Spool};
use crate::delivery::sender::Sender;
use crate::delivery::{Backoff, Call, Outcome};
use crate::destination::object_store::ObjectCall;
use crate::destination::{
    NotTaken, ObjectEncoding, ObjectStore, Purpose, Reply, ReplyAction, Request, UploadedPart,
};
use crate::log::Level;
use crate::transport::SendRequest;

/// Uploads at one time. All but one are small, so that memory stays flat.
const MAX_UPLOADS: usize = 8;

/// The smallest part that S3 takes except for the last, and so the least memory
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>, read 2026-11).
const PART_BYTES: usize = 5 << 20;

/// A file up to this size is small.
const MAX_SMALL_FILE_BYTES: u64 = 512 << 10;

/// How long one call may be tried again before its object is requeued.
const CALL_TIMEOUT: Duration = Duration::from_secs(120);

/// How long a requeued object waits.
const REQUEUE_PAUSE: Duration = Duration::from_secs(60);

/// How often to look for what instances that ended meanwhile left behind.
const ORPHAN_SCAN_INTERVAL: Duration = Duration::from_secs(60);

/// While the task is stopping, objects are sealed this often: the process may have little time at the end.
const STOPPING_SEAL_INTERVAL: Duration = Duration::from_secs(1);

/// What is left of `exit_timeout` for aborting uploads.
pub(crate) const ABORT_AT_EXIT: Duration = Duration::from_millis(500);

/// Set when the process ends: no call is begun or waited for after that time.
pub(crate) type UploadDeadline = watch::Receiver<Option<Instant>>;

/// Uploads the objects of one destination.
#[derive(Debug)]
pub(crate) struct Uploader<T> {
    sender: Rc<Sender<T>>,
    spool: Arc<Spool>,
    large: Semaphore,
}

/// The object is to be requeued; the reason is in the log already.
struct Postponed;

/// What becomes of the file of an object.
enum Done {
    /// The object arrived, or there was none in it.
    Remove,
    /// The object must not be uploaded, for this reason.
    SetAside(String),
}

/// What the file of an object holds.
enum Opened {
    Object {
        key: String,
        first: Part,
        /// What follows the first part.
        parts: Box<Parts>,
    },
    /// Nothing that was ever confirmed.
    Empty,
}

struct StoreCall<'c> {
    store: &'c dyn ObjectStore,
    key: &'c str,
    call: &'c ObjectCall<'c>,
    spool: &'c Spool,
    destination: &'c str,
}

impl Call for StoreCall<'_> {
    fn request(&self) -> Request {
        self.store.request(self.key, self.call)
    }

    fn classify_reply(&self, _: Purpose, reply: &Reply) -> ReplyAction {
        self.store.classify_reply(self.call, reply)
    }

    fn billed_bytes(&self, _: &NotTaken, sent: u64) -> u64 {
        sent
    }

    fn set_region(&self, region: &str) {
        self.store.set_region(region);
    }

    fn fate(&self) -> String {
        let (objects, bytes) = self.spool.left();
        let name = self.destination;
        format!(
            "will be retried: {objects} objects ({bytes} bytes) wait in the spool; at {name}.spool_limit, Fluent Bit keeps \
             further chunks as long as its Retry_Limit allows"
        )
    }
}

impl<T: SendRequest + 'static> Uploader<T> {
    pub(crate) fn new(sender: Rc<Sender<T>>, spool: Arc<Spool>) -> Self {
        Self { sender, spool, large: Semaphore::new(1) }
    }

    /// Uploads what becomes due; when the task is `stopping` or the process ends, everything.
    pub(crate) async fn run(self, mut deadline: UploadDeadline, mut stopping: watch::Receiver<bool>) {
        let this = Rc::new(self);
        let mut uploads = JoinSet::new();
        this.claim_orphans();
        let mut next_scan = Instant::now() + ORPHAN_SCAN_INTERVAL;
        let mut next_seal = Instant::now();
        let mut ending = false;
        loop {
            let end = *deadline.borrow_and_update();
            if end.is_some() && !ending {
                ending = true;
                this.spool.seal_all();
            }
            let is_stopping = *stopping.borrow_and_update() && !ending;
            if is_stopping && Instant::now() >= next_seal {
                this.spool.seal_all();
                next_seal = Instant::now() + STOPPING_SEAL_INTERVAL;
            }
            let has_time = end.is_none_or(|end| Instant::now() < end);
            if has_time {
                this.begin_uploads(&mut uploads, &deadline);
            }
            if ending && uploads.is_empty() {
                return this.log_summary();
            }
            let can_begin = has_time && uploads.len() < MAX_UPLOADS;
            let next_due = this.spool.next_due().filter(|_| can_begin);
            let next_round = if is_stopping { next_seal } else { next_scan };
            let wake_at = next_due.map_or(next_round, |due| due.min(next_round));
            tokio::select! {
                Some(_) = uploads.join_next() => {}
                () = this.spool.changed() => {}
                () = tokio::time::sleep_until(wake_at) => {}
                Ok(()) = deadline.changed() => {}
                Ok(()) = stopping.changed() => {}
            }
            if Instant::now() >= next_scan {
                next_scan = Instant::now() + ORPHAN_SCAN_INTERVAL;
                this.claim_orphans();
            }
        }
    }

    fn begin_uploads(self: &Rc<Self>, uploads: &mut JoinSet<()>, deadline: &UploadDeadline) {
        while uploads.len() < MAX_UPLOADS
            && let Some(object) = self.spool.take_due()
        {
            uploads.spawn_local(Rc::clone(self).upload_or_requeue(object, deadline.clone()));
        }
    }

    fn claim_orphans(&self) {
        match self.spool.claim_orphans() {
            Ok(Adopted { objects, strangers }) => {
                if objects > 0 {
                    let text =
                        format!("found {objects} objects of an earlier run in the spool; uploading them");
                    self.sender.reporter.log(Level::Info, "adopted", &text);
                }
                strangers.iter().for_each(|path| self.report_stranger(path));
            }
            Err(error) => {
                let text = format!(
                    "cannot look for objects of an earlier run in the spool: {error}; will be retried"
                );
                self.sender.reporter.log(Level::Warn, "adopt", &text);
            }
        }
    }

    fn report_stranger(&self, path: &Path) {
        let text = format!(
            "{} is not uploaded: it belongs to another user, has a hard link, or is not a regular file; inspect and remove it",
            path.display()
        );
        self.sender.reporter.log(Level::Error, &path.display().to_string(), &text);
    }

    async fn upload_or_requeue(self: Rc<Self>, object: Object, deadline: UploadDeadline) {
        match self.upload_in_turn(&object, deadline).await {
            Ok(Done::SetAside(why)) => self.set_aside(object, &why),
            Ok(Done::Remove) => {
                if let Err(error) = self.spool.remove(&object) {
                    let text = format!("cannot remove the uploaded {}: {error}", object.path.display());
                    self.sender.reporter.log(Level::Error, "remove", &text);
                }
            }
            Err(Postponed) => self.spool.requeue(object, Instant::now() + REQUEUE_PAUSE),
        }
    }

    fn set_aside(&self, object: Object, why: &str) {
        let path = object.path.display().to_string();
        match self.spool.set_aside(&object) {
            Ok(aside) => {
                let text = format!("{why}; moved to {}; inspect and remove it", aside.display());
                self.sender.reporter.log(Level::Error, &path, &text);
            }
            Err(error) => {
                let text = format!("{why}; cannot move {path}: {error}");
                self.sender.reporter.log(Level::Error, &path, &text);
                self.spool.requeue(object, Instant::now() + REQUEUE_PAUSE);
            }
        }
    }

    /// Uploads one large object at a time, and small ones beside it.
    async fn upload_in_turn(&self, object: &Object, deadline: UploadDeadline) -> Result<Done, Postponed> {
        let turn = async { self.large.acquire().await.map_err(|_| Postponed) };
        let _turn = match object.bytes > MAX_SMALL_FILE_BYTES {
            true => Some(in_time(turn, deadline.clone()).await?),
            false => None,
        };
        self.upload(object, deadline).await
    }

    async fn upload(&self, object: &Object, deadline: UploadDeadline) -> Result<Done, Postponed> {
        let Some(store) = self.sender.destination.store() else { return Err(Postponed) };
        let opened = self.open(object, store.encoding()).await?;
        let Opened::Object { key, first, parts } = opened else { return Ok(Done::Remove) };
        if let Err(what) = store.check_key(&key) {
            return Ok(Done::SetAside(format!("object not uploaded: its key '{key}' is not valid: {what}")));
        }
        if first.is_last {
            let put = ObjectCall::Put(&first.content);
            in_time(self.call(store, &key, &put), deadline).await?;
        } else {
            self.upload_parts(store, &key, (first, parts), deadline).await?;
        }
        self.sender.reporter.counters().objects.fetch_add(1, Relaxed);
        Ok(Done::Remove)
    }

    async fn open(&self, object: &Object, encoding: ObjectEncoding) -> Result<Opened, Postponed> {
        let path = object.path.clone();
        let opened = spawn_blocking(move || read_first(&path, encoding, PART_BYTES)).await;
        match opened.map_err(|_| Postponed)? {
            Ok(opened) => Ok(opened),
            Err(error) => {
                let text = format!("cannot read {}, so it is not uploaded: {error}", object.path.display());
                self.sender.reporter.log(Level::Error, "spool", &text);
                // Somebody removed it; waiting brings nothing back.
                if error.kind() == io::ErrorKind::NotFound { Ok(Opened::Empty) } else { Err(Postponed) }
            }
        }
    }

    /// Whatever ends this early, what was begun is aborted: S3 keeps parts, and charges for them, until then.
    async fn upload_parts(
        &self,
        store: &dyn ObjectStore,
        key: &str,
        content: (Part, Box<Parts>),
        deadline: UploadDeadline,
    ) -> Result<(), Postponed> {
        let begun = in_time(self.call(store, key, &ObjectCall::Begin), deadline.clone()).await?;
        let upload = store.upload_id(&begun).ok_or(Postponed)?;
        let completed = in_time(self.send_parts(store, key, &upload, content), deadline.clone()).await;
        // 412 is success, the object was there, but the parts are still there too.
        if completed.as_ref().is_ok_and(|reply| reply.status != 412) {
            return Ok(());
        }
        let timeout = if deadline.borrow().is_some() { ABORT_AT_EXIT } else { CALL_TIMEOUT };
        let abort = ObjectCall::Abort { upload: &upload };
        self.call_until(store, key, &abort, Instant::now() + timeout).await.ok();
        completed.map(drop)
    }

    async fn send_parts(
        &self,
        store: &dyn ObjectStore,
        key: &str,
        upload: &str,
        (mut part, mut parts): (Part, Box<Parts>),
    ) -> Result<Reply, Postponed> {
        let mut uploaded = Vec::new();
        loop {
            let number = uploaded.len() + 1;
            let call = ObjectCall::UploadPart { upload, number, body: &part.content };
            let reply = self.call(store, key, &call).await?;
            let etag = reply.header(&http::header::ETAG).unwrap_or_default().to_owned();
            uploaded.push(UploadedPart { etag, sha256: part.content.sha256 });
            if part.is_last {
                return self.call(store, key, &ObjectCall::Complete { upload, parts: &uploaded }).await;
            }
            let body = part.content.body;
            let spare = if body.is_unique() { body.into() } else { Vec::new() };
            (part, parts) = self.next_part(parts, spare).await?;
        }
    }

    async fn next_part(
        &self,
        mut parts: Box<Parts>,
        spare: Vec<u8>,
    ) -> Result<(Part, Box<Parts>), Postponed> {
        let read = spawn_blocking(move || parts.next(spare).map(|part| (part, parts))).await;
        read.map_err(|_| Postponed)?.map_err(|error| {
            let text = format!("cannot read the spool: {error}");
            self.sender.reporter.log(Level::Error, "spool", &text);
            Postponed
        })
    }

    async fn call(
        &self,
        store: &dyn ObjectStore,
        key: &str,
        call: &ObjectCall<'_>,
    ) -> Result<Reply, Postponed> {
        self.call_until(store, key, call, Instant::now() + CALL_TIMEOUT).await
    }

    /// A rejection for good leaves the file where it is as well: its lines were confirmed, and a person can put right
    /// whatever it is that S3 does not like.
    async fn call_until(
        &self,
        store: &dyn ObjectStore,
        key: &str,
        call: &ObjectCall<'_>,
        deadline: Instant,
    ) -> Result<Reply, Postponed> {
        let destination = &self.sender.destination.common.name;
        let call = StoreCall { store, key, call, spool: &self.spool, destination };
        match self.sender.transport.send_with_retry(&call, &mut Backoff::default(), deadline).await {
            Outcome::Delivered(reply) => Ok(reply),
            Outcome::Rejected { reason } => {
                let text =
                    format!("object {key} rejected: {reason}; it stays in the spool and will be retried");
                self.sender.reporter.log(Level::Error, "rejected object", &text);
                Err(Postponed)
            }
            _ => Err(Postponed),
        }
    }

    fn log_summary(&self) {
        let (objects, bytes) = self.spool.left();
        if objects > 0 {
            let text = format!(
                "{objects} objects ({bytes} bytes) not uploaded; they stay in spool_dir for the next start, and are lost if \
                 the disk goes with the task (Fargate): raise exit_timeout, Grace and stopTimeout"
            );
            self.sender.reporter.log(Level::Error, "left", &text);
        }
    }
}

fn read_first(path: &Path, encoding: ObjectEncoding, part_bytes: usize) -> io::Result<Opened> {
    let Some((Header { key, .. }, batches)) = Batches::open(path)? else { return Ok(Opened::Empty) };
    let Some(mut parts) = Parts::new(batches, encoding, part_bytes)? else { return Ok(Opened::Empty) };
    let first = parts.next(Vec::new())?;
    Ok(Opened::Object { key, first, parts: Box::new(parts) })
}

/// Waits for the work, but not longer than the process may.
async fn in_time<R>(
    work: impl Future<Output = Result<R, Postponed>>,
    deadline: UploadDeadline,
) -> Result<R, Postponed> {
    tokio::select! {
        done = work => done,
        () = passed(deadline) => Err(Postponed),
    }
}

async fn passed(mut deadline: UploadDeadline) {
    loop {
        let end = *deadline.borrow_and_update();
        match end {
            Some(end) => return tokio::time::sleep_until(end).await,
            // The sender is gone, so nobody will ever set the deadline.
            None if deadline.changed().await.is_err() => return std::future::pending().await,
            None => {}
        }
    }
}

#[cfg(test)]
mod tests;
