//! A command and its output, as a terminal shows them.

use std::process::{Command, Stdio};

use crate::tools;

const BOLD: &str = "\u{1b}[1m";
const PLAIN: &str = "\u{1b}[0m";

/// A picture cannot be scrolled: longer lines go on in the next one, and those of the demo are cut.
const COLUMNS: usize = 110;

/// The command line with these arguments. It may find faults, which is what a picture of `check` shows.
pub(super) fn ecs_router(arguments: &str) -> Result<String, String> {
    Ok(picture(&format!("ecs-router {arguments}"), &output_of(arguments)?))
}

/// What the command line says to these arguments.
pub(super) fn output_of(arguments: &str) -> Result<String, String> {
    let mut command = cargo(&["run", "--quiet", "--package", "ecs-router-cli", "--"]);
    command.args(arguments.split_whitespace()).env("AWS_EC2_METADATA_DISABLED", "true");
    said(&mut command)
}

/// What the demo says about stops: the rest of it has new ids each time.
pub(super) fn demo() -> Result<String, String> {
    let output = said(&mut cargo(&["run", "--quiet", "--example", "demo"]))?;
    let lines = output.lines().skip_while(|line| !line.starts_with("Why tasks stopped"));
    let lines: Vec<_> = lines.take_while(|line| !line.is_empty()).map(cut).collect();
    match lines.is_empty() {
        true => Err("the demo does not say why tasks stopped".to_owned()),
        false => Ok(picture("cargo run --release --example demo", &format!("…\n{}\n…", lines.join("\n")))),
    }
}

fn cut(line: &str) -> String {
    match line.chars().count() > COLUMNS {
        true => line.chars().take(COLUMNS - 1).chain(['…']).collect(),
        false => line.to_owned(),
    }
}

fn picture(command: &str, output: &str) -> String {
    let command = wrap(&format!("$ {command}")).join("\n");
    let output: Vec<_> = output.trim_end().lines().flat_map(wrap).collect();
    anstyle_svg::Term::new().render_svg(&format!("{BOLD}{command}{PLAIN}\n{}", output.join("\n")))
}

/// Breaks a long line before a word.
fn wrap(line: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in line.split_inclusive(' ') {
        let length = lines.last().map_or(0, |last| last.chars().count());
        if length > 0 && length + word.trim_end().chars().count() > COLUMNS {
            lines.push("    ".to_owned());
        }
        lines.last_mut().into_iter().for_each(|last| last.push_str(word));
    }
    lines
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = tools::program(env!("CARGO"));
    command.args(arguments);
    command
}

/// Standard output, whatever the exit code.
fn said(command: &mut Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.is_empty() {
        true => Err(format!("{command:?} says nothing")),
        false => Ok(text),
    }
}
