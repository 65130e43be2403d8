//! What another user may have put where a file is to be written.

use std::os::unix::fs::{PermissionsExt as _, chown, symlink};
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use super::*;

/// A folder that goes with the test.
struct TestFolder(PathBuf);

impl TestFolder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("ecs_router-file-{}", uuid::Uuid::new_v4()));
        std::fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for TestFolder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// The answer of [`append`], which must come soon.
fn append_soon(path: &Path) -> Result<(), String> {
    let path = path.to_owned();
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let lines = Payload::from(b"line\n".to_vec());
        send.send(append(&path, 0o640, &lines).map_err(|failure| failure.to_string()))
    });
    receive.recv_timeout(Duration::from_secs(10)).expect("it hangs")
}

fn refusal(path: &Path) -> String {
    append_soon(path).expect_err("it must refuse")
}

#[test]
fn lines_are_appended_and_folders_made_for_the_group_at_most() {
    let temp = TestFolder::new();
    let path = temp.path("made/for/it.log");
    append_soon(&path).unwrap();
    append_soon(&path).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "line\nline\n");
    assert_eq!(mode(&path) & 0o007, 0);
    for folder in ["made", "made/for"] {
        assert_eq!(mode(&temp.path(folder)) & 0o027, 0, "{folder}");
    }
}

#[test]
fn a_link_at_the_end_is_not_followed() {
    let temp = TestFolder::new();
    let path = temp.path("link.log");
    symlink(temp.path("target"), &path).unwrap();
    let said = refusal(&path);
    assert!(said.contains("symbolic link") && said.contains("link.log"), "{said}");
    assert!(!temp.path("target").exists());
}

#[test]
fn a_folder_that_is_a_link_of_a_stranger_is_not_followed() {
    let temp = TestFolder::new();
    std::fs::create_dir(temp.path("etc")).unwrap();
    let link = temp.path("log");
    symlink(temp.path("etc"), &link).unwrap();
    set_mode(&temp.0, 0o1777);
    if std::os::unix::fs::lchown(&link, Some(65_534), None).is_ok() {
        let said = refusal(&link.join("a.log"));
        assert!(said.contains("symbolic link") && said.contains("65534"), "{said}");
        assert!(!temp.path("etc/a.log").exists());
    }
}

#[test]
fn a_pipe_is_refused_whether_or_not_somebody_reads_it() {
    let temp = TestFolder::new();
    let path = temp.path("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    assert!(refusal(&path).contains("not a regular file"));
    let mut reader = Command::new("cat").arg(&path).stdout(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(200));
    assert!(refusal(&path).contains("not a regular file"));
    reader.kill().unwrap();
    reader.wait().unwrap();
    assert!(refusal(Path::new("/dev/null")).contains("not a regular file"));
}

#[test]
fn a_lock_that_somebody_holds_does_not_hang_it() {
    let temp = TestFolder::new();
    let path = temp.path("a.log");
    let holder = File::create(&path).unwrap();
    holder.lock().unwrap();
    assert!(refusal(&path).contains("locked by another process"));
    drop(holder);
    append_soon(&path).unwrap();
}

#[test]
fn a_file_that_a_stranger_made_is_not_written() {
    let temp = TestFolder::new();
    let path = temp.path("a.log");
    std::fs::write(&path, b"").unwrap();
    if chown(&path, Some(65_534), None).is_err() {
        return;
    }
    for folder in [0o755, 0o1777] {
        set_mode(&temp.0, folder);
        let said = refusal(&path);
        assert!(said.contains("belongs to user 65534") && said.contains("chown"), "{said}");
    }
    chown(&temp.0, Some(65_534), None).unwrap();
    assert!(refusal(&path).contains("65534"), "nor if it is his folder");
    assert_eq!(std::fs::read(&path).unwrap(), b"");
    assert_eq!(std::fs::read_dir(&temp.0).unwrap().count(), 1, "nothing else stays behind");
}

#[test]
fn a_file_with_a_second_name_is_not_written() {
    let temp = TestFolder::new();
    let path = temp.path("a.log");
    std::fs::write(temp.path("shadow"), b"root:x\n").unwrap();
    std::fs::hard_link(temp.path("shadow"), &path).unwrap();
    let said = refusal(&path);
    assert!(said.contains("2 names (hard links)") && said.contains("remove"), "{said}");
    assert_eq!(std::fs::read(temp.path("shadow")).unwrap(), b"root:x\n");
}

#[test]
fn a_path_through_a_file_waits_for_a_person() {
    let place = TestFolder::new();
    std::fs::write(place.path("taken"), "no folder").unwrap();
    for path in ["taken/out.log", "taken/deeper/out.log"] {
        let failure = append(&place.path(path), 0o640, &Payload::from(b"line\n".to_vec())).unwrap_err();
        assert!(matches!(failure, Failure::Path(_)), "{path}: {failure:?}");
    }
}
