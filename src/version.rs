//! What this build is.

/// Version, commit, target and the glibc it needs, in one line.
pub const DESCRIPTION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("ECS_ROUTER_COMMIT"),
    ", ",
    env!("ECS_ROUTER_TARGET"),
    ", needs glibc ",
    env!("ECS_ROUTER_GLIBC"),
    ")"
);
