//! Configurations → destinations. For any configuration, problems are reported without showing a secret, nothing comes
//! from the environment, and a configuration without problems can deliver a record.
//!
//! The input: lines of a key, a blank and a value. `run` fills the environment with `POISON`.

#![no_main]

use std::collections::BTreeMap;

use ecs_router::classify::classes::BUILT_IN;
use ecs_router::config::keys::KEYS;
use ecs_router::config::{AwsEnvironments, KeyReader, QueueSettings};
use ecs_router_fuzz::{Read, Router, chunk, pairs, read};
use libfuzzer_sys::fuzz_target;
use serde_json::json;

const POISON: &str = "from-the-environment-5d1f";

/// Every secret of the seeds contains this.
const SECRET: &str = "s3cr3t-7d1f";

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let keys = pairs(text);
    let machine =
        keys.get("region").map_or_else(AwsEnvironments::default, |region| AwsEnvironments::in_region(region));
    let read = read(&keys, &machine);
    read.problems.iter().for_each(|problem| check_problem(&problem.to_string()));
    check_queue(&keys, &machine);
    // Formatting everything takes as long as the rest of the target.
    if text.contains(SECRET) || read.problems.is_empty() {
        let shown = format!("{read:?}");
        check_secrets(&keys, &shown);
        assert!(text.contains(POISON) || !shown.contains(POISON), "comes from the environment");
    }
    check_routes(&read);
    if read.problems.is_empty() {
        check_delivery(read);
    }
});

fn check_problem(problem: &str) {
    assert!(!problem.trim().is_empty());
    let (key, what) = problem.split_once(": ").unwrap();
    assert!(!key.is_empty() && !what.trim().is_empty(), "{problem}");
}

fn check_queue(keys: &BTreeMap<String, String>, environments: &AwsEnvironments) {
    let problems = std::cell::RefCell::default();
    let queue = QueueSettings::read(&KeyReader::new(keys, &problems), environments);
    assert_eq!(queue.is_some(), keys.get("queue.url").is_some_and(|url| !url.trim().is_empty()));
    problems.borrow().iter().for_each(|problem| check_problem(&problem.to_string()));
}

/// `Debug` shows no secret, unless the same text is also in a key or value that is not secret.
fn check_secrets(keys: &BTreeMap<String, String>, shown: &str) {
    let is_secret = |key: &str| {
        let last = key.rsplit_once('.').map(|(_, last)| last);
        KEYS.iter().any(|row| row.secret && last == Some(row.name))
    };
    // The names of headers are not secret.
    let names = |list: &str| list.split(',').any(|pair| pair.split('=').next().unwrap().contains(SECRET));
    let is_open = |key: &str, value: &str| match key.ends_with(".headers") {
        true => names(value),
        false => !is_secret(key) && value.contains(SECRET),
    };
    let elsewhere = keys.iter().any(|(key, value)| key.contains(SECRET) || is_open(key, value));
    assert!(elsewhere || !shown.contains(SECRET), "{shown}");
}

fn check_routes(read: &Read) {
    let settings = &read.settings;
    assert_eq!(settings.routes.len(), BUILT_IN.len() + settings.classes.len());
    for route in &settings.routes {
        assert!(route.is_sorted_by(|a, b| a < b), "a destination is there twice");
        assert!(route.iter().all(|&index| index < read.destinations.len()));
    }
    for destination in &read.destinations {
        let limits = destination.limits;
        assert!(limits.records > 0);
        assert!(destination.network.as_ref().is_none_or(|network| network.concurrency > 0));
        assert!(!destination.common.name.is_empty());
    }
}

fn check_delivery(read: Read) {
    let router = Router::new(read);
    let records = [
        json!({"source": "stderr", "log": "it broke", "container_name": "/web", "ecs_cluster": "prod"}),
        json!({"log": "GET /healthz"}),
        json!({"source": "aws.ecs", "detail-type": "ECS Task State Change", "detail": {"lastStatus": "STOPPED"}}),
    ];
    let processed = router.process(&chunk(&records));
    assert_eq!(processed.tally.records, records.len());
    for (destination, batches) in router.destinations.iter().zip(&processed.batches) {
        for batch in batches {
            assert_eq!(destination.request(batch), destination.request(batch));
        }
    }
}
