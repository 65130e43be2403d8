//! What the test binaries share: chunks, records, temporary folders, child processes, and the plugin under test.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]
#![allow(clippy::new_without_default, clippy::must_use_candidate, reason = "helpers of the tests")]
#![allow(missing_docs, missing_debug_implementations, reason = "helpers of the tests")]

pub mod alone;
pub mod chunk;
pub mod crash_loop;
pub mod environment;
pub mod plain_http;
pub mod plugin;
pub mod port;
pub mod process;
pub mod record;
pub mod temp;

use std::path::Path;

/// The repository's root.
#[must_use]
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().and_then(Path::parent).expect("tests/support stands two folders below the root")
}
