//! When an incident is over, and stops that come after that.

use super::*;

#[test]
fn it_is_over_after_a_quiet_time_and_opens_again_under_another_name() {
    let mut incidents = incidents();
    let first = incidents.observe(&crash("web", 1, 1, START), START).unwrap();
    incidents.confirm(&first, true);
    incidents.tick(START + 29 * MINUTE);
    assert_eq!(told(&mut incidents), []);
    incidents.tick(START + 30 * MINUTE);
    assert_eq!(told(&mut incidents), [(IncidentState::Resolved, 1)]);
    incidents.tick(START + 90 * MINUTE);
    assert_eq!(told(&mut incidents), [], "once");
    let later = START + 91 * MINUTE;
    let second = incidents.observe(&crash("web", 2, 1, later), later).unwrap();
    assert_eq!(second.report().state, IncidentState::Opened);
    assert_ne!(first.incident_id(), second.incident_id());
}

#[test]
fn a_recovery_shortens_the_wait_unless_a_stop_follows() {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 1, 1, START), START);
    incidents.recover(&recovery("web", "SERVICE_STEADY_STATE", START + 1_000), START + 1_000);
    arrive(&mut incidents, &crash("web", 2, 1, START + 2_000), START + 2_000);
    incidents.tick(START + 10 * MINUTE);
    assert_eq!(told(&mut incidents), [], "the steady state of a crash loop");
    let fixed = START + 11 * MINUTE;
    incidents.recover(&recovery("shop", "SERVICE_DEPLOYMENT_COMPLETED", fixed), fixed);
    incidents.recover(&recovery("web", "SERVICE_DEPLOYMENT_COMPLETED", fixed), fixed);
    incidents.tick(fixed + 4 * MINUTE);
    assert_eq!(told(&mut incidents), []);
    incidents.tick(fixed + 5 * MINUTE);
    let news = incidents.take_news(START);
    assert_eq!(news[0].stop.incident.as_ref().unwrap().ended_by, Some(IncidentEnd::DeploymentCompleted));
    // It happened before the deployment was completed and is delivered after that.
    let late = incidents.observe(&crash("web", 3, 1, fixed - 1_000), fixed + 6 * MINUTE).unwrap();
    assert_eq!((late.report().state, late.report().count), (IncidentState::Resolved, 3));
    assert!(!late.report().is_news && incidents.is_idle());
}

#[test]
fn a_clock_that_is_ahead_makes_no_later_stop_a_late_one() {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 1, 1, START + 600_000 * MINUTE), START);
    incidents.tick(START + 30 * MINUTE);
    let next = START + 31 * MINUTE;
    assert_eq!(arrive(&mut incidents, &crash("web", 2, 1, next), next), Some(IncidentState::Opened));
}

#[test]
fn a_stop_that_another_collector_delivers_keeps_no_incident_open() {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 1, 1, START), START);
    let elsewhere = incidents.observe(&crash("web", 2, 1, START), START).unwrap();
    incidents.tick(START + 30 * MINUTE);
    assert_eq!(told(&mut incidents), [(IncidentState::Resolved, 1)]);
    incidents.confirm(&elsewhere, false);
    let again = incidents.observe(&crash("web", 2, 1, START), START + 31 * MINUTE).unwrap();
    assert_eq!((again.incident_id(), again.report().count), (elsewhere.incident_id(), 2));
    assert_eq!(told(&mut incidents), []);
}

#[test]
fn the_end_waits_for_a_stop_that_is_to_tell_something() {
    let mut incidents = incidents();
    arrive(&mut incidents, &crash("web", 1, 1, START), START);
    arrive(&mut incidents, &crash("web", 2, 1, START), START);
    let third = incidents.observe(&crash("web", 3, 1, START), START).unwrap();
    assert!(third.report().is_news);
    incidents.tick(START + 30 * MINUTE);
    assert_eq!(told(&mut incidents), []);
    incidents.withdraw(&third);
    incidents.tick(START + 30 * MINUTE);
    let ended = told(&mut incidents);
    assert_eq!(ended.last(), Some(&(IncidentState::Resolved, 2)));
}
