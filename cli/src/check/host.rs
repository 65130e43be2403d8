//! What Fluent Bit and FireLens do with an output: their own keys, worker threads, retries, tags, shutdown.
//!
//! Sources: `flb_output_set_property` in `src/flb_output.c`, `flb_engine_shutdown`; tried on 1.9.10 and 5.1.1.

use std::time::Duration;

use super::finding::{Finding, FindingSeverity};
use super::reach;
use super::values::MAX_STOP_TIMEOUT;
use crate::config::{Configuration, Origin, Section, Setting, find, matches, tag_regex};

/// Keys of an output that Fluent Bit reads itself.
pub(super) const HOST_KEYS: [&str; 14] = [
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

/// Prefixes of further keys that Fluent Bit reads itself.
const HOST_KEY_PREFIXES: [&str; 5] = ["tls.", "net.", "storage.", "oauth2.", "_debug."];

/// Options of the log driver that FireLens does not pass on (`addOutputSection` of the ECS agent).
const FIRELENS_KEYS: [&str; 3] = ["include-pattern", "exclude-pattern", "log-driver-buffer-limit"];

/// The tag of the records of FireLens's health check.
const HEALTH_CHECK_TAG: &str = "firelens-healthcheck";

/// What containers write comes under tags like this.
const FIRELENS_TAG: &str = "app-firelens-0123456789abcdef0123456789abcdef";

/// More threads than anything here can use.
const MAX_WORKERS: i64 = 64;

/// `FLB_CONFIG_DEFAULT_GRACE`.
const DEFAULT_GRACE_SECONDS: i64 = 5;

/// Whether Fluent Bit or FireLens reads this key, so that it never reaches the plugin.
pub(crate) fn is_key(origin: Origin, key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    HOST_KEYS.contains(&key.as_str())
        || HOST_KEY_PREFIXES.iter().any(|prefix| key.starts_with(prefix))
        || (origin == Origin::FireLens && FIRELENS_KEYS.contains(&key.as_str()))
}

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
            findings.extend(pattern(section));
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
        regex.filter(|setting| setting.value.text().is_some_and(|text| takes(text, HEALTH_CHECK_TAG)))
    })?;
    let message = format!("also takes what FireLens's health check writes, whose tag is {HEALTH_CHECK_TAG}");
    let instead = "write Match *-firelens-* for what containers write";
    Some(Finding::new(FindingSeverity::Warning, &caught.location, &caught.key, message, instead))
}

/// Reports a pattern that Fluent Bit reads otherwise than it was meant.
pub(super) fn pattern(section: &Section) -> Option<Finding> {
    if let Some(regex) = section.get("match_regex") {
        return expression(regex);
    }
    let setting = section.get("match")?;
    let text = setting.value.text()?;
    let message = match text {
        _ if text.contains('"') => "has quotation marks, which Fluent Bit takes for a part of the tag",
        _ if text.contains([',', ' ']) => "is one pattern, not a list; no tag has a comma or a blank",
        _ if is_underlined(text) => "has underscores, where the tags of FireLens have hyphens",
        _ if is_firelens(text) => "never matches: FireLens writes its tags in small letters",
        _ => return None,
    };
    Some(Finding::warn_of(setting, message, "write Match *-firelens-*, or an [OUTPUT] for each pattern"))
}

fn expression(regex: &Setting) -> Option<Finding> {
    let text = regex.value.text()?;
    // Onigmo knows more than this engine; what both refuse is broken.
    if let Some(reason) = broken(text) {
        let message = format!("is not a valid regular expression: {reason}");
        let instead = "write Match *-firelens-*";
        return Some(Finding::new(FindingSeverity::Error, &regex.location, &regex.key, message, instead));
    }
    let message = match text {
        _ if text.contains('"') => "has quotation marks, which Fluent Bit takes for a part of the tag",
        _ if is_underlined(text) => "has underscores, where the tags of FireLens have hyphens",
        _ if is_firelens(text) => "never matches: FireLens writes its tags in small letters",
        _ if begins_inside(text) => {
            "is compared from the first character of the tag, so it takes nothing that containers write"
        }
        _ => return None,
    };
    Some(Finding::warn_of(regex, message, "write Match_Regex .*-firelens-.*, or Match *-firelens-*"))
}

/// Whether the expression fits inside a tag of FireLens, but not from its beginning.
fn begins_inside(pattern: &str) -> bool {
    let inside = regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(FIRELENS_TAG));
    inside && !takes(pattern, FIRELENS_TAG)
}

/// Whether an output with this `Match_Regex` takes the tag. A pattern that this engine cannot read is taken not to match.
fn takes(pattern: &str, tag: &str) -> bool {
    tag_regex(pattern).is_ok_and(|regex| regex.is_match(tag))
}

/// Why a regular expression is none in any syntax.
pub(super) fn broken(pattern: &str) -> Option<String> {
    let error = regex::Regex::new(pattern).err()?.to_string();
    let reason = error.lines().last()?.trim_start_matches("error: ").to_owned();
    BROKEN.iter().any(|known| reason.contains(known)).then_some(reason)
}

/// A container's name may have underscores, but not what FireLens writes after it.
fn is_underlined(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    !lower.contains("-firelens-") && (lower.contains("_firelens_") || lower.ends_with("_firelens*"))
}

fn is_firelens(text: &str) -> bool {
    text.to_ascii_lowercase().contains("-firelens-") && !text.contains("-firelens-")
}

/// What is wrong with a regular expression in every syntax.
const BROKEN: [&str; 4] = ["unclosed", "unopened", "repetition operator missing", "incomplete escape"];

fn grace(section: &Section, configuration: &Configuration, flush_timeout: Duration) -> Option<Finding> {
    // Later lines win.
    let setting = configuration.service.iter().rfind(|setting| setting.key.eq_ignore_ascii_case("grace"));
    let seconds = match setting {
        None => DEFAULT_GRACE_SECONDS,
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
    Some(Finding::new(FindingSeverity::Error, &name.location, &name.key, message, "write Name"))
}

fn warning(section: &Section, setting: Option<&Setting>, key: &str, message: &str, instead: &str) -> Finding {
    let location = setting.map_or(&section.location, |setting| &setting.location);
    Finding::new(FindingSeverity::Warning, location, key, message, instead)
}
