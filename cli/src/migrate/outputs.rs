//! One built-in output → a destination.

use ecs_router::config::keys::DestinationKind;

use super::plugins::{self, BuiltIn, OptionRule};
use super::templates;
use crate::config::{Section, Setting, SettingValue};

/// A destination that does what a built-in output did.
#[derive(Debug, Clone)]
pub(super) struct MigratedOutput {
    /// `cloudwatch_logs in extra.conf:12`
    pub(super) origin: String,
    pub(super) kind: DestinationKind,
    /// Without the destination's name.
    pub(super) keys: Vec<(&'static str, String)>,
    /// What differs.
    pub(super) notes: Vec<String>,
}

/// Translates an output; the reasons, with their places, why that cannot be done otherwise.
pub(super) fn translate(section: &Section) -> Result<MigratedOutput, Vec<String>> {
    let name = section.text("name").unwrap_or_default();
    let Some(built_in) = plugins::find(name) else {
        let advice = DestinationKind::advice(name).map(|advice| format!("; {advice}")).unwrap_or_default();
        return Err(vec![format!("{}: the output '{name}' stays as it is{advice}", section.location)]);
    };
    let mut translation = Translation::new(section, built_in, name);
    for setting in &section.settings {
        translation.add(setting);
    }
    translation.add_special();
    match translation.reasons.is_empty() {
        true => Ok(translation.output),
        false => Err(translation.reasons),
    }
}

/// The text of a value as the file writes it.
pub(super) fn raw(setting: &Setting) -> Option<&str> {
    match &setting.value {
        SettingValue::Text(text) | SettingValue::Interpolated(text) => Some(text),
        SettingValue::Unknown | SettingValue::Nested => None,
    }
}

struct Translation<'s> {
    section: &'s Section,
    built_in: &'static BuiltIn,
    output: MigratedOutput,
    reasons: Vec<String>,
}

impl<'s> Translation<'s> {
    fn new(section: &'s Section, built_in: &'static BuiltIn, name: &str) -> Self {
        let output = MigratedOutput {
            origin: format!("{name} in {}", section.location),
            kind: built_in.kind,
            keys: Vec::new(),
            notes: Vec::new(),
        };
        Self { section, built_in, output, reasons: Vec::new() }
    }

    fn add(&mut self, setting: &Setting) {
        let key = setting.key.to_ascii_lowercase();
        let Some(value) = raw(setting) else {
            return self.refuse(setting, "is a list or a map");
        };
        match plugins::rule(self.built_in, &key) {
            None => self.refuse(setting, "has no counterpart"),
            Some(OptionRule::To(ours)) => self.put(ours, value.to_owned()),
            Some(OptionRule::Only(expected)) if is_same(value, expected) => {}
            Some(OptionRule::Only(expected)) => {
                self.refuse(setting, &format!("has a counterpart as '{expected}' only"));
            }
            Some(OptionRule::Note(note)) => self.output.notes.push(note.to_owned()),
            Some(OptionRule::Ignore | OptionRule::Special) => {}
        }
    }

    fn put(&mut self, key: &'static str, value: String) {
        self.output.keys.push((key, value));
    }

    fn note(&mut self, note: &str) {
        self.output.notes.push(note.to_owned());
    }

    fn refuse(&mut self, setting: &Setting, why: &str) {
        let name = self.section.text("name").unwrap_or_default();
        let place = &setting.location;
        self.reasons.push(format!("{place}: {} {why}; the output '{name}' stays as it is", setting.key));
    }

    fn get(&self, key: &str) -> Option<&'s str> {
        self.section.get(key).and_then(raw)
    }

    /// A template, with our names.
    fn template(&mut self, key: &str) -> Option<String> {
        let setting = self.section.get(key)?;
        let found = templates::names(raw(setting)?);
        if found.is_none() {
            self.refuse(setting, "has names without a counterpart");
        }
        found
    }

    fn add_special(&mut self) {
        match self.built_in.kind {
            DestinationKind::Cloudwatch => self.add_cloudwatch(),
            DestinationKind::S3 => self.add_s3(),
            DestinationKind::Kinesis => self.add_kinesis(),
            DestinationKind::Http => self.add_http(),
            DestinationKind::Otlp => self.add_otlp(),
            DestinationKind::Datadog => self.add_datadog(),
            DestinationKind::Newrelic => self.add_newrelic(),
            DestinationKind::Slack => {
                self.note("Slack gets stops from min_severity on, and each line as a message")
            }
            _ => {}
        }
        if let Some(endpoint) = self.get("endpoint").filter(|_| self.built_in.kind.is_aws()) {
            let has_scheme = endpoint.contains("://");
            self.put(
                "endpoint",
                if has_scheme { endpoint.to_owned() } else { format!("https://{endpoint}") },
            );
        }
    }

    fn add_cloudwatch(&mut self) {
        let group = self.template("log_group_name");
        let template = self.template("log_group_template");
        if let Some(group) = with_fallback(template, group) {
            self.put("log_group", group);
        }
        let prefix = self.template("log_stream_prefix").map(|prefix| format!("{prefix}$(tag)"));
        let stream = self.template("log_stream_name").or(prefix);
        let template = self.template("log_stream_template");
        if let Some(stream) = with_fallback(template, stream) {
            self.put("log_stream", stream);
        }
        if self.get("log_retention_days").is_some() {
            self.note("retention_days is for groups that the plugin makes; others keep what they have");
        }
    }

    /// There the key is a field's name.
    fn add_kinesis(&mut self) {
        if let Some(field) = self.get("partition_key") {
            self.put("partition_key", format!("$({field})"));
        }
    }

    fn add_s3(&mut self) {
        let format = self.get("s3_key_format").unwrap_or("/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S");
        match (templates::object_key(format), self.section.get("s3_key_format")) {
            (Some((key, is_shorter)), _) => {
                if is_shorter {
                    self.note("the key stops at the hour: each record has its own time here, and every minute or second \
                               would be an object");
                }
                self.put("key", key);
            }
            (None, Some(setting)) => self.refuse(setting, "has names without a counterpart"),
            (None, None) => {}
        }
        match (self.get("compression"), self.section.get("compression")) {
            (None, _) => {
                self.note("compress gzip, the default here, would cost about a tenth to keep");
                self.put("compress", "none".to_owned());
            }
            (Some(how), _) if is_same(how, "gzip") || is_same(how, "zstd") => {
                self.put("compress", how.to_ascii_lowercase());
            }
            (Some(_), Some(setting)) => self.refuse(setting, "has a counterpart as gzip and zstd only"),
            (Some(_), None) => {}
        }
    }

    /// `http://host:port`, with the defaults of Fluent Bit.
    fn address(&self, port: &str) -> String {
        let is_tls = self.is_on("tls");
        let host = self.get("host").unwrap_or("127.0.0.1");
        let port = self.get("port").unwrap_or(port);
        let is_default = (is_tls && port == "443") || (!is_tls && port == "80");
        let scheme = if is_tls { "https" } else { "http" };
        if is_default { format!("{scheme}://{host}") } else { format!("{scheme}://{host}:{port}") }
    }

    fn add_http(&mut self) {
        let uri = self.get("uri").unwrap_or("/").trim_start_matches('/');
        let url = format!("{}/{uri}", self.address("80"));
        self.put("url", url);
        match (self.get("format"), self.section.get("format")) {
            (Some(format), _) if is_same(format, "json") => self.put("format", "json".to_owned()),
            (Some(format), _) if is_same(format, "json_lines") => self.put("format", "ndjson".to_owned()),
            (_, Some(setting)) => self.refuse(setting, "has a counterpart as json and json_lines only"),
            (_, None) => self.reasons.push(format!(
                "{}: the format is msgpack without 'format', and has no counterpart; the output 'http' stays as it is",
                self.section.location
            )),
        }
        if self.get("json_date_format").is_none() {
            self.note("the time is ISO 8601 here; without json_date_format it was a number of seconds");
        }
        self.add_headers();
        self.add_auth();
    }

    fn add_otlp(&mut self) {
        let uri = self.get("logs_uri").unwrap_or("/v1/logs").trim_end_matches("/v1/logs");
        let endpoint = format!("{}{uri}", self.address("80"));
        self.put("endpoint", endpoint);
        self.add_headers();
        self.add_auth();
    }

    fn is_on(&self, key: &str) -> bool {
        self.get(key).is_some_and(|text| ["on", "true", "yes"].iter().any(|on| is_same(text, on)))
    }

    fn add_auth(&mut self) {
        for (key, auth) in [("aws_auth", "aws"), ("oauth2.enable", "oauth2")] {
            if self.is_on(key) {
                self.put("auth", auth.to_owned());
            }
        }
    }

    /// `header X-Tenant web`, as often as it is written, becomes `X-Tenant=web`.
    fn add_headers(&mut self) {
        let headers =
            self.section.settings.iter().filter(|setting| setting.key.eq_ignore_ascii_case("header"));
        let headers = headers.filter_map(|setting| raw(setting)?.split_once(char::is_whitespace));
        let headers: Vec<String> = headers.map(|(name, value)| format!("{name}={}", value.trim())).collect();
        if !headers.is_empty() {
            self.put("headers", headers.join(", "));
        }
    }

    fn add_datadog(&mut self) {
        let Some(setting) = self.section.get("host") else { return };
        let host = raw(setting).unwrap_or_default();
        match host.strip_prefix("http-intake.logs.") {
            Some(site) => self.put("site", site.to_owned()),
            None => self.put("endpoint", format!("https://{host}")),
        }
    }

    fn add_newrelic(&mut self) {
        let uri = self.get("base_uri").or(self.get("endpoint")).unwrap_or_default();
        match uri {
            "" => {}
            uri if uri.contains(".eu.") => self.put("site", "eu".to_owned()),
            uri if uri.contains("gov-log-api") => self.put("site", "fedramp".to_owned()),
            uri if uri.contains("log-api.newrelic.com") => {}
            uri => self.put("endpoint", uri.to_owned()),
        }
    }
}

fn is_same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

/// `$(field:-fallback)` where the template is one field, as the built-in output falls back to the name.
fn with_fallback(template: Option<String>, fallback: Option<String>) -> Option<String> {
    let Some(template) = template else { return fallback };
    let field = template.strip_prefix("$(").and_then(|rest| rest.strip_suffix(')'));
    let is_one = field.is_some_and(|field| !field.contains(['$', ')']));
    match (field.filter(|_| is_one), fallback) {
        (Some(field), Some(fallback)) if !fallback.contains('$') => Some(format!("$({field}:-{fallback})")),
        _ => Some(template),
    }
}
