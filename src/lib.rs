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

pub mod ack;
mod aws;
pub mod batch;
pub mod body;
mod breaker;
pub mod carrier;
pub mod chunk;
pub mod classify;
pub mod config;
pub mod decode;
mod deliver;
pub mod destination;

mod http;
pub mod json;
mod last_words;
mod log;
pub mod metrics;
mod once;
mod pace;
pub mod pipeline;
pub mod plugin;
pub mod record;
pub mod route;
pub mod spool;
pub mod stop;
pub mod task;
pub mod template;
mod upload;
pub mod version;
mod watch;
mod wire;
mod worker;

pub use ack::Verdict;
