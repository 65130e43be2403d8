//! Chores of this repository that cargo has no command for.
//!
//! Owns: the command line. Does not own: what a chore does.
//!
//! - `dist` – the steps of a release build, target by target
//! - `test` – all tests, on all cores
//! - `tools` – runs programs, and tells how to get those that are missing
//! - `symbols` – the version of glibc and the other libraries that a built file needs
//! - `licences` – the licences of everything that is linked
//! - `archive` – checksums and the `.tar.gz`
//! - `images` – the pictures of the documents

mod archive;
mod dist;
mod images;
mod licences;
mod symbols;
mod test;
mod tools;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask test                       runs all tests, several test binaries at a time
       cargo xtask dist [--target TRIPLE]…    builds, checks and packs; without --target: every Linux target installed
       cargo xtask dist --check FILE…         only says which glibc built files need
       cargo xtask images [--check]           draws the pictures of the documents, or says which are old";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match Chore::parse(&arguments) {
        Some(Chore::Dist(targets)) => dist::run(&targets),
        Some(Chore::Check(files)) => dist::check(&files),
        Some(Chore::Test) => test::all(),
        Some(Chore::Draw) => images::draw(),
        Some(Chore::CheckDrawn) => images::check(),
        None => Err(USAGE.to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Chore {
    /// Builds these targets, or all if there are none.
    Dist(Vec<String>),
    Check(Vec<PathBuf>),
    Test,
    /// Draws the pictures of the documents.
    Draw,
    CheckDrawn,
}

impl Chore {
    /// `None` when the arguments name no chore.
    fn parse(arguments: &[String]) -> Option<Self> {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        match arguments.as_slice() {
            ["test"] => Some(Self::Test),
            ["images"] => Some(Self::Draw),
            ["images", "--check"] => Some(Self::CheckDrawn),
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
        Chore::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_read() {
        assert_eq!(read("dist"), Some(Chore::Dist(Vec::new())));
        assert_eq!(read("test"), Some(Chore::Test));
        assert_eq!((read("images"), read("images --check")), (Some(Chore::Draw), Some(Chore::CheckDrawn)));
        assert_eq!(read("dist --target a --target b"), Some(Chore::Dist(vec!["a".into(), "b".into()])));
        assert_eq!(read("dist --check a b"), Some(Chore::Check(vec!["a".into(), "b".into()])));
    }

    #[test]
    fn anything_else_gets_the_usage() {
        for line in [
            "",
            "build",
            "dist --check",
            "dist --target",
            "dist a",
            "dist --target a b",
            "images a",
            "test a",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }
}
