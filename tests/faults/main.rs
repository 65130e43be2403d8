//! What happens when things break: processes under load, a cloud with a plan of faults, and numbered records.
//!
//! A host is every Fluent Bit that `FLUENT_BIT` names (paths separated by colons), or else a stand-in: a child process
//! of this binary that runs the plugin and treats its answers as Fluent Bit does. Each scenario states per destination
//! what was sent, what arrived, what is missing and what came twice; `cargo test --test faults -- --nocapture` shows
//! the table. "What happens when …" in docs/guarantees.md names these tests.
//!
//! - `services` – a service that is throttled, fails, breaks off, loses replies, is slow, forgets groups and keys
//! - `isolation` – one dead destination of three, and how fast the others are
//! - `shutdown` – SIGTERM, SIGKILL, reload, under load
//! - `concurrency` – two instances, four workers
//! - `alerts` – a kill amid an outage, where people are alerted and where bodies are of the user's own form
//! - `hostile` – chunks that are cheap to send and dear to read
//! - `wrong_settings` – wrong paths, keys, regions and names at every destination, until they are right
//! - `budgets` – limits, and what is told of dropped lines
//! - `recorder` – lines that errors release
//! - `joining` – records whose lines are in several chunks
//! - `machine` – a full disk, a clock that jumps, and memory when nothing can be delivered
//!
//! And what they work with:
//!
//! - `host` – one running host, real or not
//! - `feed` – numbered records that the host has acknowledged
//! - `destinations` – what each type of destination needs, and what it took
//! - `proxy` – a way to the cloud that breaks off
//! - `tally` – what became of them, as a line of the table

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a failed expectation is a failed test")]

mod alerts;
mod budgets;
mod concurrency;
mod destinations;
mod feed;
mod host;
mod hostile;
mod isolation;
mod joining;
mod machine;
mod proxy;
mod recorder;
mod services;
mod shutdown;
mod tally;
mod wrong_settings;
