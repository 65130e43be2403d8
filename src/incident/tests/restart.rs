//! What survives a restart.

use super::*;

#[test]
fn a_restart_forgets_nothing_and_leaves_time_for_what_happened_meanwhile() {
    let mut before = incidents();
    arrive(&mut before, &crash("web", 1, 1, START), START);
    arrive(&mut before, &crash("shop", 2, 1, START), START);
    let pending = before.observe(&crash("web", 3, 1, START), START).unwrap();
    let unborn = before.observe(&crash("api", 4, 1, START), START).unwrap();
    let mut after = incidents();
    let restart = START + 120 * MINUTE;
    after.restore(&before.save(), restart).unwrap();
    after.tick(restart + MINUTE);
    assert_eq!((told(&mut after), after.tally().open), (vec![], 2), "what did not arrive is not there");
    assert_eq!(arrive(&mut after, &crash("api", 4, 1, START), restart), Some(IncidentState::Opened));
    arrive(&mut after, &crash("web", 3, 1, START), restart);
    after.tick(restart + 31 * MINUTE);
    let mut over = told(&mut after);
    over.sort_by_key(|(_, count)| *count);
    assert_eq!(over, [1, 1, 2].map(|count| (IncidentState::Resolved, count)));
    before.withdraw(&pending);
    before.withdraw(&unborn);
}

/// The file of open incidents may be written between a stop and the word that it arrived.
#[test]
fn a_late_stop_counts_once_over_a_restart_in_its_middle() {
    for arrives_before in [false, true] {
        let mut before = incidents();
        arrive(&mut before, &crash("web", 1, 1, START), START);
        before.tick(START + 31 * MINUTE);
        let late = crash("web", 2, 1, START - MINUTE);
        let sighting = before.observe(&late, START + 32 * MINUTE).unwrap();
        assert_eq!((sighting.report().state, sighting.report().count), (IncidentState::Resolved, 2));
        if arrives_before {
            before.confirm(&sighting, true);
        }
        let mut after = incidents();
        after.restore(&before.save(), START + 33 * MINUTE).unwrap();
        let again = after.observe(&late, START + 33 * MINUTE).unwrap();
        assert_eq!(again.report().count, 2, "it arrived before: {arrives_before}");
    }
}

#[test]
fn news_under_way_survives_a_restart() {
    let mut before = incidents();
    arrive(&mut before, &crash("web", 1, 1, START), START);
    before.tick(START + 30 * MINUTE);
    assert_eq!(before.take_news(START).len(), 1);
    let mut after = incidents();
    after.restore(&before.save(), START + 31 * MINUTE).unwrap();
    assert_eq!(told(&mut after), [(IncidentState::Resolved, 1)]);
}

#[test]
fn what_another_version_or_nobody_wrote_is_refused() {
    let mut incidents = incidents();
    let newer = incidents.restore(br#"{"version": 2, "else": []}"#, START).unwrap_err();
    assert!(newer.contains("another version (format 2, here 1)"), "{newer}");
    for text in [&b""[..], b"{", b"[]", br#"{"version":1}"#] {
        assert!(incidents.restore(text, START).is_err());
    }
}
