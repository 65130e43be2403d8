//! Every Fluent Bit configuration and every task definition of `examples/`, in a real Fluent Bit.
//!
//! They run as they are. What is changed is what a test cannot have: `/ecs-router/` and `/var/spool/` are
//! folders of the test, ports are free ones, and each destination gets the fake cloud's `endpoint`. Names in `${…}`
//! come from the task definitions. The files are found, not listed, so that a new one is tried the day it is written.
//!
//! - `deployment` – an example as it is deployed: its files, its environment, what FireLens generates around it
//! - `conf` – what the plugin's outputs in a configuration say, and the changes
//! - `traffic` – what is told to a running one
//! - `places` – where that belongs by its routes, and where it came to be

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use fake_cloud::Cloud;

use super::{ARRIVAL, binaries};
use crate::watching::metadata::Metadata;
use test_support::process::until;

mod conf;
mod deployment;
mod places;
mod traffic;

use deployment::Deployment;
use places::Told;

#[test]
fn every_configuration_of_the_examples_routes_what_it_says() {
    let found = files("conf");
    let alone: Vec<Deployment> = found.iter().filter_map(|path| Deployment::of_conf(path)).collect();
    assert!(alone.len() >= 4, "the configurations are gone");
    for binary in binaries() {
        alone.iter().for_each(|deployment| assert_routes(&binary, deployment));
    }
}

#[test]
fn every_task_definition_of_the_examples_routes_what_it_says() {
    let deployments = tasks();
    assert!(deployments.len() >= 4, "the task definitions are gone");
    for binary in binaries() {
        deployments.iter().for_each(|deployment| assert_routes(&binary, deployment));
    }
}

/// Otherwise its events would be of class other. What FireLens brings is the application's, and is never trusted.
#[test]
fn what_an_example_trusts_is_its_own_input_of_events() {
    let found = files("conf");
    let deployments: Vec<Deployment> =
        found.iter().filter_map(|path| Deployment::of_conf(path)).chain(tasks()).collect();
    let trusting = deployments.iter().filter(|deployment| !deployment.tags_of_events().is_empty());
    assert!(trusting.count() >= 3, "the collectors are gone");
    for deployment in &deployments {
        let outputs = deployment.outputs();
        let trusted: Vec<&str> = outputs.iter().flat_map(conf::Output::trusted_tags).collect();
        assert_eq!(trusted, deployment.tags_of_events(), "{}", deployment.name);
    }
}

/// The router's root file system is read-only, and a volume is what a task of another user can write to.
#[test]
fn every_spool_of_the_task_definitions_lies_in_a_volume() {
    let mut spools = 0;
    for deployment in tasks() {
        let mounts = deployment.mount_points();
        for dir in deployment.outputs().iter().flat_map(conf::Output::spools) {
            spools += 1;
            let is_inside = |mount: &String| dir.starts_with(&format!("{mount}/"));
            assert!(mounts.iter().any(is_inside), "{}: {dir} is in none of {mounts:?}", deployment.name);
        }
    }
    assert!(spools >= 2, "the archives are gone");
}

/// Configurations without an output are parts: somebody has to name them.
#[test]
fn every_part_belongs_to_an_example() {
    let texts = |extension| files(extension).into_iter().map(|path| std::fs::read_to_string(path).unwrap());
    let all: String = texts("conf").chain(texts("json")).collect();
    for path in files("conf").iter().filter(|path| Deployment::of_conf(path).is_none()) {
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(all.contains(&format!("/ecs-router/{name}")), "nobody names {}", path.display());
    }
}

/// What the loop above cannot run has to be noticed.
#[test]
fn every_configuration_is_written_in_the_classic_format() {
    let is_fluent = |path: &PathBuf| std::fs::read_to_string(path).unwrap().contains("\npipeline:");
    let others = files("yaml").into_iter().chain(files("yml")).filter(is_fluent).collect::<Vec<_>>();
    assert!(others.is_empty(), "teach these tests to run {others:?}");
}

/// Starts without a complaint, delivers everything to where its routes say and nowhere else, and ends well.
fn assert_routes(binary: &Path, deployment: &Deployment) {
    let outputs = deployment.outputs();
    let unset: Vec<_> = outputs.iter().flat_map(conf::Output::unset).collect();
    assert!(unset.is_empty(), "{}: nobody sets {unset:?}", deployment.name);
    let cloud = Cloud::builder()
        .create_queues([deployment::QUEUE])
        .create_buckets(outputs.iter().flat_map(conf::Output::buckets))
        .create_groups(outputs.iter().flat_map(conf::Output::groups))
        .start();
    let metadata = Metadata::start(&["app"]);
    let running = deployment.start(binary, &cloud, &metadata);
    let told = traffic::tell(&running, &metadata, &cloud);
    let mut host = running.host;
    let soon = |told: &&Told| !told.expected(&outputs).iter().any(|place| place.waits_for_the_end());
    let arrived = || told.iter().filter(soon).all(|told| told.is_where_it_belongs(&cloud, &outputs));
    until(ARRIVAL, || arrived().then_some(()));
    host.assert_ends_well();
    let said = host.said();
    for told in &told {
        let (expected, found) = (told.expected(&outputs), told.found(&cloud));
        let name = &deployment.name;
        assert!(
            told.is_where_it_belongs(&cloud, &outputs),
            "{name}: {told:?}\nbelongs to {expected:#?}\nis in {found:#?}\n{said}"
        );
    }
    let complaints: BTreeSet<&str> = said.lines().filter(|line| is_complaint(line)).collect();
    assert!(complaints.is_empty(), "{}: {complaints:#?}", deployment.name);
    cloud.assert_no_complaints();
}

/// An error of anybody, or a warning of the plugin.
fn is_complaint(line: &str) -> bool {
    line.contains("[error]") || line.contains("[ warn]") && line.contains("ecs_router")
}

fn tasks() -> Vec<Deployment> {
    let found = files("json").into_iter().filter(|path| path.parent().is_some_and(is_of_tasks));
    found.map(|path| Deployment::of_task(&path)).collect()
}

fn is_of_tasks(folder: &Path) -> bool {
    folder.ends_with("task-definitions")
}

/// Files below `examples/` that end like this.
fn files(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"), extension, &mut found);
    found.sort_unstable();
    found
}

fn walk(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => walk(&path, extension, found),
            false if path.extension().is_some_and(|its| its == extension) => found.push(path),
            false => {}
        }
    }
}
