use std::path::Path;

use serde_json::Value;

use super::{Ran, fixtures, ran, ran_with};

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

/// Outputs of others, as people write them: that there is nothing to check is said, and nothing else.
#[test]
fn configurations_without_the_plugin_are_nobodys_business() {
    let foreign = configurations("foreign");
    assert!(foreign.len() >= 10, "the fixtures are gone");
    for path in foreign {
        let ran = checked(&path);
        let findings = ran.out.lines().count() - 1;
        assert!(
            ran.code == 1 && findings == 1 && ran.out.contains("nothing to check"),
            "{path}\n{}",
            ran.out
        );
    }
}

#[test]
fn the_examples_are_clean() {
    let path = |name: &str| format!("../../examples/{name}");
    assert_clean(&path("firelens/extra.conf"));
    for (task, file) in [
        ("task-definitions/fargate.json", "firelens/extra.conf"),
        ("task-definitions/ec2.json", "firelens/extra.conf"),
        ("task-definitions/fargate-options.json", "sidecar/load.conf"),
        ("task-definitions/collector.json", "collector/fluent-bit.conf"),
        ("task-definitions/collector-instances.json", "collector/fluent-bit.conf"),
        ("cloudformation/service.yaml", "firelens/extra.conf"),
        ("firelens/plugins.conf", "firelens/extra.conf"),
    ] {
        let ran = ran(&["check", &path(task), &path(file)]);
        let counted: Vec<&str> = ran.out.lines().filter(|line| !line.contains(": note: ")).collect();
        assert_eq!(counted, ["2 file(s): 0 error(s), 0 warning(s)"], "{task} {file}");
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
        let subject = finding["subject"].as_str().map(|subject| format!("{subject}: ")).unwrap_or_default();
        let written = format!(
            "{}:{}: {}: {subject}{}: {}{instead}",
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
    assert!(checked("config").out.contains("it is not a file"));
}

#[test]
fn no_secret_is_ever_printed() {
    for path in configurations("broken") {
        assert!(!checked(&path).out.contains("not-real"), "{path}");
        assert!(!checked(&path).out.contains("not-a-real"), "{path}");
    }
}

#[test]
fn standard_input_is_a_file_like_others() {
    let text = std::fs::read_to_string(fixtures().join("config/broken/no-routes.conf")).expect("the fixture");
    let ran = ran_with(&["check", "-"], &text);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.out.starts_with("-:"), "{}", ran.out);
    let nothing = ran_with(&["check", "-"], "");
    assert!(nothing.code == 1 && nothing.out.contains("empty"), "{}", nothing.out);
}

#[test]
fn machines_get_formats_of_their_own() {
    let path = "config/broken/no-routes.conf";
    let github = ran(&["check", "--format", "github", path]);
    assert!(github.out.lines().all(|line| line.starts_with("::error file=config/broken/")), "{}", github.out);
    let sarif: Value = serde_json::from_str(&ran(&["check", "--format", "sarif", path]).out).expect("JSON");
    let results = sarif["runs"][0]["results"].as_array().expect("a list").len();
    assert_eq!((results, github.code), (github.out.lines().count(), 2));
    let json = ran(&["check", "--format", "json", path]).out;
    assert_eq!(json, ran(&["check", "--json", path]).out);
}
