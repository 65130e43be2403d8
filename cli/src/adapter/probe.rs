//! `probe`: the addresses of destinations, and what they say when they are asked.

pub(crate) use ecs_router::probe::task::describe as describe_task;
pub(crate) use ecs_router::probe::{ProbeAnswer, ProbeReport, addresses, ask, certificate_problem};
