//! One run of a pipeline: first a Fluent Bit that is idle, then another under load.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::Fallible;
use crate::feed;
use crate::load::Load;
use crate::pipeline::{NULL, Pipeline, Running};
use crate::process;
use crate::tally::{Tally, micros};

/// After the first delivery, until the idle process is looked at.
const QUIET: Duration = Duration::from_secs(5);
/// For the first delivery.
const DELIVERY: Duration = Duration::from_secs(20);
/// Without CPU time or requests, after which the load is through.
const STILL_SECONDS: u32 = 3;
/// For the load to be through after it was sent.
const THROUGH: Duration = Duration::from_secs(300);

/// What is the same for all pipelines.
pub(crate) struct Bench {
    pub(crate) plugin: PathBuf,
    pub(crate) load: Load,
    /// Megabytes a second.
    pub(crate) rate: f64,
    /// CPU of a second that is none.
    pub(crate) still: Duration,
}

/// What one run showed.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    /// Resident when idle, in MiB.
    pub(crate) idle: f64,
    /// Seconds for the load.
    pub(crate) cpu: f64,
    /// Most that was resident under load, in MiB.
    pub(crate) peak: f64,
    /// What the endpoint had got when Fluent Bit had ended.
    pub(crate) tally: Tally,
    /// Seconds of each task-stop event from the socket to Datadog.
    pub(crate) latencies: Vec<f64>,
    /// Errors in the log.
    pub(crate) errors: usize,
    /// How the process ended.
    pub(crate) ending: String,
}

impl Bench {
    pub(crate) fn run(&self, binary: &Path, pipeline: &Pipeline) -> Fallible<Run> {
        let idle = self.idle(Running::start(binary, &self.plugin, pipeline)?, pipeline.name != NULL)?;
        let mut running = Running::start(binary, &self.plugin, pipeline)?;
        // What it does at its start is not of the load.
        std::thread::sleep(Duration::from_millis(500));
        self.under_load(&mut running, idle)
            .map_err(|error| format!("{error}\n{}", running.last_words()).into())
    }

    /// Resident memory when a few records have been delivered a while ago.
    fn idle(&self, mut running: Running, delivers: bool) -> Fallible<f64> {
        feed::send(&Load::greeting(), &running.socket(), self.rate)?;
        let limit = Instant::now() + DELIVERY;
        while delivers && running.sink.report()?.requests() == 0 {
            if Instant::now() > limit {
                return Err(format!("nothing arrives at the endpoint\n{}", running.last_words()).into());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        std::thread::sleep(QUIET);
        process::resident(running.pid)
    }

    fn under_load(&self, running: &mut Running, idle: f64) -> Fallible<Run> {
        let before = process::cpu(running.pid)?;
        let written = feed::send(&self.load, &running.socket(), self.rate)?;
        wait_until_through(running, self.still)?;
        let cpu = (process::cpu(running.pid)? - before).as_secs_f64();
        let peak = process::peak(running.pid)?;
        let ending = running.end()?;
        let tally = running.sink.report()?;
        let latencies = latencies(&written, &tally);
        let errors = running.said().lines().filter(|line| line.contains("[error]")).count();
        Ok(Run { idle, cpu, peak, tally, latencies, errors, ending })
    }
}

fn wait_until_through(running: &mut Running, nothing: Duration) -> Fallible<()> {
    let limit = Instant::now() + THROUGH;
    let mut still = 0;
    let mut last = (process::cpu(running.pid)?, 0);
    while still < STILL_SECONDS {
        if Instant::now() > limit {
            return Err("the load does not get through".into());
        }
        std::thread::sleep(Duration::from_secs(1));
        let now = (process::cpu(running.pid)?, running.sink.report()?.requests());
        still = if now.0 - last.0 <= nothing && now.1 == last.1 { still + 1 } else { 0 };
        last = now;
    }
    Ok(())
}

/// Of the events that have arrived; the others are missing here too.
fn latencies(written: &[SystemTime], tally: &Tally) -> Vec<f64> {
    let seconds = |(number, at): (&usize, &u64)| {
        written.get(*number).map(|written| at.saturating_sub(micros(*written)) as f64 / 1e6)
    };
    tally.arrivals.iter().filter_map(seconds).collect()
}
