//! Checksums and the `.tar.gz`: the same files make the same archive, whoever packs them and when.

use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

const BLOCK: usize = 512;

/// Lines that `sha256sum --check` reads, for these files of `folder`.
pub(crate) fn sums(folder: &Path, names: &[String]) -> io::Result<String> {
    names.iter().map(|name| Ok(format!("{}  {name}\n", sum(&folder.join(name))?))).collect()
}

fn sum(file: &Path) -> io::Result<String> {
    let digest = Sha256::digest(fs::read(file)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Packs these files of `folder`, below a folder of the same name.
pub(crate) fn pack(folder: &Path, names: &[String], archive: &Path) -> io::Result<()> {
    let mut out = GzEncoder::new(File::create(archive)?, Compression::best());
    let top = folder.file_name().unwrap_or_default().to_string_lossy();
    for name in names {
        let file = folder.join(name);
        let (body, mode) = (fs::read(&file)?, mode(&file)?);
        out.write_all(&header(&format!("{top}/{name}"), mode, body.len())?)?;
        out.write_all(&body)?;
        out.write_all(&[0; BLOCK][..body.len().next_multiple_of(BLOCK) - body.len()])?;
    }
    out.write_all(&[0; 2 * BLOCK])?;
    out.finish()?.sync_all()
}

/// Whatever the umask: everybody may read, and run what can be run.
fn mode(file: &Path) -> io::Result<u32> {
    let runs = fs::metadata(file)?.permissions().mode() & 0o100 != 0;
    Ok(if runs { 0o755 } else { 0o644 })
}

/// A header of the ustar format, without owner or time (POSIX.1-2017, `pax`, "ustar Interchange Format").
fn header(path: &str, mode: u32, size: usize) -> io::Result<[u8; BLOCK]> {
    const CHECKSUM: usize = 148;
    let mut header = [0; BLOCK];
    if path.len() > 100 {
        return Err(io::Error::other(format!("{path} is longer than an archive takes")));
    }
    let fields: [(usize, &str); 9] = [
        (0, path),
        (100, &format!("{mode:07o}")),
        (108, "0000000"),
        (116, "0000000"),
        (124, &format!("{size:011o}")),
        (136, "00000000000"),
        (CHECKSUM, "        "),
        (156, "0"),
        (257, "ustar\x0000"),
    ];
    for (at, text) in fields {
        put(&mut header, at, text);
    }
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    put(&mut header, CHECKSUM, &format!("{sum:06o}\0 "));
    Ok(header)
}

fn put(header: &mut [u8; BLOCK], at: usize, text: &str) {
    header.iter_mut().skip(at).zip(text.bytes()).for_each(|(place, byte)| *place = byte);
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
            fs::write(path.join("LICENSE"), vec![b'x'; 2 * BLOCK]).unwrap();
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
