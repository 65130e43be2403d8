//! How much memory the upload of a large spool takes: `cargo run --release --example spool_memory`.
//!
//! One process fills 300 MB through the plugin's own flush and exits without a drain. A second one finds and uploads them,
//! and compares its resident memory before with its peak. A third one is the service. Prints one line per compression, and
//! fails when the memory grows by 16 MB.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use serde_json::json;

const SPOOL_BYTES: usize = 300_000_000;
const MAX_GROWTH_BYTES: u64 = 16_000_000;
const SERVICE: &str = "service";
const FILL: &str = "fill";
const MEASURE: &str = "measure";

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [SERVICE] => serve(),
        [MEASURE, endpoint, folder, compress] => measure(&keys(endpoint, folder, compress), compress),
        [FILL, endpoint, folder, compress] => {
            fill(&keys(endpoint, folder, compress), SPOOL_BYTES)?;
            std::process::exit(0)
        }
        _ => start(),
    }
}

fn start() -> Result<()> {
    let mut service = child(&[SERVICE]).stdout(Stdio::piped()).spawn()?;
    let mut endpoint = String::new();
    BufReader::new(service.stdout.take().ok_or("no standard output")?).read_line(&mut endpoint)?;
    let folder = std::env::temp_dir().join(format!("ecs_router-spool-memory-{}", std::process::id()));
    let measured = ["none", "gzip", "zstd"].map(|compress| {
        let arguments = [endpoint.trim(), &folder.to_string_lossy(), compress].map(str::to_owned);
        run(FILL, &arguments).and_then(|()| run(MEASURE, &arguments))
    });
    service.kill()?;
    service.wait()?;
    std::fs::remove_dir_all(folder)?;
    measured.into_iter().collect()
}

fn run(role: &str, arguments: &[String]) -> Result<()> {
    let status = child(&[role]).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(format!("{role}: {status}").into()) }
}

/// Runs this program again. Its credentials can only come from the environment.
fn child(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap_or_default());
    command.args(arguments).env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE").env("AWS_SECRET_ACCESS_KEY", "secret");
    command
}

fn serve() -> Result<()> {
    let cloud = fake_cloud::Cloud::builder().count_only().start();
    println!("{}", cloud.endpoint());
    loop {
        std::thread::park();
    }
}

fn measure(keys: &BTreeMap<String, String>, compress: &str) -> Result<()> {
    // The first request of a process loads data that stays in memory and does not belong to the upload.
    let mut other = keys.clone();
    other.insert("s3.bucket".to_owned(), "another".to_owned());
    fill(&other, 1)?.drain();
    std::fs::write("/proc/self/clear_refs", "5")?;
    let before = memory("VmRSS:")?;
    let start = Instant::now();
    let instance = Instance::start(0, keys).map_err(|problems| format!("{problems:?}"))?;
    instance.drain();
    let peak = memory("VmHWM:")?;
    let seconds = start.elapsed().as_secs_f64();
    let growth = peak.saturating_sub(before);
    println!(
        "{compress}: {} MB uploaded in {seconds:.1} s, resident {:.1} MB before, grew by {:.1} MB",
        SPOOL_BYTES / 1_000_000,
        megabytes(before),
        megabytes(growth)
    );
    let uploaded: u64 = instance.metrics().snapshot().iter().map(|counters| counters.objects).sum();
    assert_eq!(uploaded, 1, "the object was uploaded");
    assert!(growth < MAX_GROWTH_BYTES, "grew by {growth} bytes");
    Ok(())
}

fn keys(endpoint: &str, folder: &str, compress: &str) -> BTreeMap<String, String> {
    [
        ("route.default", "s3"),
        ("exit_timeout", "120s"),
        ("s3.region", "us-east-1"),
        ("s3.bucket", "my-logs"),
        ("s3.endpoint", endpoint),
        ("s3.spool_dir", folder),
        ("s3.compress", compress),
        ("s3.total_file_size", "1G"),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}

/// Starts an instance and fills its spool with this many bytes, in chunks as large as Fluent Bit's.
fn fill(keys: &BTreeMap<String, String>, bytes: usize) -> Result<Instance> {
    let instance = Instance::start(0, keys).map_err(|problems| format!("{problems:?}"))?;
    let mut random = fastrand::Rng::with_seed(1);
    let mut filled = 0;
    while filled < bytes {
        let mut chunk = Vec::new();
        while chunk.len() < 2_000_000 && filled + chunk.len() < bytes {
            let id: String = (0..16).map(|_| random.alphanumeric()).collect();
            let log =
                format!("GET /v1/orders/{id} 200 {} ms, upstream 10.0.{}.7", random.u16(..), random.u8(..));
            let record =
                json!({"source": "stdout", "container_name": "/web", "ecs_cluster": "prod", "log": log});
            rmp_serde::encode::write(&mut chunk, &(1_795_000_000u64, record))?;
        }
        filled += chunk.len();
        if instance.flush(b"app", &chunk) != Verdict::Ok {
            return Err("the spool did not take it".into());
        }
    }
    Ok(instance)
}

/// A line of `/proc/self/status`, in bytes.
fn memory(name: &str) -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such line")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
}

fn megabytes(bytes: u64) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "for reading")]
    let bytes = bytes as f64;
    bytes / 1e6
}
