//! One running Fluent Bit with one of the configurations in `conf/`.

use std::ffi::OsStr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::Fallible;
use crate::helper::Helper;
use crate::place::Place;
use crate::sink::Sink;
use crate::supervisor;

/// What the others are measured against.
pub(crate) const NULL: &str = "null";
const CONFIGURATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/end_to_end/conf");
const LOG: &str = "log";
const START: Duration = Duration::from_secs(20);

/// A configuration and what it is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pipeline {
    /// Of the file too.
    pub(crate) name: &'static str,
    /// What does the same without the plugin, and the part of its CPU time that this may take.
    pub(crate) against: Option<(&'static str, f64)>,
}

pub(crate) const PIPELINES: [Pipeline; 8] = [
    Pipeline { name: NULL, against: None },
    Pipeline { name: "builtin-cloudwatch", against: None },
    Pipeline { name: "ours-cloudwatch", against: Some(("builtin-cloudwatch", 0.5)) },
    Pipeline { name: "ours-gzip", against: Some(("builtin-cloudwatch", 0.5)) },
    Pipeline { name: "builtin-workers", against: None },
    Pipeline { name: "ours-workers", against: Some(("builtin-workers", 0.5)) },
    Pipeline { name: "builtin-routed", against: None },
    Pipeline { name: "ours-routed", against: Some(("builtin-routed", 0.2)) },
];

/// A Fluent Bit with an endpoint and a directory of its own; all of it goes on drop, in this order.
pub(crate) struct Running {
    supervisor: Helper,
    pub(crate) sink: Sink,
    place: Place,
    pub(crate) pid: u32,
}

impl Running {
    /// Returns when it takes records.
    pub(crate) fn start(binary: &Path, plugin: &Path, pipeline: &Pipeline) -> Fallible<Self> {
        let place = Place::new()?;
        let sink = Sink::start(place.path())?;
        let mut supervisor = supervisor(binary, plugin, pipeline, place.path(), &sink.port)?;
        let pid = supervisor.answer()?.parse()?;
        let running = Self { supervisor, sink, place, pid };
        running.wait_until_it_listens()?;
        Ok(running)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.place.path().join("forward.sock")
    }

    fn wait_until_it_listens(&self) -> Fallible<()> {
        let limit = Instant::now() + START;
        while UnixStream::connect(self.socket()).is_err() {
            if Instant::now() > limit {
                return Err(format!("Fluent Bit does not start:\n{}", self.last_words()).into());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Ends it as a container runtime does; how it ended.
    pub(crate) fn end(&mut self) -> Fallible<String> {
        self.supervisor.tell("end")?;
        self.supervisor.answer()
    }

    /// The end of its log.
    pub(crate) fn last_words(&self) -> String {
        let said = self.said();
        let lines: Vec<&str> = said.lines().collect();
        lines.iter().skip(lines.len().saturating_sub(10)).fold(String::new(), |all, line| all + line + "\n")
    }

    /// Its log.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.place.path().join(LOG)).unwrap_or_default()).into_owned()
    }
}

fn supervisor(
    binary: &Path,
    plugin: &Path,
    pipeline: &Pipeline,
    place: &Path,
    port: &str,
) -> Fallible<Helper> {
    let log = place.join(LOG);
    let configuration = Path::new(CONFIGURATIONS).join(format!("{}.conf", pipeline.name));
    let arguments: [&OsStr; 7] = [
        supervisor::ROLE.as_ref(),
        log.as_ref(),
        binary.as_ref(),
        "-e".as_ref(),
        plugin.as_ref(),
        "-c".as_ref(),
        configuration.as_ref(),
    ];
    let environment: [(&str, &OsStr); 9] = [
        ("PLACE", place.as_ref()),
        ("SINK", port.as_ref()),
        ("API_KEY", "0123456789abcdef".as_ref()),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE".as_ref()),
        ("AWS_SECRET_ACCESS_KEY", "secret".as_ref()),
        ("AWS_EC2_METADATA_DISABLED", "true".as_ref()),
        ("AWS_CONFIG_FILE", "/dev/null".as_ref()),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null".as_ref()),
        ("PATH", "/usr/bin:/bin".as_ref()),
    ];
    Helper::start(arguments, &environment)
}

/// The plugin that ECS_ROUTER_SO names, or the one that was built last.
pub(crate) fn plugin() -> Fallible<PathBuf> {
    if let Some(named) = std::env::var_os("ECS_ROUTER_SO") {
        return Ok(named.into());
    }
    let program = std::env::current_exe()?;
    let profile = program.ancestors().nth(2).unwrap_or(Path::new("."));
    let path = profile.join("libout_ecs_router.so");
    let built = path.metadata().and_then(|about| about.modified());
    let hint = "cargo build --release";
    let built = built.map_err(|error| format!("no plugin at {}: {error}; {hint}", path.display()))?;
    match last_written(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")))? > built {
        true => Err(format!("{} is older than its source; {hint}", path.display()).into()),
        false => Ok(path),
    }
}

/// When a file below this folder was last written.
fn last_written(folder: &Path) -> Fallible<SystemTime> {
    let mut last = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let written = match entry.file_type()?.is_dir() {
            true => last_written(&entry.path())?,
            false => entry.metadata()?.modified()?,
        };
        last = last.max(written);
    }
    Ok(last)
}
