//! What the host hands over, as Rust sees it.

use std::ffi::{CStr, CString, c_char, c_void};

use fluent_bit_sys::flbgo_output_plugin;

use ecs_router::config::Lookup;

type GetProperty = unsafe extern "C" fn(*const c_char, *mut c_void) -> *const c_char;

/// The properties of one `[OUTPUT]`.
pub(crate) struct Properties {
    get: GetProperty,
    instance: *mut c_void,
}

impl Properties {
    /// `None` when the host offers no way to read them.
    pub(crate) fn new(plugin: &flbgo_output_plugin) -> Option<Self> {
        // SAFETY: NULL, or the host's `flb_api`, of which only the first member, there in every release, is declared.
        let api = unsafe { plugin.api.as_ref() }?;
        Some(Self { get: api.output_get_property?, instance: plugin.output_instance })
    }
}

impl Lookup for Properties {
    fn get(&self, key: &str) -> Option<String> {
        let key = CString::new(key).ok()?;
        // SAFETY: `flb_output_get_property` reads the key and answers NULL or a string it owns until exit.
        let value = unsafe { (self.get)(key.as_ptr(), self.instance) };
        // SAFETY: that string.
        let value = unsafe { text(value) }?;
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

/// Leaves the instance's handle where the host keeps it for flush and exit.
pub(crate) fn set_context(plugin: &flbgo_output_plugin, handle: usize) {
    // SAFETY: NULL, or the host's `flb_plugin_proxy_context`, which nobody else writes while init runs.
    if let Some(context) = unsafe { plugin.context.as_mut() } {
        context.remote_context = std::ptr::without_provenance_mut(handle);
    }
}

/// The bytes at `data`; none at all when `length` is 0, whatever `data` is.
///
/// # Safety
/// `data` is NULL or points to `length` bytes that nobody writes for `'a`.
pub(crate) unsafe fn bytes<'a>(data: *const c_void, length: usize) -> Option<&'a [u8]> {
    if length == 0 {
        return Some(&[]);
    }
    if data.is_null() || length > isize::MAX.unsigned_abs() {
        return None;
    }
    // SAFETY: not NULL, and the caller's promise.
    Some(unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

/// The bytes of a C string, whatever their encoding.
///
/// # Safety
/// `text` is NULL or ends with a NUL, and nobody writes it for `'a`.
pub(crate) unsafe fn text<'a>(text: *const c_char) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: not NULL, and the caller's promise.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}
