//! The licences of everything that is linked, with their texts, as `cargo metadata` and the packages themselves say.
//!
//! Does not own: which licences are allowed (`deny.toml`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// Levels of folders that are searched for licences in a package: bundled C code has its own.
const SEARCH_DEPTH: usize = 3;

/// Prefixes of the names of files with a licence or a notice.
const NAME_PREFIXES: [&str; 5] = ["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE"];

/// One package that is linked.
struct Package {
    /// Name and version.
    name: String,
    licence: String,
    repository: String,
    texts: Vec<String>,
}

/// The licences of everything that is linked into `root`, a package of this workspace.
pub(crate) fn text(metadata: &Value, root: &str) -> Result<String, String> {
    let packages = linked(metadata, root);
    match packages.is_empty() {
        true => Err(format!("cargo metadata knows no package {root} with dependencies")),
        false => Ok(render(root, &packages)),
    }
}

/// The packages that are linked into `root`, except those of this workspace.
fn linked(metadata: &Value, root: &str) -> Vec<Package> {
    let packages = entries(&metadata["packages"]);
    let nodes = entries(&metadata["resolve"]["nodes"]);
    let Some(root) = packages.values().find(|package| package["name"] == root) else { return Vec::new() };
    let mut found: BTreeSet<&str> = BTreeSet::new();
    let mut pending: Vec<&str> = root["id"].as_str().into_iter().collect();
    while let Some(id) = pending.pop() {
        if found.insert(id) {
            pending.extend(nodes.get(id).into_iter().flat_map(|node| normal_dependencies(node)));
        }
    }
    let linked = found.iter().filter_map(|id| packages.get(id));
    linked.filter(|package| !package["source"].is_null()).map(|package| read(package)).collect()
}

fn entries(list: &Value) -> BTreeMap<&str, &Value> {
    list.as_array().into_iter().flatten().filter_map(|entry| Some((entry["id"].as_str()?, entry))).collect()
}

/// The dependencies of a package, without those of its tests and build script.
fn normal_dependencies(node: &Value) -> impl Iterator<Item = &str> {
    let dependencies = node["deps"].as_array().into_iter().flatten();
    dependencies
        .filter(|dependency| is_normal(dependency))
        .filter_map(|dependency| dependency["pkg"].as_str())
}

fn is_normal(dependency: &Value) -> bool {
    let mut kinds = dependency["dep_kinds"].as_array().into_iter().flatten();
    kinds.any(|kind| kind["kind"].is_null())
}

fn read(package: &Value) -> Package {
    let field = |key: &str| package[key].as_str().unwrap_or_default();
    let folder = Path::new(field("manifest_path")).parent().unwrap_or(Path::new("/"));
    let mut files = Vec::new();
    find_licences(folder, SEARCH_DEPTH, &mut files);
    let named = package["license_file"].as_str().map(|file| folder.join(file));
    files.extend(named.filter(|file| !files.contains(file)));
    files.sort_unstable();
    Package {
        name: format!("{} {}", field("name"), field("version")),
        licence: package["license"].as_str().unwrap_or("see its text").to_owned(),
        repository: field("repository").to_owned(),
        texts: files.iter().filter_map(|file| fs::read(file).ok()).map(decode).collect(),
    }
}

/// Decodes a text, also one in an older encoding than UTF-8.
fn decode(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn find_licences(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() && depth > 1 {
            find_licences(&path, depth - 1, found);
        } else if path.is_file() && is_licence(&path) {
            found.push(path);
        }
    }
}

fn is_licence(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let extension = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    NAME_PREFIXES.iter().any(|start| name.starts_with(start))
        && !matches!(&*extension, "rs" | "c" | "h" | "html" | "py")
}

/// The list of packages, then every text once, under the names of the packages that have it.
fn render(root: &str, packages: &[Package]) -> String {
    let mut out = format!(
        "What is linked into {root}, and under which licences.\n\n\
         The Rust standard library: MIT OR Apache-2.0, https://github.com/rust-lang/rust\n"
    );
    for Package { name, licence, repository, .. } in packages {
        // Writing into a `String` does not fail.
        let _written = writeln!(out, "{name}: {licence}, {repository}");
    }
    for (text, names) in by_text(packages) {
        let line = "-".repeat(100);
        let _written = writeln!(out, "\n{line}\n{}\n{line}\n\n{}", names.join(", "), text.trim_end());
    }
    out
}

/// The texts and the packages that have them. Texts that differ only in white space count as one.
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
