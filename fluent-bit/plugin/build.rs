//! Linker arguments of the shared library, and where its functions are in it.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Names of functions that a task runs, a pattern each; `benches/hot --update` writes it.
const HOT: &str = "../../benches/hot.txt";

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={HOT}");
    println!("cargo:rerun-if-env-changed=CARGO_ENCODED_RUSTFLAGS");
    if env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // glibc keeps a library with live threads mapped after dlclose anyway; this makes it certain, so that the
        // worker and the texts handed to the host never lose the ground under them (Fluent Bit's hot reload).
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libout_ecs_router.so");
        if is_release() && !has_linker_of_its_own() {
            println!("cargo:rustc-cdylib-link-arg=-Wl,-T,{}", hot_section().display());
        }
    }
}

fn is_release() -> bool {
    env::var("PROFILE").as_deref() == Ok("release")
}

/// Known to take the script: LLD (rustc's and Zig's) and GNU ld. Not so mold, which must be asked for like this.
fn has_linker_of_its_own() -> bool {
    env::var("CARGO_ENCODED_RUSTFLAGS").is_ok_and(|flags| flags.contains("fuse-ld"))
}

/// A quarter of the code is ever run, but a page of it is resident when one function of it is, and so are the fifteen
/// pages around it, which the system maps along. Side by side, what runs takes 2.9 MB of every task's memory instead
/// of 5.2. A pattern that fits nothing any more does no harm, and a function that fits none stands where it stood.
fn hot_section() -> PathBuf {
    let names = fs::read_to_string(HOT).unwrap_or_else(|error| panic!("cannot read {HOT}: {error}"));
    // What LLVM takes for rarely run has a prefix; it is run all the same.
    let patterns = names.lines().map(|name| format!("    *(.text.{name} .text.unlikely.{name})\n"));
    let script = format!(
        "SECTIONS {{\n  .text.hot : {{\n{}  }}\n}}\nINSERT BEFORE .text;\n",
        patterns.collect::<String>()
    );
    let path = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("hot.ld");
    fs::write(&path, script).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    path
}
