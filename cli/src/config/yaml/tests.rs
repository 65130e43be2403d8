//! Our reader beside PyYAML, on many small files of the kinds that people write, whole and with one mistake.

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::*;

/// Entries of a map, in every form that a value may have.
const ENTRIES: [&str; 44] = [
    "a: b\n",
    "a: 'it''s'\n",
    "a: \"x\\ty\\u00e9\"\n",
    "a: \"one\n  two\n\n  three\"\n",
    "a: 'one\n  two'\n",
    "a: one\n  two\n",
    "a:\n",
    "a: ~\n",
    "a: 5\n",
    "a: 2020-01-01\n",
    "a: http://x:80/y#z\n",
    "a: b # c\n",
    "# c\n",
    "\n",
    "a: [b, c]\n",
    "a: [\n  b,\n  c\n]\n",
    "a: [\nb\n]\n",
    "a: [b,\n  c,\n  ]\n",
    "a: {b: c, d: [e, {f: g}]}\n",
    "a: {\n  b: c\n}\n",
    "a: {b: c,\n d: e}\n",
    "a: {b, c: }\n",
    "a: [b: c]\n",
    "a:\n- b\n- c\n",
    "a:\n    - b\n    - c: d\n      e: f\n",
    "a:\n  - - b\n    - c\n  -\n    d: e\n",
    "a:\n  b:\n    c: d\n  e: f\n",
    "a: |\n  one\n    two\n\n  # three\n",
    "a: |-\n  one\n",
    "a: |+\n  one\n\n",
    "a: >\n  one\n  two\n\n    three\n",
    "a: >-\n  one\n",
    "a: |2\n    one\n",
    "? a\n: b\n",
    "\"a b\": c\n",
    "a b: c\n",
    "a: &x {b: c}\nd: *x\n",
    "a: &y b\nc: [*y, *y]\n",
    "a: !Sub '${B}'\n",
    "a: !If [b, !Ref C, {d: e}]\n",
    "a: !GetAtt b.c\n",
    "a: !!str 5\n",
    "<<: {a: b}\n",
    "a: 'b: c'\n",
];

/// What a mistake puts into a text, or another way to write it.
const PIECES: [&str; 24] = [
    " ", "  ", "\n", "\n  ", "\t", "[", "]", "{", "}", ",", ":", ": ", "- ", "\"", "'", "#", " #", "|", ">",
    "&a ", "*a", "!", "---\n", "...\n",
];

/// Files: some entries, perhaps a piece too much and a letter too few.
fn files() -> impl Strategy<Value = String> {
    let entries = proptest::collection::vec(proptest::sample::select(ENTRIES.to_vec()), 1..5);
    let piece =
        proptest::option::of((any::<prop::sample::Index>(), proptest::sample::select(PIECES.to_vec())));
    let removed = proptest::option::weighted(0.2, any::<prop::sample::Index>());
    (entries, piece, removed).prop_map(|(entries, piece, removed)| {
        let mut letters: Vec<char> = numbered(&entries).chars().collect();
        if let Some((at, piece)) = piece {
            let at = at.index(letters.len());
            letters.splice(at..at, piece.chars());
        }
        if let Some(at) = removed {
            letters.remove(at.index(letters.len()));
        }
        letters.into_iter().collect()
    })
}

/// The entries under different keys and anchors.
fn numbered(entries: &[&str]) -> String {
    let anchors = |entry: &str, number: i32| {
        entry.replace('x', &format!("x{number}")).replace('y', &format!("y{number}"))
    };
    let numbered = entries.iter().zip(0..);
    numbered.map(|(entry, number)| anchors(&entry.replacen('a', &format!("a{number}"), 1), number)).collect()
}

fn tree(node: &Node) -> Value {
    match &node.tree {
        Tree::Text(text) | Tree::Word(text) => json!(["s", text]),
        Tree::List(items) => [json!("l")].into_iter().chain(items.iter().map(tree)).collect(),
        Tree::Map(entries) => {
            let entries = entries.iter().map(|entry| json!([entry.key, tree(&entry.value)]));
            [json!("m")].into_iter().chain(entries).collect()
        }
        Tree::Function(name, value) => json!(["f", name, tree(value)]),
    }
}

/// What PyYAML says of each text; `None` where there is no PyYAML.
fn composed(texts: &[String]) -> Option<Vec<Option<Value>>> {
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/src/config/yaml/compose.py");
    let has_yaml = Command::new(&python).args(["-c", "import yaml"]).stderr(Stdio::null()).status();
    if !has_yaml.is_ok_and(|status| status.success()) {
        eprintln!("skipped: {python} has no PyYAML");
        return None;
    }
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&serde_json::to_vec(texts).expect("JSON")).expect("a pipe");
    drop(stdin);
    let output = child.wait_with_output().expect("python ends");
    Some(serde_json::from_slice(&output.stdout).expect("JSON"))
}

#[test]
fn our_reader_agrees_with_pyyaml() {
    let mut runner = TestRunner::deterministic();
    let texts: Vec<String> =
        (0..4_000).map(|_| files().new_tree(&mut runner).expect("a text").current()).collect();
    let Some(expected) = composed(&texts) else { return };
    let ours: Vec<Option<Value>> = texts
        .iter()
        .map(|text| parse(text).ok().map(|stream| stream.documents.iter().map(tree).collect()))
        .collect();
    let differing = texts
        .iter()
        .zip(expected.iter().zip(&ours))
        .filter(|(text, (theirs, ours))| theirs != ours && !is_known(text, theirs.as_ref()));
    let differing: Vec<String> = differing
        .map(|(text, (theirs, ours))| format!("{text:?}\n  PyYAML {theirs:?}\n  ours   {ours:?}"))
        .collect();
    let taken = expected.iter().filter(|tree| tree.is_some()).count();
    assert!(taken > 1_000 && taken < 3_500, "{taken} of {} are valid", texts.len());
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
}

/// Whether one of the few places is in the text where YAML 1.1 and 1.2 differ, none of which people write on purpose.
fn is_known(text: &str, theirs: Option<&Value>) -> bool {
    // A tag or flow collection with a comment right after it, tabs, odd tags: libyaml takes more.
    let only_theirs = ["? #", "*y0:", "{#", "}#", "[#", "\t", "'#", "\"#", ">#", "!!!", "!'", "!\"", "!:"];
    // A colon at the edge of a word in a flow collection, text after the end of a document, and the like.
    let only_ours = r"[\[{,][^\n]*:[,\]}]|[\[{,]\s*:|:[\[{*]|\.\.\.\n|---\n|\t|![^ \n]*#|&x\{|\n *: |!\w+[,}\]]|\w:[,\]}]";
    match theirs {
        // Whether a last line without its end has one is all the same.
        Some(_) if !text.ends_with('\n') => true,
        Some(_) => only_theirs.iter().any(|part| text.contains(part)),
        None => regex::Regex::new(only_ours).expect("a pattern").is_match(text) || has_anchor_twice(text),
    }
}

/// PyYAML refuses a second anchor of a name in one document.
fn has_anchor_twice(text: &str) -> bool {
    ["&a ", "&x ", "&y "].iter().any(|anchor| text.matches(anchor).count() > 1)
}
