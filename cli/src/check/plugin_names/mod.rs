//! Plugins and their keys by name: what Fluent Bit does not have it refuses, so that the router does not start.
//!
//! Sources: the plugins of 1.9.10 and 5.1.1, and what both print for a key that they do not know.

mod outputs;

use super::finding::{Finding, FindingSeverity};
use crate::config::{Configuration, Section, Setting};
use crate::suggest::closest;

/// Inputs of both releases.
const INPUTS: [&str; 58] = [
    "blob",
    "calyptia_fleet",
    "collectd",
    "cpu",
    "disk",
    "docker",
    "docker_events",
    "dummy",
    "dummy_thread",
    "ebpf",
    "elasticsearch",
    "emitter",
    "event_test",
    "event_tracing_windows",
    "event_type",
    "exec",
    "exec_wasi",
    "fluentbit_logs",
    "fluentbit_metrics",
    "forward",
    "gpu_metrics",
    "head",
    "health",
    "http",
    "kafka",
    "kmsg",
    "kubernetes_events",
    "lib",
    "mem",
    "mqtt",
    "netif",
    "nginx_metrics",
    "node_exporter_metrics",
    "opentelemetry",
    "podman_metrics",
    "proc",
    "process_exporter_metrics",
    "prometheus_remote_write",
    "prometheus_scrape",
    "prometheus_textfile",
    "random",
    "serial",
    "splunk",
    "statsd",
    "stdin",
    "storage_backlog",
    "stream_processor",
    "syslog",
    "systemd",
    "tail",
    "tcp",
    "thermal",
    "udp",
    "unix_socket",
    "windows_exporter_metrics",
    "winevtlog",
    "winlog",
    "winstat",
];

/// Filters of both releases.
const FILTERS: [&str; 24] = [
    "alter_size",
    "aws",
    "checklist",
    "ecs",
    "expect",
    "geoip2",
    "grep",
    "kubernetes",
    "log_to_metrics",
    "lua",
    "modify",
    "multiline",
    "nest",
    "nightfall",
    "parser",
    "record_modifier",
    "rewrite_tag",
    "stdout",
    "sysinfo",
    "tensorflow",
    "throttle",
    "throttle_size",
    "type_converter",
    "wasm",
];

/// Keys of the inputs that are used beside FireLens.
const INPUT_KEYS: [(&str, &[&str]); 4] = [
    (
        "forward",
        &[
            "buffer_chunk_size",
            "buffer_max_size",
            "empty_shared_key",
            "security.users",
            "self_hostname",
            "shared_key",
            "tag_prefix",
            "unix_path",
            "unix_perm",
            "workers",
        ],
    ),
    (
        "http",
        &[
            "add_remote_addr",
            "buffer_chunk_size",
            "buffer_max_size",
            "enable_health_endpoint",
            "remote_addr_key",
            "success_header",
            "successful_response_code",
            "tag_key",
        ],
    ),
    ("tcp", &["buffer_size", "chunk_size", "format", "parser", "separator", "source_address_key", "workers"]),
    (
        "tail",
        &[
            "buffer_chunk_size",
            "buffer_max_size",
            "db",
            "db.compare_filename",
            "db.journal_mode",
            "db.locking",
            "db.sync",
            "docker_mode",
            "docker_mode_flush",
            "docker_mode_parser",
            "event_batch_size",
            "exclude_path",
            "exit_on_eof",
            "file_cache_advise",
            "generic.encoding",
            "ignore_active_older_files",
            "ignore_older",
            "inotify_watcher",
            "key",
            "multiline",
            "multiline.parser",
            "multiline_flush",
            "offset_key",
            "parser",
            "parser_",
            "parser_firstline",
            "path",
            "path_key",
            "progress_check_interval",
            "progress_check_interval_nsec",
            "read_from_head",
            "read_newly_discovered_files_from_head",
            "refresh_interval",
            "rotate_wait",
            "skip_empty_lines",
            "skip_long_lines",
            "static_batch_size",
            "tag_regex",
            "truncate_long_lines",
            "unicode.encoding",
            "watcher_interval",
        ],
    ),
];

/// Keys of the filters that do not take keys of any name.
const FILTER_KEYS: [(&str, &[&str]); 7] = [
    ("grep", &["exclude", "logical_op", "regex"]),
    ("parser", &["key_name", "parser", "preserve_key", "reserve_data", "unescape_key"]),
    ("record_modifier", &["allowlist_key", "record", "remove_key", "uuid_key", "whitelist_key"]),
    ("rewrite_tag", &["emitter_mem_buf_limit", "emitter_name", "emitter_storage.type", "rule"]),
    (
        "multiline",
        &[
            "buffer",
            "debug_flush",
            "emitter_mem_buf_limit",
            "emitter_name",
            "emitter_storage.type",
            "flush_ms",
            "mode",
            "multiline.key_content",
            "multiline.parser",
        ],
    ),
    ("throttle", &["interval", "print_status", "rate", "window"]),
    ("nest", &["add_prefix", "nest_under", "nested_under", "operation", "remove_prefix", "wildcard"]),
];

/// Keys that every input has.
const OF_INPUTS: [&str; 18] = [
    "name",
    "tag",
    "alias",
    "mem_buf_limit",
    "log_level",
    "log_suppress_interval",
    "routable",
    "threaded",
    "host",
    "port",
    "listen",
    "ipv6",
    "tls",
    "routes",
    "processors",
    "interface",
    "dns_mode",
    "thread.ring_buffer.capacity",
];

/// Keys that every filter has.
const OF_FILTERS: [&str; 7] =
    ["name", "match", "match_regex", "alias", "log_level", "log_suppress_interval", "call"];

/// Groups of keys that every plugin has.
const GROUPS: [&str; 6] = ["storage.", "tls.", "net.", "thread.", "http_server.", "http2"];

/// Reports plugins and keys that Fluent Bit does not have, and filters that no record passes.
pub(super) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    for input in &configuration.inputs {
        findings.extend(name(input, "input", &INPUTS));
        findings.extend(keys(input, &INPUT_KEYS, &OF_INPUTS));
        findings.extend(pathless(input));
    }
    for filter in &configuration.filters {
        findings.extend(name(filter, "filter", &FILTERS));
        findings.extend(keys(filter, &FILTER_KEYS, &OF_FILTERS));
        findings.extend(unmatched(filter));
        findings.extend(filter.settings.iter().filter_map(|setting| rule(filter, setting)));
    }
    for output in configuration.outputs.iter().filter(|output| !output.is_ours()) {
        findings.extend(outputs::check(output));
    }
}

/// Reports a plugin that is not there. One of no known name may come from a library.
fn name(section: &Section, what: &str, known: &[&str]) -> Option<Finding> {
    let setting = section.get("name")?;
    let text = setting.value.text()?.to_ascii_lowercase();
    if known.contains(&text.as_str()) {
        return None;
    }
    let known = known.iter().copied();
    if let Some(near) = closest(&text, known) {
        return Some(absent(setting, &text, what, near));
    }
    let message = format!(
        "Fluent Bit 1.9.10 and 5.1.1 have no {what} '{text}'; without a library that brings it they refuse to start"
    );
    let severity = if what == "filter" { FindingSeverity::Warning } else { FindingSeverity::Note };
    let instead = "check the name, or load the library";
    Some(Finding::new(severity, &setting.location, &setting.key, message, instead))
}

fn absent(setting: &Setting, text: &str, what: &str, near: &str) -> Finding {
    let message = format!("there is no {what} '{text}', and Fluent Bit refuses to start");
    Finding::error_of(setting, message, format!("did you mean {near}?"))
}

/// Reports keys that a plugin does not have.
fn keys(section: &Section, table: &[(&str, &[&str])], of_all: &[&str]) -> Vec<Finding> {
    let plugin = section.text("name").unwrap_or_default().to_ascii_lowercase();
    let Some((_, own)) = table.iter().find(|(name, _)| *name == plugin).filter(|_| !section.open) else {
        return Vec::new();
    };
    section.settings.iter().filter_map(|setting| unknown(setting, &plugin, own, of_all)).collect()
}

fn unknown(setting: &Setting, plugin: &str, own: &[&str], of_all: &[&str]) -> Option<Finding> {
    let key = setting.key.to_ascii_lowercase();
    let is_known = own.contains(&key.as_str())
        || of_all.contains(&key.as_str())
        || GROUPS.iter().any(|group| key.starts_with(group))
        // `parser_1` and so on.
        || (plugin == "tail" && key.starts_with("parser_"));
    if is_known {
        return None;
    }
    let known = own.iter().chain(of_all).copied();
    let (severity, instead) = match closest(&key, known) {
        Some(near) => (FindingSeverity::Error, format!("did you mean {near}?")),
        None => (FindingSeverity::Warning, format!("leave it out; {plugin} has {}", own.join(", "))),
    };
    let message = format!("is not a key of {plugin} in Fluent Bit 1.9.10 and 5.1.1, which refuse to start");
    Some(Finding::new(severity, &setting.location, &setting.key, message, instead))
}

/// Reports a tail without a file, which Fluent Bit refuses.
fn pathless(input: &Section) -> Option<Finding> {
    let is_tail = input.text("name").is_some_and(|name| name.eq_ignore_ascii_case("tail"));
    let message = "is missing from this tail input, and Fluent Bit refuses to start";
    let instead = "write Path with the files to read";
    (is_tail && !input.open && input.get("path").is_none())
        .then(|| Finding::new(FindingSeverity::Error, &input.location, "Path", message, instead))
}

/// Reports rules of `grep` and `rewrite_tag` that Fluent Bit cannot read.
fn rule(filter: &Section, setting: &Setting) -> Option<Finding> {
    let text = setting.value.text()?;
    let key = setting.key.to_ascii_lowercase();
    let words: Vec<&str> = text.split_whitespace().collect();
    let error = |message: String, instead: &str| Some(Finding::error_of(setting, message, instead));
    match (filter.text("name")?.to_ascii_lowercase().as_str(), key.as_str()) {
        ("rewrite_tag", "rule") if words.len() < 4 => error(
            "has not its four parts, and Fluent Bit refuses to start".to_owned(),
            "write Rule $FIELD REGEX TAG true|false",
        ),
        // A quotation mark may be that of a part with blanks.
        ("rewrite_tag", "rule") if !text.contains(['"', '\'']) => {
            let reason = super::match_pattern::broken(words.get(1)?)?;
            error(format!("has no regular expression: {reason}"), "write Rule $FIELD REGEX TAG true|false")
        }
        ("grep", "regex" | "exclude") => {
            let (_, pattern) = text.split_once(' ')?;
            let reason = super::match_pattern::broken(pattern.trim())?;
            error(format!("has no regular expression: {reason}"), "write FIELD REGEX")
        }
        _ => None,
    }
}

fn unmatched(filter: &Section) -> Option<Finding> {
    let has_match = filter.get("match").or_else(|| filter.get("match_regex")).is_some();
    if has_match || filter.open || filter.get("name").is_none() {
        return None;
    }
    let message =
        "is missing from this filter: Fluent Bit 5.1.1 refuses to start, 1.9.10 leaves the filter out";
    let instead = "write Match *-firelens-*";
    Some(Finding::new(FindingSeverity::Error, &filter.location, "Match", message, instead))
}

#[cfg(test)]
mod tests;
