//! All tests, as many binaries at a time as there are cores: most tests wait, for a pause or for a stand-in. What fails
//! runs once more, alone, and is named if it passes then. Does not own: what a test needs to be told.

use crate::tools::{output, program};
use serde_json::Value;
use std::collections::VecDeque;
use std::fmt::{self, Display, Formatter};
use std::num::NonZeroUsize;
use std::ops::AddAssign;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Test binaries that take longest start first, so that none is left over at the end.
const SLOWEST: [&str; 4] = ["suite", "faults", "ecs_router", "host"];
/// As many failures as a busy machine may cause; more are the code's, and nothing runs again.
const RUN_AGAIN: u64 = 10;

/// Runs every test of the workspace, prints what each binary said when it has ended, and at last one line with the sums.
///
/// # Errors
///
/// If a test does not compile, or fails also when nothing else runs beside it; every binary has run nevertheless.
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
    let sums = sums.into_inner().unwrap_or_else(PoisonError::into_inner).run_again();
    println!("\n{} passed, {} failed, {} skipped", sums.passed, sums.failed, sums.ignored);
    match sums.broken.as_slice() {
        [] => Ok(()),
        broken => {
            Err(format!("failed: {}", broken.iter().map(Broken::to_string).collect::<Vec<_>>().join("; ")))
        }
    }
}

/// Tests that run in one process.
#[derive(Debug, Clone, PartialEq, Eq)]
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
        let broken = match succeeded {
            true => Vec::new(),
            false => vec![Broken { group: self.clone(), tests: failed_tests(&said) }],
        };
        Sums { broken, ..Sums::of(&said) }
    }

    /// Whether this test of the group passes when nothing runs beside it. Of doc tests none is asked for: they wait for nobody.
    fn passes_alone(&self, test: &str) -> bool {
        if !self.arguments.is_empty() {
            return false;
        }
        let arguments = ["--exact", test].map(str::to_owned).to_vec();
        let sums = Self { name: format!("{} {test}, alone", self.name), arguments, ..self.clone() }.run();
        sums.broken.is_empty() && sums.passed == 1
    }
}

/// A group that did not end well.
#[derive(Debug, PartialEq, Eq)]
struct Broken {
    group: Group,
    /// Those that failed; none where the group ended in another way.
    tests: Vec<String>,
}

impl Display for Broken {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self.tests.is_empty() {
            true => formatter.write_str(&self.group.name),
            false => write!(formatter, "{} ({})", self.group.name, self.tests.join(", ")),
        }
    }
}

/// The tests that a binary lists as failed; none if that is not all that went wrong: it crashed, and others never ran.
fn failed_tests(said: &str) -> Vec<String> {
    let name = |line: &str| line.strip_prefix("test ")?.strip_suffix(" ... FAILED").map(str::to_owned);
    let names: Vec<String> = said.lines().filter_map(name).collect();
    if names.len() as u64 == Sums::of(said).failed { names } else { Vec::new() }
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
    broken: Vec<Broken>,
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

    /// Runs what failed once more. A test that passes then was decided by time, which somebody should mend: it is named.
    fn run_again(mut self) -> Self {
        if self.failed > RUN_AGAIN {
            return self;
        }
        for Broken { group, tests } in std::mem::take(&mut self.broken) {
            let (passed, failed): (Vec<_>, Vec<_>) =
                tests.into_iter().partition(|test| group.passes_alone(test));
            passed.iter().for_each(|test| println!("\npassed only alone: {} {test}", group.name));
            self.passed += passed.len() as u64;
            self.failed -= passed.len() as u64;
            if passed.is_empty() || !failed.is_empty() {
                self.broken.push(Broken { group, tests: failed });
            }
        }
        self
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
    use std::os::unix::fs::PermissionsExt;

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
        let broken = group.run().broken;
        assert_eq!(broken, [Broken { group, tests: Vec::new() }]);
        assert_eq!(broken[0].to_string(), "none");
    }

    /// A stand-in for a test binary: `slow` passes only where it is asked for alone.
    fn binary(folder: &Path) -> Group {
        let script = "#!/bin/sh\n\
            case \"$*\" in\n\
            '--exact a::slow') echo 'test result: ok. 1 passed; 0 failed; 0 ignored'; exit ;;\n\
            '--exact a::broken') echo 'test a::broken ... FAILED'; echo 'test result: FAILED. 0 passed; 1 failed; 0 ignored' ;;\n\
            '') printf 'test a::%s ... %s\\n' fine ok slow FAILED broken FAILED\n\
                echo 'test result: FAILED. 1 passed; 2 failed; 0 ignored' ;;\n\
            esac\nexit 101\n";
        let program = folder.join("binary");
        std::fs::write(&program, script).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Group { name: "suite".into(), program, arguments: Vec::new(), folder: folder.into() }
    }

    /// Its other tests never ran, or a failure has no name: that one of them passes alone says nothing of the rest.
    #[test]
    fn a_group_that_crashed_after_a_failure_stays_broken() {
        for said in [
            "test a::slow ... FAILED\n",
            "test a::slow ... FAILED\ntest result: FAILED. 0 passed; 2 failed; 0 ignored\n",
        ] {
            assert_eq!(failed_tests(said), [""; 0], "{said}");
        }
    }

    #[test]
    fn what_fails_runs_once_more_and_alone() {
        let folder = std::env::temp_dir().join(format!("ecs-router-xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let first = binary(&folder).run();
        assert_eq!(
            (first.passed, first.failed, first.broken[0].tests.as_slice()),
            (1, 2, &["a::slow".to_owned(), "a::broken".to_owned()][..])
        );
        let second = first.run_again();
        assert_eq!((second.passed, second.failed), (2, 1));
        assert_eq!(second.broken[0].to_string(), "suite (a::broken)");
        let many = Sums { failed: RUN_AGAIN + 1, ..binary(&folder).run() }.run_again();
        assert_eq!(
            (many.failed, many.broken[0].tests.len()),
            (RUN_AGAIN + 1, 2),
            "too many to be the machine's"
        );
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
