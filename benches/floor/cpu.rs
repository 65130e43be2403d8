//! CPU time of the thread at hand, which other work on the machine disturbs least.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

fn used() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or_default())
}

fn cpu_time(work: &dyn Fn()) -> Duration {
    let start = used();
    work();
    used() - start
}

/// The median CPU time of each piece of work, done in turns so that a change in the machine's load affects all of them.
pub(crate) fn in_turns(rounds: usize, works: &[&dyn Fn()]) -> Vec<Duration> {
    let mut times = vec![Vec::with_capacity(rounds); works.len()];
    for _ in 0..rounds {
        works.iter().zip(&mut times).for_each(|(work, times)| times.push(cpu_time(*work)));
    }
    times.into_iter().map(median).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
