//! What hashing, encrypting and writing bytes costs at this moment: `benches/floor` has it in detail.

#[path = "../floor/cpu.rs"]
mod cpu;
#[path = "../floor/sending.rs"]
mod sending;

use ecs_router::encode::payload::Payload;

const MEGABYTE: usize = 1_000_000;
const ROUNDS: usize = 21;

/// Seconds of CPU for each megabyte.
pub(crate) fn per_megabyte() -> f64 {
    let wire = sending::Wire::open();
    let body = Payload::from(vec![b'x'; MEGABYTE]);
    let times = cpu::in_turns(ROUNDS, &[&|| wire.send(&body)]);
    times.iter().map(std::time::Duration::as_secs_f64).sum()
}
