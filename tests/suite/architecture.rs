//! Modules import only downwards, and `unsafe` stands at the border only.
//!
//! The list below is the order; what a module may use is everything below its own line. A module that is not in the
//! list fails the test: its place has to be decided.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// From the C border down to the vocabulary.
const LAYERS: [&str; 32] = [
    "ffi",
    "plugin",
    "worker",
    "watch",
    "pipeline",
    "upload",
    "deliver",
    "ack",
    "once",
    "last_words",
    "pace",
    "breaker",
    "wire",
    "aws",
    "http",
    "destination",
    "spool",
    "batch",
    "body",
    "route",
    "config",
    "template",
    "classify",
    "carrier",
    "task",
    "stop",
    "json",
    "decode",
    "record",
    "metrics",
    "log",
    "chunk",
];

#[test]
fn modules_import_only_from_below() {
    let upward: Vec<String> = sources()
        .iter()
        .filter(|path| !is_test(path))
        .flat_map(|path| imports(path).into_iter().filter_map(|module| upward(path, &module)))
        .collect();
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

#[test]
fn every_module_has_its_place() {
    let modules: BTreeSet<String> = sources().iter().filter_map(|path| module_of(path)).collect();
    assert_eq!(modules, LAYERS.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn unsafe_stands_at_the_border_only() {
    let strangers: Vec<String> = sources()
        .iter()
        .filter(|path| module_of(path).as_deref() != Some("ffi"))
        .flat_map(|path| lines_with_unsafe(path))
        .collect();
    assert!(strangers.is_empty(), "{}", strangers.join("\n"));
}

fn upward(path: &Path, imported: &str) -> Option<String> {
    let module = module_of(path)?;
    let place = |name: &str| LAYERS.iter().position(|layer| *layer == name);
    let fine = module == imported || place(&module)? < place(imported)?;
    (!fine).then(|| format!("{}: {module} may not use {imported}, which stands above it", path.display()))
}

/// What stands right behind `crate::` anywhere in the code, in groups too.
fn imports(path: &Path) -> BTreeSet<String> {
    let text = code(path);
    let heads = text.split("crate::").skip(1).flat_map(|rest| match rest.strip_prefix('{') {
        Some(group) => members(group).iter().map(|member| head(member.trim_start())).collect(),
        None => vec![head(rest)],
    });
    heads.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect()
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

fn head(path: &str) -> String {
    path.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

/// The file without comments and without the tests at its end, which may use anything.
fn code(path: &Path) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

fn lines_with_unsafe(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let code = text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    let words = |line: &str| {
        line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "unsafe")
    };
    code.filter(|(_, line)| words(line)).map(|(at, _)| format!("{}:{}", path.display(), at + 1)).collect()
}

/// The top-level module a file belongs to; none for the root itself.
fn module_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(root()).unwrap();
    let name = inside.components().next()?.as_os_str().to_str()?.trim_end_matches(".rs");
    let name = name.strip_suffix("_tests").unwrap_or(name);
    (!matches!(name, "lib" | "main" | "bin")).then(|| name.to_owned())
}

fn is_test(path: &Path) -> bool {
    let name = path.file_stem().unwrap().to_str().unwrap();
    name == "tests" || name.ends_with("_tests")
}

fn sources() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
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

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}
