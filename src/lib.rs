//! `ecs_router`, an output plugin for Fluent Bit: tells ECS stop events, standard error and standard output apart
//! and delivers each class to its own destinations.
//!
//! # The path of a record
//!
//! Fluent Bit calls the plugin package (`fluent-bit/plugin`), which knows C and nothing else, and this library does the
//! rest. Read the diagram from top to bottom, as a chunk passes; `tests/suite/architecture.rs` says what may import what.
//!
//! ```text
//! registry      the host's handle → the instance it belongs to
//!     │
//! probe         what `check` asks destinations before anything is deployed; records do not pass it
//!     │
//! instance      one [OUTPUT]: reads its settings and starts its worker; flush; drain
//!     │         └─ config         what the user wrote and what it means, with every problem at once
//!     │
//! worker        the instance's thread: a queue of chunks, the drain at exit, statistics
//!     │
//! router        one chunk from bytes to verdict; calls everything below
//!     │ ▲
//!     │ ├────── log_reader        the last lines of stopped containers, from CloudWatch Logs
//!     │ └────── watch             chunks that do not come from Fluent Bit: exits of containers, a queue of ECS events
//!     │                           └─ task_metadata   the task as the metadata endpoint describes it
//!     │
//!     ├─ join         lines that are one record: pieces of a long line, and stack traces
//!     ├─ input        bytes of the chunk → records
//!     ├─ envelope     finds the ECS events inside SNS, SQS, Firehose, Docker and other wrappings
//!     ├─ classify     stop event, error, stderr, stdout or other; which destinations its class goes to
//!     │      └─ level             how grave a line is by its own word
//!     ├─ stop         why a task or container stopped; reports each stop once, with its last lines of stderr
//!     ├─ limit        which lines are dropped because their container, or their class, has used up its budget
//!     ├─ redact       texts and records without personal data and secrets; stop masks with it, too
//!     ├─ encode       records → payloads: names, partitions, batches
//!     │      └─ json              the writer of records as JSON
//!     ├─ deflate      bodies → gzip, at the speed of sending them
//!     ├─ destination  what each vendor wants: limits, wire form, request, and what its reply means
//!     │
//!     ├─ delivery     sends each batch, again if need be, and knows what arrived: the verdict, the ledger for replays
//!     ├─ recorder     the last lines of each container, held until an error or a stop releases them
//!     ├─ incident     which stops are one incident, when people are told, and when it is over
//!     ├─ transport    the only way out: HTTP with TLS and AWS signatures, files, standard output
//!     ├─ object       objects filled on disk (spool) and uploaded in the background
//!     ▼
//! the service
//!
//! threads                 where what takes long is computed, and where connections live
//! metrics, log, version   what is counted, what is said, and which build says it; used everywhere
//! printable               what may be in a text that is shown to people
//! ```
//!
//! Follow a record from [`router::entries`] downwards; each module's first lines say what it owns and what it does not.

#![forbid(unsafe_code)]

pub mod classify;
pub mod config;
pub mod deflate;
pub mod delivery;
pub mod destination;
pub mod encode;
pub mod envelope;
pub mod incident;
pub mod input;
pub mod instance;
pub mod join;
pub mod json;
pub mod level;
pub mod limit;
mod log;
mod log_reader;
pub mod metrics;
pub mod object;
pub mod printable;
pub mod probe;
pub mod recorder;
pub mod redact;
pub mod registry;
pub mod router;
pub mod stop;
pub mod task_metadata;
mod threads;
mod transport;
pub mod version;
mod watch;
mod worker;

pub use delivery::verdict::Verdict;
