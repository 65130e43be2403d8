//! More incidents than may be open, and what is still on its way when one is ended or goes on.

use super::*;
use crate::stop::MissingLines;

#[test]
fn too_many_are_bounded_and_each_is_resolved() {
    let mut incidents = incidents();
    for number in 0..1_500_u32 {
        let now = START + i64::from(number);
        arrive(&mut incidents, &crash(&format!("s{number}"), number, 1, now), now);
    }
    let tally = incidents.tally();
    assert_eq!((tally.open, tally.opened, tally.resolved, tally.evicted), (1_000, 1_500, 500, 500));
    assert_eq!(told(&mut incidents).len(), 500);
    assert!(incidents.save().len() < 4 << 20, "{}", incidents.save().len());
}

/// The one whose opening no stop could tell: another stop of it arrived, and who was told of that is not known yet.
#[test]
fn the_end_waits_for_an_opening_that_is_owed() {
    let mut incidents = incidents();
    let first = incidents.observe(&crash("web", 1, 1, START), START).unwrap();
    let second = incidents.observe(&crash("web", 2, 1, START), START).unwrap();
    incidents.withdraw(&first);
    incidents.arrive(&second);
    incidents.tick(START + 31 * MINUTE);
    assert_eq!(told(&mut incidents), []);
    incidents.settle(&second, true);
    incidents.tick(START + 31 * MINUTE);
    assert_eq!(told(&mut incidents), [(IncidentState::Opened, 1), (IncidentState::Resolved, 1)]);
}

/// As one queue may bring in one chunk: each opening is still on its way when there are too many.
#[test]
fn too_many_at_once_are_ended_after_their_openings_are_told() {
    let mut incidents = incidents();
    let observe = |incidents: &mut Incidents, number: u32| {
        incidents.observe(&crash(&format!("s{number}"), number, 1, START), START).unwrap()
    };
    let sightings: Vec<Sighting> = (0..1_200).map(|number| observe(&mut incidents, number)).collect();
    assert_eq!(told(&mut incidents), [], "nobody knows of them yet");
    sightings.iter().for_each(|sighting| incidents.confirm(sighting, true));
    observe(&mut incidents, 1_200);
    let tally = incidents.tally();
    assert_eq!((tally.open, tally.opened, tally.evicted), (1_000, 1_200, 201));
    assert_eq!(told(&mut incidents), [(IncidentState::Resolved, 1); 201]);
}

#[test]
fn too_many_before_a_restart_are_ended_after_it() {
    let mut earlier = incidents();
    let observe = |number: u32| earlier.observe(&crash(&format!("s{number}"), number, 1, START), START);
    let sightings: Vec<Sighting> = (0..1_100).filter_map(observe).collect();
    sightings.iter().for_each(|sighting| earlier.confirm(sighting, true));
    let mut restarted = incidents();
    restarted.restore(&earlier.save(), START).unwrap();
    assert_eq!(restarted.tally().open, 1_000);
    assert_eq!(told(&mut restarted), [(IncidentState::Resolved, 1); 100]);
}

/// One that is told of a third stop would alert people again after its end.
#[test]
fn one_that_is_about_to_be_told_again_is_not_ended_for_another() {
    let mut incidents = bounded(1);
    arrive(&mut incidents, &crash("web", 1, 1, START), START);
    arrive(&mut incidents, &crash("web", 2, 1, START), START);
    let third = incidents.observe(&crash("web", 3, 1, START), START).unwrap();
    assert!(third.report().is_news);
    incidents.arrive(&third);
    arrive(&mut incidents, &crash("shop", 4, 1, START), START + 1);
    assert_eq!(told(&mut incidents), []);
    incidents.settle(&third, true);
    arrive(&mut incidents, &crash("api", 5, 1, START), START + 2);
    assert_eq!(told(&mut incidents), [(IncidentState::Resolved, 3), (IncidentState::Resolved, 1)]);
}

/// The chunk of the stop may still be given up; then nobody would hear that it is over.
#[test]
fn late_lines_of_an_incident_that_nobody_heard_of_wait_for_its_opening() {
    let mut lines = crash("web", 1, 1, START);
    lines.last_lines = vec!["panicked".to_owned()];
    let mut without = crash("web", 1, 1, START);
    without.last_lines_missing = Some(MissingLines::Timeout);
    for was_told in [true, false] {
        let mut incidents = incidents();
        let first = incidents.observe(&without, START).unwrap();
        incidents.bring_lines(&lines);
        assert_eq!(told(&mut incidents), []);
        incidents.confirm(&first, was_told);
        let news = incidents.take_news(START);
        let state = if was_told { IncidentState::Continued } else { IncidentState::Opened };
        let [news] = news.as_slice() else { panic!("{news:?}") };
        assert_eq!(
            (news.state(), news.stop.last_lines.as_slice()),
            (Some(state), lines.last_lines.as_slice())
        );
    }
    let mut incidents = incidents();
    let given_up = incidents.observe(&without, START).unwrap();
    incidents.bring_lines(&lines);
    incidents.withdraw(&given_up);
    assert_eq!(told(&mut incidents), []);
}

/// Each container of a loop exits with a code of its own.
#[test]
fn a_service_that_exits_with_any_code_has_nine_incidents_and_ends_none_of_others() {
    let mut incidents = bounded(20);
    arrive(&mut incidents, &crash("payments", 1, 1, START), START);
    let mut messages = 0;
    for code in 1..=100_u32 {
        let now = START + i64::from(code);
        let told = arrive(&mut incidents, &crash("web", code, i64::from(code), now), now);
        messages += usize::from(told.is_some());
    }
    let tally = incidents.tally();
    assert!(tally.open <= 12 && tally.evicted == 0, "{tally:?}");
    assert!(messages < 25, "{messages}");
    let again = incidents.observe(&crash("web", 90, 90, START), START).unwrap();
    assert!(again.report().various && !again.report().is_news, "{again:?}");
    assert_eq!(told(&mut incidents), [], "what came again is no update");
}

#[test]
fn the_service_that_has_most_makes_way_first() {
    let mut incidents = bounded(3);
    arrive(&mut incidents, &crash("payments", 1, 1, START), START);
    for code in 1..=3_u32 {
        arrive(&mut incidents, &crash("web", code, i64::from(code), START), START + i64::from(code));
    }
    let ended = incidents.take_news(START);
    let [ended] = ended.as_slice() else { panic!("{ended:?}") };
    assert_eq!((ended.stop.service.as_deref(), ended.stop.exit_code), (Some("web"), Some(1)));
}

#[test]
fn texts_that_no_event_of_ecs_has_take_no_memory() {
    let long = "x".repeat(10_000);
    let mut incidents = incidents();
    for number in 0..5 {
        let event = json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "id": format!("{number}{long}"),
            "account": long, "region": format!("{number}{long}"), "time": text(START), "detail": {
            "taskArn": format!("arn:aws:ecs:eu:1:task/prod/{number}{long}"), "version": 3,
            "clusterArn": format!("arn:aws:ecs:eu:1:cluster/{number}{long}"), "lastStatus": "STOPPED",
            "group": format!("service:{number}{long}"), "stopCode": long, "stoppedReason": long,
            "startedBy": format!("ecs-svc/{number}{long}"), "launchType": long, "availabilityZone": long,
            "taskDefinitionArn": format!("arn:aws:ecs:eu:1:task-definition/{number}{long}:41"),
            "startedAt": text(START - 3_000), "stoppedAt": text(START), "createdAt": long,
            "containers": vec![json!({"name": long, "image": format!("{long}:{long}"), "exitCode": 1, "reason": long,
                "lastStatus": "STOPPED", "runtimeId": long}); 101]}});
        let stop = stop::read(event).unwrap();
        assert!(stop.key().is_none_or(|(key, _)| key.len() <= 1_024));
        assert!(serde_json::to_string(&stop.containers).unwrap().len() <= 100 * 5_000);
        arrive(&mut incidents, &stop, START);
    }
    let saved = incidents.save().len();
    assert!(saved < 5 * 20_000, "{saved} bytes of 5 incidents");
    let recovery = json!({"source": "aws.ecs", "detail-type": "ECS Deployment State Change", "time": text(START),
        "resources": ["arn:aws:ecs:eu:1:service/prod/web"],
        "detail": {"eventName": "SERVICE_DEPLOYMENT_COMPLETED", "deploymentId": long}});
    assert_eq!(stop::recovery(&recovery).unwrap().deployment, None);
}
