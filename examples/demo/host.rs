//! The demo through a real Fluent Bit: its configuration, its process, and a forward client.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use crate::records::{Input, event_time};

/// Starts Fluent Bit with the plugin, sends everything over the forward protocol, and ends it in an orderly way. As in
/// a task, AWS credentials come from an address. The reader's own variables and files would take precedence, so they are
/// hidden.
pub(crate) fn run(
    fluent_bit: &Path,
    settings: &BTreeMap<String, String>,
    credentials: &str,
    input: &Input,
) -> Result<(), String> {
    let folder = std::env::temp_dir().join(format!("ecs-router-demo-{}", std::process::id()));
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    let result = run_in(&folder, fluent_bit, settings, credentials, input);
    std::fs::remove_dir_all(&folder).ok();
    result
}

fn run_in(
    folder: &Path,
    fluent_bit: &Path,
    settings: &BTreeMap<String, String>,
    credentials: &str,
    input: &Input,
) -> Result<(), String> {
    let configuration = folder.join("fluent-bit.conf");
    let socket = folder.join("forward.sock");
    let plugins = format!("[PLUGINS]\n    Path {}\n", library()?.display());
    std::fs::write(folder.join("plugins.conf"), plugins)
        .and_then(|()| std::fs::write(&configuration, fluent_bit_configuration(folder, settings)))
        .map_err(|error| format!("cannot write the configuration: {error}"))?;
    let mut host = Host::start(fluent_bit, &configuration, credentials)?;
    let mut stream = host.connect(&socket)?;
    stream.write_all(&forward_messages(input)).map_err(|error| format!("cannot send: {error}"))?;
    drop(stream);
    // Flush is 1 s, so by then Fluent Bit has handed everything to the plugin.
    std::thread::sleep(Duration::from_secs(3));
    host.end()
}

/// A configuration like FireLens's: the service section of extra.conf loads the plugin.
fn fluent_bit_configuration(folder: &Path, settings: &BTreeMap<String, String>) -> String {
    let mut text = format!(
        "[SERVICE]\n    Flush 1\n    Grace 10\n    Log_Level warn\n    Plugins_File {0}/plugins.conf\n\
         [INPUT]\n    Name forward\n    Unix_Path {0}/forward.sock\n\
         [OUTPUT]\n    Name ecs_router\n    Match *\n    Workers 2\n    Retry_Limit no_limits\n",
        folder.display()
    );
    for (key, value) in settings {
        writeln!(text, "    {key} {value}").ok();
    }
    text
}

/// Forward protocol, message mode: `[tag, time, record, {}]`.
fn forward_messages(input: &Input) -> Vec<u8> {
    let mut wire = Vec::new();
    for (tag, records) in input.batches() {
        for (record, number) in records.iter().zip(0u32..) {
            wire.push(0x94);
            wire.extend(rmp_serde::to_vec(tag).expect("text is msgpack"));
            wire.extend(event_time(number));
            wire.extend(rmp_serde::to_vec(record).expect("JSON is msgpack"));
            wire.push(0x80);
        }
    }
    wire
}

/// The library that `ECS_ROUTER_SO` names, or the one that `cargo build --release` has built.
fn library() -> Result<PathBuf, String> {
    if let Some(named) = std::env::var_os("ECS_ROUTER_SO") {
        return Ok(named.into());
    }
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let target = program.ancestors().nth(2).unwrap_or(Path::new("."));
    Some(target.join("release/libout_ecs_router.so"))
        .filter(|library| library.exists())
        .ok_or_else(|| "libout_ecs_router.so is not built: run cargo build --release".to_owned())
}

/// A running Fluent Bit. Drop kills it.
struct Host(Child);

impl Host {
    fn start(fluent_bit: &Path, configuration: &Path, credentials: &str) -> Result<Self, String> {
        let child = Command::new(fluent_bit)
            .arg("-c")
            .arg(configuration)
            .env_remove("AWS_ACCESS_KEY_ID")
            .env_remove("AWS_SECRET_ACCESS_KEY")
            .env_remove("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
            .env("AWS_CONTAINER_CREDENTIALS_FULL_URI", credentials)
            .spawn();
        child.map(Self).map_err(|error| format!("cannot start {}: {error}", fluent_bit.display()))
    }

    fn connect(&mut self, socket: &Path) -> Result<UnixStream, String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            if let Ok(stream) = UnixStream::connect(socket) {
                return Ok(stream);
            }
            if let Ok(Some(status)) = self.0.try_wait() {
                return Err(format!("Fluent Bit ended by itself: {status}"));
            }
            if Instant::now() > deadline {
                return Err("Fluent Bit does not listen".to_owned());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Sends SIGTERM, as ECS does, and waits.
    fn end(mut self) -> Result<(), String> {
        let kill = Command::new("kill").arg("-TERM").arg(self.0.id().to_string()).status();
        kill.map_err(|error| format!("cannot end Fluent Bit: {error}"))?;
        let status = self.0.wait().map_err(|error| error.to_string())?;
        if status.success() { Ok(()) } else { Err(format!("Fluent Bit ended with {status}")) }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
