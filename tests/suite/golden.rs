//! Every named real-world record makes exactly the request on file, in every form a host writes it.
//!
//! `tests/fixtures/records/<case>.json` holds records, the tag they come under and keys of the configuration;
//! `tests/suite/requests/cloudwatch/<case>.http` the requests that the fake cloud accepted for them, with date,
//! signature, client and port masked and long runs of one character abbreviated. `UPDATE_GOLDEN=1` rewrites them.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use fake_cloud::{Api, Cloud, Received};
use out_ecs_router::Verdict;
use serde_json::Value;

use crate::support::chunk::{Chunk, Layout, TimeForm};
use crate::support::record::event;
use crate::support::router::{Router, TAG};

/// One fixture.
struct Case {
    name: String,
    records: Vec<(i64, Value)>,
    tag: String,
    keys: Vec<(String, String)>,
}

#[test]
fn every_case_makes_the_request_on_file_in_every_form() {
    let differing: Vec<String> = cases().iter().filter_map(|case| check(case).err()).collect();
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

#[test]
fn no_request_on_file_is_without_its_case() {
    let names = |folder: PathBuf, extension: &str| -> BTreeSet<String> {
        files(&folder, extension).iter().map(|path| stem(path)).collect()
    };
    assert_eq!(names(requests(), "http"), names(fixtures(), "json"));
}

/// A float of this century is exact to a fraction of a microsecond; its milliseconds are not to be one less.
#[test]
fn a_time_written_as_a_float_keeps_its_milliseconds() {
    let mut seen = Vec::new();
    let expected: Vec<i64> = (1_795_000_000_000..1_795_000_001_000).collect();
    let add = |chunk: Chunk, time: &i64| chunk.with(*time, &Value::Object(<_>::default()));
    let chunk = expected.iter().fold(Chunk::of(Layout::Legacy, TimeForm::Float), add);
    out_ecs_router::decode::records(chunk.bytes(), |record| seen.push(record.time.millis()));
    assert_eq!(seen.iter().zip(&expected).find(|(seen, expected)| seen != expected), None);
}

fn check(case: &Case) -> Result<(), String> {
    let cloud = Cloud::start();
    cloud.set_now_ms(case.records.first().map_or(0, |(time, _)| *time));
    let keys: Vec<(&str, &str)> =
        case.keys.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    let router = Router::to(&cloud, &keys);
    let made: Vec<(String, String)> = forms(case)
        .map(|(layout, time)| {
            (format!("{layout:?}, {time:?}"), requests_of(case, &cloud, &router, layout, time))
        })
        .collect();
    cloud.assert_no_complaints();
    let first = &made[0].1;
    match made.iter().find(|(_, text)| text != first) {
        Some((form, text)) => Err(format!("{}: as {form} it is another request\n{text}\n{first}", case.name)),
        None => compare(&case.name, first),
    }
}

/// All of them, but for times that a form cannot write.
fn forms(case: &Case) -> impl Iterator<Item = (Layout, TimeForm)> {
    let fraction = case.records.iter().any(|(time, _)| time % 1_000 != 0);
    let times = TimeForm::ALL.into_iter().filter(move |form| !fraction || form.keeps_fraction());
    times.flat_map(|time| Layout::ALL.map(|layout| (layout, time)))
}

fn requests_of(case: &Case, cloud: &Cloud, router: &Router, layout: Layout, time: TimeForm) -> String {
    let before = cloud.requests().len();
    let chunk =
        case.records.iter().fold(Chunk::of(layout, time), |chunk, (at, record)| chunk.with(*at, record));
    assert_eq!(router.flush(case.tag.as_bytes(), chunk.bytes()), Verdict::Ok, "{}", case.name);
    let mut texts: Vec<String> = cloud.requests()[before..]
        .iter()
        .filter(|request| request.api == Api::PutLogEvents && request.status == Some(200))
        .map(text_of)
        .collect();
    // Streams go out side by side, in no order.
    texts.sort_unstable();
    texts.join("\n")
}

/// The request as it went over the wire, but for what differs each time.
fn text_of(request: &Received) -> String {
    let mut text = format!("{} {} HTTP/1.1\n", request.method, request.path);
    let mut headers: Vec<_> = request.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = match name.as_str() {
            "authorization" | "x-amz-date" | "user-agent" | "host" => "***",
            _ => value.to_str().expect("text"),
        };
        writeln!(text, "{name}: {value}").unwrap();
    }
    format!("{text}\n{}\n", abbreviated(&request.text()))
}

/// `xxxx…` → `{x × 1000}`: a request of a megabyte is not worth a file of a megabyte.
fn abbreviated(text: &str) -> String {
    const WORTH_IT: usize = 100;
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let tail = rest.trim_start_matches(first);
        let run = (rest.len() - tail.len()) / first.len_utf8();
        match run {
            WORTH_IT.. => write!(out, "{{{first} × {run}}}").unwrap(),
            _ => out.extend(std::iter::repeat_n(first, run)),
        }
        rest = tail;
    }
    out
}

fn compare(name: &str, made: &str) -> Result<(), String> {
    let path = requests().join(name).with_extension("http");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, made).unwrap();
        return Ok(());
    }
    match std::fs::read_to_string(&path) {
        Ok(expected) if expected == made => Ok(()),
        Ok(expected) => Err(format!("{name}: expected\n{expected}\ngot\n{made}")),
        Err(error) => Err(format!("{}: {error}; UPDATE_GOLDEN=1 writes it", path.display())),
    }
}

fn cases() -> Vec<Case> {
    let cases: Vec<Case> = files(&fixtures(), "json").iter().map(|path| read(path)).collect();
    assert!(cases.len() >= 15, "the fixtures are gone");
    cases
}

fn read(path: &Path) -> Case {
    let text = std::fs::read(path).unwrap();
    let json: Value =
        serde_json::from_slice(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let pairs = json["keys"].as_object().into_iter().flatten();
    Case {
        name: stem(path),
        records: json["records"].as_array().expect("records").iter().map(record).collect(),
        tag: json["tag"].as_str().unwrap_or(TAG).to_owned(),
        keys: pairs.map(|(key, value)| (key.clone(), value.as_str().expect("text").to_owned())).collect(),
    }
}

/// A record written out, or an event of `tests/fixtures/events`.
fn record(json: &Value) -> (i64, Value) {
    let record = json["event"].as_str().map_or_else(|| json["record"].clone(), event);
    (json["time_ms"].as_i64().expect("time_ms"), record)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort_unstable();
    paths
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/records")
}

fn requests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/requests/cloudwatch")
}
