//! A test in a process of its own: for what is process-wide, the environment and standard error.

use std::path::PathBuf;
use std::process::{Command, Stdio};

const MARK: &str = "ECS_ROUTER_TEST_ALONE";

/// Runs `body` in a child process that runs only the test of this name, and answers with what the child wrote to
/// standard error. In the child itself it runs `body` and ends the process.
#[track_caller]
pub fn alone(test: &str, body: impl FnOnce()) -> String {
    run_if_alone(test, body);
    run_child(test, Command::new(this_binary()))
}

/// Like [`alone`], in a network of its own that has nothing but the loopback device, which `setup`, commands of the
/// shell, prepares. Says so and answers with `None` where the machine permits no such network.
#[track_caller]
pub fn in_own_network(test: &str, setup: &str, body: impl FnOnce()) -> Option<String> {
    run_if_alone(test, body);
    let own = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--net", "sh", "-ec", script]);
        command
    };
    let tried = own(setup).output();
    if !tried.as_ref().is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: this machine permits no network of a test's own: {tried:?}");
        return None;
    }
    let mut child = own(&format!("{setup}\nexec \"$0\" \"$@\""));
    child.arg(this_binary());
    Some(run_child(test, child))
}

fn this_binary() -> PathBuf {
    std::env::current_exe().expect("this binary")
}

fn run_if_alone(test: &str, body: impl FnOnce()) {
    if std::env::var(MARK).is_ok_and(|name| name == test) {
        body();
        std::process::exit(0);
    }
}

#[track_caller]
fn run_child(test: &str, mut command: Command) -> String {
    let child = command
        .args(["--exact", test, "--test-threads", "1", "--nocapture"])
        .env(MARK, test)
        .stdin(Stdio::null())
        .output()
        .expect("the child starts");
    let said = String::from_utf8_lossy(&child.stderr).into_owned();
    let ran = String::from_utf8_lossy(&child.stdout).contains("running 1 test");
    assert!(ran, "no test is called {test}");
    assert!(child.status.success(), "{test} in a process of its own: {}\n{said}", child.status);
    said
}

/// The name of the test function that this is in, for [`alone`].
#[macro_export]
macro_rules! this_test {
    ($name:literal) => {
        concat!(module_path!(), "::", $name).split_once("::").expect("a path").1
    };
}
