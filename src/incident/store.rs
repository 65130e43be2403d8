//! The file of open incidents: in a private folder, replaced as a whole, used by one process at a time.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::transport::disk;

/// Permission bits of a folder that is made for it.
const PRIVATE_FOLDER: u32 = 0o700;
const PRIVATE_FILE: u32 = 0o600;
const ROOT: u32 = 0;

/// Bytes of the largest file that is read: far more than all lists together can take.
const MAX_BYTES: u64 = 64 << 20;

/// How long the start waits for the process before, which may still be ending.
const LOCK_WAIT: Duration = Duration::from_secs(2);

/// The file, held as long as this lives.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    _lock: File,
}

impl StateFile {
    /// Takes the file, whether it exists or not; missing folders are made.
    ///
    /// # Errors
    /// The folder or file cannot be used, or others could change it, or another process holds it.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        disk::check_links(folder)?;
        DirBuilder::new().recursive(true).mode(PRIVATE_FOLDER).create(folder)?;
        check_folder(folder)?;
        let lock_path = beside(path, "lock");
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false).mode(PRIVATE_FILE);
        let lock = disk::open_regular(&mut options, &lock_path)?;
        disk::lock(&lock, &lock_path, LOCK_WAIT)?;
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What the process before wrote; `None`: nothing.
    ///
    /// # Errors
    /// The file cannot be read, is another user's, or larger than this plugin writes.
    pub(crate) fn read(&self) -> io::Result<Option<Vec<u8>>> {
        let file = match disk::open_regular(OpenOptions::new().read(true), &self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if metadata.uid() != disk::own_user() || metadata.nlink() != 1 || metadata.len() > MAX_BYTES {
            return Err(disk::refused("it was not written by this plugin; remove it".to_owned()));
        }
        let mut text = Vec::new();
        file.take(MAX_BYTES).read_to_end(&mut text)?;
        Ok(Some(text))
    }

    /// Replaces what is in the file, all or nothing.
    ///
    /// # Errors
    /// The disk does not take it; the file is then as it was.
    pub(crate) fn write(&self, text: &[u8]) -> io::Result<()> {
        let new = beside(&self.path, "new");
        // What a process left that was killed while it wrote.
        fs::remove_file(&new).ok();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(PRIVATE_FILE);
        let mut file = disk::open_regular(&mut options, &new)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)
    }

    /// Moves away what cannot be read, for somebody to look at. Returns where to.
    ///
    /// # Errors
    /// The file cannot be renamed.
    pub(crate) fn set_aside(&self) -> io::Result<PathBuf> {
        let aside = beside(&self.path, "unreadable");
        fs::rename(&self.path, &aside)?;
        Ok(aside)
    }
}

/// `incidents.json` → `incidents.json.lock`
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}

fn check_folder(folder: &Path) -> io::Result<()> {
    let metadata = fs::metadata(folder)?;
    let is_strangers = ![ROOT, disk::own_user()].contains(&metadata.uid());
    if is_strangers || disk::is_writable_by_others(&metadata) {
        return Err(disk::refused(format!(
            "others than Fluent Bit's user can write the folder {}; choose one that is its own (chmod 700)",
            folder.display()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
        symlink("/tmp/elsewhere", beside(&place.file(), "new")).unwrap();
        file.write(b"x").unwrap();
        assert!(!Path::new("/tmp/elsewhere").exists());
        assert!(fs::symlink_metadata(place.file()).unwrap().is_file(), "the link was replaced");
    }
}
