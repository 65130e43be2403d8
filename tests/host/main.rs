//! The plugin inside a C stand-in for Fluent Bit, one child process per scenario: a crash is a failed test.
//!
//! The stand-in (`*.c` beside this file, compiled here with `cc`) declares Fluent Bit's structs itself,
//! per version, and shares no header with the plugin. It puts whatever it lends the plugin right before
//! a forbidden page and calls flush on a small painted stack. It only reports; the judging is done here.
//!
//! - [`abi`]: register writes its five fields and nothing else; init needs no more than the first member
//!   of `flb_api`, in every version, and survives missing pieces; exactly six functions are exported.
//! - [`stack`]: a good flush, a 2 MB one, a refused one and one after exit stay under 8 KiB of stack.
//! - [`flush`]: all record headers arrive; NULLs, odd tags, unknown contexts and malformed chunks get an
//!   answer; four flushes at once deliver each record once, and lose nothing accepted when exit comes amid.
//! - [`lifecycle`]: two instances do not mix; exit twice, in any order, once for two, without context; load,
//!   unload and load again; a hot reload hands over, a refused one changes nothing; no thread and no open
//!   file is left behind.
//! - [`metrics`]: the host's metrics endpoint shows the counters; they are made during init only, and nobody touches
//!   them after exit.
//! - [`failure`]: a dead or silent endpoint means RETRY in time, also when exit comes meanwhile; a panic on
//!   either thread costs one flush; a bad configuration is refused with all its problems named.
//!
//! `cargo test --test host -- --nocapture` prints the stack figures. `ECS_ROUTER_SO` names another plugin.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]

mod abi;
mod arrivals;
mod failure;
mod flush;
mod harness;
mod lifecycle;
mod metrics;
mod said;
mod stack;
mod temp;
