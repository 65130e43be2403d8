//! Both formats are read as strictly as Fluent Bit reads them; where real ones are at hand, they are asked too.

use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

use super::ran;
use test_support::temp::TempDir;

/// Text and whether Fluent Bit takes it.
const TEXTS: [(&str, bool); 24] = [
    ("[OUTPUT]\n    Name null\n    Match *\n", true),
    ("[OUTPUT]\r\n    Name null\r\n    Match *\r\n", true),
    ("[OUTPUT] # more\n    Name null\n    Match * # more\n", true),
    ("[OUTPUT]\n    Name null\n# comment\n\n    Match *\n", true),
    ("[OUTPUT]\n    Name null\n    # comment\n    \n    Match *\n", true),
    ("[OUTPUT]\n    Name null\n        Match *\n", true),
    ("[OUTPUT]\n\tName null\n\tMatch *\n", true),
    ("@SET A=b\n[OUTPUT]\n    Name null\n    Match *\n", true),
    ("@include part.conf\n[OUTPUT]\n    Name null\n    Match *\n", true),
    ("@INCLUDE part*.conf\n[OUTPUT]\n    Name null\n    Match *\n", true),
    ("[OUTPUT]\n    Name null\n  \n    Match *\n", false),
    ("[OUTPUT]\n    Name null\n      \n    Match *\n", false),
    ("[OUTPUT]\n      \n    Name null\n    Match *\n", false),
    ("[OUTPUT]\n    Name null\n  # comment\n    Match *\n", false),
    ("[OUTPUT]\n    Name null\n      # comment\n    Match *\n", false),
    ("[OUTPUT]\n    Name null\n    Match *\n[INPUT]\n  Name dummy\n", false),
    ("[OUTPUT]\n    Name null\n\tMatch *\n", false),
    ("[OUTPUT]\nName null\nMatch *\n", false),
    ("[OUTPUT]\n    Name null\n    Match *\n    Workers\n", false),
    ("[OUTPUT]\n    Name null\n    Match *\n    Alias  \n", false),
    ("[OUTPUT]\n    Name\tnull\n    Match *\n", false),
    ("    Name null\n", false),
    ("[OUTPUT\n    Name null\n", false),
    ("@INCLUDE part.conf\n@INCLUDE part.conf\n[OUTPUT]\n    Name null\n    Match *\n", false),
];

#[test]
fn the_classic_format_is_what_fluent_bit_takes_it_for() {
    let folder = TempDir::new();
    folder.file("part.conf", "[INPUT]\n    Name dummy\n");
    let hosts = std::env::var("FLUENT_BIT").unwrap_or_default();
    for (text, taken) in TEXTS {
        let path = folder.file("main.conf", text);
        let ran = ran(&["check", path.to_str().expect("UTF-8")]);
        assert_eq!(ran.code < 2, taken, "{text}\n{}", ran.out);
        for host in hosts.split(':').filter(|host| !host.is_empty()) {
            assert_eq!(takes(host, &path), taken, "{host}\n{text}");
        }
    }
}

/// Whether a real Fluent Bit takes the file.
fn takes(host: &str, path: &Path) -> bool {
    let output = Command::new(host).arg("--dry-run").arg("-c").arg(path).output().expect(host);
    output.status.success()
}

/// Sections of Fluent Bit's YAML that every release from 2 on takes, each in several forms.
const RIGHT: [&str; 9] = [
    "service:\n  flush: 1\n",
    "service: {flush: 1, grace: 2}\n",
    "env:\n  A: b\n",
    "pipeline:\n  inputs:\n    - name: dummy\n  outputs:\n    - name: 'null'\n      match: '*'\n",
    "Pipeline:\n  Outputs:\n  - Name: 'null'\n    Match: '*'\n",
    "pipeline: {inputs: [{name: dummy}], outputs: [{name: 'null', match: '*'}]}\n",
    "pipeline:\n  outputs: [\n    {name: 'null', match: '*'}\n  ]\n",
    "parsers:\n  - name: x\n    format: json\n",
    "# comment\nextra: {a: b}\ncustoms: []\n",
];

/// Sections that it refuses.
const WRONG: [&str; 24] = [
    "service:\n",
    "service: a\n",
    "service: [a]\n",
    "service: {a: [b]}\n",
    "service: {flush: 1}\nservice: {grace: 1}\n",
    "pipeline:\n",
    "pipeline: []\n",
    "pipeline:\n  output:\n    - name: 'null'\n",
    "pipeline:\n  inputs:\n    name: dummy\n",
    "pipeline:\n  inputs: dummy\n",
    "pipeline:\n  inputs:\n",
    "pipeline:\n  outputs:\n    - 'null'\n",
    "pipeline:\n  outputs: &x\n    - name: 'null'\n      match: '*'\n  inputs: *x\n",
    "extra: b\n",
    "extra:\n",
    "extra: [b]\n",
    "extra: {a: {b: c}}\n",
    "env: {A: {b: c}}\n",
    "includes: {a: b}\n",
    "parsers: {name: x}\n",
    "parsers: x\n",
    "plugins: {a: b}\n",
    "stream_processors:\n  - name: a\n    exec: b\n",
    "a: b: c\n",
];

/// Right sections, each at most once, and perhaps a wrong one among them.
fn yaml_files() -> impl Strategy<Value = (String, bool)> {
    let right = proptest::sample::subsequence(RIGHT.to_vec(), 1..4).prop_shuffle();
    let wrong = proptest::option::of(proptest::sample::select(WRONG.to_vec()));
    (right, wrong, any::<bool>()).prop_map(|(right, wrong, is_first)| {
        let name = |section: &str| {
            section
                .trim_start_matches("# comment\n")
                .to_ascii_lowercase()
                .split(':')
                .next()
                .map(str::to_owned)
        };
        let mut sections: Vec<&str> = Vec::new();
        for section in right {
            let is_new = |other: &str| name(other) != name(section);
            if sections.iter().chain(&wrong).all(|other| is_new(other)) {
                sections.push(section);
            }
        }
        let text = sections.concat();
        match wrong {
            Some(wrong) if is_first => (format!("{wrong}{text}"), false),
            Some(wrong) => (format!("{text}{wrong}"), false),
            None => (text, true),
        }
    })
}

#[test]
fn yaml_is_what_fluent_bit_takes_it_for() {
    let folder = TempDir::new();
    let hosts = std::env::var("FLUENT_BIT").unwrap_or_default();
    let hosts: Vec<&str> = hosts.split(':').filter(|host| !host.is_empty() && reads_yaml(host)).collect();
    let mut runner = TestRunner::deterministic();
    let generated = (0..100).map(|_| yaml_files().new_tree(&mut runner).expect("a file").current());
    let alone = WRONG
        .iter()
        .map(|text| ((*text).to_owned(), false))
        .chain(RIGHT.iter().map(|text| ((*text).to_owned(), true)));
    let others = [("- a\n", false), ("a\n", false), ("", true)].map(|(text, taken)| (text.to_owned(), taken));
    for (text, taken) in alone.chain(others).chain(generated) {
        let path = folder.file("main.yaml", &text);
        let ran = ran(&["check", path.to_str().expect("UTF-8")]);
        assert_eq!(ran.code < 2, taken, "{text}\n{}", ran.out);
        for host in &hosts {
            assert_eq!(takes(host, &path), taken, "{host}\n{text}");
        }
    }
}

/// Whether the release has the whole of the YAML format: the first ones had not.
fn reads_yaml(host: &str) -> bool {
    let output = Command::new(host).arg("--version").output().expect(host);
    !String::from_utf8_lossy(&output.stdout).contains("v1.")
}

/// Lines that people put somewhere into a classic file, with and without effect.
const LINES: [&str; 19] = [
    "",
    " ",
    "    ",
    "      ",
    "# c",
    "    # c",
    "  # c",
    "      # c",
    "\tAlias a",
    "    Alias",
    "Alias a",
    "    Alias a",
    "  Alias a",
    "        Alias a",
    "[EXTRA]",
    "[OUTPUT",
    "@SET A=b",
    "@INCLUDE none.conf",
    "\u{feff}# c",
];

#[test]
fn a_line_too_much_is_what_fluent_bit_takes_it_for() {
    let folder = TempDir::new();
    let hosts = std::env::var("FLUENT_BIT").unwrap_or_default();
    let file = ["[SERVICE]", "    Flush 1", "[OUTPUT]", "    Name null", "    Match *"];
    for line in LINES {
        for at in 0..=file.len() {
            let lines: Vec<&str> =
                file.iter().take(at).chain([&line]).chain(file.iter().skip(at)).copied().collect();
            let text = format!("{}\n", lines.join("\n"));
            let path = folder.file("main.conf", &text);
            let ran = ran(&["check", path.to_str().expect("UTF-8")]);
            for host in hosts.split(':').filter(|host| !host.is_empty()) {
                assert_eq!(takes(host, &path), ran.code < 2, "{host}\n{text}\n{}", ran.out);
            }
        }
    }
}
