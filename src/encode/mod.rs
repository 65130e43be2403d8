//! Records → packed payloads.
//!
//! `run_cache` keeps the text of repeated fields, `template` makes names, `partition` gathers encoded records by target in
//! buffers of `buffer_pool`, `batch` packs them under a destination's limits, and `payload` is what a request sends. Knows
//! no vendor.

pub mod accepted_times;
pub mod batch;
pub mod buffer_pool;
pub mod known_names;
pub mod partition;
pub mod payload;
pub(crate) mod run_cache;
pub mod template;
