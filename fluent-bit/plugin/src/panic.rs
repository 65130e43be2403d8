//! A short panic hook: the default one needs 22 KiB of stack, and Fluent Bit's coroutines have 24.
//!
//! The library has its own copy of `std`, so the host and other plugins keep theirs.

use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::sync::Once;

pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(write_report)));
}

/// One line, written in parts: no formatting, no allocation, no backtrace.
fn write_report(info: &PanicHookInfo<'_>) {
    let mut stderr = std::io::stderr().lock();
    let (file, line) = info.location().map_or(("?", 0), |place| (place.file(), place.line()));
    let mut number = itoa::Buffer::new();
    let parts = [
        "[error] [output:ecs_router] internal error (a chunk that was being flushed will be tried again): ",
        message(info),
        " at ",
        file,
        ":",
        number.format(line),
        "\n",
    ];
    for part in parts {
        // Without standard error there is nowhere to report to.
        stderr.write_all(part.as_bytes()).ok();
    }
}

fn message<'i>(info: &'i PanicHookInfo<'_>) -> &'i str {
    let payload = info.payload();
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(message), _) => message,
        (None, Some(message)) => message,
        (None, None) => "panic",
    }
}
