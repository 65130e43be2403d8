//! Keys of an output that Fluent Bit reads itself: values that it refuses, and those that do nothing for this plugin.
//!
//! Sources: `flb_output_set_property` and `flb_utils_size_to_bytes`; tried on 1.9.10 and 5.1.1.

use super::finding::Finding;
use super::service::LEVELS;
use crate::config::{Section, Setting};
use crate::suggest::closest;

/// Keys of Fluent Bit's own network, and where the plugin has what was meant.
const WITHOUT_EFFECT: [(&str, &str); 8] = [
    ("host", "write <destination>.endpoint, or <destination>.url"),
    ("port", "write it in <destination>.endpoint, or in <destination>.url"),
    ("tls", "write https:// in the address; AWS and the vendors are always asked over TLS"),
    (
        "tls.verify",
        "leave it out: certificates are always verified; <destination>.ca_file names an authority to trust",
    ),
    ("tls.ca_file", "write <destination>.ca_file"),
    ("tls.ca_path", "write <destination>.ca_file"),
    ("net.connect_timeout", "write <destination>.timeout"),
    ("net.io_timeout", "write <destination>.timeout"),
];

/// Reports what Fluent Bit refuses, and what the plugin never sees.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    findings.extend(section.settings.iter().filter_map(|setting| {
        match setting.key.to_ascii_lowercase().as_str() {
            "log_level" => level(setting),
            "storage.total_limit_size" => size(setting),
            key => without_effect(setting, key),
        }
    }));
}

fn without_effect(setting: &Setting, key: &str) -> Option<Finding> {
    let (_, instead) = WITHOUT_EFFECT.iter().find(|(name, _)| *name == key)?;
    let message = "is for Fluent Bit's own outputs, and does nothing here";
    Some(Finding::warn_of(setting, message, *instead))
}

fn level(setting: &Setting) -> Option<Finding> {
    let text = setting.value.text()?;
    if LEVELS.iter().any(|level| level.eq_ignore_ascii_case(text)) {
        return None;
    }
    let near = closest(text, LEVELS).unwrap_or("info");
    let message = format!("'{text}' is not a level of Fluent Bit's log, and 5.1.1 refuses to start");
    Some(Finding::error_of(setting, message, format!("write {near}; there are {}", LEVELS.join(", "))))
}

/// A size as `flb_utils_size_to_bytes` reads it: no blank, and K, M or G after it, with or without a B.
fn size(setting: &Setting) -> Option<Finding> {
    let text = setting.value.text()?;
    let digits = text.trim_start_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
    let unit = digits.to_ascii_lowercase();
    let is_number = digits.len() < text.len();
    if is_number && matches!(unit.as_str(), "" | "b" | "k" | "kb" | "m" | "mb" | "g" | "gb") {
        return None;
    }
    if ["off", "false"].iter().any(|off| off.eq_ignore_ascii_case(text)) {
        return None;
    }
    let message = format!("'{text}' is not a size for Fluent Bit, and 5.1.1 refuses to start");
    Some(Finding::error_of(setting, message, "write for example 500M".to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    #[test]
    fn what_fluent_bit_refuses_and_what_the_plugin_never_sees_is_reported() {
        for (line, part) in [
            ("Host logs.eu-west-1.amazonaws.com", "does nothing here"),
            ("tls.verify Off", "certificates are always verified"),
            ("net.connect_timeout 5s", "write <destination>.timeout"),
            ("log_level trce", "write trace"),
            ("storage.total_limit_size 500 MB", "write for example 500M"),
            ("storage.total_limit_size 5MiB", "write for example 500M"),
        ] {
            let found = of_lines(&format!("    route.default stdout\n    {line}\n"));
            assert!(matches!(found.as_slice(), [one] if one.contains(part)), "{line}: {found:?}");
        }
        for line in ["log_level debug", "storage.total_limit_size 500M", "storage.total_limit_size 1GB"] {
            assert_eq!(of_lines(&format!("    route.default stdout\n    {line}\n")), [""; 0], "{line}");
        }
    }
}
