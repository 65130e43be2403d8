//! Bytes of a chunk → records.
//!
//! `chunk` lends the bytes, `msgpack` reads values, `decode` reads Fluent Bit's log events, `record` is what later stages
//! see of them, `distinct` keeps the last value of a key that occurs twice, `nested` reads what is inside values, and `shared_run`
//! finds the fields that record after record repeats. `log_line` reads, of each entry, what joining lines needs, and writes
//! the joined record. Does not own what a record means.

pub mod chunk;
pub mod decode;
mod distinct;
pub mod key_name;
pub(crate) mod log_line;
mod msgpack;
pub mod nested;
pub mod record;
mod recovery;
mod shared_run;
