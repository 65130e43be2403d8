//! Threads beside that of an instance, where the machine has more than one core: the instance's own then reads and encodes
//! while others compress, hash, encrypt and write. On one core everything stays where it is.
//!
//! Does not own: what runs here, or in which order its results count.

use std::cell::RefCell;
use std::future::pending;
use std::panic::resume_unwind;
use std::sync::LazyLock;
use std::thread::{JoinHandle, available_parallelism};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{JoinError, JoinSet};

/// What is shorter takes less than a tenth of a millisecond, whatever is done with it.
pub(crate) const LARGE_BYTES: usize = 64 << 10;

/// The name of threads that compute.
pub(crate) const COMPUTING_THREAD: &str = "ecs_router.pool";

/// How long name look-ups may take to end with the connections; they run on threads of their own, which cannot be
/// interrupted.
pub(crate) const LOOKUP_GRACE: Duration = Duration::from_millis(100);

/// How many computations may run at one time, those of all instances together: one core is for reading and encoding.
/// `None`: there is one core.
static COMPUTATIONS: LazyLock<Option<Semaphore>> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    (cores > 1).then(|| Semaphore::new(cores - 1))
});

thread_local! {
    /// Where the connections of this thread's exchanges live.
    static CONNECTIONS: RefCell<Place> = const { RefCell::new(Place::Here) };
}

/// Where connections live.
enum Place {
    Here,
    /// On a thread of their own as soon as there is one.
    NotStarted,
    Beside(ConnectionThread),
}

struct ConnectionThread {
    runtime: Handle,
    /// The thread ends when this is dropped.
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

/// While this lives, the connections of this thread's exchanges live on a thread of their own, which ends with it.
pub(crate) struct ConnectionScope(());

impl ConnectionScope {
    /// Begins with the first exchange.
    pub(crate) fn open() -> Self {
        if COMPUTATIONS.is_some() {
            CONNECTIONS.set(Place::NotStarted);
        }
        Self(())
    }
}

impl Drop for ConnectionScope {
    fn drop(&mut self) {
        if let Place::Beside(ConnectionThread { stop, thread, .. }) = CONNECTIONS.replace(Place::Here) {
            drop(stop);
            // A panic of the thread was reported by the hook.
            thread.join().ok();
        }
    }
}

/// Computes what depends on so many bytes: beside the caller's thread where they are many. Must be called in a runtime; all
/// that an instance computes is computed by the threads of its connections' runtime, where it has one.
pub(crate) async fn compute<R: Send + 'static>(bytes: usize, work: impl FnOnce() -> R + Send + 'static) -> R {
    let Some(turns) = COMPUTATIONS.as_ref().filter(|_| bytes >= LARGE_BYTES) else { return work() };
    let _turn = turns.acquire().await;
    let runtime = CONNECTIONS.with_borrow_mut(Place::beside).unwrap_or_else(Handle::current);
    match runtime.spawn_blocking(work).await {
        Ok(result) => result,
        Err(error) => rethrow(error).await,
    }
}

/// Carries out an exchange over a connection. It ends when the caller stops waiting for it.
pub(crate) async fn exchange<R: Send + 'static>(work: impl Future<Output = R> + Send + 'static) -> R {
    let Some(connections) = CONNECTIONS.with_borrow_mut(Place::beside) else { return work.await };
    // Ends what it holds when it is dropped.
    let mut running = JoinSet::new();
    running.spawn_on(work, &connections);
    match running.join_next().await {
        Some(Ok(result)) => result,
        Some(Err(error)) => rethrow(error).await,
        None => pending().await,
    }
}

/// A panic goes on in the caller. Nothing else ends work early but the end of its runtime, when nobody waits any more.
async fn rethrow<R>(error: JoinError) -> R {
    match error.try_into_panic() {
        Ok(panic) => resume_unwind(panic),
        Err(_) => pending().await,
    }
}

impl Place {
    /// The runtime of the thread beside, which is started when it is needed.
    fn beside(&mut self) -> Option<Handle> {
        if matches!(self, Self::NotStarted) {
            *self = ConnectionThread::start().map_or(Self::Here, Self::Beside);
        }
        match self {
            Self::Beside(connections) => Some(connections.runtime.clone()),
            Self::Here | Self::NotStarted => None,
        }
    }
}

impl ConnectionThread {
    /// `None`: the system has no thread to give.
    fn start() -> Option<Self> {
        let runtime =
            Builder::new_current_thread().enable_all().thread_name(COMPUTING_THREAD).build().ok()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let live = move || {
            runtime.block_on(stopped).ok();
            runtime.shutdown_timeout(LOOKUP_GRACE);
        };
        let thread = std::thread::Builder::new().name("ecs_router.io".to_owned()).spawn(live).ok()?;
        Some(Self { runtime: handle, stop, thread })
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
    use std::thread::current;

    use super::*;

    fn block_on<R>(work: impl Future<Output = R>) -> R {
        Builder::new_current_thread().enable_all().build().unwrap().block_on(work)
    }

    #[test]
    fn what_is_long_is_computed_elsewhere_where_there_are_cores() {
        let elsewhere = |bytes| block_on(compute(bytes, || current().id())) != current().id();
        assert!(!elsewhere(LARGE_BYTES - 1));
        assert_eq!(elsewhere(LARGE_BYTES), available_parallelism().unwrap().get() > 1);
    }

    #[test]
    fn a_panic_goes_on_in_the_caller() {
        let computed = || block_on(compute(LARGE_BYTES, || panic!("asked for")));
        assert!(catch_unwind(computed).is_err());
        let _scope = ConnectionScope::open();
        let exchanged = || block_on(exchange(async { panic!("asked for") }));
        assert!(catch_unwind(AssertUnwindSafe(exchanged)).is_err());
    }

    #[test]
    fn exchanges_take_place_elsewhere_while_that_is_wanted() {
        let elsewhere = || block_on(exchange(async { current().id() })) != current().id();
        assert!(!elsewhere());
        let scope = ConnectionScope::open();
        assert_eq!(elsewhere(), available_parallelism().unwrap().get() > 1);
        drop(scope);
        assert!(!elsewhere());
    }

    /// Says when it is dropped.
    struct Dropped(Arc<AtomicBool>);

    impl Drop for Dropped {
        fn drop(&mut self) {
            self.0.store(true, Relaxed);
        }
    }

    #[test]
    fn an_exchange_ends_with_the_wait_for_it() {
        let dropped = Arc::new(AtomicBool::new(false));
        let (begun, begins) = oneshot::channel();
        let _scope = ConnectionScope::open();
        let guard = Dropped(Arc::clone(&dropped));
        block_on(async {
            let endless = exchange(async move {
                let _guard = guard;
                begun.send(()).unwrap();
                pending::<()>().await;
            });
            tokio::select! {
                () = endless => {}
                begun = begins => begun.unwrap(),
            }
        });
        while !dropped.load(Relaxed) {
            std::thread::yield_now();
        }
    }
}
