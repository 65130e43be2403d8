//! The plugin's main job on a machine with only Rust: `cargo run --release --example demo`.
//!
//! Starts an in-process stand-in for AWS, sends FireLens records and ECS task-stop events through the whole plugin and a
//! real network connection, and prints what arrived where. `-- --fluent-bit PATH` does the same through a real Fluent Bit
//! that loads the shared library.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "an example may say so and stop")]

mod host;
mod records;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use ecs_router::Verdict;
use ecs_router::instance::Instance;
use fake_cloud::Cloud;

/// The `[OUTPUT]` section of the demo, without the addresses of the stand-in.
const SETTINGS: &[(&str, &str)] = &[
    ("stop.trusted_tags", "ecs_events"),
    ("route.stop", "stops, newrelic, slack"),
    ("route.stderr", "errors, datadog"),
    ("route.stdout", "lines, archive"),
    ("archive.type", "s3"),
    ("archive.bucket", "demo-archive"),
    ("archive.key", "ecs/$(container_name)/%Y/%m/%d/$(uuid).json"),
    ("archive.path_style", "on"),
    ("newrelic.license_key", "demo-licence-key"),
    ("datadog.api_key", "demo-api-key"),
    ("stops.type", "cloudwatch"),
    ("stops.log_group", "/ecs/stopped-tasks"),
    ("stops.log_stream", "$(ecs_cluster)/$(ecs_service:-no-service)"),
    ("errors.type", "cloudwatch"),
    ("errors.log_group", "/ecs/$(ecs_task_family)/errors"),
    ("errors.log_stream", "$(container_name)/$(ecs_task_id)"),
    ("errors.retention_days", "30"),
    ("lines.type", "cloudwatch"),
    ("lines.log_group", "/ecs/$(ecs_task_family)"),
    ("lines.log_stream", "$(container_name)/$(ecs_task_id)"),
    ("lines.log_key", "log"),
];

fn main() -> ExitCode {
    let fluent_bit = match arguments() {
        Ok(path) => path,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    use_stand_in_account();
    let cloud = Cloud::builder().create_buckets(["demo-archive"]).start();
    let input = records::all();
    println!("Feeding {} application lines and {} ECS events …\n", input.lines(), input.events.len());
    let result = match &fluent_bit {
        Some(path) => host::run(path, &settings(&cloud), &cloud.credentials_uri(), &input),
        None => feed(&settings(&cloud), &input),
    };
    std::fs::remove_dir_all(spool()).ok();
    if let Err(error) = result {
        eprintln!("{error}");
        return ExitCode::FAILURE;
    }
    match report::print(&cloud, &input) {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}

/// The folder in which objects for S3 are filled.
fn spool() -> PathBuf {
    std::env::temp_dir().join(format!("ecs-router-demo-spool-{}", std::process::id()))
}

fn arguments() -> Result<Option<PathBuf>, &'static str> {
    let mut arguments = std::env::args_os().skip(1);
    match (arguments.next(), arguments.next(), arguments.next()) {
        (None, ..) => Ok(None),
        (Some(flag), Some(path), None) if flag == "--fluent-bit" => Ok(Some(path.into())),
        _ => Err("usage: demo [--fluent-bit PATH]"),
    }
}

/// The settings with the stand-in's address in every destination.
fn settings(cloud: &Cloud) -> BTreeMap<String, String> {
    let mut settings: BTreeMap<String, String> =
        SETTINGS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    settings.insert("archive.endpoint".to_owned(), cloud.endpoint());
    settings.insert("archive.spool_dir".to_owned(), spool().to_string_lossy().into_owned());
    settings.insert("newrelic.endpoint".to_owned(), cloud.endpoint());
    settings.insert("datadog.endpoint".to_owned(), cloud.endpoint());
    settings.insert("slack.webhook_url".to_owned(), format!("{}/services/T0/B0/demo", cloud.endpoint()));
    for destination in ["stops", "errors", "lines"] {
        settings.insert(format!("{destination}.endpoint"), cloud.endpoint());
        settings.insert(format!("{destination}.auto_create_group"), "on".to_owned());
    }
    settings
}

/// Feeds the plugin without Fluent Bit: one chunk per tag.
fn feed(settings: &BTreeMap<String, String>, input: &records::Input) -> Result<(), String> {
    let instance = Instance::start(0, settings)
        .map_err(|problems| problems.iter().map(|problem| format!("{problem}\n")).collect::<String>())?;
    // From another thread than the one that started it, as Fluent Bit flushes with `Workers 1`.
    let flushed = std::thread::scope(|scope| scope.spawn(|| flush_all(&instance, input)).join());
    instance.drain();
    flushed.unwrap_or_else(|_| Err("the flush panicked".to_owned()))
}

fn flush_all(instance: &Instance, input: &records::Input) -> Result<(), String> {
    for (tag, chunk) in input.chunks() {
        let verdict = instance.flush(tag.as_bytes(), &chunk);
        if verdict != Verdict::Ok {
            return Err(format!("the chunk of {tag} was answered with {verdict:?}"));
        }
    }
    Ok(())
}

/// Sets region and credentials in the environment, as in a task, so that the reader's own account is not used.
#[allow(unsafe_code)]
fn use_stand_in_account() {
    let variables = [
        ("AWS_ACCESS_KEY_ID", Some("AKIDEXAMPLE")),
        ("AWS_SECRET_ACCESS_KEY", Some("secret")),
        ("AWS_SESSION_TOKEN", None),
        ("AWS_PROFILE", None),
        ("AWS_REGION", Some("eu-west-1")),
    ];
    for (name, value) in variables {
        match value {
            // SAFETY: `main` calls this first, while there is one thread.
            Some(value) => unsafe { std::env::set_var(name, value) },
            // SAFETY: as above.
            None => unsafe { std::env::remove_var(name) },
        }
    }
}
