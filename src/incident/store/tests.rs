use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::*;

/// Gone at the end of the test.
struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("ecs_router-incidents-{}", uuid::Uuid::new_v4())))
    }

    fn file(&self) -> PathBuf {
        self.0.join("incidents.json")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

#[test]
fn what_is_written_is_read_and_private() {
    let place = Place::new();
    let file = StateFile::open(&place.file()).unwrap();
    assert_eq!(file.read().unwrap(), None);
    file.write(b"one").unwrap();
    file.write(b"two").unwrap();
    drop(file);
    assert_eq!(StateFile::open(&place.file()).unwrap().read().unwrap().unwrap(), b"two");
    assert_eq!(fs::metadata(place.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(&place.0).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn what_could_not_be_read_again_is_not_written() {
    let place = Place::new();
    let file = StateFile::open(&place.file()).unwrap();
    file.write(b"one").unwrap();
    let error = file.write(&vec![b' '; (MAX_BYTES + 1) as usize]).unwrap_err();
    assert!(error.to_string().contains("more than 64 MB"), "{error}");
    assert_eq!(file.read().unwrap().unwrap(), b"one");
}

#[test]
fn two_processes_never_share_it() {
    let place = Place::new();
    let first = StateFile::open(&place.file()).unwrap();
    let second = StateFile::open(&place.file()).unwrap_err();
    assert!(second.to_string().contains("locked by another process"), "{second}");
    drop(first);
    StateFile::open(&place.file()).unwrap();
}

#[test]
fn a_place_that_others_can_write_is_refused() {
    let place = Place::new();
    fs::create_dir(&place.0).unwrap();
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o777)).unwrap();
    let error = StateFile::open(&place.file()).unwrap_err();
    assert!(error.to_string().contains("chmod 700"), "{error}");
}

#[test]
fn links_are_not_followed() {
    let place = Place::new();
    let file = StateFile::open(&place.file()).unwrap();
    symlink("/etc/hostname", place.file()).unwrap();
    assert!(file.read().unwrap_err().to_string().contains("symbolic link"));
    symlink("/tmp/elsewhere", place.0.join("incidents.json.new")).unwrap();
    file.write(b"x").unwrap();
    assert!(!Path::new("/tmp/elsewhere").exists());
    assert!(fs::symlink_metadata(place.file()).unwrap().is_file(), "the link was replaced");
}

#[test]
fn a_folder_that_is_put_in_the_place_of_its_own_is_not_written() {
    let place = Place::new();
    let file = StateFile::open(&place.0.join("state/incidents.json")).unwrap();
    fs::rename(place.0.join("state"), place.0.join("moved")).unwrap();
    fs::create_dir(place.0.join("etc")).unwrap();
    symlink(place.0.join("etc"), place.0.join("state")).unwrap();
    file.write(b"x").unwrap();
    assert_eq!(fs::read_dir(place.0.join("etc")).unwrap().count(), 0);
    assert_eq!(file.read().unwrap().unwrap(), b"x");
}
