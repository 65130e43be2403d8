//! A wrong key is said once, by its name and never by its value.

use ecs_router::Verdict;

use super::intake::{Intake, SECRET, cloud, each, hello};
use test_support::alone::alone;
use test_support::this_test;

#[test]
fn a_wrong_key_means_retry_until_it_is_mended_and_one_line_that_names_it() {
    let test = this_test!("a_wrong_key_means_retry_until_it_is_mended_and_one_line_that_names_it");
    let said = alone(test, || each(bring_with_a_wrong_key));
    assert!(!said.contains(SECRET), "{said}");
    for (kind, key, status) in [
        ("newrelic", "newrelic.license_key", "403"),
        ("datadog", "datadog.api_key", "403"),
        ("http", "http.bearer_token", "401"),
        ("firehose_http", "firehose_http.access_key", "401"),
    ] {
        let lines: Vec<&str> = said
            .lines()
            .filter(|line| line.contains(&format!("destination {kind}: ")) && line.contains("[error]"))
            .collect();
        assert_eq!(lines.len(), 1, "{kind} speaks once:\n{said}");
        assert!(lines[0].contains(key) && lines[0].contains(status), "{}", lines[0]);
    }
}

fn bring_with_a_wrong_key(intake: &Intake) {
    let Some(secret) = &intake.secret else { return };
    let cloud = cloud();
    (secret.accept_only_another)(&cloud);
    let router = intake.router(&cloud, &[]);
    let chunk = hello();
    for flushes in 1..=3 {
        let (verdict, took) = router.timed(&chunk);
        assert_eq!((verdict, cloud.attempts(intake.api)), (Verdict::Retry, flushes), "once per flush");
        assert!(took.as_secs() < 30, "{took:?}");
    }
    let mended = intake.router(&cloud, &[(secret.key, "another")]);
    assert_eq!(mended.bring(&chunk), Verdict::Ok);
    assert_eq!((intake.arrived)(&cloud), ["hello"]);
    cloud.assert_no_complaints();
}
