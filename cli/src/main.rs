//! `ecs-router`: tries a configuration of the plugin before it is deployed, and tells what the plugin makes of records.
//!
//! Owns: arguments, files, the terminal. Everything the plugin itself decides is asked of the library; what is likely
//! to change there is used in `adapter` only, one file per module of the library.

#![forbid(unsafe_code)]

mod adapter;
mod check;
mod config;
mod explain;
mod keys;
mod nearest;
mod records;
mod replay;
mod terminal;

use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

#[derive(Debug, Parser)]
#[command(name = "ecs-router", version = ecs_router::version::DESCRIPTION, about = "Tries a configuration of the Fluent Bit output ecs_router")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Says what is wrong with a configuration before it is deployed: 0 nothing, 1 warnings, 2 errors
    Check(check::Arguments),
    /// Tells what the plugin makes of an event or record: its class and, for a stop, why it happened
    Explain(explain::Arguments),
    /// Sends recorded records through the real pipeline and shows what goes where; delivers nothing unless told to
    Replay(replay::Arguments),
    /// Lists the keys of the configuration, or those of one type of destination
    Keys(keys::Arguments),
    /// Prints a shell's completions
    Completions {
        /// The shell
        shell: Shell,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        Command::Replay(arguments) => replay::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Completions { shell } => completions(shell),
    };
    match done {
        Ok(code) => code,
        // Whoever reads has seen enough: `ecs-router keys | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ecs-router: {error}");
            ExitCode::from(2)
        }
    }
}

fn completions(shell: Shell) -> io::Result<ExitCode> {
    // The generator panics when it cannot write; memory it can.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "ecs-router", &mut script);
    io::Write::write_all(&mut io::stdout(), &script)?;
    Ok(ExitCode::SUCCESS)
}
