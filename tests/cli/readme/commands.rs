//! Every command of the documents, as printed.

use std::path::Path;
use std::process::Command;

use super::page::Page;
use super::{documents, root};

/// Commands that are not run here, by how they begin, and why.
const NOT_RUN: [(&str, &str); 17] = [
    ("cargo run --release --example", "an optimised build takes minutes; CI runs the demo"),
    ("cargo test", "this is it"),
    ("cargo xtask test", "this is one of its tests"),
    ("cargo install", "an optimised build takes minutes; the program is the one that is tested here"),
    ("cargo build", "an optimised build takes minutes"),
    ("cargo bench", "figures, and minutes"),
    (
        "cargo xtask dist",
        "an optimised build for another C library takes minutes; its parts have tests of their own",
    ),
    ("cargo xtask images", "builds the demo; a test of its own compares the pictures"),
    ("docs/build", "wants mdBook; CI builds the site"),
    ("cargo fuzz", "runs until it is stopped"),
    ("cargo +nightly", "wants another compiler"),
    ("cargo fmt", "CI runs it"),
    ("cargo clippy", "CI runs it"),
    (".ci/run", "runs this test"),
    ("python3 -m venv", "downloads"),
    ("docker ", "wants a daemon, and downloads"),
    ("aws ", "wants an account"),
];

/// What a reader of the README has made of it by step 6, as `task.json`.
const TASK: &str = "examples/task-definitions/fargate.json";

/// Commands as a reader copies them: lines that end with a backslash are one, comments are none.
fn commands(page: &Page) -> Vec<String> {
    let joined = page.blocks_in("sh").map(|block| block.text.replace("\\\n", " "));
    let lines = joined.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>());
    let lines = lines.map(|line| line.split("    #").next().unwrap_or_default().trim().to_owned());
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// The folders' own pages are for people who have the tools at hand; they are read by `contents`.
fn is_for_newcomers(page: &Page) -> bool {
    !page.path.starts_with(root().join("examples")) && !page.path.starts_with(root().join("benches"))
}

#[test]
fn every_command_is_run_or_is_known_not_to_be() {
    let mut wrong = Vec::new();
    let mut run = 0;
    for page in documents().iter().map(|path| Page::read(path)).filter(is_for_newcomers) {
        for command in commands(&page) {
            let place = page.path.display();
            if command.starts_with("ecs-router ") {
                run += 1;
                wrong.extend(fault_of(&command).map(|fault| format!("{place}: {command}\n{fault}")));
            } else if !NOT_RUN.iter().any(|(start, _)| is_only(&command, start)) {
                wrong.push(format!("{place}: nobody knows how to try this: {command}"));
            }
            wrong.extend(
                missing_files(&command).map(|file| format!("{place}: {command}\nthere is no {file}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(run > 10, "the commands are gone");
}

/// Settings before the command do not hide what it is.
fn is_only(command: &str, start: &str) -> bool {
    let is_setting = |word: &&str| {
        word.split_once('=').is_some_and(|(name, _)| name.chars().all(|c| c.is_ascii_uppercase() || c == '_'))
    };
    let rest: Vec<&str> = command.split_whitespace().skip_while(is_setting).collect();
    rest.join(" ").starts_with(start.trim_end())
}

/// Run by a shell, in the repository's root, with the program that was built for the tests. It may find something
/// wrong only where the document says so.
fn fault_of(command: &str) -> Option<String> {
    let (code, out) = output_of(&command.replace(" task.json", &format!(" {TASK}")));
    let may_find = command.contains("/broken/");
    let fine = code == 0 || may_find && code == 2;
    (!fine).then(|| format!("ends with {code}:\n{out}"))
}

fn output_of(command: &str) -> (i32, String) {
    let program = Path::new(env!("CARGO_BIN_EXE_ecs-router"));
    let folder = program.parent().expect("a folder").display();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell
        .args(["-c", command])
        .current_dir(root())
        .env("PATH", path)
        .env("AWS_EC2_METADATA_DISABLED", "true");
    let output = shell.output().expect("a shell");
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().expect("no signal"), String::from_utf8(text).expect("UTF-8"))
}

/// Files of the repository that a command names; what it makes itself is not there yet.
fn missing_files(command: &str) -> impl Iterator<Item = String> {
    let words = command.split(|c: char| c.is_whitespace() || c == '=' || c == '"');
    let words = words.map(|word| word.trim_start_matches("file://").to_owned());
    let ours = |word: &String| {
        ["examples/", "tests/", "docs/", "src/", ".ci/"].iter().any(|folder| word.starts_with(folder))
    };
    words.filter(ours).filter(|word| !word.contains('$') && !root().join(word).exists())
}

/// Output that follows a command is shortened, not invented: each of its lines is a part of a line of the real one.
#[test]
fn the_output_that_is_printed_is_the_real_one() {
    let mut shown = 0;
    for page in documents().iter().map(|path| Page::read(path)).filter(is_for_newcomers) {
        for pair in
            page.blocks.windows(2).filter(|pair| pair[0].language == "sh" && pair[1].language == "text")
        {
            shown += 1;
            let command = pair[0].text.split("    #").next().expect("a command");
            let (_, out) = output_of(command);
            for line in pair[1].text.lines() {
                let part = line.trim().trim_matches('…').trim();
                assert!(
                    out.contains(part),
                    "{}: {command}\nsays nowhere: {part}\nbut\n{out}",
                    page.path.display()
                );
            }
        }
    }
    assert!(shown >= 4, "the outputs are gone");
}

/// What the pictures of the terminal show is what the commands print, except for the breaks of lines.
#[test]
fn the_pictures_show_what_the_commands_print() {
    const PICTURES: [(&str, &str); 2] = [
        (
            "check",
            "ecs-router check tests/fixtures/config/broken/misspelt-destination-key.conf \
             tests/fixtures/config/broken/host-defaults.conf",
        ),
        ("explain", "ecs-router explain tests/fixtures/events/oom-killed.json"),
    ];
    for (name, command) in PICTURES {
        let svg = std::fs::read_to_string(root().join(format!("docs/images/{name}.svg"))).expect("a picture");
        let printed = format!("$ {command}\n{}", output_of(command).1);
        assert_eq!(
            without_spaces(&text_of(&svg)),
            without_spaces(&printed),
            "{name}.svg is old; cargo xtask images draws it again"
        );
    }
}

/// What is between the tags of the drawing's text.
fn text_of(svg: &str) -> String {
    let (_, text) = svg.split_once("<text").expect("a text");
    let parts = text.split('>').skip(1).filter_map(|part| part.split('<').next());
    parts.collect::<String>().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}
