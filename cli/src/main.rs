//! `ecs-router`: checks a configuration of the plugin before it is deployed, and shows what the plugin does with records.
//!
//! Owns: arguments, files, the terminal. The library decides everything that the plugin decides; its less stable modules
//! are used in `adapter` only.

#![forbid(unsafe_code)]

mod adapter;
mod check;
mod config;
mod explain;
mod health;
mod keys;
mod records;
mod replay;
mod suggest;
mod terminal;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

#[derive(Debug, Parser)]
#[command(name = "ecs-router", version = ecs_router::version::DESCRIPTION, about = "Tries a configuration of the Fluent Bit output ecs_router")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what is wrong with a configuration before it is deployed: 0 nothing, 1 warnings, 2 errors
    Check(check::CheckArguments),
    /// Tells what the plugin makes of an event or record: its class and, for a stop, why it happened
    Explain(explain::ExplainArguments),
    /// Sends recorded records through the real pipeline and shows what goes where; delivers nothing unless told to
    Replay(replay::ReplayArguments),
    /// Lists the keys of the configuration, or those of one type of destination
    Keys(keys::KeysArguments),
    /// Asks the Fluent Bit of this container whether it lives, for the container's health check: 0 yes, 1 no
    Health(health::HealthArguments),
    /// Prints a shell's completions
    Completions {
        /// The shell
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Health(arguments) => Ok(health::run(&arguments)),
        Command::Completions { shell } => completions(shell),
    };
    match result {
        Ok(code) => code,
        // The reader closed the pipe, as in `ecs-router keys | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            terminal::complain(format_args!("ecs-router: {error}"));
            ExitCode::from(2)
        }
    }
}

fn completions(shell: Shell) -> io::Result<ExitCode> {
    // The generator panics when it cannot write, so it writes to memory first.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ecs-router", &mut script);
    let mut out = terminal::output();
    out.write_all(&script)?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}
