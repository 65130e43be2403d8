//! A handful of named records make the requests on file, in every form a host writes them.

use std::sync::Mutex;

use fake_cloud::{Api, Cloud};

use super::intake::{cloud, each};
use super::{eventbridge, pagerduty, s3, slack, sns, teams};
use crate::golden::{fixture, hold, names_on_file};

const CASES: [&str; 6] =
    ["stdout-line", "stderr-line", "essential-exit-137", "unicode", "invalid-utf8", "odd-types"];

/// Each form of a case is the same event again.
const AGAIN: (&str, &str) = ("stop.once", "off");

#[test]
fn the_named_records_make_the_requests_on_file() {
    let differing = Mutex::new(Vec::new());
    each(|intake| {
        let cloud = cloud();
        let router = intake.router(&cloud, &[AGAIN]);
        for case in CASES {
            let held = hold(&fixture::named(case), &cloud, || &router, intake.api, intake.kind);
            differing.lock().unwrap().extend(held.err());
        }
    });
    for case in CASES {
        let cloud = slack::cloud();
        let held = hold(
            &fixture::named(case),
            &cloud,
            || slack::router(&cloud, &[("slack.min_severity", "info"), AGAIN]),
            Api::SlackWebhook,
            "slack",
        );
        differing.lock().unwrap().extend(held.err());
        let cloud = sns::cloud();
        let router = sns::router(&cloud, &[("sns.min_severity", "info"), AGAIN]);
        let held = hold(&fixture::named(case), &cloud, || &router, Api::PublishBatch, "sns");
        differing.lock().unwrap().extend(held.err());
        let cloud = eventbridge::cloud();
        let router = eventbridge::router(&cloud, &[AGAIN]);
        let held = hold(&fixture::named(case), &cloud, || &router, Api::PutEvents, "eventbridge");
        differing.lock().unwrap().extend(held.err());
        let cloud = Cloud::start();
        let pages = || pagerduty::router(&cloud, &[("pagerduty.min_severity", "info"), AGAIN]);
        let held = hold(&fixture::named(case), &cloud, pages, Api::PagerDutyEvents, "pagerduty");
        differing.lock().unwrap().extend(held.err());
        let cloud = Cloud::start();
        let channel = || teams::router(&cloud, &[("teams.min_severity", "info"), AGAIN]);
        let held = hold(&fixture::named(case), &cloud, channel, Api::TeamsWebhook, "teams");
        differing.lock().unwrap().extend(held.err());
        let cloud = s3::cloud();
        let router = s3::router(&cloud, &[AGAIN]);
        let held = hold(&fixture::named(case), &cloud, || &router, Api::PutObject, "s3");
        differing.lock().unwrap().extend(held.err());
    }
    let differing = differing.into_inner().unwrap();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn no_request_on_file_is_without_its_case() {
    each(|intake| assert_eq!(names_on_file(intake.kind), CASES.map(str::to_owned).into()));
    for kind in ["slack", "sns", "eventbridge", "pagerduty", "teams", "s3"] {
        assert_eq!(names_on_file(kind), CASES.map(str::to_owned).into());
    }
}
