use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;

/// Gone after it was read so many times.
struct Fleeting(AtomicUsize, Vec<u8>);

impl Chunk for Fleeting {
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool {
        let left = self.0.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        if left {
            reader(&self.1);
        }
        left
    }
}

/// Takes longer to be read than a flush may take.
struct Heavy(Vec<u8>);

impl Chunk for Heavy {
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool {
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        reader(&self.0);
        true
    }
}

/// Keeps the worker busy after it was read, beyond the time that its flush waits.
struct Starved(Vec<u8>);

impl Chunk for Starved {
    fn show(&self, reader: &mut dyn FnMut(&[u8])) -> bool {
        reader(&self.0);
        if std::thread::current().name().is_some_and(|name| name.starts_with("ecs_router")) {
            std::thread::sleep(std::time::Duration::from_millis(3_500));
        }
        true
    }
}

fn writes_to(path: &Path) -> Instance {
    let keys = [
        ("route.default", "f"),
        ("f.type", "file"),
        ("f.path", path.to_str().unwrap()),
        ("flush_timeout", "1s"),
    ];
    let keys: BTreeMap<_, _> = keys.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    Instance::start(0, &keys).unwrap()
}

fn chunk() -> Vec<u8> {
    rmp_serde::to_vec(&(1_795_000_000u64, serde_json::json!({"log": "hello"}))).unwrap()
}

#[test]
fn a_chunk_that_takes_longer_than_its_flush_arrives_once_and_does_not_come_for_ever() {
    let path = std::env::temp_dir().join(format!("ecs_router-plugin-{}", uuid::Uuid::new_v4()));
    let instance = writes_to(&path);
    let flush = || instance.flush_chunk(b"app", Arc::new(Heavy(chunk())));
    assert!((0..2).any(|_| flush() == Verdict::Ok), "it would come for ever");
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_chunk_whose_flush_gave_up_arrives_once() {
    let path = std::env::temp_dir().join(format!("ecs_router-plugin-{}", uuid::Uuid::new_v4()));
    let instance = writes_to(&path);
    assert_eq!(instance.flush_chunk(b"app", Arc::new(Starved(chunk()))), Verdict::Retry);
    assert_eq!(instance.flush(b"app", &chunk()), Verdict::Ok);
    assert_eq!(instance.metrics().replayed_chunks.load(Relaxed), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    assert_eq!(instance.flush(b"app", &chunk()), Verdict::Ok);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2, "an equal chunk is another");
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_chunk_that_is_gone_is_to_come_again() {
    let path = std::env::temp_dir().join(format!("ecs_router-plugin-{}", uuid::Uuid::new_v4()));
    let instance = writes_to(&path);
    let gone = Arc::new(Fleeting(AtomicUsize::new(0), chunk()));
    assert_eq!(instance.flush_chunk(b"app", gone), Verdict::Retry);
    assert!(!path.exists());
    assert_eq!(instance.flush(b"app", &chunk()), Verdict::Ok);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_replay_that_is_gone_amid_the_work_is_still_known() {
    let path = std::env::temp_dir().join(format!("ecs_router-plugin-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir(&path).unwrap();
    let instance = writes_to(&path);
    assert_eq!(instance.flush(b"app", &chunk()), Verdict::Retry, "a folder takes no lines");
    let gone_when_known = Arc::new(Fleeting(AtomicUsize::new(1), chunk()));
    assert_eq!(instance.flush_chunk(b"app", gone_when_known), Verdict::Retry);
    std::fs::remove_dir(&path).unwrap();
    assert_eq!(instance.flush(b"app", &chunk()), Verdict::Ok);
    assert_eq!(instance.metrics().replayed_chunks.load(Relaxed), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    std::fs::remove_file(path).unwrap();
}
