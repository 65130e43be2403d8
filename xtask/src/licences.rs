//! The licences of everything that is linked, with their texts, as `cargo metadata` and the packages themselves say.
//!
//! Which licences are allowed is `deny.toml`'s to decide.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// How deep below a package's folder texts are looked for: C code that comes along has its own.
const DEPTH: usize = 3;

/// The first letters of a file that holds a licence or a notice.
const NAMES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

/// One package that is linked.
struct Package {
    /// Name and version.
    name: String,
    licence: String,
    repository: String,
    texts: Vec<String>,
}

/// The file for what is built of `root`, a package of this workspace.
pub(crate) fn text(metadata: &Value, root: &str) -> Result<String, String> {
    let packages = linked(metadata, root);
    match packages.is_empty() {
        true => Err(format!("cargo metadata knows no package {root} with dependencies")),
        false => Ok(render(root, &packages)),
    }
}

/// What `root` needs to run, and what that needs; not the members of the workspace.
fn linked(metadata: &Value, root: &str) -> Vec<Package> {
    let packages = entries(&metadata["packages"]);
    let nodes = entries(&metadata["resolve"]["nodes"]);
    let Some(root) = packages.values().find(|package| package["name"] == root) else { return Vec::new() };
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&str> = root["id"].as_str().into_iter().collect();
    while let Some(id) = open.pop() {
        if found.insert(id) {
            open.extend(nodes.get(id).into_iter().flat_map(|node| normal_dependencies(node)));
        }
    }
    let foreign = |package: &&&Value| !package["source"].is_null();
    found.iter().filter_map(|id| packages.get(id)).filter(foreign).map(|package| read(package)).collect()
}

fn entries(list: &Value) -> BTreeMap<&str, &Value> {
    list.as_array().into_iter().flatten().filter_map(|entry| Some((entry["id"].as_str()?, entry))).collect()
}

/// Neither for tests nor for build scripts.
fn normal_dependencies(node: &Value) -> impl Iterator<Item = &str> {
    let normal = |dependency: &&Value| {
        dependency["dep_kinds"]
            .as_array()
            .is_some_and(|kinds| kinds.iter().any(|kind| kind["kind"].is_null()))
    };
    let dependencies = node["deps"].as_array().into_iter().flatten();
    dependencies.filter(normal).filter_map(|dependency| dependency["pkg"].as_str())
}

fn read(package: &Value) -> Package {
    let word = |key: &str| package[key].as_str().unwrap_or_default();
    let folder = Path::new(word("manifest_path")).parent().unwrap_or(Path::new("/"));
    let mut files = Vec::new();
    find(folder, DEPTH, &mut files);
    let named = package["license_file"].as_str().map(|file| folder.join(file));
    files.extend(named.filter(|file| !files.contains(file)));
    files.sort_unstable();
    Package {
        name: format!("{} {}", word("name"), word("version")),
        licence: package["license"].as_str().unwrap_or("see its text").to_owned(),
        repository: word("repository").to_owned(),
        texts: files.iter().filter_map(|file| fs::read(file).ok()).map(text_of).collect(),
    }
}

/// Some names are written in older encodings than UTF-8.
fn text_of(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn find(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && depth > 1 {
            find(&path, depth - 1, found);
        } else if path.is_file() && is_licence(&path) {
            found.push(path);
        }
    }
}

fn is_licence(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    NAMES.iter().any(|start| name.starts_with(start))
        && !matches!(&*extension, "rs" | "c" | "h" | "html" | "py")
}

/// Who is there, then every text once, under the names of those that carry it.
fn render(root: &str, packages: &[Package]) -> String {
    let mut out = format!(
        "What is linked into {root}, and under which licences.\n\n\
         The Rust standard library: MIT OR Apache-2.0, https://github.com/rust-lang/rust\n"
    );
    for Package { name, licence, repository, .. } in packages {
        // Writing into a text cannot fail.
        let _written = writeln!(out, "{name}: {licence}, {repository}");
    }
    for (text, names) in by_text(packages) {
        let line = "-".repeat(100);
        let _written = writeln!(out, "\n{line}\n{}\n{line}\n\n{}", names.join(", "), text.trim_end());
    }
    out
}

/// Texts that differ in white space only are one.
fn by_text(packages: &[Package]) -> Vec<(&str, Vec<&str>)> {
    let mut texts: BTreeMap<String, (&str, Vec<&str>)> = BTreeMap::new();
    for package in packages {
        for text in &package.texts {
            let words: Vec<&str> = text.split_whitespace().collect();
            let names = &mut texts.entry(words.join(" ")).or_insert((text, Vec::new())).1;
            if !names.contains(&&*package.name) {
                names.push(&package.name);
            }
        }
    }
    let mut texts: Vec<_> = texts.into_values().collect();
    texts.sort_by_key(|(_, names)| names.first().copied());
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn node(id: &str, dependencies: &[(&str, Option<&str>)]) -> Value {
        let deps: Vec<Value> = dependencies
            .iter()
            .map(|(pkg, kind)| json!({"pkg": pkg, "dep_kinds": [{"kind": kind, "target": null}]}))
            .collect();
        json!({"id": id, "deps": deps})
    }

    fn package(name: &str, source: Option<&str>) -> Value {
        json!({"id": name, "name": name, "version": "1.0.0", "license": "MIT", "source": source,
            "manifest_path": "/nowhere/Cargo.toml", "repository": "https://example.com"})
    }

    #[test]
    fn only_what_is_linked_is_listed() {
        let registry = Some("registry");
        let metadata = json!({
            "packages": [package("own", None), package("used", registry), package("below", registry),
                package("tested-with", registry), package("built-with", registry), package("another", registry)],
            "resolve": {"nodes": [
                node("own", &[("used", None), ("tested-with", Some("dev")), ("built-with", Some("build"))]),
                node("used", &[("below", None)]),
                node("below", &[]),
            ]},
        });
        let names: Vec<String> = linked(&metadata, "own").into_iter().map(|package| package.name).collect();
        assert_eq!(names, ["below 1.0.0", "used 1.0.0"]);
    }

    #[test]
    fn one_text_stands_once_with_all_names() {
        let package = |name: &str, text: &str| Package {
            name: name.into(),
            licence: "MIT".into(),
            repository: String::new(),
            texts: vec![text.into()],
        };
        let packages = [package("a 1", "Take it.\nAll of it."), package("b 1", "Take it. All\n of it.\n")];
        let text = render("own", &packages);
        assert_eq!(text.matches("Take it.").count(), 1, "{text}");
        assert!(text.contains("\na 1, b 1\n"), "{text}");
    }

    #[test]
    fn the_plugins_own_packages_all_have_a_text() {
        let metadata = crate::dist::metadata("x86_64-unknown-linux-gnu").unwrap();
        let text = text(&metadata, crate::dist::PACKAGE).unwrap();
        for expected in ["\nreqwest ", "\nring ", "Permission is hereby granted", "Apache License"] {
            assert!(text.contains(expected), "{expected}");
        }
        assert!(!text.contains("\nproptest "), "a test's tool is not linked");
    }
}
