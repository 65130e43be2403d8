//! Lines that are one record: the pieces of a line that Docker's driver cut, and the lines of a stack trace.
//!
//! Reads top to bottom: [`chunk`] reads the lines of a chunk, `earlier` is what the chunks before have left, and `rewrite`
//! writes the chunk again with its joined records; `record` is one such record while it grows; [`rules`] says which line
//! continues it, `traces` knows how languages print stack traces, and `shared` is a record whose lines come in several
//! chunks. Does not own: how long a chunk is held for the rest of its last record, and how such a record is delivered
//! (`router::joining`).
//!
//! What comes out is a function of the lines of one container's stream and of nothing else, wherever chunks begin and end:
//! so a replay finds the same records.

pub mod chunk;
mod earlier;
mod record;
mod rewrite;
pub mod rules;
pub(crate) mod shared;
mod traces;
