// Made by bindgen from proxy.h; `cargo test -p fluent-bit-sys --features bindgen` tells when it is stale.

pub const FLB_PROXY_OUTPUT_PLUGIN: u32 = 2;
pub const FLB_PROXY_GOLANG: u32 = 11;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct flb_plugin_proxy_def {
    pub type_: ::core::ffi::c_int,
    pub proxy: ::core::ffi::c_int,
    pub flags: ::core::ffi::c_int,
    pub name: *mut ::core::ffi::c_char,
    pub description: *mut ::core::ffi::c_char,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of flb_plugin_proxy_def",
    ][::core::mem::size_of::<flb_plugin_proxy_def>() - 32usize];
    [
        "Alignment of flb_plugin_proxy_def",
    ][::core::mem::align_of::<flb_plugin_proxy_def>() - 8usize];
    [
        "Offset of field: flb_plugin_proxy_def::type_",
    ][::core::mem::offset_of!(flb_plugin_proxy_def, type_) - 0usize];
    [
        "Offset of field: flb_plugin_proxy_def::proxy",
    ][::core::mem::offset_of!(flb_plugin_proxy_def, proxy) - 4usize];
    [
        "Offset of field: flb_plugin_proxy_def::flags",
    ][::core::mem::offset_of!(flb_plugin_proxy_def, flags) - 8usize];
    [
        "Offset of field: flb_plugin_proxy_def::name",
    ][::core::mem::offset_of!(flb_plugin_proxy_def, name) - 16usize];
    [
        "Offset of field: flb_plugin_proxy_def::description",
    ][::core::mem::offset_of!(flb_plugin_proxy_def, description) - 24usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct flb_api {
    pub output_get_property: ::core::option::Option<
        unsafe extern "C" fn(
            key: *const ::core::ffi::c_char,
            output_instance: *mut ::core::ffi::c_void,
        ) -> *const ::core::ffi::c_char,
    >,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    ["Size of flb_api"][::core::mem::size_of::<flb_api>() - 8usize];
    ["Alignment of flb_api"][::core::mem::align_of::<flb_api>() - 8usize];
    [
        "Offset of field: flb_api::output_get_property",
    ][::core::mem::offset_of!(flb_api, output_get_property) - 0usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct flb_plugin_proxy_context {
    pub remote_context: *mut ::core::ffi::c_void,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of flb_plugin_proxy_context",
    ][::core::mem::size_of::<flb_plugin_proxy_context>() - 8usize];
    [
        "Alignment of flb_plugin_proxy_context",
    ][::core::mem::align_of::<flb_plugin_proxy_context>() - 8usize];
    [
        "Offset of field: flb_plugin_proxy_context::remote_context",
    ][::core::mem::offset_of!(flb_plugin_proxy_context, remote_context) - 0usize];
};
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct flbgo_output_plugin {
    pub name: *mut ::core::ffi::c_char,
    pub api: *mut flb_api,
    pub output_instance: *mut ::core::ffi::c_void,
    pub context: *mut flb_plugin_proxy_context,
}
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
const _: () = {
    [
        "Size of flbgo_output_plugin",
    ][::core::mem::size_of::<flbgo_output_plugin>() - 32usize];
    [
        "Alignment of flbgo_output_plugin",
    ][::core::mem::align_of::<flbgo_output_plugin>() - 8usize];
    [
        "Offset of field: flbgo_output_plugin::name",
    ][::core::mem::offset_of!(flbgo_output_plugin, name) - 0usize];
    [
        "Offset of field: flbgo_output_plugin::api",
    ][::core::mem::offset_of!(flbgo_output_plugin, api) - 8usize];
    [
        "Offset of field: flbgo_output_plugin::output_instance",
    ][::core::mem::offset_of!(flbgo_output_plugin, output_instance) - 16usize];
    [
        "Offset of field: flbgo_output_plugin::context",
    ][::core::mem::offset_of!(flbgo_output_plugin, context) - 24usize];
};
