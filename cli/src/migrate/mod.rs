//! `migrate`: a task definition with `awslogs`, or a Fluent Bit configuration with built-in outputs, into ours.
//!
//! What cannot be translated is named with its line and stays as it is, so that nothing is lost.

mod awslogs;
mod conf;
mod fragment;
mod intrinsics;
mod outputs;
mod owner;
mod plugins;
mod rewrite;
mod routes;
mod service;
mod steps;
mod templates;

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::config;
use crate::scratch::Scratch;
use crate::{check, terminal};

#[derive(Debug, clap::Args)]
pub(crate) struct MigrateArguments {
    /// A task definition whose containers log with awslogs (JSON, the answer of describe-task-definition, CloudFormation,
    /// terraform show -json), or a Fluent Bit configuration with built-in outputs
    file: PathBuf,
    /// Writes the files to this folder, never over another, instead of printing them
    #[arg(long, value_name = "FOLDER")]
    dir: Option<PathBuf>,
}

/// What a migration makes.
#[derive(Debug, Default)]
struct Migration {
    files: Vec<MigratedFile>,
    /// What somebody has to look at, with its place.
    remarks: Vec<String>,
    /// What is left to do by hand.
    steps: Vec<String>,
    /// Something stays that is not ours.
    is_partial: bool,
}

#[derive(Debug)]
struct MigratedFile {
    name: String,
    text: String,
    /// Whether `check` reads it.
    is_checked: bool,
}

/// Translates the file. Exits with 0 when all of it is ours, 1 when something stays as it was, 2 when it cannot be read.
pub(crate) fn run(arguments: &MigrateArguments) -> io::Result<ExitCode> {
    let path = &arguments.file;
    let fragment = fs::read_to_string(path).ok().map(|text| fragment::read(path, &text)).transpose()?;
    let migration = match fragment.flatten() {
        Some(task) => fragment::migrate(path, &task),
        None => match whole(path)? {
            Some(migration) => migration,
            None => return Ok(ExitCode::from(2)),
        },
    };
    if migration.files.is_empty() {
        let what =
            "has neither a container that logs with awslogs nor a built-in output that can be translated";
        migration.remarks.iter().for_each(|remark| complain(remark));
        complain(&format!("{}: {what}; nothing was written", path.display()));
        return Ok(ExitCode::from(2));
    }
    if !write(&migration.files, arguments.dir.as_deref())? {
        return Ok(ExitCode::from(2));
    }
    migration.remarks.iter().for_each(|remark| complain(remark));
    checked(&migration.files)?.iter().for_each(|remark| complain(&format!("check: {remark}")));
    say_steps(&migration.steps, arguments.dir.as_deref())?;
    Ok(if migration.is_partial { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Translates a whole file; `None` when it cannot be read, and why has been said.
fn whole(path: &Path) -> io::Result<Option<Migration>> {
    let configuration = config::read(path);
    if !configuration.errors.is_empty() {
        configuration.errors.iter().for_each(|error| complain(&error.to_string()));
        return Ok(None);
    }
    let text = fs::read_to_string(path)?;
    Ok(Some(match configuration.tasks.is_empty() {
        true => conf::migrate(path, &text, &configuration),
        false => awslogs::migrate(&text, &configuration),
    }))
}

fn complain(text: &str) {
    terminal::complain(format_args!("ecs-router: {text}"));
}

/// Prints the files, or writes them to a folder. Returns whether nothing stood in the way.
fn write(files: &[MigratedFile], folder: Option<&Path>) -> io::Result<bool> {
    let mut out = terminal::output();
    let Some(folder) = folder else {
        for file in files {
            if files.len() > 1 {
                writeln!(out, "==> {} <==", file.name)?;
            }
            writeln!(out, "{}", file.text)?;
        }
        out.flush()?;
        return Ok(true);
    };
    fs::create_dir_all(folder)?;
    let paths: Vec<PathBuf> = files.iter().map(|file| folder.join(&file.name)).collect();
    let existing: Vec<&PathBuf> = paths.iter().filter(|path| path.symlink_metadata().is_ok()).collect();
    if !existing.is_empty() {
        existing.iter().for_each(|path| complain(&format!("{} is there already", path.display())));
        complain("nothing was written; choose another folder with --dir");
        return Ok(false);
    }
    for (file, path) in files.iter().zip(&paths) {
        OpenOptions::new().write(true).create_new(true).open(path)?.write_all(file.text.as_bytes())?;
        writeln!(out, "wrote {}", path.display())?;
    }
    out.flush()?;
    Ok(true)
}

/// Says what to do next: beside the files' names, or on standard error where the files themselves are the output.
fn say_steps(steps: &[String], folder: Option<&Path>) -> io::Result<()> {
    let numbered = (1..).zip(steps).map(|(number, step)| format!("  {number}. {step}"));
    let Some(folder) = folder else {
        complain("next:");
        numbered.for_each(|step| terminal::complain(format_args!("{step}")));
        return Ok(());
    };
    let mut out = terminal::output();
    writeln!(out, "\nNext, in {}:", folder.display())?;
    numbered.into_iter().try_for_each(|step| writeln!(out, "{step}"))?;
    out.flush()
}

/// What `check` says of what was made.
fn checked(files: &[MigratedFile]) -> io::Result<Vec<String>> {
    let scratch = Scratch::new()?;
    let mut paths = Vec::new();
    for file in files.iter().filter(|file| file.is_checked) {
        let path = scratch.path().join(&file.name);
        fs::write(&path, &file.text)?;
        paths.push(path);
    }
    Ok(check::remarks(&paths))
}
