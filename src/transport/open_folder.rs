//! Folders that are held open, so that nobody can put another in the place of one that was looked at.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags};
use uuid::Uuid;

use super::disk::{self, refused};

/// Links that one path may lead through, as many as Linux follows.
const MAX_LINKS: usize = 40;

/// Opens a folder or link to look at it and to go on from there, whatever permission it takes to read it.
const LOOK: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// The path must not end in a link, and no pipe or device is waited for.
const REGULAR: OFlags = OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);

/// A folder, held open.
#[derive(Debug)]
pub(crate) struct OpenFolder {
    folder: File,
    path: PathBuf,
}

impl OpenFolder {
    /// Opens the folder, and makes what is missing of its path with these permission bits.
    ///
    /// # Errors
    /// Something on the way is not a folder, or a link that another user or container may have put there.
    pub(crate) fn open(path: &Path, mode: u32) -> io::Result<Self> {
        Self::open_trusting(path, mode, fs::metadata("/")?.dev())
    }

    /// Links are followed on the file system `trusted` only.
    fn open_trusting(path: &Path, mode: u32, trusted: u64) -> io::Result<Self> {
        let start = if path.is_absolute() { "/" } else { "." };
        let mut walk = Walk { here: look(CWD, start)?, at: start.into(), names: names_of(path), links: 0 };
        while let Some(name) = walk.names.pop_front() {
            walk.enter(&name, mode, trusted)?;
        }
        Ok(Self { folder: walk.here, path: path.to_owned() })
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        self.folder.metadata()
    }

    /// The path of a file in the folder, as the folder was named.
    pub(crate) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.path.join(name)
    }

    /// Opens a regular file in the folder; one that is made has these permission bits.
    pub(crate) fn open_regular(&self, name: &OsStr, flags: OFlags, mode: u32) -> io::Result<File> {
        let opened = rustix::fs::openat(&self.folder, name, flags | REGULAR, Mode::from_raw_mode(mode));
        let file = File::from(opened.map_err(|error| disk::explain(&self.path_of(name), error.into()))?);
        match file.metadata()?.is_file() {
            true => Ok(file),
            false => Err(disk::not_regular(&self.path_of(name))),
        }
    }

    /// Refuses a file of another user, who reads what is written, and one that has a second name, which may be any file
    /// of the disk.
    pub(crate) fn check_file(&self, name: &OsStr, file: &Metadata) -> io::Result<()> {
        if file.nlink() > 1 {
            return Err(refused(format!(
                "{} has {} names (hard links), so that what is written would change a file elsewhere; remove this one, \
                 or choose another path",
                self.path_of(name).display(),
                file.nlink()
            )));
        }
        match self.is_own(file.uid())? {
            true => Ok(()),
            false => Err(refused(format!(
                "{} belongs to user {}, who could read and change what is written; remove it, or chown it to Fluent Bit's \
                 user {}",
                self.path_of(name).display(),
                file.uid(),
                disk::own_user()
            ))),
        }
    }

    /// Whether the user is root or the one that owns what this process makes in the folder: a network file system may map
    /// it to another than that of the process.
    pub(crate) fn is_own(&self, user: u32) -> io::Result<bool> {
        Ok([disk::ROOT, disk::own_user()].contains(&user) || self.owner_of_new_files()? == user)
    }

    fn owner_of_new_files(&self) -> io::Result<u32> {
        let name = OsString::from(format!(".ecs_router-{}", Uuid::new_v4()));
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL;
        let owner = self.open_regular(&name, flags, 0o600)?.metadata()?.uid();
        self.remove(&name)?;
        Ok(owner)
    }

    pub(crate) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.folder, name, AtFlags::empty())?)
    }

    /// Gives a file of the folder another name, in the place of a file that has it.
    pub(crate) fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.folder, from, &self.folder, to)?)
    }
}

/// The way to a folder, from one name to the next.
struct Walk {
    here: File,
    at: PathBuf,
    /// The names still to go.
    names: VecDeque<OsString>,
    links: usize,
}

impl Walk {
    fn enter(&mut self, name: &OsStr, mode: u32, trusted: u64) -> io::Result<()> {
        let place = self.at.join(name);
        let found = self.look_or_make(name, mode)?;
        let metadata = found.metadata()?;
        if metadata.is_symlink() {
            self.check_link(&place, &metadata, trusted)?;
            return self.follow(&found, &place);
        }
        if !metadata.is_dir() {
            let what = format!("{} is no folder; remove it, or choose another path", place.display());
            return Err(io::Error::new(io::ErrorKind::NotADirectory, what));
        }
        self.here = found;
        self.at = place;
        Ok(())
    }

    fn look_or_make(&self, name: &OsStr, mode: u32) -> io::Result<File> {
        match look(&self.here, name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                match rustix::fs::mkdirat(&self.here, name, Mode::from_raw_mode(mode)) {
                    Ok(()) | Err(rustix::io::Errno::EXIST) => look(&self.here, name),
                    Err(error) => Err(error.into()),
                }
            }
            looked => looked,
        }
    }

    /// Refuses a link that another container may have made, on a volume, or another user, in a folder that others can
    /// write.
    fn check_link(&self, place: &Path, link: &Metadata, trusted: u64) -> io::Result<()> {
        let holder = self.here.metadata()?;
        if holder.dev() != trusted {
            return Err(refused(format!(
                "{} is a symbolic link on a volume, where another container may have put it; write the path it points to",
                place.display()
            )));
        }
        disk::check_link(place, &holder, link)
    }

    fn follow(&mut self, link: &File, place: &Path) -> io::Result<()> {
        self.links += 1;
        if self.links > MAX_LINKS {
            return Err(refused(format!("{} leads through too many symbolic links", place.display())));
        }
        let target = rustix::fs::readlinkat(link, "", Vec::new())?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        if target.is_absolute() {
            self.here = look(CWD, "/")?;
            self.at = "/".into();
        }
        names_of(&target).into_iter().rev().for_each(|name| self.names.push_front(name));
        Ok(())
    }
}

fn look(folder: impl std::os::fd::AsFd, name: impl rustix::path::Arg) -> io::Result<File> {
    Ok(File::from(rustix::fs::openat(folder, name, LOOK, Mode::empty())?))
}

fn names_of(path: &Path) -> VecDeque<OsString> {
    let name = |component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::Prefix(_) | Component::RootDir | Component::CurDir => None,
    };
    path.components().filter_map(name).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// Gone at the end of the test.
    struct Place(PathBuf);

    impl Place {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("ecs_router-folder-{}", Uuid::new_v4()));
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        /// Opens `name`, as if this place were on the root file system or on a volume.
        fn open(&self, name: &str, is_volume: bool) -> io::Result<OpenFolder> {
            let device = fs::metadata(&self.0).unwrap().dev();
            OpenFolder::open_trusting(&self.0.join(name), 0o700, if is_volume { device + 1 } else { device })
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn write(folder: &OpenFolder) {
        folder.open_regular(OsStr::new("a"), OFlags::WRONLY | OFlags::CREATE, 0o600).unwrap();
    }

    #[test]
    fn folders_are_made_and_links_of_the_image_are_followed() {
        let place = Place::new();
        write(&place.open("made/for/it", true).unwrap());
        symlink("made/../made/for", place.0.join("link")).unwrap();
        symlink(place.0.join("link/it"), place.0.join("absolute")).unwrap();
        let folder = place.open("absolute", false).unwrap();
        assert!(folder.open_regular(OsStr::new("a"), OFlags::RDONLY, 0).is_ok());
    }

    #[test]
    fn a_link_on_a_volume_is_not_followed() {
        let place = Place::new();
        fs::create_dir(place.0.join("etc")).unwrap();
        symlink(place.0.join("etc"), place.0.join("log")).unwrap();
        let said = place.open("log/deeper", true).unwrap_err().to_string();
        assert!(
            said.contains("log is a symbolic link on a volume") && said.contains("write the path"),
            "{said}"
        );
        assert!(!place.0.join("etc/deeper").exists());
    }

    #[test]
    fn a_folder_that_was_opened_stays_the_same_when_another_takes_its_place() {
        let place = Place::new();
        let folder = place.open("log", true).unwrap();
        fs::create_dir(place.0.join("etc")).unwrap();
        fs::rename(place.0.join("log"), place.0.join("moved")).unwrap();
        symlink(place.0.join("etc"), place.0.join("log")).unwrap();
        write(&folder);
        assert!(place.0.join("moved/a").exists() && !place.0.join("etc/a").exists());
    }

    #[test]
    fn links_in_a_circle_end() {
        let place = Place::new();
        symlink("b", place.0.join("a")).unwrap();
        symlink("a", place.0.join("b")).unwrap();
        assert!(place.open("a", false).unwrap_err().to_string().contains("too many"));
    }
}
