//! The benchmark's command line.

use std::path::PathBuf;

use clap::Parser;

use crate::pipeline::{NULL, PIPELINES, Pipeline};

/// Whole pipelines in the Fluent Bits of FLUENT_BIT, ours beside those of the built-in outputs.
#[derive(Debug, Parser)]
#[command(name = "end_to_end")]
pub(crate) struct Arguments {
    /// Rounds; each runs every pipeline once, and the table has the medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) runs: u32,
    /// Megabytes of msgpack a second.
    #[arg(long, default_value_t = 30.0)]
    pub(crate) rate: f64,
    /// Records of the load.
    #[arg(long, default_value_t = 400_000)]
    pub(crate) records: usize,
    /// Milliseconds of CPU that the engine's own timers may take of a second when the load is through; more under an
    /// emulator.
    #[arg(long, default_value_t = 20)]
    pub(crate) still: u64,
    /// Where to draw the figures, as SVG.
    #[arg(long)]
    pub(crate) plot: Option<PathBuf>,
    /// Given by cargo.
    #[arg(long, hide = true)]
    bench: bool,
    /// Pipelines to run beside `null`; all when none is named.
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(PIPELINES.map(|pipeline| pipeline.name)))]
    pipelines: Vec<String>,
}

impl Arguments {
    /// The pipelines of a round, `null` first.
    pub(crate) fn pipelines(&self) -> Vec<&'static Pipeline> {
        PIPELINES.iter().filter(|pipeline| self.includes(pipeline)).collect()
    }

    fn includes(&self, pipeline: &Pipeline) -> bool {
        self.pipelines.is_empty()
            || pipeline.name == NULL
            || self.pipelines.iter().any(|name| name == pipeline.name)
    }
}
