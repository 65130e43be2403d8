//! Whether anything loads the plugin.

use super::finding::Finding;
use crate::config::{Configuration, Origin};
use crate::suggest::closest;

const KEY: &str = "Plugins_File";

/// Reports a configuration with a `[SERVICE]` that loads no plugin; a file without one is a part of another.
pub(super) fn check(configuration: &Configuration, findings: &mut Vec<Finding>) {
    let Some(output) = configuration.ours().find(|section| section.origin == Origin::FluentBit) else {
        return;
    };
    let Some(first) = configuration.service.first() else { return };
    if configuration.lists_plugins || configuration.service_setting(KEY).is_some() {
        return;
    }
    let misspelt = configuration.service.iter().find(|setting| closest(&setting.key, [KEY]).is_some());
    let mut finding = match misspelt {
        Some(setting) => {
            Finding::warn_of(setting, "is not a key of [SERVICE], so that nothing loads the plugin", "")
        }
        None => Finding::warn_of(
            first,
            "is missing, so that nothing loads the plugin and Fluent Bit knows no output ecs_router",
            "",
        ),
    };
    if misspelt.is_none() {
        finding.key = Some(KEY.to_owned());
    }
    let yaml = output.location.file.ends_with(".yaml") || output.location.file.ends_with(".yml");
    finding.instead = match yaml {
        true => {
            "write plugins_file: /ecs-router/plugins.conf under service, or list the library under plugins"
        }
        false => "write Plugins_File /ecs-router/plugins.conf in [SERVICE]; only fluent-bit -e needs none",
    }
    .to_owned();
    findings.push(finding);
}
