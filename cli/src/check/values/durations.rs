//! Times that are not times for their key, and the time that ECS gives a container to end.

use std::time::Duration;

use crate::check::finding::Finding;
use crate::config::{Configuration, Section, Setting};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The longest `stopTimeout` on Fargate; EC2 allows more, but the default there is 30 s
/// (<https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html>, read 2026-11).
pub(in crate::check) const MAX_STOP_TIMEOUT: Duration = Duration::from_secs(120);

/// A bare number of this size was meant in milliseconds.
const LIKELY_MILLISECONDS: u64 = 1_000;

/// What a key's time may sensibly be.
struct Sensible {
    key: &'static str,
    least: Duration,
    most: Duration,
    /// What happens below and above.
    below: &'static str,
    above: &'static str,
    instead: &'static str,
}

const SENSIBLE: [Sensible; 10] = [
    Sensible {
        key: "recorder.window",
        least: Duration::from_secs(10),
        most: WEEK,
        below: "an error comes with hardly any line from before it",
        above: "",
        instead: "5m",
    },
    Sensible {
        key: "exit_timeout",
        least: Duration::from_secs(1),
        most: MAX_STOP_TIMEOUT,
        below: "no service answers in that time, so that what is left at the end is not delivered",
        above: "ECS kills the container after its stopTimeout, 120 s at most on Fargate",
        instead: "20s",
    },
    Sensible {
        key: "flush_timeout",
        least: Duration::from_millis(500),
        most: MAX_STOP_TIMEOUT,
        below: "a flush ends before a service has answered",
        above: "Fluent Bit waits for it when it ends, and ECS kills the container after 120 s at most",
        instead: "10s",
    },
    Sensible {
        key: "stats_interval",
        // 0 turns the lines off.
        least: Duration::from_secs(10),
        most: DAY,
        below: "the router writes a line for each destination so often that its log costs more than it tells",
        above: "a loss is told a day late",
        instead: "5m",
    },
    Sensible {
        key: "timeout",
        least: Duration::from_millis(200),
        most: Duration::from_secs(300),
        below: "no service answers in that time, so that every request fails",
        above: "a service that hangs holds its records for so long",
        instead: "10s",
    },
    Sensible {
        key: "upload_timeout",
        // 0 makes an object of every chunk.
        least: Duration::from_secs(10),
        most: DAY,
        below: "S3 gets an object, and a request to pay for, so often",
        above: "what waits on the task's disk for so long is lost with the task",
        instead: "10m",
    },
    Sensible {
        key: "task_metadata.interval",
        least: Duration::ZERO,
        most: MINUTE,
        below: "",
        above: "a container that ends in between is told late or not at all",
        instead: "2s",
    },
    Sensible {
        key: "incident.quiet",
        least: MINUTE,
        most: WEEK,
        below: "a task that crashes again after ECS's pause opens a new incident each time",
        above: "an incident that is over stays open for so long",
        instead: "30m",
    },
    Sensible {
        key: "incident.remind",
        // 0 turns reminders off.
        least: MINUTE,
        most: WEEK,
        below: "people get a reminder so often",
        above: "nobody is reminded in time",
        instead: "1h",
    },
    Sensible {
        key: "metrics.interval",
        least: Duration::from_secs(10),
        most: Duration::from_secs(60 * 60),
        below: "CloudWatch keeps one value a minute, and each is a log event to pay for",
        above: "an alarm learns of a loss so late",
        instead: "1m",
    },
];

/// Keys whose 0 has a meaning of its own.
const ZERO_MEANS: [&str; 4] = ["exit_timeout", "stats_interval", "upload_timeout", "incident.remind"];

/// `name` is that of the key's row: without its destination.
pub(super) fn of_value(setting: &Setting, name: &str, text: &str) -> Option<Finding> {
    let time = read(text)?;
    let bare = text.parse::<u64>().ok();
    if let Some(number) = bare.filter(|number| *number >= LIKELY_MILLISECONDS) {
        let message = format!("{number} has no unit and counts seconds: {}", spoken(time));
        let instead = format!(
            "write {} if milliseconds were meant, or {number}s",
            short(Duration::from_millis(number))
        );
        return Some(Finding::warn_of(setting, message, instead));
    }
    if time.is_zero() && ZERO_MEANS.contains(&name) {
        return None;
    }
    let sensible = SENSIBLE.iter().find(|sensible| sensible.key == name)?;
    let problem = match time {
        time if time < sensible.least => format!("is only {}: {}", spoken(time), sensible.below),
        time if time > sensible.most => format!("is {}: {}", spoken(time), sensible.above),
        _ => return None,
    };
    Some(Finding::warn_of(
        setting,
        problem,
        format!("write for example {} {}", setting.key, sensible.instead),
    ))
}

/// Reports a `Flush` that was meant in milliseconds.
pub(super) fn of_flush(configuration: &Configuration) -> Option<Finding> {
    let setting = configuration.service_setting("flush")?;
    let seconds: f64 = setting.value.text()?.parse().ok()?;
    let message =
        format!("is {seconds} s, so that lines, also those about a stop, leave the router only so often");
    (seconds >= MINUTE.as_secs_f64()).then(|| Finding::warn_of(setting, message, "write Flush 1".to_owned()))
}

/// Reports a `Grace` that ECS cannot wait for, alone or together with `exit_timeout`, which begins when it ends.
pub(super) fn of_shutdown(section: &Section, configuration: &Configuration) -> Option<Finding> {
    let setting = configuration.service_setting("grace")?;
    let grace = Duration::from_secs(setting.value.text()?.parse().ok()?);
    let max = MAX_STOP_TIMEOUT.as_secs();
    if grace > MAX_STOP_TIMEOUT {
        let message = format!(
            "is {}, but ECS kills the container after its stopTimeout, {max} s at most on Fargate",
            spoken(grace)
        );
        return Some(Finding::warn_of(
            setting,
            message,
            "write Grace 30, and give the container a stopTimeout of 60".to_owned(),
        ));
    }
    let exit = section.get("exit_timeout")?;
    let exit_timeout = read(exit.value.text()?)?;
    let both = grace + exit_timeout;
    // A longer one is reported as such.
    if both <= MAX_STOP_TIMEOUT || exit_timeout > MAX_STOP_TIMEOUT {
        return None;
    }
    let message = format!(
        "begins when Grace ({}) ends, and ECS kills the container after {max} s at most: together they are {}",
        spoken(grace),
        spoken(both)
    );
    Some(Finding::warn_of(
        exit,
        message,
        format!("write exit_timeout {}s, or a shorter Grace", (MAX_STOP_TIMEOUT - grace).as_secs()),
    ))
}

/// As the plugin reads it; what it cannot read it reports itself.
pub(in crate::check) fn read(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(digits)?;
    let milliseconds: u64 = match unit.trim() {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(milliseconds).map(Duration::from_millis)
}

/// In words: `5 h 33 min`.
fn spoken(time: Duration) -> String {
    let seconds = time.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds % 86_400 / 3_600, "h"),
        (seconds % 3_600 / 60, "min"),
        (seconds % 60, "s"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .take(2)
        .map(|(count, unit)| format!("{count} {unit}"))
        .collect();
    if parts.is_empty() { format!("{} ms", time.as_millis()) } else { parts.join(" ") }
}

/// As one would write it: `20s`, `1500ms`.
fn short(time: Duration) -> String {
    let milliseconds = time.as_millis();
    if milliseconds.is_multiple_of(1_000) {
        format!("{}s", milliseconds / 1_000)
    } else {
        format!("{milliseconds}ms")
    }
}
