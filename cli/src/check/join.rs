//! `join` where it joins less than it looks like: no worker that could bring the next chunk, chunks that come too late, and
//! lines that a filter of Fluent Bit's has joined before.

use std::cell::RefCell;
use std::time::Duration;

use ecs_router::config::Settings;
use ecs_router::join::rules::JoinRules;

use super::finding::{Finding, FindingSeverity};
use super::placeholders::{Placeholder, PlaceholderLookup};
use super::tags;
use crate::config::{Configuration, Section};

/// Seconds; `FLB_CONFIG_FLUSH_SECS` of Fluent Bit.
const DEFAULT_FLUSH: f64 = 1.0;

/// Reports settings beside `join` that take from what it does.
pub(super) fn check(section: &Section, configuration: &Configuration, findings: &mut Vec<Finding>) {
    let Some(rules) = rules(section) else { return };
    findings.extend(only_worker(section));
    findings.extend(late_chunks(section, configuration, rules.wait));
    findings.extend(joined_before(section, configuration));
}

/// `None`: nothing is joined, or what is joined is not known before deployment.
fn rules(section: &Section) -> Option<JoinRules> {
    section.text("join")?;
    Settings::read(&PlaceholderLookup::new(section, Placeholder::Example), &RefCell::default()).join
}

/// A chunk waits for the next one, which only another worker can bring.
fn only_worker(section: &Section) -> Option<Finding> {
    let workers = match section.get("workers") {
        None if section.open => return None,
        None => 0,
        Some(setting) => setting.value.text()?.trim().parse::<u32>().ok()?,
    };
    if workers > 1 {
        return None;
    }
    let message = format!(
        "joins nothing across chunks with Workers {workers}: a record ends with its chunk, for no other worker could bring the next one"
    );
    Some(Finding::warn(section, "join", &message, "write Workers 2"))
}

/// Chunks come once an interval, and a record waits for the next one for `join.wait` only.
fn late_chunks(section: &Section, configuration: &Configuration, wait: Duration) -> Option<Finding> {
    let flush = flush(configuration)?;
    if section.get("join.wait").is_some_and(|setting| setting.value.text().is_none()) || flush < wait {
        return None;
    }
    let key = if section.get("join.wait").is_some() { "join.wait" } else { "join" };
    let message = format!(
        "waits {wait:?} for the next chunk, which comes once in {flush:?} (Flush): records end with their chunk before it is there"
    );
    let instead = "write a join.wait longer than Flush, or a shorter Flush, for example 1";
    Some(Finding::warn(section, key, &message, instead))
}

/// How often chunks come; `None`: that is not known before deployment.
fn flush(configuration: &Configuration) -> Option<Duration> {
    let seconds: f64 = match configuration.service_setting("flush") {
        Some(setting) => setting.value.text()?.trim().parse().ok()?,
        None => DEFAULT_FLUSH,
    };
    Duration::try_from_secs_f64(seconds).ok()
}

/// A filter `multiline` for the same records holds lines that Fluent Bit has already taken out of its buffers.
fn joined_before(section: &Section, configuration: &Configuration) -> Option<Finding> {
    let is_before = |filter: &&Section| {
        let is_multiline = filter.text("name").is_some_and(|name| name.eq_ignore_ascii_case("multiline"));
        is_multiline && tags::intersect(&[tags::pattern(filter), tags::pattern(section)])
    };
    let filter = configuration.filters.iter().find(is_before)?;
    let message = "joins lines before join of the output gets them, and loses those that it holds when the process is killed";
    let instead = "leave the filter out";
    Some(Finding::new(FindingSeverity::Warning, &filter.location, "Name", message, instead))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::said;

    /// What is said about joining with these lines in `[SERVICE]`, before the output, and in it.
    fn of(service: &str, filter: &str, lines: &str) -> Vec<String> {
        let lines = lines.replace('|', "\n    ");
        let text = format!(
            "[SERVICE]\n    Grace 30\n    Plugins_File p\n    {service}\n{filter}[OUTPUT]\n    Name ecs_router\n    \
             Match *-firelens-*\n    Retry_Limit no_limits\n    route.default stdout\n    {lines}\n"
        );
        let found = said("x", &text).into_iter();
        found.filter(|line| line.contains("join") && !line.contains(": Workers: ")).collect()
    }

    #[test]
    fn one_worker_joins_nothing_across_chunks() {
        for workers in ["|Workers 1", "|Workers 0", ""] {
            let found = of("Flush 1", "", &format!("join both{workers}"));
            assert!(
                found.len() == 1 && found[0].contains("joins nothing across chunks with Workers"),
                "{found:?}"
            );
            assert!(found[0].ends_with("; write Workers 2"), "{found:?}");
        }
        for lines in ["join both|Workers 2", "join off|Workers 1", "Workers 1", "join both|Workers ${N}"] {
            assert_eq!(of("Flush 1", "", lines), [""; 0], "{lines}");
        }
    }

    #[test]
    fn chunks_come_before_the_waiting_is_over() {
        for (flush, lines, key) in [
            ("Flush 2", "join both|Workers 2", " join: "),
            ("Flush 5", "join traces|Workers 2", " join: "),
            ("Flush 1", "join both|Workers 2|join.wait 500ms", " join.wait: "),
        ] {
            let found = of(flush, "", lines);
            assert!(found.len() == 1 && found[0].contains("records end with their chunk"), "{found:?}");
            assert!(found[0].contains(key), "{found:?}");
        }
        for (flush, lines) in [
            ("Flush 0.3", "join both|Workers 2|join.wait 500ms"),
            ("Flush ${FLUSH}", "join both|Workers 2"),
            ("Flush 5", "join both|Workers 2|join.wait ${WAIT}"),
            ("Log_Level info", "join both|Workers 2"),
        ] {
            assert_eq!(of(flush, "", lines), [""; 0], "{flush} {lines}");
        }
    }

    #[test]
    fn lines_are_joined_once() {
        let filter = |pattern: &str| {
            format!(
                "[FILTER]\n    Name multiline\n    Match {pattern}\n    multiline.key_content log\n    multiline.parser go\n"
            )
        };
        let found = of("Flush 1", &filter("*"), "join both|Workers 2");
        assert!(found.len() == 1 && found[0].contains("leave the filter out"), "{found:?}");
        assert_eq!(of("Flush 1", &filter("ecs.stops"), "join both|Workers 2"), [""; 0]);
        assert_eq!(of("Flush 1", &filter("*"), "Workers 2"), [""; 0]);
    }
}
