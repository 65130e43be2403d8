//! Whole pipelines in real Fluent Bits, ours beside those of the built-in outputs:
//!
//! `FLUENT_BIT=/path/to/fluent-bit cargo bench --bench end_to_end [-- --runs 3 --plot benches/end_to_end.svg PIPELINE…]`
//!
//! What a run of a pipeline (`conf/NAME.conf`) measures, always above what the `null` output takes in the same round:
//!
//! - *idle*: resident memory some quiet seconds after the first delivery
//! - *load*: CPU and peak memory of the process, bytes at the endpoint by API, errors in the log
//! - *latency*: how long each task-stop event of that load takes from the socket to Datadog
//!
//! Modules, from what is asked to what is shown:
//!
//! - `arguments` – which pipelines, how often, how much
//! - `load`, `feed` – the records, and their way into the socket
//! - `sink`, `request`, `tally` – the endpoint, in a process of its own; what it reads and what it counts
//! - `agent` – a shipper that is not Fluent Bit, when AWS_LOGS_AGENT names an AWS CLI that has it
//! - `supervisor` – a process that keeps a Fluent Bit and ends with the benchmark; `helper` – how one speaks to these two
//! - `pipeline` – a running Fluent Bit; `process` – what the kernel says of it; `place` – where its files are
//! - `measure` – one run; `figures` – medians of several; `floor` – what the bytes alone cost
//! - `table`, `plot`, `machine` – what people read

#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark may stop at what cannot be")]

mod agent;
mod arguments;
mod feed;
mod figures;
mod floor;
mod helper;
mod load;
mod machine;
mod measure;
mod pipeline;
mod place;
mod plot;
mod process;
mod request;
mod sink;
mod supervisor;
mod table;
mod tally;

use std::path::{Path, PathBuf};
use std::time::Duration;

use arguments::Arguments;
use clap::Parser as _;
use figures::Figures;
use load::Load;
use measure::Bench;

/// What stops a run is told to people only.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Fallible<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [sink::ROLE, place] => sink::serve(Path::new(place)),
        [supervisor::ROLE, log, program, arguments @ ..] => supervisor::keep(log, program, arguments),
        _ => benchmark(&Arguments::parse()),
    }
}

fn benchmark(arguments: &Arguments) -> Fallible<()> {
    let Some(binaries) = std::env::var_os("FLUENT_BIT") else {
        println!("skipped: FLUENT_BIT is not set to the paths of fluent-bit binaries");
        return Ok(());
    };
    let binaries: Vec<PathBuf> = std::env::split_paths(&binaries).collect();
    let bench = Bench {
        plugin: pipeline::plugin()?,
        load: Load::new(arguments.records),
        rate: arguments.rate,
        still: Duration::from_millis(arguments.still),
    };
    println!("{}", machine::headline(&bench, arguments.runs));
    let mut all = Vec::new();
    for binary in &binaries {
        let figures = Figures::of(&bench, binary, arguments)?;
        print!("\n{}", table::markdown(&figures));
        all.push(figures);
    }
    if let Some(program) = std::env::var_os("AWS_LOGS_AGENT") {
        println!("\n{}", table::agent(&agent::runs(Path::new(&program), &bench.load, arguments.runs)?));
    }
    if let Some(file) = &arguments.plot {
        std::fs::write(file, plot::svg(&all))?;
    }
    Ok(())
}
