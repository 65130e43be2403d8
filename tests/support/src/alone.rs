//! A test in a process of its own: for what is process-wide, the environment and standard error.

use std::process::{Command, Stdio};

const MARK: &str = "ECS_ROUTER_TEST_ALONE";

/// Runs `body` in a child process that runs only the test of this name, and answers with what the child wrote to
/// standard error. In the child itself it runs `body` and ends the process.
#[track_caller]
pub fn alone(test: &str, body: impl FnOnce()) -> String {
    if std::env::var(MARK).is_ok_and(|name| name == test) {
        body();
        std::process::exit(0);
    }
    let child = Command::new(std::env::current_exe().expect("this binary"))
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

/// The name of the test function that this stands in, for [`alone`].
#[macro_export]
macro_rules! this_test {
    ($name:literal) => {
        concat!(module_path!(), "::", $name).split_once("::").expect("a path").1
    };
}
