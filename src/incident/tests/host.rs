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

/// Whether one who wants errors alone is told.
fn is_error(report: &stop::IncidentReport, stop: &StopEvent) -> bool {
    report.escalated || stop.severity == stop::Severity::Error
}

/// All of them come in one chunk: when the third is counted, nobody has heard of the first.
#[test]
fn services_that_lose_their_host_at_once_are_told_as_an_error_once_the_first_is_told() {
    for was_told in [true, false] {
        let mut incidents = incidents();
        let stops: Vec<StopEvent> = (0..8).map(|number| lost(&format!("s{number}"), "i-1", START)).collect();
        let sightings: Vec<Sighting> =
            stops.iter().map(|stop| incidents.observe(stop, START).unwrap()).collect();
        incidents.tick(START + 1_000);
        assert!(!incidents.has_news(), "nothing arrived");
        sightings.iter().for_each(|sighting| incidents.confirm(sighting, was_told));
        incidents.tick(START + 2_000);
        let news = incidents.take_news(START + 2_000);
        incidents.news_delivered();
        let [news] = news.as_slice() else { panic!("{news:?}") };
        let report = news.stop.incident.as_ref().unwrap();
        assert!(is_error(report, &news.stop), "{report:?}");
        assert_eq!((report.count, report.services.len()), (8, 8));
        assert_eq!(report.state, if was_told { IncidentState::Continued } else { IncidentState::Opened });
        incidents.tick(START + MINUTE);
        assert!(!incidents.has_news(), "once");
        incidents.tick(START + 31 * MINUTE);
        let end = incidents.take_news(START);
        assert!(is_error(end[0].stop.incident.as_ref().unwrap(), &end[0].stop), "it was told as an error");
    }
}

#[test]
fn a_count_that_is_reached_while_the_opening_is_sent_is_told_after_it_and_before_the_end() {
    let mut incidents = incidents();
    let first = incidents.observe(&lost("s0", "i-1", START), START).unwrap();
    incidents.confirm(&first, false);
    assert_eq!(incidents.take_news(START).len(), 1);
    for number in 1..4 {
        arrive(&mut incidents, &lost(&format!("s{number}"), "i-1", START), START);
    }
    incidents.tick(START + 31 * MINUTE);
    assert!(!incidents.has_news());
    incidents.news_delivered();
    incidents.tick(START + 31 * MINUTE);
    assert_eq!(told(&mut incidents), [(IncidentState::Continued, 4), (IncidentState::Resolved, 4)]);
}

#[test]
fn the_end_of_what_was_never_told_as_an_error_is_none() {
    let mut incidents = incidents();
    let stops: Vec<StopEvent> = (0..3).map(|number| lost(&format!("s{number}"), "i-1", START)).collect();
    arrive(&mut incidents, &stops[0], START);
    arrive(&mut incidents, &stops[1], START);
    let third = incidents.observe(&stops[2], START).unwrap();
    assert!(third.report().escalated);
    incidents.withdraw(&third);
    incidents.tick(START + 31 * MINUTE);
    let news = incidents.take_news(START);
    let end = news.last().unwrap();
    let report = end.stop.incident.as_ref().unwrap();
    assert_eq!((report.state, report.escalated), (IncidentState::Resolved, false));
}
