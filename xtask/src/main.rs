//! Chores of this repository that cargo has no command for.
//!
//! Owns: the command line. What `dist` does stands in `dist`; this file starts nothing itself.
//!
//! - `dist` – the order of the steps, one target after the other
//! - `tools` – running programs, and what to do when one is missing
//! - `symbols` – which C library and which other libraries a built file needs
//! - `licences` – the texts of everything that is linked
//! - `archive` – checksums and the `.tar.gz`

mod archive;
mod dist;
mod licences;
mod symbols;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask dist [--target TRIPLE]…    builds, checks and packs; without --target: every Linux target installed
       cargo xtask dist --check FILE…         only says which glibc built files need";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match Chore::read(&arguments) {
        Some(Chore::Dist(targets)) => dist::run(&targets),
        Some(Chore::Check(files)) => dist::check(&files),
        None => Err(USAGE.to_owned()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(what) => {
            eprintln!("{what}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Chore {
    /// For these targets; none named means all.
    Dist(Vec<String>),
    Check(Vec<PathBuf>),
}

impl Chore {
    /// `None`: nothing that there is.
    fn read(arguments: &[String]) -> Option<Self> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments.as_slice() {
            ["dist", "--check", files @ ..] if !files.is_empty() => {
                Some(Self::Check(files.iter().map(PathBuf::from).collect()))
            }
            ["dist", targets @ ..] => targets
                .chunks(2)
                .map(|pair| match pair {
                    ["--target", target] => Some((*target).to_owned()),
                    _ => None,
                })
                .collect::<Option<_>>()
                .map(Self::Dist),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Chore> {
        Chore::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_read() {
        assert_eq!(read("dist"), Some(Chore::Dist(Vec::new())));
        assert_eq!(read("dist --target a --target b"), Some(Chore::Dist(vec!["a".into(), "b".into()])));
        assert_eq!(read("dist --check a b"), Some(Chore::Check(vec!["a".into(), "b".into()])));
    }

    #[test]
    fn anything_else_gets_the_usage() {
        for line in ["", "build", "dist --check", "dist --target", "dist a", "dist --target a b"] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
