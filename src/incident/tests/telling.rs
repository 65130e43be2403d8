//! When people are told of an incident.

use super::*;

#[test]
fn the_first_is_told_then_three_ten_thirty_and_a_hundred() {
    let mut incidents = incidents();
    let counts: Vec<u32> = (1..=120)
        .filter(|task| {
            let at = START + i64::from(*task);
            arrive(&mut incidents, &crash("web", *task, 1, at), at).is_some()
        })
        .collect();
    assert_eq!(counts, [1, 3, 10, 30, 100]);
    assert_eq!(told(&mut incidents), []);
}

#[test]
fn reminders_come_only_while_it_goes_on() {
    let mut incidents = incidents();
    let mut reminded = Vec::new();
    for minute in 0..300 {
        let now = START + minute * MINUTE;
        if minute % 20 == 0 && minute <= 200 {
            arrive(&mut incidents, &crash("web", u32::try_from(minute).unwrap(), 1, now), now);
        }
        incidents.tick(now);
        reminded.extend(told(&mut incidents).iter().map(|(state, count)| (minute, *state, *count)));
    }
    let went_on = IncidentState::Continued;
    // 1 is told at minute 0, 3 at 40, 10 at 180 by their stops.
    assert_eq!(reminded, [(100, went_on, 6), (160, went_on, 9), (230, IncidentState::Resolved, 11)]);
}

#[test]
fn a_stop_that_did_not_arrive_neither_counts_nor_is_its_opening_lost() {
    let mut incidents = incidents();
    let first = incidents.observe(&crash("web", 1, 1, START), START).unwrap();
    let second = incidents.observe(&crash("web", 2, 1, START), START).unwrap();
    incidents.withdraw(&first);
    assert!(!incidents.has_news(), "nothing has arrived");
    incidents.confirm(&second, true);
    assert_eq!(told(&mut incidents), [(IncidentState::Opened, 1)]);
    assert!(incidents.observe(&crash("web", 1, 1, START), START).unwrap().report().count == 2);
}

#[test]
fn an_opening_that_nobody_took_is_told_later_with_the_count_of_then() {
    let mut incidents = incidents();
    let first = incidents.observe(&crash("web", 1, 1, START), START).unwrap();
    incidents.confirm(&first, false);
    for task in 2..=3 {
        let sighting = incidents.observe(&crash("web", task, 1, START), START).unwrap();
        incidents.confirm(&sighting, false);
    }
    assert_eq!(told(&mut incidents), [(IncidentState::Opened, 3)]);
}
