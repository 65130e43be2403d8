//! Compiles the stand-in host once and runs a scenario of it as a child process with a time limit.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use test_support::plugin::library;

use crate::said::Run;
use crate::temp::TempDir;

const TIME_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(5);

/// One scenario of the host, being put together.
pub(crate) struct Host {
    arguments: Vec<OsString>,
    instances: usize,
    place: TempDir,
}

impl Host {
    pub(crate) fn scenario(name: &str) -> Self {
        let arguments = vec![name.into(), "--so".into(), library().into()];
        Self { arguments, instances: 0, place: TempDir::new() }
    }

    /// An option with its value, in the host's spelling.
    pub(crate) fn option(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.arguments.extend([name.into(), value.into()]);
        self
    }

    pub(crate) fn flag(mut self, name: &str) -> Self {
        self.arguments.push(name.into());
        self
    }

    /// An instance with these properties.
    pub(crate) fn instance(mut self, properties: &[(&str, &str)]) -> Self {
        self.instances += 1;
        self = self.flag("--instance");
        properties.iter().fold(self, |host, (key, value)| host.option("--set", format!("{key}={value}")))
    }

    /// An instance that writes each class to a file of its own, read back by [`Run::assert_arrivals`].
    pub(crate) fn file_instance(self) -> Self {
        self.file_instance_with(&[])
    }

    pub(crate) fn file_instance_with(self, more: &[(&str, &str)]) -> Self {
        let directory = self.place.sub(&self.instances.to_string());
        let path = directory.join("$(class).ndjson");
        let mut properties = vec![("route.default", "file"), ("file.path", path.to_str().unwrap())];
        properties.extend(more);
        self.instance(&properties)
    }

    /// An instance whose CloudWatch is the local port that `{closed}` or `{silent}` stands for.
    pub(crate) fn cloudwatch_instance(self, port: &str) -> Self {
        self.cloudwatch_instance_with(port, "2s", "2s")
    }

    pub(crate) fn cloudwatch_instance_with(
        self,
        port: &str,
        flush_timeout: &str,
        exit_timeout: &str,
    ) -> Self {
        let endpoint = format!("http://127.0.0.1:{port}");
        self.instance(&[
            ("route.default", "cloudwatch"),
            ("cloudwatch.log_group", "g"),
            ("cloudwatch.log_stream", "s"),
            ("cloudwatch.region", "us-east-1"),
            ("cloudwatch.endpoint", &endpoint),
            ("flush_timeout", flush_timeout),
            ("exit_timeout", exit_timeout),
        ])
    }

    /// Runs the scenario to its end, or to the time limit.
    pub(crate) fn run(self) -> Run {
        let (out, err) = (self.place.path().join("stdout"), self.place.path().join("stderr"));
        let mut child = Running(self.command(&out, &err).spawn().expect("the host starts"));
        let status = child.wait(TIME_LIMIT);
        let read = |path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
        Run::new(status, read(&out), read(&err), self.place)
    }

    /// Runs a scenario that has to come to its end.
    pub(crate) fn run_to_end(self) -> Run {
        let run = self.run();
        run.assert_ended_well();
        run
    }

    /// With an environment of its own: a proxy or real credentials outside must change nothing.
    fn command(&self, out: &Path, err: &Path) -> Command {
        let home = self.place.sub("home");
        let mut command = Command::new(host_binary());
        command
            .args(&self.arguments)
            .current_dir(&home)
            .env_clear()
            .env("HOME", &home)
            .env("TMPDIR", &home)
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            // The worst case for a panic: the default hook would print a whole backtrace.
            .env("RUST_BACKTRACE", "full")
            .stdin(std::process::Stdio::null())
            .stdout(File::create(out).unwrap())
            .stderr(File::create(err).unwrap());
        command
    }
}

/// A child process that does not outlive the test.
struct Running(Child);

impl Running {
    /// `None` when the time limit came first.
    fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let start = Instant::now();
        while start.elapsed() < limit {
            if let Some(status) = self.0.try_wait().expect("wait") {
                return Some(status);
            }
            std::thread::sleep(POLL);
        }
        None
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail when the child has ended already, which is the usual case.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn build_directory() -> PathBuf {
    let binary = std::env::current_exe().expect("the path of this test");
    binary.parent().expect("its directory").to_owned()
}

fn host_binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(compile_host)
}

/// Compiled under a name of its own, then renamed: another run may be using the old one.
fn compile_host() -> PathBuf {
    let fresh = build_directory().join(format!("fluent-bit-stand-in.{}", std::process::id()));
    let status = Command::new("cc")
        .args(["-std=c11", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-rdynamic", "-o"])
        .arg(&fresh)
        .args(c_sources())
        .arg("-ldl")
        .status()
        .expect("cc starts");
    assert!(status.success(), "the stand-in for Fluent Bit does not compile");
    let binary = build_directory().join("fluent-bit-stand-in");
    std::fs::rename(&fresh, &binary).expect("rename");
    binary
}

fn c_sources() -> Vec<PathBuf> {
    let directory = test_support::root().join("tests/host");
    let entries = std::fs::read_dir(directory).expect("the sources of the host");
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "c")).collect()
}
