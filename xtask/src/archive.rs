//! Checksums and the `.tar.gz`. The same files make the same archive, on any machine and any day.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use tar::{EntryType, Header};

/// The checksums of these files of `folder`, as lines for `sha256sum --check`.
pub(crate) fn sums(folder: &Path, names: &[String]) -> io::Result<String> {
    names.iter().map(|name| Ok(format!("{}  {name}\n", sum(&folder.join(name))?))).collect()
}

fn sum(file: &Path) -> io::Result<String> {
    let digest = Sha256::digest(fs::read(file)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Packs these files of `folder`, below a folder of the same name.
pub(crate) fn pack(folder: &Path, names: &[String], archive: &Path) -> io::Result<()> {
    let gzip = GzEncoder::new(File::create(archive)?, Compression::best());
    let mut tar = tar::Builder::new(gzip);
    let top = folder.file_name().unwrap_or_default().to_string_lossy();
    for name in names {
        let file = folder.join(name);
        let body = fs::read(&file)?;
        let size = u64::try_from(body.len()).map_err(io::Error::other)?;
        let mut header = header(mode(&file)?, size);
        tar.append_data(&mut header, format!("{top}/{name}"), body.as_slice())?;
    }
    tar.into_inner()?.finish()?.sync_all()
}

/// Readable and, if the owner may run it, executable for everybody, whatever the umask was.
fn mode(file: &Path) -> io::Result<u32> {
    let is_executable = fs::metadata(file)?.permissions().mode() & 0o100 != 0;
    Ok(if is_executable { 0o755 } else { 0o644 })
}

/// The header of a regular file, without anything that differs between machines and days: owner 0, time 0.
fn header(mode: u32, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// A folder of two files, removed on drop.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("ecs-router"), b"#!/bin/sh\n").unwrap();
            fs::set_permissions(path.join("ecs-router"), fs::Permissions::from_mode(0o700)).unwrap();
            fs::write(path.join("LICENSE"), vec![b'x'; 1_024]).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).ok();
        }
    }

    fn names() -> Vec<String> {
        vec!["LICENSE".to_owned(), "ecs-router".to_owned()]
    }

    #[test]
    fn tar_lists_what_was_packed() {
        let folder = Folder::new("pack");
        let archive = folder.0.join("a.tar.gz");
        pack(&folder.0, &names(), &archive).unwrap();
        let listed = Command::new("tar").args(["-tvzf"]).arg(&archive).output().unwrap();
        let listed = String::from_utf8(listed.stdout).unwrap();
        let lines: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines.len(), 2, "{listed}");
        assert_eq!((lines[0][0], lines[0][2]), ("-rw-r--r--", "1024"), "{listed}");
        assert_eq!((lines[1][0], lines[1][2]), ("-rwxr-xr-x", "10"), "{listed}");
    }

    #[test]
    fn the_same_files_make_the_same_archive() {
        let folder = Folder::new("same");
        let archives = ["a.tar.gz", "b.tar.gz"].map(|name| folder.0.join(name));
        for archive in &archives {
            pack(&folder.0, &names(), archive).unwrap();
        }
        assert_eq!(fs::read(&archives[0]).unwrap(), fs::read(&archives[1]).unwrap());
    }

    #[test]
    fn neither_time_nor_owner_is_packed() {
        let folder = Folder::new("owner");
        let packed = folder.0.join("a.tar.gz");
        pack(&folder.0, &names(), &packed).unwrap();
        let mut tar = tar::Archive::new(flate2::read::GzDecoder::new(File::open(packed).unwrap()));
        for entry in tar.entries().unwrap() {
            let entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.gid().unwrap()), (0, 0, 0));
            assert_eq!((header.username().unwrap(), header.groupname().unwrap()), (Some(""), Some("")));
        }
    }

    #[test]
    fn sums_are_what_sha256sum_reads() {
        let folder = Folder::new("sums");
        fs::write(folder.0.join("SHA256SUMS"), sums(&folder.0, &names()).unwrap()).unwrap();
        let checked = Command::new("sha256sum")
            .args(["--check", "--strict", "SHA256SUMS"])
            .current_dir(&folder.0)
            .output();
        assert!(checked.unwrap().status.success());
    }
}
