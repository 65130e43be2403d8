//! `replay`: sends recorded records through the real pipeline, to show what would go where, or to deliver it.
//!
//! One chunk is in memory at a time. A dry run, the default, needs no credentials and opens no connection.

mod dry;
mod incidents;
mod live;
mod resolve;
mod source;
mod target;
mod timestamp;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use ecs_router::config::Problem;

use self::resolve::Resolved;
use crate::config::{self, Configuration, FileError, Location, Section};
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct ReplayArguments {
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
    /// Show when people would be told of which incident, by the times of the events
    #[arg(long, conflicts_with = "send")]
    incidents: bool,
    /// Which of several outputs of the plugin, from 1
    #[arg(long, value_name = "N")]
    output: Option<usize>,
    /// The tag that the records come under. Default: that of the chunk file; without one, records are taken for what
    /// their fields say, as under a tag of stop.trusted_tags
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

/// Replays the recording. Exits with 0 when all of it went through, 1 when some did not, 2 when it cannot start.
pub(crate) fn run(arguments: &ReplayArguments) -> io::Result<ExitCode> {
    let resolved = match prepare(arguments) {
        Ok(resolved) => resolved.trust(source::DEFAULT_TAG),
        Err(reasons) => return Ok(refuse(&reasons)),
    };
    resolved.notices.iter().for_each(|notice| terminal::complain(format_args!("ecs-router: {notice}")));
    match arguments.send {
        true => live::run(arguments, &resolved),
        false if arguments.incidents => incidents::run(arguments, &resolved),
        false => dry::run(arguments, &resolved),
    }
}

/// The keys of the chosen output, or the lines that explain why there are none.
fn prepare(arguments: &ReplayArguments) -> Result<Resolved, Vec<String>> {
    let configuration = config::read(&arguments.config);
    if !configuration.errors.is_empty() {
        return Err(configuration.errors.iter().map(file_error).collect());
    }
    let section = choose(&configuration, arguments)?;
    let mut variables = configuration.variables.clone();
    for (name, value) in std::env::vars() {
        // The file's variables take precedence, as in Fluent Bit.
        variables.entry(name).or_insert(value);
    }
    Resolved::new(section, &variables, &arguments.sets, arguments.send)
}

fn file_error(error: &FileError) -> String {
    format!("{}:{}: {}", error.location.file, error.location.line, error.message)
}

fn choose<'c>(
    configuration: &'c Configuration,
    arguments: &ReplayArguments,
) -> Result<&'c Section, Vec<String>> {
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
            let mut reasons = vec![format!("{path} has several outputs of ecs_router; choose one:")];
            for (number, section) in (1..).zip(several) {
                let Location { file, line } = &section.location;
                reasons.push(format!("  --output {number}  {file}:{line}"));
            }
            Err(reasons)
        }
    }
}

fn refuse(reasons: &[String]) -> ExitCode {
    for reason in reasons {
        terminal::complain(format_args!("ecs-router: {reason}"));
    }
    ExitCode::from(2)
}

/// Prints the problems that the plugin does not start with.
fn refuse_problems(arguments: &ReplayArguments, problems: &[Problem]) -> ExitCode {
    let mut reasons: Vec<String> = problems.iter().map(ToString::to_string).collect();
    reasons.push(format!("'ecs-router check {}' says where", arguments.config.display()));
    refuse(&reasons)
}

/// Prints to standard error, after what has been written to the output.
fn warn(out: &mut impl io::Write, text: std::fmt::Arguments<'_>) -> io::Result<()> {
    out.flush()?;
    terminal::complain(text);
    Ok(())
}
