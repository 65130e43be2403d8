//! Objects: filled on disk by `spool`, brought to the store by `upload`.

pub mod spool;
pub mod upload;
