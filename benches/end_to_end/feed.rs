//! The load's way into the socket at a steady rate, and when each task-stop event went in.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use crate::Fallible;
use crate::load::Load;

/// What is written at once: two thousandths of a second at the usual rate.
const PIECE: usize = 64 << 10;
/// For Fluent Bit to take a piece; it never pauses its input this long.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends all of it; `rate` is megabytes a second. Returns when each task-stop event was written, by its number.
pub(crate) fn send(load: &Load, socket: &Path, rate: f64) -> Fallible<Vec<SystemTime>> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut written = Vec::with_capacity(load.stops.len());
    let start = Instant::now();
    let mut sent = 0;
    for piece in load.wire.chunks(PIECE) {
        let now = SystemTime::now();
        stream.write_all(piece)?;
        sent += piece.len();
        let inside = load.stops.iter().skip(written.len()).take_while(|end| **end <= sent).count();
        written.extend(std::iter::repeat_n(now, inside));
        let due = start + Duration::from_secs_f64(sent as f64 / (rate * 1e6));
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(written)
}
