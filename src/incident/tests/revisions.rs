//! Which revision a deployment ran, which one ran before, and what its report says of both.

use super::*;
use crate::stop::{FailedRevision, RevisionSource};

/// A task of `web` that ran this revision for this deployment and stopped, by itself or as planned.
fn stopped(task: u32, revision: u32, deployment: &str, is_planned: bool) -> StopEvent {
    let code = if is_planned { "ServiceSchedulerInitiated" } else { "EssentialContainerExited" };
    let reason = if is_planned { "Scaling activity initiated by (deployment ecs-svc/42)" } else { "" };
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("r{task}"),
        "account": "111122223333", "region": "eu-central-1", "time": text(START), "detail": {
        "taskArn": format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/r{task}"), "version": 3,
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "group": "service:web", "stopCode": code, "stoppedReason": reason, "startedBy": deployment,
        "taskDefinitionArn": format!("arn:aws:ecs:eu-central-1:111122223333:task-definition/web:{revision}"),
        "startedAt": text(START - 3_000), "stoppedAt": text(START), "containers": [{"name": "app",
            "exitCode": i32::from(!is_planned), "image": format!("ecr/shop/web:1.{revision}.0")}]}});
    stop::read(event).unwrap()
}

fn failed(deployment: &str, reason: &str) -> StopEvent {
    stop::read(json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "id": deployment,
        "account": "111122223333", "region": "eu-central-1", "time": text(START + 1),
        "resources": ["arn:aws:ecs:eu-central-1:111122223333:service/prod/web"],
        "detail": {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED", "deploymentId": deployment,
            "reason": reason}}))
    .unwrap()
}

const BROKE: &str = "ECS deployment circuit breaker: tasks failed to start.";
const ROLLED_BACK: &str = "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/39.";

/// What the report of the failed deployment `ecs-svc/42` says after these stops: its sentence and its revisions.
fn report(stops: &[StopEvent], reason: &str) -> (String, Option<FailedRevision>) {
    let mut incidents = incidents();
    for stop in stops {
        if let Some(sighting) = incidents.observe(stop, START) {
            incidents.confirm(&sighting, true);
        }
    }
    let saved = incidents.save();
    let mut later = super::incidents();
    later.restore(&saved, START).unwrap();
    let mut event = failed("ecs-svc/42", reason);
    let sighting = later.observe(&event, START).unwrap();
    let before = event.summary.clone();
    sighting.verdict().into_iter().for_each(|verdict| verdict.add_to(&mut event));
    let said = event.summary.strip_prefix(&before).unwrap().trim_start().to_owned();
    (said, event.failed_revision)
}

fn ten_of_42() -> Vec<StopEvent> {
    (0..10).map(|task| stopped(task, 42, "ecs-svc/42", false)).collect()
}

#[test]
fn ten_tasks_of_the_new_revision_are_told_beside_none_of_the_old() {
    let old = stopped(90, 39, "ecs-svc/39", true);
    let (said, failed) = report(&[vec![old], ten_of_42()].concat(), ROLLED_BACK);
    assert_eq!(
        said,
        "10 tasks of revision 42 (image tag 1.42.0) stopped: app error (app exit 1, after 3 s); none of revision 39."
    );
    let failed = serde_json::to_value(failed).unwrap();
    let expected = json!({"revision": "42", "image_tag": "1.42.0", "stops": 10,
        "previous": {"revision": "39", "stops": 0, "known_by": "rollback"}});
    assert_eq!(failed, expected);
}

#[test]
fn the_revision_before_is_that_of_the_rollback_else_the_latest_seen_else_the_number_before() {
    let seen = [stopped(90, 39, "ecs-svc/39", true), stopped(91, 40, "ecs-svc/40", true)];
    let previous = |stops: &[StopEvent], reason| {
        let (_, failed) = report(&[stops, &ten_of_42()].concat(), reason);
        let previous = failed.unwrap().previous.unwrap();
        (previous.revision, previous.known_by)
    };
    assert_eq!(previous(&seen, ROLLED_BACK), ("39".to_owned(), RevisionSource::Rollback));
    assert_eq!(previous(&seen, BROKE), ("40".to_owned(), RevisionSource::Stops));
    assert_eq!(previous(&[], BROKE), ("41".to_owned(), RevisionSource::Number));
    assert!(!report(&ten_of_42(), BROKE).0.contains("none of"), "nobody knows whether 41 ever ran");
}

#[test]
fn stops_of_another_deployment_are_not_this_ones() {
    let of_41: Vec<StopEvent> = (0..3).map(|task| stopped(task, 41, "ecs-svc/41", false)).collect();
    assert_eq!(report(&of_41, BROKE), (String::new(), None));
    let (said, failed) = report(&[of_41, ten_of_42()].concat(), BROKE);
    assert!(said.ends_with("; 3 of revision 41 did, too."), "{said}");
    assert_eq!(failed.unwrap().previous.unwrap().stops, 3);
    let replaced = [stopped(1, 42, "ecs-svc/42", true)];
    let (said, failed) = report(&replaced, BROKE);
    assert_eq!((said.as_str(), failed.unwrap().stops), ("", 0), "an alarm: its tasks were well");
}

#[test]
fn a_deployment_of_the_same_revision_has_nothing_to_compare() {
    let old = stopped(90, 42, "ecs-svc/39", true);
    let (said, failed) = report(&[vec![old], ten_of_42()].concat(), ROLLED_BACK);
    assert!(said.ends_with("; the deployment before ran the same revision."), "{said}");
    assert_eq!(failed.unwrap().compared(), None);
}

#[test]
fn revisions_that_are_known_are_bounded_and_of_services_only() {
    let mut incidents = incidents();
    for number in 0..3_000 {
        incidents.note_revision(&stopped(number, number + 1, "ecs-svc/1", true));
    }
    let mut alone = stopped(1, 1, "ecs-svc/1", true);
    alone.service = None;
    incidents.note_revision(&alone);
    assert!(incidents.save().len() < 500_000, "{}", incidents.save().len());
    let before = incidents.changes();
    incidents.note_revision(&stopped(7, 3_000, "ecs-svc/1", true));
    assert_eq!(incidents.changes(), before, "known already");
}

/// What is added to the summary of a deployment that failed.
fn said(sighting: &Sighting) -> String {
    let mut stop = crash("web", 1, 1, START);
    stop.summary = String::new();
    sighting.verdict().into_iter().for_each(|verdict| verdict.add_to(&mut stop));
    stop.summary.trim_start().to_owned()
}

#[test]
fn a_deployment_that_failed_says_what_became_of_its_tasks() {
    let mut incidents = incidents();
    for task in 5..20 {
        let at = START + i64::from(task);
        arrive(&mut incidents, &crash("web", task, 1, at), at);
    }
    arrive(&mut incidents, &crash("web", 21, 139, START), START);
    arrive(&mut incidents, &crash("shop", 90, 1, START), START);
    let failed = |service: &str| {
        stop::read(json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "id": service,
            "resources": [format!("arn:aws:ecs:eu-central-1:111122223333:service/prod/{service}")],
            "detail": {"eventType": "ERROR", "eventName": "SERVICE_DEPLOYMENT_FAILED",
            "reason": "ECS deployment circuit breaker: tasks failed to start."}}))
        .unwrap()
    };
    let sighting = incidents.observe(&failed("web"), START + MINUTE).unwrap();
    assert_eq!(
        said(&sighting),
        "1 task of revision 42 stopped: app signal (app exit 139, after 3 s); 10 of revision 41 did, too."
    );
    arrive(&mut incidents, &crash("web", 22, 1, START), START);
    arrive(&mut incidents, &crash("web", 23, 1, START), START);
    let sighting = incidents.observe(&failed("web"), START + MINUTE).unwrap();
    assert_eq!(
        said(&sighting),
        "3 tasks of revision 42 stopped: app error (app exit 1, after 3 s), app signal (app exit 139, after 3 s); \
         10 of revision 41 did, too."
    );
    assert_eq!(said(&incidents.observe(&failed("api"), START).unwrap()), "");
    assert_eq!(said(&incidents.observe(&crash("web", 30, 1, START), START).unwrap()), "");
}
