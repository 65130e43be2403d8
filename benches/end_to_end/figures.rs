//! Medians of several runs.
//!
//! The median of a pipeline's runs comes first, then what it is above that of `null`, then the ratio to the built-in one.
//! The noise of two runs of one round has nothing in common: differences taken within rounds would double it.

use std::collections::BTreeMap;
use std::path::Path;

use crate::Fallible;
use crate::arguments::Arguments;
use crate::machine;
use crate::measure::{Bench, Run};
use crate::pipeline::{NULL, Pipeline};

/// What each pipeline showed, or why it could not.
type Round = BTreeMap<&'static str, Result<Run, String>>;

/// Of one Fluent Bit.
pub(crate) struct Figures {
    pub(crate) version: String,
    /// Seconds of CPU that `null` took, and its idle and peak memory in MiB.
    pub(crate) null: (f64, f64, f64),
    pub(crate) rows: Vec<(&'static Pipeline, Result<Row, String>)>,
}

/// Of one pipeline.
pub(crate) struct Row {
    /// Seconds above `null`.
    pub(crate) cpu: f64,
    pub(crate) peak: f64,
    /// MiB above `null`.
    pub(crate) idle: f64,
    pub(crate) cloudwatch: f64,
    pub(crate) s3: f64,
    pub(crate) datadog: f64,
    /// Against the built-in outputs; `None` where there is nothing to compare.
    pub(crate) cpu_ratio: Option<f64>,
    pub(crate) s3_ratio: Option<f64>,
    /// Of all rounds, in seconds and in order.
    pub(crate) latencies: Vec<f64>,
    /// Task-stop events sent in all rounds.
    pub(crate) stops: usize,
    /// In all rounds.
    pub(crate) errors: usize,
    /// Endings other than a good one.
    pub(crate) endings: Vec<String>,
}

impl Figures {
    /// Runs every pipeline in turn, as often as asked.
    pub(crate) fn of(bench: &Bench, binary: &Path, arguments: &Arguments) -> Fallible<Self> {
        let version = machine::version(binary)?;
        let pipelines = arguments.pipelines();
        let mut rounds = Vec::new();
        for number in 1..=arguments.runs {
            eprintln!("Fluent Bit {version}, run {number} of {}", arguments.runs);
            rounds.push(round(bench, binary, &pipelines));
        }
        let null = nulls(&rounds)?;
        let row =
            |pipeline: &&'static Pipeline| (*pipeline, Row::of(pipeline, &rounds, bench.load.stops.len()));
        let rows = pipelines.iter().filter(|pipeline| pipeline.name != NULL).map(row).collect();
        Ok(Self { version, null, rows })
    }
}

fn round(bench: &Bench, binary: &Path, pipelines: &[&'static Pipeline]) -> Round {
    let mut round = Round::new();
    for pipeline in pipelines {
        let run = bench.run(binary, pipeline).map_err(|error| error.to_string());
        match &run {
            Ok(run) => eprintln!(
                "  {:<20} cpu {:.2} s, peak {:.1} MiB, idle {:.1} MiB, {} error(s), {}",
                pipeline.name, run.cpu, run.peak, run.idle, run.errors, run.ending
            ),
            Err(error) => eprintln!("  {:<20} {error}", pipeline.name),
        }
        round.insert(pipeline.name, run);
    }
    round
}

fn nulls(rounds: &[Round]) -> Fallible<(f64, f64, f64)> {
    let runs: Result<Vec<&Run>, &String> = rounds.iter().map(|round| round[NULL].as_ref()).collect();
    let runs = runs.map_err(Clone::clone)?;
    let all = |of: fn(&Run) -> f64| median(runs.iter().map(|run| of(run)).collect());
    Ok((all(|run| run.cpu), all(|run| run.idle), all(|run| run.peak)))
}

impl Row {
    fn of(pipeline: &Pipeline, rounds: &[Round], stops: usize) -> Result<Self, String> {
        let pairs: Result<Vec<Pair<'_>>, String> =
            rounds.iter().map(|round| Pair::of(pipeline, round)).collect();
        let pairs = pairs?;
        let all = |of: fn(&Pair<'_>) -> f64| median(pairs.iter().map(of).collect());
        let against = |of: fn(&Run) -> f64| {
            let all: Option<Vec<f64>> = pairs.iter().map(|pair| pair.builtin.map(of)).collect();
            all.map(median)
        };
        let ratio = |ours: f64, theirs: f64| Some(ours / theirs).filter(|ratio| ratio.is_finite());
        let null = all(|pair| pair.null.cpu);
        let (cpu, s3) = (all(|pair| pair.run.cpu) - null, all(|pair| s3_bytes(pair.run)));
        let mut latencies: Vec<f64> = pairs.iter().flat_map(|pair| pair.run.latencies.clone()).collect();
        latencies.sort_by(f64::total_cmp);
        let endings = pairs.iter().map(|pair| pair.run.ending.clone());
        Ok(Self {
            cpu,
            peak: all(|pair| pair.run.peak),
            idle: all(|pair| pair.run.idle) - all(|pair| pair.null.idle),
            cloudwatch: all(|pair| pair.run.tally.cloudwatch.bytes as f64 / 1e6),
            s3: s3 / 1e6,
            datadog: all(|pair| pair.run.tally.datadog.bytes as f64 / 1e6),
            cpu_ratio: against(|run| run.cpu).and_then(|theirs| ratio(cpu, theirs - null)),
            s3_ratio: against(s3_bytes).and_then(|theirs| ratio(s3, theirs)),
            stops: stops * rounds.len(),
            latencies,
            errors: pairs.iter().map(|pair| pair.run.errors).sum(),
            endings: endings.filter(|ending| ending != "exit status: 0").collect(),
        })
    }
}

/// A run beside those of its round that it is measured against.
struct Pair<'r> {
    run: &'r Run,
    null: &'r Run,
    builtin: Option<&'r Run>,
}

impl<'r> Pair<'r> {
    fn of(pipeline: &Pipeline, round: &'r Round) -> Result<Self, String> {
        let builtin = pipeline.against.and_then(|(name, _)| round.get(name)?.as_ref().ok());
        let run = round[pipeline.name].as_ref().map_err(Clone::clone)?;
        Ok(Self { run, null: round[NULL].as_ref().map_err(Clone::clone)?, builtin })
    }
}

fn s3_bytes(run: &Run) -> f64 {
    run.tally.s3.bytes as f64
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
