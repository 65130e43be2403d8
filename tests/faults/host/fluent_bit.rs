//! The configuration of a real Fluent Bit, in the shape that ECS generates for FireLens.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use test_support::plugin::library;

use super::{Kind, Plan, file};
use test_support::temp::TempDir;

/// Bytes of a full chunk.
const CHUNK: usize = 2_000_000;

/// Asks the binary for its version.
pub(super) fn kind(binary: &Path) -> Kind {
    let said = Command::new(binary).arg("--version").output().expect("Fluent Bit says its version");
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let version = said.split_once('v').and_then(|(_, rest)| rest.split_whitespace().next());
    let version = version.unwrap_or_else(|| panic!("no version in {said}")).to_owned();
    Kind::FluentBit { binary: binary.to_owned(), version }
}

/// The command line, after the files it names are written.
pub(super) fn words(binary: &Path, kind: &Kind, plan: &Plan, place: &TempDir) -> Vec<OsString> {
    let plugins =
        file(place.path(), "plugins.conf", &format!("[PLUGINS]\n    Path {}\n", library().display()));
    let extra = file(place.path(), "extra.conf", &service(plan, &plugins));
    let conf = file(place.path(), "fluent-bit.conf", &conf(plan, &extra));
    let mut words: Vec<OsString> = vec![binary.into(), "-c".into(), conf.into()];
    if kind.reloads() {
        words.push("--enable-hot-reload".into());
    }
    words
}

fn service(plan: &Plan, plugins: &Path) -> String {
    let [base, cap] = plan.back_off;
    let mut text = format!(
        "[SERVICE]\n    Flush 0.3\n    Grace 20\n    Log_Level info\n    scheduler.base {base}\n    scheduler.cap {cap}\n    \
         Plugins_File {}\n",
        plugins.display()
    );
    if let Some(storage) = &plan.storage {
        // A chunk on disk is mapped into memory as long as it is "up".
        let up = plan.memory / CHUNK;
        let storage = storage.display();
        write!(
            text,
            "    storage.path {storage}\n    storage.max_chunks_up {up}\n    storage.backlog.mem_limit 50M\n"
        )
        .unwrap();
    }
    text
}

fn conf(plan: &Plan, extra: &Path) -> String {
    let storage = if plan.storage.is_some() { "filesystem" } else { "memory" };
    let mut text = format!(
        "[INPUT]\n    Name forward\n    Unix_Path {}\n    Mem_Buf_Limit {}\n    storage.type {storage}\n    \
         Buffer_Chunk_Size 1M\n    Buffer_Max_Size 6M\n\n@INCLUDE {}\n",
        plan.socket.display(),
        plan.memory,
        extra.display()
    );
    for output in &plan.outputs {
        write!(
            text,
            "\n[OUTPUT]\n    Name ecs_router\n    Match *\n    Workers {}\n    Retry_Limit no_limits\n",
            output.workers
        )
        .unwrap();
        output.keys.iter().for_each(|(key, value)| writeln!(text, "    {key} {value}").unwrap());
    }
    text
}
