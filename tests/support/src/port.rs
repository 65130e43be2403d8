//! Ports where nobody listens.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// Below those that the system gives to whoever binds port 0, so that no other test's server gets it meanwhile.
const FIRST: u32 = 10_000;
const COUNT: u32 = 20_000;
/// How far apart the processes that run at once begin.
const APART: u32 = 97;

static TAKEN: AtomicU32 = AtomicU32::new(0);

/// A port of 127.0.0.1 that stays free until the caller takes it.
#[track_caller]
pub fn free_port() -> u16 {
    let first = std::process::id().wrapping_mul(APART);
    let next = || FIRST + first.wrapping_add(TAKEN.fetch_add(1, Relaxed)) % COUNT;
    let is_free = |port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok();
    let ports = (0..COUNT).filter_map(|_| u16::try_from(next()).ok());
    ports.into_iter().find(is_free).expect("a free port")
}
