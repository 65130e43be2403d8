//! From a due object of the spool to an object of the store, in the background.
//!
//! Owns: which objects are under way, the order of calls for one object, aborting what was begun in vain. Does not
//! own: when to try a call again (`deliver`), how a call is worded or what a reply means (`destination`). The file
//! goes only after the service has confirmed the object, so that a process may end at any point.

mod gzip;
mod parts;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::{Semaphore, watch};
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::Instant;

pub use self::parts::{Part, Parts};
use super::spool::{Batches, Header, Object, Spool};
use crate::delivery::retry::{AttemptCount, Call, Outcome};
use crate::delivery::sender::Sender;
use crate::destination::object_store::ObjectCall;
use crate::destination::{ObjectEncoding, ObjectStore, Reply, UploadedPart};
use crate::log::Level;
use crate::transport::SendRequest;

/// Uploads at one time. All but one are small, so that memory stays flat.
const AT_ONE_TIME: usize = 8;

/// The smallest part that S3 takes but for the last, and so the least memory
/// (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html>, read 2026-11).
const PART: usize = 5 << 20;

/// A file up to this size is small.
const SMALL: u64 = 512 << 10;

/// How long one call may be tried again before its object has to wait for another turn.
const PATIENCE: Duration = Duration::from_secs(120);

/// How long an object waits for another turn.
const PAUSE: Duration = Duration::from_secs(60);

/// How often to look for what instances that ended meanwhile left behind.
const ROUND: Duration = Duration::from_secs(60);

/// While the task is ending, objects are closed this often: the process may have little time at the end.
const HURRY: Duration = Duration::from_secs(1);

/// When the process ends: no call is begun or waited for after that time.
pub type UploadDeadline = watch::Receiver<Option<Instant>>;

/// Brings the objects of one destination.
#[derive(Debug)]
pub struct Uploader<T> {
    sender: Rc<Sender<T>>,
    spool: Arc<Spool>,
    large: Semaphore,
}

/// The object stays for another turn; why was said already.
struct Stuck;

/// What the file of an object turned out to be.
enum Found {
    /// The key, the first piece, and what else there is.
    Lines(String, Box<Parts>, Part),
    /// Nothing in it was ever confirmed.
    Nothing,
}

impl<T: SendRequest + 'static> Uploader<T> {
    /// For a destination that has a spool.
    pub fn new(courier: Rc<Sender<T>>, spool: Arc<Spool>) -> Self {
        Self { sender: courier, spool, large: Semaphore::new(1) }
    }

    /// Uploads what becomes due; when the task is to end (`hurry`) or the process ends, everything.
    pub async fn run(self, mut leaving: UploadDeadline, mut hurry: watch::Receiver<bool>) {
        let this = Rc::new(self);
        let mut uploads = JoinSet::new();
        let (mut round, mut ending) = (Instant::now() + ROUND, false);
        let mut next_close = Instant::now();
        loop {
            let until = *leaving.borrow_and_update();
            if until.is_some() && !std::mem::replace(&mut ending, true) {
                this.spool.seal_all();
            }
            let hurrying = *hurry.borrow_and_update() && !ending;
            if hurrying && Instant::now() >= next_close {
                this.spool.seal_all();
                next_close = Instant::now() + HURRY;
            }
            let look_again = if hurrying { next_close } else { round };
            let in_time = until.is_none_or(|until| Instant::now() < until);
            if in_time {
                this.begin(&mut uploads, &leaving);
            }
            if ending && uploads.is_empty() {
                return this.say_goodbye();
            }
            let free = in_time && uploads.len() < AT_ONE_TIME;
            let due = this.spool.next_due().filter(|_| free);
            tokio::select! {
                Some(_) = uploads.join_next() => {}
                () = this.spool.changed() => {}
                () = tokio::time::sleep_until(due.unwrap_or(look_again).min(look_again)) => {}
                Ok(()) = leaving.changed() => {}
                Ok(()) = hurry.changed() => {}
            }
            if Instant::now() >= round {
                round = Instant::now() + ROUND;
                this.adopt();
            }
        }
    }

    fn begin(self: &Rc<Self>, uploads: &mut JoinSet<()>, leaving: &UploadDeadline) {
        while uploads.len() < AT_ONE_TIME
            && let Some(object) = self.spool.take_due()
        {
            uploads.spawn_local(Rc::clone(self).bring(object, leaving.clone()));
        }
    }

    fn adopt(&self) {
        match self.spool.adopt() {
            Ok(0) => {}
            Ok(count) => {
                self.sender.say(
                    Level::Info,
                    "adopted",
                    &format!("{count} objects of an instance that ended"),
                );
            }
            Err(error) => self.sender.say(Level::Warn, "adopt", &format!("cannot read the spool: {error}")),
        }
    }

    async fn bring(self: Rc<Self>, object: Object, leaving: UploadDeadline) {
        match self.take_turn(&object, leaving).await {
            Ok(()) => {
                if let Err(error) = self.spool.remove(&object) {
                    let path = object.path.display();
                    self.sender.say(Level::Error, "remove", &format!("cannot remove {path}: {error}"));
                }
            }
            Err(Stuck) => self.spool.put_back(object, Instant::now() + PAUSE),
        }
    }

    async fn take_turn(&self, object: &Object, leaving: UploadDeadline) -> Result<(), Stuck> {
        let turn = async { self.large.acquire().await.map_err(|_| Stuck) };
        let _turn = match object.bytes > SMALL {
            true => Some(in_time(turn, leaving.clone()).await?),
            false => None,
        };
        self.upload(object, leaving).await
    }

    async fn upload(&self, object: &Object, leaving: UploadDeadline) -> Result<(), Stuck> {
        let Some(store) = self.sender.destination.store() else { return Err(Stuck) };
        let found = self.open(object, store.encoding()).await?;
        let Found::Lines(key, pieces, first) = found else { return Ok(()) };
        if first.last {
            let put = ObjectCall::Put(&first.piece);
            in_time(self.call(store, &key, &put), leaving).await?;
        } else {
            self.upload_parts(store, &key, (pieces, first), leaving).await?;
        }
        self.sender.counters().objects.fetch_add(1, Relaxed);
        Ok(())
    }

    async fn open(&self, object: &Object, encoding: ObjectEncoding) -> Result<Found, Stuck> {
        let path = object.path.clone();
        let opened = spawn_blocking(move || read_first(&path, encoding, PART)).await.map_err(|_| Stuck)?;
        let said = |error: &io::Error| {
            let path = object.path.display();
            self.sender.say(Level::Error, "spool", &format!("cannot read {path}: {error}"));
        };
        match opened.inspect_err(said) {
            // Somebody removed it; waiting brings nothing back.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Found::Nothing),
            opened => opened.map_err(|_| Stuck),
        }
    }

    /// Whatever ends this early, what was begun is aborted: S3 keeps parts, and charges for them, until then.
    async fn upload_parts(
        &self,
        store: &dyn ObjectStore,
        key: &str,
        content: (Box<Parts>, Part),
        leaving: UploadDeadline,
    ) -> Result<(), Stuck> {
        let begun = in_time(self.call(store, key, &ObjectCall::Begin), leaving.clone()).await?;
        let upload = store.upload_id(&begun).ok_or(Stuck)?;
        let completed = in_time(self.send_parts(store, key, &upload, content), leaving.clone()).await;
        // 412 is success, the object was there, but the parts are still there too.
        if completed.as_ref().is_ok_and(|reply| reply.status != 412) {
            return Ok(());
        }
        let patience = if leaving.borrow().is_some() { ABORT_AT_EXIT } else { PATIENCE };
        let abort = ObjectCall::Abort { upload: &upload };
        self.call_until(store, key, &abort, Instant::now() + patience).await.ok();
        completed.map(drop)
    }

    async fn send_parts(
        &self,
        store: &dyn ObjectStore,
        key: &str,
        upload: &str,
        (mut pieces, mut cut): (Box<Parts>, Part),
    ) -> Result<Reply, Stuck> {
        let mut parts = Vec::new();
        loop {
            let part = ObjectCall::UploadPart { upload, number: parts.len() + 1, body: &cut.piece };
            let reply = self.call(store, key, &part).await?;
            let etag = reply.header(&http::header::ETAG).unwrap_or_default().to_owned();
            parts.push(UploadedPart { etag, sha256: cut.piece.sha256 });
            if cut.last {
                return self.call(store, key, &ObjectCall::Complete { upload, parts: &parts }).await;
            }
            let body = cut.piece.body;
            let spare = if body.is_unique() { body.into() } else { Vec::new() };
            (pieces, cut) = self.next(pieces, spare).await?;
        }
    }

    async fn next(&self, mut pieces: Box<Parts>, spare: Vec<u8>) -> Result<(Box<Parts>, Part), Stuck> {
        let worked = spawn_blocking(move || pieces.next(spare).map(|cut| (pieces, cut))).await;
        worked.map_err(|_| Stuck)?.map_err(|error| {
            self.sender.say(Level::Error, "spool", &format!("cannot read the spool: {error}"));
            Stuck
        })
    }

    async fn call(&self, store: &dyn ObjectStore, key: &str, call: &ObjectCall<'_>) -> Result<Reply, Stuck> {
        self.call_until(store, key, call, Instant::now() + PATIENCE).await
    }

    /// A refusal for good leaves the file where it is as well: its lines were confirmed, and a person can put right
    /// whatever it is that S3 does not like.
    async fn call_until(
        &self,
        store: &dyn ObjectStore,
        key: &str,
        call: &ObjectCall<'_>,
        deadline: Instant,
    ) -> Result<Reply, Stuck> {
        let errand = Call {
            request: &|| store.request(key, call),
            judge: &|_, reply| store.classify_reply(call, reply),
        };
        match self.sender.send_with_retry(&errand, &mut AttemptCount::default(), deadline).await {
            Outcome::Delivered(reply) => Ok(reply),
            _ => Err(Stuck),
        }
    }

    fn say_goodbye(&self) {
        let (objects, bytes) = self.spool.left();
        if objects > 0 {
            let text = format!(
                "{objects} objects ({bytes} bytes) wait in spool_dir for the next start; if the disk goes with the \
                 task, raise exit_timeout, Grace and stopTimeout"
            );
            self.sender.say(Level::Warn, "left", &text);
        }
    }
}

/// What is left of `exit_timeout` for throwing parts away.
pub const ABORT_AT_EXIT: Duration = Duration::from_millis(500);

fn read_first(path: &std::path::Path, encoding: ObjectEncoding, size: usize) -> io::Result<Found> {
    let Some((Header { key, .. }, batches)) = Batches::open(path)? else { return Ok(Found::Nothing) };
    let Some(mut pieces) = Parts::new(batches, encoding, size)? else { return Ok(Found::Nothing) };
    let first = pieces.next(Vec::new())?;
    Ok(Found::Lines(key, Box::new(pieces), first))
}

/// Waits for the work, but not longer than the process may.
async fn in_time<R>(
    work: impl Future<Output = Result<R, Stuck>>,
    mut leaving: UploadDeadline,
) -> Result<R, Stuck> {
    let out_of_time = async {
        loop {
            let until = *leaving.borrow_and_update();
            match until {
                Some(until) => return tokio::time::sleep_until(until).await,
                // Without a sender nobody will ever say that the process ends.
                None if leaving.changed().await.is_err() => return std::future::pending().await,
                None => {}
            }
        }
    };
    tokio::select! {
        done = work => done,
        () = out_of_time => Err(Stuck),
    }
}

#[cfg(test)]
mod tests;
