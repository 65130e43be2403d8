//! The files themselves: checked, written or printed, never over another.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::Value;

use super::plan::Plan;
use super::{Iac, InitArguments, PLUGINS, cloudformation, conf, iam, steps, task, terraform};
use crate::scratch::Scratch;
use crate::{check, terminal};

struct PlannedFile {
    name: &'static str,
    /// What it is, for people.
    about: &'static str,
    text: String,
}

/// Writes or prints what is planned.
pub(super) fn write(plan: &Plan, arguments: &InitArguments) -> io::Result<ExitCode> {
    let files = files(plan, arguments.iac);
    let remarks = remarks(plan, &files)?;
    if !remarks.is_empty() {
        remarks.iter().for_each(|remark| terminal::complain(format_args!("ecs-router: {remark}")));
        terminal::complain(format_args!("ecs-router: nothing was written"));
        return Ok(ExitCode::from(2));
    }
    let mut out = terminal::output();
    match arguments.dry_run {
        true => print(&mut out, &files)?,
        false => {
            let existing = existing(&arguments.dir, &files);
            if !existing.is_empty() {
                existing.iter().for_each(|path| {
                    terminal::complain(format_args!("ecs-router: {} is there already", path.display()));
                });
                terminal::complain(format_args!(
                    "ecs-router: nothing was written; move it away, or choose another folder with --dir"
                ));
                return Ok(ExitCode::from(2));
            }
            write_all(&mut out, &arguments.dir, &files)?;
            write_steps(&mut out, plan, arguments)?;
        }
    }
    out.flush()?;
    Ok(ExitCode::SUCCESS)
}

fn files(plan: &Plan, iac: Iac) -> Vec<PlannedFile> {
    let file = |name, about, text| PlannedFile { name, about, text };
    let mut files = vec![
        file(plan.configuration_file(), "what Fluent Bit reads", conf::configuration(plan)),
        file("plugins.conf", "loads the plugin", PLUGINS.to_owned()),
        file("Dockerfile", "puts both into the router's image", dockerfile(plan)),
        file("task-definition.json", "the task", pretty(&task::definition(plan))),
        file("trust-policy.json", "who may take the roles", pretty(&iam::trust(plan))),
    ];
    let task_policy = iam::task_policy(plan);
    files.extend(
        task_policy.map(|policy| file("task-role-policy.json", "what the plugin may do", pretty(&policy))),
    );
    let execution = pretty(&iam::execution_policy(plan));
    files.push(file("execution-role-policy.json", "what ECS may do before a container runs", execution));
    files.push(match iac {
        Iac::Cloudformation => {
            file("resources.json", "log groups, roles and the like", pretty(&cloudformation::template(plan)))
        }
        Iac::Terraform => file("main.tf", "log groups, roles and the like", terraform::main(plan)),
    });
    files
}

fn dockerfile(plan: &Plan) -> String {
    super::dockerfile(&plan.base_image(), &format!("{} plugins.conf /ecs-router/", plan.configuration_file()))
}

fn pretty(value: &Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    format!("{text}\n")
}

/// What `check` says of the configuration and the task definition together.
fn remarks(plan: &Plan, files: &[PlannedFile]) -> io::Result<Vec<String>> {
    let scratch = Scratch::new()?;
    let mut paths = Vec::new();
    for file in files {
        let path = scratch.path().join(file.name);
        fs::write(&path, &file.text)?;
        if matches!(file.name, "task-definition.json") || file.name == plan.configuration_file() {
            paths.push(path);
        }
    }
    Ok(check::remarks(&paths))
}

fn print(out: &mut impl Write, files: &[PlannedFile]) -> io::Result<()> {
    files.iter().try_for_each(|file| writeln!(out, "==> {} <==\n{}", file.name, file.text))
}

fn existing(folder: &Path, files: &[PlannedFile]) -> Vec<PathBuf> {
    let paths = files.iter().map(|file| folder.join(file.name));
    paths.filter(|path| path.symlink_metadata().is_ok()).collect()
}

fn write_all(out: &mut impl Write, folder: &Path, files: &[PlannedFile]) -> io::Result<()> {
    let named =
        |path: &Path, error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    fs::create_dir_all(folder).map_err(|error| named(folder, error))?;
    for file in files {
        let path = folder.join(file.name);
        let opened = OpenOptions::new().write(true).create_new(true).open(&path);
        let written = opened.and_then(|mut opened| opened.write_all(file.text.as_bytes()));
        written.map_err(|error| named(&path, error))?;
        writeln!(out, "wrote {}: {}", path.display(), file.about)?;
    }
    Ok(())
}

fn write_steps(out: &mut impl Write, plan: &Plan, arguments: &InitArguments) -> io::Result<()> {
    writeln!(out, "\nNext, in {}:", arguments.dir.display())?;
    for (number, step) in (1..).zip(steps::all(plan, arguments.iac)) {
        writeln!(out, "  {number}. {step}")?;
    }
    steps::hint(plan).map_or(Ok(()), |hint| writeln!(out, "\n{hint}"))
}
