//! Secrets of another kind than the key wants: those in clear text whose form tells. Findings never show their values.

use ecs_router::config::keys::DestinationKind;

use super::finding::Finding;
use super::placeholders::destination_kind;
use crate::config::{Section, Setting};

/// What is easily taken for another secret.
struct LookAlike {
    kind: DestinationKind,
    key: &'static str,
    is: fn(&str) -> bool,
    message: &'static str,
    instead: &'static str,
}

const LOOK_ALIKES: [LookAlike; 10] = [
    LookAlike {
        kind: DestinationKind::Datadog,
        key: "api_key",
        is: |text| text.ends_with("NRAL"),
        message: "is a license key of New Relic",
        instead: "write an API key of Datadog, which has 32 digits",
    },
    LookAlike {
        kind: DestinationKind::Newrelic,
        key: "license_key",
        is: |text| text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        message: "is as long as an API key of Datadog",
        instead: "write the account's license key, which ends with NRAL",
    },
    LookAlike {
        kind: DestinationKind::Slack,
        key: "webhook_url",
        is: |text| text.contains("app.slack.com/") || text.contains(".slack.com/archives/"),
        message: "is the address of a channel, which takes no messages",
        instead: "create an incoming webhook; its address begins with https://hooks.slack.com/services/",
    },
    LookAlike {
        kind: DestinationKind::Newrelic,
        key: "license_key",
        is: |text| text.starts_with("NRAK-"),
        message: "is a user key, which the Log API refuses",
        instead: "write the account's license key, which ends with NRAL",
    },
    LookAlike {
        kind: DestinationKind::Newrelic,
        key: "license_key",
        is: |text| text.starts_with("NRIQ-") || text.starts_with("NRII-"),
        message: "is an Insights key, which the Log API refuses",
        instead: "write the account's license key, which ends with NRAL",
    },
    LookAlike {
        kind: DestinationKind::Datadog,
        key: "api_key",
        is: |text| text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit()),
        message: "is as long as an application key, which the intake refuses",
        instead: "write an API key, which has 32 digits",
    },
    LookAlike {
        kind: DestinationKind::Slack,
        key: "webhook_url",
        is: |text| text.contains("/workflows/") || text.contains("/triggers/"),
        message: "is a workflow's address, which takes other fields than a message",
        instead: "create an incoming webhook; its address goes on with /services/",
    },
    LookAlike {
        kind: DestinationKind::Slack,
        key: "webhook_url",
        is: |text| text.starts_with("xox"),
        message: "is a token of Slack's Web API",
        instead: "create an incoming webhook, and write its address",
    },
    LookAlike {
        kind: DestinationKind::Teams,
        key: "webhook_url",
        is: |text| text.contains("outlook.office.com/") || text.contains(".webhook.office.com/"),
        message: "is a connector's address, and Microsoft has retired connectors",
        instead: "create a workflow 'Post to a channel when a webhook request is received', and write its address",
    },
    LookAlike {
        kind: DestinationKind::Pagerduty,
        key: "integration_key",
        is: |text| text.starts_with("u+") || text.len() == 20,
        message: "is a key of PagerDuty's REST API, which sends no events",
        instead: "add the integration Events API v2 to the service, and write its key of 32 digits",
    },
];

/// Reports each secret that is of another kind.
pub(super) fn check(section: &Section, findings: &mut Vec<Finding>) {
    findings.extend(section.settings.iter().filter_map(|setting| finding(section, setting)));
}

fn finding(section: &Section, setting: &Setting) -> Option<Finding> {
    let text = setting.value.text()?;
    let (destination, key) = setting.key.rsplit_once('.')?;
    let kind = destination_kind(section, destination)?;
    let about = |one: &&LookAlike| one.kind == kind && one.key.eq_ignore_ascii_case(key) && (one.is)(text);
    let found = LOOK_ALIKES.iter().find(about)?;
    Some(Finding::warn_of(setting, found.message.to_owned(), found.instead.to_owned()))
}

#[cfg(test)]
mod tests {
    use crate::check::tests::of_lines;

    fn of(line: &str) -> Vec<String> {
        let destination = line.split('.').next().unwrap_or_default();
        let found = of_lines(&format!("    route.default drop\n    route.stop {destination}\n    {line}\n"));
        found.into_iter().filter(|finding| !finding.contains("in clear text")).collect()
    }

    #[test]
    fn another_kind_of_secret_is_told() {
        for (line, expected) in [
            ("newrelic.license_key NRAK-ABCDEFGHIJKLMNOPQRSTUVWXYZ1", "which ends with NRAL"),
            ("newrelic.license_key NRIQ-ABCDEFGHIJKLMNOPQRSTUVWXYZ1", "is an Insights key"),
            ("datadog.api_key 0123456789abcdef0123456789abcdef01234567", "an API key, which has 32 digits"),
            ("slack.webhook_url https://hooks.slack.com/workflows/T1/A1/1/x", "goes on with /services/"),
            ("slack.webhook_url https://hooks.slack.com/triggers/T1/1/x", "goes on with /services/"),
            ("slack.webhook_url https://app.slack.com/client/T1/C1", "begins with https://hooks.slack.com"),
            ("datadog.api_key eu01xx0123456789abcdef0123456789abcdNRAL", "is a license key of New Relic"),
            ("newrelic.license_key 0123456789abcdef0123456789abcdef", "which ends with NRAL"),
            ("teams.webhook_url https://outlook.office.com/webhook/1/x", "has retired connectors"),
            ("teams.webhook_url https://a.webhook.office.com/webhookb2/1/x", "has retired connectors"),
            ("pagerduty.integration_key u+abcdefghijklmnopqr", "of 32 digits"),
        ] {
            let found = of(line);
            assert!(found.iter().any(|finding| finding.contains(expected)), "{line}: {found:?}");
            let secret = line.split(' ').nth(1).unwrap_or_default();
            assert!(found.iter().all(|finding| !finding.contains(secret)), "{found:?}");
        }
    }

    #[test]
    fn the_right_kind_is_not() {
        for line in [
            "newrelic.license_key 0123456789abcdef0123456789abcdef0123NRAL",
            "datadog.api_key 0123456789abcdef0123456789abcdef",
            "slack.webhook_url https://hooks.slack.com/services/T1/B1/x",
            "pagerduty.integration_key 0123456789abcdef0123456789abcdef",
            "newrelic.license_key ${KEY}",
        ] {
            assert_eq!(of(line), [""; 0], "{line}");
        }
    }
}
