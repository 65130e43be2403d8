//! What ECS says when a deployment is rolled back.

/// What the circuit breaker says when it goes back to an earlier deployment, followed by that one's id.
const ROLLING_BACK: &str = "rolling back to deploymentId ";

/// The deployment to which a service goes back, from the reason that ECS gives.
pub(super) fn target(reason: &str) -> Option<&str> {
    let id = reason.split_once(ROLLING_BACK)?.1;
    Some(id.trim_end().trim_end_matches('.')).filter(|id| !id.is_empty())
}
