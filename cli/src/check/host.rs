//! What Fluent Bit and FireLens do with an output: their own keys, worker threads, retries, tags, shutdown.
//!
//! Sources: `flb_output_set_property` in `src/flb_output.c`, `flb_engine_shutdown`; tried on 1.9.10 and 5.1.1.

use std::time::Duration;

use super::finding::{Finding, FindingSeverity};
use super::host_keys::HOST_KEYS;
use super::values::MAX_STOP_TIMEOUT;
use super::{match_pattern, reach};
use crate::config::{Configuration, Origin, Section, Setting, find, matches};

/// The tag of the records of FireLens's health check.
const HEALTH_CHECK_TAG: &str = "firelens-healthcheck";

/// More threads than anything here can use.
const MAX_WORKERS: i64 = 64;

/// `FLB_CONFIG_DEFAULT_GRACE`.
pub(super) const DEFAULT_GRACE_SECONDS: u32 = 5;

/// Reports what the host will do with the output that its author would not expect.
pub(super) fn check(
    section: &Section,
    configuration: &Configuration,
    flush_timeout: Option<Duration>,
    findings: &mut Vec<Finding>,
) {
    findings.extend(repeated(section));
    findings.extend(workers(section));
    findings.extend(retry_limit(section));
    match section.origin {
        Origin::FluentBit => {
            findings.extend(tags(section, configuration));
            findings.extend(match_pattern::check(section));
            findings.extend(reach::check(section, configuration));
            findings.extend(flush_timeout.and_then(|timeout| grace(section, configuration, timeout)));
        }
        Origin::FireLens => findings.extend(name_case(section)),
    }
}

/// Reports a key of Fluent Bit's own that is there twice; the last one counts.
fn repeated(section: &Section) -> Option<Finding> {
    section.settings.iter().enumerate().find_map(|(position, setting)| {
        let is_same = |other: &&Setting| other.key.eq_ignore_ascii_case(&setting.key);
        let first = section.settings.iter().take(position).find(is_same)?;
        let is_own = HOST_KEYS.iter().any(|key| key.eq_ignore_ascii_case(&setting.key));
        let message = format!("is there twice, and the one at line {} has no effect", first.location.line);
        is_own.then(|| Finding::warn_of(setting, message, "keep one of them"))
    })
}

fn workers(section: &Section) -> Option<Finding> {
    let setting = section.get("workers");
    let message = match (setting, setting.map(|setting| setting.value.text())) {
        (None, _) if section.open => return None,
        (None, _) => "is not set, so that a slow destination holds up Fluent Bit's inputs",
        (Some(_), Some(Some("0"))) => "is 0, so that a slow destination holds up Fluent Bit's inputs",
        (Some(_), Some(Some(text))) if !(1..=MAX_WORKERS).contains(&leading_number(text)) => {
            "is not a number of threads from 1 to 64"
        }
        _ => return None,
    };
    Some(warning(section, setting, "Workers", message, "write Workers 2"))
}

/// A key, an address or a permission that is wrong keeps chunks until somebody corrects it; only Fluent Bit's own limit
/// loses them then.
fn retry_limit(section: &Section) -> Option<Finding> {
    const NOT_SET: &str = "is not set and 1 by default, so that chunks are lost after their second try";
    const INSTEAD: &str = "write Retry_Limit no_limits";
    let setting = section.get("retry_limit");
    let report = |message: &str| Some(warning(section, setting, "Retry_Limit", message, INSTEAD));
    let Some(written) = setting else {
        return if section.open { None } else { report(NOT_SET) };
    };
    let text = written.value.text()?.to_ascii_lowercase();
    match text.as_str() {
        "1" => report("is 1, so that chunks are lost after their second try"),
        "no_retries" => report("is no_retries, so that chunks are lost after their first try"),
        "no_limits" | "false" | "off" => None,
        number if leading_number(number) > 0 => report(&format!(
            "is {}, so that chunks are lost when that many retries fail, as they do while a key or an address is wrong",
            leading_number(number)
        )),
        _ => report("is not a number of at least 1, so that Fluent Bit takes 1"),
    }
}

/// The number at the beginning of the text, as C's `atoi` reads it; 0 without one.
fn leading_number(text: &str) -> i64 {
    let digits: String = text.trim().chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_default()
}

fn tags(section: &Section, configuration: &Configuration) -> Option<Finding> {
    let pattern = section.get("match");
    let regex = section.get("match_regex");
    if pattern.is_none() && regex.is_none() {
        let routed = configuration.routes_by_name || section.open;
        let message = "is missing, so that the output gets no record at all";
        return (!routed).then(|| {
            Finding::new(
                FindingSeverity::Error,
                &section.location,
                "Match",
                message,
                "write Match *-firelens-*",
            )
        });
    }
    let by_pattern =
        pattern.filter(|setting| setting.value.text().is_some_and(|text| matches(text, HEALTH_CHECK_TAG)));
    let caught = by_pattern.or_else(|| {
        regex.filter(|setting| {
            setting.value.text().is_some_and(|text| match_pattern::takes(text, HEALTH_CHECK_TAG))
        })
    })?;
    let message = format!("also takes what FireLens's health check writes, whose tag is {HEALTH_CHECK_TAG}");
    let instead = "write Match *-firelens-* for what containers write";
    Some(Finding::warn_of(caught, message, instead))
}

fn grace(section: &Section, configuration: &Configuration, flush_timeout: Duration) -> Option<Finding> {
    let setting = configuration.service_setting("grace");
    let seconds = match setting {
        None => i64::from(DEFAULT_GRACE_SECONDS),
        Some(setting) => setting.value.text()?.parse().ok()?,
    };
    // A flush that ECS cannot wait for is reported as such.
    if flush_timeout > MAX_STOP_TIMEOUT {
        return None;
    }
    // With -1, Fluent Bit waits for as long as it takes.
    let long_enough =
        u64::try_from(seconds).map_or(true, |seconds| Duration::from_secs(seconds) > flush_timeout);
    if long_enough {
        return None;
    }
    let message = match setting {
        None => format!("is not set and {DEFAULT_GRACE_SECONDS} s by default"),
        Some(_) => format!("is {seconds} s"),
    };
    let message = format!(
        "{message}, not longer than flush_timeout ({} s): what is under way when the task stops is lost",
        flush_timeout.as_secs()
    );
    let enough = (flush_timeout.as_secs() * 3).max(30);
    let instead =
        format!("write Grace {enough} in [SERVICE], and give the container a stopTimeout of as much");
    let location =
        setting.or(configuration.service.first()).map_or(&section.location, |setting| &setting.location);
    Some(Finding::new(FindingSeverity::Warning, location, "Grace", message, instead))
}

/// Reports a `Name` in another case, which FireLens does not recognise.
fn name_case(section: &Section) -> Option<Finding> {
    let name = find(&section.settings, "name").filter(|name| name.key != "Name")?;
    let message = "is not what FireLens looks for; it refuses the task for want of a Name";
    Some(Finding::error_of(name, message, "write Name"))
}

fn warning(section: &Section, setting: Option<&Setting>, key: &str, message: &str, instead: &str) -> Finding {
    let location = setting.map_or(&section.location, |setting| &setting.location);
    Finding::new(FindingSeverity::Warning, location, key, message, instead)
}
