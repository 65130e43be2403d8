//! Medians of several runs.
//!
//! First the median of a pipeline's runs is taken, then its difference to that of `null`, then the ratio to the built-in
//! one. The noise of two runs in one round is independent, so differences within rounds would double it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Fallible;
use crate::arguments::Arguments;
use crate::measure::{Bench, Run};
use crate::pipeline::{NULL, Pipeline};
use crate::{floor, machine};

/// The run of each pipeline, or the error that ended it.
type Round = BTreeMap<&'static str, Result<Run, String>>;

/// The figures of one Fluent Bit.
pub(crate) struct Figures {
    pub(crate) version: String,
    /// Seconds of CPU that `null` took, and its idle and peak memory in MiB.
    pub(crate) null: (f64, f64, f64),
    /// Seconds of CPU that hashing, encrypting and writing a megabyte takes.
    pub(crate) floor: f64,
    pub(crate) rows: Vec<(&'static Pipeline, Result<Row, String>)>,
}

/// The figures of one pipeline.
pub(crate) struct Row {
    /// Seconds above `null`.
    pub(crate) cpu: f64,
    pub(crate) peak: f64,
    /// MiB above `null`.
    pub(crate) idle: f64,
    pub(crate) cloudwatch: f64,
    pub(crate) s3: f64,
    pub(crate) datadog: f64,
    /// Seconds of the output's own threads.
    pub(crate) output_cpu: f64,
    /// The same relative to the built-in output's.
    pub(crate) output_ratio: Option<f64>,
    /// The same relative to hashing, encrypting and writing what goes to CloudWatch uncompressed; `None` where other
    /// bytes are compressed.
    pub(crate) output_floors: Option<f64>,
    /// Relative to the built-in outputs; `None` without a counterpart.
    pub(crate) cpu_ratio: Option<f64>,
    pub(crate) s3_ratio: Option<f64>,
    /// Of all rounds, in seconds, sorted.
    pub(crate) latencies: Vec<f64>,
    /// Task-stop events sent in all rounds.
    pub(crate) stops: usize,
    /// Errors in the logs of all rounds.
    pub(crate) errors: usize,
    /// Exit statuses other than success.
    pub(crate) bad_exits: Vec<String>,
}

impl Figures {
    /// Runs all pipelines in turn, in as many rounds as the arguments say.
    pub(crate) fn of(bench: &Bench, binary: &Path, arguments: &Arguments) -> Fallible<Self> {
        let version = machine::version(binary)?;
        let pipelines = arguments.pipelines();
        let mut rounds = Vec::new();
        let mut floors = Vec::new();
        for number in 1..=arguments.runs {
            eprintln!("Fluent Bit {version}, run {number} of {}", arguments.runs);
            rounds.push(round(bench, binary, &pipelines));
            floors.push(floor::per_megabyte());
        }
        let null = null_medians(&rounds)?;
        let floor = median(floors);
        let compared = pipelines.into_iter().filter(|pipeline| pipeline.name != NULL);
        let stops = bench.load.stops.len();
        let rows = compared.map(|pipeline| (pipeline, Row::new(pipeline, &rounds, stops, floor))).collect();
        Ok(Self { version, null, floor, rows })
    }
}

fn round(bench: &Bench, binary: &Path, pipelines: &[&'static Pipeline]) -> Round {
    let mut round = Round::new();
    for pipeline in pipelines {
        let run = bench.run(binary, pipeline).map_err(|error| error.to_string());
        match &run {
            Ok(run) => eprintln!(
                "  {:<20} cpu {:.2} s, peak {:.1} MiB, idle {:.1} MiB, {} error(s), {}",
                pipeline.name, run.cpu, run.peak, run.idle, run.errors, run.exit
            ),
            Err(error) => eprintln!("  {:<20} {error}", pipeline.name),
        }
        round.insert(pipeline.name, run);
    }
    round
}

fn null_medians(rounds: &[Round]) -> Fallible<(f64, f64, f64)> {
    let runs: Result<Vec<&Run>, &String> = rounds.iter().map(|round| round[NULL].as_ref()).collect();
    let runs = runs.map_err(Clone::clone)?;
    let median_of = |field: fn(&Run) -> f64| median(runs.iter().map(|run| field(run)).collect());
    Ok((median_of(|run| run.cpu), median_of(|run| run.idle), median_of(|run| run.peak)))
}

impl Row {
    fn new(pipeline: &Pipeline, rounds: &[Round], stops: usize, floor: f64) -> Result<Self, String> {
        let pairs: Result<Vec<Pair<'_>>, String> =
            rounds.iter().map(|round| Pair::new(pipeline, round)).collect();
        let pairs = pairs?;
        let median_of = |field: fn(&Pair<'_>) -> f64| median(pairs.iter().map(field).collect());
        let builtin_median = |field: fn(&Run) -> f64| {
            let values: Option<Vec<f64>> = pairs.iter().map(|pair| pair.builtin.map(field)).collect();
            values.map(median)
        };
        let ratio = |ours: f64, theirs: f64| Some(ours / theirs).filter(|ratio| ratio.is_finite());
        let null = median_of(|pair| pair.null.cpu);
        let cpu = median_of(|pair| pair.run.cpu) - null;
        let s3 = median_of(|pair| s3_bytes(pair.run));
        let output_cpu = median_of(|pair| pair.run.output_cpu);
        let cloudwatch = median_of(|pair| cloudwatch_megabytes(pair.run));
        let plain = builtin_median(cloudwatch_megabytes).unwrap_or(cloudwatch);
        let output_floors = (s3 == 0.0).then(|| output_cpu / (plain * floor));
        let mut latencies: Vec<f64> = pairs.iter().flat_map(|pair| pair.run.latencies.clone()).collect();
        latencies.sort_by(f64::total_cmp);
        let exits = pairs.iter().map(|pair| pair.run.exit.clone());
        Ok(Self {
            cpu,
            peak: median_of(|pair| pair.run.peak),
            idle: median_of(|pair| pair.run.idle) - median_of(|pair| pair.null.idle),
            cloudwatch,
            s3: s3 / 1e6,
            datadog: median_of(|pair| pair.run.tally.datadog.bytes as f64 / 1e6),
            output_cpu,
            output_ratio: builtin_median(|run| run.output_cpu).and_then(|theirs| ratio(output_cpu, theirs)),
            output_floors,
            cpu_ratio: builtin_median(|run| run.cpu).and_then(|theirs| ratio(cpu, theirs - null)),
            s3_ratio: builtin_median(s3_bytes).and_then(|theirs| ratio(s3, theirs)),
            stops: stops * rounds.len(),
            latencies,
            errors: pairs.iter().map(|pair| pair.run.errors).sum(),
            bad_exits: exits.filter(|exit| exit != "exit status: 0").collect(),
        })
    }
}

/// A run, and the runs of the same round that it is compared with.
struct Pair<'r> {
    run: &'r Run,
    null: &'r Run,
    builtin: Option<&'r Run>,
}

impl<'r> Pair<'r> {
    fn new(pipeline: &Pipeline, round: &'r Round) -> Result<Self, String> {
        let builtin = pipeline.against.and_then(|(name, _)| round.get(name)?.as_ref().ok());
        let run = round[pipeline.name].as_ref().map_err(Clone::clone)?;
        Ok(Self { run, null: round[NULL].as_ref().map_err(Clone::clone)?, builtin })
    }
}

fn cloudwatch_megabytes(run: &Run) -> f64 {
    run.tally.cloudwatch.bytes as f64 / 1e6
}

fn s3_bytes(run: &Run) -> f64 {
    run.tally.s3.bytes as f64
}

pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
