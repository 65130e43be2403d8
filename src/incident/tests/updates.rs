//! A later version of a stop that was counted.

use super::*;

/// The crash of a task as a later version of its event tells it.
fn updated(service: &str, task: u32, exit_code: i64, at: i64) -> StopEvent {
    let mut stop = crash(service, task, exit_code, at);
    stop.update = true;
    stop
}

fn told_news(incidents: &mut Incidents) -> Vec<(IncidentState, Option<i64>, String)> {
    let news = incidents.take_news(START);
    incidents.news_delivered();
    let told = |stop: &StopEvent, state| (state, stop.exit_code, stop.incident_id.clone().unwrap());
    news.iter().map(|one| told(&one.stop, one.state().unwrap())).collect()
}

#[test]
fn an_update_that_fits_no_incident_is_told_as_of_its_own() {
    for restarts in [false, true] {
        let mut incidents = incidents();
        let first = incidents.observe(&crash("web", 1, 143, START), START).unwrap();
        incidents.confirm(&first, true);
        if restarts {
            let mut after = self::incidents();
            after.restore(&incidents.save(), START).unwrap();
            incidents = after;
        }
        let update = incidents.observe(&updated("web", 1, 139, START), START).unwrap();
        incidents.confirm(&update, false);
        assert_eq!((update.incident_id(), update.report().is_news), (first.incident_id(), false));
        let id = first.incident_id().to_owned();
        assert_eq!(told_news(&mut incidents), [(IncidentState::Continued, Some(139), id.clone())]);
        // The end is as severe as the update, or the alert that it opened stays.
        incidents.tick(START + 31 * MINUTE);
        let end = incidents.take_news(START);
        let [end] = end.as_slice() else { panic!("{end:?}") };
        assert_eq!((end.state(), end.stop.severity), (Some(IncidentState::Resolved), stop::Severity::Error));
        assert_eq!(end.stop.incident_id, Some(id));
    }
}

#[test]
fn an_update_waits_for_the_opening_and_tells_nothing_that_another_incident_tells() {
    let mut incidents = incidents();
    let first = incidents.observe(&crash("web", 1, 1, START), START).unwrap();
    let update = incidents.observe(&updated("web", 1, 139, START), START).unwrap();
    incidents.confirm(&update, true);
    assert_eq!(told(&mut incidents), []);
    incidents.confirm(&first, true);
    assert_eq!(told(&mut incidents), [(IncidentState::Continued, 1)]);
    arrive(&mut incidents, &crash("web", 2, 2, START), START);
    let fits = incidents.observe(&updated("web", 1, 2, START), START).unwrap();
    assert_ne!(fits.incident_id(), first.incident_id());
    assert_eq!(told(&mut incidents), []);
}

#[test]
fn an_update_of_a_stop_that_was_not_counted_counts() {
    let mut incidents = incidents();
    let mut planned = crash("web", 1, 0, START);
    planned.expected = true;
    assert!(incidents.observe(&planned, START).is_none());
    assert_eq!(arrive(&mut incidents, &updated("web", 1, 1, START), START), Some(IncidentState::Opened));
}
