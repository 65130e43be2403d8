//! Runs programs, and tells how to get those that are missing. Does not own: what they are run for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

// The versions that `examples/docker/Dockerfile` builds with.
pub(crate) const ZIGBUILD: &str = "cargo-zigbuild==0.24.0";
pub(crate) const ZIG: &str = "ziglang==0.15.2";

/// The repository's root folder.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

/// A command that runs in the repository's root, with the tools of `target/zig` first in its path.
pub(crate) fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(root()).env("PATH", path());
    command
}

/// Runs a command, whose output the user sees.
pub(crate) fn run(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{} ended with {status}", command_line(command))),
        Err(error) => Err(format!("cannot run {}: {error}", command_line(command))),
    }
}

/// Runs a command and returns its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("cannot run {}: {error}", command_line(command)))?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{} ended with {}", command_line(command), output.status)),
    }
}

/// Fails unless cargo-zigbuild and zig are installed. The error tells how to install them.
pub(crate) fn require_zig() -> Result<(), String> {
    let zigbuild = runs("cargo-zigbuild", &["--version"]);
    let zig = runs("zig", &["version"]) || runs("python3", &["-m", "ziglang", "version"]);
    let missing = match (zigbuild, zig) {
        (true, true) => return Ok(()),
        (true, false) => "zig is",
        (false, true) => "cargo-zigbuild is",
        (false, false) => "cargo-zigbuild and zig are",
    };
    Err(format!(
        "{missing} missing. This gets both, below target/ and nowhere else:\n    \
         python3 -m venv target/zig\n    \
         target/zig/bin/pip install {ZIGBUILD} {ZIG}\n\
         Then run the same command again; target/zig/bin is looked into without being in your PATH."
    ))
}

fn runs(name: &str, arguments: &[&str]) -> bool {
    let status = program(name).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

fn path() -> OsString {
    let own = root().join("target/zig/bin");
    let rest = std::env::var_os("PATH").unwrap_or_default();
    let paths: Vec<PathBuf> = std::iter::once(own).chain(std::env::split_paths(&rest)).collect();
    std::env::join_paths(paths).unwrap_or(rest)
}

fn command_line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_is_built_with_the_same_versions() {
        let dockerfile = std::fs::read_to_string(root().join("examples/docker/Dockerfile")).unwrap();
        assert!(dockerfile.contains(&format!("{ZIGBUILD} {ZIG}")));
    }
}
