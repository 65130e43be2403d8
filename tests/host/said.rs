//! What a run of the host said, in its `word key=value …` lines.

use std::collections::HashMap;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitStatus;

use crate::temp::TempDir;

/// The verdicts of flush.
pub(crate) const ERROR: i64 = 0;
pub(crate) const OK: i64 = 1;
pub(crate) const RETRY: i64 = 2;

/// One line of the host.
#[derive(Debug)]
pub(crate) struct Line {
    word: String,
    fields: HashMap<String, String>,
}

impl Line {
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split_whitespace();
        let word = parts.next()?.to_owned();
        let fields = parts.filter_map(|part| part.split_once('='));
        Some(Self { word, fields: fields.map(|(key, value)| (key.to_owned(), value.to_owned())).collect() })
    }

    pub(crate) fn text(&self, key: &str) -> &str {
        self.fields.get(key).unwrap_or_else(|| panic!("no {key} in {self:?}"))
    }

    pub(crate) fn number(&self, key: &str) -> i64 {
        self.text(key).parse().unwrap_or_else(|_| panic!("{key} is no number in {self:?}"))
    }

    pub(crate) fn verdict(&self) -> i64 {
        self.number("verdict")
    }

    /// Whether `key` is there and has this value.
    pub(crate) fn is(&self, key: &str, value: &str) -> bool {
        self.fields.get(key).is_some_and(|found| found == value)
    }
}

/// A finished (or killed) run of the host.
pub(crate) struct Run {
    status: Option<ExitStatus>,
    stdout: String,
    pub(crate) stderr: String,
    lines: Vec<Line>,
    place: TempDir,
}

impl Run {
    pub(crate) fn new(status: Option<ExitStatus>, stdout: String, stderr: String, place: TempDir) -> Self {
        let lines = stdout.lines().filter_map(Line::parse).collect();
        Self { status, stdout, stderr, lines, place }
    }

    /// The directory of [`crate::harness::Host::file_instance`].
    pub(crate) fn directory(&self, instance: usize) -> PathBuf {
        self.place.sub(&instance.to_string())
    }

    /// Every line that begins with `word`.
    pub(crate) fn all<'a>(&'a self, word: &str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.word == word)
    }

    /// The one line that begins with `word`.
    pub(crate) fn one(&self, word: &str) -> &Line {
        let mut lines = self.all(word);
        let line = lines.next().unwrap_or_else(|| panic!("the host said no `{word}`\n{}", self.transcript()));
        assert!(lines.next().is_none(), "more than one `{word}`\n{}", self.transcript());
        line
    }

    pub(crate) fn assert_ended_well(&self) {
        let ended = self.status.is_some_and(|status| status.success()) && self.all("done").count() == 1;
        assert!(ended, "the host did not come to its end\n{}", self.transcript());
    }

    /// Asserts something about each line that begins with `word`; there has to be one.
    pub(crate) fn assert_each(&self, word: &str, what: &str, holds: impl Fn(&Line) -> bool) {
        assert!(self.all(word).next().is_some(), "the host said no `{word}`\n{}", self.transcript());
        for line in self.all(word) {
            assert!(holds(line), "{what}: {line:?}\n{}", self.transcript());
        }
    }

    /// Everything there is to know about a run that went wrong.
    pub(crate) fn transcript(&self) -> String {
        let mut text = String::new();
        let status = self.status.map_or_else(|| "killed at the time limit".to_owned(), |s| s.to_string());
        writeln!(text, "--- {status}\n--- stdout\n{}--- stderr\n{}---", self.stdout, self.stderr).unwrap();
        text
    }
}
