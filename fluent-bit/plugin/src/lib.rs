//! The border with C: the calling convention of Fluent Bit's proxy plugins, and the only package with `unsafe`.
//!
//! Owns: the exported functions, NULL checks, the unwind barrier, integers ↔ enums. Knows neither msgpack, nor
//! HTTP, nor keys. Every export checks its pointers, makes one call into `registry` behind `guard`, and returns
//! a type of its own, because the host uses three different conventions
//! (`src/flb_plugin_proxy.c`, `src/proxy/go/go.c`).

#![allow(unsafe_code)]

mod borrowed_chunk;
mod exporter;
mod host;
mod panic;

use std::ffi::{c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};

use fluent_bit_sys::{FLB_PROXY_GOLANG, FLB_PROXY_OUTPUT_PLUGIN, flb_plugin_proxy_def, flbgo_output_plugin};

use ecs_router::Verdict;
use ecs_router::registry;

/// What register returns: −1 is failure, everything else success.
#[repr(transparent)]
#[derive(Debug)]
pub struct RegisterStatus(c_int);

impl RegisterStatus {
    const OK: Self = Self(0);
    const FAILED: Self = Self(-1);
}

/// What init returns: 0 and below is failure.
#[repr(transparent)]
#[derive(Debug)]
pub struct InitStatus(c_int);

impl InitStatus {
    const OK: Self = Self(1);
    const FAILED: Self = Self(0);
}

/// What flush returns: 0 error, 1 ok, 2 retry.
#[repr(transparent)]
#[derive(Debug)]
pub struct FlushStatus(c_int);

impl From<Verdict> for FlushStatus {
    fn from(verdict: Verdict) -> Self {
        Self(match verdict {
            Verdict::Error => 0,
            Verdict::Ok => 1,
            Verdict::Retry => 2,
        })
    }
}

/// What exit returns; the host ignores it.
const EXITED: c_int = 1;

/// Runs `body`; a panic becomes `fallback` and never crosses into C.
fn guard<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

/// Describes the plugin to the host. Writes the five fields that every release has and reads nothing: older
/// hosts hand over uninitialised memory.
///
/// # Safety
/// `def` is NULL or points to the host's `flb_plugin_proxy_def`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FLBPluginRegister(def: *mut flb_plugin_proxy_def) -> RegisterStatus {
    guard(RegisterStatus::FAILED, || {
        if def.is_null() {
            return RegisterStatus::FAILED;
        }
        panic::install_hook();
        registry::load();
        // SAFETY: `flb_plugin_proxy_register` allocates the struct and passes it here; ours is its common prefix.
        unsafe { def.write(DEFINITION) };
        RegisterStatus::OK
    })
}

/// The texts live as long as the library, which is never unmapped (`build.rs`: nodelete).
#[allow(clippy::cast_possible_wrap, reason = "the values are 2 and 11")]
const DEFINITION: flb_plugin_proxy_def = flb_plugin_proxy_def {
    type_: FLB_PROXY_OUTPUT_PLUGIN as c_int,
    proxy: FLB_PROXY_GOLANG as c_int,
    flags: 0,
    name: c"ecs_router".as_ptr().cast_mut(),
    description: c"Routes ECS stop events, stderr and stdout to their own destinations".as_ptr().cast_mut(),
};

/// Starts one instance from the properties of its `[OUTPUT]`.
///
/// # Safety
/// `plugin` is NULL or what `proxy_go_output_init` passes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FLBPluginInit(plugin: *mut flbgo_output_plugin) -> InitStatus {
    guard(InitStatus::FAILED, || {
        // SAFETY: NULL, or `proxy_go_output_init`'s struct, which outlives the call; ours is its common prefix.
        let Some(plugin) = (unsafe { plugin.as_ref() }) else { return InitStatus::FAILED };
        let Some(properties) = host::Properties::new(plugin) else { return InitStatus::FAILED };
        let handle = registry::init(&properties, |metrics| exporter::open(plugin, metrics));
        let Some(handle) = handle else { return InitStatus::FAILED };
        host::set_context(plugin, handle);
        InitStatus::OK
    })
}

/// Delivers one chunk.
///
/// # Safety
/// `data` is NULL or points to `length` bytes, `tag` is NULL or a C string, as `proxy_go_output_flush` passes them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FLBPluginFlushCtx(
    context: *mut c_void,
    data: *const c_void,
    length: usize,
    tag: *const c_char,
) -> FlushStatus {
    guard(Verdict::Retry.into(), || {
        // SAFETY: the caller's promise, passed on.
        let chunk = unsafe { host::bytes(data, length) };
        // SAFETY: the caller's promise, passed on.
        let tag = unsafe { host::text(tag) };
        match (chunk, tag) {
            (Some([]), Some(_)) => Verdict::Ok.into(),
            (Some(chunk), Some(tag)) => {
                borrowed_chunk::with_borrowed(chunk, |chunk| registry::flush(context.addr(), tag, chunk))
                    .into()
            }
            _ => Verdict::Error.into(),
        }
    })
}

/// Delivers one chunk without a context; only hosts that miss `FLBPluginFlushCtx` call it.
///
/// # Safety
/// As for [`FLBPluginFlushCtx`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn FLBPluginFlush(
    data: *const c_void,
    length: usize,
    tag: *const c_char,
) -> FlushStatus {
    let context = guard(None, registry::only).unwrap_or_default();
    // SAFETY: the caller's promise, passed on; the context is a number, never followed.
    unsafe { FLBPluginFlushCtx(std::ptr::without_provenance_mut(context), data, length, tag) }
}

/// Drains the instance of this context and those it was loaded with.
#[unsafe(no_mangle)]
pub extern "C" fn FLBPluginExitCtx(context: *mut c_void) -> c_int {
    guard((), || registry::exit(context.addr()));
    EXITED
}

/// Drains every instance.
#[unsafe(no_mangle)]
pub extern "C" fn FLBPluginExit() -> c_int {
    guard((), registry::exit_all);
    EXITED
}
