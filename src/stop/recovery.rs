//! Recognises the events by which ECS says that a service is well again, or is being rolled back. They report no stop.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html>, read 2026-11.

use serde_json::Value;

use super::incident::IncidentEnd;
use super::texts::short_name;
use super::trigger::{DEPLOYMENT_CHANGE, ECS, SERVICE_ACTION};
use super::{arn, field, rollback, time};

/// A service that is well again, or on its way back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecovery {
    /// What ECS said.
    pub how: RecoveryStep,
    /// The deployment that was completed, or to which the service goes back.
    pub deployment: Option<String>,
    /// Name of the service.
    pub service: String,
    /// Name of its cluster, where the event tells it.
    pub cluster: Option<String>,
    /// AWS region.
    pub region: Option<String>,
    /// AWS account.
    pub account: Option<String>,
    /// When, in milliseconds since 1970.
    pub at: Option<i64>,
}

/// What ECS says of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecoveryStep {
    /// A deployment failed, and an earlier one takes its place.
    RollingBack,
    /// It is well again.
    Recovered(IncidentEnd),
}

/// `None`: the event says nothing of the kind.
#[must_use]
pub fn recovery(event: &Value) -> Option<ServiceRecovery> {
    let detail = event.get("detail")?;
    let target = field::text(detail, "reason").and_then(rollback::target).and_then(short_name);
    let how = match (field::text(event, "detail-type")?, field::text(detail, "eventName")?) {
        (SERVICE_ACTION, "SERVICE_STEADY_STATE") => RecoveryStep::Recovered(IncidentEnd::SteadyState),
        (DEPLOYMENT_CHANGE, "SERVICE_DEPLOYMENT_COMPLETED") => {
            RecoveryStep::Recovered(IncidentEnd::DeploymentCompleted)
        }
        (DEPLOYMENT_CHANGE, "SERVICE_DEPLOYMENT_IN_PROGRESS") if target.is_some() => {
            RecoveryStep::RollingBack
        }
        _ => return None,
    };
    if field::text(event, "source") != Some(ECS) {
        return None;
    }
    let resource = field::first_text(event, "resources").filter(|arn| arn.contains(":service/"));
    let cluster = field::text(detail, "clusterArn").and_then(arn::name);
    Some(ServiceRecovery {
        how,
        deployment: target
            .or_else(|| field::text(detail, "deploymentId").and_then(short_name))
            .map(String::from),
        service: resource.and_then(arn::name)?.to_owned(),
        cluster: cluster.or_else(|| resource.and_then(arn::cluster)).map(String::from),
        region: field::string(event, "region"),
        account: field::string(event, "account"),
        at: field::text(event, "time").and_then(time::stop_millis),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fixture(name: &str) -> Value {
        let path = format!("{}/tests/fixtures/events/{name}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    }

    #[test]
    fn steady_states_and_completed_deployments_are_recoveries() {
        let steady = recovery(&fixture("service-action-info")).unwrap();
        assert_eq!(
            (steady.how, steady.service.as_str()),
            (RecoveryStep::Recovered(IncidentEnd::SteadyState), "web")
        );
        assert_eq!(steady.cluster.as_deref(), Some("prod"));
        assert_eq!(steady.at, Some(1_795_122_838_000));
        let completed = recovery(&fixture("deployment-completed")).unwrap();
        assert_eq!(completed.how, RecoveryStep::Recovered(IncidentEnd::DeploymentCompleted));
        assert_eq!(completed.deployment.as_deref(), Some("ecs-svc/1637086347952626779"));
        assert_eq!((completed.service.as_str(), completed.cluster.as_deref()), ("web", Some("prod")));
    }

    #[test]
    fn a_rollback_names_the_deployment_that_comes_back() {
        let mut event = fixture("deployment-in-progress");
        assert_eq!(recovery(&event), None, "a deployment of no interest");
        event["detail"]["reason"] =
            "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/98.".into();
        let rollback = recovery(&event).unwrap();
        assert_eq!(rollback.how, RecoveryStep::RollingBack);
        assert_eq!(rollback.deployment.as_deref(), Some("ecs-svc/98"));
    }

    #[test]
    fn nothing_else_is_a_recovery() {
        let mut foreign = fixture("service-action-info");
        foreign["source"] = "my.app".into();
        assert_eq!(recovery(&foreign), None);
        let mut nameless = fixture("service-action-info");
        nameless["resources"] = serde_json::json!(["arn:aws:ecs:eu-central-1:1:task/prod/x"]);
        assert_eq!(recovery(&nameless), None);
        assert_eq!(recovery(&fixture("oom-killed")), None);
    }
}
