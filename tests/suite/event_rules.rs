//! The EventBridge rules of `examples/` admit every event that the plugin reads as a stop or a failure.
//!
//! - `pattern` – an event pattern as EventBridge reads it
//! - `template` – the rules of a CloudFormation template

use std::path::{Path, PathBuf};

use ecs_router::stop;
use serde_json::Value;
use test_support::root;

mod pattern;
mod template;

/// The patterns of one template: an event has to match one of them.
#[derive(Debug)]
struct Rules {
    name: String,
    patterns: Vec<Value>,
}

impl Rules {
    fn admit(&self, event: &Value) -> bool {
        self.patterns.iter().any(|one| pattern::matches(one, event))
    }
}

/// Every CloudFormation template with rules, and every folder of Terraform with patterns.
fn all_rules() -> Vec<Rules> {
    let templates = files(&root().join("examples/cloudformation"), "yaml").into_iter().map(|path| {
        let patterns = template::event_patterns(&std::fs::read_to_string(&path).unwrap());
        Rules { name: path.display().to_string(), patterns }
    });
    let folders = ["collector", "pipeline-without-collector"].map(|name| {
        let folder = root().join("examples/terraform").join(name).join("patterns");
        let patterns = files(&folder, "json").iter().map(|path| read(path)).collect();
        Rules { name: folder.display().to_string(), patterns }
    });
    let found: Vec<Rules> =
        templates.chain(folders).filter(|template| !template.patterns.is_empty()).collect();
    assert!(found.len() >= 3, "the rules are gone");
    found
}

/// A template that nobody listed would not be tried.
#[test]
fn every_pattern_of_the_examples_is_among_the_rules() {
    let mut texts = Vec::new();
    walk(&root().join("examples"), &mut texts);
    let names: Vec<String> = all_rules().into_iter().map(|rules| rules.name).collect();
    let is_pattern = |text: &str| text.contains("detail-type") && !text.contains("\"detail-type\": \"");
    let holders: Vec<_> = texts.into_iter().filter(|(_, text)| is_pattern(text)).collect();
    assert!(holders.len() >= 5, "the patterns are gone");
    for (path, _) in holders {
        let path = path.display().to_string();
        assert!(names.iter().any(|name| path.starts_with(name)), "nobody tries the pattern in {path}");
    }
}

/// Templates and the files that they may take a pattern from, with their texts.
fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_read =
            path.extension().is_some_and(|its| ["json", "yaml", "yml", "tf"].iter().any(|one| its == *one));
        if path.is_dir() {
            walk(&path, found);
        } else if is_read {
            let text = std::fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
}

/// Events of ECS, by name, and whether the plugin reads them as a stop or a failure.
fn events() -> Vec<(String, Value, bool)> {
    let found = files(&root().join("tests/fixtures/events"), "json").into_iter().map(|path| {
        let event = read(&path);
        let is_stop = stop::read(event.clone()).is_some();
        (path.file_stem().unwrap().to_string_lossy().into_owned(), event, is_stop)
    });
    found.filter(|(_, event, _)| event["source"] == "aws.ecs").collect()
}

#[test]
fn every_stop_passes_the_rules_of_every_template() {
    let stops: Vec<_> = events().into_iter().filter(|(_, _, is_stop)| *is_stop).collect();
    assert!(stops.len() > 100, "the events are gone");
    for rules in all_rules() {
        let kept_out: Vec<_> = stops.iter().filter(|(_, event, _)| !rules.admit(event)).collect();
        let names: Vec<_> = kept_out.iter().map(|(name, ..)| name).collect();
        assert!(names.is_empty(), "{} keeps out {names:#?}", rules.name);
    }
}

/// Four events tell of one stop, and only the last says everything; the others would be paid for and thrown away.
#[test]
fn tasks_that_still_run_do_not() {
    let others: Vec<_> = events().into_iter().filter(|(_, _, is_stop)| !is_stop).collect();
    let running: Vec<_> =
        others.iter().filter(|(_, event, _)| event["detail-type"] == "ECS Task State Change").collect();
    assert!(running.len() >= 3, "the events are gone");
    for rules in all_rules() {
        for (name, event, _) in &running {
            assert!(!rules.admit(event), "{} admits {name}", rules.name);
        }
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|its| its == extension)).collect();
    found.sort_unstable();
    found
}
