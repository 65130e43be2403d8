//! `cargo xtask dist`: the library and the command line as one file each that runs on every image of
//! aws-for-fluent-bit, packed with what belongs to them.
//!
//! Owns: the order of the steps and the names in `dist/`. Does not own: which glibc is allowed (`symbols`).

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::symbols::{self, GLIBC};
use crate::{archive, licences, tools};

/// The packages that are built: the shared library and the command line.
pub(crate) const PACKAGE: &str = "out_ecs_router";
const COMMAND_LINE: &str = "ecs-router-cli";
const LIBRARY: &str = "libout_ecs_router.so";
const PROGRAM: &str = "ecs-router";

/// The platforms of Fargate and EC2.
const TARGETS: [&str; 2] = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"];

/// Builds for these targets, or without any for all that are installed.
pub(crate) fn run(targets: &[String]) -> Result<(), String> {
    tools::require_zig()?;
    let chosen: Vec<&str> = match targets {
        [] => TARGETS.into_iter().filter(|target| is_installed_or_skipped(target)).collect(),
        targets => targets.iter().map(String::as_str).collect(),
    };
    if let Some(missing) = chosen.iter().find(|target| !is_installed(target)) {
        return Err(format!("the Rust target {missing} is not installed: rustup target add {missing}"));
    }
    match chosen.is_empty() {
        true => Err("no Rust target is installed; rustup target add brings one".to_owned()),
        false => chosen.iter().try_for_each(|target| build(target)),
    }
}

/// Prints which glibc each of these files needs. Fails when one needs too new a glibc or another library.
pub(crate) fn check(files: &[PathBuf]) -> Result<(), String> {
    let mut faults = Vec::new();
    for file in files {
        let needs = symbols::needs(file)?;
        match needs.newest {
            Some(newest) => println!("{}: needs glibc {newest}", file.display()),
            None => println!("{}: needs no version of glibc", file.display()),
        }
        faults.extend(needs.faults.iter().map(|fault| format!("{}: {fault}", file.display())));
    }
    match faults.is_empty() {
        true => Ok(()),
        false => Err(format!("{}\nnothing above glibc {GLIBC} may be needed", faults.join("\n"))),
    }
}

/// Whether the target is installed; prints a line when it is not.
fn is_installed_or_skipped(target: &str) -> bool {
    let is_installed = is_installed(target);
    if !is_installed {
        println!("{target}: left out, the Rust target is not installed (rustup target add {target})");
    }
    is_installed
}

fn is_installed(target: &str) -> bool {
    let libdir =
        tools::output(tools::program("rustc").args(["--print", "target-libdir", "--target", target]));
    libdir.is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

fn build(target: &str) -> Result<(), String> {
    let metadata = metadata(target)?;
    compile(target)?;
    let built = tools::root().join("target").join(target).join("release");
    check(&[built.join(LIBRARY), built.join(PROGRAM)])?;
    let version = version(&metadata)?;
    let folder = tools::root().join("dist").join(format!("{version}-{target}"));
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", folder.display());
    let names = fill(&folder, &built, &metadata)?;
    let sums = archive::sums(&folder, &names).map_err(failed)?;
    fs::write(folder.join("SHA256SUMS"), sums).map_err(failed)?;
    let names = [names, vec!["SHA256SUMS".to_owned()]].concat();
    let packed = folder.with_file_name(format!("ecs_router-{version}-{target}.tar.gz"));
    archive::pack(&folder, &names, &packed).map_err(failed)?;
    println!("{}\n{}", folder.display(), packed.display());
    Ok(())
}

/// The output of `cargo metadata` for a target.
pub(crate) fn metadata(target: &str) -> Result<Value, String> {
    let arguments = ["metadata", "--format-version", "1", "--locked", "--filter-platform", target];
    let printed = tools::output(tools::program("cargo").args(arguments))?;
    serde_json::from_str(&printed).map_err(|error| format!("cargo metadata: {error}"))
}

fn version(metadata: &Value) -> Result<&str, String> {
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let mut own = packages.filter(|package| package["name"] == PACKAGE);
    let version = own.next().and_then(|package| package["version"].as_str());
    version.ok_or_else(|| format!("cargo metadata knows no package {PACKAGE}"))
}

fn compile(target: &str) -> Result<(), String> {
    [PACKAGE, COMMAND_LINE].iter().try_for_each(|package| zigbuild(target, package))
}

/// The linker strips the symbols, because `strip` only knows the files of one processor.
fn zigbuild(target: &str, package: &str) -> Result<(), String> {
    let mut zig = tools::program("cargo-zigbuild");
    zig.args(["zigbuild", "--release", "--locked", "--package", package]);
    zig.args(["--target", &format!("{target}.{GLIBC}")]);
    tools::run(zig.env("CARGO_PROFILE_RELEASE_STRIP", "symbols").env("ECS_ROUTER_GLIBC", GLIBC.to_string()))
}

/// Empties the folder and fills it with everything that is packed. Returns the names of the files.
fn fill(folder: &Path, built: &Path, metadata: &Value) -> Result<Vec<String>, String> {
    let licences = licences::text(metadata, PACKAGE)?;
    let failed = |error: std::io::Error| format!("cannot write {}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(failed)?;
    }
    fs::create_dir_all(folder).map_err(failed)?;
    for (name, from) in [(LIBRARY, built), (PROGRAM, built), ("LICENSE", tools::root())] {
        fs::copy(from.join(name), folder.join(name)).map_err(failed)?;
    }
    fs::write(folder.join("LICENSES-OF-DEPENDENCIES.txt"), licences).map_err(failed)?;
    Ok([LIBRARY, PROGRAM, "LICENSE", "LICENSES-OF-DEPENDENCIES.txt"].map(str::to_owned).to_vec())
}
