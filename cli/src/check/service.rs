//! `[SERVICE]`: keys that Fluent Bit does not have, and values that it refuses or reads otherwise than they were meant.
//!
//! Sources: `service_configs` in `src/flb_config.c`, `flb_utils_bool`; tried on 1.9.10 and 5.1.1.

use super::finding::{Finding, FindingSeverity};
use crate::config::{Configuration, Setting, find};
use crate::suggest::closest;

/// What the value of a key must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServiceForm {
    Number,
    Seconds,
    Flag,
    Level,
    Port,
    Text,
}

use ServiceForm::{Flag, Level, Number, Port, Seconds, Text};

/// The keys of both releases.
const KEYS: [(&str, ServiceForm); 56] = [
    ("flush", Seconds),
    ("flush.adaptive", Flag),
    ("flush.adaptive.min_interval", Seconds),
    ("flush.adaptive.max_interval", Seconds),
    ("flush.adaptive.low_pressure", Text),
    ("flush.adaptive.medium_pressure", Text),
    ("flush.adaptive.high_pressure", Text),
    ("flush.adaptive.up_steps", Number),
    ("flush.adaptive.down_steps", Number),
    ("grace", Number),
    ("json.convert_nan_to_null", Flag),
    ("json.escape_unicode", Flag),
    ("security.fips_mode", Flag),
    ("daemon", Flag),
    ("log_file", Text),
    ("log_level", Level),
    ("parsers_file", Text),
    ("plugins_file", Text),
    ("streams_file", Text),
    ("sp.convert_from_str_to_num", Flag),
    ("http_server", Flag),
    ("http_monitor", Flag),
    ("http_listen", Text),
    ("http_port", Port),
    ("health_check", Flag),
    ("hc_errors_count", Number),
    ("hc_retry_failure_count", Number),
    ("hc_period", Number),
    ("dns.mode", Text),
    ("dns.resolver", Text),
    ("dns.prefer_ipv4", Flag),
    ("dns.prefer_ipv6", Flag),
    ("storage.path", Text),
    ("storage.sync", Text),
    ("storage.metrics", Flag),
    ("storage.checksum", Flag),
    ("storage.backlog.mem_limit", Text),
    ("storage.backlog.flush_on_shutdown", Flag),
    ("storage.max_chunks_up", Number),
    ("storage.delete_irrecoverable_chunks", Flag),
    ("storage.trim_files", Flag),
    ("storage.type", Text),
    ("storage.inherit", Flag),
    ("storage.keep.rejected", Flag),
    ("storage.rejected.path", Text),
    ("storage.rejected.limit", Text),
    ("coro_stack_size", Number),
    ("multiline_buffer_limit", Text),
    ("scheduler.cap", Number),
    ("scheduler.base", Number),
    ("enable_chunk_trace", Flag),
    ("windows.maxstdio", Number),
    ("hot_reload", Flag),
    ("hot_reload.ensure_thread_safety", Flag),
    ("hot_reload.timeout", Number),
    ("mem_buf_limit", Text),
];

pub(super) const LEVELS: [&str; 7] = ["off", "error", "warn", "warning", "info", "debug", "trace"];

/// Keys that may be there more than once.
const LISTS: [&str; 3] = ["parsers_file", "plugins_file", "streams_file"];

/// Keys that nothing reads without the HTTP server.
const OF_SERVER: [&str; 4] = ["http_port", "http_listen", "health_check", "hc_period"];

/// The port of the forward input that ECS adds.
const FORWARD_PORT: &str = "24224";

/// Reports keys and values of `[SERVICE]`.
pub(super) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let service = &configuration.service;
    for (position, setting) in service.iter().enumerate() {
        findings.extend(match form(&setting.key) {
            Some(form) => of_value(setting, form).or_else(|| repeated(service, position)),
            None => unknown(setting),
        });
    }
    findings.extend(without_server(service));
    findings.extend(parsers_in_main(configuration));
    findings.extend(storage_without_path(configuration));
}

/// Reports a parser beside sections that Fluent Bit reads from its main configuration.
fn parsers_in_main(configuration: &Configuration) -> Option<Finding> {
    let is_main = !configuration.service.is_empty()
        || !configuration.inputs.is_empty()
        || !configuration.filters.is_empty()
        || !configuration.outputs.is_empty();
    let location = configuration.parsers.first().filter(|_| is_main)?;
    let message = "stands in the main configuration, and Fluent Bit does not start";
    let instead = "put it into a file of its own, and name that in [SERVICE] as Parsers_File";
    Some(Finding::new(FindingSeverity::Error, location, "[PARSER]", message, instead))
}

fn form(key: &str) -> Option<ServiceForm> {
    KEYS.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)).map(|(_, form)| *form)
}

fn unknown(setting: &Setting) -> Option<Finding> {
    let near = closest(&setting.key, KEYS.map(|(key, _)| key));
    // Said where it is asked what loads the plugin.
    if near == Some("plugins_file") {
        return None;
    }
    let message = "is not a key of [SERVICE], and Fluent Bit passes over it";
    let instead = near.map_or_else(|| "leave it out".to_owned(), |near| format!("did you mean {near}?"));
    Some(Finding::warn_of(setting, message, instead))
}

fn repeated(service: &[Setting], position: usize) -> Option<Finding> {
    let setting = service.get(position)?;
    let is_same = |other: &&Setting| other.key.eq_ignore_ascii_case(&setting.key);
    let first = service.iter().take(position).find(is_same)?;
    let is_list = LISTS.iter().any(|list| list.eq_ignore_ascii_case(&setting.key));
    let message = format!("is there twice, and the one at line {} has no effect", first.location.line);
    // Sections are merged, and a later one may be meant to win.
    (!is_list).then(|| note(setting, message, "keep one of them"))
}

fn of_value(setting: &Setting, form: ServiceForm) -> Option<Finding> {
    let text = setting.value.text()?;
    match form {
        Level => of_level(setting, text),
        Flag => of_flag(setting, text),
        Port => of_port(setting, text),
        Number | Seconds => of_number(setting, text, form),
        Text => of_path(setting, text),
    }
}

fn of_level(setting: &Setting, text: &str) -> Option<Finding> {
    if LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text)) {
        return None;
    }
    let message = format!("'{text}' is not a level of Fluent Bit's log, and 5.1.1 refuses to start");
    let near = closest(text, LEVELS).unwrap_or("info");
    Some(Finding::error_of(setting, message, format!("write {near}; there are {}", LEVELS.join(", "))))
}

fn of_flag(setting: &Setting, text: &str) -> Option<Finding> {
    let is_flag =
        ["on", "off", "true", "false", "yes", "no"].iter().any(|word| word.eq_ignore_ascii_case(text));
    if !is_flag {
        let message = format!("'{text}' is neither on nor off");
        return Some(Finding::warn_of(setting, message, "write on or off"));
    }
    let is_daemon = setting.key.eq_ignore_ascii_case("daemon") && super::filters::is_on(text);
    let message = "is on: Fluent Bit goes into the background, its container ends, and the task with it";
    is_daemon.then(|| Finding::warn_of(setting, message, "write off"))
}

fn of_port(setting: &Setting, text: &str) -> Option<Finding> {
    let message = match text.parse::<u16>() {
        Ok(0) | Err(_) => format!("'{text}' is not a port"),
        Ok(_) if text == FORWARD_PORT => {
            format!("is {FORWARD_PORT}, the port of the input that ECS adds to the task")
        }
        Ok(_) => return None,
    };
    Some(Finding::error_of(setting, message, "write 2020".to_owned()))
}

/// C's `atoi` and `atof` read the number at the beginning and pass over what follows.
fn of_number(setting: &Setting, text: &str, form: ServiceForm) -> Option<Finding> {
    let is_part = |letter: char| letter.is_ascii_digit() || (form == Seconds && letter == '.');
    let start = text.trim_start_matches('-').trim_start_matches(is_part);
    let number = text.strip_suffix(start).unwrap_or_default();
    let value = number.parse::<f64>().unwrap_or_default();
    if setting.key.eq_ignore_ascii_case("flush") && value <= 0.0 {
        let message = format!("'{text}' is not a time, and Fluent Bit refuses to start");
        return Some(Finding::error_of(setting, message, "write 1".to_owned()));
    }
    if number.is_empty() {
        return Some(Finding::warn_of(
            setting,
            format!("'{text}' is not a number, and is read as 0"),
            "write a number",
        ));
    }
    // Seconds are what is counted.
    let is_read_rightly = start.is_empty() || start.trim().eq_ignore_ascii_case("s");
    let message = format!("'{text}' is read as {number}: Fluent Bit passes over what follows the number");
    (!is_read_rightly).then(|| Finding::warn_of(setting, message, "write a number of seconds"))
}

fn of_path(setting: &Setting, text: &str) -> Option<Finding> {
    if setting.key.eq_ignore_ascii_case("http_listen") && text.split(':').count() == 2 {
        let message = format!("'{text}' has a port, which stands in HTTP_Port");
        return Some(Finding::error_of(
            setting,
            message,
            "write HTTP_Listen 127.0.0.1 and HTTP_Port 2020".to_owned(),
        ));
    }
    if !setting.key.eq_ignore_ascii_case("plugins_file") {
        return None;
    }
    let message = if text.ends_with('/') {
        "is a folder, and must be a file with a [PLUGINS] section"
    } else if text.ends_with(".so") {
        "is the library itself, and must be a file with a [PLUGINS] section that names it"
    } else {
        return None;
    };
    Some(Finding::error_of(
        setting,
        message.to_owned(),
        "write Plugins_File /ecs-router/plugins.conf".to_owned(),
    ))
}

/// Reports settings of the HTTP server where it is off.
fn without_server(service: &[Setting]) -> Option<Finding> {
    let server = find(service, "http_server");
    let is_on = server.is_some_and(|setting| setting.value.text().is_none_or(super::filters::is_on));
    let setting = OF_SERVER.iter().find_map(|key| find(service, key)).filter(|_| !is_on)?;
    if setting.value.text().is_some_and(|text| text.eq_ignore_ascii_case("off")) {
        return None;
    }
    let message = "has no effect, because HTTP_Server is not on";
    Some(Finding::warn_of(setting, message, "write HTTP_Server On in [SERVICE]"))
}

/// Reports storage in the file system without a folder for it.
fn storage_without_path(configuration: &Configuration) -> Option<Finding> {
    // A file without [SERVICE] is a part of another.
    if configuration.service.is_empty() || configuration.service_setting("storage.path").is_some() {
        return None;
    }
    if let Some(setting) = configuration.service_setting("storage.type")
        && setting.value.text() == Some("filesystem")
    {
        let message = "has no effect without storage.path: chunks stay in memory";
        return Some(Finding::warn_of(setting, message, "write storage.path /var/fluent-bit, too"));
    }
    let mut inputs = configuration.inputs.iter().filter_map(|input| input.get("storage.type"));
    if let Some(setting) = inputs.find(|setting| setting.value.text() == Some("filesystem")) {
        let message = "is filesystem, but [SERVICE] has no storage.path, and Fluent Bit refuses to start";
        return Some(Finding::error_of(
            setting,
            message.to_owned(),
            "write storage.path /var/fluent-bit in [SERVICE]".to_owned(),
        ));
    }
    let mut outputs = configuration.ours();
    let setting = outputs.find_map(|output| output.get("storage.total_limit_size"))?;
    let message = "has no effect, because [SERVICE] has no storage.path";
    Some(note(
        setting,
        message,
        "leave it out, or give Fluent Bit a folder and the inputs storage.type filesystem",
    ))
}

fn note(setting: &Setting, message: impl Into<String>, instead: &str) -> Finding {
    Finding::new(FindingSeverity::Note, &setting.location, &setting.key, message, instead)
}

#[cfg(test)]
mod tests {
    use crate::check::tests::said;

    /// What is said of a file with these lines in `[SERVICE]`.
    fn of(lines: &str) -> Vec<String> {
        said(
            "x",
            &format!(
                "[SERVICE]\n    Grace 30\n    Plugins_File p\n{lines}[OUTPUT]\n    Name ecs_router\n    \
                 Match *-firelens-*\n    Workers 1\n    Retry_Limit no_limits\n    route.default stdout\n"
            ),
        )
    }

    #[test]
    fn what_fluent_bit_refuses_or_misreads_is_reported() {
        for (lines, expected) in [
            (
                "LogLevel debug",
                "LogLevel: is not a key of [SERVICE], and Fluent Bit passes over it; did you mean log_level?",
            ),
            ("Parser_File p.conf", "did you mean parsers_file?"),
            ("route.stop x", "route.stop: is not a key of [SERVICE]"),
            ("Log_Level verbose", "'verbose' is not a level"),
            ("Log_Level wran", "write warn;"),
            ("Daemon On", "its container ends"),
            ("HTTP_Server enabled", "neither on nor off"),
            ("HTTP_Server On|HTTP_Port 24224", "the port of the input that ECS adds"),
            ("HTTP_Server On|HTTP_Port 99999", "'99999' is not a port"),
            ("HTTP_Port 2020", "HTTP_Port: has no effect"),
            ("Health_Check On", "Health_Check: has no effect"),
            ("Flush 0", "'0' is not a time, and Fluent Bit refuses to start"),
            ("Flush abc", "'abc' is not a time"),
            ("Flush 500ms", "is read as 500"),
            ("HC_Period soon", "is read as 0"),
            ("Plugins_File /x/y.so", "is the library itself"),
            ("Plugins_File /x/", "is a folder"),
            ("HTTP_Server On|HTTP_Listen localhost:2020", "has a port"),
        ] {
            let lines: String = lines.split('|').map(|line| format!("    {line}\n")).collect();
            let found = of(&lines);
            assert!(found.iter().any(|line| line.contains(expected)), "{lines}{found:#?}");
        }
    }

    #[test]
    fn what_fluent_bit_takes_is_not() {
        for lines in [
            "Flush 0.5|Log_Level Warning|Daemon off|HTTP_Server yes|HTTP_Port 2020|HTTP_Listen 0.0.0.0|Health_Check On",
            "Flush ${FLUSH}|HTTP_Server ${SERVER}|HTTP_Port 2020|Log_Level ${LEVEL}",
            "Parsers_File a.conf|Parsers_File b.conf|storage.path /x|storage.sync normal|scheduler.cap 30",
            "Flush 1s|Health_Check Off",
        ] {
            let lines: String = lines.split('|').map(|line| format!("    {line}\n")).collect();
            assert_eq!(of(&lines), [""; 0], "{lines}");
        }
    }

    #[test]
    fn storage_in_files_wants_a_folder() {
        let input = "[INPUT]\n    Name dummy\n    Tag a\n    storage.type filesystem\n";
        let found = of(input);
        assert!(
            found[0].contains("storage.type: is filesystem, but [SERVICE] has no storage.path"),
            "{found:?}"
        );
        assert_eq!(of(&format!("    storage.path /x\n{input}")), [""; 0]);
    }
}
