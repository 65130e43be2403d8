use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use super::*;

mod trust;

/// A folder that goes with the test.
struct Temp(PathBuf);

impl Temp {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ecs_router-spool-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn settings(&self) -> SpoolSettings {
        SpoolSettings {
            dir: Some(self.0.join("spool")),
            label: "archive@logs".into(),
            object_size: 1_000,
            object_age: Duration::from_secs(600),
            limit: 10_000,
            deflate_batches: false,
        }
    }

    /// The folder of this destination.
    fn base(&self) -> PathBuf {
        self.0.join("spool/archive@logs")
    }

    fn open(&self) -> Spool {
        let spool = Spool::open(self.settings()).unwrap();
        spool.claim_orphans().unwrap();
        spool
    }
}

impl Drop for Temp {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn body(lines: &[u8]) -> Payload {
    Payload::from(lines.to_vec())
}

fn content(path: &Path) -> Option<(String, String)> {
    let (header, mut batches) = Batches::open(path).unwrap()?;
    let mut text = String::new();
    while let Some(deflated) = batches.next_batch().unwrap() {
        assert_eq!(deflated, None);
        batches.read_to_string(&mut text).unwrap();
    }
    Some((header.key, text))
}

fn due(spool: &Spool) -> Vec<Object> {
    std::iter::from_fn(|| spool.take_due()).collect()
}

fn texts(spool: &Spool) -> Vec<String> {
    due(spool).iter().filter_map(|object| content(&object.path)).map(|(_, text)| text).collect()
}

#[test]
fn lines_come_back_as_they_were_written() {
    let temp = Temp::new();
    let spool = temp.open();
    spool.append(b"logs/a-\0.gz", &body(b"{\"n\":1}\n{\"n\":2}\n")).unwrap();
    spool.append(b"logs/b-\0.gz", &body(b"other\n")).unwrap();
    spool.append(b"logs/a-\0.gz", &body(b"{\"n\":3}\n")).unwrap();
    assert_eq!(spool.take_due(), None, "neither large nor old enough");
    spool.seal_all();
    let mut found: Vec<_> = due(&spool).iter().map(|object| content(&object.path).unwrap()).collect();
    found.sort();
    assert_eq!(found[0].1, "{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n");
    assert_eq!(found[1].1, "other\n");
    let uuid = found[0].0.strip_prefix("logs/a-").unwrap().strip_suffix(".gz").unwrap();
    assert!(uuid::Uuid::parse_str(uuid).is_ok(), "{uuid}");
}

#[tokio::test(start_paused = true)]
async fn an_object_is_due_by_size_or_by_age() {
    let temp = Temp::new();
    let spool = temp.open();
    spool.append(b"large", &body(&[b'x'; 1_000])).unwrap();
    spool.append(b"small", &body(b"x\n")).unwrap();
    assert_eq!(due(&spool).len(), 1, "the large one");
    assert_eq!(spool.next_due(), Some(Instant::now() + Duration::from_secs(600)));
    tokio::time::advance(Duration::from_secs(601)).await;
    let old = due(&spool);
    assert_eq!(old.len(), 1, "the old one");
    spool.append(b"small", &body(b"y\n")).unwrap();
    spool.requeue(old[0].clone(), Instant::now() + Duration::from_secs(60));
    assert_eq!(spool.take_due(), None, "not before its time");
    tokio::time::advance(Duration::from_secs(61)).await;
    assert_eq!(texts(&spool), ["x\n"], "what came later went into a new object");
}

#[test]
fn a_full_spool_takes_nothing_until_something_is_gone() {
    let temp = Temp::new();
    let spool = Spool::open(SpoolSettings { object_size: 1_000_000, ..temp.settings() }).unwrap();
    spool.append(b"small", &body(b"x\n")).unwrap();
    spool.append(b"large", &body(&[b'x'; 8_000])).unwrap();
    let before = spool.left();
    assert!(matches!(spool.append(b"small", &body(&[b'x'; 5_000])), Err(AppendError::Full(_))));
    assert_eq!(spool.left(), before);
    let evicted = due(&spool);
    assert_eq!(evicted.len(), 1, "the largest goes before its time");
    assert!(spool.append(b"small", &body(&[b'x'; 5_000])).is_err(), "it is not gone yet");
    assert_eq!(spool.take_due(), None, "one under way is enough");
    spool.remove(&evicted[0]).unwrap();
    spool.append(b"small", &body(&[b'x'; 5_000])).unwrap();
    assert!(!evicted[0].path.exists());
}

#[test]
fn a_batch_above_the_limit_passes_an_empty_spool() {
    let temp = Temp::new();
    let spool = temp.open();
    spool.append(b"n", &body(&[b'x'; 20_000])).unwrap();
    assert!(spool.append(b"n", &body(b"x\n")).is_err());
}

#[test]
fn what_the_disk_refuses_is_refused_and_the_rest_stays() {
    let temp = Temp::new();
    let spool = temp.open();
    spool.append(b"n", &body(b"x\n")).unwrap();
    let path = spool.state().open[b"n".as_slice()].object.path.clone();
    std::fs::rename(&path, temp.0.join("away")).unwrap();
    assert!(matches!(spool.append(b"n", &body(b"y\n")), Err(AppendError::Disk { .. })));
    std::fs::rename(temp.0.join("away"), &path).unwrap();
    spool.append(b"n", &body(b"z\n")).unwrap();
    spool.seal_all();
    assert_eq!(texts(&spool), ["x\n", "z\n"]);
}

#[test]
fn too_many_names_close_the_oldest() {
    let temp = Temp::new();
    let spool = Spool::open(SpoolSettings { limit: u64::MAX, ..temp.settings() }).unwrap();
    for number in 0..=MAX_OPEN_OBJECTS {
        spool.append(format!("{number}").as_bytes(), &body(b"x\n")).unwrap();
    }
    assert_eq!(spool.state().open.len(), MAX_OPEN_OBJECTS);
    assert_eq!(due(&spool).len(), 1);
}

#[test]
fn only_this_user_may_read() {
    let temp = Temp::new();
    let spool = temp.open();
    spool.append(b"n", &body(b"secret\n")).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = spool.state().open[b"n".as_slice()].object.path.clone();
    assert_eq!(mode(&file), 0o600);
    assert!(file.ancestors().skip(1).take(3).all(|folder| mode(folder) == 0o700));
}

#[test]
fn wherever_the_last_write_was_torn_no_confirmed_line_is_lost_and_none_is_there_twice() {
    let temp = Temp::new();
    let spool = temp.open();
    spool.append(b"n", &body(b"{\"n\":1}\n{\"n\":2}\n")).unwrap();
    let path = spool.state().open[b"n".as_slice()].object.path.clone();
    let confirmed = std::fs::read(&path).unwrap();
    spool.append(b"n", &body(b"{\"n\":3}\n{\"n\":4}\n")).unwrap();
    let whole = std::fs::read(&path).unwrap();
    // Its lock is gone and its file stays, as when a process is killed.
    drop(spool);
    for length in confirmed.len()..=whole.len() {
        std::fs::write(&path, &whole[..length]).unwrap();
        let next = temp.open();
        // Fluent Bit brings back what was not confirmed.
        let mut expected = vec!["{\"n\":1}\n{\"n\":2}\n".to_owned()];
        if length < whole.len() {
            next.append(b"n", &body(b"{\"n\":3}\n{\"n\":4}\n")).unwrap();
            next.seal_all();
            expected.push("{\"n\":3}\n{\"n\":4}\n".to_owned());
        } else {
            expected[0].push_str("{\"n\":3}\n{\"n\":4}\n");
        }
        assert_eq!(texts(&next), expected, "cut at {length}");
        drop(next);
        std::fs::remove_dir_all(temp.settings().dir.unwrap()).unwrap();
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    }
}

#[test]
fn a_file_torn_before_its_first_batch_holds_nothing() {
    let temp = Temp::new();
    let path = temp.0.join("f");
    let header = Header { key: "k".into(), opened: "now".into() }.line();
    for length in 0..header.len() {
        std::fs::write(&path, &header[..length]).unwrap();
        assert_eq!(content(&path), None);
    }
    std::fs::write(&path, &header).unwrap();
    assert_eq!(content(&path), Some(("k".into(), String::new())));
}

#[test]
fn a_file_of_another_form_is_an_error_and_not_an_empty_object() {
    let temp = Temp::new();
    let path = temp.0.join("f");
    std::fs::write(&path, b"something else\n").unwrap();
    assert!(Batches::open(&path).is_err());
    let header = Header { key: "k".into(), opened: "now".into() }.line();
    std::fs::write(&path, [header.as_slice(), b"{\"bytes\":2}\na\nnot a frame\n"].concat()).unwrap();
    let (_, mut batches) = Batches::open(&path).unwrap().unwrap();
    assert_eq!(batches.next_batch().unwrap(), Some(None));
    batches.read_to_string(&mut String::new()).unwrap();
    assert!(batches.next_batch().is_err());
}

#[test]
fn the_files_of_a_living_instance_are_left_alone() {
    let temp = Temp::new();
    let first = temp.open();
    first.append(b"n", &body(b"first\n")).unwrap();
    let second = temp.open();
    second.append(b"n", &body(b"second\n")).unwrap();
    assert_eq!(second.claim_orphans().unwrap().objects, 0);
    second.seal_all();
    assert_eq!(texts(&second), ["second\n"]);
    drop(first);
    assert_eq!(second.claim_orphans().unwrap().objects, 1, "now nobody holds it");
    assert_eq!(texts(&second), ["first\n"]);
}

#[test]
fn what_is_left_behind_is_due_at_the_next_start_oldest_first_and_counts() {
    let temp = Temp::new();
    let first = temp.open();
    for name in ["a", "b", "c"] {
        first.append(name.as_bytes(), &body(format!("{name}\n").as_bytes())).unwrap();
        std::thread::sleep(Duration::from_millis(20));
    }
    let (_, bytes) = first.left();
    drop(first);
    let second = temp.open();
    assert_eq!(second.left(), (3, bytes));
    assert_eq!(texts(&second), ["a\n", "b\n", "c\n"]);
}

#[test]
fn destinations_keep_apart_and_empty_folders_go() {
    let temp = Temp::new();
    let first = temp.open();
    first.append(b"n", &body(b"x\n")).unwrap();
    drop(first);
    let other = Spool::open(SpoolSettings { label: "../other".into(), ..temp.settings() }).unwrap();
    assert_eq!(other.left(), (0, 0));
    let base = temp.settings().dir.unwrap();
    let mut names: Vec<_> =
        std::fs::read_dir(&base).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["_other", "archive@logs"]);
    drop(other);
    assert_eq!(std::fs::read_dir(base.join("_other")).unwrap().count(), 1, "only the gate");
}
