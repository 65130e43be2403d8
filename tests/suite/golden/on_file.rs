//! Requests on file: date, signature, client, port, the program's version and compressed lengths are masked, long
//! runs of one character abbreviated, and what base64 says stands behind it in plain text.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fake_cloud::Received;

/// The request as it went over the wire before compression, except for what differs each time.
pub(super) fn text_of(request: &Received) -> String {
    let mut text = format!("{} {} HTTP/1.1\n", request.method, without_uuid(&request.path));
    let compressed = request.header("content-encoding").is_some();
    let mut headers: Vec<_> = request.headers.iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    for (name, value) in headers {
        let value = match name.as_str() {
            "authorization" | "x-amz-date" | "user-agent" | "host" => "***",
            "content-length" if compressed => "***",
            _ => value.to_str().expect("text"),
        };
        writeln!(text, "{name}: {value}").unwrap();
    }
    let scope = concat!(r#""name":"fluent-bit-ecs-router","version":""#, env!("CARGO_PKG_VERSION"), '"');
    let version = concat!(r#""plugin.version":""#, env!("CARGO_PKG_VERSION"), '"');
    let body = abbreviated(&request.text()).replace(version, r#""plugin.version":"***""#);
    let body = body.replace(scope, r#""name":"fluent-bit-ecs-router","version":"***""#);
    format!("{text}\n{}\n{}", without_chunk(&body), in_base64(request))
}

/// The partition key of a record without a task is its chunk's, which is another one each time, too.
fn without_chunk(body: &str) -> String {
    let keys = body.split("\"PartitionKey\":\"").skip(1).filter_map(|rest| rest.split('"').next());
    keys.filter(|key| is_uuid(key)).fold(body.to_owned(), |body, key| body.replace(key, "***"))
}

/// The uuid that S3's keys have is another one for each chunk.
fn without_uuid(path: &str) -> String {
    let found = (0..path.len()).filter_map(|at| path.get(at..at + UUID_FORM.len()));
    let mut found = found.filter(|text| is_uuid(text));
    found.next().map_or_else(|| path.to_owned(), |uuid| path.replace(uuid, "***"))
}

const UUID_FORM: &str = "00000000-0000-0000-0000-000000000000";

fn is_uuid(text: &str) -> bool {
    let is_like = |(byte, form): (u8, u8)| {
        (byte == b'-') == (form == b'-') && (byte == b'-' || byte.is_ascii_hexdigit())
    };
    text.len() == UUID_FORM.len() && text.bytes().zip(UUID_FORM.bytes()).all(is_like)
}

/// The records that a request carries in base64, as text.
fn in_base64(request: &Received) -> String {
    let json = request.json();
    let records = json["Records"].as_array().or(json["records"].as_array()).into_iter().flatten();
    let data = records.filter_map(|record| record["Data"].as_str().or(record["data"].as_str()));
    data.fold(String::new(), |text, data| {
        let data = STANDARD.decode(data).expect("base64");
        text + "\nbase64: "
            + &abbreviated(&String::from_utf8(data).expect("UTF-8").replace('\n', "\\n"))
            + "\n"
    })
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

pub(super) fn compare(folder: &str, name: &str, made: &str) -> Result<(), String> {
    let path = requests(folder).join(name).with_extension("http");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(requests(folder)).unwrap();
        std::fs::write(&path, made).unwrap();
        return Ok(());
    }
    match std::fs::read_to_string(&path) {
        Ok(expected) if expected == made => Ok(()),
        Ok(expected) => Err(format!("{folder}/{name}: expected\n{expected}\ngot\n{made}")),
        Err(error) => Err(format!("{}: {error}; UPDATE_GOLDEN=1 writes it", path.display())),
    }
}

/// The cases that have a request in this folder.
pub(crate) fn names(folder: &str) -> BTreeSet<String> {
    files(&requests(folder), "http").iter().map(|path| stem(path)).collect()
}

pub(super) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|found| found == extension));
    paths.sort_unstable();
    paths
}

pub(super) fn stem(path: &Path) -> String {
    path.file_stem().unwrap().to_str().unwrap().to_owned()
}

fn requests(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite/requests").join(folder)
}
