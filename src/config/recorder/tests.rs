use std::cell::RefCell;
use std::collections::BTreeMap;

use super::*;
use crate::config::Settings;

const USUAL: [(&str, &str); 5] = [
    ("route.default", "stdout"),
    ("route.stdout", "drop"),
    ("route.other", "drop"),
    ("recorder.window", "5m"),
    ("recorder.destination", "stdout"),
];

fn read_with(more: &[(&str, &str)]) -> (Option<RecorderSettings>, Vec<String>) {
    let keys: BTreeMap<String, String> =
        USUAL.iter().chain(more).map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let problems = RefCell::new(Vec::new());
    let settings = Settings::read(&keys, &problems);
    (settings.recorder, problems.borrow().iter().map(ToString::to_string).collect())
}

#[test]
fn a_window_and_a_destination_are_enough() {
    let (settings, problems) = read_with(&[]);
    assert_eq!(problems, [""; 0]);
    let settings = settings.unwrap();
    assert_eq!((settings.window.as_secs(), settings.after.as_secs()), (300, 30));
    assert_eq!((settings.max_bytes, settings.container_max_bytes), (32_000_000, 8_000_000));
    assert_eq!((settings.destinations, settings.classes), (vec![0], vec![Class::Stdout]));
}

#[test]
fn without_a_window_nothing_is_held_and_its_keys_are_problems() {
    let (settings, problems) = read_with(&[("recorder.window", "")]);
    assert!(settings.is_none());
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("recorder.destination") && problems[0].contains("without recorder.window"));
}

#[test]
fn each_mistake_is_told() {
    for (key, value, part) in [
        ("recorder.window", "0s", "shorter than 1s"),
        ("recorder.window", "48h", "longer than a day"),
        ("recorder.after", "48h", "longer than a day"),
        ("recorder.max_bytes", "1k", "less than 256KiB"),
        ("recorder.container_max_bytes", "40M", "more than recorder.max_bytes"),
        ("recorder.destination", "drop", "names no destination"),
        ("recorder.destination", "", "names no destination"),
        ("recorder.classes", "stdout, stderr", "'stderr' cannot be held"),
        ("recorder.classes", "warn", "without level auto and route.warn"),
        ("recorder.classes", "debug", "there is no class 'debug'"),
        ("route.stdout", "stdout", "'stdout' gets every line of class stdout already"),
    ] {
        let (_, problems) = read_with(&[(key, value)]);
        assert!(problems.iter().any(|problem| problem.contains(part)), "{key} {value}: {problems:?}");
    }
}

#[test]
fn what_hardly_does_what_is_meant_is_told() {
    let advice = |more: &[(&str, &str)]| -> Vec<String> {
        let keys: BTreeMap<String, String> = USUAL
            .iter()
            .chain(&[("level", "auto")])
            .chain(more)
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let settings = Settings::read(&keys, &RefCell::default());
        let recorder = settings.recorder.unwrap();
        let advice = recorder_advice(&keys, &recorder, &settings.levels, &settings.routes);
        advice.iter().map(ToString::to_string).collect()
    };
    assert_eq!(advice(&[]), [""; 0]);
    for (key, value, part) in [
        ("route.default", "drop", "is not where errors or stops go"),
        ("level", "off", "without level auto"),
        ("recorder.window", "2h", "longer than an hour"),
        (
            "recorder.container_max_bytes",
            "256K",
            "of a container that writes 2 KiB a second, recorder.container_max_bytes holds 125 s",
        ),
    ] {
        let told = advice(&[(key, value)]);
        assert!(told.len() == 1 && told[0].contains(part), "{key} {value}: {told:?}");
    }
}

#[test]
fn classes_of_ones_own_and_warnings_can_be_held() {
    let own = [
        ("classes", "debug"),
        ("class.debug.match", "log ^DEBUG"),
        ("route.debug", "drop"),
        ("route.warn", "drop"),
        ("level", "auto"),
        ("recorder.classes", "debug, warn, stdout, stdout"),
    ];
    let (settings, problems) = read_with(&own);
    assert_eq!(problems, [""; 0]);
    assert_eq!(settings.unwrap().classes, [Class::Stdout, Class::Warn, Class::Own(0)]);
}
