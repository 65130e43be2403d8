//! The tables of texts and codes: what ECS, its agents, Docker and containerd say, and what each of it means.

pub(super) mod cause;
pub(super) mod exit_code;
pub(super) mod external;
pub(super) mod hint;
pub(super) mod reason;
