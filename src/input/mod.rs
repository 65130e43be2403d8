//! Bytes of a chunk → records.
//!
//! `chunk` lends the bytes, `decode` reads them, `record` is what stages pass on, `shared_run` knows the fields that record
//! after record repeats. Does not own what a record means.

pub mod chunk;
pub mod decode;
pub mod record;
mod shared_run;
