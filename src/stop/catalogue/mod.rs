//! The tables of texts and codes that ECS, its agents, Docker and containerd use, their meaning, and how to look one
//! up. Knows no task, no container and no event: which table applies is the diagnosis's business.

pub(super) mod cause;
pub(super) mod deployment;
pub(super) mod exit_code;
pub(super) mod external;
pub(super) mod hint;
pub(super) mod phrase;
pub(super) mod reason;
pub(super) mod subject;
mod words;
pub(super) mod wrapper;
