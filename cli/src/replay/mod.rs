//! `replay`: recorded records through the real pipeline, to see what would go where, or to bring it there.
//!
//! Chunk by chunk: only one of them is in memory, however long the recording is. A dry run, the default, needs no
//! credentials and opens no connection.

mod dry;
mod live;
mod resolve;
mod source;
mod stamp;
mod target;

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use ecs_router::config::Problem;

use self::resolve::Resolved;
use crate::config::{self, Configuration, Section};

/// What is replayed, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A Fluent Bit configuration, a task definition or a CloudFormation template
    config: PathBuf,
    /// JSON lines, EventBridge events, a chunk of msgpack or a chunk file of Fluent Bit's storage; `-` reads standard
    /// input
    records: PathBuf,
    /// Only show what would go where; this is the default
    #[arg(long, conflicts_with = "send")]
    dry_run: bool,
    /// Really deliver
    #[arg(long)]
    send: bool,
    /// Which of several outputs of the plugin, from 1
    #[arg(long, value_name = "N")]
    output: Option<usize>,
    /// The tag that the records come under. Default: that of the chunk file, or one like FireLens's
    #[arg(long)]
    tag: Option<String>,
    /// Takes this value instead of the configuration's; may be given more than once
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// How often a chunk that is answered with RETRY is brought again
    #[arg(long, value_name = "N", default_value_t = 5)]
    retries: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Replays the recording: 0 when all of it went through, 1 when some did not, 2 when it cannot start.
pub(crate) fn run(arguments: &Arguments) -> io::Result<ExitCode> {
    let prepared = prepare(arguments);
    let resolved = match prepared {
        Ok(resolved) => resolved,
        Err(reasons) => return Ok(refuse(&reasons)),
    };
    resolved.guessed.iter().for_each(|guess| eprintln!("ecs-router: {guess}"));
    match arguments.send {
        true => live::run(arguments, &resolved),
        false => dry::run(arguments, &resolved),
    }
}

/// The keys of the chosen output, or why there are none.
fn prepare(arguments: &Arguments) -> Result<Resolved, Vec<String>> {
    let configuration = config::read(&arguments.config);
    if !configuration.faults.is_empty() {
        let fault =
            |fault: &config::Fault| format!("{}:{}: {}", fault.place.file, fault.place.line, fault.what);
        return Err(configuration.faults.iter().map(fault).collect());
    }
    let section = choose(&configuration, arguments)?;
    let mut variables = configuration.variables.clone();
    for (name, value) in std::env::vars() {
        // What the file sets comes first, as in Fluent Bit.
        variables.entry(name).or_insert(value);
    }
    Resolved::new(section, &variables, &arguments.sets, arguments.send)
}

fn choose<'c>(configuration: &'c Configuration, arguments: &Arguments) -> Result<&'c Section, Vec<String>> {
    let ours: Vec<&Section> = configuration.ours().collect();
    let path = arguments.config.display();
    match (ours.as_slice(), arguments.output) {
        ([], _) => Err(vec![format!("{path} has no output of ecs_router")]),
        ([section], None) => Ok(section),
        (several, Some(number)) => {
            let chosen = number.checked_sub(1).and_then(|at| several.get(at));
            chosen
                .copied()
                .ok_or_else(|| vec![format!("{path} has {} output(s) of ecs_router", several.len())])
        }
        (several, None) => {
            let one = |(number, section): (usize, &&Section)| {
                format!("  --output {number}  {}:{}", section.place.file, section.place.line)
            };
            let lines = (1..).zip(several).map(one);
            Err([format!("{path} has several outputs of ecs_router; choose one:")]
                .into_iter()
                .chain(lines)
                .collect())
        }
    }
}

fn refuse(reasons: &[String]) -> ExitCode {
    for reason in reasons {
        eprintln!("ecs-router: {reason}");
    }
    ExitCode::from(2)
}

/// What the plugin does not start with.
fn refuse_problems(arguments: &Arguments, problems: &[Problem]) -> ExitCode {
    let mut reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
    reasons.push(format!("'ecs-router check {}' says where", arguments.config.display()));
    refuse(&reasons)
}

/// Standard output, written in large pieces.
fn output() -> io::BufWriter<io::StdoutLock<'static>> {
    io::BufWriter::new(io::stdout().lock())
}

/// Says something between the lines of the output, in order.
fn say(out: &mut impl io::Write, text: std::fmt::Arguments<'_>) -> io::Result<()> {
    out.flush()?;
    writeln!(io::stderr(), "{text}")
}
