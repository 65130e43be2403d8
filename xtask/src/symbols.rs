//! The version of glibc and the libraries that a built file needs, read from the output of `readelf`.
//!
//! Owns: the limit (glibc 2.26, that of Amazon Linux 2 and so of aws-for-fluent-bit 2.x), and the libraries that may be
//! needed. `readelf` and not `objdump`, because it reads the files of every processor.

use std::collections::BTreeSet;
use std::path::Path;

use crate::tools;

/// The newest glibc that a built file may need.
pub(crate) const GLIBC: Version = Version(2, 26);

/// Prefixes of libraries that every image has: glibc's own, its loader, and the compiler's unwinder.
const LIBRARIES: [&str; 7] =
    ["libc.so.", "libm.so.", "libdl.so.", "libpthread.so.", "librt.so.", "libgcc_s.so.", "ld-linux-"];

/// A version of glibc; `Version(2, 26)` is 2.26.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32, u32);

impl std::fmt::Display for Version {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}.{}", self.0, self.1)
    }
}

impl Version {
    /// Parses `2.17` and `2.2.5`, whose last part never matters. `PRIVATE` and the like are not versions.
    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('.').map(str::parse);
        Some(Self(parts.next()?.ok()?, parts.next()?.ok()?))
    }
}

/// The glibc and the libraries that a file needs.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// The newest version of glibc; `None` when no symbol has a version.
    pub(crate) newest: Option<Version>,
    /// One line for each version and library that is not allowed.
    pub(crate) faults: Vec<String>,
}

/// Runs `readelf` on a file.
pub(crate) fn needs(file: &Path) -> Result<Needs, String> {
    let mut readelf = tools::program("readelf");
    readelf.args(["--wide", "--dynamic", "--dyn-syms", "--version-info"]).arg(file).env("LC_ALL", "C");
    let printed = tools::output(&mut readelf)
        .map_err(|error| format!("{error}; readelf is part of binutils (apt-get install binutils)"))?;
    match printed.contains("Dynamic section") {
        true => Ok(read(&printed)),
        false => Err(format!("{} is no shared library or program for Linux", file.display())),
    }
}

fn read(printed: &str) -> Needs {
    let versions: BTreeSet<&str> =
        printed.lines().filter(|line| line.contains("Flags: ")).filter_map(glibc_version).collect();
    let mut faults: Vec<String> = versions.iter().filter_map(|version| too_new(version, printed)).collect();
    faults.extend(printed.lines().filter_map(foreign_library));
    Needs { newest: versions.iter().filter_map(|version| Version::parse(version)).max(), faults }
}

/// `  0x0010:   Name: GLIBC_2.14  Flags: none  Version: 6` → `2.14`
fn glibc_version(line: &str) -> Option<&str> {
    line.split_once("Name: GLIBC_")?.1.split_whitespace().next()
}

fn too_new(version: &str, printed: &str) -> Option<String> {
    if Version::parse(version).is_some_and(|version| version <= GLIBC) {
        return None;
    }
    let symbols: Vec<&str> = printed.lines().filter_map(|line| symbol_of(line, version)).collect();
    let needed_by = if symbols.is_empty() { "the file itself".to_owned() } else { symbols.join(", ") };
    Some(format!("needs GLIBC_{version}: {needed_by}"))
}

/// `     5: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND memcpy@GLIBC_2.14 (6)` → `memcpy`
fn symbol_of<'p>(line: &'p str, version: &str) -> Option<&'p str> {
    let name = line.split_once(" UND ")?.1.split_whitespace().next()?;
    let (name, needed) = name.split_once('@')?;
    (needed.trim_start_matches('@').strip_prefix("GLIBC_")? == version).then_some(name)
}

/// ` 0x0000000000000001 (NEEDED)             Shared library: [libssl.so.3]`
fn foreign_library(line: &str) -> Option<String> {
    let name = line.split_once("(NEEDED)")?.1.split_once('[')?.1.split_once(']')?.0;
    let known = LIBRARIES.iter().any(|library| name.starts_with(library));
    (!known).then(|| format!("needs {name}, which the images of aws-for-fluent-bit may not have"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "\
Dynamic section at offset 0x9d0 contains 30 entries:
 0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 0x0000000000000001 (NEEDED)             Shared library: [ld-linux-aarch64.so.1]
 0x000000000000000e (SONAME)             Library soname: [libssl.so.3]
Symbol table '.dynsym' contains 3 entries:
     1: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND memcpy@GLIBC_2.14 (6)
     2: 0000000000001000     9 FUNC    GLOBAL DEFAULT   12 FLBPluginInit
     3: 0000000000000000     0 FUNC    GLOBAL DEFAULT  UND strdup@GLIBC_2.2.5 (2)
Version needs section '.gnu.version_r' contains 1 entry:
  000000: Version: 1  File: libc.so.6  Cnt: 2
  0x0010:   Name: GLIBC_2.14  Flags: none  Version: 6
  0x0020:   Name: GLIBC_2.2.5  Flags: none  Version: 2
  0x0030:   Name: GCC_3.0  Flags: none  Version: 3
";

    #[test]
    fn what_is_needed_is_found() {
        let needs = read(GOOD);
        assert_eq!((needs.newest, needs.faults), (Some(Version(2, 14)), Vec::new()));
    }

    #[test]
    fn versions_are_numbers_and_not_texts() {
        for (text, fine) in [("2.2.5", true), ("2.9", true), ("2.26", true), ("2.27", false), ("3.0", false)]
        {
            let needs = read(&format!("  0x0010:   Name: GLIBC_{text}  Flags: none  Version: 6\n"));
            assert_eq!(needs.faults.is_empty(), fine, "{text}");
        }
    }

    #[test]
    fn the_symbols_to_blame_are_named() {
        let newer = GOOD
            .replace("memcpy@GLIBC_2.14", "gettid@GLIBC_2.30")
            .replace("Name: GLIBC_2.14", "Name: GLIBC_2.30");
        assert_eq!(read(&newer).faults, ["needs GLIBC_2.30: gettid"]);
        assert_eq!(read(&newer).newest, Some(Version(2, 30)));
    }

    /// A linker's own demand on the loader, glibc 2.36's; no symbol carries it.
    #[test]
    fn what_is_no_version_is_too_new() {
        let needs = read("  0x0010:   Name: GLIBC_ABI_DT_RELR  Flags: none  Version: 6\n");
        assert_eq!(needs.faults, ["needs GLIBC_ABI_DT_RELR: the file itself"]);
    }

    #[test]
    fn other_libraries_are_faults() {
        let needs = read(&GOOD.replace("[libc.so.6]", "[libssl.so.3]"));
        assert_eq!(needs.faults, ["needs libssl.so.3, which the images of aws-for-fluent-bit may not have"]);
    }

    /// `readelf` of this machine prints what is read here.
    #[test]
    fn this_test_itself_needs_a_c_library() {
        let needs = needs(&std::env::current_exe().unwrap()).unwrap();
        assert!(needs.newest.is_some(), "{needs:?}");
    }

    #[test]
    fn what_is_no_program_is_refused() {
        assert!(needs(Path::new("Cargo.toml")).unwrap_err().contains("Cargo.toml"));
    }
}
