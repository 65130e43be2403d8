//! `ecs_router`, an output plugin for Fluent Bit: tells ECS stop events, standard error and standard output apart
//! and brings each class to its own destinations.
//!
//! # The way through the house
//!
//! ```text
//! Fluent Bit ─ ffi ─ plugin ─ worker ─ pipeline: decode → classify → route → encode → batch
//!                                │                  │        │                 │
//!                                │                record    stop          destination/*, template, json
//!                                └ deliver ─ wire ─ http, aws ─→ the service
//!                                      │       └ spool ─ upload ─ deliver, for objects filled on disk
//!                                      └ ack: what arrived, the verdict, the ledger for the replay
//! ```
//!
//! Follow a record from [`decode`] downwards; each module's first lines say what it owns and what it does not.

#![forbid(unsafe_code)]

pub mod classify;
pub mod config;
pub mod delivery;
pub mod destination;
pub mod encode;
pub mod envelope;
pub mod input;
pub mod instance;
pub mod json;
mod log;
pub mod metrics;
pub mod object;
pub mod registry;
pub mod router;
pub mod stop;
pub mod task_metadata;
mod transport;
pub mod version;
mod watch;
mod worker;

pub use delivery::verdict::Verdict;
