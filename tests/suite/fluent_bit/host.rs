//! One running Fluent Bit, configured as FireLens does it.
//!
//! The shape of ECS's generated file: forward on a Unix socket, record_modifier with the task's metadata, the user's
//! file by @INCLUDE (here with `Plugins_File` in a [SERVICE] of its own), then the outputs from the task definition.

use std::fmt::Write as _;
use std::fs::File;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use test_support::plugin::library;

use test_support::environment::VARIABLES;
use test_support::plain_http::get;
use test_support::port::free_port;
use test_support::process::{Running, until};
use test_support::temp::TempDir;

const START: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(30);

/// From 2.0 on.
pub(super) const METRICS: &str = "/api/v2/metrics/prometheus";

/// A Fluent Bit being configured.
pub(super) struct Host {
    binary: PathBuf,
    outputs: String,
    filters: String,
    environment: Vec<(&'static str, String)>,
    workers: u8,
    /// Of its own HTTP server.
    port: u16,
    /// Of the forward input that ECS adds for applications.
    forward_port: u16,
}

impl Host {
    pub(super) fn new(binary: &Path) -> Self {
        Self {
            binary: binary.to_owned(),
            outputs: String::new(),
            filters: String::new(),
            environment: Vec::new(),
            workers: 2,
            port: free_port(),
            forward_port: free_port(),
        }
    }

    /// Outputs from here on flush on the engine's own thread.
    pub(super) fn without_workers(self) -> Self {
        Self { workers: 0, ..self }
    }

    /// An [OUTPUT] of the plugin.
    pub(super) fn output(mut self, pattern: &str, keys: &[(String, String)]) -> Self {
        let usual = format!("Workers {}\n    Retry_Limit no_limits", self.workers);
        write!(self.outputs, "\n[OUTPUT]\n    Name ecs_router\n    Match {pattern}\n    {usual}\n").unwrap();
        keys.iter().for_each(|(key, value)| writeln!(self.outputs, "    {key} {value}").unwrap());
        self
    }

    /// An [OUTPUT] that is not the plugin's.
    pub(super) fn other_output(mut self, keys: &str) -> Self {
        write!(self.outputs, "\n[OUTPUT]\n{keys}\n").unwrap();
        self
    }

    /// A [FILTER] of the user's, before the outputs, with parsers that it may name: `json` is one.
    pub(super) fn filter(mut self, keys: &str) -> Self {
        write!(self.filters, "\n[FILTER]\n{keys}\n").unwrap();
        self
    }

    /// A variable of its environment.
    pub(super) fn environment(mut self, name: &'static str, value: String) -> Self {
        self.environment.push((name, value));
        self
    }

    /// The major one.
    pub(super) fn version(&self) -> u32 {
        version_of(&self.binary)
    }

    pub(super) fn start(self) -> Alive {
        let place = TempDir::new();
        let socket = place.path().join("fluent.sock");
        let conf = place.file("fluent-bit.conf", &self.main_conf(&place, &socket));
        let environment = self.environment.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        let ready = {
            let socket = socket.clone();
            move || UnixStream::connect(&socket).is_ok()
        };
        Alive::start(
            &self.binary,
            &conf,
            environment.collect(),
            Where { place, socket, port: self.port, forward_port: self.forward_port },
            ready,
        )
    }

    fn main_conf(&self, place: &TempDir, socket: &Path) -> String {
        let plugins = place.file("plugins.conf", &format!("[PLUGINS]\n    Path {}\n", library().display()));
        let parsers = place.file("parsers.conf", "[PARSER]\n    Name json\n    Format json\n");
        let reload = if self.version() > 2 { "Hot_Reload On\n    " } else { "" };
        let extra = format!(
            "[SERVICE]\n    Flush 1\n    Grace 30\n    Log_Level info\n    scheduler.base 1\n    scheduler.cap 2\n    \
             HTTP_Server On\n    HTTP_Listen 127.0.0.1\n    HTTP_Port {}\n    {reload}Plugins_File {}\n    Parsers_File {}\n",
            self.port,
            plugins.display(),
            parsers.display()
        );
        let extra = place.file("extra.conf", &format!("{extra}{}", self.filters));
        format!(
            "[INPUT]\n    Name forward\n    Unix_Path {}\n    Mem_Buf_Limit 200M\n    Buffer_Chunk_Size 1M\n    Buffer_Max_Size 6M\n\n\
             [INPUT]\n    Name forward\n    Listen 127.0.0.1\n    Port {}\n\n\
             [FILTER]\n    Name record_modifier\n    Match *\n    Record ecs_cluster prod\n    Record ecs_task_definition web:42\n\n\
             @INCLUDE {}\n\n\
             [OUTPUT]\n    Name null\n    Match firelens-healthcheck\n{}",
            socket.display(),
            self.forward_port,
            extra.display(),
            self.outputs
        )
    }
}

/// A Fluent Bit that runs.
pub(super) struct Alive {
    process: Running,
    socket: PathBuf,
    log: PathBuf,
    port: u16,
    forward_port: u16,
    /// Gone when the process is.
    _place: TempDir,
}

/// Where a Fluent Bit has its files, and where it listens.
pub(super) struct Where {
    pub(super) place: TempDir,
    pub(super) socket: PathBuf,
    /// Of its own HTTP server.
    pub(super) port: u16,
    /// Of its forward input on TCP.
    pub(super) forward_port: u16,
}

impl Alive {
    /// Starts it with nothing but this environment and the fake cloud's key, and waits until it is ready.
    pub(super) fn start(
        binary: &Path,
        conf: &Path,
        environment: Vec<(String, String)>,
        at: Where,
        ready: impl Fn() -> bool,
    ) -> Self {
        let log = at.place.path().join("log");
        let mut command = Command::new(binary);
        command
            .arg("-c")
            .arg(conf)
            .env_clear()
            .envs(VARIABLES)
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log).unwrap());
        let process = Running::start(&mut command);
        let mut alive = Self {
            process,
            socket: at.socket,
            log,
            port: at.port,
            forward_port: at.forward_port,
            _place: at.place,
        };
        let is_up = until(START, || (!alive.process.runs() || ready()).then_some(()));
        assert!(is_up.is_some() && alive.process.runs(), "Fluent Bit does not start:\n{}", alive.said());
        alive
    }

    pub(super) fn connect(&self) -> UnixStream {
        UnixStream::connect(&self.socket).expect("Fluent Bit listens")
    }

    /// Connects as an application of the task can.
    pub(super) fn connect_tcp(&self) -> TcpStream {
        TcpStream::connect(("127.0.0.1", self.forward_port)).expect("Fluent Bit listens")
    }

    /// What its own HTTP server shows.
    pub(super) fn shows(&self, path: &str) -> String {
        get(self.port, path).unwrap_or_else(|error| panic!("{error}\n{}", self.said()))
    }

    /// Waits until its metrics endpoint has all these lines, without the time at their end.
    #[track_caller]
    pub(super) fn wait_for_metrics(&self, lines: &[String]) {
        let mut page = String::new();
        let all = || {
            page = get(self.port, METRICS).unwrap_or_default();
            lines
                .iter()
                .all(|line| page.lines().any(|found| found == line || found.starts_with(&format!("{line} "))))
                .then_some(())
        };
        let in_time = until(END, all).is_some();
        assert!(in_time, "not all of {lines:#?} in\n{page}\n{}", self.said());
    }

    /// Has it read its configuration again, and waits until it runs again.
    pub(super) fn reload(&self) {
        self.process.signal("HUP");
        self.wait_for("[reload] start everything");
        let socket = || UnixStream::connect(&self.socket).is_ok();
        let ready = until(START, || (get(self.port, METRICS).is_ok() && socket()).then_some(()));
        assert!(ready.is_some(), "it does not come back:\n{}", self.said());
    }

    /// Everything it has said so far.
    pub(super) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap()).into_owned()
    }

    pub(super) fn wait_for(&self, words: &str) {
        let said = || self.said().contains(words).then_some(());
        until(END, said).unwrap_or_else(|| panic!("it never said '{words}':\n{}", self.said()));
    }

    /// Ends it as a lack of memory does.
    pub(super) fn kill(&mut self) {
        self.process.signal("KILL");
        assert!(self.process.wait(END).is_some(), "it lives on");
    }

    /// Ends it as a container runtime does: no crash, nothing left behind.
    pub(super) fn assert_ends_well(&mut self) {
        self.process.signal("TERM");
        let status = self.process.wait(END);
        let said = self.said();
        assert!(status.is_some_and(|status| status.success()), "{status:?}\n{said}");
        assert!(!said.contains("caught signal (SIGSEGV)") && !said.contains("panicked"), "{said}");
        assert!(said.contains("records delivered in"), "the plugin did not end:\n{said}");
    }
}

/// The major version of a binary.
pub(super) fn version_of(binary: &Path) -> u32 {
    let said = Command::new(binary).arg("--version").output().expect("Fluent Bit says its version");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let number = said.split_once('v').and_then(|(_, rest)| rest.split('.').next()?.parse().ok());
    number.unwrap_or_else(|| panic!("no version in {said}"))
}
