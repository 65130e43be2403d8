//! The C ABI between Fluent Bit and a proxy output plugin.
//!
//! Owns: the declarations in `proxy.h` and their Rust form in `bindings.rs`, which is checked in so that
//! building the plugin needs no libclang. Does not own: any behaviour.
//!
//! # What differs between releases
//!
//! | release | `flb_plugin_proxy_def` after `description` | allocated by | `flb_api` members | `FLBPluginExitCtx` gets |
//! |---|---|---|---|---|
//! | 1.9.10 | – | `malloc` | 1 | the last initialised instance's context, once |
//! | 2.0 | – | `malloc` | 7 | the same until 2.0.5, its own from 2.0.8 |
//! | 2.1 – 4.0 | – | `malloc` | 7 | its own |
//! | 4.1 – 4.2.2 | – | `malloc` | 9 | its own |
//! | 4.2.3 – 5.0 | `event_type` | `calloc` | 9 | its own |
//! | 5.1 | `event_type`, `config_map` | `calloc` | 9 | its own |
//!
//! Hence the common prefix only. Source: `include/fluent-bit/flb_plugin_proxy.h`, `flb_api.h`,
//! `src/flb_plugin_proxy.c` of the tags named.
//!
//! # When `proxy.h` changes
//!
//! `UPDATE_BINDINGS=1 cargo test -p fluent-bit-sys --features bindgen` writes `src/bindings.rs` again;
//! without the variable the same command fails if the file is stale.

#![allow(non_camel_case_types, missing_docs, missing_debug_implementations)]

include!("bindings.rs");

#[cfg(all(test, feature = "bindgen"))]
mod drift {
    const FRESH: &str = include_str!(concat!(env!("OUT_DIR"), "/bindings.rs"));

    #[test]
    fn bindings_match_the_header() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/bindings.rs");
        if std::env::var_os("UPDATE_BINDINGS").is_some() {
            std::fs::write(path, FRESH).expect("the source tree is writable");
        }
        let checked_in = std::fs::read_to_string(path).expect("bindings.rs is checked in");
        assert!(checked_in == FRESH, "src/bindings.rs is stale: run with UPDATE_BINDINGS=1");
    }
}
