//! The keys about the flight recorder: which lines are held, for how long, in how much memory, and for whom.

use std::time::Duration;

use super::error::Problem;
use super::reader::{KeyReader, Lookup};
use crate::classify::classes::{Class, OwnClass};
use crate::classify::levels::LevelRules;

/// What the flight recorder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecorderSettings {
    /// How long before an error or a stop a line may have been written to be released.
    pub window: Duration,
    /// How long after it lines are released as they come.
    pub after: Duration,
    /// Where released lines go: positions in the destinations. Never empty.
    pub destinations: Vec<usize>,
    /// Classes whose lines are held.
    pub classes: Vec<Class>,
    /// Most bytes of memory for all containers.
    pub max_bytes: usize,
    /// Most bytes of memory for one container.
    pub container_max_bytes: usize,
}

/// The shortest window: Fluent Bit flushes once a second.
const MIN_WINDOW: Duration = Duration::from_secs(1);

/// The longest window and the longest time after an error: CloudWatch takes events of one day in one request.
const MAX_WINDOW: Duration = Duration::from_secs(24 * 3_600);

/// Less than this is a few blocks of lines only.
const MIN_BYTES: usize = 256 * 1_024;

const WINDOW: &str = "recorder.window";
const DESTINATION: &str = "recorder.destination";
const CLASSES: &str = "recorder.classes";

/// Keys that mean nothing without a window.
const OTHERS: [&str; 5] =
    [DESTINATION, CLASSES, "recorder.after", "recorder.max_bytes", "recorder.container_max_bytes"];

/// What the recorder's keys are checked against.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecorderContext<'c> {
    /// Classes of the user's own.
    pub(super) own: &'c [OwnClass],
    pub(super) levels: &'c LevelRules,
    /// By `Class::index`.
    pub(super) routes: &'c [Vec<usize>],
    /// The names of all destinations that are known so far.
    pub(super) destinations: &'c [&'c str],
}

/// Whether the recorder is on. Reports keys that have no effect because it is not.
pub(super) fn is_on(reader: &KeyReader<'_>) -> bool {
    let is_on = reader.written(WINDOW).is_some();
    if !is_on {
        for key in OTHERS.into_iter().filter(|key| reader.written(key).is_some()) {
            let what = format!("has no effect without {WINDOW}; write: {WINDOW} 5m, or leave {key} out");
            reader.problem(key, what);
        }
    }
    is_on
}

/// Reads the keys of a recorder that is on and releases to these destinations.
pub(super) fn read(
    reader: &KeyReader<'_>,
    destinations: Vec<usize>,
    context: RecorderContext<'_>,
) -> RecorderSettings {
    if destinations.is_empty() {
        let what = "names no destination, so that nothing could be released; name where errors go";
        reader.problem(DESTINATION, what);
    }
    let classes = read_classes(reader, context);
    check_routes(reader, &destinations, &classes, context);
    let container_max_bytes = read_bytes(reader, "recorder.container_max_bytes");
    let max_bytes = read_bytes(reader, "recorder.max_bytes");
    if container_max_bytes > max_bytes {
        let key = "recorder.container_max_bytes";
        let what = "is more than recorder.max_bytes, which is for all containers; write less, or raise recorder.max_bytes";
        reader.problem(key, what);
    }
    RecorderSettings {
        window: read_window(reader, WINDOW, MIN_WINDOW),
        after: read_window(reader, "recorder.after", Duration::ZERO),
        destinations,
        classes,
        max_bytes,
        container_max_bytes,
    }
}

fn read_window(reader: &KeyReader<'_>, key: &str, least: Duration) -> Duration {
    let window = reader.duration(key);
    if window < least {
        reader.problem(key, "is shorter than 1s; write 1s or more, for example 5m");
    }
    if window > MAX_WINDOW {
        let what =
            "is longer than a day; write 24h or less, for example 5m: what is held is lost with the process";
        reader.problem(key, what);
    }
    window
}

fn read_bytes(reader: &KeyReader<'_>, key: &str) -> usize {
    let bytes = usize::try_from(reader.size(key)).unwrap_or(usize::MAX);
    if bytes < MIN_BYTES {
        reader.problem(key, "is less than 256KiB, which a few long lines fill; write 256KiB or more");
    }
    bytes
}

fn read_classes(reader: &KeyReader<'_>, context: RecorderContext<'_>) -> Vec<Class> {
    let names = reader.list(CLASSES).unwrap_or_default();
    let mut classes: Vec<Class> = names.iter().filter_map(|name| read_class(reader, name, context)).collect();
    classes.sort_unstable_by_key(|class| class.index());
    classes.dedup();
    classes
}

fn read_class(reader: &KeyReader<'_>, name: &str, context: RecorderContext<'_>) -> Option<Class> {
    let own = context.own.iter().position(|class| class.name == name).and_then(|at| u8::try_from(at).ok());
    if let Some(own) = own {
        return Some(Class::Own(own));
    }
    let has_warnings = context.levels.reads_records() && context.levels.separates_warnings;
    let problem = match name {
        "stdout" => return Some(Class::Stdout),
        "other" => return Some(Class::Other),
        "warn" if has_warnings => return Some(Class::Warn),
        "warn" => "no record has class 'warn' without level auto and route.warn; leave it out, or write both"
            .to_owned(),
        "stop" | "stderr" | "error" => {
            format!("'{name}' cannot be held: it is what releases the others; leave it out")
        }
        _ => {
            format!("there is no class '{name}'; write some of stdout, other, warn and the names in classes")
        }
    };
    reader.problem(CLASSES, problem);
    None
}

/// A destination that gets all lines of a class anyway would get those that are released twice.
fn check_routes(
    reader: &KeyReader<'_>,
    destinations: &[usize],
    classes: &[Class],
    context: RecorderContext<'_>,
) {
    for class in classes {
        let route = context.routes.get(class.index()).map_or(&[][..], Vec::as_slice);
        let Some(both) = destinations.iter().find(|index| route.contains(index)) else { continue };
        let destination = context.destinations.get(*both).copied().unwrap_or_default();
        let class = context.name(*class);
        let what = format!(
            "'{destination}' gets every line of class {class} already, by its route; take it out of route.{class}, or take {class} out of {CLASSES}"
        );
        reader.problem(DESTINATION, what);
    }
}

/// A longer window is more than the last minutes, and memory ends long before.
const LONG_WINDOW: Duration = Duration::from_secs(3_600);

/// What a container writes that is neither silent nor busy: about four lines a second.
const BYTES_PER_SECOND: u64 = 2 << 10;

/// What works, but hardly as it is meant: errors that release nothing, lines that stand apart from their error, a window
/// that no memory holds. `routes` and `destinations` as in the settings.
#[must_use]
pub fn recorder_advice(
    lookup: &dyn Lookup,
    recorder: &RecorderSettings,
    levels: &LevelRules,
    routes: &[Vec<usize>],
) -> Vec<Problem> {
    let problems = std::cell::RefCell::default();
    let reader = KeyReader::new(lookup, &problems);
    let of_errors = [Class::Stop, Class::Stderr, Class::Error];
    let of_errors = of_errors.iter().filter_map(|class| routes.get(class.index())).flatten();
    if !of_errors.clone().any(|index| recorder.destinations.contains(index)) {
        let what = "is not where errors or stops go, so that released lines stand apart from what released them; name a destination of route.error, route.stderr or route.stop";
        reader.problem(DESTINATION, what);
    }
    if !levels.reads_records() {
        let what = "is on without level auto: only standard error and stops release lines, an error on standard output releases none; write level auto";
        reader.problem(WINDOW, what);
    }
    if recorder.window > LONG_WINDOW {
        let what = "is longer than an hour: recorder.container_max_bytes discards lines long before; write less, for example 5m";
        reader.problem(WINDOW, what);
    } else {
        refuse_short_memory(&reader, recorder);
    }
    problems.into_inner()
}

/// Reports memory that is full long before the window is over.
fn refuse_short_memory(reader: &KeyReader<'_>, recorder: &RecorderSettings) {
    let held = u64::try_from(recorder.container_max_bytes).unwrap_or(u64::MAX) / BYTES_PER_SECOND;
    let window = recorder.window.as_secs();
    if window > held {
        let what = format!(
            "is {window} s, but of a container that writes 2 KiB a second, recorder.container_max_bytes holds {held} s; raise it, or write a shorter window"
        );
        reader.problem(WINDOW, what);
    }
}

impl<'c> RecorderContext<'c> {
    fn name(self, class: Class) -> &'c str {
        match class {
            Class::Own(at) => self.own.get(usize::from(at)).map_or("own", |own| &own.name),
            built_in => built_in.name(),
        }
    }
}

#[cfg(test)]
mod tests;
