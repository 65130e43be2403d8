//! One running host: a real Fluent Bit, or a stand-in that behaves as one does.
//!
//! - `fluent_bit` – the configuration of a real one, in the shape that ECS generates
//! - `stand_in` – a child process of this binary

mod fluent_bit;
mod stand_in;

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use fake_cloud::Cloud;
use serde::{Deserialize, Serialize};

use test_support::environment::VARIABLES;
use test_support::process::{Running, until};
use test_support::temp::TempDir;

const START: Duration = Duration::from_secs(20);
const END: Duration = Duration::from_secs(40);

/// Which host.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    FluentBit { binary: PathBuf, version: String },
    StandIn,
}

/// Every host there is to try.
fn kinds() -> Vec<Kind> {
    match std::env::var_os("FLUENT_BIT") {
        Some(paths) => std::env::split_paths(&paths).map(|path| fluent_bit::kind(&path)).collect(),
        None => vec![Kind::StandIn],
    }
}

/// The host that a scenario is played with, and whether lines are joined there.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) kind: Kind,
    /// With `join both`: the lines of a stack trace are one record.
    pub(crate) joins: bool,
}

impl Setup {
    /// So many lines; fewer for the second time, which is not about amounts.
    pub(crate) fn lines(&self, lines: usize) -> usize {
        if self.joins { lines * 2 / 5 } else { lines }
    }
}

/// Plays the scenario with every host there is to try, each with and without joining, both at one time.
pub(crate) fn with_each_host(scenario: impl Fn(&Setup) + Sync) {
    with_each_host_that(|_| true, scenario);
}

/// The same with those hosts that can do it.
pub(crate) fn with_each_host_that(can: impl Fn(&Kind) -> bool, scenario: impl Fn(&Setup) + Sync) {
    for kind in kinds().into_iter().filter(can) {
        let setups = [false, true].map(|joins| Setup { kind: kind.clone(), joins });
        std::thread::scope(|scope| {
            for setup in &setups {
                scope.spawn(|| scenario(setup));
            }
        });
    }
}

/// Plays a scenario of its own settings once with every host.
pub(crate) fn with_each_plain_host(scenario: impl Fn(&Setup)) {
    kinds().into_iter().for_each(|kind| scenario(&Setup { kind, joins: false }));
}

/// What is set where lines are joined; longer than the interval between chunks.
const JOINING: [(&str, &str); 2] = [("join", "both"), ("join.wait", "500ms")];

impl Kind {
    /// Whether it can live with two outputs of the plugin: 1.9.10 frees what both share when the first one ends.
    pub(crate) fn bears_two_outputs(&self) -> bool {
        !self.is_version(&["1."])
    }

    /// Whether it reloads its configuration on SIGHUP: since 2.1.
    pub(crate) fn reloads(&self) -> bool {
        !self.is_version(&["1.", "2.0."])
    }

    fn is_version(&self, prefixes: &[&str]) -> bool {
        match self {
            Self::FluentBit { version, .. } => prefixes.iter().any(|prefix| version.starts_with(prefix)),
            Self::StandIn => false,
        }
    }
}

/// One [OUTPUT].
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Output {
    workers: usize,
    keys: BTreeMap<String, String>,
}

impl Output {
    /// With these keys of the plugin, and `Workers 2`.
    pub(crate) fn new<'k>(keys: impl IntoIterator<Item = (&'k str, &'k str)>) -> Self {
        let keys = keys.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        Self { workers: 2, keys }
    }

    /// Standard error to group `/errors`, the rest to `/rest`.
    pub(crate) fn to_groups(cloud: &Cloud, groups: [&str; 2]) -> Self {
        let endpoint = cloud.endpoint();
        let usual = [("route.default", "rest"), ("route.stderr", "errors"), ("flush_timeout", "4s")];
        let one = |name: &str, group: &str| {
            let settings = [
                ("type", "cloudwatch"),
                ("region", "us-east-1"),
                ("endpoint", &endpoint),
                ("log_group", group),
                ("log_stream", "$(container_name)"),
                ("log_key", "log"),
                ("auto_create_group", "on"),
            ];
            settings.map(|(key, value)| (format!("{name}.{key}"), value.to_owned()))
        };
        let mut output = Self::new(usual);
        output.keys.extend(one("rest", groups[0]).into_iter().chain(one("errors", groups[1])));
        output
    }

    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.keys.insert(key.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn without(mut self, key: &str) -> Self {
        self.keys.remove(key);
        self
    }

    pub(crate) fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }
}

/// A host being configured. What it keeps on disk stays when it is started again.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    kind: Kind,
    joins: bool,
    plan: Plan,
    environment: Vec<(String, String)>,
    /// Shell commands before the host itself, in a mount namespace of its own.
    prelude: Option<String>,
    place: Rc<TempDir>,
}

/// What a host is to do, whichever it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Plan {
    socket: PathBuf,
    outputs: Vec<Output>,
    /// Where chunks are kept; otherwise in memory.
    storage: Option<PathBuf>,
    /// Bytes of chunks in memory before the input is paused.
    memory: usize,
    /// `scheduler.base` and `scheduler.cap`, in seconds; the stand-in keeps to its own.
    back_off: [u64; 2],
}

impl Host {
    pub(crate) fn new(setup: &Setup, output: Output) -> Self {
        let place = Rc::new(TempDir::new());
        let socket = place.path().join("fluent.sock");
        let plan =
            Plan { socket, outputs: vec![output], storage: None, memory: 200_000_000, back_off: [1, 2] };
        let environment = VARIABLES.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let Setup { kind, joins } = setup.clone();
        Self { kind, joins, plan, environment, prelude: None, place }.with_joining()
    }

    fn with_joining(mut self) -> Self {
        for output in self.plan.outputs.iter_mut().filter(|_| self.joins) {
            let keys = JOINING.map(|(key, value)| (key.to_owned(), value.to_owned()));
            output.keys.extend(keys);
        }
        self
    }

    pub(crate) fn output(mut self, output: Output) -> Self {
        self.plan.outputs.push(output);
        self.with_joining()
    }

    /// A real one flushes on its own thread then; the stand-in always has a thread for it.
    pub(crate) fn without_workers(mut self) -> Self {
        let workers = usize::from(matches!(self.kind, Kind::StandIn));
        self.plan.outputs.iter_mut().for_each(|output| output.workers = workers);
        self
    }

    /// One more key of the first output.
    pub(crate) fn with_key(mut self, key: &str, value: &str) -> Self {
        self.plan.outputs[0].keys.insert(key.to_owned(), value.to_owned());
        self
    }

    /// Chunks are kept on disk and survive the process (`storage.type filesystem`).
    pub(crate) fn with_storage(mut self) -> Self {
        self.plan.storage = Some(self.place.path().join("storage"));
        self
    }

    pub(crate) fn memory(mut self, bytes: usize) -> Self {
        self.plan.memory = bytes;
        self
    }

    /// How long a chunk waits before it comes again: at first, and at most.
    pub(crate) fn back_off(mut self, seconds: [u64; 2]) -> Self {
        self.plan.back_off = seconds;
        self
    }

    /// Another environment than the fake cloud's key.
    pub(crate) fn environment(mut self, variables: &[(&str, &str)]) -> Self {
        self.environment =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self
    }

    pub(crate) fn prelude(mut self, commands: String) -> Self {
        self.prelude = Some(commands);
        self
    }

    /// A folder of the host's.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.place.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    pub(crate) fn start(&self) -> Alive {
        let log = self.place.path().join("log");
        let mut command = self.command();
        command
            .env_clear()
            .env("TMPDIR", self.place.path())
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::options().create(true).append(true).open(&log).unwrap());
        if let Kind::StandIn = self.kind {
            stand_in::prepare(&mut command, &self.plan);
        }
        // What a killed one left behind does not prove that one lives.
        std::fs::remove_file(&self.plan.socket).ok();
        let mut alive = Alive {
            process: Running::start(&mut command),
            socket: self.plan.socket.clone(),
            log,
            host: self.clone(),
        };
        alive.wait_until_listening();
        alive
    }

    fn command(&self) -> Command {
        let words = match &self.kind {
            Kind::FluentBit { binary, .. } => fluent_bit::words(binary, &self.kind, &self.plan, &self.place),
            Kind::StandIn => stand_in::words(),
        };
        match &self.prelude {
            None => {
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]);
                command
            }
            Some(prelude) => {
                let mut command = Command::new("/usr/bin/unshare");
                command
                    .args(["-rm", "/bin/sh", "-c", &format!("{prelude} && exec \"$@\""), "sh"])
                    .args(words);
                command
            }
        }
    }
}

/// A host that runs.
#[derive(Debug)]
pub(crate) struct Alive {
    process: Running,
    pub(crate) socket: PathBuf,
    log: PathBuf,
    host: Host,
}

impl Alive {
    /// For the table.
    pub(crate) fn name(&self) -> String {
        let joining = if self.joins() { ", joining" } else { "" };
        match &self.host.kind {
            Kind::FluentBit { version, .. } => format!("Fluent Bit {version}{joining}"),
            Kind::StandIn => format!("stand-in{joining}"),
        }
    }

    /// Whether the lines of a stack trace are one record here.
    pub(crate) fn joins(&self) -> bool {
        self.host.joins
    }

    /// Everything it has said so far.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.log).unwrap()).into_owned()
    }

    #[track_caller]
    pub(crate) fn wait_for(&self, words: &str) {
        let said = || self.said().contains(words).then_some(());
        until(END, said).unwrap_or_else(|| panic!("it never said '{words}':\n{}", self.said()));
    }

    pub(crate) fn signal(&self, name: &str) {
        self.process.signal(name);
    }

    /// The most memory it has had, in bytes.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
        line.split_whitespace().next().unwrap().parse::<u64>().unwrap() * 1024
    }

    /// Ends it as a container runtime does: no crash, and the plugin came to its end.
    #[track_caller]
    pub(crate) fn end(&mut self) {
        self.signal("TERM");
        self.wait_for_end();
    }

    #[track_caller]
    pub(crate) fn wait_for_end(&mut self) {
        let status = self.process.wait(END);
        let said = self.said();
        assert!(status.is_some_and(|status| status.success()), "{status:?}\n{said}");
        assert!(!said.contains("caught signal (SIGSEGV)") && !said.contains("panicked"), "{said}");
        assert!(said.contains("records delivered in"), "the plugin did not end:\n{said}");
    }

    /// Ends it without a warning; answers with the host, to be started again.
    pub(crate) fn kill(mut self) -> Host {
        self.signal("KILL");
        self.process.wait(END).expect("nobody survives SIGKILL");
        self.host.clone()
    }

    #[track_caller]
    fn wait_until_listening(&mut self) {
        let socket = self.socket.clone();
        let ready =
            until(START, || (!self.process.runs() || UnixStream::connect(&socket).is_ok()).then_some(()));
        assert!(ready.is_some() && self.process.runs(), "the host does not start:\n{}", self.said());
    }
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
