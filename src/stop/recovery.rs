//! Recognises the events by which ECS says that a service is well again. They report no stop.
//!
//! <https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_events.html>, read 2026-11.

use serde_json::Value;

use super::incident::IncidentEnd;
use super::trigger::{DEPLOYMENT_CHANGE, ECS, SERVICE_ACTION};
use super::{arn, field, time};

/// A service that is well again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceRecovery {
    /// What ECS said.
    pub how: IncidentEnd,
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

/// `None`: the event says nothing of the kind.
#[must_use]
pub fn recovery(event: &Value) -> Option<ServiceRecovery> {
    let detail = event.get("detail")?;
    let how = match (field::text(event, "detail-type")?, field::text(detail, "eventName")?) {
        (SERVICE_ACTION, "SERVICE_STEADY_STATE") => IncidentEnd::SteadyState,
        (DEPLOYMENT_CHANGE, "SERVICE_DEPLOYMENT_COMPLETED") => IncidentEnd::DeploymentCompleted,
        _ => return None,
    };
    if field::text(event, "source") != Some(ECS) {
        return None;
    }
    let resource = field::first_text(event, "resources").filter(|arn| arn.contains(":service/"));
    let cluster = field::text(detail, "clusterArn").and_then(arn::name);
    Some(ServiceRecovery {
        how,
        service: resource.and_then(arn::name)?.to_owned(),
        cluster: cluster.or_else(|| resource.and_then(arn::cluster)).map(String::from),
        region: field::string(event, "region"),
        account: field::string(event, "account"),
        at: field::text(event, "time").and_then(time::millis),
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
        assert_eq!((steady.how, steady.service.as_str()), (IncidentEnd::SteadyState, "web"));
        assert_eq!(steady.cluster.as_deref(), Some("prod"));
        assert_eq!(steady.at, Some(1_795_122_838_000));
        let completed = recovery(&fixture("deployment-completed")).unwrap();
        assert_eq!(completed.how, IncidentEnd::DeploymentCompleted);
        assert_eq!((completed.service.as_str(), completed.cluster.as_deref()), ("web", Some("prod")));
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
