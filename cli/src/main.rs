//! `ecs-router`: checks a configuration of the plugin before it is deployed, and shows what the plugin does with records.
//!
//! Owns: arguments, files, the terminal. The library decides everything that the plugin decides; its less stable modules
//! are used in `adapter` only.

#![forbid(unsafe_code)]

mod adapter;
mod address;
mod check;
mod config;
mod explain;
mod health;
mod init;
mod keys;
mod migrate;
mod records;
mod replay;
mod scratch;
mod suggest;
mod terminal;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};
use clap_complete::Shell;

#[derive(Debug, Parser)]
#[command(name = "ecs-router", max_term_width = 110, version = ecs_router::version::DESCRIPTION, about = "Tries a configuration of the Fluent Bit output ecs_router")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tests a configuration before it is deployed: 0 all is well, 1 warnings, 2 errors
    Check(check::CheckArguments),
    /// Tells what the plugin makes of an event or record: its class and, for a stop, why it happened
    Explain(explain::ExplainArguments),
    /// Sends recorded records through the real pipeline and shows what goes where; delivers nothing unless told to
    Replay(replay::ReplayArguments),
    /// Writes the files to start a deployment with: configuration, task definition, policies, resources
    Init(Box<init::InitArguments>),
    /// Translates a task definition with awslogs, or built-in outputs with rewrite_tag, and names what it cannot
    Migrate(migrate::MigrateArguments),
    /// Lists the keys of the configuration, or those of one type of destination
    Keys(keys::KeysArguments),
    /// Prints the manual page: ecs-router man | man -l -
    Man,
    /// Checks that Fluent Bit is alive, as the health check of its container: 0 yes, 1 no
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
        Command::Init(arguments) => init::run(&arguments),
        Command::Migrate(arguments) => migrate::run(&arguments),
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Man => manual(),
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

/// Prints the manual page with those of the commands after it.
fn manual() -> io::Result<ExitCode> {
    let mut command = Cli::command();
    command.build();
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        page.extend(format!(".SH \"ECS-ROUTER {}\"\n", part.get_name().to_uppercase()).into_bytes());
        let part = clap_mangen::Man::new(part.clone());
        part.render_synopsis_section(&mut page)?;
        part.render_description_section(&mut page)?;
        part.render_options_section(&mut page)?;
    }
    let page = without_other_pages(&command, &page);
    let mut out = terminal::output();
    out.write_all(page.as_bytes())?;
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The commands are sections of this page; there is no `ecs-router-check(1)`.
fn without_other_pages(command: &clap::Command, page: &[u8]) -> String {
    let page = String::from_utf8_lossy(page).into_owned();
    let names = command.get_subcommands().map(clap::Command::get_name);
    names.fold(page, |page, name| {
        page.replace(&format!("ecs\\-router\\-{name}(1)"), &format!("ecs\\-router {name}"))
    })
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
