//! The shape of `src/` and `cli/src/`: folders import only downwards, files and folders never in a circle, a public type
//! name occurs once, `unsafe` is in `fluent-bit/` only, and docs/architecture.md describes what is there.

#![allow(clippy::string_slice, reason = "cuts source text where an ASCII needle was found")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use test_support::root;

/// One crate, and its folders and files: what each line names may use what the lines below it name. One that is not in
/// the list fails the test: its place has to be decided.
struct CrateLayers {
    folder: &'static str,
    layers: &'static [&'static str],
}

const CRATES: [CrateLayers; 2] = [ROUTER, CLI];

const ROUTER: CrateLayers = CrateLayers {
    folder: "src",
    layers: &[
        "registry",
        "probe",
        "instance",
        "worker",
        "router",
        "watch",
        "log_reader",
        "object",
        "delivery",
        "recorder",
        "incident",
        "transport",
        "destination",
        "config",
        "deflate",
        "encode",
        "limit",
        "classify",
        "envelope",
        "task_metadata",
        "stop",
        "redact",
        "json",
        "level",
        "join",
        "input",
        "threads",
        "metrics",
        "log",
        "printable",
        "version",
    ],
};

const CLI: CrateLayers = CrateLayers {
    folder: "cli/src",
    layers: &[
        "migrate", "init", "replay", "explain", "check", "config", "adapter", "records", "keys", "health",
        "address", "scratch", "suggest", "terminal",
    ],
};

#[test]
fn folders_import_only_from_below() {
    let mut all = Vec::new();
    for CrateLayers { folder, layers } in &CRATES {
        for source in sources(folder) {
            all.extend(source.imports.iter().filter_map(|import| upward(&source, import, layers)));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn every_folder_has_its_place() {
    for CrateLayers { folder, layers } in &CRATES {
        let folders: BTreeSet<String> =
            sources(folder).iter().map(|source| source.module[0].clone()).collect();
        assert_eq!(folders, layers.iter().map(|name| (*name).to_owned()).collect(), "{folder}");
    }
}

#[test]
fn no_file_and_no_folder_imports_itself_through_others() {
    let mut circles = Vec::new();
    for CrateLayers { folder, .. } in &CRATES {
        let mut arrows = Arrows::new();
        for (from, to) in imported_files(&sources(folder)) {
            arrows.entry(from.clone()).or_default().insert(to.clone());
            if let Some((from, to)) = siblings(&from, &to) {
                arrows.entry(from).or_default().insert(to);
            }
        }
        circles.extend(arrows.keys().filter_map(|start| circle(start, &arrows)));
    }
    assert!(circles.is_empty(), "{}", circles.join("\n"));
}

/// Types of one name that are meant: each is the vendor's or the format's own word, private to its folder.
const SAME_NAME: [&str; 0] = [];

#[test]
fn a_public_type_name_stands_once() {
    let mut places: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in files(&["src", "cli/src", "fluent-bit/plugin/src"]) {
        for name in public_types(&path) {
            places.entry(name).or_default().push(path.display().to_string());
        }
    }
    let twice: Vec<String> = places
        .iter()
        .filter(|(name, places)| places.len() > 1 && !SAME_NAME.contains(&name.as_str()))
        .map(|(name, places)| format!("{name}: {}", places.join(", ")))
        .collect();
    assert!(twice.is_empty(), "{}", twice.join("\n"));
}

#[test]
fn unsafe_stands_in_fluent_bit_only() {
    for crate_root in ["src/lib.rs", "cli/src/main.rs"] {
        let text = std::fs::read_to_string(root().join(crate_root)).unwrap();
        assert!(text.contains("#![forbid(unsafe_code)]"), "{crate_root}");
    }
    let strangers: Vec<String> =
        files(&["src", "cli/src"]).iter().flat_map(|path| lines_with_unsafe(path)).collect();
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}

/// The file that decides which characters are shown, and those that print.
const DECIDES_WHAT_IS_SHOWN: &str = "src/printable.rs";
const PRINTS: [&str; 3] = ["src/log.rs", "src/transport/local/mod.rs", "cli/src/terminal.rs"];

#[test]
fn one_function_says_which_characters_are_shown_and_nobody_prints_past_it() {
    let mut strangers = Vec::new();
    for path in files(&["src", "cli/src"]) {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        let text = std::fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let decides = ["is_control()", "char::is_control", "escape_debug", "u{202A", "u{202E", "u{2028"]
            .iter()
            .any(|part| code.contains(part));
        let prints = ["println!", "print!", "stdout()", "stderr()"].iter().any(|part| code.contains(part));
        if decides && name != DECIDES_WHAT_IS_SHOWN || prints && !PRINTS.contains(&name.as_str()) {
            strangers.push(name);
        }
    }
    strangers.retain(|name| !name.ends_with("tests.rs"));
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}

#[test]
fn the_documentation_names_files_and_functions_that_exist() {
    let page = std::fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let rows: Vec<Vec<&str>> =
        page.lines().map(|line| line.split('`').skip(1).step_by(2).collect()).collect();
    let hops = rows.iter().filter(|names| matches!(names[..], [file, _] if file.ends_with(".rs")));
    let missing: Vec<String> = hops
        .clone()
        .filter(|names| {
            let text = std::fs::read_to_string(root().join(names[0])).unwrap_or_default();
            !text.contains(&format!("fn {}(", names[1])) && !text.contains(&format!("fn {}<", names[1]))
        })
        .map(|names| names.join(" "))
        .collect();
    assert!(hops.count() > 15, "the table is gone");
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// A module, from the root of its crate.
type ModulePath = Vec<String>;

/// Which modules each module imports.
type Arrows = BTreeMap<ModulePath, BTreeSet<ModulePath>>;

/// One file of a crate, without its tests.
struct Source {
    module: ModulePath,
    /// The paths that it imports, from the root of the crate.
    imports: Vec<Vec<String>>,
}

fn upward(source: &Source, import: &[String], layers: &[&str]) -> Option<String> {
    let place = |name: &String| layers.iter().position(|layer| layer == name);
    let (from, to) = (&source.module[0], &import[0]);
    let fine = from == to || place(from)? < place(to)?;
    (!fine).then(|| format!("{}: may not use {}", source.module.join("::"), import.join("::")))
}

/// Every file and the other files that it imports, in pairs.
fn imported_files(sources: &[Source]) -> Vec<(ModulePath, ModulePath)> {
    let modules: BTreeSet<&ModulePath> = sources.iter().map(|source| &source.module).collect();
    let mut found = Vec::new();
    for source in sources {
        let files = source.imports.iter().filter_map(|import| file_of(import, &modules));
        found.extend(files.filter(|to| *to != &source.module).map(|to| (source.module.clone(), to.clone())));
    }
    found
}

/// The file that an import leads to: the longest of its beginnings that is a module.
fn file_of<'m>(import: &[String], modules: &BTreeSet<&'m ModulePath>) -> Option<&'m ModulePath> {
    (1..=import.len()).rev().find_map(|length| modules.get(&import[..length].to_vec()).copied())
}

/// The folders or files of one folder that hold the two; `None` where one of the two holds the other.
fn siblings(one: &ModulePath, other: &ModulePath) -> Option<(ModulePath, ModulePath)> {
    let shared = one.iter().zip(other).take_while(|(one, other)| one == other).count();
    Some((one.get(..=shared)?.to_vec(), other.get(..=shared)?.to_vec()))
}

/// A way from a module back to itself, as text.
fn circle(start: &ModulePath, arrows: &Arrows) -> Option<String> {
    let mut reached: BTreeSet<&ModulePath> = BTreeSet::new();
    let mut front = vec![start];
    while let Some(at) = front.pop() {
        for next in arrows.get(at).into_iter().flatten() {
            if next == start {
                return Some(format!("{} → … → {} → itself", start.join("::"), at.join("::")));
            }
            if reached.insert(next) {
                front.push(next);
            }
        }
    }
    None
}

fn sources(folder: &str) -> Vec<Source> {
    let files = files(&[folder]);
    let sources = files.iter().filter(|path| !is_test(path)).filter_map(|path| source(path, folder));
    sources.collect()
}

fn source(path: &Path, folder: &str) -> Option<Source> {
    let inside = path.strip_prefix(root().join(folder)).unwrap().with_extension("");
    let mut module: ModulePath = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    module.pop_if(|last| last == "mod");
    let is_root = module == ["lib"] || module == ["main"];
    (!is_root).then(|| Source { imports: imports(path, &module), module })
}

/// Every path in the code that begins with `crate::`, `super::` or `self::`, members of groups one by one. What a module
/// hands on with `pub use` is not an import.
fn imports(path: &Path, module: &[String]) -> Vec<Vec<String>> {
    let code = code(path);
    let mut found = Vec::new();
    for (start, word) in code.match_indices("crate::").chain(code.match_indices("super::")) {
        let before = code[..start].chars().next_back().unwrap_or(' ');
        if before.is_alphanumeric() || before == '_' || before == ':' || is_handed_on(&code[..start]) {
            continue;
        }
        let base = if word == "crate::" { &[] } else { &module[..module.len() - 1] };
        expand(&code[start + word.len()..], base.to_vec(), &mut found);
    }
    found
}

fn is_handed_on(before: &str) -> bool {
    let statement = before.rsplit([';', '}']).next().unwrap_or_default();
    statement.contains("pub use ")
}

/// The paths that begin with `base` and go on with `text`.
fn expand(text: &str, mut base: Vec<String>, found: &mut Vec<Vec<String>>) {
    let mut rest = text;
    loop {
        if let Some(group) = rest.strip_prefix('{') {
            members(group).iter().for_each(|member| expand(member.trim(), base.clone(), found));
            return;
        }
        let name: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if name == "super" {
            base.pop();
        } else if !name.is_empty() && name != "self" {
            base.push(name.clone());
        }
        match rest[name.len()..].strip_prefix("::") {
            Some(next) => rest = next,
            None if base.is_empty() => return,
            None => return found.push(base),
        }
    }
}

/// The members of a group of imports, up to the brace that closes it.
fn members(group: &str) -> Vec<String> {
    let mut members = vec![String::new()];
    let mut depth = 0;
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            ',' if depth == 0 => members.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                members.last_mut().expect("at least one").push(c);
            }
        }
    }
    members
}

/// The file without comments and without the tests at its end, which may use anything.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

fn public_types(path: &Path) -> Vec<String> {
    let code = if is_test(path) { String::new() } else { code(path) };
    let name = |line: &str| {
        let rest = line.trim_start().strip_prefix("pub")?;
        let rest =
            rest.strip_prefix('(').map_or(rest, |scoped| scoped.split_once(')').map_or("", |(_, rest)| rest));
        let mut words = rest.split_whitespace();
        let is_type = matches!(words.next()?, "struct" | "enum" | "trait" | "type" | "union");
        let name = words.next().filter(|_| is_type)?;
        Some(name.split(|c: char| !c.is_alphanumeric()).next()?.to_owned())
    };
    code.lines().filter_map(name).collect()
}

fn lines_with_unsafe(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let words = |line: &str| {
        line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "unsafe")
    };
    code.filter(|(_, line)| words(line)).map(|(at, _)| format!("{}:{}", path.display(), at + 1)).collect()
}

fn is_test(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str() == "tests")
        || path.ends_with("tests.rs")
        || path.ends_with("testing.rs")
}

fn files(folders: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => folders.push(path),
                false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
                false => {}
            }
        }
    }
    assert!(found.len() > 20, "the sources are gone");
    found.sort_unstable();
    found
}
