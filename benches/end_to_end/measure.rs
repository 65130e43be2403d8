//! One run of a pipeline: an idle Fluent Bit first, then another one under load.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::Fallible;
use crate::feed;
use crate::load::Load;
use crate::pipeline::{NULL, Pipeline, Running};
use crate::process;
use crate::tally::{Tally, micros};

/// From the first delivery until the memory of the idle process is read.
const IDLE_WAIT: Duration = Duration::from_secs(5);
/// For the first delivery.
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(20);
/// Seconds without CPU time and requests, after which the load counts as processed.
const STILL_SECONDS: u32 = 3;
/// For the load to be processed after it was sent.
const LOAD_TIMEOUT: Duration = Duration::from_secs(300);

/// The parts that are the same for all pipelines.
pub(crate) struct Bench {
    pub(crate) plugin: PathBuf,
    pub(crate) load: Load,
    /// Megabytes a second.
    pub(crate) rate: f64,
    /// CPU time per second that counts as none.
    pub(crate) still: Duration,
}

/// The measurements of one run.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Resident when idle, in MiB.
    pub(crate) idle: f64,
    /// CPU seconds for the load.
    pub(crate) cpu: f64,
    /// The same of the output's own threads.
    pub(crate) output_cpu: f64,
    /// Peak resident memory under load, in MiB.
    pub(crate) peak: f64,
    /// The endpoint's counters after the end of Fluent Bit.
    pub(crate) tally: Tally,
    /// Seconds of each task-stop event from the socket to Datadog.
    pub(crate) latencies: Vec<f64>,
    /// Errors in the log.
    pub(crate) errors: usize,
    /// The exit status.
    pub(crate) exit: String,
}

impl Bench {
    pub(crate) fn run(&self, binary: &Path, pipeline: &Pipeline) -> Fallible<Run> {
        let idle = self.idle(Running::start(binary, &self.plugin, pipeline)?, pipeline.name != NULL)?;
        let mut running = Running::start(binary, &self.plugin, pipeline)?;
        // The work of its start does not belong to the load.
        std::thread::sleep(Duration::from_millis(500));
        self.under_load(&mut running, idle)
            .map_err(|error| format!("{error}\n{}", running.last_words()).into())
    }

    /// Resident memory some time after a few records were delivered.
    fn idle(&self, mut running: Running, delivers: bool) -> Fallible<f64> {
        feed::send(&Load::small(), &running.socket(), self.rate)?;
        let limit = Instant::now() + DELIVERY_TIMEOUT;
        while delivers && running.sink.report()?.requests() == 0 {
            if Instant::now() > limit {
                return Err(format!("nothing arrives at the endpoint\n{}", running.last_words()).into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(IDLE_WAIT);
        process::resident(running.pid)
    }

    fn under_load(&self, running: &mut Running, idle: f64) -> Fallible<Run> {
        let before = process::cpu(running.pid)?;
        let output_before = process::output_cpu(running.pid)?;
        let written = feed::send(&self.load, &running.socket(), self.rate)?;
        wait_until_processed(running, self.still)?;
        let cpu = (process::cpu(running.pid)? - before).as_secs_f64();
        let output_cpu = process::output_cpu(running.pid)? - output_before;
        let peak = process::peak(running.pid)?;
        let exit = running.end()?;
        let tally = running.sink.report()?;
        let latencies = latencies(&written, &tally);
        let errors = running.said().lines().filter(|line| line.contains("[error]")).count();
        Ok(Run { idle, cpu, output_cpu, peak, tally, latencies, errors, exit })
    }
}

fn wait_until_processed(running: &mut Running, still_cpu: Duration) -> Fallible<()> {
    let limit = Instant::now() + LOAD_TIMEOUT;
    let mut still = 0;
    let mut last = (process::cpu(running.pid)?, 0);
    while still < STILL_SECONDS {
        if Instant::now() > limit {
            return Err("the load does not get through".into());
        }
        std::thread::sleep(Duration::from_secs(1));
        let now = (process::cpu(running.pid)?, running.sink.report()?.requests());
        still = if now.0 - last.0 <= still_cpu && now.1 == last.1 { still + 1 } else { 0 };
        last = now;
    }
    Ok(())
}

/// Seconds of the events that have arrived.
fn latencies(written: &[SystemTime], tally: &Tally) -> Vec<f64> {
    let arrivals = tally.arrivals.iter().filter_map(|(number, at)| Some((written.get(*number)?, at)));
    arrivals.map(|(written, at)| at.saturating_sub(micros(*written)) as f64 / 1e6).collect()
}
