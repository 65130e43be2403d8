//! With the feature `bindgen`: makes the bindings again from `proxy.h`, for the drift test in `src/lib.rs`.

fn main() {
    println!("cargo:rerun-if-changed=proxy.h");
    #[cfg(feature = "bindgen")]
    generate();
}

#[cfg(feature = "bindgen")]
fn generate() {
    let out = std::path::PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    bindgen::Builder::default()
        .header("proxy.h")
        .allowlist_file("proxy.h")
        .use_core()
        .disable_header_comment()
        .raw_line("// Made by bindgen from proxy.h; `cargo test -p fluent-bit-sys --features bindgen` tells when it is stale.")
        .rust_edition(bindgen::RustEdition::Edition2024)
        .rust_target(bindgen::RustTarget::stable(94, 0).expect("the workspace's rust-version"))
        .formatter(bindgen::Formatter::Prettyplease)
        .generate()
        .expect("proxy.h is plain C")
        .write_to_file(out.join("bindings.rs"))
        .expect("OUT_DIR is writable");
}
