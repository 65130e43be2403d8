use std::path::Path;

use serde_json::Value;

use super::{Ran, fixtures, ran};

/// What `check` says of a file of the fixtures, by its path there.
fn checked(path: &str) -> Ran {
    let ran = ran(&["check", path]);
    assert_eq!(ran.err, "", "{path}");
    ran
}

/// The files of a folder of configurations; those that they include are in a folder of their own.
fn configurations(folder: &str) -> Vec<String> {
    let folder = Path::new("config").join(folder);
    let entries = std::fs::read_dir(fixtures().join(&folder)).expect("the fixtures");
    let files = entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file());
    let files = files.filter(|path| path.extension().is_none_or(|extension| extension != "expected"));
    let name = |path: &Path| path.file_name().expect("a name").to_str().expect("UTF-8").to_owned();
    let mut names: Vec<String> = files.map(|path| folder.join(name(&path)).display().to_string()).collect();
    names.sort_unstable();
    names
}

#[test]
fn every_broken_configuration_gets_its_message() {
    let broken = configurations("broken");
    assert!(broken.len() >= 20, "the fixtures are gone");
    let differing: Vec<String> = broken.iter().filter_map(|path| differs(path)).collect();
    assert!(differing.is_empty(), "UPDATE_GOLDEN=1 rewrites what is expected\n{}", differing.join("\n"));
}

fn differs(path: &str) -> Option<String> {
    let Ran { code, out, .. } = checked(path);
    assert!(code == 1 || code == 2, "{path} is broken, but the exit code is {code}:\n{out}");
    let on_file = fixtures().join(format!("{path}.expected"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&on_file, &out).expect("a file");
        return None;
    }
    let expected = std::fs::read_to_string(&on_file).unwrap_or_default();
    (expected != out).then(|| format!("{path}: expected\n{expected}said\n{out}"))
}

#[test]
fn good_configurations_of_every_kind_are_clean() {
    let good = configurations("good");
    assert!(good.len() >= 10, "the fixtures are gone");
    good.iter().for_each(|path| assert_clean(path));
}

/// Outputs of others, as people write them.
#[test]
fn configurations_without_the_plugin_are_nobodys_business() {
    let foreign = configurations("foreign");
    assert!(foreign.len() >= 10, "the fixtures are gone");
    foreign.iter().for_each(|path| assert_clean(path));
}

#[test]
fn the_examples_are_clean() {
    for example in ["extra.conf", "plugins.conf"] {
        assert_clean(&format!("../../examples/firelens/{example}"));
    }
}

/// Otherwise it measures what nobody should run.
#[test]
fn the_configurations_of_the_benchmark_are_clean() {
    for pipeline in ["ours-cloudwatch", "ours-routed"] {
        let path = format!("../../benches/end_to_end/conf/{pipeline}.conf");
        // The benchmark's Fluent Bit loads the plugin with -e.
        assert_says_nothing_but(&path, "Plugins_File: is missing");
        let text = std::fs::read_to_string(fixtures().join(&path)).expect("the configuration");
        assert!(text.contains("ecs_router"), "{path} has no output of ours");
    }
}

#[track_caller]
fn assert_clean(path: &str) {
    assert_says_nothing_but(path, "1 file(s): 0 error(s), 0 warning(s)");
    assert_eq!(checked(path).code, 0, "{path}");
}

/// Addresses are told of what is right, too.
#[track_caller]
fn assert_says_nothing_but(path: &str, expected: &str) {
    let out = checked(path).out;
    let found = out.lines().find(|line| !line.contains(": note: ")).unwrap_or_default();
    assert!(found.contains(expected) && out.lines().count() > 0, "{path}\n{out}");
}

#[test]
fn a_program_gets_the_same_findings() {
    let path = "config/broken/task-definition.json";
    let ran = ran(&["check", "--json", path]);
    let found: Value = serde_json::from_str(&ran.out).expect("JSON");
    let text = checked(path).out;
    let findings = found["findings"].as_array().expect("a list");
    assert_eq!(findings.len() + 1, text.lines().count(), "{text}");
    for (finding, line) in findings.iter().zip(text.lines()) {
        let part = |name: &str| finding[name].as_str().expect("a text").to_owned();
        // A note has nothing to write instead.
        let instead = finding["instead"].as_str().map_or(String::new(), |instead| format!("; {instead}"));
        let written = format!(
            "{}:{}: {}: {}: {}{instead}",
            part("file"),
            finding["line"],
            part("severity"),
            part("key"),
            part("message"),
        );
        assert_eq!(written, line);
    }
    let errors = findings.iter().filter(|finding| finding["severity"] == "error").count();
    assert_eq!((found["errors"].as_u64(), ran.code), (u64::try_from(errors).ok(), 2));
}

#[test]
fn the_exit_code_tells_the_worst_of_all_files() {
    let clean = "config/good/extra.conf";
    let warned = "config/broken/key-twice.conf";
    let broken = "config/broken/no-routes.conf";
    for (files, code) in [(vec![clean, warned], 1), (vec![warned, broken, clean], 2), (vec![clean, clean], 0)]
    {
        let arguments: Vec<&str> = [&["check"], files.as_slice()].concat();
        assert_eq!(ran(&arguments).code, code, "{files:?}");
    }
}

#[test]
fn what_cannot_be_read_is_an_error_with_its_place() {
    let ran = checked("config/no-such-file.conf");
    assert_eq!(ran.code, 2);
    assert!(ran.out.starts_with("config/no-such-file.conf:1: error: "), "{}", ran.out);
    assert!(checked("config").out.contains("it is no file"));
}

#[test]
fn no_secret_is_ever_printed() {
    for path in configurations("broken") {
        assert!(!checked(&path).out.contains("not-real"), "{path}");
        assert!(!checked(&path).out.contains("not-a-real"), "{path}");
    }
}
