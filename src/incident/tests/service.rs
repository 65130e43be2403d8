//! What an incident means for its service: when it is urgent, and what a rollback makes of it.

use super::*;
use crate::stop::Severity;

/// A task of `service` whose host went away.
fn host_stop(service: &str, task: u32, at: i64) -> StopEvent {
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("h{task}"),
        "account": "111122223333", "region": "eu-central-1", "time": text(at), "detail": {
        "taskArn": format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{service}{task}"), "version": 3,
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": format!("service:{service}"), "stopCode": "TerminationNotice",
        "stoppedReason": "Host EC2 (instance i-0123456789abcdef0) terminated.",
        "startedAt": text(at - 3_000), "stoppedAt": text(at),
        "containers": [{"name": "app", "lastStatus": "STOPPED"}]}});
    stop::read(event).unwrap()
}

/// The severities with which people are told of these stops, one a minute.
fn told_severities(stop_at: impl Fn(u32, i64) -> StopEvent, count: u32) -> Vec<Severity> {
    let mut incidents = incidents();
    let mut told = Vec::new();
    for number in 1..=count {
        let at = START + i64::from(number) * MINUTE;
        let mut stop = stop_at(number, at);
        assert_eq!(stop.severity, Severity::Warning, "{stop:?}");
        let sighting = incidents.observe(&stop, at).unwrap();
        incidents.confirm(&sighting, true);
        stop.incident = Some(sighting.report().clone());
        if sighting.report().is_news {
            told.push(stop.told_severity());
        }
    }
    incidents.tick(START + i64::from(count) * MINUTE + 30 * MINUTE);
    let end = incidents.take_news(START);
    told.extend(end.iter().map(|news| news.stop.told_severity()));
    told
}

#[test]
fn harmless_stops_that_repeat_on_a_service_are_told_as_errors() {
    let expected = [Severity::Warning, Severity::Error, Severity::Error, Severity::Error, Severity::Error];
    assert_eq!(told_severities(|number, at| crash("web", number, 0, at), 40), expected);
    assert_eq!(told_severities(|number, at| crash("web", number, 143, at), 40), expected);
    assert_eq!(told_severities(|number, at| host_stop("web", number, at), 40), expected);
}

#[test]
fn two_stops_and_those_of_no_service_stay_what_they_are() {
    assert_eq!(told_severities(|number, at| crash("web", number, 0, at), 2), [Severity::Warning; 2]);
    let alone = |number, at| {
        let mut stop = crash("web", number, 0, at);
        stop.service = None;
        stop
    };
    assert_eq!(told_severities(alone, 3), [Severity::Warning; 3]);
}

fn deployment(name: &str, id: &str, reason: &str, at: i64) -> Value {
    let kind = if name.ends_with("FAILED") { "ERROR" } else { "INFO" };
    json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "time": text(at), "account": "111122223333",
        "region": "eu-central-1", "resources": ["arn:aws:ecs:eu-central-1:111122223333:service/prod/web"],
        "detail": {"eventType": kind, "eventName": name, "deploymentId": id, "reason": reason}})
}

/// How the incident of a crash ends after these events of its service, a minute apart.
fn end_after(events: &[(&str, &str, &str)]) -> Vec<Option<IncidentEnd>> {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 22, 1, START), START);
    let mut now = START;
    for (name, id, reason) in events {
        now += MINUTE;
        let mut event = deployment(name, id, reason, now);
        if *name == "SERVICE_STEADY_STATE" {
            event["detail-type"] = "ECS Service Action".into();
        }
        match stop::recovery(&event) {
            Some(recovery) => incidents.recover(&recovery, now),
            None => drop(arrive(&mut incidents, &stop::read(event).unwrap(), now)),
        }
    }
    // Over a restart, too.
    let saved = incidents.save();
    let mut later = super::incidents();
    later.restore(&saved, now).unwrap();
    later.tick(now + 10 * MINUTE);
    let ended = later.take_news(now);
    ended.iter().map(|news| news.stop.incident.as_ref().unwrap().ended_by).collect()
}

const FAILED: (&str, &str, &str) =
    ("SERVICE_DEPLOYMENT_FAILED", "ecs-svc/42", "ECS deployment circuit breaker: tasks failed to start.");
const ROLLING_BACK: (&str, &str, &str) = (
    "SERVICE_DEPLOYMENT_IN_PROGRESS",
    "ecs-svc/42",
    "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/41.",
);
const OLD_COMPLETED: (&str, &str, &str) =
    ("SERVICE_DEPLOYMENT_COMPLETED", "ecs-svc/41", "ECS deployment ecs-svc/41 completed.");
const NEW_COMPLETED: (&str, &str, &str) =
    ("SERVICE_DEPLOYMENT_COMPLETED", "ecs-svc/43", "ECS deployment ecs-svc/43 completed.");
const STEADY: (&str, &str, &str) = ("SERVICE_STEADY_STATE", "", "");

#[test]
fn a_rollback_is_no_completed_deployment() {
    let rolled_back = vec![Some(IncidentEnd::RolledBack); 2];
    assert_eq!(end_after(&[FAILED, ROLLING_BACK, OLD_COMPLETED]), rolled_back);
    assert_eq!(end_after(&[FAILED, ROLLING_BACK, OLD_COMPLETED, STEADY]), rolled_back);
    assert_eq!(end_after(&[FAILED, ROLLING_BACK, STEADY]), rolled_back);
    assert_eq!(end_after(&[FAILED, OLD_COMPLETED, ROLLING_BACK]), rolled_back, "events change places");
    let told_by_failure = (FAILED.0, FAILED.1, ROLLING_BACK.2);
    assert_eq!(end_after(&[told_by_failure, OLD_COMPLETED]), rolled_back);
    assert_eq!(
        end_after(&[FAILED, ROLLING_BACK, OLD_COMPLETED, NEW_COMPLETED]),
        [Some(IncidentEnd::DeploymentCompleted); 2],
        "a deployment after it is a new one"
    );
}
