//! `replay`: sends recorded records through the real pipeline, to show what would go where, or to deliver it.
//!
//! One chunk is in memory at a time. A dry run, the default, needs no credentials and opens no connection.

mod budget;
mod cost;
mod dry;
mod html;
mod incidents;
mod left;
mod live;
mod matching;
mod resolve;
mod source;
mod tally;
mod target;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use ecs_router::config::Problem;

use self::matching::TagMatcher;
use self::resolve::Resolved;
use crate::config::{self, Configuration, Section};
use crate::scratch::Scratch;
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
    /// The tag that the records come under; what Match does not take never reaches the output. Default: that of the
    /// chunk file; without one, every record reaches it and is taken for what its fields say, as under a tag of
    /// stop.trusted_tags
    #[arg(long)]
    tag: Option<String>,
    /// Takes this value instead of the configuration's; may be given more than once
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Also tells what a month of such records costs at list prices, and what the driver awslogs would cost
    #[arg(long, conflicts_with = "send")]
    cost: bool,
    /// How long it took to write the records, for --cost: 90s, 10m, 1h, 7d. Default: from the first to the last record
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    over: Option<Duration>,
    /// Also writes a page with a picture of where records and bytes went
    #[arg(long, value_name = "FILE", conflicts_with = "send")]
    html: Option<PathBuf>,
    /// How often a chunk that is answered with RETRY is brought again
    #[arg(long, value_name = "N", default_value_t = 5)]
    retries: u32,
    /// One JSON object a line
    #[arg(long)]
    json: bool,
}

/// Replays the recording. Exits with 0 when all of it went through, 1 when some did not, 2 when it cannot start.
pub(crate) fn run(arguments: &ReplayArguments) -> io::Result<ExitCode> {
    let Prepared { resolved, matcher } = match prepare(arguments) {
        Ok(prepared) => prepared,
        Err(reasons) => return Ok(refuse(&reasons)),
    };
    let mut resolved = resolved.trust(source::DEFAULT_TAG);
    let scratch = arguments.send.then(Scratch::new).transpose()?;
    if let Some(scratch) = &scratch {
        resolved = resolved.isolate(scratch.path());
    }
    resolved.notices.iter().for_each(|notice| terminal::complain(format_args!("ecs-router: {notice}")));
    match arguments.send {
        true => live::run(arguments, &resolved, &matcher),
        false if arguments.incidents => incidents::run(arguments, &resolved, &matcher),
        false => dry::run(arguments, &resolved, &matcher),
    }
}

/// The chosen output.
struct Prepared {
    resolved: Resolved,
    matcher: TagMatcher,
}

/// The chosen output, or the lines that explain why there is none.
fn prepare(arguments: &ReplayArguments) -> Result<Prepared, Vec<String>> {
    let configuration = config::read(&arguments.config);
    if !configuration.errors.is_empty() {
        return Err(configuration.errors.iter().map(ToString::to_string).collect());
    }
    let section = choose(&configuration, arguments)?;
    let mut variables = configuration.variables.clone();
    for (name, value) in std::env::vars() {
        // The file's variables take precedence, as in Fluent Bit.
        variables.entry(name).or_insert(value);
    }
    let resolved = Resolved::new(section, &variables, &arguments.sets, arguments.send)?;
    Ok(Prepared { resolved, matcher: TagMatcher::new(section) })
}

/// `90s`, `10m`, `1h`, `7d`
fn duration(text: &str) -> Result<Duration, String> {
    let advice = || format!("'{text}' is not a duration; write 90s, 10m, 1h or 7d");
    let unit = text.chars().last().ok_or_else(advice)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(advice()),
    };
    let number: u64 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(advice)?;
    let seconds = number.checked_mul(seconds).filter(|seconds| *seconds > 0).ok_or_else(advice)?;
    Ok(Duration::from_secs(seconds))
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
                reasons.push(format!("  --output {number}  {}", section.location));
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
