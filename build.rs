//! What this build is: version, commit, target and the glibc it needs, for `--version` and the plugin's first log line.

use std::env;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=ECS_ROUTER_COMMIT");
    println!("cargo:rerun-if-env-changed=ECS_ROUTER_GLIBC");
    // The reflog grows with every commit and every checkout.
    if std::path::Path::new(".git/logs/HEAD").exists() {
        println!("cargo:rerun-if-changed=.git/logs/HEAD");
    }
    println!("cargo:rustc-env=ECS_ROUTER_TARGET={}", env::var("TARGET").unwrap_or_default());
    println!("cargo:rustc-env=ECS_ROUTER_COMMIT={}", given("ECS_ROUTER_COMMIT").unwrap_or_else(commit));
    println!("cargo:rustc-env=ECS_ROUTER_GLIBC={}", given("ECS_ROUTER_GLIBC").unwrap_or_else(glibc));
}

/// Set by whoever knows better: a build from an archive without `.git`, or for an older glibc than the machine's.
fn given(variable: &str) -> Option<String> {
    env::var(variable).ok().filter(|value| !value.is_empty())
}

fn commit() -> String {
    output("git", &["rev-parse", "--short=12", "HEAD"]).unwrap_or_else(|| "unknown".to_owned())
}

/// The glibc of this machine, which is what the linker binds to.
fn glibc() -> String {
    let version = output("getconf", &["GNU_LIBC_VERSION"]);
    version.and_then(|text| text.split(' ').nth(1).map(str::to_owned)).unwrap_or_else(|| "unknown".to_owned())
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output =
        Command::new(program).args(arguments).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok().map(|text| text.trim().to_owned())
}
