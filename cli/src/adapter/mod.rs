//! The library's inner modules as the commands use them, one file for each, so that a change of the library is one change
//! here.

pub(crate) mod classify;
pub(crate) mod instance;
pub(crate) mod lines;
pub(crate) mod pipeline;
pub(crate) mod probe;
pub(crate) mod redaction;
pub(crate) mod sampling;
pub(crate) mod tag;
pub(crate) mod unfinished;
