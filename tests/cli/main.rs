//! The command line as people run it: arguments in, text and exit code out.
//!
//! - `cases` – mistakes of real people, kept beside the repository
//! - `check` – every broken configuration gets its message, good and foreign ones get none
//! - `connect` – what every destination says to `check --connect`, and that it stores nothing
//! - `format` – Fluent Bit's classic format, held against the real ones
//! - `explain` – class and report of every record, in order, whatever way the file is written in
//! - `incidents` – six hours of stops as a timeline of what people are told
//! - `init` – what it writes passes `check` and the tools of others, and does what was asked for
//! - `health` – the exit code that a container's health check becomes
//! - `keys` – the reference and the completions come from the one table
//! - `migrate` – awslogs and built-in outputs become ours, pass `check` and send records where they went
//! - `replay` – what goes where, without a connection; and real delivery, with the counters
//! - `tools` – cfn-lint and terraform, where they are
//! - `printing` – nothing printed controls the terminal
//! - `readme` – what the documents print: commands, links, configurations, log lines
//! - `reference` – the tables of keys are the ones the program itself goes by, in both languages

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]

mod cases;
mod check;
mod connect;
mod explain;
mod format;
mod health;
mod incidents;
mod init;
mod keys;
mod migrate;
mod printing;
mod readme;
mod redaction;
mod reference;
mod replay;
mod tools;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use test_support::environment;

/// What a run left behind.
#[derive(Debug)]
struct Ran {
    code: i32,
    out: String,
    err: String,
}

/// Runs the command line in the folder of the fixtures, without a key to any cloud.
fn ran(arguments: &[&str]) -> Ran {
    ran_with(arguments, "")
}

/// The same with something on standard input.
fn ran_with(arguments: &[&str], input: &str) -> Ran {
    finish(command(arguments), input.as_bytes())
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ecs-router"));
    command.args(arguments).current_dir(fixtures());
    for name in environment::STRANGERS {
        command.env_remove(name);
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true").env_remove("AWS_ACCESS_KEY_ID");
    command
}

fn finish(mut command: Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command line starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    // A run that fails early does not read everything.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the command line ends");
    feeder.join().expect("no panic");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

fn fixtures() -> PathBuf {
    test_support::root().join("tests/fixtures")
}
