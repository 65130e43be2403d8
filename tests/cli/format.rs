//! The classic format is read as strictly as Fluent Bit reads it; where real ones are at hand, they are asked too.

use std::process::Command;

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
        assert_eq!(ran.code == 0, taken, "{text}\n{}", ran.out);
        for host in hosts.split(':').filter(|host| !host.is_empty()) {
            let status =
                Command::new(host).arg("--dry-run").arg("-c").arg(&path).output().expect(host).status;
            assert_eq!(status.success(), taken, "{host}\n{text}");
        }
    }
}
