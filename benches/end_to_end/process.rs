//! What the kernel says of a process, from `/proc`.

use std::time::Duration;

use crate::Fallible;

/// The kernel's unit of CPU time towards programs, on every architecture that Fluent Bit is built for.
const TICKS_PER_SECOND: u64 = 100;

/// CPU time of all its threads, those that have ended included.
pub(crate) fn cpu(pid: u32) -> Fallible<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, which may contain anything, is in parentheses; utime and stime are the 14th and the 15th field.
    let (_, rest) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let ticks: Result<Vec<u64>, _> = rest.split_whitespace().skip(11).take(2).map(str::parse).collect();
    Ok(Duration::from_millis(ticks?.iter().sum::<u64>() * 1_000 / TICKS_PER_SECOND))
}

/// Seconds of CPU of the threads that outputs have of their own: those of Fluent Bit's workers, and ours.
pub(crate) fn output_cpu(pid: u32) -> Fallible<f64> {
    let mut nanoseconds = 0;
    for task in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?.path();
        let name = std::fs::read_to_string(task.join("comm"))?;
        if name.starts_with("flb-out-") || name.starts_with("ecs_router") {
            let statistics = std::fs::read_to_string(task.join("schedstat"))?;
            nanoseconds += statistics.split(' ').next().ok_or("no time in schedstat")?.parse::<u64>()?;
        }
    }
    Ok(nanoseconds as f64 / 1e9)
}

/// Resident memory in MiB.
pub(crate) fn resident(pid: u32) -> Fallible<f64> {
    status(pid, "VmRSS:")
}

/// The most that was ever resident, in MiB.
pub(crate) fn peak(pid: u32) -> Fallible<f64> {
    status(pid, "VmHWM:")
}

fn status(pid: u32, name: &str) -> Fallible<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line in status")?;
    let kibibytes: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kibibytes / 1_024.0)
}
