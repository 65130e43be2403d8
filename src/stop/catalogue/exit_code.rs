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
    /// What Windows or .NET calls an error that is not a signal.
    pub(in crate::stop) name: Option<&'static str>,
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

/// How Windows ends a process that did something wrong, or was told to end, as unsigned NTSTATUS.
const WINDOWS: [(i64, &str); 10] = [
    (0x4001_0004, "DBG_TERMINATE_PROCESS"),
    (0xC000_0005, "ACCESS_VIOLATION"),
    (0xC000_001D, "ILLEGAL_INSTRUCTION"),
    (0xC000_0094, "INTEGER_DIVIDE_BY_ZERO"),
    (0xC000_00FD, "STACK_OVERFLOW"),
    (0xC000_013A, "CTRL_C"),
    (0xC000_0374, "HEAP_CORRUPTION"),
    (0xC000_0409, "STACK_BUFFER_OVERRUN"),
    (0xC000_0420, "ASSERTION_FAILURE"),
    (0xC000_0602, "FAIL_FAST_EXCEPTION"),
];

/// Windows had no memory left for the process.
const NO_MEMORY: i64 = 0xC000_0017;

/// Errors that Windows and .NET have names for: the code, its name, its cause.
const ERRORS: [(i64, &str, Option<Cause>); 11] = [
    (NO_MEMORY, "NO_MEMORY", None),
    (0xC000_007B, "INVALID_IMAGE_FORMAT", Some(Cause::PlatformMismatch)),
    (0xC000_0135, "DLL_NOT_FOUND", Some(Cause::NotFound)),
    (0xC000_0139, "ENTRYPOINT_NOT_FOUND", Some(Cause::NotFound)),
    (0xC000_0142, "DLL_INIT_FAILED", None),
    (0xE043_4352, "unhandled .NET exception", None),
    (0xE043_4F4D, "unhandled .NET exception", None),
    (0x8013_1506, "internal error of the .NET runtime", None),
    (0x8013_1623, ".NET FailFast", None),
    (0x8000_8083, ".NET host not found", Some(Cause::NotFound)),
    (0x8000_8096, ".NET framework not found", Some(Cause::NotFound)),
];

/// Signals by which somebody asked for an end; what they say about the application depends on who did.
const TOLD_TO_END: [&str; 4] = ["SIGTERM", "SIGINT", "CTRL_C", "DBG_TERMINATE_PROCESS"];

const CRASHED: &str = "Read its last lines and the crash dump: native code went wrong.";
const FOREIGN_DLL: &str = "Check that every DLL the program needs is in the image and fits the base image (Server Core has more than Nano Server).";
const DOTNET_EXCEPTION: &str =
    "Read the container's last lines for the stack trace: a .NET exception was caught nowhere.";
const DOTNET_MISSING: &str = "Install the .NET runtime that the program asks for in the image, or publish it self-contained: it was not found.";

#[rustfmt::skip]
const HINTS: [(i64, &str); 32] = [
    (1, "Read the container's last lines. On EC2 also look for a child process that the kernel killed for its memory: all that shows is a plain exit 1."),
    (2, "Read the container's last lines: exit 2 often means bad arguments, a Go panic, or a shell that was called wrongly."),
    (3, "Read the container's last lines: 3 is how a JVM ends that ran out of memory (ExitOnOutOfMemoryError), and gunicorn or uvicorn whose application did not start; elsewhere the exit code is the application's own."),
    (125, "Read the container's last lines: 125 is often the container runtime's own error (a bad option, no such image), not the application's."),
    (126, "The command is there but cannot be executed: check its mode (chmod +x) and its interpreter line."),
    (127, "A command was not found: check the entry point, PATH and what the image really contains."),
    (128, "Read `container_reason` and the last lines: 128 is often the container runtime's, which could not start the command, not the application's."),
    (130, "It was interrupted (SIGINT): find out who sent the signal; ECS itself sends SIGTERM."),
    (134, "It aborted itself: look for a failed assertion, a heap check or a JVM crash report in its last lines."),
    (135, "It used memory that is not there, mostly of a mapped file or /dev/shm: look for a full disk or a file that was cut. On EC2 raise `linuxParameters.sharedMemorySize` (64 MiB by default)."),
    (137, "It was killed without an out-of-memory report: compare its memory with the limit, child processes included, and find out who sends SIGKILL. On EC2 read the host's kernel log."),
    (139, "Segmentation fault: check native libraries and whether the image fits the processor (x86_64 or arm64)."),
    (143, "It was told to stop, and not by ECS: look for a supervisor, a script or a watchdog in the container that sends SIGTERM."),
    (255, "Exit 255 is -1 or out of range: read the last lines; `exec format error` means an image for another processor. On EC2 check whether the host or the container runtime failed at that time."),
    (0x4001_0004, "It was terminated at shutdown, of the container or of its host: find out what stopped it at that time."),
    (0xC000_0005, "Segmentation fault (access violation): check native libraries and whether the image fits the host's Windows version."),
    (0xC000_013A, "It was told to stop (Ctrl-C), and not by ECS: look for a supervisor or a watchdog in the container that ends it."),
    (0xC000_00FD, "Stack overflow: look for endless recursion in its last lines."),
    (0xC000_0374, "Its heap is corrupt: look for a native library that writes outside its memory; a crash dump names it."),
    (0xC000_0409, "It ended itself at once (fail fast), mostly because of a corrupt stack or std::terminate: read its last lines and the crash dump."),
    (0xC000_001D, CRASHED),
    (0xC000_0094, CRASHED),
    (0xC000_0420, CRASHED),
    (0xC000_0602, CRASHED),
    (NO_MEMORY, "Raise the container's memory limit: Windows had no memory left for it."),
    (0xC000_007B, "Build the program for the image's processor: a DLL or the program is for another one (32 and 64 bits mixed, mostly)."),
    (0xC000_0135, FOREIGN_DLL),
    (0xC000_0139, FOREIGN_DLL),
    (0xC000_0142, FOREIGN_DLL),
    (0xE043_4352, DOTNET_EXCEPTION),
    (0xE043_4F4D, DOTNET_EXCEPTION),
    (0x8000_8096, DOTNET_MISSING),
];

/// Where a range of codes has one hint.
const RANGE_HINTS: [(std::ops::RangeInclusive<i64>, &str); 3] = [
    (
        0x8013_1500..=0x8013_17FF,
        "Read the container's last lines: the .NET runtime gave up, mostly after native code went wrong.",
    ),
    (0x8000_8080..=0x8000_80FF, DOTNET_MISSING),
    (0xC000_0000..=0xC0FF_FFFF, "Look the code up among the NTSTATUS values: Windows ended the process."),
];

pub(in crate::stop) fn read(code: i64) -> ExitMeaning {
    let code = unsigned(code);
    let signal = signal_of(code);
    let error = ERRORS.iter().find(|(known, ..)| *known == code);
    let cause = error.and_then(|error| error.2).or_else(|| cause_of(code));
    let name = error.map(|error| error.1);
    ExitMeaning { category: category_of(code, signal), cause, signal, name, hint: hint_of(code) }
}

fn hint_of(code: i64) -> Option<&'static str> {
    let exact = HINTS.iter().find(|(known, _)| *known == code).map(|(_, hint)| *hint);
    exact.or_else(|| RANGE_HINTS.iter().find(|(codes, _)| codes.contains(&code)).map(|(_, hint)| *hint))
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
        (NO_MEMORY, _) => Category::Oom,
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
            (0x4001_0004, Category::AppSignal, Some("DBG_TERMINATE_PROCESS")),
            (-1_073_741_801, Category::Oom, None),
            (-1_073_741_510, Category::AppSignal, Some("CTRL_C")),
            (0xC000_0374, Category::AppSignal, Some("HEAP_CORRUPTION")),
            (-1_073_741_515, Category::AppError, None),
            (i64::MAX, Category::AppError, None),
            (i64::MIN, Category::AppError, None),
        ] {
            let exit = read(code);
            assert_eq!((exit.category, exit.signal), (category, signal), "{code}");
        }
    }

    #[test]
    fn only_requests_are_polite() {
        for code in [143, 130, 0x4001_0004, 3_221_225_786, -1_073_741_510] {
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

    #[test]
    fn codes_of_windows_and_dotnet_have_names_and_hints() {
        for (code, name, hint) in [
            (-1_073_741_515, Some("DLL_NOT_FOUND"), "DLL"),
            (-532_462_766, Some("unhandled .NET exception"), "stack trace"),
            (-2_147_450_730, Some(".NET framework not found"), "Install the .NET runtime"),
            (-2_147_450_749, Some(".NET host not found"), "Install the .NET runtime"),
            (-2_146_233_082, Some("internal error of the .NET runtime"), ".NET runtime gave up"),
            (0xC000_0042, None, "NTSTATUS"),
            (3, None, ""),
        ] {
            let exit = read(code);
            assert_eq!(exit.name, name, "{code}");
            assert!(exit.hint.unwrap_or_default().contains(hint), "{code}: {:?}", exit.hint);
        }
    }
}
