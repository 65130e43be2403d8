//! Every named real-world record makes exactly the request on file, in every form a host writes it.
//!
//! `tests/fixtures/records/<case>.json` holds records, the tag they come under and keys of the configuration;
//! `tests/suite/requests/<destination>/<case>.http` the requests that the fake cloud accepted for them. Here are those
//! for CloudWatch; `vendors::golden` has the others. `UPDATE_GOLDEN=1` rewrites them.
//!
//! - `fixture` – the records
//! - `on_file` – the requests: what is masked, and how they are compared

pub(crate) mod fixture;
mod on_file;

use std::borrow::Borrow;
use std::collections::BTreeSet;

use ecs_router::Verdict;
use fake_cloud::{Api, Cloud, Received};
use serde_json::Value;

use crate::router::Router;
use fixture::Case;
pub(crate) use on_file::names as names_on_file;
use test_support::chunk::{Chunk, Layout, TimeForm};

#[test]
fn every_case_makes_the_request_on_file_in_every_form() {
    let differing: Vec<String> = cases().iter().filter_map(|case| check(case).err()).collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn no_request_on_file_is_without_its_case() {
    let names: BTreeSet<String> = cases().into_iter().map(|case| case.name).collect();
    assert_eq!(names_on_file("cloudwatch"), names);
}

/// A float of this century is exact to a fraction of a microsecond; its milliseconds are not to be one less.
#[test]
fn a_time_written_as_a_float_keeps_its_milliseconds() {
    let mut seen = Vec::new();
    let expected: Vec<i64> = (1_795_000_000_000..1_795_000_001_000).collect();
    let add = |chunk: Chunk, time: &i64| chunk.with(*time, &Value::Object(<_>::default()));
    let chunk = expected.iter().fold(Chunk::of(Layout::Legacy, TimeForm::Float), add);
    ecs_router::input::decode::records(chunk.bytes(), |record| seen.push(record.time.millis()));
    assert_eq!(seen.iter().zip(&expected).find(|(seen, expected)| seen != expected), None);
}

fn check(case: &Case) -> Result<(), String> {
    let cloud = Cloud::start();
    cloud.set_now_ms(case.records.first().map_or(0, |(time, _)| *time));
    let own = case.keys.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    // Each form of a case is the same event again.
    let keys: Vec<(&str, &str)> = own.chain([("stop.once", "off")]).collect();
    let router = Router::to(&cloud, &keys);
    hold(case, &cloud, || &router, Api::PutLogEvents, "cloudwatch")
}

/// Holds what the cloud accepted for a case against the file in `folder`; each form goes through what `router` gives.
pub(crate) fn hold<R: Borrow<Router>>(
    case: &Case,
    cloud: &Cloud,
    router: impl Fn() -> R,
    api: Api,
    folder: &str,
) -> Result<(), String> {
    let made: Vec<(String, String)> = forms(case)
        .map(|(layout, time)| {
            let chunk = chunk_of(case, layout, time);
            (format!("{layout:?}, {time:?}"), requests_of(case, cloud, router().borrow(), api, &chunk))
        })
        .collect();
    cloud.assert_no_complaints();
    let first = &made[0].1;
    match made.iter().find(|(_, text)| text != first) {
        Some((form, text)) => {
            Err(format!("{folder}/{}: as {form} it is another request\n{text}\n{first}", case.name))
        }
        None => on_file::compare(folder, &case.name, first),
    }
}

/// Holds what was accepted at an API against the file of this name in `folder`.
pub(crate) fn hold_accepted(requests: &[Received], api: Api, folder: &str, name: &str) -> Result<(), String> {
    let accepted = |status: u16| (200..300).contains(&status);
    let of_api = requests.iter().filter(|one| one.api == api && one.status.is_some_and(accepted));
    let texts: Vec<String> = of_api.map(on_file::text_of).collect();
    assert!(!texts.is_empty(), "{api:?} accepted nothing");
    on_file::compare(folder, name, &texts.join("\n"))
}

/// All of them, except for times that a form cannot write.
fn forms(case: &Case) -> impl Iterator<Item = (Layout, TimeForm)> {
    let fraction = case.records.iter().any(|(time, _)| time % 1_000 != 0);
    let times = TimeForm::ALL.into_iter().filter(move |form| !fraction || form.keeps_fraction());
    times.flat_map(|time| Layout::ALL.map(|layout| (layout, time)))
}

fn chunk_of(case: &Case, layout: Layout, time: TimeForm) -> Chunk {
    case.records.iter().fold(Chunk::of(layout, time), |chunk, (at, record)| chunk.with(*at, record))
}

fn requests_of(case: &Case, cloud: &Cloud, router: &Router, api: Api, chunk: &Chunk) -> String {
    let before = cloud.requests().len();
    assert_eq!(router.flush(case.tag.as_bytes(), chunk.bytes()), Verdict::Ok, "{}", case.name);
    let accepted = |status: u16| (200..300).contains(&status);
    let mut texts: Vec<String> = cloud.requests()[before..]
        .iter()
        .filter(|request| request.api == api && request.status.is_some_and(accepted))
        .map(on_file::text_of)
        .collect();
    // Streams go out side by side, in no order.
    texts.sort_unstable();
    texts.join("\n")
}

fn cases() -> Vec<Case> {
    let cases = fixture::all();
    assert!(cases.len() >= 15, "the fixtures are gone");
    cases
}
