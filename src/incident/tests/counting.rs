//! Which stops are one incident, and which of them count.

use super::*;

#[test]
fn what_differs_in_what_counts_is_another_incident() {
    let mut incidents = incidents();
    assert_eq!(arrive(&mut incidents, &crash("web", 1, 1, START), START), Some(IncidentState::Opened));
    assert_eq!(arrive(&mut incidents, &crash("web", 2, 139, START), START), Some(IncidentState::Opened));
    assert_eq!(arrive(&mut incidents, &crash("shop", 3, 1, START), START), Some(IncidentState::Opened));
    assert_eq!(arrive(&mut incidents, &crash("web", 4, 1, START), START), None);
    assert_eq!(incidents.tally().open, 3);
}

/// ECS ended the tasks: the code depends on how fast each of them was.
#[test]
fn the_exit_code_of_a_task_that_was_ended_from_outside_splits_no_incident() {
    for (code, reason) in [
        ("SpotInterruption", "Your Spot Task was interrupted."),
        ("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group arn:web)"),
    ] {
        let mut incidents = incidents();
        let mut names = std::collections::BTreeSet::new();
        for (task, exit_code) in [0, 143, 137, 1].into_iter().enumerate() {
            let task = u32::try_from(task).unwrap();
            let mut event = Value::clone(&crash("web", task, exit_code, START).event);
            event["detail"]["stopCode"] = code.into();
            event["detail"]["stoppedReason"] = reason.into();
            let sighting = incidents.observe(&stop::read(event).unwrap(), START).unwrap();
            incidents.confirm(&sighting, true);
            names.insert(sighting.incident_id().to_owned());
        }
        assert_eq!((names.len(), incidents.tally().open), (1, 1), "{code}");
    }
}

#[test]
fn a_stop_from_the_future_is_one_of_now() {
    let mut incidents = incidents();
    for (task, ahead) in [(1, 60 * MINUTE), (2, 20 * 365 * 24 * 60 * MINUTE), (3, 4 * MINUTE)] {
        arrive(&mut incidents, &crash("web", task, 1, START + ahead), START);
    }
    incidents.tick(START + 30 * MINUTE);
    let news = incidents.take_news(START);
    let report = news[0].stop.incident.as_ref().unwrap();
    assert_eq!((report.first_at, report.last_at), (START, START + 4 * MINUTE));
}

#[test]
fn planned_stops_belong_to_none() {
    let mut planned = crash("web", 1, 1, START);
    planned.expected = true;
    assert!(incidents().observe(&planned, START).is_none());
}

#[test]
fn an_event_that_comes_again_counts_once() {
    let mut incidents = incidents();
    let stop = crash("web", 1, 1, START);
    arrive(&mut incidents, &stop, START);
    let again = incidents.observe(&stop, START).unwrap();
    assert_eq!((again.report().count, again.report().is_news), (1, false));
    incidents.withdraw(&again);
    let mut restarted = self::incidents();
    restarted.restore(&incidents.save(), START).unwrap();
    let again = restarted.observe(&stop, START).unwrap();
    assert_eq!((again.report().count, again.report().is_news), (1, false), "after a restart");
}

#[test]
fn two_collectors_find_the_same_name() {
    let mut one = incidents();
    let mut other = incidents();
    let first = one.observe(&crash("web", 1, 1, START), START).unwrap();
    let second = other.observe(&crash("web", 2, 1, START + 20 * MINUTE), START + 21 * MINUTE).unwrap();
    assert_eq!(first.incident_id(), second.incident_id());
}
