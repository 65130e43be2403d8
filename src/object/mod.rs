//! Objects: filled on disk by `spool`, sent to the store by `upload`.

pub mod spool;
pub(crate) mod upload;
