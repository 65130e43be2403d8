//! Link arguments of the shared library; nothing is generated here.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        // glibc keeps a library with live threads mapped after dlclose anyway; this makes it certain, so that the
        // worker and the texts handed to the host never lose the ground under them (Fluent Bit's hot reload).
        println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libout_ecs_router.so");
    }
}
