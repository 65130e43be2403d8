//! The shared library under test.
//!
//! Cargo does not build a package that is only a `cdylib` for the tests of another one, so the first test that needs the
//! library asks cargo for it. `ECS_ROUTER_SO` names another library.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

const FILE_NAME: &str = "libout_ecs_router.so";

/// The path of the plugin, built in the profile of this test.
///
/// # Panics
/// The plugin does not build, or the file that `ECS_ROUTER_SO` names does not exist.
#[must_use]
pub fn library() -> PathBuf {
    static LIBRARY: OnceLock<PathBuf> = OnceLock::new();
    LIBRARY
        .get_or_init(|| {
            let path = std::env::var_os("ECS_ROUTER_SO").map_or_else(build, PathBuf::from);
            assert!(path.exists(), "no plugin at {}", path.display());
            path
        })
        .clone()
}

/// Builds the whole workspace, so that the dependencies have the features that `cargo test --workspace` gave them and are
/// not compiled again.
fn build() -> PathBuf {
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    let target_directory = profile_directory().parent().expect("a target directory").to_owned();
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--profile", profile, "--target-dir"])
        .arg(&target_directory)
        .current_dir(crate::root())
        .status()
        .expect("cargo starts");
    assert!(status.success(), "the plugin does not build");
    profile_directory().join(FILE_NAME)
}

/// Test binaries are in `<target>/<profile>/deps`.
fn profile_directory() -> PathBuf {
    let binary = std::env::current_exe().expect("the path of this test");
    binary.ancestors().nth(2).expect("a profile directory").to_owned()
}

/// Whether the plugin panics or hangs when a configuration asks for it: only a debug build does.
#[must_use]
pub fn has_faults() -> bool {
    library().parent().is_some_and(|folder| folder.ends_with("debug"))
}
