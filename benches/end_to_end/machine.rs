//! The machine on which the figures were measured.

use std::path::Path;
use std::process::Command;

use crate::Fallible;
use crate::measure::Bench;

/// The machine, the day and the load, in one paragraph.
pub(crate) fn headline(bench: &Bench, runs: u32) -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{}: {}, {cores} cores, Linux {}. {} records ({:.0} MB of msgpack) at {} MB/s, median of {runs} run(s).",
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        processor(),
        kernel.trim(),
        thousands(bench.load.records),
        bench.load.wire.len() as f64 / 1e6,
        bench.rate,
    )
}

fn processor() -> String {
    let all = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = all.lines().find_map(|line| line.strip_prefix("model name")?.split(':').nth(1));
    name.unwrap_or(std::env::consts::ARCH).trim().to_owned()
}

/// A number with commas.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// The version that the binary prints, such as `5.1.1`.
pub(crate) fn version(binary: &Path) -> Fallible<String> {
    let output = Command::new(binary).arg("--version").output()?;
    let printed = String::from_utf8(output.stdout)?;
    let number = printed.split_whitespace().find_map(|word| word.strip_prefix('v'));
    Ok(number.ok_or_else(|| format!("{} says no version", binary.display()))?.to_owned())
}
