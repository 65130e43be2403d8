//! All tests, as many binaries at a time as there are cores: most tests wait, for a pause or for a stand-in. Does not own:
//! what a test needs to be told.

use crate::tools::{output, program};
use serde_json::Value;
use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Test binaries that take longest start first, so that none is left over at the end.
const SLOWEST: [&str; 4] = ["suite", "faults", "ecs_router", "host"];

/// Runs every test of the workspace, prints what each binary said when it has ended, and at last one line with the sums.
///
/// # Errors
///
/// If a test does not compile or fails; every binary has run nevertheless.
pub(crate) fn all() -> Result<(), String> {
    let mut groups = binaries()?;
    groups.sort_by_key(|group| SLOWEST.iter().position(|slow| *slow == group.name).unwrap_or(SLOWEST.len()));
    groups.push(Group::of_doc_tests());
    let waiting = Mutex::new(VecDeque::from(groups));
    let sums = Mutex::new(Sums::default());
    let lanes = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..lanes {
            scope.spawn(|| run_waiting(&waiting, &sums));
        }
    });
    let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("\n{} passed, {} failed, {} skipped", sums.passed, sums.failed, sums.ignored);
    match sums.broken.as_slice() {
        [] => Ok(()),
        broken => Err(format!("failed: {}", broken.join(", "))),
    }
}

/// Tests that run in one process.
#[derive(Debug, PartialEq, Eq)]
struct Group {
    name: String,
    program: PathBuf,
    arguments: Vec<String>,
    /// The root of the package, where cargo runs its tests.
    folder: PathBuf,
}

impl Group {
    /// The examples in comments, which only cargo can run.
    fn of_doc_tests() -> Self {
        let arguments = ["test", "--workspace", "--doc", "--no-fail-fast"].map(str::to_owned).to_vec();
        Self {
            name: "doc tests".to_owned(),
            program: "cargo".into(),
            arguments,
            folder: crate::tools::root().into(),
        }
    }

    /// What a message of cargo's tells of a test binary; `None` if it is about something else.
    fn in_message(message: &Value) -> Option<Self> {
        let program = message["executable"].as_str().filter(|_| message["profile"]["test"] == true)?;
        let folder = Path::new(message["manifest_path"].as_str()?).parent()?;
        let name = message["target"]["name"].as_str()?.to_owned();
        Some(Self { name, program: program.into(), arguments: Vec::new(), folder: folder.into() })
    }

    fn run(&self) -> Sums {
        let start = Instant::now();
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder).env("CARGO_MANIFEST_DIR", &self.folder);
        let (said, succeeded) = match command.output() {
            Ok(output) => {
                let said = [output.stderr, output.stdout].concat();
                (String::from_utf8_lossy(&said).into_owned(), output.status.success())
            }
            Err(error) => (format!("cannot run {}: {error}", self.program.display()), false),
        };
        println!("\n== {}: {} s\n{said}", self.name, start.elapsed().as_secs());
        let broken = if succeeded { Vec::new() } else { vec![self.name.clone()] };
        Sums { broken, ..Sums::of(&said) }
    }
}

/// Builds all test binaries.
fn binaries() -> Result<Vec<Group>, String> {
    let build = ["test", "--workspace", "--no-run", "--quiet", "--message-format", "json-render-diagnostics"];
    let messages = output(program("cargo").args(build))?;
    let messages = messages.lines().filter_map(|line| serde_json::from_str(line).ok());
    Ok(messages.filter_map(|message: Value| Group::in_message(&message)).collect())
}

fn run_waiting(waiting: &Mutex<VecDeque<Group>>, sums: &Mutex<Sums>) {
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    while let Some(group) = next() {
        let outcome = group.run();
        *sums.lock().unwrap_or_else(PoisonError::into_inner) += outcome;
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Sums {
    passed: u64,
    failed: u64,
    ignored: u64,
    /// The names of the groups that did not end well.
    broken: Vec<String>,
}

impl Sums {
    /// Adds up the closing lines of the test binaries.
    fn of(said: &str) -> Self {
        let mut sums = Self::default();
        for line in said.lines().filter(|line| line.starts_with("test result: ")) {
            sums.passed += number_before(line, " passed;");
            sums.failed += number_before(line, " failed;");
            sums.ignored += number_before(line, " ignored;");
        }
        sums
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.broken.extend(other.broken);
    }
}

fn number_before(line: &str, unit: &str) -> u64 {
    let number = line.split(unit).next().and_then(|before| before.rsplit(' ').next());
    number.and_then(|number| number.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn closing_lines_are_added_up() {
        let said = "test a ... ok\ntest result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
                    test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(Sums::of(said), Sums { passed: 15, failed: 2, ignored: 1, broken: Vec::new() });
    }

    #[test]
    fn test_binaries_are_told_from_what_else_is_built() {
        let message = |test: bool, executable: Value| {
            json!({
                "reason": "compiler-artifact", "manifest_path": "/r/cli/Cargo.toml", "target": {"name": "cli"},
                "profile": {"test": test}, "executable": executable,
            })
        };
        let cli = Group::in_message(&message(true, json!("/r/target/cli-1"))).unwrap();
        assert_eq!((cli.name.as_str(), cli.folder.as_path()), ("cli", Path::new("/r/cli")));
        for other in [
            message(false, json!("/r/target/tool")),
            message(true, Value::Null),
            json!({"reason": "build-finished"}),
        ] {
            assert_eq!(Group::in_message(&other), None, "{other}");
        }
    }

    #[test]
    fn a_group_that_fails_is_named() {
        let group = Group {
            name: "none".into(),
            program: "/nowhere/none".into(),
            arguments: Vec::new(),
            folder: "/".into(),
        };
        assert_eq!(group.run().broken, ["none"]);
    }
}
