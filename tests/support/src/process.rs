//! Child processes that do not outlive the test that started them.

use std::process::{Child, Command, ExitStatus};
use std::time::{Duration, Instant};

/// Killed on drop, if it still runs.
#[derive(Debug)]
pub struct Running(pub Child);

impl Running {
    pub fn start(command: &mut Command) -> Self {
        let child = command.spawn();
        Self(child.unwrap_or_else(|error| panic!("{:?} does not start: {error}", command.get_program())))
    }

    /// Sends it the signal of this name; `TERM` is how a container runtime asks it to end.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.0.id().to_string()]).status();
        assert!(status.is_ok_and(|status| status.success()), "it ended before it was asked to");
    }

    pub fn runs(&mut self) -> bool {
        self.0.try_wait().expect("wait").is_none()
    }

    /// `None` when it does not end in time.
    pub fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        until(limit, || self.0.try_wait().expect("wait"))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when the child has ended already, which is the usual case.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Asks again and again until there is an answer; `None` when there is none in time.
pub fn until<T>(limit: Duration, mut answer: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = answer() {
            return Some(answer);
        }
        if start.elapsed() > limit {
            return None;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
