//! What an exit code says about how a process ended. Knows no container and no event.
//!
//! 128 + n is a shell's way to say "signal n": <https://tldp.org/LDP/abs/html/exitcodes.html>. Windows reports
//! an NTSTATUS, as unsigned or as negative number.

use crate::stop::kind::{Category, Cause};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::stop) struct ExitMeaning {
    pub(in crate::stop) category: Category,
    pub(in crate::stop) cause: Option<Cause>,
    pub(in crate::stop) signal: Option<&'static str>,
    /// Set where the code tells more than "it failed".
    pub(in crate::stop) hint: Option<&'static str>,
}

/// SIGKILL: the kernel killed the container, or it did not stop within its `stopTimeout`.
pub(in crate::stop) const KILLED: i64 = 137;

/// Linux signals 1 to 31, in order.
#[rustfmt::skip]
const SIGNALS: [&str; 31] = [
    "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV",
    "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN",
    "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
];

/// How Windows ends a process, as unsigned NTSTATUS.
const WINDOWS: [(i64, &str); 4] = [
    (0xC000_0005, "ACCESS_VIOLATION"),
    (0xC000_013A, "CTRL_C"),
    (0xC000_0409, "STACK_BUFFER_OVERRUN"),
    (0xC000_00FD, "STACK_OVERFLOW"),
];

/// Signals by which somebody asked for an end; what they say about the application depends on who did.
const TOLD_TO_END: [&str; 3] = ["SIGTERM", "SIGINT", "CTRL_C"];

#[rustfmt::skip]
const HINTS: [(i64, &str); 12] = [
    (1, "Read the container's last lines; on EC2 also look for a child process that the kernel killed for its memory, which surfaces as a plain exit 1."),
    (2, "Read the container's last lines: exit 2 is a Go panic, or a shell that was called wrongly."),
    (126, "The command is there but cannot be executed: check its mode (chmod +x) and its interpreter line."),
    (127, "A command was not found: check the entry point, PATH and what the image really contains."),
    (130, "It was interrupted (SIGINT): find out who sent the signal; ECS itself sends SIGTERM."),
    (134, "It aborted itself: look for a failed assertion, a heap check or a JVM crash report in its last lines."),
    (137, "It was killed without an out-of-memory report: check the host's kernel log, child processes that use too much memory, and who sends SIGKILL."),
    (139, "It touched memory it does not own: check native libraries and whether the image fits the processor (x86_64 or arm64)."),
    (143, "It was told to stop, and not by ECS: look for a supervisor, a script or a watchdog in the container that sends SIGTERM."),
    (255, "Exit 255 is -1 or out of range: read the last lines, and check whether the host or the container runtime failed at that time."),
    (0xC000_0005, "It touched memory it does not own (access violation): check native libraries and whether the image fits the host's Windows version."),
    (0xC000_013A, "It was told to stop (Ctrl-C), and not by ECS: look for a supervisor or a watchdog in the container that ends it."),
];

pub(in crate::stop) fn read(code: i64) -> ExitMeaning {
    let code = unsigned(code);
    let signal = signal_of(code);
    let hint = HINTS.iter().find(|(known, _)| *known == code).map(|(_, hint)| *hint);
    ExitMeaning { category: category_of(code, signal), cause: cause_of(code), signal, hint }
}

/// Whether somebody asked for the end: SIGTERM, SIGINT, or Ctrl-C on Windows.
pub(in crate::stop) fn is_told_to_end(code: i64) -> bool {
    signal_of(unsigned(code)).is_some_and(|signal| TOLD_TO_END.contains(&signal))
}

/// Windows codes are 32 bits, and some tools print them with a sign.
fn unsigned(code: i64) -> i64 {
    match i32::try_from(code) {
        Ok(signed) if signed < 0 => i64::from(signed.cast_unsigned()),
        _ => code,
    }
}

fn signal_of(code: i64) -> Option<&'static str> {
    let index = code.checked_sub(129).and_then(|index| usize::try_from(index).ok());
    let linux = index.and_then(|index| SIGNALS.get(index).copied());
    linux.or_else(|| WINDOWS.iter().find(|(known, _)| *known == code).map(|(_, name)| *name))
}

fn category_of(code: i64, signal: Option<&str>) -> Category {
    match (code, signal) {
        (0, _) => Category::AppCompleted,
        (_, Some(_)) => Category::AppSignal,
        (_, None) => Category::AppError,
    }
}

fn cause_of(code: i64) -> Option<Cause> {
    match code {
        126 => Some(Cause::Permission),
        127 => Some(Cause::NotFound),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_what_they_mean() {
        for (code, category, signal) in [
            (0, Category::AppCompleted, None),
            (1, Category::AppError, None),
            (2, Category::AppError, None),
            (125, Category::AppError, None),
            (126, Category::AppError, None),
            (127, Category::AppError, None),
            (128, Category::AppError, None),
            (129, Category::AppSignal, Some("SIGHUP")),
            (130, Category::AppSignal, Some("SIGINT")),
            (134, Category::AppSignal, Some("SIGABRT")),
            (137, Category::AppSignal, Some("SIGKILL")),
            (139, Category::AppSignal, Some("SIGSEGV")),
            (141, Category::AppSignal, Some("SIGPIPE")),
            (143, Category::AppSignal, Some("SIGTERM")),
            (159, Category::AppSignal, Some("SIGSYS")),
            (160, Category::AppError, None),
            (255, Category::AppError, None),
            (-1, Category::AppError, None),
            (3_221_225_477, Category::AppSignal, Some("ACCESS_VIOLATION")),
            (-1_073_741_819, Category::AppSignal, Some("ACCESS_VIOLATION")),
            (3_221_225_786, Category::AppSignal, Some("CTRL_C")),
            (-1_073_741_510, Category::AppSignal, Some("CTRL_C")),
            (i64::MAX, Category::AppError, None),
            (i64::MIN, Category::AppError, None),
        ] {
            let exit = read(code);
            assert_eq!((exit.category, exit.signal), (category, signal), "{code}");
        }
    }

    #[test]
    fn only_requests_are_polite() {
        for code in [143, 130, 3_221_225_786, -1_073_741_510] {
            assert!(is_told_to_end(code), "{code}");
        }
        for code in [0, 1, 137, 139, 3_221_225_477] {
            assert!(!is_told_to_end(code), "{code}");
        }
    }

    #[test]
    fn codes_of_a_shell_name_their_cause() {
        assert_eq!(read(126).cause, Some(Cause::Permission));
        assert_eq!(read(127).cause, Some(Cause::NotFound));
        assert_eq!(read(1).cause, None);
    }
}
