//! A host that goes away takes tasks of many services with it.

use super::*;

/// A task of `service` whose container instance `host` was terminated.
fn lost(service: &str, host: &str, at: i64) -> StopEvent {
    let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("{service}-{host}"),
        "account": "111122223333", "region": "eu-central-1", "time": text(at), "detail": {
        "taskArn": format!("arn:aws:ecs:eu-central-1:111122223333:task/prod/{service}{host}"), "version": 3,
        "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/prod", "lastStatus": "STOPPED",
        "containerInstanceArn": format!("arn:aws:ecs:eu-central-1:111122223333:container-instance/prod/{host}"),
        "group": format!("service:{service}"), "stopCode": "TerminationNotice", "launchType": "EC2",
        "stoppedReason": format!("Host EC2 (instance {host}) terminated."),
        "taskDefinitionArn": format!("arn:aws:ecs:eu-central-1:111122223333:task-definition/{service}:1"),
        "startedAt": text(at - 3_000_000), "stoppedAt": text(at),
        "containers": [{"name": service, "exitCode": 137, "lastStatus": "STOPPED"}]}});
    stop::read(event).unwrap()
}

#[test]
fn thirty_services_that_lose_one_host_are_one_error_that_names_them() {
    let mut incidents = incidents();
    let mut told = Vec::new();
    for number in 0..30 {
        let stop = lost(&format!("s{number:02}"), "i-1", START);
        assert_eq!(stop.severity, stop::Severity::Warning);
        let sighting = incidents.observe(&stop, START).unwrap();
        incidents.confirm(&sighting, true);
        told.extend(Some(sighting.report().clone()).filter(|report| report.is_news));
    }
    assert_eq!(incidents.tally().open, 1);
    let shown: Vec<_> =
        told.iter().map(|report| (report.count, report.escalated, report.services.len())).collect();
    assert_eq!(shown, [(1, false, 0), (3, true, 3), (10, true, 10), (30, true, 30)]);
    assert_eq!(told[1].services, ["s00", "s01", "s02"]);
}

/// A host's tasks stop at once: their events are one chunk, of which nothing is settled before all are counted.
#[test]
fn services_that_lose_their_host_at_once_are_told_when_the_first_is() {
    let mut incidents = incidents();
    let sightings: Vec<_> = (0..8)
        .map(|number| incidents.observe(&lost(&format!("s{number}"), "i-1", START), START).unwrap())
        .collect();
    let news = sightings.iter().filter(|sighting| sighting.report().is_news).count();
    assert_eq!(news, 1, "the opening");
    incidents.tick(START + 1);
    assert_eq!(told(&mut incidents), [], "it is on its way");
    sightings.iter().for_each(|sighting| incidents.confirm(sighting, true));
    incidents.tick(START + 2);
    let news = incidents.take_news(START);
    incidents.news_delivered();
    let reports: Vec<_> = news.iter().filter_map(|one| one.stop.incident.as_ref()).collect();
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].state, reports[0].count), (IncidentState::Continued, 8));
    assert!(reports[0].escalated && reports[0].services.len() == 8);
    incidents.tick(START + 3);
    assert_eq!(told(&mut incidents), [], "once");
}

#[test]
fn stops_that_come_while_a_count_is_told_are_told_at_the_next_milestone() {
    let mut incidents = incidents();
    let mut observe = |task: u32| incidents.observe(&crash("web", task, 1, START), START).unwrap();
    let sightings: Vec<_> = (1..=12).map(&mut observe).collect();
    sightings.iter().for_each(|sighting| incidents.confirm(sighting, true));
    incidents.tick(START + 1);
    assert_eq!(told(&mut incidents), [(IncidentState::Continued, 12)]);
}

#[test]
fn another_host_is_another_incident_and_one_service_alone_recovers_nothing() {
    let mut incidents = incidents();
    arrive(&mut incidents, &lost("web", "i-1", START), START);
    arrive(&mut incidents, &lost("shop", "i-1", START), START);
    arrive(&mut incidents, &lost("web", "i-2", START), START);
    assert_eq!(incidents.tally().open, 2);
    incidents.recover(&recovery("web", "SERVICE_STEADY_STATE", START + 1), START + 1);
    incidents.recover(&recovery("shop", "SERVICE_STEADY_STATE", START + 1), START + 1);
    incidents.tick(START + 10 * MINUTE);
    assert_eq!(incidents.tally().open, 1, "that of the one service");
    incidents.tick(START + 30 * MINUTE);
    assert!(incidents.is_idle());
}
