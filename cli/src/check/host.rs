//! What Fluent Bit and FireLens do with an output: their own keys, threads, retries, tags, the end.
//!
//! Sources: `flb_output_set_property` in `src/flb_output.c`, `flb_engine_shutdown`; tried on 1.9.10 and 5.1.1.

use std::time::Duration;

use super::finding::{Finding, Severity};
use crate::config::{Configuration, Origin, Section, Setting, find, matches};

/// Keys of an output that Fluent Bit keeps for itself.
pub(super) const KEYS: [&str; 14] = [
    "name",
    "match",
    "match_regex",
    "alias",
    "workers",
    "retry_limit",
    "log_level",
    "log_suppress_interval",
    "host",
    "port",
    "ipv6",
    "tls",
    "processors",
    "routes",
];

/// Beginnings of more such keys.
const PREFIXES: [&str; 5] = ["tls.", "net.", "storage.", "oauth2.", "_debug."];

/// Options of the log driver that FireLens does not pass on (`addOutputSection` of the ECS agent).
const FIRELENS: [&str; 3] = ["include-pattern", "exclude-pattern", "log-driver-buffer-limit"];

/// The tag of FireLens's health check.
const HEALTH_CHECK: &str = "firelens-healthcheck";

/// `FLB_CONFIG_DEFAULT_GRACE`, in seconds.
const GRACE: i64 = 5;

/// Whether the key never reaches the plugin, and need not.
pub(crate) fn is_key(origin: Origin, key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    KEYS.contains(&key.as_str())
        || PREFIXES.iter().any(|prefix| key.starts_with(prefix))
        || (origin == Origin::FireLens && FIRELENS.contains(&key.as_str()))
}

/// Says what the host will do that one would not expect.
pub(super) fn judge(
    section: &Section,
    configuration: &Configuration,
    flush_timeout: Option<Duration>,
    findings: &mut Vec<Finding>,
) {
    findings.extend(workers(section));
    findings.extend(retry_limit(section));
    match section.origin {
        Origin::FluentBit => {
            findings.extend(tags(section, configuration));
            findings.extend(flush_timeout.and_then(|timeout| grace(section, configuration, timeout)));
        }
        Origin::FireLens => findings.extend(spelt_name(section)),
    }
}

fn workers(section: &Section) -> Option<Finding> {
    let setting = section.get("workers");
    let message = match (setting, setting.map(|setting| setting.value.text())) {
        (None, _) if section.open => return None,
        (None, _) => "is not set, so that a slow destination holds up Fluent Bit's inputs",
        (Some(_), Some(Some("0"))) => "is 0, so that a slow destination holds up Fluent Bit's inputs",
        _ => return None,
    };
    Some(warning(section, setting, "Workers", message, "write Workers 2"))
}

fn retry_limit(section: &Section) -> Option<Finding> {
    const INSTEAD: &str = "write Retry_Limit no_limits, or a number of tries";
    let setting = section.get("retry_limit");
    let told = |message: &str| Some(warning(section, setting, "Retry_Limit", message, INSTEAD));
    let Some(written) = setting else {
        let lost = "is not set and 1 by default, so that chunks are lost after their second try";
        return if section.open { None } else { told(lost) };
    };
    let text = written.value.text()?.to_ascii_lowercase();
    match text.as_str() {
        "1" => told("is 1, so that chunks are lost after their second try"),
        "no_retries" => told("is no_retries, so that chunks are lost after their first try"),
        "no_limits" | "false" | "off" => None,
        number if leading_number(number) > 0 => None,
        _ => told("is no number of 1 or more, so that Fluent Bit takes 1"),
    }
}

/// As C's `atoi` reads it.
fn leading_number(text: &str) -> i64 {
    let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

fn tags(section: &Section, configuration: &Configuration) -> Option<Finding> {
    let (pattern, regex) = (section.get("match"), section.get("match_regex"));
    if pattern.is_none() && regex.is_none() {
        let routed = configuration.routes_by_name || section.open;
        let message = "is missing, so that the output gets no record at all";
        return (!routed).then(|| {
            Finding::new(Severity::Error, &section.place, "Match", message, "write Match *-firelens-*")
        });
    }
    let by_pattern =
        pattern.filter(|setting| setting.value.text().is_some_and(|text| matches(text, HEALTH_CHECK)));
    let caught = by_pattern.or_else(|| {
        // Onigmo's syntax; what this engine does not know is not judged.
        let is_match = |text| regex::Regex::new(text).is_ok_and(|regex| regex.is_match(HEALTH_CHECK));
        regex.filter(|setting| setting.value.text().is_some_and(is_match))
    })?;
    let message = format!("also takes what FireLens's health check writes, whose tag is {HEALTH_CHECK}");
    let instead = "write Match *-firelens-* for what containers write";
    Some(Finding::new(Severity::Warning, &caught.place, &caught.key, message, instead))
}

fn grace(section: &Section, configuration: &Configuration, flush_timeout: Duration) -> Option<Finding> {
    // Later lines win.
    let written = configuration.service.iter().rfind(|setting| setting.key.eq_ignore_ascii_case("grace"));
    let seconds = match written {
        None => GRACE,
        Some(setting) => setting.value.text()?.parse().ok()?,
    };
    // -1 waits as long as it takes.
    let long_enough =
        u64::try_from(seconds).map_or(true, |seconds| Duration::from_secs(seconds) > flush_timeout);
    if long_enough {
        return None;
    }
    let message = match written {
        None => format!("is not set and {GRACE} s by default"),
        Some(_) => format!("is {seconds} s"),
    };
    let message = format!(
        "{message}, not longer than flush_timeout ({} s): what is under way when the task stops is lost",
        flush_timeout.as_secs()
    );
    let enough = (flush_timeout.as_secs() * 3).max(30);
    let instead =
        format!("write Grace {enough} in [SERVICE], and give the container a stopTimeout of as much");
    let place = written.or(configuration.service.first()).map_or(&section.place, |setting| &setting.place);
    Some(Finding::new(Severity::Warning, place, "Grace", message, instead))
}

/// FireLens looks for `Name` and no other spelling.
fn spelt_name(section: &Section) -> Option<Finding> {
    let name = find(&section.settings, "name").filter(|name| name.key != "Name")?;
    let message = "is not what FireLens looks for; it refuses the task for want of a Name";
    Some(Finding::new(Severity::Error, &name.place, &name.key, message, "write Name"))
}

fn warning(section: &Section, setting: Option<&Setting>, key: &str, message: &str, instead: &str) -> Finding {
    let place = setting.map_or(&section.place, |setting| &setting.place);
    Finding::new(Severity::Warning, place, key, message, instead)
}
