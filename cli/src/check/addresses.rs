//! The address that each destination sends to, as the file tells it: host and path, without secrets.

use ecs_router::config::Lookup;

use super::finding::{Finding, FindingSeverity};
use super::placeholders::{Placeholder, PlaceholderLookup};
use crate::adapter::probe;
use crate::config::{Location, Section, SettingValue};

/// Stands for the region that the plugin would ask the machine for.
const UNKNOWN_REGION: &str = "<region>";

/// Notes every address. `region` is the router's, where it is known.
pub(super) fn note(section: &Section, region: Option<&str>, findings: &mut Vec<Finding>) {
    // A host that begins with a dot wants the name of a bucket that is not there.
    let addresses = probe::addresses(&AsWritten(section), region.unwrap_or(UNKNOWN_REGION)).into_iter();
    for address in addresses.filter(|address| !address.url.contains("://.")) {
        let message = match address.destination.as_str() {
            "queue" => format!("is polled at {}", address.url),
            _ => format!("sends to {} with {}", address.url, address.method),
        };
        let location = location(section, &address.destination);
        let name = address.destination;
        findings.push(Finding::new(FindingSeverity::Note, &location, &name, message, ""));
    }
}

/// The line of the destination's first key; that of the section when it has none.
pub(super) fn location(section: &Section, destination: &str) -> Location {
    let owns =
        |key: &str| key.rsplit_once('.').is_some_and(|(name, _)| name.eq_ignore_ascii_case(destination));
    let first = section.settings.iter().find(|setting| owns(&setting.key));
    first.map_or(&section.location, |setting| &setting.location).clone()
}

/// The section's values as they are written: `${NAME}` stays what it is, and what is not in the file is `<key>`.
struct AsWritten<'s>(&'s Section);

impl Lookup for AsWritten<'_> {
    fn get(&self, key: &str) -> Option<String> {
        match &self.0.get(key)?.value {
            SettingValue::Text(text) => Some(text.clone()),
            // An unknown type or route leads nowhere.
            _ if key.ends_with(".type") || key.starts_with("route.") => {
                PlaceholderLookup::new(self.0, Placeholder::Example).get(key)
            }
            SettingValue::Interpolated(text) => Some(text.clone()),
            SettingValue::Unknown | SettingValue::Nested => Some(format!("<{key}>")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::read_as;

    fn notes(lines: &str) -> Vec<String> {
        let configuration = read_as("x", &format!("[OUTPUT]\n    Name ecs_router\n{lines}"));
        let mut findings = Vec::new();
        configuration.ours().for_each(|section| note(section, None, &mut findings));
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_destination_is_noted_with_its_line() {
        let lines = "    route.default logs, archive, slack, stdout\n    logs.type newrelic\n    logs.license_key ${KEY}\n    \
                     logs.endpoint https://log-api.eu.newrelic.com/log/v1\n    archive.type s3\n    archive.bucket ${BUCKET}\n    \
                     slack.webhook_url ${HOOK}\n";
        assert_eq!(
            notes(lines),
            [
                "x:4: note: logs: sends to https://log-api.eu.newrelic.com/log/v1 with POST",
                "x:7: note: archive: sends to https://${BUCKET}.s3.<region>.amazonaws.com/ with POST",
            ]
        );
        let missing = notes(&lines.replace("archive.bucket", "archive.buckt"));
        assert!(!missing.iter().any(|note| note.contains("archive")), "{missing:?}");
        let clear = lines.replace("${HOOK}", "https://hooks.slack.com/services/T/B/not-real");
        let slack = notes(&clear).pop().unwrap_or_default();
        assert_eq!(slack, "x:9: note: slack: sends to https://hooks.slack.com/services/… with POST");
    }

    #[test]
    fn what_is_not_known_is_not_made_up() {
        assert_eq!(notes("    route.default ${ROUTE}\n    x.type ${TYPE}\n"), [""; 0]);
    }
}
