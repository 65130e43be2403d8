//! Secrets in `environment` of the router, where everybody who may describe the task reads them. Findings never show
//! their values.

use ecs_router::config::keys::{Key, KeyForm};

use super::{ContainerView, TaskFindings};
use crate::check::startup::row;
use crate::check::variables;
use crate::config::{Node, Section, SettingValue};

/// Ends of names whose values are secrets.
const SECRET_ENDS: [&str; 8] =
    ["API_KEY", "LICENSE_KEY", "TOKEN", "PASSWORD", "SECRET", "SECRET_ACCESS_KEY", "WEBHOOK", "WEBHOOK_URL"];

pub(super) fn check(ours: &[&Section], findings: &mut TaskFindings<'_, '_>) {
    let view = findings.view;
    for router in view.with_plugin() {
        for item in router.node.items_of("environment") {
            check_variable(ours, findings, router, item);
        }
    }
}

fn check_variable(
    ours: &[&Section],
    findings: &mut TaskFindings<'_, '_>,
    router: &ContainerView<'_>,
    item: &Node,
) {
    let Some(name) = item.text_of("name") else { return };
    let Some(value) = item.text_of("value").filter(|text| !text.is_empty()) else { return };
    let used = secret_key(ours, name);
    let instead = format!("move {name} to secrets, with the ARN of the secret as valueFrom");
    if value.starts_with("arn:") && (value.contains(":secretsmanager:") || value.contains(":ssm:")) {
        if let Some(key) = used {
            let message = format!(
                "{name} is the ARN of a secret, and {key} gets the ARN itself: ECS reads it from secrets only"
            );
            findings.error(router.at(item.line, "environment"), message, instead);
        }
        return;
    }
    if (used.is_some() || is_secret(name)) && variables::is_final(value) {
        let message = format!("{name} is a secret, in clear text for everybody who may describe the task");
        findings.warning(router.at(item.line, "environment"), message, instead);
    }
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    SECRET_ENDS.iter().any(|end| name.ends_with(end))
}

/// Headers are secret for some of their names only.
fn is_whole_secret(row: &Key) -> bool {
    row.secret && row.form != KeyForm::Pairs
}

/// The first key for a secret that takes this variable.
fn secret_key<'s>(ours: &[&'s Section], name: &str) -> Option<&'s str> {
    ours.iter().find_map(|section| {
        let takes = |value: &SettingValue| match value {
            SettingValue::Interpolated(text) => variables::names(text).any(|used| used == name),
            _ => false,
        };
        let mut settings = section.settings.iter().filter(|setting| takes(&setting.value));
        let setting = settings.find(|setting| row(section, &setting.key).is_some_and(is_whole_secret))?;
        Some(setting.key.as_str())
    })
}
