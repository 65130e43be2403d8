//! The library's inner modules as the commands use them: one file each, so that a change there is one change here.

pub(crate) mod classify;
pub(crate) mod pipeline;
pub(crate) mod plugin;
