//! Where a spool is: a folder that no other user made, can write, or can put another in the place of.

use std::fs::{self, Metadata, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::transport::disk::{self, refused};
use crate::transport::open_folder::OpenFolder;

/// Permission bits of the spool's own folders.
const PRIVATE: u32 = 0o700;
const WRITABLE_BY_ALL: u32 = 0o002;
const ROOT: u32 = 0;

/// How the name of a folder begins that is made where every user may make some.
const TEMPORARY_PREFIX: &str = "ecs_router-";

/// Where a spool is without `spool_dir`.
#[derive(Debug)]
pub(super) struct DefaultPlaces {
    /// Where 0.1.0 had it. Anybody can make it, so it is never made and only used where it is this user's.
    pub(super) former: PathBuf,
    /// Only root can make folders there.
    pub(super) system: PathBuf,
    /// The folder in which one with a random name is made when there is no other.
    pub(super) temporary: PathBuf,
}

impl Default for DefaultPlaces {
    fn default() -> Self {
        Self {
            former: "/tmp/ecs_router".into(),
            system: "/var/spool/ecs_router".into(),
            temporary: "/tmp".into(),
        }
    }
}

/// The places in the order in which they are tried.
pub(super) fn candidates(places: &DefaultPlaces) -> Vec<PathBuf> {
    let former = Some(places.former.clone()).filter(|path| is_own_folder(path));
    let temporary = used_before(&places.temporary);
    let new = || places.temporary.join(format!("{TEMPORARY_PREFIX}{}", Uuid::new_v4()));
    former.into_iter().chain([places.system.clone(), temporary.unwrap_or_else(new)]).collect()
}

/// The folder of a random name that this user made at an earlier start.
fn used_before(temporary: &Path) -> Option<PathBuf> {
    let paths = fs::read_dir(temporary).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let is_named = |path: &PathBuf| {
        let random = path.file_name().and_then(|name| name.to_str()?.strip_prefix(TEMPORARY_PREFIX));
        random.is_some_and(|random| Uuid::parse_str(random).is_ok())
    };
    paths.filter(is_named).filter(|path| is_own_folder(path)).min()
}

fn is_own_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|folder| folder.is_dir() && folder.uid() == disk::own_user())
}

/// Makes the folder and those above it, as far as they are missing; none of them may be a link that another user or
/// container can have made.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    if is_link(folder) {
        return Err(disk::link(folder));
    }
    OpenFolder::open(folder, PRIVATE).map(drop)
}

/// What the system refuses, with what to do about it in a container.
pub(super) fn with_advice(error: &io::Error) -> io::Error {
    let advice = match error.kind() {
        io::ErrorKind::ReadOnlyFilesystem => {
            "the root file system is read-only: mount a volume there (volumes and mountPoints of the task definition)"
                .to_owned()
        }
        io::ErrorKind::PermissionDenied if error.raw_os_error().is_some() => format!(
            "user {} may not write there: mount a volume that this user may write to (its folder in the image \
             belongs to them), or take user out of the container definition",
            disk::own_user()
        ),
        io::ErrorKind::StorageFull => "free space on it, or give the task more ephemeralStorage".to_owned(),
        _ => return io::Error::new(error.kind(), error.to_string()),
    };
    io::Error::new(
        error.kind(),
        format!("{error}; {advice}; or set spool_dir to a folder that can be written"),
    )
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}

/// The user that owns what this process makes in the folder. A network file system may map it to another than that of
/// the process.
pub(super) fn owner_of_new_files(folder: &Path) -> io::Result<u32> {
    let probe = folder.join(Uuid::new_v4().to_string()).with_extension("probe");
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&probe)?;
    let owner = file.metadata()?.uid();
    fs::remove_file(&probe)?;
    Ok(owner)
}

/// Makes sure that nobody but `owner` can see or change what is in the folder.
pub(super) fn make_private(folder: &Path, owner: u32) -> io::Result<()> {
    let metadata = fs::symlink_metadata(folder)?;
    if metadata.uid() != owner {
        return Err(of_stranger(folder, &metadata));
    }
    match metadata.mode() & 0o777 {
        PRIVATE => Ok(()),
        _ => fs::set_permissions(folder, Permissions::from_mode(PRIVATE)),
    }
}

fn of_stranger(folder: &Path, metadata: &Metadata) -> io::Error {
    refused(format!(
        "{} belongs to user {}, who could put files into the bucket; inspect it and chown it to Fluent Bit's user, or \
         choose another spool_dir",
        folder.display(),
        metadata.uid()
    ))
}

/// Makes sure that nobody but `owner` and root can put another folder in the place of one in `dir`.
pub(super) fn check_place(dir: &Path, owner: u32) -> io::Result<()> {
    let metadata = fs::symlink_metadata(dir)?;
    if ![ROOT, owner].contains(&metadata.uid()) {
        return Err(of_stranger(dir, &metadata));
    }
    if disk::is_writable_by_others(&metadata) && metadata.mode() & disk::STICKY == 0 {
        let sticky = Permissions::from_mode(metadata.mode() | disk::STICKY);
        fs::set_permissions(dir, sticky).map_err(|_| open_to_all(dir))?;
    }
    fs::canonicalize(dir)?.ancestors().skip(1).try_for_each(check_above)
}

fn check_above(folder: &Path) -> io::Result<()> {
    let mode = fs::symlink_metadata(folder)?.mode();
    let is_open = mode & WRITABLE_BY_ALL != 0 && mode & disk::STICKY == 0;
    if is_open { Err(open_to_all(folder)) } else { Ok(()) }
}

fn open_to_all(folder: &Path) -> io::Error {
    refused(format!(
        "{} is writable by other users without the sticky bit, so they could replace the spool; chmod +t it, or choose \
         another spool_dir",
        folder.display()
    ))
}
