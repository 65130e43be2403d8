//! Stops that do not come as one record each, or not through Fluent Bit.
//!
//! - `fetch_changes` – what changed with a deployment that failed, from its task definitions
//! - `fetch_logs` – last lines from CloudWatch Logs for tasks without a router
//! - `metadata` – a task metadata endpoint that tests can turn
//! - `task` – exits of sibling containers, their last lines, names from the metadata, an endpoint in trouble
//! - `queue` – events from SQS: each delivered, none lost, none twice
//! - `reporting` – one report per stop, carriers, and what an application cannot forge

mod fetch_changes;
mod fetch_logs;
pub(crate) mod metadata;
mod queue;
mod reporting;
mod task;
