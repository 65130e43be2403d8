//! A short panic hook: the default one needs 22 KiB of stack, and Fluent Bit's coroutines have 24.
//!
//! The library has its own copy of `std`, so the host and other plugins keep theirs.

use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::sync::Once;

pub(crate) fn install_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| std::panic::set_hook(Box::new(say)));
}

/// One line, written in pieces: no formatting, no allocation, no backtrace.
fn say(info: &PanicHookInfo<'_>) {
    let mut stderr = std::io::stderr().lock();
    let (file, line) = info.location().map_or(("?", 0), |place| (place.file(), place.line()));
    let mut number = itoa::Buffer::new();
    let pieces = [
        "[error] [output:ecs_router] internal error (a chunk that was being flushed will be tried again): ",
        what(info),
        " at ",
        file,
        ":",
        number.format(line),
        "\n",
    ];
    for piece in pieces {
        // Nobody is left to tell when standard error is gone.
        stderr.write_all(piece.as_bytes()).ok();
    }
}

fn what<'i>(info: &'i PanicHookInfo<'_>) -> &'i str {
    let payload = info.payload();
    let owned = || payload.downcast_ref::<String>().map(String::as_str);
    payload.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("panic")
}
